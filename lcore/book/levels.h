/* SPDX-License-Identifier: BSD-3-Clause */
// levels.h: price levels of one side of a book. Nearly all activity is within some cents of the touch, so
// each side has a window of LEVELS_RUNGS ticks whose sizes are stored in an array by tick: a level is found
// without a search, made and removed without moving others. Levels below the window, or not on a whole cent,
// are far (far.h): on a shelf if many lie close below it, else in a sorted array, best last. Rungs,
// shelves and arrays are in one arena per lcore; sides refer to it by index: no pointers. One writer.
#ifndef WB_MODEL_LEVELS_H
#define WB_MODEL_LEVELS_H

#include "lcore/base/num.h"
#include "lcore/book/shelf.h"

struct level {
	int64_t price; // a key: 1e-6 dollar, asks negated, so that the greatest is the best on both sides
	uint64_t qty;  // shares, never 0
};

#define LEVELS_RUNGS     128
#define LEVELS_WORDS     (LEVELS_RUNGS / 64)
#define LEVELS_TICK      10000 // a cent
#define LEVELS_NO_PRICE  INT64_MIN
#define LEVELS_MIN_CLASS 3 // 8 levels
#define LEVELS_CLASSES   20

// w, r: the lcore that keeps the books.
struct levels_arena {
	uint64_t *rung;      // [sides][LEVELS_RUNGS] sizes, by tick & (LEVELS_RUNGS - 1); 0: no level
	struct shelf *shelf; // [sides]
	struct level *mem;
	uint32_t max;                       // levels in mem
	uint32_t bump;                      // next never-used one
	uint32_t free_head[LEVELS_CLASSES]; // index + 1 of the first free array of that class; 0: none
};

// Half a cache line, zeroed and then levels_open()ed. Of the levels on whole cents those from low on are in
// the window, those below it far; the window is empty only when there are no such levels.
struct levels {
	uint64_t used[LEVELS_WORDS]; // a bit for each rung
	int32_t low;                 // the window's lowest tick: a key is a tick times LEVELS_TICK
	uint32_t rungs;              // first one in the arena
	uint32_t at;                 // the sorted array: index into the arena
	uint32_t n : 24;             // levels in it
	uint32_t order : 6;          // room for 1 << order; 0: no array yet
	uint32_t shelved : 1;        // there are levels on the shelf
	uint32_t odd : 1; // there may be far levels off the cent, which may be better than the window's best
};

size_t levels_bytes(uint32_t sides, uint32_t max);
// levels_init lays an arena for that many sides and max far levels into mem (levels_bytes() zeroed bytes,
// 64-byte aligned).
void levels_init(struct levels_arena *arena, uint32_t sides, uint32_t max, void *mem);
// levels_open gives a zeroed side the rungs of its number.
static inline void levels_open(struct levels *side, uint32_t number) { side->rungs = number * LEVELS_RUNGS; }

static inline uint32_t levels_rung(int64_t tick) { return (uint32_t)tick & (LEVELS_RUNGS - 1); }

// The word of a tick's bit in the window, and the bit.
static inline uint64_t *levels_word(struct levels *side, int64_t tick)
{
	return &side->used[levels_rung(tick) / 64];
}
static inline uint64_t levels_bit(int64_t tick) { return UINT64_C(1) << (levels_rung(tick) & 63); }

// levels_put puts a level that is not there into the window. levels.c and far.c.
static inline void levels_put(struct levels_arena *arena, struct levels *side, int64_t tick, uint64_t qty)
{
	arena->rung[side->rungs + levels_rung(tick)] = qty;
	*levels_word(side, tick) |= levels_bit(tick);
}

// levels_prefetch prefetches what an update of key reads, on the side of that number.
__attribute__((always_inline)) static inline void levels_prefetch(const struct levels_arena *arena,
								  uint32_t number, int64_t key)
{
	__builtin_prefetch(&arena->rung[number * LEVELS_RUNGS + levels_rung(key / LEVELS_TICK)], 1);
}

// levels_empty returns true if the window is empty.
static inline bool levels_empty(const struct levels *side) { return !(side->used[0] | side->used[1]); }

