/* SPDX-License-Identifier: BSD-3-Clause */
// bar.h: the sealed bar: an immutable row of 8-byte words, made from columns.def. Links carry it by value,
// the shared tables store it unchanged. Holds no pointers. All functions: any thread.
#ifndef WB_MODEL_BAR_H
#define WB_MODEL_BAR_H

#include "lcore/base/num.h"

enum bar_span { SPAN_1S, SPAN_5S, SPAN_15S, SPAN_30S, SPAN_1M, SPAN_5M, SPAN_COUNT };

static const uint32_t bar_span_s[SPAN_COUNT] = { 1, 5, 15, 30, 60, 300 };

extern const char *const bar_span_name[SPAN_COUNT];

enum bar_flag_bit {
#define FLAG(name, help) BAR_BIT_##name,
#include "lcore/model/flags.def"
#undef FLAG
	BAR_FLAG_COUNT
};

enum bar_flag {
#define FLAG(name, help) BAR_##name = 1 << BAR_BIT_##name,
#include "lcore/model/flags.def"
#undef FLAG
};

enum bar_type {
	BAR_TYPE_SYM,
	BAR_TYPE_SPAN,
	BAR_TYPE_TS,
	BAR_TYPE_FLAGS,
	BAR_TYPE_PX,
	BAR_TYPE_U64,
	BAR_TYPE_I64,
	BAR_TYPE_F64
};

enum bar_col {
#define COL(name, type, help) COL_##name,
#include "lcore/model/columns.def"
#undef COL
	COL_COUNT
};

#define BAR_C_SYM   uint64_t
#define BAR_C_SPAN  uint64_t
#define BAR_C_TS    uint64_t
#define BAR_C_FLAGS uint64_t
#define BAR_C_PX    int64_t
#define BAR_C_U64   uint64_t
#define BAR_C_I64   int64_t
#define BAR_C_F64   double

struct bar {
#define COL(name, type, help) BAR_C_##type name;
#include "lcore/model/columns.def"
#undef COL
	uint32_t instr;   // dense id within the producing process
	uint8_t last_due; // the instrument's last row of this close_ts: gates run now
	uint8_t n_due;    // rows of this close_ts
	uint8_t venue;    // enum venue of a venue's own row; 0 on consolidated ones
	uint8_t pad;
};

#ifdef __cplusplus
static_assert(sizeof(struct bar) == (COL_COUNT + 1) * 8, "one word per column");
#else
_Static_assert(sizeof(struct bar) == (COL_COUNT + 1) * 8, "one word per column");
#endif

struct bar_column {
	const char *name;
	enum bar_type type;
	const char *help;
};

extern const struct bar_column bar_columns[COL_COUNT];
extern const char *const bar_flag_names[BAR_FLAG_COUNT];
extern const char *const bar_flag_help[BAR_FLAG_COUNT];

// bar_column_by_name returns the column, or COL_COUNT.
enum bar_col bar_column_by_name(const char *name, size_t len);
// bar_span_by_name returns the span, or SPAN_COUNT.
enum bar_span bar_span_by_name(const char *name, size_t len);
// bar_word returns a column's 8 bytes as they are.
uint64_t bar_word(const struct bar *bar, enum bar_col col);
// bar_number returns a column as a number for gates and displays: prices in dollars, empty as NaN.
double bar_number(const struct bar *bar, enum bar_col col);
// bar_format writes one column as in the CSV (no separator, NUL-terminated); out holds BAR_TEXT_BYTES.
// Returns the length.
#define BAR_TEXT_BYTES 160
size_t bar_format(const struct bar *bar, enum bar_col col, char *out);
// bar_px writes a price (1e-6 dollar) as an exact decimal without trailing zeros; PX_NULL as nothing. Returns
// the length.
size_t bar_px(int64_t px, char *out);
// bar_csv_header and bar_csv_row write one CSV line with its newline, NUL-terminated, and return the length.
// out holds BAR_LINE_BYTES.
#define BAR_LINE_BYTES 4096
size_t bar_csv_header(char *out);
size_t bar_csv_row(const struct bar *bar, char *out);
// The same of n columns only (enum bar_col), in the order in which they are named; n 0: all.
size_t bar_csv_header_of(const uint8_t *col, unsigned n, char *out);
size_t bar_csv_row_of(const struct bar *bar, const uint8_t *col, unsigned n, char *out);
// bar_order compares two bars for the canonical order of exports: close_ts, span, symbol byte-wise. For
// qsort.
int bar_order(const void *a, const void *b);

#endif
