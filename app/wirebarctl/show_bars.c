/* SPDX-License-Identifier: BSD-3-Clause */
// show_bars.c: the newest sealed rows.
#include <stdbool.h>
#include <string.h>

#include "app/wirebarctl/request.h"
#include "app/wirebarctl/show.h"
#include "app/wirebarctl/table.h"

static int rows(const json_t *a, FILE *out)
{
	char head[TABLE_COLUMNS * 32] = "", text[TABLE_CELL_BYTES];
	const char *name, *column[TABLE_COLUMNS];
	size_t n = 0, at = 0, left = 0;
	struct table t;
	json_t *values;

	json_object_foreach((json_t *)a, name, values)
	{
		bool fits = n < TABLE_COLUMNS && at + strlen(name) + 3 <= sizeof head;

		left += json_is_array(values) && !fits;
		if (!json_is_array(values) || !fits)
			continue;
		at += (size_t)snprintf(head + at, sizeof head - at, "%s%c%.28s", n ? "|" : "",
				       !strcmp(name, "flags") ? '<' : '>', name);
		column[n++] = name;
	}
	if (!n)
		return 0;
	table_start(&t, head);
	for (size_t i = 0; i < json_array_size(json_object_get(a, column[0])); i++)
		for (size_t k = 0; k < n; k++) {
			const json_t *v = json_array_get(json_object_get(a, column[k]), i);
			size_t len = strlen(column[k]);

			if (json_is_string(v) && len > 3 && !strcmp(column[k] + len - 3, "_ts"))
				table_text(&t, show_clock(json_string_value(v), 8, text));
			else
				show_cell(&t, v);
		}
	table_end(&t, out, 0);
	if (left)
		fprintf(out, "(%zu more columns: name them, or --json)\n", left);
	show_more(a, out);
	return 0;
}

int show_bars(const struct ask *ask)
{
	char why[160];
	json_t *all = request_bars(ask->sock, ask->command->asks, ask->arg, ask->n, why);

	if (!all && *why) {
		fprintf(stderr, "wirebarctl: %s\n", why);
		return COMMAND_USAGE;
	}
	return command_finish(ask, all, rows);
}
