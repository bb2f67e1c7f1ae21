/* SPDX-License-Identifier: BSD-3-Clause */
// main.c: ops' command line: options, and the socket of the instance that is meant. No DPDK in it.
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebarctl/command.h"
#include "lcore/base/once.h"
#include "lcore/base/std.h"

static void usage(FILE *out)
{
	fprintf(out,
		"usage: wirebarctl [options] COMMAND [arguments]\n\nAsks and commands a running wirebar over its telemetry socket.\n\n");
	command_usage(out);
	fprintf(out,
		"\n  --file-prefix NAME   of the instance (default: the only one that runs)\n"
		"  --socket PATH        its socket, wherever it is\n"
		"  --box PATH           answers of a black box (record): a file, or the newer whole one of a folder\n"
		"  --timeout MS         wait for an answer this long (default 3000)\n"
		"  --json               print the answer as JSON\n"
		"  --once               top: print one picture\n"
		"  --reason TEXT        kill, halt, reduce, resume, flatten, adopt: why, as the last argument would be\n"
		"  --version            which wirebarctl this is\n"
		"  --help               this\n\n"
		"exit: 0 answered (health: ok), 1 refused or failed (health: bad), 2 usage, 3 health is degraded or starting;\n"
		"      4 absent: no such socket; 5 gone: its process has ended; 6 not allowed: another user's;\n"
		"      7 busy: ten clients are served already; 8 stopped: the process does not answer\n");
}

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {
		{ "file-prefix", required_argument, NULL, 'p' },
		{ "socket", required_argument, NULL, 's' },
		{ "box", required_argument, NULL, 'b' },
		{ "timeout", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ "once", no_argument, NULL, 'o' },
		{ "reason", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c;

	if (!once_each("wirebarctl", argc, argv, "hV", options, ""))
		return COMMAND_USAGE;
	while ((c = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		char *end = NULL;

		if (c == 'h') {
			usage(stdout);
			return -1;
		}
		if (c == 'V') {
			printf("wirebarctl " WIREBAR_VERSION "\n");
			return -1;
		}
		if (c == '?') {
			usage(stderr);
			return COMMAND_USAGE;
		}
		o->prefix = c == 'p' ? optarg : o->prefix;
		o->socket = c == 's' ? optarg : o->socket;
		o->box = c == 'b' ? optarg : o->box;
		o->reason = c == 'r' ? optarg : o->reason;
		o->json = o->json || c == 'j';
		o->once = o->once || c == 'o';
		if (c == 't') {
			unsigned long ms = strtoul(optarg, &end, 10);

			if (end == optarg || *end || ms < 1 || ms > 600000) {
				fprintf(stderr,
					"wirebarctl: --timeout: found \"%s\", allowed: 1 to 600000 (ms)\n",
					optarg);
				return COMMAND_USAGE;
			}
			o->timeout_ms = (unsigned)ms;
		}
	}
	return 0;
}

static int ctl_main(int argc, char **argv)
{
	struct options o = { .timeout_ms = 3000 };
	struct sock s = { .fd = 0 };
	int rc = parse(&o, argc, argv);

	if (rc)
		return rc < 0 ? COMMAND_GOOD : COMMAND_USAGE;
	if (optind == argc) {
		usage(stderr);
		return COMMAND_USAGE;
	}
	char *words[COMMAND_WORDS];
	int n = 0;

	for (; optind < argc && n < COMMAND_WORDS - 1; optind++)
		words[n++] = argv[optind];
	if (o.reason)
		words[n++] = (char *)(uintptr_t)o.reason;
	const struct command *c = optind < argc ? NULL : command_find(words, n);

	if (!c || (o.reason && !c->control)) {
		if (c)
			fprintf(stderr, "wirebarctl: --reason: %s takes none\n", c->name);
		return COMMAND_USAGE;
	}
	s.control = c->control;
	if (c->run != record_run && !command_open(&o, &s)) { // it waits for a process by itself
		fprintf(stderr, "wirebarctl: %s\n", s.error);
		return (int)s.end;
	}
	rc = command_main(&(struct ask){ c, &o, &s, words + 1, n - 1 });
	sock_close(&s);
	return rc;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); // a reader that goes away is a failed write
	std_begin();
	return std_end("wirebarctl", ctl_main(argc, argv));
}
