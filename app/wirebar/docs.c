/* SPDX-License-Identifier: BSD-3-Clause */
// docs.c: documentation made from the lists that the code is made from.
#include <stdio.h>
#include <string.h>

#include "app/wirebar/docs.h"
#include "app/wirebar/tele/tele.h"
#include "conf/conf.h"
#include "lcore/base/ledger.h"

static void counters(FILE *out)
{
	static const char *const kind[] = { "total", "end", "end, loss", "loss", "fact" };
	const char *group = "";

	fprintf(out,
		"# The ledger\n\n"
		"Made by `wirebar docs counters` from `lcore/base/ledger.def`; do not edit. Every frame, message and\n"
		"print ends in exactly one counter of the kind `end` or `end, loss`; the sums are checked at the end of\n"
		"every run. A count in a `loss` makes the exit code 3.\n\n- frames_rx = sum of the ends of frames\n"
		"- messages_rx = sum of the ends of messages\n- prints = sum of the ends of prints\n- each link: pushes = pops + depth + refused\n");
	for (int i = 0; i < LEDGER_COUNT; i++) {
		if (strcmp(group, ledger_rows[i].group))
			fprintf(out, "\n## %s\n\n| counter | kind | meaning |\n|---|---|---|\n",
				ledger_rows[i].group);
		group = ledger_rows[i].group;
		fprintf(out, "| `%s` | %s | %s |\n", ledger_rows[i].name, kind[ledger_rows[i].kind],
			ledger_rows[i].help);
	}
}

int docs_main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(FILE *);
	} page[] = {
		{ "bars", docs_bars },
		{ "conf", conf_doc },
		{ "counters", counters },
		{ "telemetry", tele_doc },
	};

	for (size_t i = 0; argc == 2 && i < sizeof page / sizeof *page; i++)
		if (!strcmp(argv[1], page[i].name)) {
			page[i].print(stdout);
			return 0;
		}
	bool help = argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	fprintf(help ? stdout : stderr,
		"usage: wirebar docs bars|conf|counters|telemetry\n\nPrints what docs/PAGE.md is made of.\n");
	return help ? 0 : 2;
}
