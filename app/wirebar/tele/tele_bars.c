/* SPDX-License-Identifier: BSD-3-Clause */
// tele_bars.c: sealed rows over telemetry: the newest of one span in parallel arrays, and the bundle of all
// six.
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>

#include "app/wirebar/tele/tele.h"
#include "lcore/model/tables.h"

enum { ROWS_MAX = 512, ROWS_TIMEOUT_MS = 200 }; // entries of one array

struct columns {
	unsigned n;
	enum bar_col col[COL_COUNT];
};

static const enum bar_col bundle_columns[] = {
	COL_open_ts,
	COL_close_ts,
	COL_open,
	COL_high,
	COL_low,
	COL_close,
	COL_close_filled,
	COL_volume,
	COL_trades,
	COL_vwap,
	COL_flags,
	COL_delta,
	COL_cvd,
	COL_vwap_session,
	COL_ema9,
	COL_ema21,
	COL_macd_hist,
	COL_rsi14,
	COL_directional_pressure,
	COL_obi,
	COL_microprice,
	COL_spread,
	COL_sweep_momentum,
};

static bool read_columns(struct tele_reply *r, const char *text, struct columns *out)
{
	out->n = 0;
	for (int c = COL_open_ts; c < COL_COUNT && !strcmp(text, "all"); c++)
		out->col[out->n++] = (enum bar_col)c;
	while (!out->n || *text == '+' || *text == ';') {
		text += out->n > 0;
		size_t len = strcspn(text, "+;");
		enum bar_col col = bar_column_by_name(text, len);

		if (col == COL_COUNT || out->n == COL_COUNT) {
			tele_error(r,
				   "column: found \"%.*s\", allowed: those of the bars CSV, joined by + or ;",
				   len > 40 ? 40 : (int)len, text);
			return false;
		}
		out->col[out->n++] = col;
		text += len;
	}
	return true;
}

// What one row adds to the arrays: the longest that its columns can be, as JSON.
static size_t row_bytes(const struct bar *bar, const struct columns *c)
{
	char text[BAR_TEXT_BYTES];
	size_t n = 0;

	for (unsigned i = 0; i < c->n; i++)
		n += bar_format(bar, c->col[i], text) + 4;
	return n;
}

static void add_column(struct tele_reply *r, const struct bar *bar, unsigned n, enum bar_col col)
{
	bool number = bar_columns[col].type == BAR_TYPE_U64;
	struct rte_tel_data *array = rte_tel_data_alloc();
	char text[BAR_TEXT_BYTES];

	if (!array)
		return;
	rte_tel_data_start_array(array, number ? RTE_TEL_U64_VAL : RTE_TEL_STRING_VAL);
	for (unsigned i = 0; i < n; i++) {
		bar_format(&bar[i], col, text);
		if (number)
			rte_tel_data_add_array_u64(array, strtoull(text, NULL, 10));
		else
			rte_tel_data_add_array_string(array, text);
	}
	if (rte_tel_data_add_dict_container(r->data, bar_columns[col].name, array, 0))
		rte_tel_data_free(array);
}

static void add_rows(struct tele_reply *r, const struct bar *bar, unsigned have, const struct columns *c)
{
	size_t bytes = r->bytes + TELE_RESERVE;
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++)
		bytes += strlen(bar_columns[c->col[i]].name) + 6;
	for (; n < have && bytes + row_bytes(&bar[n], c) <= TELE_REPLY_BYTES; n++)
		bytes += row_bytes(&bar[n], c);
	tele_number(r, "n", n);
	tele_number(r, "more", have - n);
	for (unsigned i = 0; i < c->n; i++)
		add_column(r, bar, n, c->col[i]);
}

// The rows of idle intervals are made when somebody asks.
static bool asked(const struct tele_ask *ask, struct tele_reply *r, uint32_t *instr)
{
	struct appliance *a = ask->a;

	if (!tele_instr(ask, r, ask->arg[0], instr))
		return false;
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c = { .op = LCORE_OP_ROWS,
					   .symbol = tables_symbol(a->plant.tables, *instr) };

		if (a->lcore[i].stage == stages[CONF_STAGE_INGEST])
			ctl_command(&a->lcore[i], &c,
				    ROWS_TIMEOUT_MS); // if not in time, those that there are
	}
	return true;
}

void tele_bars(const struct tele_ask *ask, struct tele_reply *r)
{
	uint64_t n = 1, skip = 0;
	struct columns columns;
	enum bar_span span = bar_span_by_name(ask->arg[1], strlen(ask->arg[1]));
	uint32_t instr;

	if (span == SPAN_COUNT) {
		tele_error(r, "span: found \"%.40s\", allowed: 1s 5s 15s 30s 1m 5m", ask->arg[1]);
		return;
	}
	if ((ask->n > 2 && !tele_uint(r, "n", ask->arg[2], 1, ROWS_MAX, &n)) ||
	    !read_columns(r, ask->n > 3 ? ask->arg[3] : "all", &columns) ||
	    (ask->n > 4 && !tele_uint(r, "skip", ask->arg[4], 0, ask->a->conf.bars.history, &skip)) ||
	    !asked(ask, r, &instr))
		return;
	struct bar *bar = malloc((n + skip) * sizeof *bar);

	if (!bar) {
		tele_error(r, "no memory for %llu rows", (unsigned long long)(n + skip));
		return;
	}
	uint32_t have = tables_history(ask->a->plant.tables, instr, span, bar, (uint32_t)(n + skip));

	tele_text(r, "symbol", ask->arg[0]);
	tele_text(r, "span", bar_span_name[span]);
	add_rows(r, bar + (have > skip ? skip : have), have > skip ? have - (uint32_t)skip : 0, &columns);
	free(bar);
}

static void add_bundle_quote(const struct tele_ask *ask, struct tele_reply *r, uint32_t instr)
{
	struct tables_quote q[16];
	struct touch t = touch_empty();
	unsigned n = tele_quotes(ask->a->plant.tables, instr, q, 16);

	for (unsigned i = 0; i < n; i++)
		touch_blend(&t, &q[i].touch);
	tele_px(r, "bid", t.bid_size ? t.bid : PX_NULL);
	tele_number(r, "bid_size", t.bid_size);
	tele_px(r, "ask", t.ask_size ? t.ask : PX_NULL);
	tele_number(r, "ask_size", t.ask_size);
}

void tele_bundle(const struct tele_ask *ask, struct tele_reply *r)
{
	char text[BAR_TEXT_BYTES];
	struct bar bar;
	uint32_t instr;

	if (!asked(ask, r, &instr))
		return;
	tele_text(r, "symbol", ask->arg[0]);
	add_bundle_quote(ask, r, instr);
	for (int span = 0; span < SPAN_COUNT; span++) {
		struct tele_reply sub;

		if (!tables_latest(ask->a->plant.tables, instr, (enum bar_span)span, &bar) ||
		    !tele_begin(&sub))
			continue;
		for (size_t i = 0; i < sizeof bundle_columns / sizeof *bundle_columns; i++) {
			bar_format(&bar, bundle_columns[i], text);
			if (bar_columns[bundle_columns[i]].type == BAR_TYPE_U64)
				tele_number(&sub, bar_columns[bundle_columns[i]].name,
					    strtoull(text, NULL, 10));
			else
				tele_text(&sub, bar_columns[bundle_columns[i]].name, text);
		}
		tele_end(r, bar_span_name[span], &sub);
	}
}
