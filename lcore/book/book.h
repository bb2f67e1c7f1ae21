/* SPDX-License-Identifier: BSD-3-Clause */
// book.h: one venue's order book of one instrument: two sides of levels, or a quote only. Order-level feeds
// find price and size of an order in orders.h; the book itself is aggregated by level. One writer, the
// strand's lcore.
#ifndef WB_MODEL_BOOK_H
#define WB_MODEL_BOOK_H

#include <string.h>

#include "lcore/base/event.h"
#include "lcore/book/levels.h"

// Best bid and ask. An empty side is BOOK_NO_BID or BOOK_NO_ASK (minus and plus infinity) with size 0.
struct touch {
	int64_t bid, ask; // in this order: touch_key
	uint64_t bid_size, ask_size;
};

#define BOOK_NO_BID LEVELS_NO_PRICE
#define BOOK_NO_ASK INT64_MAX

// w, r: the lcore of its strand.
struct book {
	struct levels side[2]; // bid, ask: by book_index
};

// book_index returns a side's index in arrays. Without a branch: the next side is as unpredictable as a coin.
static inline uint32_t book_index(uint8_t side) { return side != SIDE_BUY; }

static inline struct levels *book_side(struct book *book, uint8_t side)
{
	return &book->side[book_index(side)];
}

// book_key turns a price into the key that sorts best last on its side, and a key back into the price.
static inline int64_t book_key(uint8_t side, int64_t price)
{
	uint64_t negated = -(uint64_t)book_index(side);

	return (int64_t)(((uint64_t)price ^ negated) - negated);
}

// book_open gives a zeroed book its part of the arena. number: the strand's index.
static inline void book_open(struct book *book, uint32_t number)
{
	levels_open(&book->side[0], number * 2);
	levels_open(&book->side[1], number * 2 + 1);
}

// book_touch returns the best level of both sides.
static inline struct touch book_touch(const struct levels_arena *arena, const struct book *book)
{
	struct level bid = levels_best(arena, &book->side[0]), ask = levels_best(arena, &book->side[1]);

	return (struct touch){ bid.price, ask.qty ? -ask.price : BOOK_NO_ASK, bid.qty, ask.qty };
}

// book_quote replaces the book by one level a side (size 0: empty). False: no room, a level may be lost.
bool book_quote(struct levels_arena *arena, struct book *book, int64_t bid, uint64_t bid_size, int64_t ask,
		uint64_t ask_size);
// book_depth copies up to n levels of a side, best first, with true prices. Returns how many.
uint32_t book_depth(const struct levels_arena *arena, const struct book *book, uint8_t side,
		    struct level *out, uint32_t n);
// book_clear empties both sides.
void book_clear(struct levels_arena *arena, struct book *book);

// touch_key returns the key of the best price of a side.
static inline int64_t touch_key(const struct touch *t, uint8_t side)
{
	int64_t price; // the ask follows the bid

	memcpy(&price, (const char *)t + book_index(side) * sizeof price, sizeof price);
	return book_key(side, price);
}

// touch_empty returns the touch of an empty book.
static inline struct touch touch_empty(void) { return (struct touch){ BOOK_NO_BID, BOOK_NO_ASK, 0, 0 }; }
static inline bool touch_equal(const struct touch *a, const struct touch *b)
{
	return a->bid == b->bid && a->ask == b->ask && a->bid_size == b->bid_size &&
	       a->ask_size == b->ask_size;
}
// touch_ofi is the order flow imbalance of one touch update (Cont, Kukanov, Stoikov 2014, eq. 10).
int64_t touch_ofi(const struct touch *before, const struct touch *after);
// touch_blend merges another venue's touch into t: the better price wins, equal prices add up.
void touch_blend(struct touch *t, const struct touch *other);

#endif
