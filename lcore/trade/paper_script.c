/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/paper_script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lcore/base/symtab.h"
#include "lcore/base/text.h"
#include "lcore/trade/paper.h"

enum field { TS, ACTION, ID, SYMBOL, VENUE, SIDE, QTY, PRICE, TIF, FIELDS };

static const char *const names[FIELDS] = { "ts_ns", "action", "id",    "symbol", "venue",
					   "side",  "qty",    "price", "tif" };

enum { NOT_ONE = UINT8_MAX }; // a side, or a time in force, that is none
enum { SCRIPT_ACTIONS = TRADE_REPLACE + 1 };

struct reader {
	struct paper_script_error *err;
	unsigned line;
	const char *begin; // of the line
	struct {
		const char *text;
		size_t len;
	} field[FIELDS];
};

static int wrong(struct reader *r, enum field f, const char *allowed)
{
	char shown[64], part[64];
	size_t n = r->field[f].len < sizeof part - 1 ? r->field[f].len : sizeof part - 1;

	memcpy(part, r->field[f].text, n);
	part[n] = '\0';
	text_visible(part, shown, sizeof shown);
	r->err->line = r->line;
	r->err->column = (unsigned)(r->field[f].text - r->begin) + 1;
	snprintf(r->err->text, sizeof r->err->text, "%s: found \"%s\", allowed: %s", names[f], shown,
		 allowed);
	return -EINVAL;
}

static bool is(const struct reader *r, enum field f, const char *word)
{
	return strlen(word) == r->field[f].len && !strncasecmp(r->field[f].text, word, r->field[f].len);
}

