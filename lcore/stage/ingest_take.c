/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_take.c: frames as ports hand them out, described for the receiver.
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include "drivers/nic/rxtime.h"
#include "lcore/stage/ingest_parts.h"

// Of a frame with none of these bits its length and what it begins with are
// as in the mbuf, and nothing is said of its checksums.
static inline uint64_t odd_flags(void)
{
	return RTE_MBUF_F_RX_L4_CKSUM_BAD | RTE_MBUF_F_RX_IP_CKSUM_BAD | port_cut_flag | port_link_flag;
}

static bool checksum_bad(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD ||
	       (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD;
}

void ingest_take(struct ingest *in, unsigned n)
{
	const uint64_t odd = odd_flags();

	for (unsigned i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(in->mbuf[i], void *));
	for (unsigned i = 0; i < n; i++) {
		const struct rte_mbuf *m = in->mbuf[i];
		struct frame_in *frame = &in->frame[i];

		in->rx_ns[i] = rxtime_ns(m);
		*frame = (struct frame_in){ .data = rte_pktmbuf_mtod(m, const uint8_t *),
					    .bytes = m->data_len,
					    .wire_bytes = m->pkt_len,
					    .rx_ns = in->rx_ns[i],
					    .segmented = m->nb_segs > 1,
					    .source = (uint8_t)m->port };
		if (unlikely(m->ol_flags & odd)) {
			frame->wire_bytes = port_wire_bytes(m);
			frame->checksum_bad = checksum_bad(m);
			frame->link = port_link(m);
		}
	}
	if (unlikely(in->aside))
		ingest_aside(in, n);
	in->last_rx_ns = in->rx_ns[n - 1];
}
