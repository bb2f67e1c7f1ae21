/* SPDX-License-Identifier: BSD-3-Clause */
// nic.h: any ethdev behind the port interface (lcore/base/port.h). The device is named as DPDK names it: a
// port that EAL has probed already (PCI address or name), or a PCI address or virtual device that is plugged
// in here (net_af_xdp0,iface=eth1; net_af_packet0,iface=eth1; net_pcap0,rx_pcap=x.pcap; net_null0; ...).
//
// Frames carry a receive time (rxtime.h): the device's own stamp where it is UTC (within a second of the
// host's clock), else the time of the poll that returned them, one clock read for each burst. The device's
// verdict on checksums is in ol_flags as usual (RTE_MBUF_F_RX_L4_CKSUM_BAD, RTE_MBUF_F_RX_IP_CKSUM_BAD).
// net_af_packet of DPDK 22.11 counts no losses: its missed stays 0 and only a feed's sequence numbers show
// them. Give it framecnt=32768 (its ring has 512 frames otherwise); it also holds IP fragments back for the
// kernel to reassemble. Some vector receive functions return nothing when asked for fewer than 4 frames, and
// some round down to 4 or 8.
#ifndef WB_NIC_NIC_H
#define WB_NIC_NIC_H

#include "lcore/base/port.h"

#define NIC_QUEUES    16
#define NIC_GROUPS    64
#define NIC_BURST_MAX 256

struct nic_conf {
	const char *name;   // of the port; at most 31 characters
	const char *device; // as above
	unsigned queues;    // 1 .. NIC_QUEUES; 0: 1. More than one needs a device that spreads by RSS
	unsigned rx_desc;   // descriptors of a queue, adjusted to what the device allows; 0: 1024
	unsigned in_flight; // frames that a queue's lcore holds at once, beyond the burst being received; 0:
			    // 512
	unsigned mtu;       // largest IP packet; 0: the device's own
	bool promiscuous;   // receive everything; else the groups only
	const uint32_t *groups; // IPv4 multicast groups, host order
	unsigned n_groups;      // at most NIC_GROUPS
	bool member;      // join the groups, answer queries, leave at stop (IGMP); needs a transmit queue
	unsigned igmp;    // version, 2 or 3; 0: 3
	uint32_t address; // source of IGMP, host order; 0: none
};

// nic_create plugs in, configures and takes all memory: one pool for each queue (pool.h) on the device's NUMA
// node. Groups are set as the device's multicast list; a device without one gets all multicast, and without
// that becomes promiscuous, which is logged. Returns the port, or NULL with a text in err: the device, what
// DPDK said, and the ports that exist. Boot only, after EAL and on the main lcore. start begins reception.
struct port *nic_create(const struct nic_conf *conf, char *err, size_t err_len);

#endif
