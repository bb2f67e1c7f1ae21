/* SPDX-License-Identifier: BSD-3-Clause */
// update.c: what one event does to one strand: orders, levels, quotes, prints, status.
#include "lcore/model/update.h"

#include "lcore/model/fact.h"
#include "lcore/model/pass.h"
#include "lcore/model/strand.h"
#include "lcore/model/print.h"

static void suspect(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	pass_before(e, strand, ts_ns);
	strand_good(e, strand, e->chan[strand->channel].suspect_gen - 1);
}

// A message that cannot be of the book as it is known: something was missed, or the venue is wrong. It is
// told as a loss where nothing explains it, such as a hole, or a stream joined in its middle.
static void contradicted(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	if (strand->clean_gen == e->chan[strand->channel].suspect_gen)
		LEDGER_INC(e->ledger, books_contradicted);
	suspect(e, strand, ts_ns);
}

// After levels of one side have changed, at key or worse: levels worse than the touch do not move it.
static inline void touched(struct engine *e, struct strand *strand, uint64_t ts_ns, uint8_t side, int64_t key)
{
	if (likely(key < touch_key(&strand->touch, side)))
		return;
	struct level best = levels_best(&e->levels, book_side(&strand->book, side));
	struct touch now = strand->touch;

	if (side == SIDE_BUY) {
		now.bid = best.price;
		now.bid_size = best.qty;
	} else {
		now.ask = best.qty ? -best.price : BOOK_NO_ASK;
		now.ask_size = best.qty;
	}
	if (touch_equal(&now, &strand->touch))
		return;
	pass_before(e, strand, ts_ns);
	strand_touch(e, strand, ts_ns, &now);
}

// Displayed size that left at the touch, executed or by cancellation (dom_hit_rate's two halves).
static void dom(struct engine *e, struct strand *strand, uint64_t ts_ns, uint32_t qty, bool executed)
{
	bool late;

	pass_before(e, strand, ts_ns);
	struct frag *f = strand_frag_for(e, strand, ts_ns, &late);

	if (!f)
		f = &strand->cur;
	f->touched |= FRAG_NEWS;
	if (executed)
		f->dom_executed += qty;
	else
		f->dom_cancelled += qty;
}

// Orders from before their instrument was cleared are gone; they are swept out as they are met.
static inline struct order *find_order(struct engine *e, uint64_t ref, uint8_t channel)
{
	struct order *o = orders_find(&e->orders, orders_key(ref, channel));

	if (likely(!o || o->gen == e->strand[o->strand].order_gen))
		return o;
	orders_remove(&e->orders, o);
	return NULL;
}

static inline void add_order(struct engine *e, struct strand *strand, const struct event *ev, uint64_t ref,
			     uint8_t side)
{
	bool dup;

	if (unlikely(ev->qty == 0))
		return;
	struct order *o = orders_add(&e->orders, orders_key(ref, ev->channel), &dup);

	if (unlikely(!o && dup) && !find_order(e, ref, ev->channel))
		o = orders_add(&e->orders, orders_key(ref, ev->channel), &dup);
	if (unlikely(!o)) {
		e->ledger->v[dup ? LEDGER_duplicate_orders : LEDGER_orders_no_room]++;
		if (dup)
			contradicted(e, strand, ev->ts_ns);
		else
			suspect(e, strand, ev->ts_ns);
		return;
	}
	o->price = ev->price;
	o->qty = ev->qty;
	o->side = side;
	o->strand = strand_index(e->strand, strand);
	o->gen = strand->order_gen;
	if (unlikely(!levels_add(&e->levels, book_side(&strand->book, side), book_key(side, ev->price),
				 ev->qty))) {
		LEDGER_INC(e->ledger, levels_no_room);
		suspect(e, strand, ev->ts_ns);
	}
}

// Takes qty off a resting order and its level; the order goes at 0.
static inline void reduce(struct engine *e, struct strand *strand, struct order *o, int64_t key, uint32_t qty,
			  uint64_t ts_ns)
{
	if (unlikely(qty > o->qty)) {
		LEDGER_INC(e->ledger, over_executed);
		contradicted(e, strand, ts_ns);
		qty = o->qty;
	}
	levels_take(&e->levels, book_side(&strand->book, o->side), key, qty);
	o->qty -= qty;
	if (o->qty == 0)
		orders_remove(&e->orders, o);
}

static uint8_t opposite(uint8_t side) { return side == SIDE_BUY ? SIDE_SELL : SIDE_BUY; }

// update_apply only jumps to what follows: what saves and restores registers once, not twice, is not inlined
// into it.
#define OUTLINE __attribute__((noinline))

static OUTLINE void add(struct engine *e, struct strand *strand, const struct event *ev)
{
	add_order(e, strand, ev, ev->ref, ev->side);
	touched(e, strand, ev->ts_ns, ev->side, book_key(ev->side, ev->price));
}

