/* SPDX-License-Identifier: BSD-3-Clause */
// orders.h: resting orders by reference: open addressing with linear probing and backward-shift deletion (no
// tombstones, so a table that has turned over millions of orders probes as short as a new one). References are
// unique per channel; the channel is part of the key. One writer; caller owns the memory.
#ifndef WB_MODEL_ORDERS_H
#define WB_MODEL_ORDERS_H

#include "lcore/base/num.h"

struct order {
	uint64_t key;	// reference << 8 | channel + 1; 0: free slot
	int64_t price;	// 1e-6 dollar
	uint32_t qty;	// shares left
	uint32_t leg;	// index of the venue's book of the instrument (struct leg)
	uint32_t gen;	// the leg's when it was added: older ones are gone with a symbol clear
	uint8_t side;	// enum ev_side
	uint8_t pad[3];
};

struct orders {
	struct order *slot;
	uint32_t mask;	// slots - 1
	uint32_t n;
	uint32_t max;	// orders allowed: keeps the load below 4/5
	uint32_t peak;
};

// References fill 56 bits at most in any feed known; the bits above are folded in by the hash only.
static inline uint64_t orders_key(uint64_t ref, uint8_t channel)
{
	return ref << 8 | (uint64_t)(channel + 1);
}

static inline uint32_t orders_home(const struct orders *t, uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & t->mask;
}

// orders_prefetch asks for the slot of key ahead of its use.
__attribute__((always_inline)) static inline void orders_prefetch(const struct orders *t, uint64_t key)
{
	const struct order *home = &t->slot[orders_home(t, key)];

	__builtin_prefetch(home);
	__builtin_prefetch(home + 1); // what removal looks at, often on the next line
}

// orders_peek returns the order if it stands at home or next to it, as most do; a hint for prefetching.
static inline const struct order *orders_peek(const struct orders *t, uint64_t key)
{
	const struct order *home = &t->slot[orders_home(t, key)];

	if (home->key == key)
		return home;
	return home[1].key == key ? home + 1 : NULL;
}

size_t orders_bytes(uint32_t max);
// orders_init lays an empty table for max orders into mem (orders_bytes(max) zeroed bytes, 64-byte aligned).
void orders_init(struct orders *t, uint32_t max, void *mem);
// orders_find returns the order, or NULL. The pointer is good until the next add or remove.
struct order *orders_find(const struct orders *t, uint64_t key);
// orders_add returns a slot with key set for the caller to fill; NULL when the table is full or key is there already (*dup says which).
struct order *orders_add(struct orders *t, uint64_t key, bool *dup);
// orders_remove frees the slot of an order that orders_find returned.
void orders_remove(struct orders *t, struct order *order);
// orders_clear_channel removes all orders of a channel. Cold: walks the table.
void orders_clear_channel(struct orders *t, uint8_t channel);

#endif
