/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/engine.h"

#include <string.h>

#include "lcore/model/chan.h"
#include "lcore/model/chan_fact.h"
#include "lcore/model/chan_quiet.h"
#include "lcore/model/chan_reset.h"
#include "lcore/model/control.h"
#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/strand_new.h"
#include "lcore/model/pass.h"
#include "lcore/model/relay.h"
#include "lcore/model/seal.h"
#include "lcore/model/update.h"
#include "lcore/model/wake.h"

static uint32_t strands_max(const struct engine_conf *conf) { return conf->instruments * INSTR_STRANDS; }

// Every strand may hold open all seconds of its allowance, the current one, and one that an early print
// opened.
static uint32_t pool_max(const struct engine_conf *conf)
{
	uint64_t lateness = 0;

	for (uint32_t i = 0; i < conf->n_paces; i++)
		lateness = conf->pace[i].lateness_ns > lateness ? conf->pace[i].lateness_ns : lateness;
	return conf->instruments * (uint32_t)(lateness / NS_PER_S + 3) + 1024;
}

static size_t wake_words(const struct engine_conf *conf) { return conf->instruments / 64 + 1; }

// Lays out the parts one after the other; mem NULL: only adds up. Returns the end.
static size_t layout(struct engine *e, const struct engine_conf *conf, char *mem)
{
	size_t at = 0, n = conf->instruments;
	struct {
		void **to;
		size_t bytes;
	} part[] = {
		{ (void **)&e->instr, n * sizeof(struct instr) },
		{ (void **)&e->strand, strands_max(conf) * sizeof(struct strand) },
		{ (void **)&e->part, strands_max(conf) * (SPAN_COUNT - 1) * sizeof(struct frag) },
		{ (void **)&e->anchor, n * SPAN_COUNT * sizeof(struct anchor) },
		{ (void **)&e->owed, n * sizeof(struct owed) },
		{ (void **)&e->wake[0], SPAN_COUNT * wake_words(conf) * sizeof(uint64_t) },
		{ (void **)&e->strand_of, n * ENGINE_CHANNELS * sizeof(uint32_t) },
		{ (void **)&e->pool, (size_t)pool_max(conf) * sizeof(struct strand_frag) },
		{ (void **)&e->dirty, conf->relays ? strands_max(conf) * sizeof(uint32_t) : 0 },
		{ (void **)&e->duelog, ENGINE_GROUPS * sizeof(struct duelog) },
		{ (void **)&e->facts, (size_t)ENGINE_CHANNELS * FACTLOG_MAX * sizeof(struct fact_entry) },
		{ (void **)&e->watch, (conf->watch_max + 1) * sizeof(uint32_t) },
		{ (void **)&e->orders.slot, orders_bytes(conf->orders) },
		{ (void **)&e->levels.rung, levels_bytes(strands_max(conf) * 2, conf->levels) },
		{ (void **)&e->tape.ring, tape_bytes(conf->prints, conf->instruments) },
	};

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		if (mem)
			*part[i].to = mem + at;
		at += line_bytes(part[i].bytes);
	}
	return at;
}

size_t engine_bytes(const struct engine_conf *conf)
{
	struct engine scratch;

	return layout(&scratch, conf, NULL);
}

// Breaks find their prints where these are kept: with the owner.
static void control_relayed(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	if (ev->kind == EV_CLOCK || ev->kind == EV_HELD || ev->kind == EV_GAP || ev->kind == EV_DIRECTORY ||
	    ev->kind == EV_SYSTEM || ev->kind == EV_IMBALANCE ||
	    ev->kind == EV_SHORT) { // relay themselves when the owner must know
		control_apply(e, ev, rx_ns);
		return;
	}
	if (ev->kind != EV_OPEN && ev->kind != EV_JOIN && ev->kind != EV_RESET && ev->kind != EV_END &&
	    ev->kind != EV_BREAK && ev->kind != EV_CORRECT)
		return;
	relay_event(e, ev);
	if (ev->kind != EV_BREAK && ev->kind != EV_CORRECT)
		control_apply(e, ev, rx_ns);
}

