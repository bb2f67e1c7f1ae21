/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/beside.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int beside_run(const char *word, char **argv)
{
	char path[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	snprintf(slash ? slash + 1 : path, 32, "wirebar-%s", word);
	execv(path, argv);
	fprintf(stderr, "wirebar: %s is a program of its own: %s: %s%s\n", word, path, strerror(errno),
		errno == ENOENT ? " (it is built and installed with this one: ninja builds all)" : "");
	return 1;
}
