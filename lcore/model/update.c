/* SPDX-License-Identifier: BSD-3-Clause */
// update.c: what one event does to one leg: orders, levels, quotes, prints, status.
#include "lcore/model/update.h"

#include "lcore/model/fact.h"
#include "lcore/model/leg.h"
#include "lcore/model/print.h"

static void suspect(struct engine *e, struct leg *leg)
{
	leg->clean_gen = e->chan[leg->channel].suspect_gen - 1;
}

// After levels of one side have changed, at key or worse: levels worse than the touch do not move it.
static inline void touched(struct engine *e, struct leg *leg, uint64_t ts_ns, uint8_t side, int64_t key)
{
	if (likely(key < touch_key(&leg->touch, side)))
		return;
	struct level best = levels_best(&e->levels, book_side(&leg->book, side));
	struct touch now = leg->touch;

	if (side == SIDE_BUY) {
		now.bid = best.price;
		now.bid_size = best.qty;
	} else {
		now.ask = best.qty ? -best.price : BOOK_NO_ASK;
		now.ask_size = best.qty;
	}
	if (!touch_equal(&now, &leg->touch))
		leg_touch(e, leg, ts_ns, &now);
}

// Displayed size that left at the touch, executed or by cancellation (dom_hit_rate's two halves).
static void dom(struct engine *e, struct leg *leg, uint64_t ts_ns, uint32_t qty, bool executed)
{
	bool late;
	struct frag *f = leg_frag_for(e, leg, ts_ns, &late);

	if (!f)
		f = &leg->cur;
	f->touched = 1;
	if (executed)
		f->dom_executed += qty;
	else
		f->dom_cancelled += qty;
}

// Orders from before their instrument was cleared are gone; they are swept out as they are met.
static inline struct order *find_order(struct engine *e, uint64_t ref, uint8_t channel)
{
	struct order *o = orders_find(&e->orders, orders_key(ref, channel));

	if (likely(!o || o->gen == e->leg[o->leg].order_gen))
		return o;
	orders_remove(&e->orders, o);
	return NULL;
}

static inline void add_order(struct engine *e, struct leg *leg, const struct event *ev, uint64_t ref, uint8_t side)
{
	bool dup;

	if (unlikely(ev->qty == 0))
		return;
	struct order *o = orders_add(&e->orders, orders_key(ref, ev->channel), &dup);

	if (unlikely(!o && dup) && !find_order(e, ref, ev->channel))
		o = orders_add(&e->orders, orders_key(ref, ev->channel), &dup);
	if (unlikely(!o)) {
		e->ledger->v[dup ? LEDGER_duplicate_orders : LEDGER_orders_no_room]++;
		suspect(e, leg);
		return;
	}
	o->price = ev->price;
	o->qty = ev->qty;
	o->side = side;
	o->leg = leg_index(e, leg);
	o->gen = leg->order_gen;
	if (unlikely(!levels_add(&e->levels, book_side(&leg->book, side), book_key(side, ev->price), ev->qty))) {
		LEDGER_INC(e->ledger, levels_no_room);
		suspect(e, leg);
	}
}

// Takes qty off a resting order and its level; the order goes at 0.
static inline void reduce(struct engine *e, struct leg *leg, struct order *o, int64_t key, uint32_t qty)
{
	if (unlikely(qty > o->qty)) {
		LEDGER_INC(e->ledger, over_executed);
		suspect(e, leg);
		qty = o->qty;
	}
	levels_take(&e->levels, book_side(&leg->book, o->side), key, qty);
	o->qty -= qty;
	if (o->qty == 0)
		orders_remove(&e->orders, o);
}

static uint8_t opposite(uint8_t side) { return side == SIDE_BUY ? SIDE_SELL : SIDE_BUY; }

static void execute(struct engine *e, struct leg *leg, const struct event *ev)
{
	struct order *o = find_order(e, ev->ref, ev->channel);
	bool priced = ev->kind == EV_EXEC_PX;

	LEDGER_INC(e->ledger, prints);
	if (ev->flags & EVF_NONPRINT)
		LEDGER_INC(e->ledger, prints_nonprintable);
	if (!o) {
		LEDGER_INC(e->ledger, exec_unknown_order);
		suspect(e, leg);
		if (!(ev->flags & EVF_NONPRINT))
			LEDGER_INC(e->ledger, prints_unknown_order);
		return;
	}
	uint8_t side = o->side;
	int64_t key = book_key(side, o->price);

	if (!(ev->flags & EVF_NONPRINT)) {
		struct print_in in = { .price = priced ? ev->price : o->price, .key = ev->ref2, .ts_ns = ev->ts_ns,
				       .pos = ev->pos, .qty = ev->qty, .flags = ev->flags, .side = opposite(side) };

		print_apply(e, leg, &in);
	}
	if (key == touch_key(&leg->touch, side))
		dom(e, leg, ev->ts_ns, ev->qty, true);
	reduce(e, leg, o, key, ev->qty);
	touched(e, leg, ev->ts_ns, side, key);
}

