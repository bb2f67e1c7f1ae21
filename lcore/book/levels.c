/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/book/levels.h"

#include "lcore/book/far.h"

// Placing the window: HEADROOM ticks of it are above the best level; it follows when the best level has sunk
// to its last SUNK ticks. In between it stays.
enum { HEADROOM = 24, SUNK = 32 };

static size_t rung_bytes(uint32_t sides) { return (size_t)sides * LEVELS_RUNGS * sizeof(uint64_t); }

static size_t shelf_bytes(uint32_t sides) { return line_bytes(sides * sizeof(struct shelf)); }

size_t levels_bytes(uint32_t sides, uint32_t max)
{
	return rung_bytes(sides) + shelf_bytes(sides) + (size_t)max * sizeof(struct level);
}

void levels_init(struct levels_arena *arena, uint32_t sides, uint32_t max, void *mem)
{
	char *shelves = (char *)mem + rung_bytes(sides);

	*arena = (struct levels_arena){ .rung = mem,
					.shelf = (struct shelf *)shelves,
					.mem = (struct level *)(shelves + shelf_bytes(sides)),
					.max = max };
}

// raise moves the window's low end up: levels below it become far. False when there is no room for one: it is
// lost.
static bool raise(struct levels_arena *arena, struct levels *side, int64_t low)
{
	int64_t tick = side->low, end = levels_empty(side) ? tick : tick + LEVELS_RUNGS;
	bool kept = far_raise(arena, side, low);

	for (; tick < low && tick < end; tick++) {
		uint64_t qty = arena->rung[side->rungs + levels_rung(tick)];

		if (!qty)
			continue;
		arena->rung[side->rungs + levels_rung(tick)] = 0;
		*levels_word(side, tick) &= ~levels_bit(tick);
		kept &= far_add(arena, side, tick * LEVELS_TICK, qty);
	}
	return kept;
}

// follow puts the window around top, the best tick there is.
static bool follow(struct levels_arena *arena, struct levels *side, int64_t top)
{
	int64_t low = top - (LEVELS_RUNGS - 1 - HEADROOM);

	if (low > side->low)
		return raise(arena, side, low);
	far_lower(arena, side, low);
	return true;
}

void levels_settle(struct levels_arena *arena, struct levels *side)
{
	if (!levels_empty(side)) {
		if (levels_top(side) < side->low + SUNK)
			follow(arena, side, levels_top(side));
		return;
	}
	int64_t top = far_top(arena, side);

	if (top != LEVELS_NO_PRICE)
		follow(arena, side, top / LEVELS_TICK);
}

// Above the window, or the first on a whole cent: the window goes there.
static bool leads(const struct levels *side, int64_t key)
{
	return far_on_tick(key) &&
	       (levels_empty(side) || key / LEVELS_TICK >= (int64_t)side->low + LEVELS_RUNGS);
}

static bool lead(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool kept = follow(arena, side, key / LEVELS_TICK);

	levels_put(arena, side, key / LEVELS_TICK, qty);
	return kept;
}

bool levels_add_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	if (!qty)
		return true;
	return leads(side, key) ? lead(arena, side, key, qty) : far_add(arena, side, key, qty);
}

uint64_t levels_take_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	return far_take(arena, side, key, qty);
}

bool levels_set_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	return qty && leads(side, key) ? lead(arena, side, key, qty) : far_set(arena, side, key, qty);
}

uint64_t levels_size(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	int64_t tick = key / LEVELS_TICK;

	return levels_near(side, key, tick) ? arena->rung[side->rungs + levels_rung(tick)]
					    : far_size(arena, side, key);
}

struct level levels_after(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	int64_t below = (key - 1) / LEVELS_TICK - ((key - 1) % LEVELS_TICK < 0);
	struct level far = far_after(arena, side, key);

	if (levels_empty(side))
		return far;
	int64_t tick = levels_top(side) < below ? levels_top(side) : below;

	while (tick >= side->low && !arena->rung[side->rungs + levels_rung(tick)])
		tick--;
	if (tick < side->low || tick * LEVELS_TICK < far.price)
		return far;
	return (struct level){ tick * LEVELS_TICK, arena->rung[side->rungs + levels_rung(tick)] };
}

uint32_t levels_depth(const struct levels_arena *arena, const struct levels *side, struct level *out,
		      uint32_t n)
{
	struct level next = levels_after(arena, side, INT64_MAX);
	uint32_t i = 0;

	for (; i < n && next.qty; i++) {
		out[i] = next;
		next = levels_after(arena, side, next.price);
	}
	return i;
}

void levels_clear(struct levels_arena *arena, struct levels *side)
{
	far_clear(arena, side);
	for (uint32_t word = 0; word < LEVELS_WORDS; word++)
		for (uint64_t used = side->used[word]; used; used &= used - 1)
			arena->rung[side->rungs + word * 64 + (uint32_t)__builtin_ctzll(used)] = 0;
	*side = (struct levels){ .rungs = side->rungs };
}
