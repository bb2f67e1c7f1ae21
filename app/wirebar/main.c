/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: the subcommands.
#include <stdio.h>
#include <string.h>

#include "app/wirebar/appliance.h"

static const struct { const char *name; int (*main)(int argc, char **argv); const char *help; } commands[] = {
	{ "replay", replay_main, "replay captures: bars, fires, a ledger and a SHA-256" },
	{ "run", run_main, "run the appliance from a configuration file" },
	{ "check", check_main, "go through configuration and host; prints what mends each finding" },
	{ "attach", attach_main, "look into a running appliance from a second process" },
	{ "docs", docs_main, "print the generated documentation: bars, conf, counters, telemetry" },
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out)
{
	fprintf(out, "wirebar: exchange packets in, sealed bars out\n\nusage: wirebar COMMAND [options]\n\n");
	for (int i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\n`wirebar COMMAND --help` says more. Exit: 0 complete, 1 failed, 2 usage, 3 finished but data is missing.\n");
}

int main(int argc, char **argv)
{
	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))) {
		usage(stdout);
		return 0;
	}
	for (int i = 0; argc > 1 && i < N_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "wirebar: no command \"%s\"\n\n", argv[1]);
	usage(stderr);
	return 2;
}
