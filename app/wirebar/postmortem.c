/* SPDX-License-Identifier: BSD-3-Clause */
// postmortem.c: wirebarctl reads the black box, and prints it as it prints a living appliance.
#include <stdio.h>
#include <string.h>

#include "app/wirebar/appliance.h"
#include "app/wirebar/beside.h"

int postmortem_main(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));

	if (argc < 2 || argc > 3 || (!help && argv[1][0] == '-')) {
		fprintf(stderr, "usage: wirebar postmortem PATH [COMMAND]\n");
		return 2;
	}
	if (help) {
		printf("usage: wirebar postmortem PATH [COMMAND]\n\n"
		       "Prints what an appliance said last, as wirebarctl would have shown it: all of it, or what is of COMMAND\n"
		       "(health, lines, ledger, positions, orders, why, bundle, ...). PATH is the folder that `wirebarctl record`\n"
		       "writes, or one of its files: wirebar-box.before is of the process before the one that runs.\n"
		       "`wirebarctl --box PATH COMMAND ...` asks it as a living one is asked. Exit: 0; 4 when PATH\n"
		       "holds no box, or nothing of COMMAND; 2 usage.\n");
		return 0;
	}
	char box[] = "--box", word[] = "postmortem", name[] = "wirebarctl";

	return beside_exec("wirebarctl",
			   (char *[]){ name, box, argv[1], word, argc > 2 ? argv[2] : NULL, NULL });
}
