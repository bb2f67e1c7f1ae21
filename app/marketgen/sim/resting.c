/* SPDX-License-Identifier: BSD-3-Clause */
// resting.c: orders and levels in pools that grow by doubling, linked by index.
#include "app/marketgen/sim/resting.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Both sides ascend towards the touch, so that the best rung is the last.
static uint32_t key_of(enum market_side side, uint32_t price) { return side == MARKET_BUY ? price : ~price; }

int resting_init(struct resting *r, uint32_t n_books)
{
	*r = (struct resting){ .n_books = n_books, .orders_free = RESTING_NONE, .levels_free = RESTING_NONE };
	r->books = calloc(n_books, sizeof *r->books);
	if (r->books == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_books; i++)
		r->books[i].newest = r->books[i].oldest = RESTING_NONE;
	return 0;
}

void resting_fini(struct resting *r)
{
	for (uint32_t i = 0; i < r->n_books; i++) {
		free(r->books[i].sides[0].rungs);
		free(r->books[i].sides[1].rungs);
	}
	free(r->books);
	free(r->orders);
	free(r->levels);
	*r = (struct resting){ 0 };
}

// Makes room for one more element of a doubling array.
static bool grow(void **base, uint32_t used, uint32_t *room, size_t size, uint32_t first)
{
	uint32_t wanted = *room ? *room * 2 : first;
	void *moved;

	if (used < *room)
		return true;
	moved = realloc(*base, wanted * size);
	if (moved == NULL)
		return false;
	*base = moved;
	*room = wanted;
	return true;
}

// Index of the first rung whose key is not below key. Most activity is near the touch: look there first.
static uint32_t find_rung(const struct resting_side *side, uint32_t key)
{
	uint32_t low = 0, high = side->n_rungs, step = 4;

	while (high > step && side->rungs[high - step].key >= key) {
		high -= step;
		step *= 2;
	}
	low = high > step ? high - step : 0;
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (side->rungs[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t take_level(struct resting *r)
{
	uint32_t level = r->levels_free;

	if (level != RESTING_NONE) {
		r->levels_free = r->levels[level].front;
	} else {
		if (!grow((void **)&r->levels, r->levels_used, &r->levels_room, sizeof *r->levels, 1024))
			return RESTING_NONE;
		level = r->levels_used++;
	}
	r->levels[level] = (struct resting_level){ RESTING_NONE, RESTING_NONE };
	return level;
}

static uint32_t level_for(struct resting *r, struct resting_side *side, uint32_t key)
{
	uint32_t at = find_rung(side, key), level;

	if (at < side->n_rungs && side->rungs[at].key == key)
		return side->rungs[at].level;
	if (!grow((void **)&side->rungs, side->n_rungs, &side->room, sizeof *side->rungs, 8))
		return RESTING_NONE;
	level = take_level(r);
	if (level == RESTING_NONE)
		return RESTING_NONE;
	memmove(side->rungs + at + 1, side->rungs + at, (side->n_rungs - at) * sizeof *side->rungs);
	side->rungs[at] = (struct resting_rung){ key, level };
	side->n_rungs++;
	return level;
}

static uint32_t take_order(struct resting *r)
{
	uint32_t order = r->orders_free;

	if (order != RESTING_NONE) {
		r->orders_free = r->orders[order].newer;
		return order;
	}
	if (!grow((void **)&r->orders, r->orders_used, &r->orders_room, sizeof *r->orders, 4096))
		return RESTING_NONE;
	return r->orders_used++;
}

uint32_t resting_add(struct resting *r, uint32_t instr, enum market_side side, uint32_t price,
		     uint32_t shares, uint64_t ref)
{
	struct resting_book *book = &r->books[instr];
	uint32_t order = take_order(r);
	uint32_t level = order == RESTING_NONE ? RESTING_NONE
					       : level_for(r, &book->sides[side], key_of(side, price));
	struct resting_level *queue;

	if (level == RESTING_NONE) {
		r->out_of_memory = true;
		return RESTING_NONE;
	}
	queue = &r->levels[level];
	r->orders[order] = (struct resting_order){
		.ref = ref,
		.instr = instr,
		.price = price,
		.shares = shares,
		.level = level,
		.before = queue->back,
		.behind = RESTING_NONE,
		.older = book->newest,
		.newer = RESTING_NONE,
		.side = (uint8_t)side,
	};
	if (queue->back == RESTING_NONE)
		queue->front = order;
	else
		r->orders[queue->back].behind = order;
	queue->back = order;
	if (book->newest == RESTING_NONE)
		book->oldest = order;
	else
		r->orders[book->newest].newer = order;
	book->newest = order;
	book->n_orders++;
	if (++r->n_alive > r->n_alive_max)
		r->n_alive_max = r->n_alive;
	return order;
}

static void drop_level(struct resting *r, struct resting_side *side, uint32_t key)
{
	uint32_t at = find_rung(side, key);

	r->levels[side->rungs[at].level].front = r->levels_free;
	r->levels_free = side->rungs[at].level;
	side->n_rungs--;
	memmove(side->rungs + at, side->rungs + at + 1, (side->n_rungs - at) * sizeof *side->rungs);
}

void resting_remove(struct resting *r, uint32_t handle)
{
	struct resting_order *order = &r->orders[handle];
	struct resting_book *book = &r->books[order->instr];
	struct resting_level *queue = &r->levels[order->level];

	*(order->before == RESTING_NONE ? &queue->front : &r->orders[order->before].behind) = order->behind;
	*(order->behind == RESTING_NONE ? &queue->back : &r->orders[order->behind].before) = order->before;
	*(order->older == RESTING_NONE ? &book->oldest : &r->orders[order->older].newer) = order->newer;
	*(order->newer == RESTING_NONE ? &book->newest : &r->orders[order->newer].older) = order->older;
	if (queue->front == RESTING_NONE)
		drop_level(r, &book->sides[order->side], key_of(order->side, order->price));
	book->n_orders--;
	r->n_alive--;
	order->newer = r->orders_free;
	r->orders_free = handle;
}

void resting_reduce(struct resting *r, uint32_t handle, uint32_t shares)
{
	struct resting_order *order = &r->orders[handle];

	order->shares -= shares;
	if (order->shares == 0)
		resting_remove(r, handle);
}

uint32_t resting_front(const struct resting *r, uint32_t instr, enum market_side side)
{
	const struct resting_side *s = &r->books[instr].sides[side];

	return s->n_rungs == 0 ? RESTING_NONE : r->levels[s->rungs[s->n_rungs - 1].level].front;
}

uint32_t resting_best(const struct resting *r, uint32_t instr, enum market_side side)
{
	const struct resting_side *s = &r->books[instr].sides[side];

	return s->n_rungs == 0 ? 0 : key_of(side, s->rungs[s->n_rungs - 1].key);
}

uint32_t resting_recent(const struct resting *r, uint32_t instr, uint32_t steps)
{
	uint32_t order = r->books[instr].newest;

	while (steps-- > 0 && order != RESTING_NONE && r->orders[order].older != RESTING_NONE)
		order = r->orders[order].older;
	return order;
}

uint32_t resting_old(const struct resting *r, uint32_t instr, uint32_t steps)
{
	uint32_t order = r->books[instr].oldest;

	while (steps-- > 0 && order != RESTING_NONE && r->orders[order].newer != RESTING_NONE)
		order = r->orders[order].newer;
	return order;
}
