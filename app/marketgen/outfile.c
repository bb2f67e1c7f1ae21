/* SPDX-License-Identifier: BSD-3-Clause */
// outfile.c: one megabyte of buffer in front of write(2) or zlib.
#include "app/marketgen/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BUFFER_BYTES (1u << 20)

int outfile_open(struct outfile *o, const char *path, bool gzip)
{
	*o = (struct outfile){ .fd = -1 };
	if ((size_t)snprintf(o->path, sizeof o->path, "%s", path) >= sizeof o->path)
		return -ENAMETOOLONG;
	o->buffer = malloc(BUFFER_BYTES);
	if (o->buffer == NULL)
		return -ENOMEM;
	o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->fd < 0) {
		int error = errno;

		free(o->buffer);
		o->buffer = NULL;
		return -error;
	}
	if (gzip) {
		o->gzip = gzdopen(o->fd, "wb1");
		if (o->gzip == NULL) {
			o->error = ENOMEM;
			outfile_close(o);
			return -ENOMEM;
		}
	}
	return 0;
}

static void drain(struct outfile *o)
{
	size_t at = 0;

	while (at < o->used_bytes && o->error == 0) {
		ssize_t n;

		if (o->gzip != NULL) {
			n = gzwrite(o->gzip, o->buffer + at, (unsigned int)(o->used_bytes - at));
			if (n <= 0)
				o->error = errno ? errno : EIO;
		} else {
			n = write(o->fd, o->buffer + at, o->used_bytes - at);
			if (n < 0 && errno == EINTR)
				n = 0;
			else if (n < 0)
				o->error = errno;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	o->used_bytes = 0;
}

void outfile_write(struct outfile *o, const void *bytes, size_t n_bytes)
{
	const uint8_t *from = bytes;

	o->written_bytes += n_bytes;
	while (n_bytes > 0 && o->error == 0) {
		size_t n = BUFFER_BYTES - o->used_bytes;

		if (n > n_bytes)
			n = n_bytes;
		memcpy(o->buffer + o->used_bytes, from, n);
		o->used_bytes += n;
		from += n;
		n_bytes -= n;
		if (o->used_bytes == BUFFER_BYTES)
			drain(o);
	}
}

int outfile_close(struct outfile *o)
{
	int error;

	if (o->buffer == NULL)
		return 0;
	errno = 0;
	drain(o);
	if (o->gzip != NULL) {
		if (gzclose(o->gzip) != Z_OK && o->error == 0)
			o->error = errno ? errno : EIO;
	} else if (close(o->fd) != 0 && o->error == 0) {
		o->error = errno;
	}
	free(o->buffer);
	o->buffer = NULL;
	o->gzip = NULL;
	o->fd = -1;
	error = o->error;
	return -error;
}
