/* SPDX-License-Identifier: BSD-3-Clause */
// export_csv.h: canonical CSV of the streams beside bars: fires and revisions. What is hashed is these bytes.
#ifndef WB_MODEL_EXPORT_CSV_H
#define WB_MODEL_EXPORT_CSV_H

#include "lcore/model/engine.h"
#include "lcore/model/gate.h"

// Each writes one line with its newline, NUL-terminated, into out (BAR_LINE_BYTES) and returns the length.
size_t fire_csv_header(char *out);
size_t fire_csv_row(const struct gate_set *set, const struct fire *fire, char *out);
size_t venue_csv_header(char *out);
size_t venue_csv_row(const struct bar *bar, char *out);
// venue_order is bar_order, then the venue's rank. For qsort.
int venue_order(const void *a, const void *b);
size_t revision_csv_header(char *out);
size_t revision_csv_row(const struct revision *revision, char *out);
// revision_order compares for the canonical order: open_ts, span, symbol, number. For qsort.
int revision_order(const void *a, const void *b);

#endif
