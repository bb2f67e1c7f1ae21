/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/book/levels.h"

#include <string.h>

// Placing the window: HEADROOM ticks of it are above the best level; it follows when the best level has sunk
// to its last SUNK ticks. In between it stays.
enum { HEADROOM = 24, SUNK = 32, TICK_MAX = 1000000000 };

static size_t rung_bytes(uint32_t sides) { return (size_t)sides * LEVELS_RUNGS * sizeof(uint64_t); }

size_t levels_bytes(uint32_t sides, uint32_t max)
{
	return rung_bytes(sides) + (size_t)max * sizeof(struct level);
}

void levels_init(struct levels_arena *arena, uint32_t sides, uint32_t max, void *mem)
{
	*arena = (struct levels_arena){ .rung = mem,
					.mem = (struct level *)((char *)mem + rung_bytes(sides)),
					.max = max };
}

// Far levels

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
	uint32_t class = side->order ? side->order + 1u : LEVELS_MIN_CLASS, at;

	if (class >= LEVELS_CLASSES || !take_array(arena, class, &at))
		return false;
	if (side->order) {
		memcpy(arena->mem + at, arena->mem + side->at, side->n * sizeof(struct level));
		give_array(arena, side->order, side->at);
	}
	side->order = class & 0x7f;
	side->at = at;
	return true;
}

static struct level *array(const struct levels_arena *arena, const struct levels *side)
{
	return arena->mem + side->at;
}

// Returns the index of key among the far ones, or of the place where it belongs. Where all are on whole
// cents, there are no more above it than ticks up to the best: most are looked for near that.
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

static bool insert(struct levels_arena *arena, struct levels *side, uint32_t i, int64_t key, uint64_t qty)
{
	if ((!side->order || side->n == UINT32_C(1) << side->order) && !grow(arena, side))
		return false;
	struct level *lv = array(arena, side);

	memmove(lv + i + 1, lv + i, (side->n - i) * sizeof *lv);
	lv[i] = (struct level){ key, qty };
	side->n++;
	return true;
}

static void erase(struct levels_arena *arena, struct levels *side, uint32_t i)
{
	struct level *lv = array(arena, side);

	memmove(lv + i, lv + i + 1, (side->n - i - 1) * sizeof *lv);
	side->n--;
	side->odd = side->odd && side->n;
}

// The window

static void put(struct levels_arena *arena, struct levels *side, int64_t tick, uint64_t qty)
{
	arena->rung[side->rungs + levels_rung(tick)] = qty;
	*levels_word(side, tick) |= levels_bit(tick);
}

// Whether the window may be put around the key: on a whole cent, and below 10 million dollars.
static bool on_tick(int64_t key)
{
	return key % LEVELS_TICK == 0 && key / LEVELS_TICK < TICK_MAX && key / LEVELS_TICK > -TICK_MAX;
}

static bool insert_far(struct levels_arena *arena, struct levels *side, uint32_t i, int64_t key, uint64_t qty)
{
	if (!insert(arena, side, i, key, qty))
		return false;
	side->odd |= !on_tick(key);
	return true;
}

// raise moves the window's low end up: levels below it become far. False when there is no room for one: it is
// lost.
static bool raise(struct levels_arena *arena, struct levels *side, int64_t low)
{
	bool kept = true;

	for (int64_t tick = side->low;
	     !levels_empty(side) && tick < low && tick < (int64_t)side->low + LEVELS_RUNGS; tick++) {
		uint64_t *rung = &arena->rung[side->rungs + levels_rung(tick)];
		bool found;

		if (!*rung)
			continue;
		uint32_t i = search(arena, side, tick * LEVELS_TICK, &found);

		kept &= insert_far(arena, side, i, tick * LEVELS_TICK, *rung);
		*rung = 0;
		*levels_word(side, tick) &= ~levels_bit(tick);
	}
	side->low = (int32_t)low;
	return kept;
}

// lower moves the window's low end down: far levels on whole cents from there on come into it.
static void lower(struct levels_arena *arena, struct levels *side, int64_t low)
{
	struct level *lv = array(arena, side);
	bool found;
	uint32_t from = search(arena, side, low * LEVELS_TICK, &found), n = from;

	side->low = (int32_t)low;
	for (uint32_t i = from; i < side->n; i++)
		if (levels_near(side, lv[i].price, lv[i].price / LEVELS_TICK))
			put(arena, side, lv[i].price / LEVELS_TICK, lv[i].qty);
		else
			lv[n++] = lv[i];
	side->n = n & 0xffffff;
	side->odd = side->odd && n;
}

