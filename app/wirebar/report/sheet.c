/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/sheet.h"

#include <stdio.h>
#include <string.h>

#include "app/wirebar/report/draw.h"
#include "app/wirebar/report/tables.h"

// The first and last time that any file has, and so the dates of the run.
static void dates(const struct report *r, char out[2 * PAGE_NUMBER_BYTES])
{
	const struct axis *a = &r->axis;
	uint64_t from = a->n ? a->run[0].from_ns : r->fills_first_ns;
	uint64_t to = a->n ? a->run[a->n - 1].to_ns - 1 : r->fills_last_ns;
	char first[PAGE_NUMBER_BYTES], last[PAGE_NUMBER_BYTES];

	page_date(from, first);
	page_date(to, last);
	snprintf(out, 2 * PAGE_NUMBER_BYTES, strcmp(first, last) ? "%s to %s" : "%s", first, last);
	if (!from)
		strcpy(out, "no rows");
}

static void head(struct page *p, const struct report *r, const char *when)
{
	int64_t net = r->curve.rows ? r->curve.last.net : r->fill_realized - r->fill_fees;
	char number[PAGE_NUMBER_BYTES];

	page_raw(p, "<header>\n<h1>");
	page_text(p, r->symbol[0] ? r->symbol : "No fills");
	page_put(p, " \xc2\xb7 %s</h1>\n<p class=\"big\">%s <b%s>%s</b> dollars", when,
		 r->curve.rows ? "Net" : "Realized less fees", net < 0 ? " class=\"loss\"" : "",
		 page_money(net, number));
	if (r->path[REPORT_POSITIONS])
		page_put(p, ", %s round trip%s", page_count(r->trips.closed, number),
			 r->trips.closed == 1 ? "" : "s");
	page_put(p, ", %s fill%s</p>\n<p class=\"soft\">", page_count(r->fills, number),
		 r->fills == 1 ? "" : "s");
	if (r->hash[0])
		page_put(p, "Hash of the run ");
	else
		page_put(p, "SHA-256 of the fills ");
	page_text(p, r->hash[0] ? r->hash : r->digest[REPORT_FILLS]);
	page_raw(p, "</p>\n<p class=\"soft\">Times are New York's, amounts dollars; the figures are of all "
		    "symbols, "
		    "the candles of one.</p>\n</header>\n");
	if (r->foreign[REPORT_BARS])
		page_raw(
			p,
			"<p class=\"warn\">The bars are not the bytes that the summary names: they may be of "
			"another run.</p>\n");
	if (!report_agrees(r)) {
		page_put(p, "<p class=\"warn\">The fills realized %s dollars, ",
			 page_money(r->fill_realized, number));
		page_put(p, "the equity says %s: they may be of two runs.</p>\n",
			 page_money(r->curve.last.realized, number));
	}
}

void sheet_write(struct page *p, const struct report *r)
{
	char when[2 * PAGE_NUMBER_BYTES], title[4 * PAGE_NUMBER_BYTES];

	dates(r, when);
	snprintf(title, sizeof title, "%s %s - wirebar", r->symbol[0] ? r->symbol : "No fills", when);
	page_begin(p, title);
	head(p, r, when);
	tables_numbers(p, r);
	if (r->curve.rows) {
		page_raw(p, "<h2>Equity</h2>\n");
		draw_equity(p, r);
	}
	if (r->symbol[0]) {
		page_raw(p, "<h2>");
		page_text(p, r->symbol);
		page_raw(p, "</h2>\n");
		draw_candles(p, r);
	}
	if (r->path[REPORT_POSITIONS])
		tables_trips(p, r);
	page_raw(p, "<footer>\n");
	tables_files(p, r);
	page_raw(p, "<p class=\"soft\">wirebar " WIREBAR_VERSION ". The same files give the same bytes.</p>\n"
		    "</footer>\n");
	page_end(p);
}
