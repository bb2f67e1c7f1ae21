/* SPDX-License-Identifier: BSD-3-Clause */
// paper_level.c: what price levels and quotes show to the orders of ours that rest there. Who stands where in
// a level is not known: by default everything that leaves it without a trade stood behind us.
#include "lcore/trade/paper_parts.h"

// Shares that left a level without a trade, split by position: those before an order of ours get their part,
// rounded down.
static uint64_t split(const struct paper_order *o, uint64_t old, uint64_t now)
{
	uint64_t traded = o->traded < old - now ? o->traded : old - now;
	uint64_t gone = old - now - traded, stood = old - traded;

	if (!stood || o->ahead > stood)
		return o->ahead;
	return o->ahead - (uint64_t)((unsigned __int128)gone * o->ahead / stood);
}

static void resized(const struct paper *p, const struct paper_leg *leg, struct paper_order *o, uint64_t old,
		    uint64_t now)
{
	if (p->conf.l2[leg->venue] == PAPER_PROP && now < old)
		o->ahead = split(o, old, now);
	if (o->ahead > now)
		o->ahead = now;
	o->traded = 0;
}

void paper_level(struct paper *p, struct paper_leg *leg, const struct event *ev)
{
	uint64_t old = paper_size(leg, ev->side, ev->price);
	int64_t key = book_key(ev->side, ev->price);

	for (struct paper_order *o = paper_first(p, leg, ev->side); o && paper_key(o) >= key;
	     o = paper_order_at(p, o->next))
		if (paper_key(o) == key)
			resized(p, leg, o, old, ev->qty);
	if (ev->qty > old)
		paper_reach(
			p, leg, ev->ts_ns,
			&(struct paper_new){ .price = ev->price, .whole = ev->qty - old, .side = ev->side });
}

// One side of a quote: its price, and its size before and now where the price has not changed.
static void shown(struct paper *p, struct paper_leg *leg, uint8_t side, int64_t old_key, uint64_t old)
{
	int64_t key = paper_best(leg, side);
	uint64_t now = key == LEVELS_NO_PRICE ? 0 : paper_size(leg, side, book_key(side, key));

	for (struct paper_order *o = paper_first(p, leg, side); o; o = paper_order_at(p, o->next)) {
		if (key < paper_key(o))
			o->ahead = 0;
		else if (key == paper_key(o) && o->ahead == PAPER_NONE)
			o->ahead = now;
		else if (key == paper_key(o))
			resized(p, leg, o, key == old_key ? old : now, now);
	}
}

static void appeared(struct paper *p, struct paper_leg *leg, uint64_t ts_ns, uint8_t side, int64_t old_key,
		     uint64_t old)
{
	int64_t key = paper_best(leg, side);
	uint64_t now = key == LEVELS_NO_PRICE ? 0 : paper_size(leg, side, book_key(side, key));

	old = key == old_key ? old : 0;
	if (now > old)
		paper_reach(p, leg, ts_ns,
			    &(struct paper_new){
				    .price = book_key(side, key), .whole = now - old, .side = side });
}

void paper_level_quote(struct paper *p, struct paper_leg *leg, const struct event *ev)
{
	const struct touch *was = &leg->was;
	int64_t bid = touch_key(was, SIDE_BUY), ask = touch_key(was, SIDE_SELL);

	shown(p, leg, SIDE_BUY, bid, was->bid_size);
	shown(p, leg, SIDE_SELL, ask, was->ask_size);
	appeared(p, leg, ev->ts_ns, SIDE_BUY, bid, was->bid_size);
	appeared(p, leg, ev->ts_ns, SIDE_SELL, ask, was->ask_size);
}

// Orders at better prices than a trade's are served first, because the trade shows that nobody stands there
// any more; those at its price when it has gone past what stands before them.
static void trade(struct paper *p, struct paper_leg *leg, const struct event *ev, uint8_t side)
{
	struct paper_evidence by = { .ts_ns = ev->ts_ns, .match = ev->ref2, .print = true };
	int64_t key = book_key(side, ev->price);
	uint32_t got = 0;

	for (struct paper_order *o = paper_first(p, leg, side), *next; o && paper_key(o) >= key; o = next) {
		bool better = paper_key(o) > key;
		uint64_t before = better ? 0 : o->ahead;

		next = paper_order_at(p, o->next);
		if (o->unknown || before == PAPER_NONE)
			continue;
		uint64_t past = ev->qty - got > before ? ev->qty - got - before : 0;
		uint32_t qty = past < paper_leaves(o) ? (uint32_t)past : paper_leaves(o);

		o->ahead = before > ev->qty ? before - ev->qty : 0;
		o->traded += better ? 0 : ev->qty;
		if (!qty)
			continue;
		by.kind = better ? EVIDENCE_B : EVIDENCE_A;
		paper_report_fill(p, leg, o, o->limit, qty, &by);
		got += qty;
		paper_line_done(p, leg, o);
	}
}

void paper_level_trade(struct paper *p, struct paper_leg *leg, const struct event *ev)
{
	if (paper_never(ev) || !paper_open(p, leg))
		return;
	for (uint8_t side = SIDE_BUY; side <= SIDE_SELL; side++)
		if (!paper_size(leg, paper_opposite(side), ev->price)) // else it hit the other side
			trade(p, leg, ev, side);
}
