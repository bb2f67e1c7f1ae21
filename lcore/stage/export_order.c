/* SPDX-License-Identifier: BSD-3-Clause */
// export_order.c: orders and fills as CSV. Rows wait for the end of the data: their order is that of exchange
// time over all venues, and positions follow it.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/symtab.h"
#include "lcore/model/export_csv.h"
#include "lcore/stage/export_cell.h"
#include "lcore/stage/export_row.h"
#include "lcore/trade/paper.h"
#include "lcore/trade/order.h"
#include "lcore/trade/outcome.h"
#include "lcore/trade/position.h"

// By rows of orders here, by fills and minutes of equity in export_money.c; all of them are worked out even
// where nobody wants the file.
static struct outcome outcome;

struct outcome *export_counts(void) { return &outcome; }

const struct outcome *export_outcome(void) { return &outcome; }

static int in_turn(const struct trade_report *x, const struct trade_report *y)
{
	if (x->venue != y->venue)
		return x->venue - y->venue;
	if (x->symbol != y->symbol)
		return symtab_order(x->symbol, y->symbol);
	return x->n < y->n ? -1 : x->n > y->n;
}

static uint64_t row_ns(const struct trade_report *r) { return r->row_ns > r->ts_ns ? r->row_ns : r->ts_ns; }

static int by_row(const void *a, const void *b)
{
	const struct trade_report *x = a, *y = b;

	if (row_ns(x) != row_ns(y))
		return row_ns(x) < row_ns(y) ? -1 : 1;
	return in_turn(x, y);
}

int export_order_of_reports(const void *a, const void *b)
{
	const struct trade_report *x = a, *y = b;

	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return in_turn(x, y);
}

static bool wanted(const struct plant *p, const void *record)
{
	return export_wanted(p, ((const struct trade_report *)record)->symbol);
}

static char *number(uint64_t v, char *p) { return export_comma(p + decimal_u64(v, p)); }

static char *text(const char *s, char *p) { return export_comma(stpcpy(p, s)); }

static const char *side_text(uint8_t side) { return side == SIDE_BUY ? "B" : side == SIDE_SELL ? "S" : ""; }

// A script's own number, or what a venue would be given.
static char *order_of(const struct plant *plant, const struct trade_report *r, char *p)
{
	if (r->source == SOURCE_SCRIPT)
		return number(r->id, p);
	p += order_id_text(plant->conf->orders.instance, r->id, p);
	*p++ = ',';
	return p;
}

static char *head(const struct trade_report *r, char *p)
{
	char symbol[SYMBOL_BYTES + 1], venue[VENUE_TEXT];

	symtab_text(r->symbol, symbol);
	p = text(venue_lower(r->venue, venue), p);
	p = text(symbol, p);
	return text(side_text(r->side), p);
}

static char *reason(const struct trade_report *r, char *p)
{
	bool ours = r->kind == REPORT_DENIED || r->kind == REPORT_REPLACE_DENIED;

	if (ours)
		p = stpcpy(p, risk_name[r->why < RISK_REASONS ? r->why : 0]);
	else if (r->reason)
		*p++ = r->reason;
	else
		p = stpcpy(p, paper_reason_text[r->why < PAPER_REASONS ? r->why : 0]);
	*p++ = ',';
	return p;
}

static size_t order_row(const struct plant *plant, const void *record, char *line)
{
	static const char *const tif[] = { "day", "ioc", "" };
	const struct trade_report *r = record;
	bool arrived = r->arrival_ns && r->kind != REPORT_NEW && r->kind < REPORT_SENT,
	     gated = r->gate != UINT8_MAX && plant->gates;
	const struct conf_paper_venue *v = plant->paper ? &plant->paper->venue[r->venue] : NULL;
	char *p = export_time(row_ns(r), line);

	outcome_order(&outcome, r);
	p = text(trade_report_name[r->kind], p);
	p = order_of(plant, r, p);
	p = head(r, p);
	p = text(r->limit ? "limit" : "market", p);
	p = text(tif[r->tif < 2 ? r->tif : 2], p);
	p = number(r->total, p);
	if (r->limit > 0)
		p += decimal_millionths(r->limit, p);
	*p++ = ',';
	p = text(trade_state_name[r->state], p);
	p = number(r->filled, p);
	p = number(r->leaves, p);
	if (r->filled)
		p += decimal_g12((double)r->notional / r->filled / 1e6, p);
	*p++ = ',';
	p = reason(r, p);
	p = text(trade_source_name[r->source], p);
	p = text(gated ? plant->gate_name[r->gate] : "", p);
	p = export_time(r->close_ts, p);
	p = export_time(r->source == SOURCE_SCRIPT || !v ? 0
			: r->kind >= REPORT_SENT         ? r->ts_ns
							 : r->arrival_ns - v->entry_ns,
			p);
	p = export_time(arrived && v ? r->arrival_ns + v->response_ns : 0, p);
	if (r->kind == REPORT_FILL && r->match)
		p += decimal_u64(r->match, p);
	return (size_t)(stpcpy(p, "\n") - line);
}

// Positions of the fills written so far, in their order. The export lcore's.
static struct {
	struct symtab symbols;
	struct position_book book;
	void *symbols_mem, *mem;
} money;

static void money_begin(const struct plant *p)
{
	struct position_conf conf = export_money_conf(p);
	uint32_t n = conf.instruments;

	if (money.mem)
		return;
	money.symbols_mem = export_memory(symtab_bytes(n));
	money.mem = export_memory(position_bytes(&conf));
	symtab_init(&money.symbols, n, money.symbols_mem);
	position_init(&money.book, &conf, NULL, NULL, money.mem);
}

static struct position_effect effect(const struct plant *p, const struct trade_report *r)
{
	money_begin(p);
	uint32_t at = symtab_intern(&money.symbols, r->symbol);

	return at == INSTR_NONE ? (struct position_effect){ 0 } : position_apply(&money.book, at, r);
}

static size_t fill_row(const struct plant *plant, const void *record, char *line)
{
	static const char *const evidence[EVIDENCES] = { "", "a", "b", "c", "d", "take", "break" };
	const struct trade_report *r = record;
	struct position_effect did = effect(plant, r);
	char *p = export_time(r->ts_ns, line);

	p = order_of(plant, r, p);
	p = number(r->fill_id, p);
	p = head(r, p);
	if (r->kind == REPORT_BREAK)
		*p++ = '-';
	p = number(r->qty, p);
	p = export_dollars(r->price, p);
	*p++ = r->liquidity;
	*p++ = ',';
	p = export_dollars(did.fee, p);
	p += decimal_i64(did.qty, p);
	*p++ = ',';
	p = export_dollars(did.realized, p);
	if (r->queue_ahead != UINT64_MAX)
		p += decimal_u64(r->queue_ahead, p);
	*p++ = ',';
	p = stpcpy(p, evidence[r->evidence]);
	return (size_t)(stpcpy(p, "\n") - line);
}

static size_t order_header(const struct plant *p, char *line)
{
	return (void)p, export_csv_header(OUTPUT_ORDERS, line);
}

static size_t fill_header(const struct plant *p, char *line)
{
	return (void)p, export_csv_header(OUTPUT_FILLS, line);
}

const struct export_stream export_orders = {
	sizeof(struct trade_report), order_header, order_row, by_row, NULL, wanted
};
const struct export_stream export_fills = { sizeof(struct trade_report), fill_header, fill_row,
					    export_order_of_reports,     NULL,        wanted };
