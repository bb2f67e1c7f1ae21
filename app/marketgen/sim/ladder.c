/* SPDX-License-Identifier: BSD-3-Clause */
// ladder.c: a few sorted levels; linear search from the touch.
#include "app/marketgen/sim/ladder.h"

#include <string.h>

static bool nearer(enum market_side side, uint32_t a, uint32_t b)
{
	return side == MARKET_BUY ? a > b : a < b;
}

// Where price stands, or would stand.
static uint32_t find(const struct ladder *l, enum market_side side, uint32_t price)
{
	uint32_t at = l->n_rungs[side];

	while (at > 0 && !nearer(side, price, l->rungs[side][at - 1].price) &&
	       l->rungs[side][at - 1].price != price)
		at--;
	return at > 0 && l->rungs[side][at - 1].price == price ? at - 1 : at;
}

const struct ladder_rung *ladder_best(const struct ladder *l, enum market_side side)
{
	return l->n_rungs[side] == 0 ? NULL : &l->rungs[side][l->n_rungs[side] - 1];
}

uint32_t ladder_size(const struct ladder *l, enum market_side side, uint32_t price)
{
	uint32_t at = find(l, side, price);

	return at < l->n_rungs[side] && l->rungs[side][at].price == price ? l->rungs[side][at].size : 0;
}

bool ladder_set(struct ladder *l, enum market_side side, uint32_t price, uint32_t size)
{
	struct ladder_rung *rungs = l->rungs[side];
	uint32_t at = find(l, side, price), n = l->n_rungs[side];

	if (at < n && rungs[at].price == price) {
		if (size > 0) {
			rungs[at].size = size;
			return true;
		}
		memmove(rungs + at, rungs + at + 1, (n - at - 1) * sizeof *rungs);
		l->n_rungs[side]--;
		return true;
	}
	if (size == 0)
		return true;
	if (n == LADDER_RUNGS_MAX)
		return false;
	memmove(rungs + at + 1, rungs + at, (n - at) * sizeof *rungs);
	rungs[at] = (struct ladder_rung){ price, size };
	l->n_rungs[side]++;
	return true;
}
