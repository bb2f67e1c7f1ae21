/* SPDX-License-Identifier: BSD-3-Clause */
// profile.c: `wirebar profile NAME` prints a configuration that the program carries in itself.
#include <stdio.h>
#include <string.h>

#include "app/wirebar/appliance.h"

static void usage(FILE *out)
{
	fprintf(out,
		"usage: wirebar profile NAME\n\nPrints a built-in configuration, to be edited, or to see what "
		"`include = builtin:NAME` at the top of a file brings.\n\n");
	for (const struct conf_profile *p = conf_profiles; p->name; p++)
		fprintf(out, "  %-6s %s\n", p->name, p->help);
	fprintf(out, "\nA file with gates of one's own needs no more than:\n\n"
		     "  include = builtin:plain\n  [gate up]\n  rule = 5s ema9 cross_above ema21\n");
}

int profile_main(int argc, char **argv)
{
	const struct conf_profile *p = argc == 2 ? conf_profile_find(argv[1]) : NULL;
	bool help = argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
	char names[80];

	if (p) {
		fwrite(p->text, 1, *p->bytes, stdout);
		return fflush(stdout) || ferror(stdout) ? 1 : 0;
	}
	conf_profile_names(names, sizeof names);
	if (argc == 2 && !help)
		fprintf(stderr, "wirebar profile: found \"%.40s\", allowed: %s\n\n", argv[1], names);
	usage(help ? stdout : stderr);
	return help ? 0 : 2;
}
