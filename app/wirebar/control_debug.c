/* SPDX-License-Identifier: BSD-3-Clause */
// control_debug.c: faults on demand, so that what wirebar does about them is tested on a real process.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/control.h"

enum { TIMEOUT_MS = 2000, STALL_MAX_MS = 60000 };

static const char usage[] = "allowed: debug stall LCORE MS, with 1 to 60000 ms";

int control_debug(struct appliance *a, const struct ucred *who, const char *words, char *text,
		  size_t text_bytes)
{
	char what[8] = "", name[32] = "", left[2];
	unsigned ms = 0;

	(void)who; // control.c writes a line of each request
	if (sscanf(words, "%7s %31s %u %1s", what, name, &ms, left) != 3 || strcmp(what, "stall") || !ms ||
	    ms > STALL_MAX_MS)
		return snprintf(text, text_bytes, "%s", usage), -EINVAL;
	for (unsigned i = 0; i < a->n_lcore; i++) {
		struct lcore_command c = { .op = LCORE_OP_STALL, .arg = ms };

		if (strcmp(a->lcore[i].name, name))
			continue;
		int rc = ctl_command(&a->lcore[i], &c, TIMEOUT_MS);

		if (rc)
			snprintf(text, text_bytes, "lcore %s: %s", name, c.text);
		else
			snprintf(text, text_bytes, "lcore %s does nothing for %u ms", name, ms);
		return rc;
	}
	return snprintf(text, text_bytes, "no lcore \"%s\", %s", name, usage), -ENOENT;
}
