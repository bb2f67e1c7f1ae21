/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/levels.h"

#include <string.h>

size_t levels_bytes(uint32_t max)
{
	return (size_t)max * sizeof(struct level);
}

void levels_init(struct levels_arena *arena, uint32_t max, void *mem)
{
	*arena = (struct levels_arena){ .mem = mem, .max = max };
}

// A free array's first level holds the link to the next free one.
static bool take_array(struct levels_arena *arena, uint32_t class, uint32_t *at)
{
	uint32_t size = UINT32_C(1) << class;

	if (arena->free_head[class]) {
		*at = arena->free_head[class] - 1;
		arena->free_head[class] = (uint32_t)arena->mem[*at].qty;
		return true;
	}
	if (arena->max - arena->bump < size)
		return false;
	*at = arena->bump;
	arena->bump += size;
	return true;
}

static void give_array(struct levels_arena *arena, uint32_t class, uint32_t at)
{
	arena->mem[at].qty = arena->free_head[class];
	arena->free_head[class] = at + 1;
}

static bool grow(struct levels_arena *arena, struct levels *side)
{
	uint32_t class = side->order ? side->order + 1 : LEVELS_MIN_CLASS, at;

	if (class >= LEVELS_CLASSES || !take_array(arena, class, &at))
		return false;
	if (side->order) {
		memcpy(arena->mem + at, arena->mem + side->at, side->n * sizeof(struct level));
		give_array(arena, side->order, side->at);
	}
	side->order = class;
	side->at = at;
	return true;
}

uint32_t levels_find(const struct levels_arena *arena, const struct levels *side, int64_t key, bool *found)
{
	const struct level *lv = levels_array(arena, side);
	uint32_t lo = 0, hi = side->n;

	// Near the touch first: a few steps from the best end settle most searches.
	for (int step = 0; step < 4 && hi > 0; step++, hi--) {
		if (lv[hi - 1].price <= key) {
			*found = lv[hi - 1].price == key;
			return *found ? hi - 1 : hi;
		}
	}
	// Books are dense: a level stands about as many places from the best as it is ticks away, or a little nearer.
	if (hi) {
		uint32_t at = levels_guess(side, (uint64_t)lv[side->n - 1].price - (uint64_t)key);

		if (at < hi && lv[at].price == key) {
			*found = true;
			return at;
		}
		if (at < hi && lv[at].price < key)
			lo = at + 1;
		else if (at < hi)
			hi = at;
	}
	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (lv[mid].price < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = lo < side->n && lv[lo].price == key;
	return lo;
}

static bool insert(struct levels_arena *arena, struct levels *side, uint32_t i, int64_t key, uint64_t qty)
{
	if ((!side->order || side->n == UINT32_C(1) << side->order) && !grow(arena, side))
		return false;
	struct level *lv = levels_array(arena, side);

	memmove(lv + i + 1, lv + i, (side->n - i) * sizeof *lv);
	lv[i] = (struct level){ key, qty };
	side->n++;
	return true;
}

static void erase(struct levels_arena *arena, struct levels *side, uint32_t i)
{
	struct level *lv = levels_array(arena, side);

	memmove(lv + i, lv + i + 1, (side->n - i - 1) * sizeof *lv);
	side->n--;
}

bool levels_add(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;
	uint32_t i = levels_find(arena, side, key, &found);

	if (!found)
		return qty == 0 || insert(arena, side, i, key, qty);
	levels_array(arena, side)[i].qty += qty;
	return true;
}

uint64_t levels_take(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;
	uint32_t i = levels_find(arena, side, key, &found);

	if (!found)
		return qty;
	struct level *lv = levels_array(arena, side) + i;

	if (lv->qty > qty) {
		lv->qty -= qty;
		return 0;
	}
	uint64_t rest = qty - lv->qty;

	erase(arena, side, i);
	return rest;
}

bool levels_set(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;
	uint32_t i = levels_find(arena, side, key, &found);

	if (!found)
		return qty == 0 || insert(arena, side, i, key, qty);
	if (qty == 0)
		erase(arena, side, i);
	else
		levels_array(arena, side)[i].qty = qty;
	return true;
}

void levels_clear(struct levels_arena *arena, struct levels *side)
{
	if (side->order)
		give_array(arena, side->order, side->at);
	*side = (struct levels){ 0 };
}
