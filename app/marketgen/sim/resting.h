/* SPDX-License-Identifier: BSD-3-Clause */
// resting.h: the resting orders of the simulated Nasdaq book: per instrument and side, levels sorted by price
// with the best last, and in each level the orders in time priority; per instrument also a list by age.
// Prices in ticks. Owner of all memory: resting_init to resting_fini. Single thread.
#ifndef WB_MARKETGEN_RESTING_H
#define WB_MARKETGEN_RESTING_H

#include "app/marketgen/sim/market.h"

#define RESTING_NONE UINT32_MAX
#define RESTING_MAX  1650000u // orders alive at once: the most of a real Nasdaq day

struct resting_order {
	uint64_t ref;
	uint32_t instr;
	uint32_t price;
	uint32_t shares;
	uint32_t level;
	uint32_t before, behind; // in time priority
	uint32_t older, newer;   // of the instrument; newer also chains free orders
	uint8_t side;
};

struct resting_level {
	uint32_t front, back;
}; // front also chains free levels
struct resting_rung {
	uint32_t key, level;
}; // key ascends towards the touch
struct resting_side {
	struct resting_rung *rungs;
	uint32_t n_rungs, room;
};
struct resting_book {
	struct resting_side sides[2];
	uint32_t newest, oldest;
	uint32_t n_orders;
};

struct resting {
	struct resting_book *books;
	struct resting_order *orders;
	struct resting_level *levels;
	uint32_t n_books, n_alive, n_alive_max;
	uint32_t orders_used, orders_room, orders_free;
	uint32_t levels_used, levels_room, levels_free;
	bool out_of_memory; // sticky: an add was refused
};

// resting_init makes empty books. Returns 0 or -ENOMEM.
int resting_init(struct resting *r, uint32_t n_books);
void resting_fini(struct resting *r);
// resting_add puts an order after all others of its price. Returns its handle, or RESTING_NONE: out of
// memory.
uint32_t resting_add(struct resting *r, uint32_t instr, enum market_side side, uint32_t price,
		     uint32_t shares, uint64_t ref);
// resting_reduce takes shares off an order, and removes it at zero. Assumes it has as many.
void resting_reduce(struct resting *r, uint32_t order, uint32_t shares);
// resting_remove removes an order.
void resting_remove(struct resting *r, uint32_t order);
// resting_front returns the first order in line at the best price, or RESTING_NONE.
uint32_t resting_front(const struct resting *r, uint32_t instr, enum market_side side);
// resting_best returns the best price in ticks, 0 when the side is empty.
uint32_t resting_best(const struct resting *r, uint32_t instr, enum market_side side);
// resting_recent returns the order `steps` before the newest, resting_old the one `steps` after the oldest
// (or the last one there is); RESTING_NONE when the book is empty.
uint32_t resting_recent(const struct resting *r, uint32_t instr, uint32_t steps);
uint32_t resting_old(const struct resting *r, uint32_t instr, uint32_t steps);

#endif
