/* SPDX-License-Identifier: BSD-3-Clause */
// export_money.c: round trips and equity as CSV, from fills and from the quotes of 1m rows. Both wait for the
// end of the data, as fills do. Quotes are kept of instruments with a fill only: a row is sealed when all
// fills of its minute have passed, so which those are does not depend on how fast lcores are.
#include <stdlib.h>
#include <string.h>

#include "lcore/base/symtab.h"
#include "lcore/model/export_csv.h"
#include "lcore/stage/export_cell.h"
#include "lcore/stage/export_row.h"
#include "lcore/trade/outcome.h"

enum {
	QUOTE = REPORT_KINDS
}; // a record that is no report: price and limit are bid and ask at a minute's end

// One output's. The export lcore's.
struct money {
	struct symtab seen;    // with a fill, as records come
	struct symtab symbols; // the same, in their order
	struct position_book book;
	struct equity equity;
	struct trade_report next; // booked when the minutes before it have their rows
	bool waits, ends;
	struct position_trip *trip; // that the record has ended
	unsigned n_trips, cap, told;
	uint32_t walked; // at the end: positions that are open
	void *mem[3];
};

static struct money trips, minutes;
static void trip(void *ctx, const struct position_trip *t)
{
	struct money *m = ctx;

	if (m == &minutes) {
		outcome_trip(export_counts(), t);
		return;
	}
	// A break may end several: it replays its position's fills. Without memory for two there is none at
	// all.
	if (m->n_trips == m->cap) {
		struct position_trip *grown = realloc(m->trip, (m->cap * 2 + 16) * sizeof *grown);

		if (!grown)
			abort(); // as export_memory
		m->trip = grown;
		m->cap = m->cap * 2 + 16;
	}
	m->trip[m->n_trips++] = *t;
}

static void begin(struct money *m, const struct plant *p)
{
	struct position_conf conf = export_money_conf(p);
	uint32_t n = conf.instruments;

	if (m->mem[2])
		return;
	m->mem[0] = export_memory(symtab_bytes(n));
	m->mem[1] = export_memory(symtab_bytes(n));
	m->mem[2] = export_memory(position_bytes(&conf));
	symtab_init(&m->seen, n, m->mem[0]);
	symtab_init(&m->symbols, n, m->mem[1]);
	position_init(&m->book, &conf, trip, m, m->mem[2]);
	equity_init(&m->equity, &m->book);
	export_counts()->fees = conf.schedule;
}

static bool wanted(struct money *m, const struct plant *p, const struct trade_report *r)
{
	if (!export_wanted(p, r->symbol))
		return false;
	begin(m, p);
	symtab_intern(&m->seen, r->symbol);
	return true;
}

// The quote at a minute's end of an instrument that has a fill.
static bool quote(struct money *m, const struct plant *p, const struct link_elem *e, struct trade_report *r)
{
	const struct bar *b = &e->bar;

	if (e->stream != LINK_NEW_BAR || b->span != SPAN_1M || b->flags & BAR_IDLE || !m->mem[2] ||
	    !export_wanted(p, b->symbol) || symtab_find(&m->seen, b->symbol) == INSTR_NONE)
		return false;
	*r = (struct trade_report){ .kind = QUOTE,
				    .ts_ns = b->close_ts,
				    .symbol = b->symbol,
				    .price = b->bid > 0 ? b->bid : 0,
				    .limit = b->ask > 0 ? b->ask : 0 };
	return true;
}

static int order(const void *a, const void *b)
{
	const struct trade_report *x = a, *y = b;

	if (x->ts_ns == y->ts_ns && (x->kind == QUOTE) != (y->kind == QUOTE))
		return x->kind == QUOTE ? -1 : 1;
	return export_order_of_reports(a, b);
}

// A quote before the first fill in order says nothing of any position.
static void book(struct money *m, const struct trade_report *r)
{
	uint32_t at = r->kind == QUOTE ? symtab_find(&m->symbols, r->symbol)
				       : symtab_intern(&m->symbols, r->symbol);

	if (at == INSTR_NONE)
		return;
	if (m == &minutes)
		outcome_fill(export_counts(), r, m->book.position[at].qty);
	if (r->kind == QUOTE)
		position_mark(&m->book, at, r->price, r->limit, true);
	else
		position_apply(&m->book, at, r);
}

