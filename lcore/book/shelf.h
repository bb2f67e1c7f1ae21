/* SPDX-License-Identifier: BSD-3-Clause */
// shelf.h: levels close below a side's window, by tick, as in the window: a ring of sizes that covers the
// ticks from the window's low end down. Where levels lie close together, one is found, made and removed
// without a search and without moving others; only a side of many has one (levels.c). Rungs are in the arena
// of far levels, two in the room of one. One writer, that of the levels.
#ifndef WB_MODEL_SHELF_H
#define WB_MODEL_SHELF_H

#include "lcore/base/num.h"

enum { SHELF_MIN_ORDER = 7, SHELF_MAX_ORDER = 13 };

// w, r: the lcore that keeps the books.
struct shelf {
	uint32_t at;        // first rung: index into the arena, in rungs
	uint32_t n : 27;    // levels on it
	uint32_t order : 5; // 1 << order ticks; 0: there is none
};

static inline uint32_t shelf_ticks(const struct shelf *s) { return UINT32_C(1) << s->order & ~UINT32_C(1); }

// shelf_covers returns true if the tick is one of the shelf's. low: the window's lowest tick.
static inline bool shelf_covers(const struct shelf *s, int64_t low, int64_t tick)
{
	return (uint64_t)(low - 1 - tick) < shelf_ticks(s);
}

// shelf_rung returns where the size of a tick is that the shelf covers. rung: the arena's memory.
static inline uint64_t *shelf_rung(const struct shelf *s, uint64_t *rung, int64_t tick)
{
	return &rung[s->at + ((uint32_t)tick & (shelf_ticks(s) - 1))];
}

// shelf_write makes the size at a tick that it covers qty; 0: there is none.
static inline void shelf_write(struct shelf *s, uint64_t *rung, int64_t tick, uint64_t qty)
{
	uint64_t *at = shelf_rung(s, rung, tick);

	s->n = (s->n + (qty != 0) - (*at != 0)) & 0x7ffffff;
	*at = qty;
}

// shelf_next returns the best tick with a level from tick on down; the one below the shelf when there is
// none.
int64_t shelf_next(const struct shelf *s, uint64_t *rung, int64_t low, int64_t tick);
// shelf_move makes the shelf, with all that is on it, one of 1 << order ticks, in zeroed rungs at at.
void shelf_move(struct shelf *s, uint64_t *rung, int64_t low, uint32_t order, uint32_t at);

#endif
