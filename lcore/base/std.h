/* SPDX-License-Identifier: BSD-3-Clause */
// std.h: the standard streams of a program, checked at both ends. Main thread.
#ifndef WB_BASE_STD_H
#define WB_BASE_STD_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// std_begin occupies descriptors 0 to 2 that the caller has closed, so that no file opened later takes their
// place and gets what is printed. Writing to a standard output that was closed goes on to fail.
static inline void std_begin(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) < 0)
			return;
}

// std_end makes sure that all that was printed has arrived. Returns code, or 1 with a word on stderr when it
// has not (usage, 2, stays what it is).
static inline int std_end(const char *program, int code)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "%s: standard output: not written whole: %s\n", program,
		errno ? strerror(errno) : "an earlier write failed");
	return code == 2 ? 2 : 1;
}

#endif
