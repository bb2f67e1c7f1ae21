/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/tables.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void begin(struct page *p, const char *caption)
{
	page_put(p, "<table><caption>%s</caption>\n", caption);
}

static void end(struct page *p) { page_raw(p, "</table>\n"); }

// A line of a table; value is ours or a number.
static void line(struct page *p, const char *name, const char *value, bool loss)
{
	page_put(p, "<tr><th scope=\"row\">%s</th><td%s>%s</td></tr>\n", name, loss ? " class=\"loss\"" : "",
		 value);
}

static void money(struct page *p, const char *name, int64_t v)
{
	char number[PAGE_NUMBER_BYTES];

	line(p, name, page_money(v, number), v < 0);
}

static void count(struct page *p, const char *name, uint64_t n)
{
	char number[PAGE_NUMBER_BYTES];

	line(p, name, page_count(n, number), false);
}

static void length(struct page *p, const char *name, uint64_t ns)
{
	char number[PAGE_NUMBER_BYTES];

	line(p, name, page_length(ns, number), false);
}

// A share of a whole; without a whole there is none.
static void share(struct page *p, const char *name, double part, double whole)
{
	char number[PAGE_NUMBER_BYTES];

	snprintf(number, sizeof number, "%.1f %%", 100 * part / whole);
	line(p, name, whole > 0 ? number : "\xe2\x80\x93", false);
}

// A mean in dollars, to 1e-4 dollar.
static void mean(struct page *p, const char *name, int64_t sum, uint64_t n)
{
	if (n)
		money(p, name, (int64_t)llround((double)sum / (double)n / 100) * 100);
	else
		line(p, name, "\xe2\x80\x93", false);
}

static void result(struct page *p, const struct report *r)
{
	const struct curve_row *e = &r->curve.last;

	begin(p, "Result, dollars");
	if (!r->curve.rows) {
		money(p, "realized less fees", r->fill_realized - r->fill_fees);
		money(p, "realized, gross", r->fill_realized);
		money(p, "fees", r->fill_fees);
		line(p, "what is open", r->path[REPORT_EQUITY] ? "no rows of equity" : "--equity", false);
		end(p);
		return;
	}
	money(p, "net", e->net);
	money(p, "gross", e->gross);
	money(p, "realized, gross", e->realized);
	money(p, "unrealized at the end", e->unrealized);
	money(p, "fees", e->fees);
	end(p);
}

static void trips(struct page *p, const struct report *r)
{
	const struct trips *t = &r->trips;
	char number[PAGE_NUMBER_BYTES];

	begin(p, "Round trips, net dollars");
	if (!r->path[REPORT_POSITIONS]) {
		line(p, "not given", "--positions", false);
		end(p);
		return;
	}
	count(p, "trades", t->closed);
	if (t->n > t->closed)
		count(p, "still open", t->n - t->closed);
	share(p, "win rate", (double)t->wins, (double)t->closed);
	snprintf(number, sizeof number, "%.3f", t->lost ? (double)t->won / -(double)t->lost : 0);
	line(p, "profit factor", t->lost ? number : "\xe2\x80\x93", false);
	mean(p, "expectancy", t->net, t->closed);
	mean(p, "average win", t->won, t->wins);
	mean(p, "average loss", t->lost, t->losses);
	money(p, "best", t->best);
	money(p, "worst", t->worst);
	length(p, "average holding", t->closed ? t->held_ns / t->closed : 0);
	length(p, "longest holding", t->longest_ns);
	end(p);
}

static void risk(struct page *p, const struct report *r)
{
	const struct curve *c = &r->curve;
	char a[PAGE_NUMBER_BYTES], b[PAGE_NUMBER_BYTES];

	if (!c->rows)
		return;
	begin(p, "Risk");
	money(p, "max drawdown, dollars", -c->max_fall);
	if (c->max_fall) {
		line(p, "from its high at", page_time(c->fall_high_ts, r->dated, a), false);
		line(p, "lowest at", page_time(c->fall_low_ts, r->dated, a), false);
		line(p, "at that high again",
		     c->fall_end_ts ? page_time(c->fall_end_ts, r->dated, b) : "not yet", false);
		length(p, "length", curve_fall_ns(c));
	}
	if (r->path[REPORT_POSITIONS] && !r->trips.spans_full)
		share(p, "exposure, share of time", (double)r->trips.exposed_ns, (double)r->trips.watched_ns);
	end(p);
}

static void words(struct page *p, const struct report_words *w)
{
	for (unsigned i = 0; i < w->n; i++) {
		char number[PAGE_NUMBER_BYTES];

		page_raw(p, "<tr><th scope=\"row\">");
		page_text(p, w->word[i]);
		page_put(p, "</th><td>%s</td></tr>\n", page_count(w->count[i], number));
	}
	if (w->others)
		count(p, "others", w->others);
}

