/* SPDX-License-Identifier: BSD-3-Clause */
// engine_check.c: the invariants that the engine's files rely on, each in a place that fails by name.
#include "lcore/model/engine_check.h"

#include <math.h>

#include "lcore/model/chan.h"
#include "lcore/model/group.h"
#include "lcore/model/seal.h"
#include "lcore/model/strand.h"
#include "lcore/model/tables.h"
#include "lcore/model/wake.h"

#define HOLDS(what, words) \
	do { \
		if (!(what)) \
			return words; \
	} while (0)

static const char *check_chan(const struct engine *e, const struct chan *c)
{
	HOLDS(c->due_ns == ns_of(c->due_sec), "a channel's due_ns is due_sec in ns");
	HOLDS(!c->even || chan_even(c, e->conf.relays),
	      "even: the channel is live and nothing of it is open");
	HOLDS(c->log.n <= c->log.max, "a fact log fits its room");
	return NULL;
}

// How many instruments of each group have rows to come; and what is due, while no pass is active.
static const char *check_groups(const struct engine *e)
{
	uint32_t n[ENGINE_GROUPS] = { 0 };
	bool idle = !e->pass_active || e->none_due;

	HOLDS(e->n_groups <= ENGINE_GROUPS, "groups fit their room");
	for (uint32_t i = 0; i < e->n_instr; i++) {
		const struct instr *in = &e->instr[i];

		HOLDS(!in->mask || in->group < e->n_groups, "an instrument with channels has a group");
		HOLDS(!in->mask || e->group[in->group].mask == in->mask || e->n_groups == ENGINE_GROUPS,
		      "a group has the channels of its instruments");
		HOLDS(!idle || in->next_sec >= group_due(e->group, in) ||
			      (seal_sleeps(e, i) && !wake_is(e, i, SPAN_1S)),
		      "rows with news are due only while a pass is active");
		HOLDS(instr_dormant(in) || wake_is(e, i, SPAN_1S) || seal_sleeps(e, i),
		      "who has something open is visited by the pass");
		n[in->group] += !instr_dormant(in);
	}
	for (uint32_t g = 0; g < e->n_groups; g++)
		HOLDS(e->group[g].n == n[g], "a group counts its instruments that have rows to come");
	return NULL;
}

// The strands of one instrument, in the order in which they are blended. Adds them to *strands.
static const char *check_strands(const struct engine *e, uint32_t instr, uint32_t *strands)
{
	const struct instr *in = &e->instr[instr];

	HOLDS(in->n_strands <= INSTR_STRANDS, "an instrument's strands fit their room");
	for (int i = 0; i < in->n_strands; i++) {
		const struct strand *strand = &e->strand[in->strand[i]],
				    *before = i ? &e->strand[in->strand[i - 1]] : NULL;

		HOLDS(in->strand[i] < e->n_strands && strand->instr == instr,
		      "an instrument's strands are its own");
		HOLDS(e->chan[strand->channel].strand_of[instr] == in->strand[i] + 1,
		      "a channel finds its strands");
		HOLDS(!before || before->venue < strand->venue ||
			      (before->venue == strand->venue && before->channel < strand->channel),
		      "strands are sorted by venue, then channel");
		HOLDS(strand->epoch_ns == UINT64_MAX || strand->epoch_ns == ns_of(strand->cur.sec),
		      "cur collects the second that begins at epoch_ns");
	}
	*strands += in->n_strands;
	return NULL;
}

// The fragments of a strand that wait: sorted, one after the other, before cur. Adds them to *used.
static const char *check_pending(const struct engine *e, const struct strand *strand, uint32_t *used)
{
	uint32_t sec = 0;

	for (uint32_t p = strand->pending; p; p = e->pool[p - 1].next) {
		const struct strand_frag *f = &e->pool[p - 1];

		HOLDS(p <= e->pool_bump && ++*used <= e->pool_bump, "a fragment of the pool waits once");
		HOLDS(f->frag.sec >= sec && f->frag.sec < f->end_sec,
		      "waiting fragments are sorted by second");
		sec = f->end_sec;
	}
	HOLDS(sec <= strand->cur.sec, "what waits is before what cur collects");
	return NULL;
}

