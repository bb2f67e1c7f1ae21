/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/replay/unpack.h"

int unpack_sink_put(struct sink *sink, size_t bytes, char *err, size_t err_len)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = write(sink->fd, sink->chunk + done, bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int rc = -errno;

			snprintf(err, err_len,
				 "cannot unpack into %s: %s (set TMPDIR to a directory with room)", sink->dir,
				 strerror(-rc));
			return rc;
		}
		done += (size_t)n;
	}
	return 0;
}
