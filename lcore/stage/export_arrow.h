/* SPDX-License-Identifier: BSD-3-Clause */
// export_arrow.h: an output as Arrow instead of CSV, when its file's name ends in .arrow (a file with a
// footer) or .arrows (a stream), before .gz or not. The same rows in the same order. Bars are taken from the
// record; of the other streams the cells of the CSV line, by the types that export.def gives its columns.
// Export lcore.
#ifndef WB_STAGE_EXPORT_ARROW_H
#define WB_STAGE_EXPORT_ARROW_H

#include "lcore/stage/output.h"
#include "lcore/stage/stage.h"

struct export_arrow;

// export_arrow_open writes the beginning of the file. Returns NULL with out->error 0 if the name asks for
// CSV, with out->error set if there is no memory.
struct export_arrow *export_arrow_open(const struct plant *p, enum output_which which, struct output *out);
// export_arrow_bar adds a bar of the outputs bars and venue_bars, export_arrow_line a line of any other.
void export_arrow_bar(struct export_arrow *a, const struct bar *bar);
void export_arrow_line(struct export_arrow *a, const char *line, size_t bytes);
// export_arrow_takes_bars says which of the two this output is for.
bool export_arrow_takes_bars(const struct export_arrow *a);
// export_arrow_flush hands the rows so far to the output. Live only: a replay's batches are cut by rows, so
// that its bytes do not depend on time.
void export_arrow_flush(struct export_arrow *a);
// export_arrow_close writes the rest and frees a. Accepts NULL.
void export_arrow_close(struct export_arrow *a);

#endif
