/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/book/shelf.h"

int64_t shelf_next(const struct shelf *s, uint64_t *rung, int64_t low, int64_t tick)
{
	int64_t end = low - 1 - shelf_ticks(s);

	if (!s->n)
		return end;
	tick = tick < low ? tick : low - 1;
	while (tick > end && !*shelf_rung(s, rung, tick))
		tick--;
	return tick > end ? tick : end;
}

void shelf_move(struct shelf *s, uint64_t *rung, int64_t low, uint32_t order, uint32_t at)
{
	struct shelf to = { .at = at, .order = order & 0x1f };
	int64_t end = low - 1 - shelf_ticks(s);

	for (int64_t tick = shelf_next(s, rung, low, low - 1); tick > end;
	     tick = shelf_next(s, rung, low, tick - 1))
		shelf_write(&to, rung, tick, *shelf_rung(s, rung, tick));
	*s = to;
}
