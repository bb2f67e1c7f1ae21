/* SPDX-License-Identifier: BSD-3-Clause */
// check_need.c: how much memory EAL must be given.
#include "app/wirebar/check.h"
#include "lcore/model/bar.h"
#include "lcore/model/engine.h"
#include "lcore/model/tables.h"

enum {
	MBUF_BYTES = 128 + 128 + 2048, // header, headroom, data room
	MBUFS_IN_FLIGHT = 2048,	       // bursts and caches, per queue
	SPARE_MIB = 64,		       // EAL's own zones, the heap's rounding
};

// A link that was left to be computed holds the rows of a minute boundary: 1s, 5s, 15s, 30s, 1m of every
// instrument.
static uint64_t link_bytes(const struct conf *c, const struct conf_link *l)
{
	int from = topo_find_lcore(c, l->from);
	uint64_t depth = l->depth;

	if (!depth)
		for (depth = 1024; from >= 0 && c->lcore[from].stage == CONF_STAGE_INGEST &&
				   depth <= c->bars.instruments * 5;)
			depth *= 2;
	return depth * sizeof(struct bar);
}

uint64_t check_need_bytes(const struct conf *c)
{
	struct engine_conf engine = { .instruments = (uint32_t)c->bars.instruments,
				      .orders = (uint32_t)c->bars.orders,
				      .levels = (uint32_t)c->bars.levels,
				      .prints = (uint32_t)c->bars.prints,
				      .watch_max = (uint32_t)c->bars.watch_max };
	uint64_t bytes = (uint64_t)SPARE_MIB << 20;

	if (c->eal.memory_bytes)
		return c->eal.memory_bytes;
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (c->lcore[i].stage == CONF_STAGE_INGEST)
			bytes += engine_bytes(&engine);
	bytes += tables_bytes((uint32_t)c->bars.instruments, (uint32_t)c->bars.instruments * 2,
			      (uint32_t)c->bars.watch_max, (uint32_t)c->bars.history);
	for (unsigned i = 0; i < c->n_port; i++)
		bytes += c->port[i].queues * (c->port[i].rx_desc + MBUFS_IN_FLIGHT) *
			 (MBUF_BYTES + (c->port[i].mtu > 1500 ? c->port[i].mtu - 1500 : 0));
	for (unsigned i = 0; i < c->n_link; i++)
		bytes += link_bytes(c, &c->link[i]);
	return bytes;
}