// Reads a whole number without sign and without leading zeros. False: it is none, or beyond 64 bits.
static bool number(const char *p, size_t len, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(p[i] - '0');

		if (digit > 9 || *out > (UINT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	return len && (len == 1 || p[0] != '0');
}

// Cuts the line into its fields. Where there are too few or too many, the last one is blamed.
static int cut(struct reader *r, const char *p, const char *end)
{
	unsigned n = 0;

	r->begin = p;
	for (;;) {
		const char *comma = memchr(p, ',', (size_t)(end - p)), *to = comma ? comma : end;

		r->field[n].text = p;
		r->field[n++].len = (size_t)(to - p);
		if (!comma)
			break;
		p = comma + 1;
		if (n == FIELDS) {
			r->field[TIF].len = (size_t)(end - r->field[TIF].text);
			return wrong(r, TIF, "nine fields");
		}
	}
	if (n == FIELDS)
		return 0;
	r->err->line = r->line;
	r->err->column = (unsigned)(end - r->begin) + 1;
	snprintf(r->err->text, sizeof r->err->text, "found %u fields, allowed: nine, %s to %s", n, names[TS],
		 names[TIF]);
	return -EINVAL;
}

// Shares: a number of any size and sign, because what is out of range is refused by the venue, not here.
static int read_qty(struct reader *r, uint32_t *out)
{
	const char *p = r->field[QTY].text;
	size_t len = r->field[QTY].len, sign = len && *p == '-';
	uint64_t v;

	*out = is(r, ACTION, trade_action_name[TRADE_REPLACE]) ? TRADE_QTY_KEPT : 0;
	if (!len)
		return 0;
	for (size_t i = sign; i < len; i++)
		if (p[i] < '0' || p[i] > '9')
			return wrong(r, QTY, "whole shares, or nothing");
	if (len == sign)
		return wrong(r, QTY, "whole shares, or nothing");
	while (len > sign + 1 && p[sign] == '0')
		p++, len--;
	*out = sign || !number(p, len, &v) || v >= TRADE_QTY_KEPT ? UINT32_MAX : (uint32_t)v;
	return 0;
}

// Dollars with decimals. What the venue refuses as a price, zero too, is PAPER_NO_PRICE; nothing is 0.
static int read_price(struct reader *r, int64_t *out)
{
	const char *p = r->field[PRICE].text, *end = p + r->field[PRICE].len;
	bool minus = p < end && *p == '-', exact = true;
	int64_t v = 0;
	int digits = 0, decimals = -1;

	*out = 0;
	if (p == end)
		return 0;
	for (p += minus; p < end; p++) {
		if (*p == '.' && decimals < 0) {
			decimals = 0;
			continue;
		}
		if (*p < '0' || *p > '9')
			return wrong(r, PRICE, "decimal dollars, or nothing (market)");
		digits++;
		if (decimals >= 6)
			exact = exact && *p == '0';
		else if (v < INT64_MAX / 100)
			v = v * 10 + (*p - '0'), decimals += decimals >= 0;
		else
			exact = false, decimals += decimals >= 0;
	}
	if (!digits)
		return wrong(r, PRICE, "decimal dollars, or nothing (market)");
	for (decimals = decimals < 0 ? 0 : decimals; decimals < 6 && v < INT64_MAX / 100; decimals++)
		v *= 10;
	*out = exact && !minus && v > 0 && decimals == 6 ? v : PAPER_NO_PRICE;
	return 0;
}

static uint8_t side_of(const struct reader *r)
{
	if (r->field[SIDE].len == 0)
		return SIDE_NONE;
	if (r->field[SIDE].len > 1)
		return NOT_ONE;
	return *r->field[SIDE].text == 'B' ? SIDE_BUY : *r->field[SIDE].text == 'S' ? SIDE_SELL : NOT_ONE;
}

static uint8_t tif_of(const struct reader *r, uint8_t action)
{
	if (r->field[TIF].len == 0)
		return action == TRADE_REPLACE ? TIF_UNCHANGED : TIF_DAY;
	if (is(r, TIF, "day") || is(r, TIF, "0"))
		return TIF_DAY;
	return is(r, TIF, "ioc") || is(r, TIF, "3") ? TIF_IOC : NOT_ONE;
}

// A cancel or replace may leave venue and symbol to the order's first row.
static int read_leg(struct reader *r, struct trade_request *row)
{
	char name[24] = "";
	int venue;

	if (r->field[SYMBOL].len > SYMBOL_BYTES)
		return wrong(r, SYMBOL, "a symbol of 1 to 8 characters");
	for (size_t i = 0; i < r->field[SYMBOL].len; i++)
		if (r->field[SYMBOL].text[i] <= ' ' || r->field[SYMBOL].text[i] > '~')
			return wrong(r, SYMBOL, "a symbol of 1 to 8 characters");
	if (!r->field[SYMBOL].len && !r->field[VENUE].len && row->action != TRADE_NEW)
		return 0;
	if (!r->field[SYMBOL].len)
		return wrong(r, SYMBOL, "a symbol of 1 to 8 characters");
	if (r->field[VENUE].len < sizeof name)
		memcpy(name, r->field[VENUE].text, r->field[VENUE].len);
	venue = venue_find(name);
	if (venue < 0)
		return wrong(r, VENUE, "itch, iex, pillar, bx, psx");
	row->symbol = symtab_key(r->field[SYMBOL].text, r->field[SYMBOL].len);
	row->venue = (uint8_t)venue;
	return 0;
}

static int read_row(struct reader *r, struct trade_request *row)
{
	uint8_t action = 0;
	int rc;

	while (action < SCRIPT_ACTIONS &&
	       (strlen(trade_action_name[action]) != r->field[ACTION].len ||
		memcmp(trade_action_name[action], r->field[ACTION].text, r->field[ACTION].len)))
		action++;
	*row = (struct trade_request){ .action = action,
				       .instr = INSTR_NONE,
				       .gate = UINT8_MAX,
				       .source = SOURCE_SCRIPT,
				       .decided_tsc = r->line };
	if (!number(r->field[TS].text, r->field[TS].len, &row->arrival_ns) ||
	    row->arrival_ns > (uint64_t)INT64_MAX)
		return wrong(r, TS, "nanoseconds since 1970");
	if (action == SCRIPT_ACTIONS)
		return wrong(r, ACTION, "new, cancel, replace");
	if (!number(r->field[ID].text, r->field[ID].len, &row->id))
		return wrong(r, ID, "a decimal integer of up to 64 bits, without leading zeros");
	if ((rc = read_leg(r, row)) || (rc = read_qty(r, &row->qty)) || (rc = read_price(r, &row->price)))
		return rc;
	row->side = side_of(r);
	row->tif = tif_of(r, action);
	return 0;
}

static bool is_header(const struct reader *r)
{
	for (int f = 0; f < FIELDS; f++)
		if (!is(r, (enum field)f, names[f]))
			return false;
	return true;
}

// In this order rows arrive: by time, id, line. decided_tsc holds the line, then the place in this order.
static int by_arrival(const void *a, const void *b)
{
	const struct trade_request *x = a, *y = b;

	if (x->arrival_ns != y->arrival_ns)
		return x->arrival_ns < y->arrival_ns ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->decided_tsc < y->decided_tsc ? -1 : x->decided_tsc > y->decided_tsc;
}

static int by_id(const void *a, const void *b)
{
	const struct trade_request *x = a, *y = b;

	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->decided_tsc < y->decided_tsc ? -1 : x->decided_tsc > y->decided_tsc;
}

static int by_leg(const void *a, const void *b)
{
	const struct trade_request *x = a, *y = b;

	if (x->venue != y->venue)
		return x->venue < y->venue ? -1 : 1;
	if (x->symbol != y->symbol)
		return symtab_order(x->symbol, y->symbol);
	return x->decided_tsc < y->decided_tsc ? -1 : x->decided_tsc > y->decided_tsc;
}

// Gives all rows of an id the leg of the first one that names it, and marks further news.
static int join_ids(struct paper_script *s, struct paper_script_error *err)
{
	for (uint32_t i = 0, to; i < s->n; i = to) {
		const struct trade_request *first = NULL;
		bool has_new = false;

		for (to = i; to < s->n && s->row[to].id == s->row[i].id; to++)
			if (!first && s->row[to].symbol)
				first = &s->row[to];
		if (!first) {
			*err = (struct paper_script_error){ 0 };
			snprintf(err->text, sizeof err->text,
				 "id %llu: no row of it has a symbol and a venue",
				 (unsigned long long)s->row[i].id);
			return -EINVAL;
		}
		for (uint32_t k = i; k < to; k++) {
			struct trade_request *r = &s->row[k];

			r->symbol = first->symbol;
			r->venue = first->venue;
			if (r->action == TRADE_NEW && has_new)
				r->action = TRADE_AGAIN;
			has_new = has_new || r->action == TRADE_NEW;
		}
		s->n_orders += has_new;
	}
	return 0;
}

static void make_legs(struct paper_script *s)
{
	for (uint32_t i = 0; i < s->n; i++) {
		const struct trade_request *r = &s->row[i];
		struct paper_script_leg *leg = s->n_legs ? &s->leg[s->n_legs - 1] : NULL;

		if (!leg || leg->venue != r->venue || leg->symbol != r->symbol) {
			leg = &s->leg[s->n_legs++];
			*leg = (struct paper_script_leg){ .symbol = r->symbol,
							  .first = i,
							  .venue = r->venue };
		}
		leg->n++;
		s->row[i].decided_tsc = 0;
	}
}

static size_t lines_of(const char *text, size_t len)
{
	size_t n = 1;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

static size_t row_bytes(size_t lines) { return line_bytes(lines * sizeof(struct trade_request)); }

size_t paper_script_bytes(const char *text, size_t len)
{
	size_t n = lines_of(text, len);

	return row_bytes(n) + n * sizeof(struct paper_script_leg);
}

int paper_script_read(struct paper_script *s, const char *text, size_t len, void *mem,
		      struct paper_script_error *err)
{
	struct reader r = { .err = err };
	const char *end = text + len;
	int rc;

	*s = (struct paper_script){
		.row = mem, .leg = (struct paper_script_leg *)((char *)mem + row_bytes(lines_of(text, len)))
	};
	for (const char *p = text; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p)), *to = newline ? newline : end;
		const char *next = newline ? newline + 1 : end;

		to -= to > p && to[-1] == '\r';
		r.line++;
		if (to > p) {
			if ((rc = cut(&r, p, to)))
				return rc;
			if (r.line > 1 || !is_header(&r)) {
				if ((rc = read_row(&r, &s->row[s->n])))
					return rc;
				s->n++;
			}
		}
		p = next;
	}
	if (!r.line) { // what a writer leaves that died: no orders are said by a header alone
		*err = (struct paper_script_error){
			.text = "found an empty file, allowed: a header, or orders"
		};
		return -EINVAL;
	}
	if (!s->n)
		return 0;
	qsort(s->row, s->n, sizeof *s->row, by_arrival);
	for (uint32_t i = 0; i < s->n; i++)
		s->row[i].decided_tsc = i;
	qsort(s->row, s->n, sizeof *s->row, by_id);
	if ((rc = join_ids(s, err)))
		return rc;
	qsort(s->row, s->n, sizeof *s->row, by_leg);
	make_legs(s);
	return 0;
}

uint32_t paper_script_find(const struct paper_script *s, uint8_t venue, uint64_t symbol)
{
	uint32_t lo = 0, hi = s->n_legs;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;
		const struct paper_script_leg *leg = &s->leg[mid];

		if (leg->venue < venue || (leg->venue == venue && symtab_order(leg->symbol, symbol) < 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n_legs && s->leg[lo].venue == venue && s->leg[lo].symbol == symbol ? lo : UINT32_MAX;
}
