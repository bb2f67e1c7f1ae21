/* SPDX-License-Identifier: BSD-3-Clause */
// report.c: the subcommand: options, and the page beside its name until it is whole.
#include "app/wirebar/report/report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/wirebar/report/facts.h"
#include "app/wirebar/report/load.h"
#include "app/wirebar/report/sheet.h"
#include "lcore/base/calendar.h"
#include "lcore/base/once.h"

enum { EXIT_BAD = 1, EXIT_USAGE = 2 };
enum { O_OUT = REPORT_FILES, O_SYMBOL, O_SPAN, O_TRIPS, O_HELP };

static const char *const spans[] = { "1s", "5s", "15s", "30s", "1m", "5m" };

static void usage(FILE *out)
{
	fputs("usage: wirebar report --fills FILE --bars FILE --out FILE [options]\n"
	      "\n"
	      "Writes one HTML page about a run from the files that the run wrote: the numbers, equity and\n"
	      "drawdown, candles with entries and exits, round trips. The page needs no network and no\n"
	      "scripts; the same files give the same bytes.\n"
	      "\n"
	      "  --fills FILE       fills (replay --fills)\n"
	      "  --bars FILE        bars (replay --bars), of which one symbol and span is drawn\n"
	      "  --out FILE         the page; - is the standard output\n"
	      "  --equity FILE      equity by the minute: net, drawdown, their curves\n"
	      "  --positions FILE   round trips: win rate, exposure, their table\n"
	      "  --orders FILE      events of orders (replay --orders): how many of which, and why\n"
	      "  --summary FILE     the run's summary (replay --summary): hash, latencies, biases; the\n"
	      "                     files must be those of that run\n"
	      "  --symbol NAME      symbol of the candles (default: the one with most filled shares)\n"
	      "  --span SPAN        bars to draw: 1s 5s 15s 30s 1m 5m (default 1m); more than 480 are\n"
	      "                     joined to wider candles\n"
	      "  --trips N          rows of the table of round trips, 1 to 1000, the last ones (200)\n"
	      "  --help             this text\n"
	      "\n"
	      "docs/report.md has the columns of each file. Files may be compressed with gzip. One of them\n"
	      "may be -, the standard input; fills only with --symbol: without it they are read twice.\n"
	      "\n"
	      "exit: 0 written; 1 a file is missing, not whole or not readable (file, line and column are\n"
	      "named, nothing is written); 2 usage\n",
	      out);
}

static int bad(const char *format, const char *a)
{
	fprintf(stderr, "wirebar report: ");
	fprintf(stderr, format, a);
	fprintf(stderr, " (--help lists the options)\n");
	return EXIT_USAGE;
}

// What an option says is checked here; what belongs together, in check_all.
static int take(struct report *r, const char **out, int option, const char *value)
{
	unsigned i = 0;
	char *end;

	if (option < REPORT_FILES) {
		r->path[option] = value;
	} else if (option == O_OUT) {
		*out = value;
	} else if (option == O_SYMBOL) {
		if (!*value || strlen(value) >= sizeof r->symbol)
			return bad("--symbol: found \"%s\", allowed: the name of an instrument", value);
		strcpy(r->symbol, value);
	} else if (option == O_SPAN) {
		while (i < sizeof spans / sizeof *spans && strcmp(value, spans[i]))
			i++;
		if (i == sizeof spans / sizeof *spans)
			return bad("--span: found \"%s\", allowed: 1s 5s 15s 30s 1m 5m", value);
		strcpy(r->span, value);
	} else {
		r->trips.shown_max = (unsigned)strtoul(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || strlen(value) > 4 || !r->trips.shown_max ||
		    r->trips.shown_max > TRIPS_SHOWN_MAX)
			return bad("--trips: found \"%s\", allowed: 1 to 1000", value);
	}
	return 0;
}