static OUTLINE void execute(struct engine *e, struct strand *strand, const struct event *ev)
{
	struct order *o = find_order(e, ev->ref, ev->channel);
	bool priced = ev->kind == EV_EXEC_PX;

	LEDGER_INC(e->ledger, prints);
	if (ev->flags & EVF_NONPRINT)
		LEDGER_INC(e->ledger, prints_nonprintable);
	if (!o) {
		LEDGER_INC(e->ledger, exec_unknown_order);
		contradicted(e, strand, ev->ts_ns);
		strand->doubt = true;
		if (!(ev->flags & EVF_NONPRINT))
			LEDGER_INC(e->ledger, prints_unknown_order);
		return;
	}
	uint8_t side = o->side;
	int64_t key = book_key(side, o->price);

	if (!(ev->flags & EVF_NONPRINT)) {
		pass_before(e, strand, ev->ts_ns);
		struct print_in in = { .price = priced ? ev->price : o->price,
				       .key = ev->ref2,
				       .ts_ns = ev->ts_ns,
				       .pos = ev->pos,
				       .qty = ev->qty,
				       .flags = ev->flags,
				       .side = opposite(side) };

		print_apply(e, strand, &in);
	}
	if (key == touch_key(&strand->touch, side))
		dom(e, strand, ev->ts_ns, ev->qty, true);
	reduce(e, strand, o, key, ev->qty, ev->ts_ns);
	touched(e, strand, ev->ts_ns, side, key);
}

static OUTLINE void cancel(struct engine *e, struct strand *strand, const struct event *ev)
{
	struct order *o = find_order(e, ev->ref, ev->channel);

	if (unlikely(!o)) {
		LEDGER_INC(e->ledger, unknown_orders);
		contradicted(e, strand, ev->ts_ns);
		strand->doubt = true;
		return;
	}
	uint32_t qty = ev->kind == EV_CANCEL ? ev->qty : o->qty;
	uint8_t side = o->side;
	int64_t key = book_key(side, o->price); // the better one of those that change

	if (unlikely(key == touch_key(&strand->touch, side)))
		dom(e, strand, ev->ts_ns, qty < o->qty ? qty : o->qty, false);
	reduce(e, strand, o, key, qty, ev->ts_ns);
	if (ev->kind == EV_REPLACE) {
		int64_t now = book_key(side, ev->price);

		add_order(e, strand, ev, ev->ref2, side);
		key = now > key ? now : key;
	}
	touched(e, strand, ev->ts_ns, side, key);
}

// After a completed update of levels.
static void completed(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	struct touch now = book_touch(&e->levels, &strand->book);

	if (touch_equal(&now, &strand->touch))
		return;
	pass_before(e, strand, ts_ns);
	strand_touch(e, strand, ts_ns, &now);
}

static OUTLINE void level(struct engine *e, struct strand *strand, const struct event *ev)
{
	if (!levels_set(&e->levels, book_side(&strand->book, ev->side), book_key(ev->side, ev->price),
			ev->qty)) {
		LEDGER_INC(e->ledger, levels_no_room);
		suspect(e, strand, ev->ts_ns);
	}
	if (!(ev->flags & EVF_PARTIAL))
		completed(e, strand, ev->ts_ns);
}

static OUTLINE void quote(struct engine *e, struct strand *strand, const struct event *ev)
{
	if (!book_quote(&e->levels, &strand->book, ev->price, ev->qty, ev->price2, ev->qty2))
		LEDGER_INC(e->ledger, levels_no_room);
	if (strand->clean_gen != e->chan[strand->channel].suspect_gen) {
		pass_before(e, strand, ev->ts_ns);
		strand_good(e, strand, e->chan[strand->channel].suspect_gen);
	}
	completed(e, strand, ev->ts_ns);
}

static OUTLINE void trade(struct engine *e, struct strand *strand, const struct event *ev)
{
	struct print_in in = { .price = ev->price,
			       .key = ev->ref2,
			       .ts_ns = ev->ts_ns,
			       .pos = ev->pos,
			       .qty = ev->qty,
			       .flags = ev->flags,
			       .side = ev->side };

	LEDGER_INC(e->ledger, prints);
	if (ev->flags & EVF_NONPRINT) {
		LEDGER_INC(e->ledger, prints_nonprintable);
		return;
	}
	pass_before(e, strand, ev->ts_ns);
	print_apply(e, strand, &in);
}

static OUTLINE void status(struct engine *e, struct strand *strand, const struct event *ev)
{
	bool was = strand_halted(strand);

	pass_before(e, strand, ev->ts_ns);
	strand_letter(strand, ev->detail);
	if (ev->ref)
		strand->op_halted = ev->side == STATUS_HALTED;
	else
		strand->status = ev->side;
	if (!was && strand_halted(strand))
		LEDGER_INC(e->ledger, halts);
	fact_take(e, ev);
	if (was || strand_halted(strand)) {
		strand->cur.flags |= BAR_HALTED;
		strand_news(e, strand);
	}
	if (e->tables)
		tables_quote_status(e->tables, strand_index(e->strand, strand),
				    strand->op_halted ? STATUS_HALTED : strand->status,
				    strand->clean_gen != e->chan[strand->channel].suspect_gen);
}

static OUTLINE void clear(struct engine *e, struct strand *strand, const struct event *ev)
{
	pass_before(e, strand, ev->ts_ns);
	strand_letter(strand, ev->detail);
	strand->order_gen++;
	strand_empty(e, strand, ev->ts_ns, e->chan[strand->channel].suspect_gen);
}

void update_apply(struct engine *e, struct strand *strand, const struct event *ev)
{
	switch (ev->kind) {
	case EV_ADD: add(e, strand, ev); break;
	case EV_EXEC:
	case EV_EXEC_PX: execute(e, strand, ev); break;
	case EV_CANCEL:
	case EV_DELETE:
	case EV_REPLACE: cancel(e, strand, ev); break;
	case EV_LEVEL: level(e, strand, ev); break;
	case EV_QUOTE: quote(e, strand, ev); break;
	case EV_TRADE:
	case EV_CROSS: trade(e, strand, ev); break;
	case EV_STATUS: status(e, strand, ev); break;
	case EV_SYMBOL_CLEAR: clear(e, strand, ev); break;
	default: break;
	}
}
