/* SPDX-License-Identifier: BSD-3-Clause */
// load.c: the files of a run into figures. The fills are read before the bars to find the symbol, unless it
// was named, and after them for the marks, whose places depend on how wide the candles became.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/wirebar/report/csv.h"
#include "app/wirebar/report/load.h"
#include "app/wirebar/report/tally.h"
#include "lcore/base/calendar.h"

const char *const report_file_name[REPORT_FILES] = { "equity",    "fills",  "bars",
						     "positions", "orders", "summary" };

enum { TOTALS = 1, MARKS = 2 };

#define EQUITY_STEP_NS (UINT64_C(60) * NS_PER_S)

// What is read from one file: reads its rows until the end or an error, by the columns of that file.
struct reader {
	struct report *r;
	struct csv csv;
	unsigned what;       // of fills: TOTALS, MARKS
	struct tally *tally; // of fills
	unsigned spans;      // of bars: found for the symbol, a bit each
};

static const char *const span_name[] = { "1s", "5s", "15s", "30s", "1m", "5m" };
static const unsigned span_s[] = { 1, 5, 15, 30, 60, 300 };

enum { N_SPANS = sizeof span_s / sizeof *span_s };

static bool refuse(struct report *r, const char *format, const char *a, const char *b)
{
	snprintf(r->error, sizeof r->error, format, a, b);
	return false;
}

// Ends a file: its digest, its rows, its error.
static bool end(struct reader *in, enum report_file file, bool ok)
{
	struct report *r = in->r;

	if (ok && r->digest[file][0] && strcmp(r->digest[file], in->csv.digest))
		ok = refuse(r, "%s: was changed while it was read%s", r->path[file], "");
	else if (!ok)
		refuse(r, "%s%s", in->csv.error, "");
	memcpy(r->digest[file], in->csv.digest, sizeof r->digest[file]);
	r->rows[file] = in->csv.rows;
	csv_close(&in->csv);
	return ok;
}

static bool fill_row(struct reader *in, const int *col)
{
	struct report *r = in->r;
	struct csv *c = &in->csv;
	enum { TS, SYMBOL, SIDE, QTY, PRICE, FEE, POSITION, REALIZED, EVIDENCE };
	char symbol[TALLY_SYMBOL_BYTES];
	bool broken = !strcmp(c->field[col[EVIDENCE]], "break");
	int64_t qty, price, fee, position, realized;
	uint64_t ts;
	int side;

	if (!csv_time(c, col[TS], &ts) || !csv_word(c, col[SYMBOL], symbol, sizeof symbol) ||
	    !csv_side(c, col[SIDE], &side) || !csv_signed(c, col[QTY], &qty) ||
	    !csv_amount(c, col[PRICE], &price) || !csv_amount(c, col[FEE], &fee) ||
	    !csv_signed(c, col[POSITION], &position) || !csv_amount(c, col[REALIZED], &realized))
		return false;
	if (broken ? qty >= 0 : qty <= 0)
		return csv_fail(c, col[QTY],
				broken ? "a negative number: the fill was broken" : "at least 1 share");
	if (in->what & TOTALS) {
		r->fills += !broken;
		r->breaks += broken;
		r->shares += (uint64_t)qty;
		r->notional += (double)qty * (double)price;
		r->fill_fees += fee;
		r->fill_realized += realized;
		if (!r->fills_first_ns)
			r->fills_first_ns = ts;
		r->fills_last_ns = ts;
		if (!tally_add(in->tally, symbol, qty))
			return csv_fail(c, col[SYMBOL], "fewer symbols: there are more than 60,000");
	}
	if (in->what & MARKS && !strcmp(symbol, r->symbol)) {
		candles_fill(&r->candles, ts, side, (uint64_t)(broken ? -qty : qty), price, position, broken);
		axis_cover(&r->axis, ts, ts);
		r->fills_drawn++;
	}
	return true;
}

static bool read_fills(struct reader *in)
{
	static const char *const name[] = { "ts",  "symbol",   "side",     "qty",     "price",
					    "fee", "position", "realized", "evidence" };
	struct report *r = in->r;
	int col[9], got = 0;
	bool ok;

	in->tally = tally_create();
	ok = csv_open(&in->csv, r->path[REPORT_FILLS]) && csv_columns(&in->csv, name, col, 9);
	while (ok && (got = csv_next(&in->csv)) > 0)
		ok = fill_row(in, col);
	if (in->what & TOTALS && in->tally) {
		const char *most = tally_most(in->tally);

		r->symbols = tally_symbols(in->tally);
		if (!r->symbol[0] && most)
			snprintf(r->symbol, sizeof r->symbol, "%s", most);
	}
	tally_destroy(in->tally);
	return end(in, REPORT_FILLS, ok && !got);
}

static unsigned quality_of(const char *flags)
{
	static const char *const name[CANDLES_QUALITIES] = { "GAP", "STALE", "HALTED" };
	unsigned quality = 0;

	while (*flags) {
		size_t len = strcspn(flags, "|");

		for (unsigned i = 0; i < CANDLES_QUALITIES; i++)
			if (len == strlen(name[i]) && !strncmp(flags, name[i], len))
				quality |= 1u << i;
		flags += len + (flags[len] == '|');
	}
	return quality;
}

