/* SPDX-License-Identifier: BSD-3-Clause */
// report.h: one page about a run, from the files of the run. Its parts: csv (reading), curve, trips, candles
// (figures in bounded memory), axis (where things are), load (files into figures), facts (the summary), draw
// and tables (figures into the page), page (output). Amounts are 1e-6 dollar, times ns since 1970. One
// thread; nothing of it is known to other parts of the program.
#ifndef WB_REPORT_H
#define WB_REPORT_H

#include "app/wirebar/report/axis.h"
#include "app/wirebar/report/candles.h"
#include "app/wirebar/report/curve.h"
#include "app/wirebar/report/page.h"
#include "app/wirebar/report/trips.h"

enum {
	REPORT_WORDS_MAX = 24,
	REPORT_WORD_BYTES = 72,
	REPORT_ERROR_BYTES = 1024,
	REPORT_FACTS_MAX = 48,
	REPORT_FACT_BYTES = 240
};

enum report_file {
	REPORT_EQUITY,
	REPORT_FILLS,
	REPORT_BARS,
	REPORT_POSITIONS,
	REPORT_ORDERS,
	REPORT_SUMMARY,
	REPORT_FILES
};

// As in options and in the summary.
extern const char *const report_file_name[REPORT_FILES];

// How often a word was in a column.
struct report_words {
	char word[REPORT_WORDS_MAX][REPORT_WORD_BYTES];
	uint64_t count[REPORT_WORDS_MAX];
	unsigned n;
	uint64_t others; // of words beyond these
};

// A line of the summary, as it is shown.
struct report_fact {
	char name[64], text[REPORT_FACT_BYTES];
};

struct report {
	const char *path[REPORT_FILES]; // NULL: not given
	char digest[REPORT_FILES][65];  // SHA-256 of what was read
	uint64_t rows[REPORT_FILES];
	char symbol[TRIPS_WORD_BYTES]; // of the candles; empty: none
	char span[8];
	bool dated; // the run has more than one New York date: times are shown with theirs
	struct curve curve;
	struct trips trips;
	struct candles candles;
	struct axis axis;
	// From fills: of all symbols, breaks taken off shares and notional.
	uint64_t fills, breaks, shares, symbols;
	uint64_t fills_drawn; // of the symbol
	int64_t fill_realized, fill_fees;
	double notional; // 1e-6 dollar * shares
	uint64_t fills_first_ns, fills_last_ns;
	struct report_words events, reasons; // from orders
	struct report_fact fact[REPORT_FACTS_MAX];
	unsigned n_facts;
	char hash[65];              // of the run, from the summary; empty: none
	bool foreign[REPORT_FILES]; // the summary has another SHA-256 of this file
	char error[REPORT_ERROR_BYTES];
};

// report_agrees says whether the equity, if there is any, ends with what the fills realized.
static inline bool report_agrees(const struct report *r)
{
	return !r->curve.rows || r->curve.last.realized == r->fill_realized;
}

// report_main is the subcommand. Returns 0, 1 when a file cannot be read or the page not be written, or 2 for
// wrong usage.
int report_main(int argc, char **argv);

#endif
