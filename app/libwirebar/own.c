/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/libwirebar/own.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// One list: each column is at the same place in both rows.
#define FIRST offsetof(struct wirebar_row, symbol)
#define COL(name, type, help) \
	_Static_assert(offsetof(struct wirebar_row, name) - FIRST == offsetof(struct bar, name) && \
			       (int)WIREBAR_COL_##name == (int)COL_##name && \
			       (int)WIREBAR_TYPE_##type == (int)BAR_TYPE_##type, \
		       #name);
#include "lcore/model/columns.def"
#undef COL
_Static_assert(sizeof(struct wirebar_row) == FIRST + COL_COUNT * 8, "one word for each column");
_Static_assert((int)WIREBAR_SPANS == (int)SPAN_COUNT && (int)WIREBAR_5M == (int)SPAN_5M, "spans");
_Static_assert(WIREBAR_EMPTY == PX_NULL && WIREBAR_ANY == INSTR_NONE, "values without meaning");

int own_say(int code, char *err, size_t err_bytes, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (err && err_bytes)
		vsnprintf(err, err_bytes, format, ap);
	va_end(ap);
	return code;
}

size_t own_text(const char *text, size_t len, char *out, size_t out_bytes)
{
	if (out && out_bytes) {
		size_t n = len < out_bytes ? len : out_bytes - 1;

		memcpy(out, text, n);
		out[n] = '\0';
	}
	return len;
}

void own_fill(void *out, size_t out_bytes, void *from, size_t from_bytes)
{
	uint32_t n = (uint32_t)(out_bytes < from_bytes ? out_bytes : from_bytes);

	memcpy(from, &n, sizeof n);
	memcpy(out, from, n);
}

void own_row(const struct bar *bar, struct wirebar_row *row, size_t bytes)
{
	struct wirebar_row whole = { .instr = bar->instr, .last_due = bar->last_due, .n_due = bar->n_due };

	memcpy((char *)&whole + FIRST, bar, COL_COUNT * sizeof(uint64_t));
	own_fill(row, bytes, &whole, sizeof whole);
}

void own_bar(const struct wirebar_row *row, struct bar *bar)
{
	size_t bytes = row->bytes < sizeof *row ? row->bytes : sizeof *row;

	memset(bar, 0, sizeof *bar);
	if (bytes > FIRST)
		memcpy(bar, (const char *)row + FIRST, bytes - FIRST);
}
