/* SPDX-License-Identifier: BSD-3-Clause */
// ladder.h: one instrument's aggregated price levels at the simulated IEX: sizes by price, best last. In
// ticks.
#ifndef WB_MARKETGEN_LADDER_H
#define WB_MARKETGEN_LADDER_H

#include "app/marketgen/sim/market.h"

#define LADDER_RUNGS_MAX 16

struct ladder_rung {
	uint32_t price, size;
};
struct ladder {
	struct ladder_rung rungs[2][LADDER_RUNGS_MAX];
	uint32_t n_rungs[2];
};

// ladder_best returns the best rung of a side, NULL when empty.
const struct ladder_rung *ladder_best(const struct ladder *l, enum market_side side);
// ladder_size returns the size at a price, 0 when there is no such level.
uint32_t ladder_size(const struct ladder *l, enum market_side side, uint32_t price);
// ladder_set sets the size at a price; 0 removes the level. Returns false when a new level finds no room.
bool ladder_set(struct ladder *l, enum market_side side, uint32_t price, uint32_t size);

#endif