static inline void cancel(struct engine *e, struct leg *leg, const struct event *ev)
{
	struct order *o = find_order(e, ev->ref, ev->channel);

	if (unlikely(!o)) {
		LEDGER_INC(e->ledger, unknown_orders);
		suspect(e, leg);
		return;
	}
	uint32_t qty = ev->kind == EV_CANCEL ? ev->qty : o->qty;
	uint8_t side = o->side;
	int64_t key = book_key(side, o->price); // the better one of those that change

	if (unlikely(key == touch_key(&leg->touch, side)))
		dom(e, leg, ev->ts_ns, qty < o->qty ? qty : o->qty, false);
	reduce(e, leg, o, key, qty);
	if (ev->kind == EV_REPLACE) {
		int64_t now = book_key(side, ev->price);

		add_order(e, leg, ev, ev->ref2, side);
		key = now > key ? now : key;
	}
	touched(e, leg, ev->ts_ns, side, key);
}

static void level(struct engine *e, struct leg *leg, const struct event *ev)
{
	if (!levels_set(&e->levels, book_side(&leg->book, ev->side), book_key(ev->side, ev->price), ev->qty)) {
		LEDGER_INC(e->ledger, levels_no_room);
		suspect(e, leg);
	}
	if (!(ev->flags & EVF_PARTIAL))
		leg_touched(e, leg, ev->ts_ns);
}

static void quote(struct engine *e, struct leg *leg, const struct event *ev)
{
	if (!book_quote(&e->levels, &leg->book, ev->price, ev->qty, ev->price2, ev->qty2))
		LEDGER_INC(e->ledger, levels_no_room);
	leg->clean_gen = e->chan[leg->channel].suspect_gen;
	leg_touched(e, leg, ev->ts_ns);
}

static void trade(struct engine *e, struct leg *leg, const struct event *ev)
{
	struct print_in in = { .price = ev->price, .key = ev->ref2, .ts_ns = ev->ts_ns, .pos = ev->pos, .qty = ev->qty,
			       .flags = ev->flags, .side = ev->side };

	LEDGER_INC(e->ledger, prints);
	if (ev->flags & EVF_NONPRINT) {
		LEDGER_INC(e->ledger, prints_nonprintable);
		return;
	}
	print_apply(e, leg, &in);
}

static void status(struct engine *e, struct leg *leg, const struct event *ev)
{
	bool was = leg_halted(leg);

	if (ev->ref)
		leg->op_halted = ev->side == STATUS_HALTED;
	else
		leg->status = ev->side;
	if (!was && leg_halted(leg))
		LEDGER_INC(e->ledger, halts);
	fact_take(e, ev);
	if (was || leg_halted(leg)) {
		leg->cur.flags |= BAR_HALTED;
		leg->cur.touched = 1;
	}
	if (e->tables)
		tables_quote_status(e->tables, leg_index(e, leg), leg->op_halted ? STATUS_HALTED : leg->status,
				    leg->clean_gen != e->chan[leg->channel].suspect_gen);
}

void update_apply(struct engine *e, struct leg *leg, const struct event *ev)
{
	switch (ev->kind) {
	case EV_ADD:
		add_order(e, leg, ev, ev->ref, ev->side);
		touched(e, leg, ev->ts_ns, ev->side, book_key(ev->side, ev->price));
		break;
	case EV_EXEC:
	case EV_EXEC_PX:
		execute(e, leg, ev);
		break;
	case EV_CANCEL:
	case EV_DELETE:
	case EV_REPLACE:
		cancel(e, leg, ev);
		break;
	case EV_LEVEL:
		level(e, leg, ev);
		break;
	case EV_QUOTE:
		quote(e, leg, ev);
		break;
	case EV_TRADE:
	case EV_CROSS:
		trade(e, leg, ev);
		break;
	case EV_STATUS:
		status(e, leg, ev);
		break;
	case EV_SYMBOL_CLEAR:
		leg->order_gen++;
		leg_empty(e, leg, ev->ts_ns, e->chan[leg->channel].suspect_gen);
		break;
	default:
		break;
	}
}