// The page would take its place.
static bool is_input(const char *path, const char *out)
{
	struct stat a, b;

	return path && !stat(path, &a) && !stat(out, &b) && S_ISREG(a.st_mode) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static int check_all(const struct report *r, const char *out)
{
	unsigned n_stdin = 0;

	for (unsigned i = 0; i < REPORT_FILES; i++) {
		if ((i == REPORT_FILLS || i == REPORT_BARS) && !r->path[i])
			return bad("--%s FILE is missing", report_file_name[i]);
		n_stdin += r->path[i] && !strcmp(r->path[i], "-");
	}
	if (!out)
		return bad("--out FILE is missing%s", "");
	for (unsigned i = 0; i < REPORT_FILES; i++)
		if (is_input(r->path[i], out))
			return bad("--out: found the file of --%s, allowed: another one",
				   report_file_name[i]);
	if (n_stdin > 1)
		return bad("only one file can be -, the standard input%s", "");
	if (!strcmp(r->path[REPORT_FILLS], "-") && !r->symbol[0])
		return bad("--fills - needs --symbol: without it fills are read twice%s", "");
	return 0;
}

static int parse(struct report *r, const char **out, int argc, char **argv)
{
	static const struct option options[] = {
		{ "equity", required_argument, NULL, REPORT_EQUITY },
		{ "fills", required_argument, NULL, REPORT_FILLS },
		{ "bars", required_argument, NULL, REPORT_BARS },
		{ "positions", required_argument, NULL, REPORT_POSITIONS },
		{ "orders", required_argument, NULL, REPORT_ORDERS },
		{ "summary", required_argument, NULL, REPORT_SUMMARY },
		{ "out", required_argument, NULL, O_OUT },
		{ "symbol", required_argument, NULL, O_SYMBOL },
		{ "span", required_argument, NULL, O_SPAN },
		{ "trips", required_argument, NULL, O_TRIPS },
		{ "help", no_argument, NULL, O_HELP },
		{ 0 },
	};
	int option, rc = 0;

	if (!once_each("wirebar report", argc, argv, "h", options, ""))
		return EXIT_USAGE;
	while (!rc && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == O_HELP || option == 'h') {
			usage(stdout);
			return -1;
		}
		rc = option == '?' ? bad("%s", "no such option, or without its value")
				   : take(r, out, option, optarg);
	}
	if (!rc && optind != argc)
		rc = bad("found \"%s\", allowed: options only", argv[optind]);
	return rc ? rc : check_all(r, *out);
}

static int write_page(const struct report *r, const char *out)
{
	static struct page page;
	int rc = output_open(&page.out, out, 0, NULL);

	if (!rc) {
		sheet_write(&page, r);
		rc = output_finish(&page.out);
		rc = rc ? rc : output_keep(&page.out);
		output_drop(&page.out);
	}
	if (rc)
		fprintf(stderr, "wirebar report: %s: %s\n", out, strerror(-rc));
	return rc ? EXIT_BAD : 0;
}

int report_main(int argc, char **argv)
{
	static struct report report;
	struct report *r = &report;
	const char *out = NULL;
	int rc;

	strcpy(r->span, "1m");
	r->trips.shown_max = TRIPS_SHOWN;
	rc = parse(r, &out, argc, argv);
	if (rc)
		return rc < 0 ? 0 : rc;
	if (calendar_load()) {
		fprintf(stderr,
			"wirebar report: no zone data of New York on this host (Debian package tzdata)\n");
		return EXIT_BAD;
	}
	if (!load_files(r) || (r->path[REPORT_SUMMARY] && !facts_load(r))) {
		fprintf(stderr, "wirebar report: %s\n", r->error);
		return EXIT_BAD;
	}
	if (r->foreign[REPORT_BARS])
		fprintf(stderr, "wirebar report: %s: not the bytes that %s names; drawn nevertheless\n",
			r->path[REPORT_BARS], r->path[REPORT_SUMMARY]);
	if (!report_agrees(r))
		fprintf(stderr, "wirebar report: %s: not what the fills realized; drawn nevertheless\n",
			r->path[REPORT_EQUITY]);
	return write_page(r, out);
}