// levels_top returns the window's best tick. Assumes that it is not empty.
static inline int64_t levels_top(const struct levels *side)
{
	unsigned turn = levels_rung(side->low);
	unsigned __int128 used = (unsigned __int128)side->used[1] << 64 | side->used[0];
	unsigned __int128 from_low = used >> turn | used << (-turn & (LEVELS_RUNGS - 1));
	uint64_t high = (uint64_t)(from_low >> 64);

	return side->low + (high ? 127 - __builtin_clzll(high) : 63 - __builtin_clzll((uint64_t)from_low));
}

// levels_best returns the best level; its size is 0 and its price LEVELS_NO_PRICE when the side is empty.
static inline struct level levels_best(const struct levels_arena *arena, const struct levels *side)
{
	struct level best = { LEVELS_NO_PRICE, 0 };

	if (likely(!levels_empty(side))) {
		int64_t top = levels_top(side);

		best = (struct level){ top * LEVELS_TICK, arena->rung[side->rungs + levels_rung(top)] };
		if (likely(!side->odd))
			return best;
	}
	if (side->n && arena->mem[side->at + side->n - 1].price > best.price)
		best = arena->mem[side->at + side->n - 1];
	return best;
}

// What the inline functions below leave to levels.c: levels outside the window, and moving it.
bool levels_add_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
uint64_t levels_take_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
bool levels_set_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
void levels_settle(struct levels_arena *arena, struct levels *side);

// levels_near returns true if key is in the window. Assumes tick is key / LEVELS_TICK.
static inline bool levels_near(const struct levels *side, int64_t key, int64_t tick)
{
	return likely((uint64_t)(tick - (int64_t)side->low) < LEVELS_RUNGS && tick * LEVELS_TICK == key);
}

// levels_add adds qty at key, making the level if needed. False: no room, a level may be lost.
static inline bool levels_add(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	int64_t tick = key / LEVELS_TICK;

	if (!levels_near(side, key, tick))
		return levels_add_far(arena, side, key, qty);
	arena->rung[side->rungs + levels_rung(tick)] += qty;
	*levels_word(side, tick) |= (uint64_t)(qty != 0) << (levels_rung(tick) & 63);
	return true;
}

// levels_take takes qty from key and removes the level at 0. Returns what could not be taken (0 when all was
// there).
static inline uint64_t levels_take(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	int64_t tick = key / LEVELS_TICK;

	if (!levels_near(side, key, tick))
		return levels_take_far(arena, side, key, qty);
	uint64_t *rung = &arena->rung[side->rungs + levels_rung(tick)], had = *rung;

	if (had > qty) {
		*rung = had - qty;
		return 0;
	}
	*rung = 0;
	*levels_word(side, tick) &= ~levels_bit(tick);
	if (unlikely(side->n || side->shelved))
		levels_settle(arena, side);
	return qty - had;
}

// levels_set sets the level's size, 0 removes it. False: no room, a level may be lost.
static inline bool levels_set(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	int64_t tick = key / LEVELS_TICK;

	if (!levels_near(side, key, tick))
		return levels_set_far(arena, side, key, qty);
	if (qty)
		levels_put(arena, side, tick, qty);
	else
		levels_take(arena, side, key, UINT64_MAX);
	return true;
}

// levels_count returns how many levels there are.
static inline uint32_t levels_count(const struct levels_arena *arena, const struct levels *side)
{
	return (uint32_t)(__builtin_popcountll(side->used[0]) + __builtin_popcountll(side->used[1])) +
	       side->n + arena->shelf[side->rungs / LEVELS_RUNGS].n;
}

// levels_size returns the level's size; 0: there is none.
uint64_t levels_size(const struct levels_arena *arena, const struct levels *side, int64_t key);
// levels_after returns the best level that is worse than key (INT64_MAX: the best of all), as levels_best.
struct level levels_after(const struct levels_arena *arena, const struct levels *side, int64_t key);
// levels_depth copies up to n levels, best first. Returns how many.
uint32_t levels_depth(const struct levels_arena *arena, const struct levels *side, struct level *out,
		      uint32_t n);
// levels_clear empties the side and gives back what far ones take.
void levels_clear(struct levels_arena *arena, struct levels *side);

#endif
