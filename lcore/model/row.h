/* SPDX-License-Identifier: BSD-3-Clause */
// row.h: the columns of one row.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_ROW_H
#define WB_MODEL_ROW_H

#include "lcore/model/engine.h"

// row_make builds the enriched row of the instrument's span that ends at to_sec into *b, and counts it.
// Assumes e->row_n is the number at which the row came due, and rows of one span are made in order of time.
// Returns false if the interval has no row: before the first print, or outside the sessions. Owner.
bool row_make(struct engine *e, uint32_t instr, int span, uint32_t to_sec, const struct frag *f,
	      const struct touch *touch, struct bar *b);
// row_prints sets a row's columns from a fragment, row_touch from the touch at its end.
void row_prints(struct bar *b, const struct frag *f);
void row_touch(struct bar *b, const struct touch *t);

#endif
