/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/beside.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int beside_exec(const char *program, char **argv)
{
	char self[PATH_MAX], path[PATH_MAX + 96];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self);
	const char *slash = n > 0 ? memrchr(self, '/', (size_t)n) : NULL;
	int error = ENOENT;

	// In the folder of this one, as installed; or in one of its own beside, as built.
	for (int built = 0; slash && built < 2 && error == ENOENT; built++) {
		if (built)
			snprintf(path, sizeof path, "%.*s/../%s/%s", (int)(slash - self), self, program,
				 program);
		else
			snprintf(path, sizeof path, "%.*s/%s", (int)(slash - self), self, program);
		execv(path, argv);
		error = errno;
	}
	fprintf(stderr, "wirebar: %s is a program of its own: %s%s\n", program, strerror(error),
		error == ENOENT ? " (it is built and installed with this one: ninja builds all)" : "");
	return 1;
}

int beside_run(const char *word, char **argv)
{
	char program[32];

	snprintf(program, sizeof program, "wirebar-%s", word);
	return beside_exec(program, argv);
}
