/* SPDX-License-Identifier: BSD-3-Clause */
// far.h: the levels of a side that are not in its window: on its shelf where many lie close below the window,
// else in a sorted array, best last. For levels.c, which decides what is in the window: none of the keys here
// is there, and while the window is empty no far level is on a whole cent.
#ifndef WB_MODEL_FAR_H
#define WB_MODEL_FAR_H

#include "lcore/book/levels.h"

// far_on_tick returns whether the window may be put around the key: on a whole cent, and below 10 million
// dollars.
static inline bool far_on_tick(int64_t key)
{
	const int64_t max = 1000000000;

	return key % LEVELS_TICK == 0 && key / LEVELS_TICK < max && key / LEVELS_TICK > -max;
}

// As levels_add, levels_take, levels_set and levels_size. Adding, qty is not 0.
bool far_add(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
uint64_t far_take(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
bool far_set(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty);
uint64_t far_size(const struct levels_arena *arena, const struct levels *side, int64_t key);
// far_after returns the best far level that is worse than key, as levels_best.
struct level far_after(const struct levels_arena *arena, const struct levels *side, int64_t key);
// far_top returns the key of the best far level on a whole cent; LEVELS_NO_PRICE: there is none.
int64_t far_top(const struct levels_arena *arena, const struct levels *side);
// far_raise moves the window's low end, and the shelf with it, up; what was in the window below it the caller
// adds. False when there is no room for what leaves the shelf: it is lost.
bool far_raise(struct levels_arena *arena, struct levels *side, int64_t low);
// far_lower moves it down: levels on whole cents from there on come into the window, and others on the shelf.
void far_lower(struct levels_arena *arena, struct levels *side, int64_t low);
// far_clear gives the shelf and the array back.
void far_clear(struct levels_arena *arena, struct levels *side);

#endif
