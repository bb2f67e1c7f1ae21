/* SPDX-License-Identifier: BSD-3-Clause */
// position.h: positions and what they have earned, from fills in the order in which they are known. A
// position is a signed quantity and its total cost, both exact integers; a reduction takes its share of the
// cost, half to even, and the rest stays, so that a round trip adds up to the last millionth of a dollar. The
// fills of a position are kept until it is flat: a break replays them without the broken one. Realized is
// gross, fees are apart. Amounts and prices are 1e-6 dollar, quantities shares. Pure; one owner; caller owns
// the memory.
//
// The position is always the sum of the fills that were not broken, and of what the operator adopted. A break
// that comes when its position is flat again books the opposite of its fill at the same price: the total of
// money is the same, and the round trip that was reported stays as it was.
#ifndef WB_TRADE_POSITION_H
#define WB_TRADE_POSITION_H

#include "lcore/trade/fee.h"

// A fill, or the part of one that opened a position or reduced it to nothing.
struct position_fill {
	uint64_t ts_ns, order_id, fill_id;
	int64_t price, fee;
	uint32_t qty;
	uint32_t rest; // shares of it that are still open, first in, first out
	uint32_t next; // in the list that it is in
	uint8_t side, venue, source;
	uint8_t gate; // whose order it was; UINT8_MAX: none's
	char liquidity;
};

// A round trip: from flat to flat, or through zero. A row of positions.csv.
struct position_trip {
	uint64_t position_id, symbol, opened_ns, closed_ns;
	int64_t peak_qty;            // the largest quantity, unsigned
	int64_t avg_open, avg_close; // of all that opened or added, and of all that reduced
	int64_t realized, fees, net;
	int64_t max_adverse, max_favourable; // the lowest and highest of realized and unrealized: <= 0, >= 0
	uint32_t instr;
	uint8_t entry_side;  // enum ev_side
	uint8_t exit_source; // enum trade_source of the fill that closed it
	uint8_t entry_gate;  // whose fill opened it; UINT8_MAX: none's
};

struct position {
	uint64_t id; // counts from 1 over all instruments; 0: flat
	uint64_t symbol, opened_ns;
	int64_t qty;  // signed
	int64_t cost; // of the whole quantity, never below 0
	int64_t realized, fees;
	int64_t unrealized; // at the side where it could be closed: the bid when long
	int64_t bid, ask;   // the last that were seen; 0: none yet
	int64_t peak_qty;
	int64_t open_qty, close_qty;
	__int128 open_notional, close_notional;
	int64_t max_adverse, max_favourable;
	uint32_t first, last; // of its fills
	uint8_t gate;         // whose fill opened it; UINT8_MAX: none's
	bool stale;           // the quote in use is not of now, or there was none at all
	bool whole;           // all its fills are kept
};

// What one report did.
struct position_effect {
	int64_t qty;      // the position after it, signed
	int64_t realized; // by it, gross
	int64_t fee;      // positive when paid
	bool forgotten;   // BREAK: of a fill that is no longer kept
};

struct position_conf {
	uint32_t instruments;
	uint32_t fills;  // kept of all open positions together
	uint32_t orders; // of venues with a minimum an order
	bool fifo;       // a report option: a reduction takes the cost of the oldest shares
	const struct fee_schedule *schedule; // NULL: no fees
};

// Totals over all instruments. A row of equity.csv: gross is realized and unrealized, net is gross less fees.
struct position_equity {
	int64_t realized, unrealized, fees, gross, net;
	int64_t exposure; // of all positions, long and short together, at what they could be closed at
	uint32_t n_stale; // open positions whose quote is not of now
};

// What of a position outlives the process, and of all of them.
struct position_kept {
	uint64_t symbol, id, opened_ns;
	int64_t qty, cost, realized, fees;
	int64_t bid, ask;
};
struct position_sums {
	int64_t realized, paid, day_base;
	uint64_t last_id;
	int64_t day;
};

struct position_book {
	struct position *position; // [instruments]
	struct position_fill *fill;
	uint32_t instruments, n_fills, free; // first free fill
	bool fifo;
	struct fees fees;
	uint64_t last_id;
	int64_t realized, unrealized, paid;
	int32_t day; // New York date, in days since 1970
	int64_t day_base;
	uint64_t fills_forgotten; // fills of open positions that there was no room to keep
	uint64_t breaks_late;     // breaks of fills that were not kept
	void (*trip)(void *ctx, const struct position_trip *trip);
	void *ctx;
};

// position_bytes returns the memory that position_init wants. Boot only.
size_t position_bytes(const struct position_conf *conf);
// position_init lays an empty book into mem (zeroed, position_bytes long, 64-byte aligned). trip is called
// for each round trip when it ends, from within the calls below; NULL: nobody wants them. Boot only.
void position_init(struct position_book *b, const struct position_conf *conf,
		   void (*trip)(void *ctx, const struct position_trip *trip), void *ctx, void *mem);
// position_apply books a report of the instrument at (of [instruments]) and returns what it did. Reports
// other than FILL and BREAK do nothing. Assumes reports in the order in which they are known. Its owner only.
struct position_effect position_apply(struct position_book *b, uint32_t at, const struct trade_report *r);
// position_correct books a correction: the break of a fill, then the fill as it should have been. Its owner
// only.
struct position_effect position_correct(struct position_book *b, uint32_t at, const struct trade_report *was,
					const struct trade_report *is);
// position_mark takes a quote: 0 for a side that is not there, fresh when it is of now. Where the side that
// is needed is missing the last one stays, flagged. Its owner only.
void position_mark(struct position_book *b, uint32_t at, int64_t bid, int64_t ask, bool fresh);
// position_open_trip fills t with what an open position would be as a round trip: closed_ns is 0. Returns
// false where the instrument is flat. Its owner only.
bool position_open_trip(const struct position_book *b, uint32_t at, struct position_trip *t);
// position_unrealized returns what closing would realize at these prices. Any thread.
int64_t position_unrealized(const struct position *p, int64_t bid, int64_t ask);
// position_keep says what is to outlive the process of an instrument that was booked last. Its owner only.
void position_keep(const struct position_book *b, uint32_t at, struct position_kept *p,
		   struct position_sums *s);
// position_go_on begins with what an earlier process has kept: the day and its result, and n positions at
// their last quotes, whose places are not known yet. Assumes an empty book. position_restore gives one of
// these its place; its fills are not kept, so a break of one books the opposite. Assumes that the place is
// flat. Its owner only.
void position_go_on(struct position_book *b, const struct position_sums *s, const struct position_kept *p,
		    uint32_t n);
void position_restore(struct position_book *b, uint32_t at, const struct position_kept *p);
// position_roll begins a New York date (days since 1970): the day's result starts at the marks of now, and
// positions keep their cost. Its owner only.
void position_roll(struct position_book *b, int32_t day);
// position_day_net returns realized and unrealized less fees since the roll. Any thread that may read b.
int64_t position_day_net(const struct position_book *b);
// position_equity_of returns the totals. Walks all positions. Its owner only.
struct position_equity position_equity_of(const struct position_book *b);

#endif
