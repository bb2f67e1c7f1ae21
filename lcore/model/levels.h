/* SPDX-License-Identifier: BSD-3-Clause */
// levels.h: price levels of one side of a book: an array sorted so that the best price is last, where nearly all
// activity is. Arrays live in one arena per lcore, in power-of-two size classes with free lists; a side refers to
// its array by index, so the arena holds no pointers.
#ifndef WB_MODEL_LEVELS_H
#define WB_MODEL_LEVELS_H

#include "lcore/base/num.h"

struct level {
	int64_t price;	// 1e-6 dollar; asks are kept negated, so that the greatest key is the best on both sides
	uint64_t qty;	// shares, never 0
};

#define LEVELS_MIN_CLASS 3	// 8 levels
#define LEVELS_CLASSES 20

struct levels_arena {
	struct level *mem;
	uint32_t max;		// levels in mem
	uint32_t bump;		// next never-used one
	uint32_t free_head[LEVELS_CLASSES]; // index + 1 of the first free array of that class; 0: none
};

struct levels {
	uint32_t at;	// index into the arena
	uint32_t n;
	uint32_t order; // size is 1 << order; 0: no array yet
};

size_t levels_bytes(uint32_t max);
// levels_init lays an empty arena into mem (levels_bytes(max) long, 64-byte aligned).
void levels_init(struct levels_arena *arena, uint32_t max, void *mem);

static inline struct level *levels_array(const struct levels_arena *arena, const struct levels *side)
{
	return arena->mem + side->at;
}

// levels_best returns the best level, or NULL when the side is empty.
static inline const struct level *levels_best(const struct levels_arena *arena, const struct levels *side)
{
	return side->n ? arena->mem + side->at + side->n - 1 : NULL;
}

// levels_guess tells where a level is likely to stand that is below the best by a difference of keys.
static inline uint32_t levels_guess(const struct levels *side, uint64_t below)
{
	uint64_t ticks = below / 10000; // a cent

	return ticks < side->n ? side->n - 1 - (uint32_t)ticks : 0;
}

// levels_prefetch asks for the lines that a search for a key below the best by that much will look at.
__attribute__((always_inline)) static inline void levels_prefetch(const struct levels_arena *arena, const struct levels *side,
								   uint64_t below)
{
	const struct level *lv = arena->mem + side->at;

	__builtin_prefetch(lv + side->n - 1);
	__builtin_prefetch(lv + levels_guess(side, below));
}

// levels_find returns the index of key, or of the place where it belongs; *found says which.
uint32_t levels_find(const struct levels_arena *arena, const struct levels *side, int64_t key, bool *found);
// levels_add adds qty at key, making the level when needed. False when there is no room.
bool levels_add(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
// levels_take takes qty from key and removes the level at 0. Returns what could not be taken (0 when all was there).
uint64_t levels_take(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
// levels_set sets the level's size, 0 removes it. False when there is no room.
bool levels_set(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
// levels_clear empties the side and gives its array back.
void levels_clear(struct levels_arena *arena, struct levels *side);

#endif
