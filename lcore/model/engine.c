/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/engine_parts.h"

#include <string.h>

static size_t line(size_t n) { return (n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1); }

static uint32_t legs_max(const struct engine_conf *conf) { return conf->instruments * ENGINE_LEGS_PER_INSTR; }

// Every leg may hold open all seconds of its allowance, the current one, and one that an early print opened.
static uint32_t pool_max(const struct engine_conf *conf)
{
	uint64_t lateness = 0;

	for (int v = 0; v < VENUE_MAX; v++)
		lateness = conf->lateness_ns[v] > lateness ? conf->lateness_ns[v] : lateness;
	return conf->instruments * (uint32_t)(lateness / NS_PER_S + 3) + 1024;
}

// Lays the parts one behind the other; with mem NULL only adds up. Returns the end.
static size_t layout(struct engine *e, const struct engine_conf *conf, char *mem)
{
	size_t at = 0, n = conf->instruments;
	struct { void **to; size_t bytes; } part[] = {
		{ (void **)&e->instr, n * sizeof(struct instr) },
		{ (void **)&e->leg, legs_max(conf) * sizeof(struct leg) },
		{ (void **)&e->part, legs_max(conf) * (SPAN_COUNT - 1) * sizeof(struct frag) },
		{ (void **)&e->ind, n * SPAN_COUNT * sizeof(struct ind) },
		{ (void **)&e->leg_of, n * ENGINE_CHANNELS * sizeof(uint32_t) },
		{ (void **)&e->pool, (size_t)pool_max(conf) * sizeof(struct leg_frag) },
		{ (void **)&e->marked, conf->relays ? legs_max(conf) * sizeof(uint32_t) : 0 },
		{ (void **)&e->watch, (conf->watch_max + 1) * sizeof(uint32_t) },
		{ (void **)&e->orders.slot, orders_bytes(conf->orders) },
		{ (void **)&e->levels.mem, levels_bytes(conf->levels) },
		{ (void **)&e->prints.ring, prints_bytes(conf->prints, conf->instruments) },
	};

	for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
		if (mem)
			*part[i].to = mem + at;
		at += line(part[i].bytes);
	}
	return at;
}

size_t engine_bytes(const struct engine_conf *conf)
{
	struct engine scratch;

	return layout(&scratch, conf, NULL);
}

void engine_init(struct engine *e, const struct engine_conf *conf, struct symtab *symtab, struct ledger *ledger,
		 struct tables *tables, const struct engine_sink *sink, void *mem)
{
	memset(e, 0, sizeof *e);
	e->conf = *conf;
	e->sink = *sink;
	e->symtab = symtab;
	e->ledger = ledger;
	e->tables = tables;
	layout(e, conf, mem);
	orders_init(&e->orders, conf->orders, e->orders.slot);
	levels_init(&e->levels, conf->levels, e->levels.mem);
	prints_init(&e->prints, conf->prints, conf->instruments, e->prints.ring);
	e->n_legs_max = legs_max(conf);
	e->pool_max = pool_max(conf);
	for (size_t i = 0; i < (size_t)conf->instruments * SPAN_COUNT; i++)
		ind_init(&e->ind[i]);
}

void engine_join_feed(struct engine *e, uint8_t channel, const void *feed)
{
	e->chan[channel].feed = feed;
}

int engine_watch(struct engine *e, uint32_t instr, bool on)
{
	struct instr *in = &e->instr[instr];
	int rc = 0;

	if (in->watched == on)
		return 0;
	if (on) {
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
		e->sweep_watch_at = 0;
		if (e->tables)
			tables_unwatch(e->tables, instr);
	}
	in->watched = on;
	return 0;
}

void engine_control(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	struct chan *c = &e->chan[ev->channel];

	// These change what a row says: rows that are due already must not depend on whether the sweep has got there.
	if (ev->kind == EV_JOIN || ev->kind == EV_GAP || ev->kind == EV_RESET || ev->kind == EV_END)
		seal_due(e);
	switch (ev->kind) {
	case EV_JOIN:
		chan_join(e, ev, rx_ns);
		break;
	case EV_CLOCK:
		chan_heard(e, c, ev, rx_ns);
		break;
	case EV_GAP:
		chan_gap(c);
		break;
	case EV_RESET:
		if (c->state == CHAN_ENDED)
			c->state = CHAN_LIVE;
		leg_reset(e, ev->channel);
		if (ev->flags & EVF_MIDSTREAM) {
			chan_lost(c);
			c->join_ns = UINT64_MAX;
		}
		break;
	case EV_END:
		chan_end(e, ev->channel);
		break;
	case EV_BREAK:
		amend_break(e, ev);
		break;
	case EV_CORRECT:
		amend_correct(e, ev);
		break;
	default:
		break;
	}
}

// Breaks find their prints where these are kept: with the owner.
static void control_relayed(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	if (ev->kind == EV_CLOCK) { // relays itself when the owner must know
		engine_control(e, ev, rx_ns);
		return;
	}
	if (ev->kind != EV_JOIN && ev->kind != EV_GAP && ev->kind != EV_RESET && ev->kind != EV_END && ev->kind != EV_BREAK &&
	    ev->kind != EV_CORRECT)
		return;
	relay_event(e, ev);
	if (ev->kind != EV_BREAK && ev->kind != EV_CORRECT)
		engine_control(e, ev, rx_ns);
}

static bool about_instr(uint8_t kind)
{
	return (kind >= EV_ADD && kind <= EV_STATUS && kind != EV_BREAK) || kind == EV_SYMBOL_CLEAR;
}

