/* SPDX-License-Identifier: BSD-3-Clause */
// show_market.c: what the market does, as tables.
#include <stdbool.h>
#include <string.h>

#include "app/wirebarctl/show.h"
#include "app/wirebarctl/table.h"

static void touch_row(struct table *t, const char *venue, const json_t *q)
{
	char text[TABLE_CELL_BYTES];

	table_text(t, venue);
	show_cell(t, json_object_get(q, "bid_size"));
	show_cell(t, json_object_get(q, "bid"));
	show_cell(t, json_object_get(q, "ask"));
	show_cell(t, json_object_get(q, "ask_size"));
	table_text(t, show_text(q, "state"));
	table_text(t, show_u64(q, "suspect") ? "suspect" : "");
	table_text(t, show_clock(show_text(q, "time"), 15, text));
}

int show_quote(const json_t *a, FILE *out)
{
	const char *key;
	struct table t;
	json_t *q;

	table_start(&t, "<venue|>bid size|>bid|>ask|>ask size|<state|<book|<time (UTC)");
	touch_row(&t, "all", a);
	json_object_foreach((json_t *)a, key, q) if (json_is_object(q))
		touch_row(&t, show_text(q, "venue"), q);
	table_end(&t, out, 0);
	return 0;
}

int show_auction(const json_t *a, FILE *out)
{
	char text[TABLE_CELL_BYTES];
	const char *venue;
	struct table t;
	json_t *v;

	table_start(
		&t,
		"<venue|<auction|>paired|>imbalance|<side|>reference|>indicative|<time (UTC)|<halt|<since|<short sale|<since");
	json_object_foreach((json_t *)a, venue, v)
	{
		if (!json_is_object(v))
			continue;
		table_text(&t, venue);
		table_text(&t, show_text(v, "type"));
		table_count(&t, show_u64(v, "paired"));
		table_count(&t, show_u64(v, "imbalance"));
		table_text(&t, show_text(v, "side"));
		show_cell(&t, json_object_get(v, "reference"));
		show_cell(&t, json_object_get(v, "indicative"));
		table_text(&t, show_clock(show_text(v, "time"), 15, text));
		table_text(&t, show_text(v, "halt_reason"));
		table_text(&t, show_clock(show_text(v, "status_time"), 8, text));
		table_text(&t, show_u64(v, "short_sale") ? "restricted" : "");
		table_text(&t, show_clock(show_text(v, "short_sale_time"), 8, text));
	}
	table_end(&t, out, 0);
	return 0;
}

static void book_rows(struct table *t, const json_t *book)
{
	uint64_t n_bid = show_u64(book, "bids"), n_ask = show_u64(book, "asks");
	char key[32];

	for (uint64_t i = 0; i < 16 && (i < n_bid || i < n_ask || i == 0); i++) {
		table_text(t, i ? "" : show_text(book, "venue"));
		snprintf(key, sizeof key, "bid%d_size", (int)i);
		show_cell(t, json_object_get(book, key));
		snprintf(key, sizeof key, "bid%d", (int)i);
		show_cell(t, json_object_get(book, key));
		snprintf(key, sizeof key, "ask%d", (int)i);
		show_cell(t, json_object_get(book, key));
		snprintf(key, sizeof key, "ask%d_size", (int)i);
		show_cell(t, json_object_get(book, key));
		table_text(t, i ? "" : show_text(book, "state"));
		table_text(t, !i && show_u64(book, "suspect") ? "suspect" : "");
	}
}

int show_book(const json_t *a, FILE *out)
{
	const char *key;
	struct table t;
	json_t *b;

	table_start(&t, "<venue|>bid size|>bid|>ask|>ask size|<state|<book");
	json_object_foreach((json_t *)a, key, b) if (json_is_object(b)) book_rows(&t, b);
	table_end(&t, out, 0);
	return 0;
}

