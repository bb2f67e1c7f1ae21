/* SPDX-License-Identifier: BSD-3-Clause */
// docs.c: documentation made from the lists that the code is made from.
#include <stdio.h>
#include <string.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/tele.h"
#include "conf/conf.h"
#include "lcore/model/export_csv.h"

static const char *type_name(enum bar_type t)
{
	static const char *const name[] = { "symbol", "span", "time", "flags", "price", "count", "signed count", "number" };

	return name[t];
}

static void bars_rules(FILE *out)
{
	fprintf(out, "\nAUCTION follows from the prints that a row holds: broken, the only cross of an open bar takes it away. HALTED stays\n"
		"through the phases that end a halt, quotation only (ITCH `Q`) and orders only (IEX `O`), until trading resumes; the phases\n"
		"of an ordinary day before its open (Pillar `P` `B` `E`) are no halt. TEST is the directory's word (ITCH authenticity `T`,\n"
		"IEX flag 0x80, Pillar security type `T`); that of one venue is enough, and holds from where it is said.\n");
	fprintf(out, "\n## Sessions\n\n"
		"PRE 04:00, RTH 09:30, POST 16:00 to 20:00 New York; `bars.early_closes`, `bars.holidays` and `bars.weekends` change them for\n"
		"their days (POST ends four hours after an early close). A print whose own time is outside is counted\n"
		"(`prints_outside_sessions`; the summary says so, the exit code stays) and makes no row, fire, revision, indicator or sum;\n"
		"its break is a fact (`breaks_outside_sessions`). Quotes and halts make no row there either.\n");
	fprintf(out, "\n## Gates\n\n"
		"A rule compares numeric columns: symbol, span, times and flags are refused. A rule over an empty value does not hold, and\n"
		"keeps what it compared before: a crossing is found between the last two rows in which both its sides had a value, whatever\n"
		"lies between. A gate that only empty values keep from its threshold decides nothing: it fires anew after it was seen below.\n"
		"A flat rsi14 counts as empty. Rows with PARTIAL_LAST or TEST are not looked at.\n");
}

static void columns(FILE *out, const char *title, const char *text, const struct export_column *col, unsigned n)
{
	fprintf(out, "\n## %s\n\n%s\n\n| # | column | type | meaning |\n|---|---|---|---|\n", title, text);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "| %u | `%s` | %s | %s |\n", i + 1, col[i].name, col[i].type, col[i].help);
}

// Tests run these lines as they stand.
static void pandas(FILE *out)
{
	fprintf(out, "\n## Reading bars with pandas\n\n"
		"These two lines. Without them the ticker NA is a missing number, and times are text.\n\n"
		"```python\n"
		"import pandas as pd\n"
		"bars = pd.read_csv(\"bars.csv\", keep_default_na=False, na_values=[\"\"], parse_dates=[\"open_ts\", \"close_ts\"])\n"
		"bars[\"flags\"] = bars[\"flags\"].fillna(\"\")\n"
		"```\n\n"
		"`close_filled` is what pandas calls *ffill*, done where the rows are made: the last close of the same symbol and span.\n"
		"This makes the same of `close`; it needs the rows from the first one on, in their order:\n\n"
		"```python\n"
		"filled = bars.groupby([\"symbol\", \"span\"])[\"close\"].ffill()\n"
		"```\n");
}

static void bars(FILE *out)
{
	fprintf(out, "# Columns of a sealed bar\n\n"
		"Made by `wirebar docs bars` from `lcore/model/columns.def` and `flags.def`. The CSV has these columns in this order\n"
		"(`--columns` writes those that it names, in the order in which it names them; `--spans` limits the spans);\n"
		"prices are exact decimals of dollars, numbers print as `%%.12g`, times are ISO-8601 UTC with nanoseconds, and what is\n"
		"not known is empty. Rows are ordered by close_ts, span, symbol.\n\n| # | column | type | formula |\n|---|---|---|---|\n");
	for (int i = 0; i < COL_COUNT; i++)
		fprintf(out, "| %d | `%s` | %s | %s |\n", i + 1, bar_columns[i].name, type_name(bar_columns[i].type), bar_columns[i].help);
	fprintf(out, "\n## Venues\n\n"
		"Prints and flow are counted per venue first and then blended: volumes, counts, delta, dom, ofi, sweeps and trade-throughs add\n"
		"up; high and low are the extremes; open and close go by (event time, venue rank, sequence); bid and ask are the best, sizes\n"
		"at that price added up; obi, microprice, spread and dom_hit_rate are computed from the blend, never averaged; a quality bit of\n"
		"any venue stands on the row. `--venue-bars FILE` writes each venue's own rows beside, with the column `venue` in front and\n"
		"the indicator columns empty.\n");
	fprintf(out, "\n## First and last rows\n\n"
		"An instrument has rows from the second of its first print of a trade day on, to the end of that day's last session; then\n"
		"it rests until it prints again. Flow (ofi, dom) counts from the second of the first print on, that second whole: what\n"
		"came before it in a longer span is in no row. This does not depend on lateness, nor on which venue is ahead.\n");
	fprintf(out, "\n## Quality bits (`flags`, joined by `|`)\n\n| bit | meaning |\n|---|---|\n");
	for (int i = 0; i < BAR_FLAG_COUNT; i++)
		fprintf(out, "| `%s` | %s |\n", bar_flag_names[i], bar_flag_help[i]);
	bars_rules(out);
	columns(out, "fires.csv", "Rows are ordered by close_ts, symbol, gate.", fire_columns, fire_columns_count);
	columns(out, "revisions.csv", "Rows are ordered by open_ts, span, symbol, revision; all are written at the end of the run.",
		revision_columns, revision_columns_count);
	pandas(out);
}

static void counters(FILE *out)
{
	static const char *const kind[] = { "total", "end", "end, loss", "loss", "fact" };
	const char *group = "";

	fprintf(out, "# The ledger\n\n"
		"Made by `wirebar docs counters` from `lcore/base/ledger.def`. Every frame, message and print ends in exactly one counter\n"
		"of the kind `end` or `end, loss`; the sums are checked at the end of every run. A count in a `loss` makes the exit\n"
		"code 3.\n\n- frames_rx = sum of the ends of frames\n"
		"- messages_rx = sum of the ends of messages\n- prints = sum of the ends of prints\n- each link: pushes = pops + depth + refused\n");
	for (int i = 0; i < LEDGER_COUNT; i++) {
		if (strcmp(group, ledger_rows[i].group))
			fprintf(out, "\n## %s\n\n| counter | kind | meaning |\n|---|---|---|\n", ledger_rows[i].group);
		group = ledger_rows[i].group;
		fprintf(out, "| `%s` | %s | %s |\n", ledger_rows[i].name, kind[ledger_rows[i].kind], ledger_rows[i].help);
	}
}

int docs_main(int argc, char **argv)
{
	static const struct { const char *name; void (*print)(FILE *); } page[] = {
		{ "bars", bars }, { "conf", conf_doc }, { "counters", counters }, { "telemetry", tele_doc },
	};

	for (size_t i = 0; argc == 2 && i < sizeof page / sizeof *page; i++)
		if (!strcmp(argv[1], page[i].name)) {
			page[i].print(stdout);
			return 0;
		}
	bool help = argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	fprintf(help ? stdout : stderr, "usage: wirebar docs bars|conf|counters|telemetry\n\nPrints the page that stands as docs/PAGE.md.\n");
	return help ? 0 : 2;
}
