/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/bar_arrow.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lcore/base/symtab.h"
#include "lcore/model/tables.h"

unsigned bar_arrow_fields(const uint8_t *col, unsigned n, struct arrow_field *field)
{
	static const struct {
		enum arrow_type type;
		bool nullable;
	} as[] = { [BAR_TYPE_SYM] = { ARROW_UTF8, false }, [BAR_TYPE_SPAN] = { ARROW_UTF8, false },
		   [BAR_TYPE_TS] = { ARROW_TIME, false },  [BAR_TYPE_FLAGS] = { ARROW_I32, false },
		   [BAR_TYPE_PX] = { ARROW_F64, true },    [BAR_TYPE_U64] = { ARROW_I64, false },
		   [BAR_TYPE_I64] = { ARROW_I64, false },  [BAR_TYPE_F64] = { ARROW_F64, true } };
	unsigned count = n ? n : COL_COUNT;

	for (unsigned i = 0; i < count; i++) {
		const struct bar_column *c = &bar_columns[n ? col[i] : i];

		field[i] = (struct arrow_field){ c->name, as[c->type].type, as[c->type].nullable };
	}
	return count;
}

void bar_arrow_meta(struct arrow_meta meta[BAR_ARROW_META])
{
	static const char flags[] =
#define FLAG(name, help) "|" #name
#include "lcore/model/flags.def"
#undef FLAG
		;
	static char schema[17];

	snprintf(schema, sizeof schema, "%016" PRIx64, tables_layout());
	meta[0] = (struct arrow_meta){ "wirebar.schema", schema };
	meta[1] = (struct arrow_meta){ "wirebar.flags", flags + 1 };
}

static void put_cell(struct arrow_batch *b, unsigned at, const struct bar *bar, enum bar_col col)
{
	uint64_t w = bar_word(bar, col);
	char text[SYMBOL_BYTES + 1];

	switch (bar_columns[col].type) {
	case BAR_TYPE_SYM: arrow_text(b, at, text, symtab_text(w, text)); break;
	case BAR_TYPE_SPAN:
		if (w < SPAN_COUNT)
			arrow_text(b, at, bar_span_name[w], strlen(bar_span_name[w]));
		break;
	case BAR_TYPE_FLAGS: arrow_int32(b, at, (int32_t)w); break;
	case BAR_TYPE_TS:
	case BAR_TYPE_U64:
	case BAR_TYPE_I64: arrow_int(b, at, (int64_t)w); break;
	case BAR_TYPE_PX:
	case BAR_TYPE_F64: arrow_number(b, at, bar_number(bar, col) + 0.0); break; // no minus zero in exports
	}
}

void bar_arrow_cells(struct arrow_batch *b, unsigned at, const struct bar *bar, const uint8_t *col,
		     unsigned n)
{
	for (unsigned i = 0; i < (n ? n : COL_COUNT); i++)
		put_cell(b, at + i, bar, (enum bar_col)(n ? col[i] : i));
}

static const void *row_at(const void *first, ptrdiff_t step, uint32_t i)
{
	return (const char *)first + step * (ptrdiff_t)i;
}

// Rows of one instrument and span have one text in common.
static void put_texts(struct arrow_batch *b, enum bar_col col, const struct bar *first, ptrdiff_t step,
		      uint32_t n)
{
	char text[BAR_TEXT_BYTES];

	for (uint32_t i = 0, same; i < n; i += same) {
		const struct bar *row = row_at(first, step, i);
		const char *cell = (const char *)row + (size_t)col * 8, *other = cell;

		for (same = 1; i + same < n && !memcmp(other += step, cell, 8);)
			same++;
		arrow_texts(b, col, i, text, bar_format(row, col, text), same);
	}
}

static void put_prices(struct arrow_batch *b, enum bar_col col, const struct bar *first, ptrdiff_t step,
		       uint32_t n)
{
	double dollars[BAR_ARROW_ROWS];
	const char *cell = (const char *)first + (size_t)col * 8;

	for (uint32_t i = 0; i < n; i++, cell += step) {
		int64_t px;

		memcpy(&px, cell, sizeof px);
		dollars[i] = px == PX_NULL ? NAN : (double)px;
	}
	for (uint32_t i = 0; i < n; i++) // by itself, so that it is done two at a time
		dollars[i] /= PX_ONE;
	arrow_numbers(b, col, dollars, sizeof *dollars, n);
}

void bar_arrow_rows(struct arrow_batch *b, const struct bar *first, ptrdiff_t step, uint32_t n)
{
	for (unsigned i = 0; i < COL_COUNT; i++) {
		enum bar_col col = (enum bar_col)i;
		const char *cell = (const char *)first + (size_t)col * 8;

		switch (bar_columns[col].type) {
		case BAR_TYPE_SYM:
		case BAR_TYPE_SPAN: put_texts(b, col, first, step, n); break;
		case BAR_TYPE_FLAGS: arrow_int32s(b, col, cell, step, n); break;
		case BAR_TYPE_TS:
		case BAR_TYPE_U64:
		case BAR_TYPE_I64: arrow_ints(b, col, cell, step, n); break;
		case BAR_TYPE_PX: put_prices(b, col, first, step, n); break;
		case BAR_TYPE_F64: arrow_numbers(b, col, cell, step, n); break;
		}
	}
	arrow_rows(b, n);
}
