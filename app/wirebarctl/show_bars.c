/* SPDX-License-Identifier: BSD-3-Clause */
// show_bars.c: the newest sealed rows, page after page.
#include <stdbool.h>
#include <string.h>

#include "app/wirebarctl/show.h"
#include "app/wirebarctl/table.h"

#define BARS_COLUMNS "open_ts+open+high+low+close_filled+volume+trades+vwap+delta+ema9+ema21+rsi14+flags"

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

// Adds the older page's rows. A row sealed between two requests shifts the pages by one: open_ts, if that
// column is there, shows what is known already.
static size_t append_page(json_t *all, const json_t *page)
{
	const json_t *known = json_object_get(all, "open_ts"), *ts = json_object_get(page, "open_ts");
	const char *oldest = json_string_value(json_array_get(known, json_array_size(known) - 1));
	size_t from = 0, added = 0;
	const char *name;
	json_t *values;

	while (oldest && from < json_array_size(ts) &&
	       strcmp(json_string_value(json_array_get(ts, from)), oldest) >= 0)
		from++;
	json_object_foreach((json_t *)page, name, values)
	{
		json_t *to = json_object_get(all, name);

		for (size_t i = from; json_is_array(to) && i < json_array_size(values); i++)
			json_array_append(to, json_array_get(values, i));
		if (json_is_array(values))
			added = json_array_size(values) - from;
	}
	return added;
}

// Asks page after page until n rows are there or no more come.
int show_bars(const struct ask *ask)
{
	const char *path = ask->command->asks;
	char count[16] = "10", columns[] = BARS_COLUMNS, text[COMMAND_REQUEST_BYTES], skip[24];
	char *full[5] = { ask->arg[0], ask->arg[1], ask->n > 2 ? ask->arg[2] : count,
			  ask->n > 3 ? ask->arg[3] : columns, skip };

	for (char *comma = full[3]; (comma = strchr(comma, ',')); comma++)
		*comma = '+';
	if (!command_request(text, path, full, 4))
		return COMMAND_USAGE;
	json_t *all = sock_ask(ask->sock, text);

	for (size_t have = show_u64(all, "n"); all && !sock_refusal(all) && show_u64(all, "more") && have;) {
		snprintf(skip, sizeof skip, "%zu", have);
		snprintf(count, sizeof count, "%llu", (unsigned long long)show_u64(all, "more"));
		full[2] = count;
		json_t *page = command_request(text, path, full, 5) ? sock_ask(ask->sock, text) : NULL;

		if (!page || sock_refusal(page) || !show_u64(page, "n")) {
			json_decref(page);
			break;
		}
		size_t added = append_page(all, page);

		json_object_set_new(all, "more", json_integer((json_int_t)show_u64(page, "more")));
		json_object_set_new(all, "n", json_integer((json_int_t)(have + added)));
		have += show_u64(page, "n");
		json_decref(page);
	}
	return command_finish(ask, all, rows);
}
