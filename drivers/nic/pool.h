/* SPDX-License-Identifier: BSD-3-Clause */
// pool.h: the mbuf pools of NIC queues. One for each queue, on the NIC's NUMA node, sized so that a queue's
// ring can be full while its lcore holds all it may:
//   frames = descriptors + in flight + 2 bursts + 3/2 of the lcore's cache, rounded up to 2^k - 1.
// net_af_xdp keeps 4096 buffers of its own whatever the descriptors: they count instead where they are more.
#ifndef WB_NIC_POOL_H
#define WB_NIC_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;

#define POOL_CACHE_FRAMES 512

struct pool_conf {
	const char *name; // unique in the process; at most 25 characters
	unsigned descriptors;
	unsigned in_flight;
	unsigned burst;
	unsigned mtu; // frames of mtu + Ethernet and two VLAN tags + checksum fit into one segment
	bool af_xdp;
	int numa_node; // -1: any
};

// pool_frames is the formula above.
unsigned pool_frames(const struct pool_conf *conf);
// pool_create returns NULL and sets rte_errno when there is no memory. Boot only.
struct rte_mempool *pool_create(const struct pool_conf *conf);

#endif