static bool bar_row(struct reader *in, const int *col)
{
	struct report *r = in->r;
	struct csv *c = &in->csv;
	enum { SYMBOL, SPAN, OPEN_TS, OPEN, HIGH, LOW, CLOSE, VOLUME, FLAGS };
	struct candle row = { .quality = quality_of(c->field[col[FLAGS]]) };
	unsigned span = 0;

	if (strcmp(c->field[col[SYMBOL]], r->symbol))
		return true;
	while (span < N_SPANS && strcmp(c->field[col[SPAN]], span_name[span]))
		span++;
	if (span == N_SPANS)
		return csv_fail(c, col[SPAN], "1s, 5s, 15s, 30s, 1m or 5m");
	in->spans |= 1u << span;
	if (strcmp(span_name[span], r->span))
		return true;
	if (!csv_time(c, col[OPEN_TS], &row.ts) || !csv_count(c, col[VOLUME], &row.volume))
		return false;
	// A row without prints has no prices; one without full prints may have a high and a low only.
	row.traded = !csv_empty(c, col[OPEN]);
	if (row.traded && (!csv_amount(c, col[OPEN], &row.open) || !csv_amount(c, col[HIGH], &row.high) ||
			   !csv_amount(c, col[LOW], &row.low) || !csv_amount(c, col[CLOSE], &row.close)))
		return false;
	if (!candles_add(&r->candles, &row))
		return csv_fail(c, col[OPEN_TS],
				"a later time than in the row before of this symbol and span");
	axis_cover(&r->axis, row.ts, row.ts + span_s[span] * NS_PER_S);
	return true;
}

static bool no_bars(const struct reader *in)
{
	struct report *r = in->r;
	char spans[64] = "";

	for (unsigned i = 0; i < N_SPANS; i++)
		if (in->spans & 1u << i)
			snprintf(spans + strlen(spans), sizeof spans - strlen(spans), " %s", span_name[i]);
	snprintf(r->error, sizeof r->error, "%.200s: no bars of %s at span %s: found %s%s", in->csv.path,
		 r->symbol, r->span, in->spans ? "spans" : "none of this symbol at all", spans);
	return false;
}

static bool read_bars(struct reader *in)
{
	static const char *const name[] = { "symbol", "span",  "open_ts", "open", "high",
					    "low",    "close", "volume",  "flags" };
	struct report *r = in->r;
	int col[9], got = 0;
	bool ok = csv_open(&in->csv, r->path[REPORT_BARS]) && csv_columns(&in->csv, name, col, 9);

	for (unsigned i = 0; i < N_SPANS; i++)
		if (!strcmp(r->span, span_name[i]))
			r->candles.width_s = span_s[i];
	if (ok && csv_has(&in->csv, "venue") >= 0) {
		csv_close(&in->csv);
		return refuse(r, "%s: bars by venue: one candle would be drawn for each%s",
			      r->path[REPORT_BARS], "");
	}
	while (ok && (got = csv_next(&in->csv)) > 0)
		ok = !r->symbol[0] || bar_row(in, col);
	if (!end(in, REPORT_BARS, ok && !got))
		return false;
	return !r->symbol[0] || r->candles.rows ? true : no_bars(in);
}

static bool position_row(struct reader *in, const int *col)
{
	struct csv *c = &in->csv;
	enum { ID, SYMBOL, SIDE, OPENED, CLOSED, PEAK, OPEN, CLOSE, REALIZED, FEES, NET, ADVERSE, BEST, WHY };
	struct trip t = { .avg_open = PX_NULL, .avg_close = PX_NULL };

	if (!csv_count(c, col[ID], &t.id) || !csv_word(c, col[SYMBOL], t.symbol, sizeof t.symbol) ||
	    !csv_side(c, col[SIDE], &t.side) || !csv_time(c, col[OPENED], &t.opened_ns) ||
	    !csv_count(c, col[PEAK], &t.peak_qty) || !csv_amount(c, col[OPEN], &t.avg_open) ||
	    !csv_amount(c, col[REALIZED], &t.realized) || !csv_amount(c, col[FEES], &t.fees) ||
	    !csv_amount(c, col[NET], &t.net) || !csv_amount(c, col[ADVERSE], &t.max_adverse) ||
	    !csv_amount(c, col[BEST], &t.max_favourable))
		return false;
	// What is still open at the end has no end.
	if (!csv_empty(c, col[CLOSED]) &&
	    (!csv_time(c, col[CLOSED], &t.closed_ns) || !csv_amount(c, col[CLOSE], &t.avg_close)))
		return false;
	if (t.closed_ns && t.closed_ns < t.opened_ns)
		return csv_fail(c, col[CLOSED], "a time not before it was opened");
	if (!csv_empty(c, col[WHY]) && !csv_word(c, col[WHY], t.exit_reason, sizeof t.exit_reason))
		return false;
	trips_add(&in->r->trips, &t);
	return true;
}