static bool is_print(uint8_t kind) { return kind == EV_EXEC || kind == EV_EXEC_PX || kind == EV_TRADE || kind == EV_CROSS; }

static void apply_one(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	e->rx_ns = rx_ns;
	if (ev->flags & EVF_CLOCK)
		chan_clock(e, &e->chan[ev->channel], ev->ts_ns, rx_ns);
	if (!about_instr(ev->kind) || ev->instr == INSTR_NONE) {
		if (e->conf.relays)
			control_relayed(e, ev, rx_ns);
		else
			engine_control(e, ev, rx_ns);
		return;
	}
	struct leg *leg = leg_get(e, ev->channel, ev->instr, ev->ts_ns);

	if (unlikely(!leg)) {
		if (is_print(ev->kind)) {
			LEDGER_INC(e->ledger, prints);
			LEDGER_INC(e->ledger, prints_no_room);
		}
		return;
	}
	// Due is decided at a position of the stream: what is not sealed yet is sealed before the instrument's next event.
	// When no sweep is under way, nothing that is due is left unsealed.
	if (unlikely(e->sweep_active)) {
		const struct instr *in = &e->instr[ev->instr];
		uint32_t due = chan_due(e, in);

		if (in->next_sec < due)
			seal_instr(e, ev->instr, due);
	}
	if (unlikely(ev->ts_ns < leg->epoch_ns || ev->ts_ns >= leg->epoch_end_ns || leg->epoch_ns < e->chan[ev->channel].due_ns))
		leg_advance(e, leg, ev->ts_ns);
	update_apply(e, leg, ev);
	if (unlikely(e->conf.relays)) {
		relay_mark(e, leg);
		relay_older_done(e);
	}
}

// What an event will touch is asked for ahead, in steps of dependence: where the leg and the order stand, then they
// themselves, then the levels that they point to. Always inlined: gcc takes a function that only prefetches for one
// without effect, and drops its calls.
enum { AHEAD_SLOT = 24, AHEAD_LEG = 16, AHEAD_LEVELS = 8 };

__attribute__((always_inline)) static inline void prefetch_slot(const struct engine *e, const struct event *ev)
{
	if (ev->instr == INSTR_NONE)
		return;
	__builtin_prefetch(&e->leg_of[(size_t)ev->channel * e->conf.instruments + ev->instr]);
	__builtin_prefetch(&e->instr[ev->instr]);
	if (ev->kind >= EV_ADD && ev->kind <= EV_REPLACE)
		orders_prefetch(&e->orders, orders_key(ev->ref, ev->channel));
	if (ev->kind == EV_REPLACE)
		orders_prefetch(&e->orders, orders_key(ev->ref2, ev->channel));
}

__attribute__((always_inline)) static inline const struct leg *known_leg(const struct engine *e, const struct event *ev)
{
	uint32_t slot = ev->instr == INSTR_NONE ? 0 : e->leg_of[(size_t)ev->channel * e->conf.instruments + ev->instr];

	return slot ? &e->leg[slot - 1] : NULL;
}

__attribute__((always_inline)) static inline void prefetch_leg(const struct engine *e, const struct event *ev)
{
	const struct leg *leg = known_leg(e, ev);

	if (!leg)
		return;
	__builtin_prefetch(leg);
	__builtin_prefetch((const char *)leg + CACHE_LINE);
	__builtin_prefetch(&leg->cur);
}

__attribute__((always_inline)) static inline void prefetch_levels(const struct engine *e, const struct event *ev)
{
	const struct leg *leg = known_leg(e, ev);
	uint8_t side = ev->side;
	int64_t price = ev->price;

	if (!leg || ev->kind > EV_LEVEL)
		return;
	if (ev->kind >= EV_EXEC && ev->kind <= EV_REPLACE) { // these name an order: its slot is here by now
		const struct order *o = orders_peek(&e->orders, orders_key(ev->ref, ev->channel));

		if (!o)
			return;
		side = o->side;
		price = o->price;
	}
	if (side == SIDE_BUY)
		levels_prefetch(&e->levels, &leg->book.bid, leg->touch.bid > price ? (uint64_t)leg->touch.bid - (uint64_t)price : 0);
	else
		levels_prefetch(&e->levels, &leg->book.ask, leg->touch.ask < price ? (uint64_t)price - (uint64_t)leg->touch.ask : 0);
}

void engine_apply(struct engine *e, const struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	for (unsigned i = 0; i < n && i < AHEAD_SLOT; i++)
		prefetch_slot(e, &ev[i]);
	for (unsigned i = 0; i < n && i < AHEAD_LEG; i++)
		prefetch_leg(e, &ev[i]);
	for (unsigned i = 0; i < n; i++) {
		uint64_t rx = rx_ns[ev[i].frame];

		if (i + AHEAD_SLOT < n)
			prefetch_slot(e, &ev[i + AHEAD_SLOT]);
		if (i + AHEAD_LEG < n)
			prefetch_leg(e, &ev[i + AHEAD_LEG]);
		if (i + AHEAD_LEVELS < n)
			prefetch_levels(e, &ev[i + AHEAD_LEVELS]);
		if (unlikely(rx > e->silence_check_ns)) {
			if (e->conf.relays) // the owner judges silence
				relay_quiet(e, rx);
			else
				chan_silence(e, rx, false);
		}
		apply_one(e, &ev[i], rx);
	}
}
