/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/book/book.h"

static bool quote_side(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	if (levels_count(arena, side) != 1 || levels_best(arena, side).price != key)
		levels_clear(arena, side);
	return levels_set(arena, side, key, qty);
}

bool book_quote(struct levels_arena *arena, struct book *book, int64_t bid, uint64_t bid_size, int64_t ask,
		uint64_t ask_size)
{
	bool b = quote_side(arena, &book->side[0], book_key(SIDE_BUY, bid), bid_size);
	bool a = quote_side(arena, &book->side[1], book_key(SIDE_SELL, ask), ask_size);

	return a && b;
}

uint32_t book_depth(const struct levels_arena *arena, const struct book *book, uint8_t side,
		    struct level *out, uint32_t n)
{
	uint32_t found = levels_depth(arena, &book->side[book_index(side)], out, n);

	for (uint32_t i = 0; i < found; i++)
		out[i].price = book_key(side, out[i].price);
	return found;
}

void book_clear(struct levels_arena *arena, struct book *book)
{
	levels_clear(arena, &book->side[0]);
	levels_clear(arena, &book->side[1]);
}

int64_t touch_ofi(const struct touch *before, const struct touch *after)
{
	int64_t e = 0;

	e += after->bid >= before->bid ? (int64_t)after->bid_size : 0;
	e -= after->bid <= before->bid ? (int64_t)before->bid_size : 0;
	e -= after->ask <= before->ask ? (int64_t)after->ask_size : 0;
	e += after->ask >= before->ask ? (int64_t)before->ask_size : 0;
	return e;
}

void touch_blend(struct touch *t, const struct touch *other)
{
	if (other->bid > t->bid) {
		t->bid = other->bid;
		t->bid_size = other->bid_size;
	} else if (other->bid == t->bid) {
		t->bid_size += other->bid_size;
	}
	if (other->ask < t->ask) {
		t->ask = other->ask;
		t->ask_size = other->ask_size;
	} else if (other->ask == t->ask) {
		t->ask_size += other->ask_size;
	}
}
