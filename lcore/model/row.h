/* SPDX-License-Identifier: BSD-3-Clause */
// row.h: the columns of one row.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_ROW_H
#define WB_MODEL_ROW_H

#include "lcore/model/engine.h"

// row_make builds the enriched row of the instrument's span that ends at to_sec into *b, and counts it. An
// interval without news (nothing touched *f), not the first of its session, has an idle row, which is made
// for engine_conf.fill and for watched instruments, and owed to other readers (row_owe). Assumes e->row_n is
// the number at which the row came due, and rows of one span are made in order of time. Returns false if no
// row is made: before the first print, outside the sessions, or an idle one. Owner.
bool row_make(struct engine *e, uint32_t instr, int span, uint32_t to_sec, const struct frag *f,
	      const struct touch *touch, struct bar *b);
// row_owe takes note of the idle row that ends at to_sec, a function of the last row that was made, of the
// number of idle intervals since, and of the facts known at e->row_n. flags: of its seconds. The row is owed
// to readers until one of its span is made that is newer.
void row_owe(struct engine *e, uint32_t instr, int span, uint32_t to_sec, uint32_t flags);
// row_owed makes it: the same bytes whenever. Assumes one of that span is owed.
void row_owed(struct engine *e, uint32_t instr, int span, struct bar *b);
// row_rest counts the idle intervals of all spans up to to_sec: no rows follow until the instrument prints.
// Assumes that no row is owed.
void row_rest(struct engine *e, uint32_t instr, uint32_t to_sec);
// row_prints sets a row's columns from a fragment, row_touch from the touch at its end.
void row_prints(struct bar *b, const struct frag *f);
void row_touch(struct bar *b, const struct touch *t);

#endif