static void execution(struct page *p, const struct report *r)
{
	begin(p, "Execution");
	count(p, "fills", r->fills);
	if (r->breaks)
		count(p, "fills broken later", r->breaks);
	count(p, "shares", r->shares);
	money(p, "notional, dollars", (int64_t)llround(r->notional / 1e4) * 10000);
	count(p, "symbols filled", r->symbols);
	end(p);
	if (!r->path[REPORT_ORDERS])
		return;
	begin(p, "Events of orders");
	words(p, &r->events);
	end(p);
	if (!r->reasons.n)
		return;
	begin(p, "Reasons");
	words(p, &r->reasons);
	end(p);
}

static void facts(struct page *p, const struct report *r)
{
	if (!r->n_facts)
		return;
	begin(p, "From the summary");
	for (unsigned i = 0; i < r->n_facts; i++) {
		page_raw(p, "<tr><th scope=\"row\">");
		page_text(p, r->fact[i].name);
		page_raw(p, "</th><td>");
		page_text(p, r->fact[i].text);
		page_raw(p, "</td></tr>\n");
	}
	end(p);
}

void tables_numbers(struct page *p, const struct report *r)
{
	page_raw(p, "<section class=\"groups\" id=\"numbers\">\n");
	result(p, r);
	trips(p, r);
	risk(p, r);
	execution(p, r);
	facts(p, r);
	page_raw(p, "</section>\n");
}

static void price(struct page *p, int64_t v)
{
	char number[PAGE_NUMBER_BYTES];

	page_put(p, "<td>%s</td>", v == PX_NULL ? "" : page_money(v, number));
}

static void amount(struct page *p, int64_t v)
{
	char number[PAGE_NUMBER_BYTES];

	page_put(p, "<td%s>%s</td>", v < 0 ? " class=\"loss\"" : "", page_money(v, number));
}

static void trip(struct page *p, const struct trip *t, bool dated)
{
	char a[PAGE_NUMBER_BYTES], b[PAGE_NUMBER_BYTES];

	page_put(p, "<tr><td>%llu</td><td class=\"w\">", (unsigned long long)t->id);
	page_text(p, t->symbol);
	page_put(p, "</td><td class=\"w\">%s</td><td>%s</td>", t->side > 0 ? "long" : "short",
		 page_time(t->opened_ns, dated, a));
	if (t->closed_ns)
		page_put(p, "<td>%s</td><td>%s</td>", page_time(t->closed_ns, dated, a),
			 page_length(t->closed_ns - t->opened_ns, b));
	else
		page_raw(p, "<td>open</td><td></td>");
	page_put(p, "<td>%s</td>", page_count(t->peak_qty, a));
	price(p, t->avg_open);
	price(p, t->avg_close);
	amount(p, t->realized);
	amount(p, t->fees);
	amount(p, t->net);
	amount(p, t->max_adverse);
	amount(p, t->max_favourable);
	page_raw(p, "<td class=\"w\">");
	page_text(p, t->exit_reason);
	page_raw(p, "</td></tr>\n");
}

void tables_trips(struct page *p, const struct report *r)
{
	static const char *const column[] = { "id",   "symbol", "side",    "opened",     "closed",
					      "held", "peak",   "open at", "close at",   "gross",
					      "fees", "net",    "adverse", "favourable", "exit" };
	const struct trips *t = &r->trips;
	uint64_t kept = t->n < t->shown_max ? t->n : t->shown_max;
	char a[PAGE_NUMBER_BYTES], b[PAGE_NUMBER_BYTES];

	page_raw(p, "<h2>Round trips</h2>\n");
	if (t->n > kept)
		page_put(p, "<p class=\"soft\">The last %s; %s before them are left out.</p>\n",
			 page_count(kept, a), page_count(t->n - kept, b));
	if (!t->n) {
		page_raw(p, "<p class=\"soft\">None.</p>\n");
		return;
	}
	page_raw(p, "<div class=\"scroll\"><table class=\"trips\"><thead><tr>");
	for (unsigned i = 0; i < sizeof column / sizeof *column; i++)
		page_put(p, "<th scope=\"col\"%s>%s</th>", i == 1 || i == 2 || i == 14 ? " class=\"w\"" : "",
			 column[i]);
	page_raw(p, "</tr></thead>\n<tbody>\n");
	for (uint64_t i = 0; i < kept; i++)
		trip(p, trips_shown(t, i), r->dated);
	page_raw(p, "</tbody></table></div>\n");
}

void tables_files(struct page *p, const struct report *r)
{
	char number[PAGE_NUMBER_BYTES];

	page_raw(p, "<h2>Made from</h2>\n<table>\n");
	for (unsigned i = 0; i < REPORT_FILES; i++) {
		const char *slash = r->path[i] ? strrchr(r->path[i], '/') : NULL;

		if (!r->path[i])
			continue;
		page_raw(p, "<tr><th scope=\"row\">");
		page_text(p, !strcmp(r->path[i], "-") ? report_file_name[i] : slash ? slash + 1 : r->path[i]);
		page_put(p, "</th><td>%s%s%s</td></tr>\n", r->rows[i] ? page_count(r->rows[i], number) : "",
			 r->rows[i] ? " rows, SHA-256 " : "", r->digest[i]);
	}
	page_raw(p, "</table>\n");
}
