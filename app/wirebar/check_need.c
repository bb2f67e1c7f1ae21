/* SPDX-License-Identifier: BSD-3-Clause */
// check_need.c: how much memory EAL must be given.
#include "app/wirebar/check.h"
#include "lcore/model/bar.h"
#include "lcore/model/engine.h"
#include "lcore/model/tables.h"

enum {
	MBUF_BYTES = 2560, // 2,304 and what the pool adds
	MBUFS_IN_FLIGHT = 4096,
	LINK_HEAD_BYTES = 24, // of an element: stream and time of the push
	SPARE_MIB = 96,	      // EAL's own zones, the heap's rounding
};

// A link whose depth is computed holds what a boundary of all spans over all instruments makes.
static uint64_t link_depth(const struct conf *c, const struct conf_link *l)
{
	int from = topo_find_lcore(c, l->from);
	bool rows = from >= 0 && c->lcore[from].stage == CONF_STAGE_INGEST;
	uint64_t want = c->bars.instruments * (rows ? SPAN_COUNT : 1) + 4096, depth = 1;

	if (l->depth)
		return l->depth;
	while (depth < want)
		depth *= 2;
	return depth;
}

uint64_t check_need_bytes(const struct conf *c)
{
	struct engine_conf engine = { .instruments = (uint32_t)c->bars.instruments,
				      .orders = (uint32_t)c->bars.orders,
				      .levels = (uint32_t)c->bars.levels,
				      .prints = (uint32_t)c->bars.prints,
				      .watch_max = (uint32_t)c->bars.watch_max };
	uint64_t bytes = tables_bytes(engine.instruments, engine.instruments * ENGINE_LEGS_PER_INSTR,
				      engine.watch_max, (uint32_t)c->bars.history);

	if (c->eal.memory_bytes)
		return c->eal.memory_bytes;
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (c->lcore[i].stage == CONF_STAGE_INGEST)
			bytes += engine_bytes(&engine);
	for (unsigned i = 0; i < c->n_link; i++)
		bytes += link_depth(c, &c->link[i]) * (sizeof(struct bar) + LINK_HEAD_BYTES);
	for (unsigned i = 0; i < c->n_port; i++)
		bytes += c->port[i].queues * (c->port[i].rx_desc * 2 + MBUFS_IN_FLIGHT) * MBUF_BYTES;
	return bytes / 10 * 11 + ((uint64_t)SPARE_MIB << 20);
}
