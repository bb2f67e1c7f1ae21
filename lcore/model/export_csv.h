/* SPDX-License-Identifier: BSD-3-Clause */
// export_csv.h: canonical CSV of fires, revisions and venues' rows. The digest is of these bytes. Any thread.
#ifndef WB_MODEL_EXPORT_CSV_H
#define WB_MODEL_EXPORT_CSV_H

#include "lcore/model/bar.h"
#include "lcore/model/gate.h"
#include "lcore/model/record.h"
#include "lcore/model/streams.h"

// The columns of all streams but bars, made from export.def.
struct export_column {
	uint8_t output;
	const char *name, *type, *help;
};
extern const struct export_column export_columns[];
extern const unsigned export_columns_count;

// Each function writes one line with its newline, NUL-terminated, into out (BAR_LINE_BYTES) and returns the
// length. export_csv_header writes the names of an output's columns: of those in export.def.
size_t export_csv_header(enum output_which output, char *out);
size_t export_csv_fire(const struct fire *fire, char *out);
// A venue's own rows: the venue, then n columns of the bar (0: all).
size_t export_csv_venue_header(const uint8_t *col, unsigned n, char *out);
size_t export_csv_venue(const struct bar *bar, const uint8_t *col, unsigned n, char *out);
// export_csv_venue_order is bar_order, then the venue's rank. For qsort.
int export_csv_venue_order(const void *a, const void *b);
size_t export_csv_revision(const struct revision *revision, char *out);
// export_csv_revision_order compares for the canonical order: open_ts, span, symbol, number. For qsort.
int export_csv_revision_order(const void *a, const void *b);

#endif
