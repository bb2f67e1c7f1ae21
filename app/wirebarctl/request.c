/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebarctl/request.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGES = 512 }; // more than a history of all columns has; who says so on and on is cut off

#define BARS_COLUMNS "open_ts+open+high+low+close_filled+volume+trades+vwap+delta+ema9+ema21+rsi14+flags"

bool request_text(char out[REQUEST_BYTES], const char *path, char *const *arg, int n, char why[160])
{
	int at = snprintf(out, REQUEST_BYTES, "%s", path);

	why[0] = '\0';
	for (int i = 0; i < n && at < REQUEST_BYTES; i++) {
		if (!*arg[i] || strchr(arg[i], ',')) {
			snprintf(why, 160, "found \"%.80s\", allowed: arguments without commas", arg[i]);
			return false;
		}
		at += snprintf(out + at, (size_t)(REQUEST_BYTES - at), ",%s", arg[i]);
	}
	if (at >= REQUEST_BYTES)
		snprintf(why, 160, "the request is longer than %d bytes", REQUEST_BYTES);
	return at < REQUEST_BYTES;
}

bool request_changes(const char *path) { return !strncmp(path, "/wirebar/ctl/", 13); }

static size_t size_of(const json_t *object, const char *key)
{
	json_int_t v = json_integer_value(json_object_get(object, key));

	return v > 0 ? (size_t)v : 0;
}

bool request_place(const char *name, unsigned long *place)
{
	char *end;

	*place = strtoul(name, &end, 10);
	return end != name && !*end;
}

bool request_rest(char out[REQUEST_BYTES], const char *path, const json_t *page)
{
	unsigned long next = 0, place;
	const char *key;
	json_t *v;

	if (!size_of(page, "more"))
		return false;
	json_object_foreach((json_t *)(uintptr_t)page, key, v)
	{
		if (request_place(key, &place) && place >= next)
			next = place + 1;
	}
	return next && snprintf(out, REQUEST_BYTES, "%s,%lu", path, next) < REQUEST_BYTES;
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

	while (oldest && from < json_array_size(ts) && json_is_string(json_array_get(ts, from)) &&
	       strcmp(json_string_value(json_array_get(ts, from)), oldest) >= 0)
		from++;
	json_object_foreach((json_t *)page, name, values)
	{
		json_t *to = json_object_get(all, name);

		for (size_t i = from; json_is_array(to) && i < json_array_size(values); i++)
			json_array_append(to, json_array_get(values, i));
		if (json_is_array(values))
			added = json_array_size(values) > from ? json_array_size(values) - from : 0;
	}
	return added;
}

json_t *request_bars(struct sock *s, const char *path, char *const *arg, int n, char why[160])
{
	char count[24] = "10", columns[] = BARS_COLUMNS, text[REQUEST_BYTES], skip[24];
	char *full[5] = { arg[0], arg[1], n > 2 ? arg[2] : count, n > 3 ? arg[3] : columns, skip };

	for (char *comma = full[3]; (comma = strchr(comma, ',')); comma++)
		*comma = '+';
	if (!request_text(text, path, full, 4, why))
		return NULL;
	json_t *all = sock_ask(s, text);
	size_t have = size_of(all, "n");

	for (int i = 0; i < PAGES && all && !sock_refusal(all) && size_of(all, "more") && have; i++) {
		snprintf(skip, sizeof skip, "%zu", have);
		snprintf(count, sizeof count, "%zu", size_of(all, "more"));
		full[2] = count;
		json_t *page = request_text(text, path, full, 5, why) ? sock_ask(s, text) : NULL;

		if (!page || sock_refusal(page) || !size_of(page, "n")) {
			json_decref(page);
			break;
		}
		size_t added = append_page(all, page);

		json_object_set_new(all, "more", json_integer((json_int_t)size_of(page, "more")));
		json_object_set_new(all, "n", json_integer((json_int_t)(have + added)));
		have += size_of(page, "n");
		json_decref(page);
	}
	return all;
}
