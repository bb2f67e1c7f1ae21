/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebarctl/table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/text.h"

const char *table_text_clean(const char *text, char *out, size_t out_bytes)
{
	size_t n = 0;

	for (; text && *text && n + 1 < out_bytes; text++)
		out[n++] = (unsigned char)*text < ' ' || (unsigned char)*text >= 127 ? '?' : *text;
	out[n] = '\0';
	return out;
}

const char *table_text_count(uint64_t n, char *out)
{
	text_count(n, out);
	return out;
}

const char *table_text_time(uint64_t ns, char *out)
{
	static const struct {
		double unit;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if ((double)ns >= units[i].unit) {
			double v = (double)ns / units[i].unit;

			snprintf(out, TABLE_CELL_BYTES, "%.*f %s",
				 v < 10    ? 2
				 : v < 100 ? 1
					   : 0,
				 v, units[i].name);
			return out;
		}
	snprintf(out, TABLE_CELL_BYTES, "%llu ns", (unsigned long long)ns);
	return out;
}

void table_text(struct table *t, const char *text)
{
	if (t->n_cells == t->room) {
		t->room = t->room ? 2 * t->room : 256;
		t->cell = realloc(t->cell, t->room * sizeof *t->cell);
		if (!t->cell)
			abort();
	}
	table_text_clean(text, t->cell[t->n_cells++], TABLE_CELL_BYTES);
}

void table_count(struct table *t, uint64_t n)
{
	char text[TABLE_CELL_BYTES];

	table_text(t, table_text_count(n, text));
}

void table_time(struct table *t, uint64_t ns)
{
	char text[TABLE_CELL_BYTES];

	table_text(t, table_text_time(ns, text));
}

void table_start(struct table *t, const char *head)
{
	*t = (struct table){ 0 };
	while (*head && t->n_columns < TABLE_COLUMNS) {
		size_t len = strcspn(head, "|");
		char name[TABLE_CELL_BYTES];

		t->align[t->n_columns++] = *head;
		snprintf(name, sizeof name, "%.*s", (int)len - 1, head + 1);
		table_text(t, name);
		head += len + (head[len] == '|');
	}
}

static void print_cell(const struct table *t, unsigned i, int width, FILE *out)
{
	unsigned column = i % t->n_columns;
	bool last = column + 1 == t->n_columns;

	if (t->align[column] == '>')
		fprintf(out, "%*s", width, t->cell[i]);
	else
		fprintf(out, "%-*s", last ? 0 : width, t->cell[i]);
	fputs(last ? "\n" : "  ", out);
}

void table_end(struct table *t, FILE *out, int indent)
{
	int width[TABLE_COLUMNS] = { 0 };

	while (t->n_cells % t->n_columns)
		table_text(t, "");
	for (unsigned i = 0; i < t->n_cells; i++) {
		int len = (int)strlen(t->cell[i]);

		if (len > width[i % t->n_columns])
			width[i % t->n_columns] = len;
	}
	for (unsigned i = 0; i < t->n_cells; i++) {
		if (i % t->n_columns == 0)
			fprintf(out, "%*s", indent, "");
		print_cell(t, i, width[i % t->n_columns], out);
	}
	free(t->cell);
	t->cell = NULL;
}
