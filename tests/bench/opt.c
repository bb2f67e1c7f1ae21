/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/opt.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void help(const char *program, const char *about, const struct opt *options, unsigned n, bool plot)
{
	printf("%s\nUsage: %s [options]\n", about, program);
	for (unsigned i = 0; i < n; i++)
		printf("  --%-20s %s (default %g, %g to %g)\n", options[i].name, options[i].help,
		       *options[i].value, options[i].low, options[i].high);
	if (plot)
		printf("  --%-20s write the plot there, SVG\n", "plot FILE");
	printf("  --%-20s this text\n", "help");
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int opt_parse(int argc, char **argv, const char *about, const struct opt *options, unsigned n,
	      const char **plot)
{
	const char *program = base_name(argv[0]);

	for (int at = 1; at < argc; at++) {
		const char *name = argv[at], *text = at + 1 < argc ? argv[at + 1] : NULL;
		unsigned i = 0;

		if (!strcmp(name, "--help")) {
			help(program, about, options, n, plot != NULL);
			return 1;
		}
		while (i < n && (strncmp(name, "--", 2) || strcmp(name + 2, options[i].name)))
			i++;
		if ((i == n && (!plot || strcmp(name, "--plot"))) || !text) {
			fprintf(stderr, "%s: %s: %s; see --help\n", program, name,
				text ? "no such option" : "a value is missing");
			return 3;
		}
		at++;
		if (i == n) {
			*plot = text;
			continue;
		}
		char *end;
		double v = strtod(text, &end);

		if (*end || end == text || !(v >= options[i].low && v <= options[i].high)) {
			fprintf(stderr, "%s: --%s: found \"%s\", allowed: %g to %g\n", program,
				options[i].name, text, options[i].low, options[i].high);
			return 3;
		}
		*options[i].value = v;
	}
	return 0;
}