static size_t trip_line(const struct position_trip *t, char *line)
{
	char *p = export_comma(line + decimal_u64(t->position_id, line));

	p = export_comma(p + symtab_text(t->symbol, p));
	*p++ = t->entry_side == SIDE_BUY ? 'B' : 'S';
	p = export_time(t->opened_ns, export_comma(p));
	p = export_time(t->closed_ns, p);
	p = export_comma(p + decimal_i64(t->peak_qty, p));
	p = export_dollars(t->avg_open, p);
	p = t->closed_ns ? export_dollars(t->avg_close, p) : export_comma(p);
	p = export_dollars(t->realized, p);
	p = export_dollars(t->fees, p);
	p = export_dollars(t->net, p);
	p = export_dollars(t->max_adverse, p);
	p = export_dollars(t->max_favourable, p);
	p = stpcpy(p, t->closed_ns ? trade_source_name[t->exit_source] : "");
	return (size_t)(stpcpy(p, "\n") - line);
}

static size_t minute_line(const struct equity_row *r, char *line)
{
	char *p = export_time(r->ts_ns, line);

	p = export_dollars(r->sums.realized, p);
	p = export_dollars(r->sums.unrealized, p);
	p = export_dollars(r->sums.fees, p);
	p = export_dollars(r->sums.gross, p);
	p += decimal_millionths(r->sums.net, p);
	return (size_t)(stpcpy(p, "\n") - line);
}

// What is open at the end has a row without an end.
static size_t open_line(struct money *m, char *line)
{
	struct position_trip t;

	while (m->walked < m->book.instruments && !position_open_trip(&m->book, m->walked, &t))
		m->walked++;
	if (m->walked == m->book.instruments)
		return 0;
	m->walked++;
	return trip_line(&t, line);
}

static bool trip_wanted(const struct plant *p, const void *record)
{
	return p->output[OUTPUT_POSITIONS].path && wanted(&trips, p, record);
}

static bool minute_wanted(const struct plant *p, const void *record) { return wanted(&minutes, p, record); }

static bool trip_also(const struct plant *p, const struct link_elem *e, void *record)
{
	return quote(&trips, p, e, record);
}

static bool minute_also(const struct plant *p, const struct link_elem *e, void *record)
{
	return quote(&minutes, p, e, record);
}

static size_t trip_more(const struct plant *p, char *line)
{
	struct money *m = &trips;

	(void)p;
	if (m->told < m->n_trips)
		return trip_line(&m->trip[m->told++], line);
	return m->ends ? open_line(m, line) : 0;
}

static size_t trip_row(const struct plant *p, const void *record, char *line)
{
	trips.told = trips.n_trips = 0;
	book(&trips, record);
	return trip_more(p, line);
}

static size_t trip_last(const struct plant *p, char *line)
{
	trips.told = trips.n_trips = 0;
	trips.ends = true;
	return trips.mem[2] ? trip_more(p, line) : 0;
}

static size_t minute_more(const struct plant *p, char *line)
{
	struct money *m = &minutes;
	struct equity_row row;

	(void)p;
	if (m->ends ? m->mem[2] && equity_last(&m->equity, &row)
		    : m->waits && equity_due(&m->equity, m->next.ts_ns, m->next.kind != QUOTE, &row)) {
		outcome_minute(export_counts(), &row);
		return minute_line(&row, line);
	}
	if (m->ends || !m->waits)
		return 0;
	book(m, &m->next);
	m->waits = false;
	return 0;
}

static size_t minute_row(const struct plant *p, const void *record, char *line)
{
	minutes.next = *(const struct trade_report *)record;
	minutes.waits = true;
	return minute_more(p, line);
}

static size_t minute_last(const struct plant *p, char *line)
{
	minutes.ends = true;
	return minute_more(p, line);
}

static size_t trip_header(const struct plant *p, char *line)
{
	return (void)p, export_csv_header(OUTPUT_POSITIONS, line);
}

static size_t minute_header(const struct plant *p, char *line)
{
	return (void)p, export_csv_header(OUTPUT_EQUITY, line);
}

const struct export_stream export_positions = { .record_bytes = sizeof(struct trade_report),
						.header = trip_header,
						.row = trip_row,
						.order = order,
						.wanted = trip_wanted,
						.also = trip_also,
						.more = trip_more,
						.last = trip_last };
const struct export_stream export_equity = { .record_bytes = sizeof(struct trade_report),
					     .header = minute_header,
					     .row = minute_row,
					     .order = order,
					     .wanted = minute_wanted,
					     .also = minute_also,
					     .more = minute_more,
					     .last = minute_last };
