/* SPDX-License-Identifier: BSD-3-Clause */
// paper_parts.h: between the files of the paper exchange (paper.h). The lcore that keeps the books.
#ifndef WB_TRADE_PAPER_PARTS_H
#define WB_TRADE_PAPER_PARTS_H

#include "lcore/trade/paper.h"

static inline uint8_t paper_opposite(uint8_t side) { return side == SIDE_BUY ? SIDE_SELL : SIDE_BUY; }

// paper_order_at returns the order of an index + 1, or NULL.
static inline struct paper_order *paper_order_at(const struct paper *p, uint32_t index)
{
	return index ? &p->order[index - 1] : NULL;
}

static inline struct paper_order *paper_first(const struct paper *p, const struct paper_leg *leg,
					      uint8_t side)
{
	return paper_order_at(p, leg->line[book_index(side)]);
}

static inline uint32_t paper_leaves(const struct paper_order *o) { return o->total - o->filled; }
static inline int64_t paper_key(const struct paper_order *o) { return book_key(o->side, o->limit); }

// paper_size returns the displayed shares at a price of a side.
static inline uint64_t paper_size(const struct paper_leg *leg, uint8_t side, int64_t price)
{
	if (!leg->book)
		return 0;
	return levels_size(leg->levels, &leg->book->side[book_index(side)], book_key(side, price));
}

// paper_best returns the key of the best displayed price of a side; LEVELS_NO_PRICE: there is none.
static inline int64_t paper_best(const struct paper_leg *leg, uint8_t side)
{
	return leg->book ? levels_best(leg->levels, &leg->book->side[book_index(side)]).price
			 : LEVELS_NO_PRICE;
}

// paper_suspect returns true if the leg's book is not to be trusted until its channel restarts; paper_open
// returns true if messages of the leg are evidence, and arriving orders take.
static inline bool paper_suspect(const struct paper *p, const struct paper_leg *leg)
{
	return leg->doubt || p->channel[leg->channel].doubt;
}

static inline bool paper_open(const struct paper *p, const struct paper_leg *leg)
{
	return !leg->halted && !leg->op_halted && !leg->still && !paper_suspect(p, leg);
}

// paper_line.c: paper_line_take returns an order that nobody uses, zeroed; NULL: no room. paper_line_join
// puts it into the line of its side, last at its price; paper_line_leave takes it out. paper_line_give frees
// it. paper_line_find returns the leg's order of an id, or NULL.
struct paper_order *paper_line_take(struct paper *p);
void paper_line_join(struct paper *p, struct paper_leg *leg, struct paper_order *o);
void paper_line_leave(struct paper *p, struct paper_leg *leg, struct paper_order *o);
void paper_line_give(struct paper *p, struct paper_order *o);
struct paper_order *paper_line_find(const struct paper *p, const struct paper_leg *leg, uint64_t id);

// paper_line_done takes an order that is executed wholly out of its line and frees it; others stay.
void paper_line_done(struct paper *p, struct paper_leg *leg, struct paper_order *o);
// paper_line_forget makes the places of all orders of the leg unknown.
void paper_line_forget(struct paper *p, struct paper_leg *leg);

// paper_report.c: paper_report sends a report of the order as it is. paper_report_end ends the order first,
// as the kind says. paper_report_fill executes qty shares of it.
void paper_report(struct paper *p, const struct paper_leg *leg, struct paper_order *o, enum report_kind kind,
		  uint64_t ts_ns, char reason, enum paper_reason why);
void paper_report_end(struct paper *p, const struct paper_leg *leg, struct paper_order *o,
		      enum report_kind kind, uint64_t ts_ns, char reason, enum paper_reason why);
// What shows a fill.
struct paper_evidence {
	uint64_t ts_ns, match;
	bool print;   // match is the number of a print, which may be broken
	uint8_t kind; // enum trade_evidence
};
void paper_report_fill(struct paper *p, const struct paper_leg *leg, struct paper_order *o, int64_t price,
		       uint32_t qty, const struct paper_evidence *by);
