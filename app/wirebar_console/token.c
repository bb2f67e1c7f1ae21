/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What the mode says of the file that was opened, not of the one that the path names later.
static const char *fault(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no plain file";
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return "it belongs to another user";
	if (st.st_mode & 077)
		return "others may read or write it: chmod 600 makes it yours alone";
	return NULL;
}

static const char *read_line(int fd, char out[TOKEN_BYTES])
{
	static const char *const allowed =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";
	ssize_t n = read(fd, out, TOKEN_BYTES);

	if (n < 0)
		return strerror(errno);
	out[n < TOKEN_BYTES ? n : TOKEN_BYTES - 1] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (n == TOKEN_BYTES && strlen(out) == TOKEN_BYTES - 1)
		return "its first line is longer than 254 characters";
	if (strlen(out) < TOKEN_LEAST)
		return "its first line has less than 20 characters";
	return out[strspn(out, allowed)] ? "its first line has other characters than letters, digits, -._~+/="
					 : NULL;
}

bool token_read(const char *path, char out[TOKEN_BYTES], char *why, size_t why_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const char *bad = fd < 0 ? strerror(errno) : fault(fd);

	bad = bad ? bad : read_line(fd, out);
	if (bad) {
		snprintf(why, why_bytes, "%s: %s", path, bad);
		memset(out, 0, TOKEN_BYTES);
	}
	if (fd >= 0)
		close(fd);
	return !bad;
}