// follow puts the window around top, the best tick there is.
static bool follow(struct levels_arena *arena, struct levels *side, int64_t top)
{
	int64_t low = top - (LEVELS_RUNGS - 1 - HEADROOM);

	if (low > side->low)
		return raise(arena, side, low);
	lower(arena, side, low);
	return true;
}

void levels_settle(struct levels_arena *arena, struct levels *side)
{
	const struct level *lv = array(arena, side);
	uint32_t i = side->n;

	if (!levels_empty(side)) {
		if (levels_top(side) < side->low + SUNK)
			follow(arena, side, levels_top(side));
		return;
	}
	while (i && !on_tick(lv[i - 1].price))
		i--;
	if (i)
		follow(arena, side, lv[i - 1].price / LEVELS_TICK);
}

// Above the window, or the first on a whole cent: the window goes there.
static bool leads(const struct levels *side, int64_t key)
{
	return on_tick(key) && (levels_empty(side) || key / LEVELS_TICK >= (int64_t)side->low + LEVELS_RUNGS);
}

static bool lead(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool kept = follow(arena, side, key / LEVELS_TICK);

	put(arena, side, key / LEVELS_TICK, qty);
	return kept;
}

bool levels_add_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;

	if (!qty)
		return true;
	if (leads(side, key))
		return lead(arena, side, key, qty);
	uint32_t i = search(arena, side, key, &found);

	if (!found)
		return insert_far(arena, side, i, key, qty);
	array(arena, side)[i].qty += qty;
	return true;
}

uint64_t levels_take_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;
	uint32_t i = search(arena, side, key, &found);

	if (!found)
		return qty;
	struct level *lv = array(arena, side) + i;

	if (lv->qty > qty) {
		lv->qty -= qty;
		return 0;
	}
	qty -= lv->qty;
	erase(arena, side, i);
	return qty;
}

bool levels_set_far(struct levels_arena *arena, struct levels *side, int64_t key, uint64_t qty)
{
	bool found;

	if (qty && leads(side, key))
		return lead(arena, side, key, qty);
	uint32_t i = search(arena, side, key, &found);

	if (!found)
		return qty == 0 || insert_far(arena, side, i, key, qty);
	if (qty == 0)
		erase(arena, side, i);
	else
		array(arena, side)[i].qty = qty;
	return true;
}

uint64_t levels_size(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	int64_t tick = key / LEVELS_TICK;
	bool found;

	if (levels_near(side, key, tick))
		return arena->rung[side->rungs + levels_rung(tick)];
	uint32_t i = search(arena, side, key, &found);

	return found ? array(arena, side)[i].qty : 0;
}

struct level levels_after(const struct levels_arena *arena, const struct levels *side, int64_t key)
{
	struct level best = { LEVELS_NO_PRICE, 0 };
	int64_t below = (key - 1) / LEVELS_TICK - ((key - 1) % LEVELS_TICK < 0);
	bool found;

	if (!levels_empty(side)) {
		int64_t tick = levels_top(side) < below ? levels_top(side) : below;

		while (tick >= side->low && !arena->rung[side->rungs + levels_rung(tick)])
			tick--;
		if (tick >= side->low)
			best = (struct level){ tick * LEVELS_TICK,
					       arena->rung[side->rungs + levels_rung(tick)] };
	}
	uint32_t i = search(arena, side, key, &found);

	if (i && array(arena, side)[i - 1].price > best.price)
		best = array(arena, side)[i - 1];
	return best;
}

uint32_t levels_depth(const struct levels_arena *arena, const struct levels *side, struct level *out,
		      uint32_t n)
{
	const struct level *lv = array(arena, side);
	uint32_t far = side->n, i = 0;
	int64_t tick = levels_empty(side) ? (int64_t)side->low - 1 : levels_top(side);

	while (i < n) {
		while (tick >= side->low && !arena->rung[side->rungs + levels_rung(tick)])
			tick--;
		if (tick >= side->low && (!far || tick * LEVELS_TICK > lv[far - 1].price)) {
			out[i++] = (struct level){ tick * LEVELS_TICK,
						   arena->rung[side->rungs + levels_rung(tick)] };
			tick--;
		} else if (far) {
			out[i++] = lv[--far];
		} else {
			break;
		}
	}
	return i;
}

void levels_clear(struct levels_arena *arena, struct levels *side)
{
	if (side->order)
		give_array(arena, side->order, side->at);
	for (uint32_t word = 0; word < LEVELS_WORDS; word++)
		for (uint64_t used = side->used[word]; used; used &= used - 1)
			arena->rung[side->rungs + word * 64 + (uint32_t)__builtin_ctzll(used)] = 0;
	*side = (struct levels){ .rungs = side->rungs };
}
