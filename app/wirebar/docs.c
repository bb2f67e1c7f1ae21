/* SPDX-License-Identifier: BSD-3-Clause */
// docs.c: documentation made from the lists that the code is made from.
#include <stdio.h>
#include <string.h>

#include "app/wirebar/docs.h"
#include "app/wirebar/tele/tele.h"
#include "conf/conf.h"
#include "lcore/base/ledger.h"
#include "lcore/stage/pressure.h"

static void counters(FILE *out)
{
	static const char *const kind[] = { "total", "end", "end, loss", "loss", "fact" };
	struct ledger_identity sum[LEDGER_IDENTITIES];
	struct ledger zero = { 0 };
	const char *group = "";

	fprintf(out,
		"# The ledger\n\n"
		"Made by `wirebar docs counters` from `lcore/base/ledger.def`; do not edit. What a `total`\n"
		"counts (frames, messages, prints, what is handed to a sink) ends in exactly one counter of its group of\n"
		"the kind `end` or `end, loss`; the sums are checked at the end of every run. A count in a `loss` makes\n"
		"the exit code 3.\n\n");
	ledger_check(&zero, sum);
	for (int i = 0; i < LEDGER_IDENTITIES; i++)
		fprintf(out, "- %s\n", sum[i].text);
	fprintf(out, "- each link: pushes = pops + depth + refused\n");
	for (int i = 0; i < LEDGER_COUNT; i++) {
		if (strcmp(group, ledger_rows[i].group))
			fprintf(out, "\n## %s\n\n| counter | kind | meaning |\n|---|---|---|\n",
				ledger_rows[i].group);
		group = ledger_rows[i].group;
		fprintf(out, "| `%s` | %s | %s |\n", ledger_rows[i].name, kind[ledger_rows[i].kind],
			ledger_rows[i].help);
	}
}

void docs_cell(FILE *out, const char *text)
{
	for (; *text; text++)
		*text == '|' ? fputs("\\|", out) : fputc(*text, out);
}

// The commands of wirebarctl: its list is read here, for its pages are made in one place.
static void wirebarctl(FILE *out)
{
	static const struct {
		const char *name, *args, *asks, *help;
	} command[] = {
#define ASK(name, args, min, max, asks, handler, help) { #name, args, asks, help },
#define CONTROL(name, args, min, max, asks, handler, help) \
	{ #name, args, "`" asks "` (control socket)", help },
#define RUN(name, args, min, max, asks, handler, help) { #name, args, asks, help },
#include "app/wirebarctl/command.def"
	};

	fputs("# wirebarctl\n\n"
	      "Made from `app/wirebarctl/command.def` by `wirebar docs wirebarctl`; do not edit.\n\n"
	      "    wirebarctl [options] COMMAND [arguments]\n\n"
	      "A command asks a running wirebar over DPDK's telemetry socket ([telemetry.md](telemetry.md)), or over\n"
	      "wirebar's own control socket, and prints the answer as a table; with `--json` as JSON.\n"
	      "`wirebarctl --help` has the options and the exit codes, [runbook.md](runbook.md) what to do about an\n"
	      "answer.\n\n"
	      "| command | asks | what it shows or does |\n|---|---|---|\n",
	      out);
	for (size_t i = 0; i < sizeof command / sizeof *command; i++) {
		const char *asks = command[i].asks, *tick = *asks == '/' ? "`" : "";

		fprintf(out, "| `%s%s", command[i].name, *command[i].args ? " " : "");
		docs_cell(out, command[i].args);
		fprintf(out, "` | %s%s%s | %s |\n", tick, asks, tick, command[i].help);
	}
}

int docs_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(FILE *);
	} page[] = {
		{ "bars", docs_bars },     { "conf", conf_doc },         { "counters", counters },
		{ "links", pressure_doc }, { "metrics", docs_metrics },  { "risk", docs_risk },
		{ "telemetry", tele_doc }, { "wirebarctl", wirebarctl },
	};

	if (argc == 2 && !strcmp(argv[1], "dashboard"))
		return docs_dashboard(stdout), 0;

	for (size_t i = 0; argc == 2 && i < sizeof page / sizeof *page; i++)
		if (!strcmp(argv[1], page[i].name)) {
			page[i].print(stdout);
			return 0;
		}
	bool help = argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	fputs("usage: wirebar docs ", help ? stdout : stderr);
	for (size_t i = 0; i < sizeof page / sizeof *page; i++)
		fprintf(help ? stdout : stderr, "%s%s", i ? "|" : "", page[i].name);
	fputs("\n       wirebar docs dashboard\n\n"
	      "Prints what docs/PAGE.md is made of, or conf/prometheus/dashboard.json for Grafana.\n",
	      help ? stdout : stderr);
	return help ? 0 : 2;
}