// paper_report_broken counts a fill that real shares stood before.
void paper_report_broken(struct paper *p, const struct paper_leg *leg, const struct paper_order *o);

// paper_behind.c: paper_behind_join notes that ref newly rests at a price of a side. paper_behind_gone notes
// that it does no more. paper_behind_find returns what is known of it; NULL: it rests from before all orders
// of ours at its price. paper_behind_clear forgets all references of the leg.
void paper_behind_join(struct paper *p, struct paper_leg *leg, uint64_t ref, uint8_t side, int64_t price);
void paper_behind_gone(struct paper *p, struct paper_leg *leg, uint64_t ref, uint8_t side, int64_t price);
const struct paper_ref *paper_behind_find(const struct paper *p, struct paper_leg *leg, uint64_t ref);
void paper_behind_clear(struct paper *p, struct paper_leg *leg);

// paper_behind_is returns true if a reference came after the order; paper_behind_kept if the order remembers
// it.
static inline bool paper_behind_is(const struct paper_ref *r, const struct paper_order *o)
{
	return r ? r->seq > o->seq : o->lost;
}
static inline bool paper_behind_kept(const struct paper_ref *r, const struct paper_order *o)
{
	return r && r->seq > o->seq && r->from <= o->seq && o->seq <= r->to;
}

// paper_take.c: paper_take_taken returns what of ours took at a level; paper_take_add adds to it and returns
// false when there is no room to remember it (then nothing must be taken). paper_take_cap caps it at a
// level's size, paper_take_caps all levels of the leg at theirs.
uint64_t paper_take_taken(const struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price);
bool paper_take_add(struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price, uint64_t qty);
void paper_take_cap(struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price, uint64_t size);
void paper_take_caps(struct paper *p, struct paper_leg *leg);
void paper_take_clear(struct paper *p, struct paper_leg *leg);
// paper_take walks the other side's displayed levels that an arriving order reaches. Returns the shares that
// it got; *self: it met an order of ours.
uint32_t paper_take(struct paper *p, struct paper_leg *leg, struct paper_order *o, uint64_t ts_ns,
		    bool *self);

// paper_reach.c: whole shares of the other side newly stand at a price. For orders of ours that old_price had
// reached already (had: there is one) it is growth only.
struct paper_new {
	int64_t price, old_price;
	uint64_t whole, growth;
	bool had;
	uint8_t side; // where they stand
};
void paper_reach(struct paper *p, struct paper_leg *leg, uint64_t ts_ns, const struct paper_new *n);

// paper_rest.c, paper_level.c: what an event of the leg does to its resting orders. paper_level_quote looks
// when the book has taken the quote.
void paper_rest(struct paper *p, struct paper_leg *leg, const struct event *ev, const struct order *named);
void paper_level(struct paper *p, struct paper_leg *leg, const struct event *ev);
void paper_level_quote(struct paper *p, struct paper_leg *leg, const struct event *ev);
void paper_level_trade(struct paper *p, struct paper_leg *leg, const struct event *ev);

// paper_never returns true for prints that are never evidence: crosses, those that are not printable, late
// ones.
static inline bool paper_never(const struct event *ev)
{
	return ev->kind == EV_CROSS || ev->flags & (EVF_NONPRINT | EVF_AUCTION | EVF_HL_ONLY);
}

// paper_request.c: paper_request lets a request arrive. paper_request_due lets arrive what waits and is
// before ts_ns. paper_request_close ends all orders of the leg at its venue's close. paper_request_rest says
// of what still waits that the data ended.
void paper_request(struct paper *p, struct paper_leg *leg, const struct trade_request *r);
void paper_request_due(struct paper *p, struct paper_leg *leg, uint64_t ts_ns);
void paper_request_close(struct paper *p, struct paper_leg *leg, uint64_t ts_ns);
void paper_request_rest(struct paper *p, struct paper_leg *leg);

#endif
