/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/bar.h"

#include <math.h>
#include <string.h>

#include "lcore/base/calendar.h"
#include "lcore/base/decimal.h"
#include "lcore/base/symtab.h"

const char *const bar_span_name[SPAN_COUNT] = { "1s", "5s", "15s", "30s", "1m", "5m" };

const struct bar_column bar_columns[COL_COUNT] = {
#define COL(name, type, help) { #name, BAR_TYPE_##type, help },
#include "lcore/model/columns.def"
#undef COL
};

const char *const bar_flag_names[BAR_FLAG_COUNT] = {
#define FLAG(name, help) #name,
#include "lcore/model/flags.def"
#undef FLAG
};

const char *const bar_flag_help[BAR_FLAG_COUNT] = {
#define FLAG(name, help) help,
#include "lcore/model/flags.def"
#undef FLAG
};

enum bar_col bar_column_by_name(const char *name, size_t len)
{
	int i = 0;

	while (i < COL_COUNT &&
	       !(strlen(bar_columns[i].name) == len && !memcmp(bar_columns[i].name, name, len)))
		i++;
	return (enum bar_col)i;
}

enum bar_span bar_span_by_name(const char *name, size_t len)
{
	int i = 0;

	while (i < SPAN_COUNT && !(strlen(bar_span_name[i]) == len && !memcmp(bar_span_name[i], name, len)))
		i++;
	return (enum bar_span)i;
}

uint64_t bar_word(const struct bar *bar, enum bar_col col)
{
	uint64_t w;

	memcpy(&w, (const char *)bar + (size_t)col * 8, sizeof w);
	return w;
}

double bar_number(const struct bar *bar, enum bar_col col)
{
	uint64_t w = bar_word(bar, col);
	double d;

	switch (bar_columns[col].type) {
	case BAR_TYPE_F64: memcpy(&d, &w, sizeof d); return d;
	case BAR_TYPE_PX: return (int64_t)w == PX_NULL ? NAN : (double)(int64_t)w / PX_ONE;
	case BAR_TYPE_I64: return (double)(int64_t)w;
	default: return (double)w;
	}
}

size_t bar_px(int64_t px, char *out)
{
	*out = '\0';
	return px == PX_NULL ? 0 : decimal_millionths(px, out);
}

static size_t put_flags(uint64_t flags, char *out)
{
	size_t n = 0;

	*out = '\0';
	for (int i = 0; i < BAR_FLAG_COUNT; i++) {
		if (!(flags >> i & 1))
			continue;
		if (n)
			out[n++] = '|';
		size_t len = strlen(bar_flag_names[i]);
		memcpy(out + n, bar_flag_names[i], len + 1);
		n += len;
	}
	return n;
}

size_t bar_format(const struct bar *bar, enum bar_col col, char *out)
{
	uint64_t w = bar_word(bar, col);
	double d;

	*out = '\0';
	switch (bar_columns[col].type) {
	case BAR_TYPE_SYM: return symtab_text(w, out);
	case BAR_TYPE_SPAN: return (size_t)(stpcpy(out, w < SPAN_COUNT ? bar_span_name[w] : "?") - out);
	case BAR_TYPE_TS: return calendar_iso(w, out);
	case BAR_TYPE_FLAGS: return put_flags(w, out);
	case BAR_TYPE_PX: return bar_px((int64_t)w, out);
	case BAR_TYPE_U64: return decimal_u64(w, out);
	case BAR_TYPE_I64: return decimal_i64((int64_t)w, out);
	case BAR_TYPE_F64:
		memcpy(&d, &w, sizeof d);
		if (isnan(d))
			return 0;
		if (d == 0) // no minus zero in exports
			d = 0;
		return decimal_g12(d, out);
	}
	return 0;
}

size_t bar_csv_header_of(const uint8_t *col, unsigned n, char *out)
{
	char *p = out;

	for (unsigned i = 0; i < (n ? n : COL_COUNT); i++) {
		if (i)
			*p++ = ',';
		p = stpcpy(p, bar_columns[n ? col[i] : i].name);
	}
	return (size_t)(stpcpy(p, "\n") - out);
}

size_t bar_csv_row_of(const struct bar *bar, const uint8_t *col, unsigned n, char *out)
{
	char *p = out;

	for (unsigned i = 0; i < (n ? n : COL_COUNT); i++) {
		if (i)
			*p++ = ',';
		p += bar_format(bar, (enum bar_col)(n ? col[i] : i), p);
	}
	return (size_t)(stpcpy(p, "\n") - out);
}

size_t bar_csv_header(char *out) { return bar_csv_header_of(NULL, 0, out); }

size_t bar_csv_row(const struct bar *bar, char *out) { return bar_csv_row_of(bar, NULL, 0, out); }

int bar_order(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->close_ts != y->close_ts)
		return x->close_ts < y->close_ts ? -1 : 1;
	if (x->span != y->span)
		return x->span < y->span ? -1 : 1;
	return symtab_order(x->symbol, y->symbol);
}
