/* SPDX-License-Identifier: BSD-3-Clause */
// gateway.c: hands rows, sweeps, fires, orders and fills on to other programs, by the sinks of
// drivers/sink/sink.def. It numbers them, knows what fires and fills have led to, and waits for a sink in a
// replay only. Not a hot path: it may allocate, and talk to the kernel, on an lcore of its own.
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "drivers/sink/sink.h"
#include "lcore/base/clock.h"
#include "lcore/model/tables.h"
#include "lcore/stage/stage.h"

enum { BURST = 32 };
#define LIVE_DRAIN_NS NS_PER_S // a stop is not to take longer

// First what every process of the part finds as the one before it left it.
struct gateway {
	uint64_t boot, n[SINK_STREAMS];
	struct sink_world world;
	void *sink[SINKS];
	uint64_t *count[SINKS];
	uint8_t ended[LCORE_LINKS];
	uint64_t taken;       // by all sinks, as of progress_ns
	uint64_t progress_ns; // when they last took something; 0: nobody has waited yet
	uint64_t ended_ns;    // of all inputs
	uint64_t epoch_ns;    // UTC at the moment from which the monotonic clock counts, as of the start
	struct sink_engine engine[];
};

// A sink's counters lie together, in the order of enum sink_count.
static const enum ledger_id first_count[SINKS] = {
#define SINK(NAME, name, help) LEDGER_##name##_handed,
#include "drivers/sink/sink.def"
};
#define SINK_COUNT(NAME, name) \
	_Static_assert(LEDGER_redis_##name - LEDGER_redis_handed == (int)SINK_##NAME, "order of sink.def"); \
	_Static_assert(LEDGER_tail_##name - LEDGER_tail_handed == (int)SINK_##NAME, "order of sink.def"); \
	_Static_assert(LEDGER_jetstream_##name - LEDGER_jetstream_handed == (int)SINK_##NAME, \
		       "order of sink.def");
#include "drivers/sink/sink.def"

static size_t bytes(const struct lcore *l)
{
	return sizeof(struct gateway) + l->plant->conf->bars.instruments * 2 * sizeof(struct sink_engine);
}

static void show(struct lcore *l, const struct gateway *g)
{
	for (unsigned i = 0; i < SINKS; i++)
		if (g->sink[i])
			sinks[i]->look(g->sink[i], &l->shared->sink[i]);
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	struct gateway *g = mem;
	const struct plant *p = l->plant;
	bool again = g->boot != 0;

	for (unsigned i = 0; i < l->index; i++)
		if (p->lcore[i]->stage == l->stage)
			return snprintf(
				       err, err_len,
				       "[lcore %s] stage: found a second gateway lcore beside %s, allowed: one",
				       l->name, p->lcore[i]->name),
			       -EINVAL;
	memset(&g->world, 0, offsetof(struct gateway, engine) - offsetof(struct gateway, world));
	g->epoch_ns = clock_utc_ns() - clock_monotonic_ns();
	g->boot = again ? g->boot : clock_utc_ns();
	g->world = (struct sink_world){ .conf = p->conf,
					.tables = p->tables,
					.engine = g->engine,
					.boot = g->boot,
					.started_ns = g->boot,
					.n = g->n,
					.wait = p->replay };
	memcpy(g->world.dir, p->state_dir, sizeof g->world.dir);
	for (int i = 0; i < l->n_in && p->split; i++)
		link_mend_consumer(l->in[i]);
	l->shared->done = false;
	for (unsigned i = 0; i < SINKS; i++) {
		g->count[i] = &l->shared->ledger.v[first_count[i]];
		if (!sinks[i]->wanted(p->conf))
			continue;
		g->sink[i] = sinks[i]->open(&g->world, g->count[i], err, err_len);
		if (!g->sink[i])
			return -EIO;
	}
	show(l, g);
	return 0;
}

static void close_sinks(struct lcore *l, struct gateway *g)
{
	show(l, g);
	for (unsigned i = 0; i < SINKS; i++) {
		if (g->sink[i])
			sinks[i]->close(g->sink[i]);
		g->sink[i] = NULL;
	}
}

static void fired(struct gateway *g, const struct fire *f)
{
	struct sink_engine *e = &g->engine[2 * (size_t)f->instr + f->side];

	e->in = f->stream == GATE_ENTRY;
	e->since_ns = f->decided_ns;
	e->nth = f->nth;
	if (e->in)
		e->price = f->side == GATE_LONG ? f->ask : f->bid;
}

// Of one side: shares that open it, or close it, at a price.
static void hold(struct sink_engine *e, uint64_t open, uint64_t closed, int64_t price, uint64_t ts_ns)
{
	uint64_t gone = closed < e->size ? closed : e->size;

	e->cost = e->size ? e->cost - e->cost / e->size * gone : 0;
	e->size += open - gone;
	e->cost = e->size ? e->cost + open * (uint64_t)price : 0;
	e->since_ns = ts_ns;
}

// What is bought closes a short position first. A break is a fill the other way.
static void filled(struct gateway *g, const struct trade_report *r)
{
	bool buys = (r->side == SIDE_BUY) == (r->kind != REPORT_BREAK);
	struct sink_engine *with = &g->engine[2 * (size_t)r->instr + (buys ? GATE_LONG : GATE_SHORT)],
			   *against = &g->engine[2 * (size_t)r->instr + (buys ? GATE_SHORT : GATE_LONG)];
	uint64_t closed = r->qty < against->size ? r->qty : against->size;

	if (closed)
		hold(against, 0, closed, r->price, r->ts_ns);
	if (r->qty > closed)
		hold(with, r->qty - closed, 0, r->price, r->ts_ns);
}

// Whoever is woken by the row reads values from the tables, which have it a moment later than the links.
static bool in_tables(const struct tables *t, const struct bar *bar)
{
	struct bar latest;

	return tables_latest(t, bar->instr, (enum bar_span)bar->span, &latest) &&
	       latest.close_ts >= bar->close_ts;
}

enum took { TOOK_NOTHING, TOOK_ITEM, TOOK_LATER };

static enum took item_of(struct gateway *g, const struct link_elem *e, struct sink_item *to)
{
	const struct tables *t = g->world.tables;

	switch (e->stream) {
	case LINK_NEW_BAR: {
		bool watched = *tables_watch_slot(t, e->bar.instr) != 0;

		if ((e->bar.flags & BAR_IDLE) ||
		    (!watched && g->world.conf->gateway.rows == CONF_GATEWAY_ROWS_WATCHED))
			return TOOK_NOTHING;
		if (watched && !in_tables(t, &e->bar))
			return TOOK_LATER;
		*to = (struct sink_item){ .ts_ns = e->bar.close_ts,
					  .symbol = e->bar.symbol,
					  .instr = e->bar.instr,
					  .stream = SINK_NEW_BAR,
					  .record = &e->bar };
		return TOOK_ITEM;
	}
	case LINK_SWEEP:
		if (g->world.conf->gateway.rows == CONF_GATEWAY_ROWS_WATCHED &&
		    !*tables_watch_slot(t, e->sweep.instr))
			return TOOK_NOTHING;
		*to = (struct sink_item){ .ts_ns = e->sweep.to_ns,
					  .symbol = e->sweep.symbol,
					  .instr = e->sweep.instr,
					  .stream = SINK_SWEEP,
					  .record = &e->sweep };
		return TOOK_ITEM;
	case LINK_FIRE:
		if (e->fire.stream == GATE_NONE)
			return TOOK_NOTHING;
		fired(g, &e->fire);
		*to = (struct sink_item){ .ts_ns = e->fire.decided_ns,
					  .symbol = e->fire.symbol,
					  .instr = e->fire.instr,
					  .stream = e->fire.stream == GATE_ENTRY ? SINK_ENTRY_FIRE
										 : SINK_EXIT_FIRE,
					  .record = &e->fire };
		return TOOK_ITEM;
	case LINK_ORDER:
		*to = (struct sink_item){ .ts_ns = e->order.ts_ns,
					  .symbol = e->order.symbol,
					  .instr = e->order.instr,
					  .stream = SINK_ORDER,
					  .record = &e->order };
		return TOOK_ITEM;
	case LINK_FILL:
		filled(g, &e->fill);
		*to = (struct sink_item){ .ts_ns = e->fill.ts_ns,
					  .symbol = e->fill.symbol,
					  .instr = e->fill.instr,
					  .stream = SINK_FILL,
					  .record = &e->fill };
		return TOOK_ITEM;
	default: return TOOK_NOTHING;
	}
}

static unsigned take(struct lcore *l, struct gateway *g, int link)
{
	struct sink_item item[BURST];
	unsigned n = BURST, got = 0, done = 0;
	const struct link_elem *e = link_peek(l->in[link], &n);

	if (!e)
		return 0;
	uint64_t now_tsc = rte_rdtsc(), now_ns = clock_utc_ns();

	for (; done < n; done++) {
		enum took took = item_of(g, &e[done], &item[got]);
		uint64_t ago_ns = now_tsc > e[done].pushed_tsc
					  ? clock_ns(&l->plant->clock, now_tsc - e[done].pushed_tsc)
					  : 0;

		if (took == TOOK_LATER)
			break;
		hist_record(&l->shared->hist[HIST_LINK_WAIT], ago_ns);
		g->ended[link] |= e[done].stream == LINK_END;
		if (took != TOOK_ITEM)
			continue;
		item[got].n = ++g->n[item[got].stream];
		item[got].handed_ns = now_ns - ago_ns;
		got++;
	}
	for (unsigned i = 0; i < SINKS; i++)
		if (g->sink[i] && got)
			sinks[i]->offer(g->sink[i], item, got);
	link_taken(l->in[link], done);
	l->shared->rows += got;
	// What waits for the tables is looked at again soon, not after a nap.
	if (done < n)
		sched_yield();
	return done + (done < n);
}

// Live the gateway never waits: a sink without room drops something, and counts it. A replay waits for room,
// unless the sinks take nothing for too long.
static bool may_take(struct gateway *g, uint64_t now_ns)
{
	bool ready = true;
	uint64_t taken = 0;

	if (!g->world.wait)
		return true;
	for (unsigned i = 0; i < SINKS; i++) {
		ready = ready && (!g->sink[i] || sinks[i]->ready(g->sink[i], now_ns));
		taken += g->count[i][SINK_ACKED] + g->count[i][SINK_ALREADY];
	}
	if (ready || taken != g->taken || !g->progress_ns)
		g->progress_ns = now_ns;
	g->taken = taken;
	return ready || now_ns - g->progress_ns > g->world.conf->gateway.patience_ns;
}

// After the last element: returns true when nothing waits any more, or nobody waits for it.
static bool drained(struct lcore *l, struct gateway *g, uint64_t now_ns)
{
	uint64_t patience = g->world.conf->gateway.patience_ns, taken = 0;
	bool idle = true;

	for (unsigned i = 0; i < SINKS; i++) {
		idle = idle && (!g->sink[i] || sinks[i]->idle(g->sink[i]));
		taken += g->count[i][SINK_ACKED] + g->count[i][SINK_ALREADY];
	}
	if (!g->ended_ns || (g->world.wait && taken != g->taken))
		g->ended_ns = now_ns;
	g->taken = taken;
	if (!g->world.wait && patience > LIVE_DRAIN_NS)
		patience = LIVE_DRAIN_NS;
	return idle || l->plant->abort || now_ns - g->ended_ns > patience;
}

static unsigned poll(struct lcore *l)
{
	struct gateway *g = l->state;
	// Pauses and patience are measured in it: it goes on evenly when somebody sets the host's clock.
	uint64_t now_ns = g->epoch_ns + clock_monotonic_ns();
	unsigned work = 0;

	if (may_take(g, now_ns))
		for (int i = 0; i < l->n_in; i++)
			work += take(l, g, i);
	for (unsigned i = 0; i < SINKS; i++)
		if (g->sink[i])
			work += sinks[i]->poll(g->sink[i], now_ns);
	if (!work && lcore_inputs_ended(l, g->ended) && drained(l, g, now_ns)) {
		close_sinks(l, g);
		l->shared->done = true;
	}
	return work;
}

static void tick(struct lcore *l, uint64_t now_tsc) { (void)now_tsc, show(l, l->state); }

static void fini(struct lcore *l)
{
	if (l->state)
		close_sinks(l, l->state);
}

const struct stage stage_gateway = { "gateway", bytes, init, poll, tick, NULL, fini };
