/* SPDX-License-Identifier: BSD-3-Clause */
// orders.h: resting orders by reference: a table of cache lines with two orders each, and two lines for each
// order. Its first line follows the venue's counting: references in a row lie in lines in a row, so the
// orders of one moment share pages, and the address translation of one serves the others. An order that finds
// its first line full goes to the line that a hash says, or to one of those after it, and each line that it
// passes counts it. So a search ends at the first line that none has passed, a removal moves nothing, a table
// that has turned over millions of orders searches as fast as a new one, and references without any order
// cost one line more. References are unique per channel; the channel is part of the key. One writer; caller
// owns the memory.
#ifndef WB_MODEL_ORDERS_H
#define WB_MODEL_ORDERS_H

#include "lcore/base/num.h"

struct order {
	uint64_t key;    // reference << 8 | channel + 1; 0: free slot
	int64_t price;   // 1e-6 dollar
	uint32_t qty;    // shares left
	uint32_t strand; // index of the venue's book of the instrument (struct strand)
	uint32_t gen;    // strand.order_gen when it was added: a symbol clear makes older orders invalid
	uint8_t side;    // enum ev_side
	bool away;       // is not in its first line
	uint16_t passed; // of the line, in its first slot: orders that have passed it; sticks at its maximum
};

// w, r: the lcore that keeps the books.
struct orders {
	struct order *slot;
	uint32_t mask; // slots - 1
	uint32_t turn; // log2 of the references that lead around the table once
	uint32_t n;
	uint32_t max; // orders allowed: keeps the load below 4/5
	uint32_t peak;
};

// References fill 56 bits at most in any feed known; the bits above are folded in by the hash only.
static inline uint64_t orders_key(uint64_t ref, uint8_t channel)
{
	return ref << 8 | (uint64_t)(channel + 1);
}

// orders_home returns the first slot of key's first line. Each turn around the table begins one line further,
// so references that a venue counts by eights do not meet those of a turn ago in the same lines. Channels
// that count alike are 131,072 lines apart.
static inline struct order *orders_home(const struct orders *t, uint64_t key)
{
	uint64_t line = key >> 8 | key << 56; // reference, channel above it

	line += (line >> t->turn) + (line >> 39);
	return &t->slot[(uint32_t)(line * 2) & t->mask];
}

// orders_second returns the first slot of the line where key belongs if its first line is full.
static inline struct order *orders_second(const struct orders *t, uint64_t key)
{
	return &t->slot[(uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & t->mask & ~UINT32_C(1)];
}

// orders_prefetch prefetches the line of key and returns it.
__attribute__((always_inline)) static inline const struct order *orders_prefetch(const struct orders *t,
										 uint64_t key)
{
	const struct order *home = orders_home(t, key);

	__builtin_prefetch(home, 1);
	return home;
}

// orders_peek returns the order if it is in its first line, as most are, else another one there: a hint for
// prefetching. It prefetches the second line if the search may lead there.
__attribute__((always_inline)) static inline const struct order *
orders_peek(const struct orders *t, const struct order *home, uint64_t key)
{
	const struct order *o = home + (home->key != key);
	bool free = (home[0].key == 0) | (home[1].key == 0);

	if (unlikely((o->key != key) & ((home->passed != 0) | !free)))
		__builtin_prefetch(orders_second(t, key), 1);
	return o;
}

// What the inline functions below leave to orders.c: everything about the second line and those after it.
struct order *orders_find_away(const struct orders *t, uint64_t key);
struct order *orders_add_away(struct orders *t, uint64_t key, bool *dup);
void orders_remove_away(struct orders *t, struct order *order);

// orders_find returns the order, or NULL. The pointer is good until the order is removed.
static inline struct order *orders_find(const struct orders *t, uint64_t key)
{
	struct order *home = orders_home(t, key), *o = home + (home->key != key);

	if (likely(o->key == key))
		return o;
	return likely(!home->passed) ? NULL : orders_find_away(t, key);
}

// orders_add returns a slot with key set, for the caller to fill; NULL: the table is full, or key is there
// already (*dup).
static inline struct order *orders_add(struct orders *t, uint64_t key, bool *dup)
{
	struct order *home = orders_home(t, key), *o = home + (home->key != 0);

	if (unlikely(home->passed || o->key || home->key == key || home[1].key == key || t->n == t->max))
		return orders_add_away(t, key, dup);
	*dup = false;
	t->n++;
	t->peak = t->n > t->peak ? t->n : t->peak;
	o->key = key;
	o->away = false;
	return o;
}

// orders_remove frees the slot of an order that orders_find returned.
static inline void orders_remove(struct orders *t, struct order *order)
{
	if (unlikely(order->away))
		orders_remove_away(t, order);
	order->key = 0;
	t->n--;
}

size_t orders_bytes(uint32_t max);
// orders_init lays an empty table for max orders into mem (orders_bytes(max) zeroed bytes, 64-byte aligned).
void orders_init(struct orders *t, uint32_t max, void *mem);
// orders_clear_channel removes all orders of a channel. Cold: walks the table.
void orders_clear_channel(struct orders *t, uint8_t channel);

#endif
