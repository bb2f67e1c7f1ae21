/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: the subcommands.
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <rte_version.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/signals.h"
#include "lcore/base/std.h"
#include "lcore/base/text.h"

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "replay", run_replay_main, "replay captures: bars, fires, a ledger and a SHA-256" },
	{ "run", run_main, "run the appliance from a configuration file" },
	{ "up", up_main, "run it supervised: starts again what crashed or is stuck" },
	{ "console", console_main, "serve a page about a running appliance, and /metrics for Prometheus" },
	{ "postmortem", postmortem_main,
	  "print what an appliance that is dead said last, from its black box" },
	{ "snapshot", snapshot_main,
	  "keep the state of an appliance, from its packet journal, for its next start" },
	{ "check", check_main, "go through configuration and host; prints what mends each finding" },
	{ "attach", attach_main, "look into a running appliance from a second process" },
	{ "report", report_main, "write a page about a run: numbers, equity, candles with fills" },
	{ "orders", order_log_show_main,
	  "print the journal of orders of a run: what was asked, what is still out" },
	{ "profile", profile_main, "print a built-in configuration: bench, plain, demo, rack" },
	{ "docs", docs_main, "print the generated documentation: bars, conf, counters and so on" },
};

enum { N_COMMANDS = sizeof commands / sizeof *commands };

static void usage(FILE *out)
{
	fprintf(out, "wirebar: exchange packets in, sealed bars out\n\nusage: wirebar COMMAND [options]\n\n");
	for (int i = 0; i < N_COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out,
		"\n`wirebar COMMAND --help` says more. Exit: 0 complete, 1 failed, 2 usage, 3 finished but data is missing.\n");
}

static const char *nearest(const char *word)
{
	const char *best = commands[0].name;

	for (int i = 1; i < N_COMMANDS; i++)
		if (text_edits(word, commands[i].name) < text_edits(word, best))
			best = commands[i].name;
	return best;
}

static bool is(const char *word, const char *a, const char *b)
{
	return !strcmp(word, a) || !strcmp(word, b);
}

static int version(void)
{
	printf("wirebar " WIREBAR_VERSION " (%s)\n", rte_version());
	return 0;
}

// `wirebar help COMMAND` is `wirebar COMMAND --help`.
static int help(int argc, char **argv)
{
	char option[] = "--help", *asked[] = { argc > 2 ? argv[2] : NULL, option, NULL };

	for (int i = 0; argc > 2 && i < N_COMMANDS; i++)
		if (!strcmp(argv[2], commands[i].name))
			return commands[i].main(2, asked);
	usage(stdout);
	return 0;
}

static int command_main(int argc, char **argv)
{
	if (argc > 1 && is(argv[1], "--version", "-V"))
		return version();
	if (argc > 1 && (is(argv[1], "--help", "-h") || !strcmp(argv[1], "help")))
		return help(argc, argv);
	for (int i = 0; argc > 1 && i < N_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name))
			return argc > 2 && !strcmp(argv[2], "--version")
				       ? version()
				       : commands[i].main(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(stderr, "wirebar: no command \"%s\", did you mean \"%s\"?\n\n", argv[1],
			nearest(argv[1]));
	usage(stderr);
	return 2;
}

int main(int argc, char **argv)
{
	// What leaves files behind ends in order; the other commands end as ever, but say what they could not
	// write.
	if (argc > 1 && (!strcmp(argv[1], "replay") || !strcmp(argv[1], "run") ||
			 !strcmp(argv[1], "attach") || !strcmp(argv[1], "snapshot")))
		signals_begin();
	else
		signal(SIGPIPE, SIG_IGN);
	std_begin();
	return std_end("wirebar", command_main(argc, argv));
}