static const char *check_pool(const struct engine *e, uint32_t used)
{
	HOLDS(e->pool_bump <= e->pool_max, "the pool fits its room");
	for (uint32_t i = 0; i < e->n_instr; i++)
		for (uint32_t p = e->instr[i].late; p; p = e->pool[p - 1].next) {
			HOLDS(p <= e->pool_bump && ++used <= e->pool_bump,
			      "a late print of the pool waits once");
			HOLDS(e->pool[p - 1].late_due, "a late print that waits knows for what");
		}
	for (uint32_t p = e->pool_free; p; p = e->pool[p - 1].next)
		HOLDS(p <= e->pool_bump && ++used <= e->pool_bump,
		      "a free fragment of the pool is free once");
	HOLDS(used == e->pool_bump, "each fragment of the pool waits or is free");
	return NULL;
}

static const char *check_dirty(const struct engine *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->n_strands; i++)
		n += e->strand[i].dirty;
	HOLDS(n == e->n_dirty, "each dirty strand is listed once");
	for (uint32_t i = 0; i < e->n_dirty; i++)
		HOLDS(e->dirty[i] < e->n_strands && e->strand[e->dirty[i]].dirty,
		      "what is listed as dirty is");
	HOLDS(!e->older_strand, "flow of an older second is relayed with its event");
	return NULL;
}

// What readers see is what the books' last completed updates left.
static const char *check_quotes(const struct engine *e)
{
	struct tables_quote q;

	HOLDS(!e->n_quotes, "no touch waits to be written for readers");
	for (uint32_t i = 0; e->tables && i < e->n_strands; i++)
		HOLDS(!tables_read_quote(e->tables, i, &q) || touch_equal(&q.touch, &e->strand[i].touch),
		      "readers see each touch");
	return NULL;
}

static const char *check_watch(const struct engine *e)
{
	HOLDS(e->n_watch <= e->conf.watch_max, "the watch list fits its room");
	for (uint32_t i = 0; i < e->n_watch; i++)
		HOLDS(e->instr[e->watch[i]].watched, "what is on the watch list is watched");
	return NULL;
}

const char *engine_check(const struct engine *e)
{
	uint32_t strands = 0, used = 0;
	const char *bad = check_groups(e);

	for (int i = 0; i < ENGINE_CHANNELS && !bad; i++)
		bad = check_chan(e, &e->chan[i]);
	for (uint32_t i = 0; i < e->n_instr && !bad; i++)
		bad = check_strands(e, i, &strands);
	for (uint32_t i = 0; i < e->n_strands && !bad; i++)
		bad = check_pending(e, &e->strand[i], &used);
	if (!bad && strands != e->n_strands)
		bad = "each strand is one instrument's";
	bad = bad ? bad : check_pool(e, used);
	bad = bad ? bad : check_dirty(e);
	bad = bad ? bad : check_quotes(e);
	return bad ? bad : check_watch(e);
}

const char *engine_check_row(const struct bar *b)
{
	uint64_t span_ns = b->span < SPAN_COUNT ? bar_span_s[b->span] * NS_PER_S : 0;

	HOLDS(span_ns, "a row is of one of the spans");
	HOLDS(b->close_ts - b->open_ts == span_ns && b->open_ts % span_ns == 0,
	      "a row covers its span, from a multiple of it");
	HOLDS(b->buy_volume + b->sell_volume + b->unsigned_volume == b->volume,
	      "volume is bought, sold or unsigned");
	HOLDS(b->delta == (int64_t)b->buy_volume - (int64_t)b->sell_volume, "delta is bought less sold");
	HOLDS((b->trades == 0) == ((b->flags & BAR_FILL) != 0), "a row without trades is a FILL");
	HOLDS((b->volume == 0) == (b->trades == 0), "volume comes with trades");
	HOLDS((b->open == PX_NULL) == (b->close == PX_NULL), "open comes with close");
	HOLDS(b->close == PX_NULL ||
		      (b->low <= b->open && b->open <= b->high && b->low <= b->close && b->close <= b->high),
	      "open and close are within low and high");
	HOLDS(b->close == PX_NULL || b->close_filled == b->close, "close_filled is close where there is one");
	HOLDS(isnan(b->rsi14) || (b->rsi14 >= 0 && b->rsi14 <= 100), "rsi14 is 0 to 100");
	HOLDS(isnan(b->obi) || (b->obi >= -1 && b->obi <= 1), "obi is -1 to 1");
	HOLDS(fabs(b->directional_pressure) <= 1, "directional_pressure is -1 to 1");
	return NULL;
}
