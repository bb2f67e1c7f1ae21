/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/book/far.h"

#include <string.h>

// Arrays and shelves have room for a power of two of levels. A free one's first level holds the link to the
// next free one.
static bool take_room(struct levels_arena *arena, uint32_t class, uint32_t *at)
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

static void give_room(struct levels_arena *arena, uint32_t class, uint32_t at)
{
	arena->mem[at].qty = arena->free_head[class];
	arena->free_head[class] = at + 1;
}

// The array

static struct level *array(const struct levels_arena *arena, const struct levels *side)
{
	return arena->mem + side->at;
}

static bool full(const struct levels *side) { return !side->order || side->n == UINT32_C(1) << side->order; }

static bool grow(struct levels_arena *arena, struct levels *side)
{
	uint32_t class = side->order ? side->order + 1u : LEVELS_MIN_CLASS, at;

	if (class >= LEVELS_CLASSES || !take_room(arena, class, &at))
		return false;
	if (side->order) {
		memcpy(arena->mem + at, arena->mem + side->at, side->n * sizeof(struct level));
		give_room(arena, side->order, side->at);
	}
	side->order = class & 0x3f;
	side->at = at;
	return true;
}

// Returns the index of key, or of the place where it belongs. Where all are on whole cents, there are no more
// above it than ticks up to the best: most are looked for near that.
static uint32_t search(const struct levels_arena *arena, const struct levels *side, int64_t key, bool *found)
{
	const struct level *lv = array(arena, side);
	uint32_t lo = 0, hi = side->n;

	if (hi && !side->odd) {
		int64_t best = lv[hi - 1].price;
		uint64_t ticks = ((uint64_t)best - (uint64_t)key) / LEVELS_TICK; // if it is the better one

		lo = best < key ? hi : ticks < hi ? hi - 1 - (uint32_t)ticks : 0;
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

static struct level *find(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	bool found;
	uint32_t i = search(arena, side, key, &found);

	return found ? array(arena, side) + i : NULL;
}

// Assumes that key is not there.
static bool insert(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;
	uint32_t i = search(arena, side, key, &found);

	if (full(side) && !grow(arena, side))
		return false;
	struct level *lv = array(arena, side);

	memmove(lv + i + 1, lv + i, (side->n - i) * sizeof *lv);
	lv[i] = (struct level){ key, qty };
	side->n++;
	side->odd |= !far_on_tick(key);
	return true;
}

static void erase(struct levels_arena *arena, struct levels *side, struct level *level)
{
	struct level *end = array(arena, side) + side->n;

	memmove(level, level + 1, (size_t)(end - level - 1) * sizeof *level);
	side->n--;
	side->odd = side->odd && side->n;
}

// The shelf

static struct shelf *shelf_of(const struct levels_arena *arena, const struct levels *side)
{
	return &arena->shelf[side->rungs / LEVELS_RUNGS];
}

static uint64_t *rungs(const struct levels_arena *arena) { return (uint64_t *)arena->mem; }

// Whether key's place is on the shelf.
static bool shelved(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	return shelf_covers(shelf_of(arena, side), side->low, key / LEVELS_TICK) && far_on_tick(key);
}

static uint64_t size(const struct levels_arena *arena, const struct levels *side, int64_t tick)
{
	return *shelf_rung(shelf_of(arena, side), rungs(arena), tick);
}

static void write(struct levels_arena *arena, struct levels *side, int64_t tick, uint64_t qty)
{
	struct shelf *shelf = shelf_of(arena, side);

	shelf_write(shelf, rungs(arena), tick, qty);
	side->shelved = shelf->n != 0;
}

// Takes what now belongs into the window or on the shelf there.
static void sort_out(struct levels_arena *arena, struct levels *side)
{
	struct level *lv = array(arena, side);
	bool found;
	int64_t end = (int64_t)side->low - shelf_ticks(shelf_of(arena, side));
	uint32_t n = search(arena, side, end * LEVELS_TICK, &found);

	for (uint32_t i = n; i < side->n; i++) {
		int64_t tick = lv[i].price / LEVELS_TICK;

		if (levels_near(side, lv[i].price, tick))
			levels_put(arena, side, tick, lv[i].qty);
		else if (shelved(arena, side, lv[i].price))
			write(arena, side, tick, lv[i].qty);
		else
			lv[n++] = lv[i];
	}
	side->n = n & 0xffffff;
	side->odd = side->odd && n;
}

// The order of the widest shelf of which one tick in DENSE would be in use; 0: none.
static uint32_t dense(const struct levels_arena *arena, const struct levels *side)
{
	enum { DENSE = 16 };
	const struct level *lv = array(arena, side);
	uint32_t best = 0, n = shelf_of(arena, side)->n, i = side->n;

	for (uint32_t order = SHELF_MIN_ORDER; order <= SHELF_MAX_ORDER; order++) {
		int64_t end = ((int64_t)side->low - (INT64_C(1) << order)) * LEVELS_TICK;

		for (; i && lv[i - 1].price >= end; i--)
			n += far_on_tick(lv[i - 1].price);
		if (n * DENSE >= UINT32_C(1) << order)
			best = order;
	}
	return best;
}

// Makes room in a full array by a wider shelf, if one is worth it. The arena's second half is for arrays,
// which need less of it.
static void widen(struct levels_arena *arena, struct levels *side)
{
	struct shelf *shelf = shelf_of(arena, side), old = *shelf;
	uint32_t order = levels_empty(side) ? 0 : dense(arena, side), at;

	if (order <= old.order || arena->bump > arena->max / 2 || !take_room(arena, order - 1, &at))
		return;
	memset(arena->mem + at, 0, sizeof(struct level) << (order - 1));
	shelf_move(shelf, rungs(arena), side->low, order, at * 2);
	if (old.order)
		give_room(arena, old.order - 1u, old.at / 2);
	sort_out(arena, side);
}

// Both

static bool make(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	if (full(side) && side->n)
		widen(arena, side);
	if (!shelved(arena, side, key))
		return insert(arena, side, key, qty);
	write(arena, side, key / LEVELS_TICK, qty);
	return true;
}

bool far_add(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	int64_t tick = key / LEVELS_TICK;

	if (shelved(arena, side, key)) {
		write(arena, side, tick, size(arena, side, tick) + qty);
		return true;
	}
	struct level *level = find(arena, side, key);

	if (!level)
		return make(arena, side, key, qty);
	level->qty += qty;
	return true;
}

uint64_t far_take(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	int64_t tick = key / LEVELS_TICK;

	if (shelved(arena, side, key)) {
		uint64_t had = size(arena, side, tick);

		write(arena, side, tick, had > qty ? had - qty : 0);
		return had > qty ? 0 : qty - had;
	}
	struct level *level = find(arena, side, key);

	if (!level)
		return qty;
	if (level->qty > qty) {
		level->qty -= qty;
		return 0;
	}
	qty -= level->qty;
	erase(arena, side, level);
	return qty;
}

bool far_set(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	if (shelved(arena, side, key)) {
		write(arena, side, key / LEVELS_TICK, qty);
		return true;
	}
	struct level *level = find(arena, side, key);

	if (!level)
		return qty == 0 || make(arena, side, key, qty);
	if (qty)
		level->qty = qty;
	else
		erase(arena, side, level);
	return true;
}

uint64_t far_size(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	if (shelved(arena, side, key))
		return size(arena, side, key / LEVELS_TICK);
	const struct level *level = find(arena, side, key);

	return level ? level->qty : 0;
}

struct level far_after(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	int64_t below = (key - 1) / LEVELS_TICK - ((key - 1) % LEVELS_TICK < 0);
	int64_t tick = shelf_next(shelf_of(arena, side), rungs(arena), side->low, below);
	struct level best = { LEVELS_NO_PRICE, 0 };
	bool found;
	uint32_t i = search(arena, side, key, &found);

	if (shelf_covers(shelf_of(arena, side), side->low, tick))
		best = (struct level){ tick * LEVELS_TICK, size(arena, side, tick) };
	if (i && array(arena, side)[i - 1].price > best.price)
		best = array(arena, side)[i - 1];
	return best;
}

int64_t far_top(const struct levels_arena *arena, const struct levels *side)
{
	const struct level *lv = array(arena, side);
	uint32_t i = side->n;

	if (side->shelved)
		return shelf_next(shelf_of(arena, side), rungs(arena), side->low, INT64_MAX) * LEVELS_TICK;
	while (i && !far_on_tick(lv[i - 1].price))
		i--;
	return i ? lv[i - 1].price : LEVELS_NO_PRICE;
}

bool far_raise(struct levels_arena *arena, struct levels *side, int64_t low)
{
	const struct shelf *shelf = shelf_of(arena, side);
	int64_t tick = (int64_t)side->low - shelf_ticks(shelf), end = low - shelf_ticks(shelf);
	bool kept = true;

	for (; shelf->n && tick < end; tick++) { // upwards: each one is put last
		uint64_t qty = size(arena, side, tick);

		if (!qty)
			continue;
		write(arena, side, tick, 0);
		kept &= insert(arena, side, tick * LEVELS_TICK, qty);
	}
	side->low = (int32_t)low;
	return kept;
}

void far_lower(struct levels_arena *arena, struct levels *side, int64_t low)
{
	const struct shelf *shelf = shelf_of(arena, side);
	int64_t tick = (int64_t)side->low - 1, end = (int64_t)side->low - shelf_ticks(shelf);

	side->low = (int32_t)low;
	for (end = end > low ? end : low; shelf->n && tick >= end; tick--) {
		uint64_t qty = size(arena, side, tick);

		if (!qty)
			continue;
		write(arena, side, tick, 0);
		levels_put(arena, side, tick, qty);
	}
	sort_out(arena, side);
}

void far_clear(struct levels_arena *arena, struct levels *side)
{
	struct shelf *shelf = shelf_of(arena, side);

	if (side->order)
		give_room(arena, side->order, side->at);
	if (shelf->order)
		give_room(arena, shelf->order - 1u, shelf->at / 2);
	*shelf = (struct shelf){ 0 };
	side->n = side->order = side->shelved = side->odd = 0;
}
