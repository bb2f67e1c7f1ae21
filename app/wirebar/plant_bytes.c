/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/plant_bytes.h"

#include <string.h>

#include "app/wirebar/plant_gates.h"
#include "conf/topo.h"
#include "lcore/model/engine.h"
#include "lcore/model/tables.h"
#include "drivers/recovery/recovery.h"
#include "lcore/stage/stage.h"
#include "lcore/stage/twin.h"

enum {
	MBUF_BYTES = 2560, // 2,304 and what the pool adds; drivers/nic sizes its pools exactly
	MBUFS_IN_FLIGHT = 4096,
	SPARE_MIB = 96,    // EAL's own zones, the heap's rounding
	FLAT_DEPTH = 8192, // more than an lcore that shares its cpu makes while another one has it
};

static uint32_t pow2(uint64_t n)
{
	uint32_t p = 64;

	while (p < n)
		p <<= 1;
	return p;
}

static bool flat_out(const struct conf *c)
{
	double factor;

	for (unsigned i = 0; i < c->n_port; i++)
		if (conf_speed(c->port[i].speed, &factor) || factor > 0)
			return false;
	return true;
}

static uint32_t depth_of(const struct conf *c, const struct conf_link *link, bool replay)
{
	if (replay && flat_out(c))
		return FLAT_DEPTH;
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (!strcmp(c->lcore[i].name, link->from) && c->lcore[i].stage == CONF_STAGE_INGEST)
			return pow2(c->bars.instruments * SPAN_COUNT + 4096);
	return pow2(c->bars.instruments + 4096);
}

uint32_t plant_depth(const struct conf *c, const struct conf_link *link, bool replay)
{
	uint32_t depth = depth_of(c, link, replay);
	uint64_t least = topo_depth_least(c, link);

	return link->depth ? (uint32_t)link->depth : least > depth ? (uint32_t)least : depth;
}

static void ignore(void *ctx, const struct conf_error *err) { (void)ctx, (void)err; }

static uint64_t lcore_bytes(const struct conf *c, bool replay)
{
	static struct gate_set gates;
	struct plant plant = { .conf = c, .gates = &gates, .replay = replay, .trade_day = INT32_MIN };
	uint64_t sum = 0;

	plant_gates(c, &gates, ignore, NULL);
	for (unsigned i = 0; i < c->n_lcore; i++) {
		struct lcore l = { .plant = &plant, .conf = &c->lcore[i] };

		if (c->lcore[i].stage == CONF_UNSET)
			continue;
		l.stage = stages[c->lcore[i].stage];
		sum += c->run.layout == CONF_LAYOUT_SPLIT && l.stage->steps ? twin_bytes(l.stage->bytes(&l))
									    : l.stage->bytes(&l);
	}
	return sum;
}

void plant_bytes(const struct conf *c, bool replay, struct plant_size *out)
{
	uint32_t n = (uint32_t)c->bars.instruments;

	*out = (struct plant_size){ .tables = tables_bytes(n, n * INSTR_STRANDS, (uint32_t)c->bars.watch_max,
							   (uint32_t)c->bars.history),
				    .lcores = lcore_bytes(c, replay) };
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (c->lcore[i].stage != CONF_UNSET)
			out->shared +=
				lcore_shared_bytes((enum conf_stage)c->lcore[i].stage, c->bars.watch_max);
	for (unsigned i = 0; i < c->n_link; i++)
		out->links += link_bytes(plant_depth(c, &c->link[i], replay));
	for (unsigned i = 0; i < c->n_lcore && c->n_server && !replay; i++)
		if (c->lcore[i].stage == CONF_STAGE_INGEST)
			out->recovery += recovery_bytes();
	for (unsigned i = 0; i < c->n_port; i++)
		out->pools += c->port[i].queues * (c->port[i].rx_desc * 2 + MBUFS_IN_FLIGHT) * MBUF_BYTES;
	uint64_t large = out->tables + out->links + out->lcores;

	out->least = out->recovery + out->pools + out->shared + (c->eal.hugepages ? large : 0);
	out->eal = (((out->least >> 20) * 11 / 10) + SPARE_MIB) << 20;
	out->given = c->eal.memory_bytes ? c->eal.memory_bytes : out->eal;
	out->total = out->given + (c->eal.hugepages ? 0 : large);
}
