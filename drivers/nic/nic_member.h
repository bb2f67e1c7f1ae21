/* SPDX-License-Identifier: BSD-3-Clause */
// nic_member.h: a port's own membership of multicast groups (drivers/member/member.h): it sends on the port's
// transmit queue 0. The owner of receive queue 0 ticks it, about every millisecond; any ingest lcore may hand
// it a query. Neither ever waits for the other.
#ifndef WB_NIC_NIC_MEMBER_H
#define WB_NIC_NIC_MEMBER_H

#include <rte_spinlock.h>

#include "drivers/member/member.h"
#include "drivers/nic/nic.h"

struct nic_member {
	bool on;
	uint16_t device;
	struct rte_mempool *pool;
	rte_spinlock_t lock; // tried, never waited for
	struct member member;
	uint64_t unsent;  // frames that the device did not take
	uint64_t unheard; // frames that came while another lcore was at it
};

// nic_member_init takes memory. Returns 0 or -errno with a text in err. Boot only, the device configured with
// a transmit queue.
int nic_member_init(struct nic_member *nm, uint16_t device, const struct nic_conf *conf, int numa_node,
		    char *err, size_t err_len);
// nic_member_join begins: the next tick sends. Before launch.
void nic_member_join(struct nic_member *nm, uint64_t now_ns);
void nic_member_tick(struct nic_member *nm, uint64_t now_ns);
void nic_member_heard(struct nic_member *nm, const uint8_t *frame, uint32_t bytes, uint64_t now_ns);
// nic_member_leave leaves all groups. When the lcores have stopped.
void nic_member_leave(struct nic_member *nm, uint64_t now_ns);
void nic_member_stats(const struct nic_member *nm, struct port_stats *out);
// nic_member_fini accepts a zeroed one.
void nic_member_fini(struct nic_member *nm);

#endif
