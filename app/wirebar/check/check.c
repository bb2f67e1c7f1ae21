/* SPDX-License-Identifier: BSD-3-Clause */
// check.c: the subcommand: arguments, and the table of findings.
#include "app/wirebar/check/check.h"
#include "lcore/base/once.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_MEND = 1, EXIT_USAGE = 2, SET_MAX = 64 };

static void usage(FILE *out)
{
	fputs("usage: wirebar check --conf FILE [--set KEY=VALUE]...\n"
	      "\n"
	      "Goes through the configuration and this host: cpus, memory, NICs. Changes nothing, needs no "
	      "privilege, starts\n"
	      "no EAL. Each finding that needs it is followed by the command that mends it; those that write "
	      "below /sys,\n"
	      "/etc or /dev want root.\n"
	      "\n"
	      "  --conf FILE   the configuration to check, or builtin:NAME\n"
	      "  --set K=V     a key over the file, as `wirebar run` takes it; repeatable\n"
	      "  --help        this text\n"
	      "\n"
	      "exit: 0 nothing must be mended (warnings are possible), 1 something must be mended, 2 usage\n",
	      out);
}

static int print_table(const struct check_finding *f, unsigned n)
{
	static const char *const levels[] = { [CHECK_OK] = "ok",
					      [CHECK_NOT_NEEDED] = "not needed",
					      [CHECK_WARN] = "warn",
					      [CHECK_FAIL] = "fail" };
	unsigned count[4] = { 0 };
	size_t width = 0;

	for (unsigned i = 0; i < n; i++)
		if (strlen(f[i].what) > width)
			width = strlen(f[i].what);
	for (unsigned i = 0; i < n; i++) {
		count[f[i].level]++;
		printf("%-10s  %-*s  %s\n", levels[f[i].level], (int)width, f[i].what, f[i].found);
		if (*f[i].mend)
			printf("%-10s  %-*s  mend: %s\n", "", (int)width, "", f[i].mend);
	}
	printf("%u ok, %u not needed, %u warn, %u fail\n", count[CHECK_OK], count[CHECK_NOT_NEEDED],
	       count[CHECK_WARN], count[CHECK_FAIL]);
	return count[CHECK_FAIL] ? EXIT_MEND : 0;
}

// A configuration that cannot be read is the one finding there is.
static int print_refused(const struct conf *c, const char *path, const struct conf_error *err)
{
	struct check_finding f = { .level = CHECK_FAIL, .what = "configuration" };
	struct check k = { .c = c, .out = &f, .max = 1 };

	if (err->place) {
		check_refuse(&k, err);
	} else {
		check_say(&k, CHECK_FAIL, "configuration", "%s", err->text);
		check_mend(&k, "ls -l %s", path);
	}
	print_table(&f, 1);
	return k.usage ? EXIT_USAGE : EXIT_MEND;
}

int check_main(int argc, char **argv)
{
	static const struct option options[] = { { "conf", required_argument, NULL, 'c' },
						 { "root", required_argument, NULL, 'r' },
						 { "set", required_argument, NULL, 's' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	static struct check_finding found[CHECK_FINDINGS_MAX];
	static struct conf c;
	const char *path = NULL, *root = "", *set[SET_MAX];
	unsigned n_set = 0;
	struct conf_error err;
	int option;

	if (!once_each("wirebar check", argc, argv, "h", options, "s"))
		return EXIT_USAGE;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'h') {
			usage(stdout);
			return 0;
		}
		if (option == 'c') {
			path = optarg;
		} else if (option == 'r') {
			root = optarg;
		} else if (option == 's' && n_set < SET_MAX) {
			set[n_set++] = optarg;
		} else {
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (!path || optind != argc) {
		fprintf(stderr, "wirebar check: %s\n",
			path ? "found more than --conf FILE" : "--conf FILE is missing");
		usage(stderr);
		return EXIT_USAGE;
	}
	if (conf_load(&c, path, &err))
		return print_refused(&c, path, &err);
	conf_origin(&c, CHECK_ORIGIN "--set");
	for (unsigned i = 0; i < n_set; i++)
		if (conf_set_pair(&c, set[i], &err)) {
			fprintf(stderr, "wirebar check: %s\n", err.text);
			return EXIT_USAGE;
		}
	return print_table(found, (unsigned)check_host(&c, root, found, CHECK_FINDINGS_MAX));
}
