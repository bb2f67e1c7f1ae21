/* SPDX-License-Identifier: BSD-3-Clause */
// become.c: the console listens by then, and asks a socket of run.user's: it needs no more than that user.
#include "app/wirebar_console/become.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/privilege/drop.h"
#include "app/wirebar/privilege/landlock.h"

int become_user(const struct conf *conf)
{
	struct landlock_set no_files = { .fd = -1 };
	struct drop_user user;
	char why[512] = "";
	// Who is somebody else asks as a member of run.group.
	int rc = drop_find(geteuid() == 0 ? conf->run.user : "", &user, why, sizeof why);

	if (rc) {
		fprintf(stderr, "wirebar console: %s\n", why);
		return rc;
	}
	rc = drop_become(&user, &no_files, why, sizeof why);
	rc = rc ? rc : drop_check(&user, false, why, sizeof why);
	if (rc)
		fprintf(stderr, "wirebar console: privileges cannot be dropped: %s: %s\n", why,
			strerror(-rc));
	return rc;
}
