/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/book.h"

static bool quote_side(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	if (side->n == 1 && qty && levels_array(arena, side)[0].price == key) {
		levels_array(arena, side)[0].qty = qty;
		return true;
	}
	side->n = 0;
	return levels_set(arena, side, key, qty);
}

bool book_quote(struct levels_arena *arena, struct book *book, int64_t bid, uint64_t bid_size, int64_t ask,
		uint64_t ask_size)
{
	bool b = quote_side(arena, &book->bid, book_key(SIDE_BUY, bid), bid_size);
	bool a = quote_side(arena, &book->ask, book_key(SIDE_SELL, ask), ask_size);

	return a && b;
}

uint32_t book_depth(const struct levels_arena *arena, const struct book *book, uint8_t side, struct level *out, uint32_t n)
{
	const struct levels *s = side == SIDE_BUY ? &book->bid : &book->ask;
	const struct level *lv = levels_array(arena, s);
	uint32_t i = 0;

	for (; i < n && i < s->n; i++) {
		out[i] = lv[s->n - 1 - i];
		out[i].price = book_key(side, out[i].price);
	}
	return i;
}

void book_clear(struct levels_arena *arena, struct book *book)
{
	levels_clear(arena, &book->bid);
	levels_clear(arena, &book->ask);
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
