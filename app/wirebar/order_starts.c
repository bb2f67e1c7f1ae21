/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/order_starts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lcore/base/crc32c.h"

static int put(int dir, uint64_t n)
{
	char text[80];
	int len = snprintf(text, sizeof text, "wirebar starts %llu\n", (unsigned long long)n);

	len += snprintf(text + len, sizeof text - (size_t)len, "sum %08x\n", crc32c(text, (size_t)len));
	int fd =
		openat(dir, ORDER_STARTS ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool good = fd >= 0 && write(fd, text, (size_t)len) == len && !fsync(fd);
	int rc = good ? 0 : errno ? -errno : -EIO;

	if (fd >= 0)
		close(fd);
	if (!rc && (renameat(dir, ORDER_STARTS ".new", dir, ORDER_STARTS) || fsync(dir)))
		rc = -errno;
	return rc;
}

// Returns 0, -ENOENT at a first start, or another -errno.
static int get(int dir, uint64_t *n)
{
	char text[80], again[80];
	int fd = openat(dir, ORDER_STARTS, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	int rc = len < 0 ? -errno : 0;
	unsigned long long v = 0;

	if (fd >= 0)
		close(fd);
	if (rc)
		return rc;
	text[len] = '\0';
	if (sscanf(text, "wirebar starts %llu", &v) != 1)
		return -EBADMSG;
	int head = snprintf(again, sizeof again, "wirebar starts %llu\n", v);

	snprintf(again + head, sizeof again - (size_t)head, "sum %08x\n", crc32c(again, (size_t)head));
	*n = v;
	return strcmp(text, again) ? -EBADMSG : 0;
}

const char *order_starts_count(int dir, uint16_t *boot)
{
	const char *why = NULL;
	uint64_t n = 0;
	int rc = get(dir, &n);

	if (rc && rc != -ENOENT) { // any number that a start of today has not had
		n = (uint64_t)time(NULL) / 60;
		why = rc == -EBADMSG ? "not as it was written" : strerror(-rc);
		renameat(dir, ORDER_STARTS, dir, ORDER_STARTS ".bad");
	}
	rc = put(dir, ++n);
	*boot = (uint16_t)(1 + (n - 1) % 1295);
	return why || !rc ? why : strerror(-rc);
}
