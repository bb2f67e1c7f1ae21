/* SPDX-License-Identifier: BSD-3-Clause */
// paper_rest.c: what an event of an order-level book does to the orders of ours that rest there.
#include "lcore/trade/paper_parts.h"

// The shares of one execution are one budget for the whole side: orders at better prices first, then those at
// its price that it stood behind.
static void serve(struct paper *p, struct paper_leg *leg, const struct event *ev, const struct order *named,
		  uint32_t qty, const struct paper_ref *ref)
{
	struct paper_evidence by = { .ts_ns = ev->ts_ns, .match = ev->ref2, .print = true };
	int64_t key = book_key(named->side, named->price);
	struct paper_order *o = paper_first(p, leg, named->side), *next;

	for (; o && qty && paper_key(o) >= key; o = next) {
		bool better = paper_key(o) > key;

		next = paper_order_at(p, o->next);
		if (o->unknown || (!better && !paper_behind_kept(ref, o)))
			continue;
		uint32_t part = qty < paper_leaves(o) ? qty : paper_leaves(o);

		by.kind = better ? EVIDENCE_B : EVIDENCE_A;
		paper_report_broken(p, leg, o);
		paper_report_fill(p, leg, o, o->limit, part, &by);
		qty -= part;
		paper_line_done(p, leg, o);
	}
}

// Shares have left at a price: those that stood before an order of ours bring it forward.
static void left(struct paper *p, struct paper_leg *leg, const struct order *named, uint32_t qty,
		 const struct paper_ref *ref)
{
	int64_t key = book_key(named->side, named->price);

	for (struct paper_order *o = paper_first(p, leg, named->side); o && paper_key(o) >= key;
	     o = paper_order_at(p, o->next))
		if (paper_key(o) == key && !paper_behind_is(ref, o))
			o->ahead -= qty < o->ahead ? qty : o->ahead;
}

static void reduced(struct paper *p, struct paper_leg *leg, const struct event *ev, const struct order *named)
{
	bool executed = ev->kind == EV_EXEC || ev->kind == EV_EXEC_PX;
	uint32_t qty = ev->kind == EV_DELETE || ev->qty > named->qty ? named->qty : ev->qty;
	const struct paper_ref *ref = paper_behind_find(p, leg, ev->ref);

	if (executed && !paper_never(ev) && paper_open(p, leg))
		serve(p, leg, ev, named, qty, ref);
	left(p, leg, named, qty, ref);
	if (qty == named->qty)
		paper_behind_gone(p, leg, ev->ref, named->side, named->price);
}

// A size changes in place: fewer shares are a cancel, more of an order before ours stand before ours.
static void resized(struct paper *p, struct paper_leg *leg, const struct event *ev, const struct order *named)
{
	const struct paper_ref *ref = paper_behind_find(p, leg, ev->ref);
	uint32_t more = ev->qty - named->qty;
	const struct paper_new stands = { ev->price, ev->price, ev->qty, more, true, named->side };
	int64_t key = book_key(named->side, named->price);

	if (ev->qty <= named->qty) {
		left(p, leg, named, named->qty - ev->qty, ref);
		if (!ev->qty)
			paper_behind_gone(p, leg, ev->ref, named->side, named->price);
		return;
	}
	for (struct paper_order *o = paper_first(p, leg, named->side); o && paper_key(o) >= key;
	     o = paper_order_at(p, o->next))
		if (paper_key(o) == key && !paper_behind_is(ref, o))
			o->ahead += more;
	paper_reach(p, leg, ev->ts_ns, &stands);
}

// A removal and then an add: a level that it empties in between has nothing taken.
static void replaced(struct paper *p, struct paper_leg *leg, const struct event *ev,
		     const struct order *named)
{
	uint64_t size = leg->taken ? paper_size(leg, named->side, named->price) : 0;
	struct paper_new stands = { ev->price, named->price, ev->qty, 0, true, named->side };

	stands.growth = ev->qty > named->qty ? ev->qty - named->qty : 0;
	left(p, leg, named, named->qty, paper_behind_find(p, leg, ev->ref));
	paper_behind_gone(p, leg, ev->ref, named->side, named->price);
	if (leg->taken)
		paper_take_cap(p, leg, named->side, named->price, size > named->qty ? size - named->qty : 0);
	if (!ev->qty)
		return;
	paper_behind_join(p, leg, ev->ref2, named->side, ev->price);
	paper_reach(p, leg, ev->ts_ns, &stands);
}

static void added(struct paper *p, struct paper_leg *leg, const struct event *ev)
{
	const struct paper_new stands = { ev->price, 0, ev->qty, ev->qty, false, ev->side };

	if (!ev->qty)
		return;
	if (ev->detail) { // told by a refresh: it may stand before or behind ours
		paper_line_forget(p, leg);
		return;
	}
	paper_behind_join(p, leg, ev->ref, ev->side, ev->price);
	paper_reach(p, leg, ev->ts_ns, &stands);
}

// A print without a displayed order, through the prices of ours; it names no aggressor, so both sides look.
static void hidden(struct paper *p, struct paper_leg *leg, const struct event *ev)
{
	const struct paper_evidence by = { ev->ts_ns, ev->ref2, true, EVIDENCE_D };
	enum paper_hidden how = p->conf.hidden[leg->venue];

	if (how == PAPER_NEVER || paper_never(ev) || !paper_open(p, leg))
		return;
	for (uint8_t side = SIDE_BUY; side <= SIDE_SELL; side++) {
		int64_t key = book_key(side, ev->price) + (how == PAPER_THROUGH);
		uint32_t qty = ev->qty;

		for (struct paper_order *o = paper_first(p, leg, side), *next;
		     o && qty && paper_key(o) >= key; o = next) {
			uint32_t part = qty < paper_leaves(o) ? qty : paper_leaves(o);

			next = paper_order_at(p, o->next);
			if (o->unknown)
				continue;
			paper_report_broken(p, leg, o);
			paper_report_fill(p, leg, o, o->limit, part, &by);
			qty -= part;
			paper_line_done(p, leg, o);
		}
	}
}

void paper_rest(struct paper *p, struct paper_leg *leg, const struct event *ev, const struct order *named)
{
	switch (ev->kind) {
	case EV_ADD: added(p, leg, ev); return;
	case EV_TRADE:
	case EV_CROSS: hidden(p, leg, ev); return;
	default: break;
	}
	if (!named) {
		leg->doubt = true;
		paper_line_forget(p, leg);
	} else if (ev->kind != EV_REPLACE) {
		reduced(p, leg, ev, named);
	} else if (ev->detail && ev->price == named->price) {
		resized(p, leg, ev, named);
	} else {
		replaced(p, leg, ev, named);
	}
}
