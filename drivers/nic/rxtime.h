/* SPDX-License-Identifier: BSD-3-Clause */
// rxtime.h: what a frame carries besides its bytes, for every port: its receive time, its original length if
// a capture cut it, and what it begins with if that is not Ethernet. All are dynamic fields of the mbuf.
// Shared by drivers/nic and drivers/replay, which may include it although they are of one floor: it is the
// port contract's DPDK half (lcore/base/port.h).
#ifndef WB_NIC_RXTIME_H
#define WB_NIC_RXTIME_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

// Offsets in struct rte_mbuf, and bits of ol_flags; set by rxtime_register. Read-only after boot.
extern int port_rx_time_offset;
extern uint64_t port_rx_time_flag;
extern int port_wire_bytes_offset;
extern uint64_t port_cut_flag;
extern int port_link_offset;
extern uint64_t port_link_flag;

// rxtime_register registers the fields. May be called again. Returns 0 or -errno. Boot only, after EAL.
int rxtime_register(void);

// rxtime_set_ns stores the receive time (UTC ns). Does not touch ol_flags.
static inline void rxtime_set_ns(struct rte_mbuf *m, uint64_t ns)
{
	*RTE_MBUF_DYNFIELD(m, port_rx_time_offset, uint64_t *) = ns;
}

// rxtime_ns returns the receive time of a frame that a port handed out (UTC ns).
static inline uint64_t rxtime_ns(const struct rte_mbuf *m)
{
	return *RTE_MBUF_DYNFIELD(m, port_rx_time_offset, const uint64_t *);
}

// port_set_wire_bytes marks the frame as cut from wire_bytes.
static inline void port_set_wire_bytes(struct rte_mbuf *m, uint32_t wire_bytes)
{
	*RTE_MBUF_DYNFIELD(m, port_wire_bytes_offset, uint32_t *) = wire_bytes;
	m->ol_flags |= port_cut_flag;
}

// port_wire_bytes returns the frame's original length: more than pkt_len only when a capture cut it.
static inline uint32_t port_wire_bytes(const struct rte_mbuf *m)
{
	if (likely(!(m->ol_flags & port_cut_flag)))
		return m->pkt_len;
	return *RTE_MBUF_DYNFIELD(m, port_wire_bytes_offset, const uint32_t *);
}

// port_set_link says what the frame begins with (enum frame_link) when that is not Ethernet.
static inline void port_set_link(struct rte_mbuf *m, uint8_t link)
{
	*RTE_MBUF_DYNFIELD(m, port_link_offset, uint8_t *) = link;
	m->ol_flags |= port_link_flag;
}

// port_link returns what the frame begins with: enum frame_link; 0 is Ethernet.
static inline uint8_t port_link(const struct rte_mbuf *m)
{
	if (likely(!(m->ol_flags & port_link_flag)))
		return 0;
	return *RTE_MBUF_DYNFIELD(m, port_link_offset, const uint8_t *);
}

#endif
