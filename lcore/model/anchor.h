/* SPDX-License-Identifier: BSD-3-Clause */
// anchor.h: the last row that was made of an instrument and span, as far as the idle rows after it follow
// from it (row.c). Idle rows are never anchors themselves. The owner.
#ifndef WB_MODEL_ANCHOR_H
#define WB_MODEL_ANCHOR_H

#include "lcore/book/book.h"
#include "lcore/model/ind.h"

// w, r: the engine's lcore.
struct anchor {
	struct ind ind;
	struct touch touch; // at its end, and since: a change of the touch makes a row
	double obi;         // of that touch
	uint32_t end_sec;   // where it ended; 0: no rows came since `idle` was counted
	uint32_t idle;      // idle intervals since, of days that are over
};

#endif
