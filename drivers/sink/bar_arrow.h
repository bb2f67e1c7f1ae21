/* SPDX-License-Identifier: BSD-3-Clause */
// bar_arrow.h: bars as Arrow columns, made from columns.def: names and order of the CSV; times as timestamps,
// prices (in dollars) and numbers as doubles, null where the CSV is empty, counts as int64, flags as the bits
// of flags.def. Pure. Any thread.
#ifndef WB_SINK_BAR_ARROW_H
#define WB_SINK_BAR_ARROW_H

#include "drivers/wire/arrow.h"
#include "lcore/model/bar.h"

enum { BAR_ARROW_META = 2, BAR_ARROW_ROWS = 128 };

// bar_arrow_fields writes the fields of n columns (0: all) and returns how many there are. field holds
// COL_COUNT.
unsigned bar_arrow_fields(const uint8_t *col, unsigned n, struct arrow_field *field);
// bar_arrow_meta fills the schema's metadata: wirebar.schema changes with the columns (tables_layout, in
// hex), wirebar.flags has the names of flags from bit 0 on. What a build is called is not among it: the same
// rows are the same bytes.
void bar_arrow_meta(struct arrow_meta meta[BAR_ARROW_META]);
// bar_arrow_cells sets the same columns of the row in hand, the first of them in field at. Assumes room for
// 16 bytes of text.
void bar_arrow_cells(struct arrow_batch *b, unsigned at, const struct bar *bar, const uint8_t *col,
		     unsigned n);
// bar_arrow_rows adds n rows of all columns, by column: from first on, step bytes apart (below 0: backwards).
// At most BAR_ARROW_ROWS. Assumes room for them, and 16 bytes of text for each.
void bar_arrow_rows(struct arrow_batch *b, const struct bar *first, ptrdiff_t step, uint32_t n);

#endif
