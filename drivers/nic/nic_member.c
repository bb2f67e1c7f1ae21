/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/nic/nic_member.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

enum { FRAMES = 255, LEAVES = 2, LEAVE_PAUSE_MS = 10 };

int nic_member_init(struct nic_member *nm, uint16_t device, const struct nic_conf *conf, int numa_node,
		    char *err, size_t err_len)
{
	struct member_conf mc = { .version = (uint8_t)(conf->igmp ? conf->igmp : 3),
				  .seed = rte_rdtsc(),
				  .group = conf->groups,
				  .n_groups = conf->n_groups };
	struct rte_ether_addr mac = { { 0 } };
	char name[26];

	rte_eth_macaddr_get(device, &mac);
	memcpy(mc.from.mac, mac.addr_bytes, sizeof mc.from.mac);
	mc.from.address = conf->address;
	snprintf(name, sizeof name, "nic_%u_igmp", device);
	nm->pool = rte_pktmbuf_pool_create(name, FRAMES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, numa_node);
	if (!nm->pool) {
		snprintf(err, err_len, "%s: no memory for %d frames of IGMP: %s", conf->name, FRAMES,
			 rte_strerror(rte_errno));
		return -ENOMEM;
	}
	nm->device = device;
	rte_spinlock_init(&nm->lock);
	member_init(&nm->member, &mc);
	nm->on = true;
	return 0;
}

static void send_frame(struct nic_member *nm, const uint8_t *frame, uint32_t bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(nm->pool);
	char *to = m ? rte_pktmbuf_append(m, (uint16_t)bytes) : NULL;

	if (to)
		memcpy(to, frame, bytes);
	if (to && rte_eth_tx_burst(nm->device, 0, &m, 1) == 1)
		return;
	rte_pktmbuf_free(m);
	__atomic_store_n(&nm->unsent, nm->unsent + 1, __ATOMIC_RELAXED);
}

void nic_member_join(struct nic_member *nm, uint64_t now_ns)
{
	if (nm->on)
		member_join(&nm->member, now_ns);
}

void nic_member_tick(struct nic_member *nm, uint64_t now_ns)
{
	uint8_t frame[IGMP_FRAME_BYTES];
	uint32_t n;

	if (!nm->on || now_ns < nm->member.due_ns || !rte_spinlock_trylock(&nm->lock))
		return;
	while ((n = member_poll(&nm->member, now_ns, frame)) > 0)
		send_frame(nm, frame, n);
	rte_spinlock_unlock(&nm->lock);
}

void nic_member_heard(struct nic_member *nm, const uint8_t *frame, uint32_t bytes, uint64_t now_ns)
{
	if (!nm->on)
		return;
	if (!rte_spinlock_trylock(&nm->lock)) {
		__atomic_fetch_add(&nm->unheard, 1, __ATOMIC_RELAXED);
		return;
	}
	member_heard(&nm->member, frame, bytes, now_ns);
	rte_spinlock_unlock(&nm->lock);
}

void nic_member_leave(struct nic_member *nm, uint64_t now_ns)
{
	uint8_t frame[IGMP_FRAME_BYTES];

	if (!nm->on)
		return;
	for (int i = 0; i < LEAVES; i++) { // one may be lost on the way, and nobody repeats it later
		unsigned at = 0;
		uint32_t n;

		while ((n = member_leave(&nm->member, now_ns, &at, frame)) > 0)
			send_frame(nm, frame, n);
		rte_delay_ms(LEAVE_PAUSE_MS);
	}
}

void nic_member_stats(const struct nic_member *nm, struct port_stats *out)
{
	const struct member_stats *s = &nm->member.stats;

	out->igmp_reports = __atomic_load_n(&s->reports, __ATOMIC_RELAXED);
	out->igmp_leaves = __atomic_load_n(&s->leaves, __ATOMIC_RELAXED);
	out->igmp_queries = __atomic_load_n(&s->queries, __ATOMIC_RELAXED);
	out->igmp_bad = __atomic_load_n(&s->bad, __ATOMIC_RELAXED);
	out->igmp_unsent = __atomic_load_n(&nm->unsent, __ATOMIC_RELAXED);
	out->igmp_unheard = __atomic_load_n(&nm->unheard, __ATOMIC_RELAXED);
}

void nic_member_fini(struct nic_member *nm)
{
	rte_mempool_free(nm->pool);
	*nm = (struct nic_member){ 0 };
}