static void control_ours(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	uint32_t slot = ev->kind == EV_ADMIN && ev->instr != INSTR_NONE
				? e->chan[ev->channel].strand_of[ev->instr]
				: 0;

	if (slot)
		strand_letter(&e->strand[slot - 1], ev->detail);
	e->sink.legs->other(e->sink.legs->ctx, ev);
	if (e->conf.relays)
		control_relayed(e, ev, rx_ns);
	else
		control_apply(e, ev, rx_ns);
}

void engine_init(struct engine *e, const struct engine_conf *conf, struct symtab *symtab,
		 struct ledger *ledger, struct tables *tables, const struct engine_sink *sink, void *mem)
{
	memset(e, 0, sizeof *e);
	e->conf = *conf;
	e->sink = *sink;
	e->symtab = symtab;
	e->ledger = ledger;
	e->tables = tables;
	e->make_room = pass_all;
	e->control = sink->legs ? control_ours : conf->relays ? control_relayed : control_apply;
	layout(e, conf, mem);
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		e->chan[i].strand_of = e->strand_of + (size_t)i * conf->instruments;
		factlog_init(&e->chan[i].log, FACTLOG_MAX, e->facts + (size_t)i * FACTLOG_MAX);
	}
	e->none_due = true;
	orders_init(&e->orders, conf->orders, e->orders.slot);
	levels_init(&e->levels, strands_max(conf) * 2, conf->levels, e->levels.rung);
	tape_init(&e->tape, conf->prints, conf->instruments, e->tape.ring);
	e->n_strands_max = strands_max(conf);
	e->pool_max = pool_max(conf);
	for (int k = 1; k < SPAN_COUNT; k++)
		e->wake[k] = e->wake[0] + (size_t)k * wake_words(conf);
}

void engine_join_feed(struct engine *e, uint8_t channel, const void *feed) { e->chan[channel].feed = feed; }

int engine_watch(struct engine *e, uint32_t instr, bool on)
{
	struct instr *in = &e->instr[instr];
	int rc = 0;

	if (in->watched == on)
		return 0;
	if (on) {
		if (!wake_is(e, instr, SPAN_1S)) // its history begins now
			pass_catch_up(e, instr);
		seal_owed(e, instr);
		if (e->n_watch == e->conf.watch_max)
			return -28; // ENOSPC
		if (e->tables)
			rc = tables_watch(e->tables, instr);
		if (rc)
			return rc;
		e->watch[e->n_watch++] = instr;
	} else {
		uint32_t i = 0;

		while (e->watch[i] != instr)
			i++;
		e->watch[i] = e->watch[--e->n_watch];
		e->pass_watch_at = e->pass_kept_at = 0;
		if (e->tables)
			tables_unwatch(e->tables, instr);
	}
	in->watched = on;
	return 0;
}

// What has no strand: facts of a whole channel, and instruments that there is no room for.
static __attribute__((noinline)) void apply_other(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	if (event_about_instr(ev->kind) && ev->instr != INSTR_NONE) {
		if (event_is_print(ev->kind)) {
			LEDGER_INC(e->ledger, prints);
			LEDGER_INC(e->ledger, prints_no_room);
		}
	} else {
		e->control(e, ev, rx_ns);
	}
}

// An event of a strand beside whose book orders of ours rest or wait.
static void apply_ours(struct engine *e, struct strand *strand, const struct event *ev)
{
	const struct engine_legs *legs = e->sink.legs;
	const struct instr *in = &e->instr[strand->instr];
	const struct order *named = NULL;

	// Rows that are due leave before what becomes of our orders.
	if (unlikely(e->pass_active) && in->next_sec < group_due(e->group, in))
		seal_instr(e, strand->instr, group_due(e->group, in));
	if (event_names_order(ev->kind))
		named = orders_find(&e->orders, orders_key(ev->ref, ev->channel));
	if (named && named->gen != e->strand[named->strand].order_gen) // of before a clear
		named = NULL;
	legs->before(legs->ctx, strand, ev, named);
	update_apply(e, strand, ev);
	if (likely(legs->after(legs->ctx, strand, ev)))
		return;
	strand->ours = false;
	strand->aside = e->conf.relays;
}

