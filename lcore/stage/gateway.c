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
#include "lcore/base/rhythm.h"
#include "lcore/model/tables.h"
#include "lcore/stage/carry.h"
#include "lcore/stage/gateway_item.h"
#include "lcore/stage/gateway_rest.h"
#include "lcore/stage/stage.h"

enum { BURST = 32, BURSTS = 32 };
_Static_assert(2 * BURST <= KEPT_UNDO, "a fill changes two engines");
_Static_assert(KEPT_LINKS == LCORE_LINKS, "one for each");
#define LIVE_DRAIN_NS NS_PER_S  // a stop is not to take longer
#define NAP_NS        NS_PER_MS // lcore.nap = 0

// First what every process of the part finds as the one before it left it; so are engines, last.
struct gateway {
	struct kept kept;
	uint64_t n[SINK_STREAMS];
	uint32_t first[LCORE_LINKS]; // that is not freed; more than limit are not kept
	uint32_t limit[LCORE_LINKS];
	struct sink_world world;
	void *sink[SINKS];
	uint64_t *count[SINKS];
	uint8_t ended[LCORE_LINKS];
	uint64_t taken;       // by all sinks, as of progress_ns
	uint64_t progress_ns; // when they last took something; 0: nobody has waited yet
	uint64_t ended_ns;    // of all inputs
	uint64_t epoch_ns;    // UTC at the moment from which the monotonic clock counts, as of the start
	struct rhythm rhythm; // of rows that are handed on
	bool again;           // a process before this one was killed
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
	_Static_assert(LEDGER_kafka_##name - LEDGER_kafka_handed == (int)SINK_##NAME, "order of sink.def"); \
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

// Whoever is woken by the row reads values from the tables, which have it a moment later than the links.
static bool in_tables(const struct tables *t, const struct bar *bar)
{
	struct bar latest;

	return tables_latest(t, bar->instr, (enum bar_span)bar->span, &latest) &&
	       latest.close_ts >= bar->close_ts;
}

enum took { TOOK_NOTHING, TOOK_ITEM, TOOK_LATER };

static enum took judge(const struct gateway *g, const struct link_elem *e, struct sink_item *to)
{
	const struct tables *t = g->world.tables;
	bool all = g->world.conf->gateway.rows != CONF_GATEWAY_ROWS_WATCHED;

	if (!gateway_item(e, to))
		return TOOK_NOTHING;
	bool watched = *tables_watch_slot(t, to->instr) != 0;

	switch (to->stream) {
	case SINK_NEW_BAR:
		return (e->bar.flags & BAR_IDLE) || (!watched && !all) ? TOOK_NOTHING
		       : watched && !in_tables(t, &e->bar)             ? TOOK_LATER
								       : TOOK_ITEM;
	case SINK_SWEEP: return watched || all ? TOOK_ITEM : TOOK_NOTHING;
	default: return TOOK_ITEM;
	}
}

static void offer(struct gateway *g, const struct sink_item *item, unsigned n)
{
	for (unsigned i = 0; i < SINKS; i++)
		if (g->sink[i] && n)
			sinks[i]->offer(g->sink[i], item, n);
}

// Frees what no sink of a part of its own holds in memory alone, or all but the newest.
static void release(struct lcore *l, struct gateway *g)
{
	uint64_t alone[SINK_STREAMS];
	bool asked = false;

	for (int i = 0; i < l->n_in; i++) {
		uint32_t taken = kept_now(&g->kept)->taken[i], *first = &g->first[i], before = *first;

		if (*first == taken)
			continue;
		if (!asked) {
			memset(alone, 0xff, sizeof alone);
			for (unsigned k = 0; k < SINKS; k++)
				if (g->sink[k] && sinks[k]->alone)
					sinks[k]->alone(g->sink[k], alone);
			asked = true;
		}
		if (taken - *first > g->limit[i])
			*first = taken - g->limit[i];
		while (*first != taken) {
			const struct kept_item *kept = kept_of(&g->kept, (unsigned)i, *first);

			if (kept->n && kept->n >= alone[kept->stream])
				break;
			(*first)++;
		}
		if (*first != before)
			link_free_to(l->in[i], *first);
	}
}

// Numbers are given first, all at once: who is killed behind that finds them.
static unsigned take(struct lcore *l, struct gateway *g, int link)
{
	struct sink_item item[BURST];
	struct kept_state *next = kept_next(&g->kept);
	uint32_t at = kept_now(&g->kept)->taken[link], end = link_end(l->in[link]);
	unsigned n = end - at < BURST ? end - at : BURST, got = 0, done = 0;

	if (!n)
		return 0;
	uint64_t now_tsc = rte_rdtsc(), now_ns = clock_utc_ns();

	kept_begin(&g->kept);
	for (; done < n; done++, at++) {
		const struct link_elem *e = link_at(l->in[link], at);
		struct kept_item *kept = kept_of(&g->kept, (unsigned)link, at);
		enum took took = judge(g, e, &item[got]);
		uint64_t ago_ns =
			now_tsc > e->pushed_tsc ? clock_ns(&l->plant->clock, now_tsc - e->pushed_tsc) : 0;

		if (took == TOOK_LATER)
			break;
		hist_record(&l->shared->hist[HIST_LINK_WAIT], ago_ns);
		g->ended[link] |= e->stream == LINK_END;
		kept->n = 0;
		if (took != TOOK_ITEM)
			continue;
		gateway_engine(&g->kept, g->engine, e);
		item[got].n = ++next->n[item[got].stream];
		item[got].handed_ns = now_ns - ago_ns;
		if (e->stream == LINK_NEW_BAR)
			rhythm_came(&g->rhythm, g->epoch_ns + clock_monotonic_ns() - ago_ns);
		*kept = (struct kept_item){ item[got].n, item[got].handed_ns, item[got].stream };
		got++;
	}
	next->taken[link] = at;
	kept_commit(&g->kept);
	memcpy(g->n, kept_now(&g->kept)->n, sizeof g->n);
	offer(g, item, got);
	release(l, g);
	l->shared->rows += got;
	// What waits for the tables is looked at again soon, not after a nap.
	if (done < n)
		sched_yield();
	return done + (done < n);
}

// Rows come many at once, of which few may go to a sink: until it has a burst it is not asked between them. A
// replay asks for room after each.
static unsigned take_all(struct lcore *l, struct gateway *g, int link)
{
	const uint64_t most = l->shared->rows + BURST;
	unsigned work = 0, n;

	do {
		n = take(l, g, link);
		work += n;
	} while (n && !g->world.wait && l->shared->rows < most && work < BURSTS * BURST);
	return work;
}

// What was taken and is in a ring still, once more.
static void take_again(struct lcore *l, struct gateway *g)
{
	struct kept_again again;
	struct sink_item item;
	unsigned link;
	uint32_t at;

	for (int i = 0; i < l->n_in; i++)
		for (at = g->first[i]; at != kept_now(&g->kept)->taken[i]; at++)
			g->ended[i] |= link_at(l->in[i], at)->stream == LINK_END;
	kept_again_begin(&g->kept, &again, g->first, (unsigned)l->n_in);
	while (kept_again_next(&g->kept, &again, &link, &at)) {
		const struct kept_item *kept = kept_of(&g->kept, link, at);

		if (!gateway_item(link_at(l->in[link], at), &item))
			continue;
		item.n = kept->n;
		item.handed_ns = kept->handed_ns;
		item.again = true;
		offer(g, &item, 1);
	}
}

static void close_sinks(struct lcore *l, struct gateway *g)
{
	show(l, g);
	for (unsigned i = 0; i < SINKS; i++) {
		if (g->sink[i])
			sinks[i]->close(g->sink[i]);
		g->sink[i] = NULL;
	}
	release(l, g); // nobody holds anything any more
}

// What is in a ring and was taken is freed later, as far as that leaves it room enough.
static void open_kept(struct lcore *l, struct gateway *g)
{
	struct kept *k = &g->kept;

	g->again = k->boot != 0;
	kept_open(k, g->engine);
	for (int i = 0; i < l->n_in; i++) {
		uint32_t most = l->in[i]->shared->depth / 8;

		if (l->plant->split)
			link_mend_consumer(l->in[i]);
		g->first[i] = link_first(l->in[i]);
		g->limit[i] = !l->plant->split ? 0 : most < KEPT_ITEMS - BURST ? most : KEPT_ITEMS - BURST;
		if (!g->again)
			k->state[k->commits % 2].taken[i] = g->first[i];
	}
	memcpy(g->n, kept_now(k)->n, sizeof g->n);
	if (!g->again)
		k->boot = clock_utc_ns();
}

static int open_sinks(struct lcore *l, struct gateway *g, char *err, size_t err_len)
{
	struct sink_recount recount[SINKS];

	for (unsigned i = 0; i < SINKS; i++) {
		g->count[i] = &l->shared->ledger.v[first_count[i]];
		if (l->plant->snapshot || !sinks[i]->wanted(l->plant->conf))
			continue;
		sink_recount_begin(&recount[i], g->count[i]);
		g->sink[i] = sinks[i]->open(&g->world, g->count[i], err, err_len);
		if (!g->sink[i])
			return -EIO;
		sink_recount_opened(&recount[i], g->count[i]);
	}
	take_again(l, g);
	for (unsigned i = 0; i < SINKS; i++)
		if (g->sink[i])
			sink_recount_end(&recount[i], g->count[i]);
	return 0;
}

static int init(struct lcore *l, void *mem, char *err, size_t err_len)
{
	struct gateway *g = mem;
	const struct plant *p = l->plant;

	for (unsigned i = 0; i < l->index; i++)
		if (p->lcore[i]->stage == l->stage)
			return snprintf(
				       err, err_len,
				       "[lcore %s] stage: found a second gateway lcore beside %s, allowed: one",
				       l->name, p->lcore[i]->name),
			       -EINVAL;
	memset(&g->n, 0, offsetof(struct gateway, engine) - offsetof(struct gateway, n));
	g->epoch_ns = clock_utc_ns() - clock_monotonic_ns();
	open_kept(l, g);
	g->world = (struct sink_world){ .conf = p->conf,
					.tables = p->tables,
					.engine = g->engine,
					.boot = g->kept.boot,
					.started_ns = g->kept.boot,
					.n = g->n,
					.wait_ns = &l->shared->hist[HIST_SINK_WAIT],
					.memory = p->split ? g->kept.memory : NULL,
					.again = g->again || p->tables->n_instr, // of a snapshot
					.wait = p->replay };
	memcpy(g->world.dir, p->state_dir, sizeof g->world.dir);
	l->shared->done = false;
	int rc = open_sinks(l, g, err, err_len);

	show(l, g);
	return rc;
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
			work += take_all(l, g, i);
	for (unsigned i = 0; i < SINKS; i++)
		if (g->sink[i])
			work += sinks[i]->poll(g->sink[i], now_ns);
	release(l, g);
	if (!work && lcore_inputs_ended(l, g->ended) && drained(l, g, now_ns)) {
		close_sinks(l, g);
		l->shared->done = true;
	}
	return work;
}

static void rest(struct lcore *l, unsigned idle_run)
{
	struct gateway *g = l->state;
	uint64_t most_ns = l->conf->nap_ns ? l->conf->nap_ns : NAP_NS;

	gateway_rest(g->sink, rhythm_sleep(&g->rhythm, g->epoch_ns + clock_monotonic_ns(), most_ns),
		     idle_run);
}

static void tick(struct lcore *l, uint64_t now_tsc) { (void)now_tsc, show(l, l->state); }

static void fini(struct lcore *l)
{
	if (l->state)
		close_sinks(l, l->state);
}

// What a snapshot holds of it (carry.h): what fires have led to. Numbers begin anew, as the start does.
static bool freeze(const struct lcore *l, void *head) { return (void)l, (void)head, true; }
static bool thaw(struct lcore *l, const void *head) { return (void)l, (void)head, true; }

static unsigned areas(const struct lcore *l, struct carry_area *out)
{
	struct gateway *g = l->state;

	*out = (struct carry_area){ "engines", g->engine, bytes(l) - sizeof *g };
	return 1;
}

static const struct stage_carry carry = { 0, freeze, thaw, areas, NULL };

const struct stage stage_gateway = { "gateway", bytes, init, poll, tick, NULL, fini, NULL, &carry, rest };
