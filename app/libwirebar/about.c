/* SPDX-License-Identifier: BSD-3-Clause */
// about.c: names and numbers of the lists, and cells as text.
#include <math.h>
#include <string.h>

#include "app/libwirebar/own.h"
#include "lcore/base/fnv.h"
#include "lcore/base/ledger.h"
#include "lcore/base/symtab.h"
#include "lcore/base/venue.h"
#include "lcore/model/export_csv.h"

const char *wirebar_version(void) { return WIREBAR_VERSION; }

const char *wirebar_code_text(int code)
{
	static const char *const text[] = {
		[WIREBAR_OK] = "done",
		[WIREBAR_FAILED] = "could not be done",
		[WIREBAR_USAGE] = "bad arguments, or a configuration that is refused",
		[WIREBAR_LOSSY] = "done, but data was lost or damaged, or the run was stopped",
		[WIREBAR_ABSENT] = "no appliance to attach to",
		[WIREBAR_LAYOUT] = "another layout of rows or tables",
		[WIREBAR_GONE] = "the appliance has ended",
		[WIREBAR_TIMEOUT] = "nothing new in time",
		[WIREBAR_NOTHING] = "no such instrument, or nothing written there yet",
		[WIREBAR_ONCE] = "this process was attached to another appliance before",
	};

	return code >= 0 && code < (int)(sizeof text / sizeof *text) ? text[code] : "no code of wirebar";
}

uint64_t wirebar_layout(void)
{
	uint64_t hash = fnv_bytes(FNV_BASIS, tables_columns(), strlen(tables_columns()));

	for (int i = 0; i < BAR_FLAG_COUNT; i++)
		hash = fnv_bytes(hash, bar_flag_names[i], strlen(bar_flag_names[i]) + 1);
	return hash;
}

int wirebar_compatible(const char *columns)
{
	size_t len = columns ? strlen(columns) : 0;

	return len && columns[len - 1] == ';' && !strncmp(columns, tables_columns(), len) ? WIREBAR_OK
											  : WIREBAR_LAYOUT;
}

int wirebar_columns(void) { return COL_COUNT; }
int wirebar_flags(void) { return BAR_FLAG_COUNT; }
int wirebar_venues(void) { return VENUE_COUNT; }
int wirebar_counters(void) { return LEDGER_COUNT; }

const char *wirebar_column_name(int col)
{
	return col >= 0 && col < COL_COUNT ? bar_columns[col].name : NULL;
}

const char *wirebar_column_help(int col)
{
	return col >= 0 && col < COL_COUNT ? bar_columns[col].help : NULL;
}

int wirebar_column_type(int col) { return col >= 0 && col < COL_COUNT ? (int)bar_columns[col].type : -1; }

const char *wirebar_flag_name(int flag)
{
	return flag >= 0 && flag < BAR_FLAG_COUNT ? bar_flag_names[flag] : NULL;
}

const char *wirebar_venue_name(int venue)
{
	return venue >= 0 && venue < VENUE_COUNT ? venue_name((enum venue)venue) : NULL;
}

const char *wirebar_counter_name(int counter)
{
	return counter >= 0 && counter < LEDGER_COUNT ? ledger_rows[counter].name : NULL;
}

int wirebar_column(const char *name)
{
	enum bar_col col = bar_column_by_name(name, strlen(name));

	return col == COL_COUNT ? -1 : (int)col;
}

int wirebar_span_of(const char *name)
{
	enum bar_span span = bar_span_by_name(name, strlen(name));

	return span == SPAN_COUNT ? -1 : (int)span;
}

const char *wirebar_span_name(int span)
{
	return span >= 0 && span < SPAN_COUNT ? bar_span_name[span] : NULL;
}

size_t wirebar_row_bytes(void) { return sizeof(struct wirebar_row); }

// False: the row has no such column.
static bool take(const struct wirebar_row *row, int col, struct bar *bar)
{
	if (col < 0 || col >= COL_COUNT ||
	    row->bytes < offsetof(struct wirebar_row, symbol) + ((size_t)col + 1) * sizeof(uint64_t))
		return false;
	own_bar(row, bar);
	return true;
}

uint64_t wirebar_word(const struct wirebar_row *row, int col)
{
	struct bar bar;

	return take(row, col, &bar) ? bar_word(&bar, (enum bar_col)col) : 0;
}

double wirebar_number(const struct wirebar_row *row, int col)
{
	struct bar bar;

	return take(row, col, &bar) ? bar_number(&bar, (enum bar_col)col) : NAN;
}

size_t wirebar_format(const struct wirebar_row *row, int col, char *out, size_t out_bytes)
{
	char text[BAR_TEXT_BYTES] = "";
	struct bar bar;
	size_t len = take(row, col, &bar) ? bar_format(&bar, (enum bar_col)col, text) : 0;

	return own_text(text, len, out, out_bytes);
}

size_t wirebar_csv_header(char *out, size_t out_bytes)
{
	char line[BAR_LINE_BYTES];

	return own_text(line, bar_csv_header(line), out, out_bytes);
}

size_t wirebar_csv_row(const struct wirebar_row *row, char *out, size_t out_bytes)
{
	char line[BAR_LINE_BYTES];
	struct bar bar;

	own_bar(row, &bar);
	return own_text(line, bar_csv_row(&bar, line), out, out_bytes);
}

size_t wirebar_csv_fire_header(char *out, size_t out_bytes)
{
	char line[BAR_LINE_BYTES];

	return own_text(line, export_csv_header(OUTPUT_FIRES, line), out, out_bytes);
}

size_t wirebar_csv_fire(const struct wirebar_fire *f, char *out, size_t out_bytes)
{
	char line[BAR_LINE_BYTES];
	struct fire fire = { .symbol = symtab_key(f->symbol, strnlen(f->symbol, SYMBOL_BYTES)),
			     .decided_ns = f->decided_ns,
			     .close_ts = f->close_ts,
			     .stream = f->exit ? GATE_EXIT : GATE_ENTRY,
			     .side = f->is_short ? GATE_SHORT : GATE_LONG,
			     .n_rules = f->n_rules <= GATE_RULES ? f->n_rules : GATE_RULES,
			     .rules = f->rules,
			     .score = f->score,
			     .close_filled = f->close_filled,
			     .bid = f->bid,
			     .ask = f->ask };

	memcpy(fire.name, f->gate, sizeof fire.name - 1);
	return own_text(line, export_csv_fire(&fire, line), out, out_bytes);
}