// An event of a strand that needs more than its book: orders of ours, or records for the owner.
static __attribute__((noinline)) void apply_aside(struct engine *e, struct strand *strand,
						  const struct event *ev)
{
	if (!e->conf.relays) {
		apply_ours(e, strand, ev);
		return;
	}
	pass_before(e, strand, ev->ts_ns); // the owner hears of each second
	if (strand->ours)
		apply_ours(e, strand, ev);
	else
		update_apply(e, strand, ev);
	relay_dirty(e, strand);
	relay_older_done(e);
}

static void judge_silence(struct engine *e, uint64_t rx_ns)
{
	if (e->conf.relays) // the owner judges silence
		relay_quiet(e, rx_ns);
	else
		chan_silence(e, rx_ns, false);
}

static inline bool beat(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns)
{
	return ev->kind == EV_CLOCK && !ev->ts_ns && !e->sink.legs && chan_beat(c, rx_ns, e->conf.silence_ns);
}

// The heartbeats that came behind the one of ev (receiver_conf.merges_beats), one by one if need be.
static __attribute__((noinline)) void more_beats(struct engine *e, struct chan *c, const struct event *ev,
						 const uint64_t *rx_ns)
{
	unsigned n = ev->qty;

	if (!e->sink.legs && chan_beats(c, rx_ns, n, e->conf.silence_ns, e->silence_check_ns)) {
		e->rx_ns = rx_ns[n - 1];
		return;
	}
	for (unsigned i = 0; i < n; i++) {
		if (unlikely(rx_ns[i] > e->silence_check_ns))
			judge_silence(e, rx_ns[i]);
		e->rx_ns = rx_ns[i];
		if (!beat(e, c, ev, rx_ns[i]))
			e->control(e, ev, rx_ns[i]);
	}
}

// strand: the event's, if that was known some events ago. rx: receive time of its frame; those of the next
// ones follow.
static inline void apply_one(struct engine *e, const struct event *ev, struct strand *strand,
			     const uint64_t *rx)
{
	struct chan *c = e->chan + (size_t)ev->channel;
	const uint64_t rx_ns = *rx;

	e->rx_ns = rx_ns;
	if (likely(ev->flags & EVF_CLOCK)) {
		if (likely(c->even && ev->ts_ns < c->next_due_ns)) {
			c->spoke_rx_ns = rx_ns;
			c->clock_ns = ev->ts_ns > c->clock_ns ? ev->ts_ns : c->clock_ns;
		} else {
			chan_message(e, c, ev, rx_ns);
		}
	} else if (unlikely(c->reset_due && ev->instr != INSTR_NONE)) {
		chan_reset_apply(e, c, ev->ts_ns);
	}
	if (unlikely(!strand || !event_about_instr(ev->kind))) {
		if (beat(e, c, ev, rx_ns)) {
			if (ev->qty)
				more_beats(e, c, ev, rx + 1);
			return;
		}
		strand = event_about_instr(ev->kind) && ev->instr != INSTR_NONE
				 ? strand_get(e, ev->channel, ev->instr, ev->ts_ns)
				 : NULL;
		if (!strand) {
			apply_other(e, ev, rx_ns);
			if (ev->kind == EV_CLOCK && !ev->ts_ns && ev->qty)
				more_beats(e, c, ev, rx + 1);
			return;
		}
	}
	if (unlikely(strand->aside))
		apply_aside(e, strand, ev);
	else
		update_apply(e, strand, ev);
}

// Prefetch in two steps, a block of events at a time: the order's slot three blocks ahead; one block ahead,
// once that slot is cached, the strand and level it names. What a step finds is kept for the next. In blocks,
// because a prefetch waits for the address translation, and those of a block wait together. No branch on the
// event's kind: a wrong guess wastes one cache line, a mispredicted branch costs more. Always inlined: gcc
// drops calls of functions that only prefetch.
enum { AHEAD_BLOCK = 8, AHEAD_ORDER = 3 * AHEAD_BLOCK, AHEAD_STRAND = AHEAD_BLOCK, AHEAD_RING = 32 };

struct ahead {
	const struct order *home;
	struct strand *strand; // NULL: none, or not made yet
};

__attribute__((always_inline)) static inline void ahead_order(const struct engine *e, const struct event *ev,
							      struct ahead *a)
{
	a->home = orders_prefetch(&e->orders, orders_key(ev->ref, ev->channel));
}