int show_bundle(const json_t *a, FILE *out)
{
	static const char *const column[] = { "open",   "high",      "low",   "close_filled", "volume",
					      "trades", "vwap",      "delta", "cvd",          "ema9",
					      "ema21",  "macd_hist", "rsi14", "obi",          "flags" };
	char text[TABLE_CELL_BYTES];
	const char *span;
	struct table t;
	json_t *row;

	table_start(&t, ">bid size|>bid|>ask|>ask size");
	show_cell(&t, json_object_get(a, "bid_size"));
	show_cell(&t, json_object_get(a, "bid"));
	show_cell(&t, json_object_get(a, "ask"));
	show_cell(&t, json_object_get(a, "ask_size"));
	table_end(&t, out, 0);
	fputc('\n', out);
	table_start(
		&t,
		"<span|<open_ts|>open|>high|>low|>close|>volume|>trades|>vwap|>delta|>cvd|>ema9|>ema21|>macd_hist|>rsi14|>obi|<flags");
	json_object_foreach((json_t *)a, span, row)
	{
		if (!json_is_object(row))
			continue;
		table_text(&t, span);
		table_text(&t, show_clock(show_text(row, "open_ts"), 8, text));
		for (size_t i = 0; i < sizeof column / sizeof *column; i++)
			show_cell(&t, json_object_get(row, column[i]));
	}
	table_end(&t, out, 0);
	return 0;
}

int show_busiest(const json_t *a, FILE *out)
{
	char head[128], text[TABLE_CELL_BYTES];
	const char *key;
	struct table t;
	json_t *row;

	snprintf(head, sizeof head, "<symbol|>volume %.4s|>trades|>delta|>close|>bid|>ask|<until|<flags",
		 show_text(a, "span"));
	table_start(&t, head);
	json_object_foreach((json_t *)a, key, row)
	{
		if (!json_is_object(row))
			continue;
		table_text(&t, show_text(row, "symbol"));
		table_count(&t, show_u64(row, "volume"));
		table_count(&t, show_u64(row, "trades"));
		show_cell(&t, json_object_get(row, "delta"));
		show_cell(&t, json_object_get(row, "close"));
		show_cell(&t, json_object_get(row, "bid"));
		show_cell(&t, json_object_get(row, "ask"));
		table_text(&t, show_clock(show_text(row, "close_ts"), 8, text));
		table_text(&t, show_text(row, "flags"));
	}
	table_end(&t, out, 0);
	show_more(a, out);
	return 0;
}

int show_engine_state(const json_t *a, FILE *out)
{
	char n[TABLE_CELL_BYTES];
	const char *key;
	struct table t;
	json_t *row;

	table_start(&t, "<symbol|<side|<engine_state|>close");
	json_object_foreach((json_t *)a, key, row)
	{
		if (!json_is_object(row))
			continue;
		table_text(&t, show_text(row, "symbol"));
		table_text(&t, show_text(row, "side"));
		table_text(&t, show_text(row, "engine_state"));
		table_text(&t, show_text(row, "close"));
	}
	table_end(&t, out, 0);
	show_more(a, out);
	fprintf(out, "%s sides, entries %s", table_text_count(show_u64(a, "sides"), n),
		show_u64(a, "halted") ? "halted" : "allowed");
	fprintf(out, ", %s held back so far\n", table_text_count(show_u64(a, "suppressed"), n));
	return 0;
}

int show_command(const json_t *a, FILE *out)
{
	char name[TABLE_CELL_BYTES], symbol[TABLE_CELL_BYTES];
	uint64_t n = show_u64(a, "lcores");

	table_text_clean(show_text(a, "command"), name, sizeof name);
	table_text_clean(show_text(a, "symbol"), symbol, sizeof symbol);
	fprintf(out, "%s%s%s: applied by %llu lcore%s\n", name, *symbol ? " " : "", symbol,
		(unsigned long long)n, n == 1 ? "" : "s");
	return 0;
}
