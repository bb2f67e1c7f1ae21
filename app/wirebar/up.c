/* SPDX-License-Identifier: BSD-3-Clause */
// up.c: `wirebar up` is a program of its own, without DPDK, in the folder of this one.
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/appliance.h"

int up_main(int argc, char **argv)
{
	char path[PATH_MAX + 16];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	(void)argc;
	snprintf(slash ? slash + 1 : path, 16, "wirebar-up");
	execv(path, argv);
	fprintf(stderr, "wirebar: up is a program of its own: %s: %s%s\n", path, strerror(errno),
		errno == ENOENT ? " (it is built and installed with this one: ninja builds all)" : "");
	return 1;
}