static bool read_positions(struct reader *in)
{
	static const char *const name[] = { "position_id",    "symbol",     "entry_side", "opened",
					    "closed",         "peak_qty",   "avg_open",   "avg_close",
					    "realized",       "fees",       "net",        "max_adverse",
					    "max_favourable", "exit_reason" };
	int col[14], got = 0;
	bool ok = csv_open(&in->csv, in->r->path[REPORT_POSITIONS]) && csv_columns(&in->csv, name, col, 14);

	while (ok && (got = csv_next(&in->csv)) > 0)
		ok = position_row(in, col);
	trips_settle(&in->r->trips);
	return end(in, REPORT_POSITIONS, ok && !got);
}

static bool equity_row(struct reader *in, const int *col)
{
	struct report *r = in->r;
	struct csv *c = &in->csv;
	uint64_t ts, from, before = r->curve.last_ts;
	struct curve_row row;

	if (!csv_time(c, col[0], &ts) || !csv_amount(c, col[1], &row.realized) ||
	    !csv_amount(c, col[2], &row.unrealized) || !csv_amount(c, col[3], &row.fees) ||
	    !csv_amount(c, col[4], &row.gross) || !csv_amount(c, col[5], &row.net))
		return false;
	if (ts < EQUITY_STEP_NS || !curve_add(&r->curve, ts, &row))
		return csv_fail(c, col[0], "a later time than in the row before");
	// A row is the end of its minute; minutes that no row ends (nights) are watched by nobody.
	from = ts - EQUITY_STEP_NS;
	from = before > from ? before : from;
	axis_cover(&r->axis, from, ts);
	trips_watch(&r->trips, from, ts);
	return true;
}

static bool read_equity(struct reader *in)
{
	static const char *const name[] = { "ts", "realized", "unrealized", "fees", "gross", "net" };
	int col[6], got = 0;
	bool ok = csv_open(&in->csv, in->r->path[REPORT_EQUITY]) && csv_columns(&in->csv, name, col, 6);

	while (ok && (got = csv_next(&in->csv)) > 0)
		ok = equity_row(in, col);
	return end(in, REPORT_EQUITY, ok && !got);
}

static void count_word(struct report_words *w, const char *word)
{
	unsigned i = 0;

	while (i < w->n && strcmp(w->word[i], word))
		i++;
	if (i == REPORT_WORDS_MAX) {
		w->others++;
		return;
	}
	if (i == w->n)
		snprintf(w->word[w->n++], sizeof w->word[0], "%s", word);
	w->count[i]++;
}

// What OUCH's letters for the end of an order say.
static const char *letter(const char *reason)
{
	static const char *const text[] = { "E (closed)", "I (immediate)", "Q (self-match)", "T (close)",
					    "U (user)" };

	for (unsigned i = 0; !reason[1] && i < sizeof text / sizeof *text; i++)
		if (reason[0] == text[i][0])
			return text[i] + 1;
	return "";
}

static bool read_orders(struct reader *in)
{
	static const char *const name[] = { "event", "reason" };
	struct csv *c = &in->csv;
	char event[REPORT_WORD_BYTES / 2], both[REPORT_WORD_BYTES];
	int col[2], got = 0;
	bool ok = csv_open(c, in->r->path[REPORT_ORDERS]) && csv_columns(c, name, col, 2);

	while (ok && (got = csv_next(c)) > 0) {
		ok = csv_word(c, col[0], event, sizeof event);
		if (!ok)
			break;
		count_word(&in->r->events, event);
		if (csv_empty(c, col[1]))
			continue;
		snprintf(both, sizeof both, "%s: %s%s", event, c->field[col[1]], letter(c->field[col[1]]));
		count_word(&in->r->reasons, both);
	}
	return end(in, REPORT_ORDERS, ok && !got);
}

// Fills that are read twice must be there twice: a pipe is not.
static bool is_file(struct report *r, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return refuse(r, "%s: %s", path, strerror(errno));
	return S_ISREG(st.st_mode) ? true
				   : refuse(r, "%s: no regular file: it can be read once only, name the %s",
					    path, "symbol (--symbol)");
}

static bool two_dates(const struct axis *a)
{
	struct calendar_day first, last;

	if (!a->n)
		return false;
	calendar_day_of(a->run[0].from_ns, &first);
	calendar_day_of(a->run[a->n - 1].to_ns - 1, &last);
	return first.day != last.day;
}

bool load_files(struct report *r)
{
	struct reader in = { .r = r };
	bool named = r->symbol[0];

	in.what = TOTALS;
	if (!named && (!is_file(r, r->path[REPORT_FILLS]) || !read_fills(&in)))
		return false;
	if (!read_bars(&in))
		return false;
	in.what = named ? TOTALS | MARKS : MARKS;
	if ((named || r->symbol[0]) && !read_fills(&in))
		return false;
	if (r->path[REPORT_POSITIONS] && !read_positions(&in))
		return false;
	if (r->path[REPORT_EQUITY] && !read_equity(&in))
		return false;
	if (r->path[REPORT_ORDERS] && !read_orders(&in))
		return false;
	axis_settle(&r->axis);
	r->dated = two_dates(&r->axis);
	return true;
}