__attribute__((always_inline)) static inline void ahead_strand(const struct engine *e, const struct event *ev,
							       struct ahead *a)
{
	uint32_t slot = unlikely(ev->instr == INSTR_NONE) ? 0 : e->chan[ev->channel].strand_of[ev->instr];

	a->strand = slot ? &e->strand[slot - 1] : NULL;
	if (unlikely(!slot))
		return;
	__builtin_prefetch(a->strand);
	__builtin_prefetch((const char *)a->strand + CACHE_LINE, 1);
	bool named = event_names_order(ev->kind); // the order has side and price
	const struct order *o = orders_peek(&e->orders, a->home, orders_key(ev->ref, ev->channel));
	const int64_t *price = named ? &o->price : &ev->price;
	const uint8_t *side = named ? &o->side : &ev->side;

	if (event_is_print(ev->kind)) {
		__builtin_prefetch(&e->tape.head[ev->instr], 1);
		__builtin_prefetch(&e->tape.bucket[tape_bucket(&e->tape, ev->ref2)], 1);
		for (size_t at = 2 * CACHE_LINE; at < sizeof *a->strand; at += CACHE_LINE)
			__builtin_prefetch((const char *)a->strand + at, 1);
	}
	if (unlikely(ev->kind == EV_REPLACE)) // the new order's line: worth a wrong guess
		orders_prefetch(&e->orders, orders_key(ev->ref2, ev->channel));
	levels_prefetch(&e->levels, (slot - 1) * 2 + book_index(*side), book_key(*side, *price));
}

// The two steps for the events from at on, up to many of the n there are.
__attribute__((always_inline)) static inline void ahead_orders(const struct engine *e, const struct event *ev,
							       unsigned at, unsigned many, unsigned n,
							       struct ahead *ring)
{
	for (unsigned i = at, end = at + many < n ? at + many : n; i < end; i++)
		ahead_order(e, &ev[i], &ring[i % AHEAD_RING]);
}

__attribute__((always_inline)) static inline void ahead_strands(const struct engine *e,
								const struct event *ev, unsigned at,
								unsigned many, unsigned n, struct ahead *ring)
{
	for (unsigned i = at, end = at + many < n ? at + many : n; i < end; i++)
		ahead_strand(e, &ev[i], &ring[i % AHEAD_RING]);
}

static inline void apply(struct engine *e, const struct event *ev, struct strand *strand, const uint64_t *rx)
{
	if (unlikely(*rx > e->silence_check_ns))
		judge_silence(e, *rx);
	apply_one(e, ev, strand, rx);
}

void engine_apply(struct engine *e, const struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	struct ahead ring[AHEAD_RING];

	for (; n && ev->kind == EV_CLOCK; ev++, n--) // heartbeats of a quiet hour: nothing to prefetch for
		apply(e, ev, NULL, rx_ns + ev->frame);
	if (n &&
	    ev->ts_ns >= e->chan[ev->channel].next_due_ns) { // a reader waits for rows: no prefetching first
		apply(e, ev, NULL, rx_ns + ev->frame);
		ev++;
		n--;
	}
	ahead_orders(e, ev, 0, AHEAD_ORDER, n, ring);
	ahead_strands(e, ev, 0, AHEAD_STRAND, n, ring);
	for (unsigned i = 0; i < n; i++) {
		if (i % AHEAD_BLOCK == 0) {
			ahead_orders(e, ev, i + AHEAD_ORDER, AHEAD_BLOCK, n, ring);
			ahead_strands(e, ev, i + AHEAD_STRAND, AHEAD_BLOCK, n, ring);
		}
		apply(e, &ev[i], ring[i % AHEAD_RING].strand, rx_ns + ev[i].frame);
	}
	if (e->n_quotes)
		strand_quotes(e);
}

void engine_relay_lost(struct engine *e)
{
	for (uint8_t i = 0; i < ENGINE_CHANNELS; i++)
		if (e->chan[i].state != CHAN_FREE)
			chan_gap(e, &e->chan[i]);
}

void engine_relay_end(struct engine *e)
{
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		if (e->chan[i].state == CHAN_FREE)
			continue;
		relay_rest(e, &e->chan[i]);
		chan_step_over(e, &e->chan[i]);
	}
	relay_progress(e, UINT64_MAX);
}
