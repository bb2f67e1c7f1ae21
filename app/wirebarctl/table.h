/* SPDX-License-Identifier: BSD-3-Clause */
// table.h: aligned text for people. Cells come from a socket: bytes that would move the cursor are shown as
// '?'.
#ifndef WB_CTL_TABLE_H
#define WB_CTL_TABLE_H

#include <stdint.h>
#include <stdio.h>

enum { TABLE_COLUMNS = 24, TABLE_CELL_BYTES = 64 };

struct table {
	unsigned n_columns, n_cells, room;
	char (*cell)[TABLE_CELL_BYTES]; // the first n_columns are the head
	char align[TABLE_COLUMNS];      // '<' or '>'
};

// table_start begins a table; head names the columns, separated by '|', each led by its alignment:
// "<link|>pushes".
void table_start(struct table *t, const char *head);
// table_text, table_count (with commas) and table_time (ns, with a fitting unit) add the next cell.
void table_text(struct table *t, const char *text);
void table_count(struct table *t, uint64_t n);
void table_time(struct table *t, uint64_t ns);
// table_end prints all rows and frees the cells. indent: spaces before each line.
void table_end(struct table *t, FILE *out, int indent);

// table_text_count and table_text_time write what table_count and table_time show; out holds
// TABLE_CELL_BYTES.
const char *table_text_count(uint64_t n, char *out);
const char *table_text_time(uint64_t ns, char *out);
// table_text_clean copies text (cut to what fits) with control bytes as '?'.
const char *table_text_clean(const char *text, char *out, size_t out_bytes);

#endif
