/* SPDX-License-Identifier: BSD-3-Clause */
// capture_inflate.c: gzip (RFC 1952, several members) to an unlinked temporary file.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "drivers/replay/capture_kind.h"

enum { CHUNK_BYTES = 1 << 20, GZIP_WINDOW_BITS = 15 + 16 };

struct sink {
	int fd;
	const char *dir;
	uint8_t *chunk;
};

static int temporary(struct sink *sink, char *err, size_t err_len)
{
	const char *dir = getenv("TMPDIR");
	char name[4096];

	sink->dir = dir && *dir ? dir : "/tmp";
	if ((size_t)snprintf(name, sizeof name, "%s/wirebar-XXXXXX", sink->dir) >= sizeof name)
		return -ENAMETOOLONG;
	sink->fd = mkostemp(name, 02000000 /* O_CLOEXEC */);
	if (sink->fd < 0) {
		int rc = -errno;

		snprintf(err, err_len, "cannot inflate into %s: %s (set TMPDIR to a directory with room)", sink->dir,
			 strerror(-rc));
		return rc;
	}
	unlink(name);
	return 0;
}

static int put_all(struct sink *sink, size_t bytes, char *err, size_t err_len)
{
	for (size_t done = 0; done < bytes;) {
		ssize_t n = write(sink->fd, sink->chunk + done, bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int rc = -errno;

			snprintf(err, err_len, "cannot inflate into %s: %s (set TMPDIR to a directory with room)",
				 sink->dir, strerror(-rc));
			return rc;
		}
		done += (size_t)n;
	}
	return 0;
}

// A further member begins behind a finished one; zeros there are padding, and anything else is damage.
static bool next_member(z_stream *z, const uint8_t *end, bool *cut)
{
	while (z->next_in < end && *z->next_in == 0)
		z->next_in++;
	if (z->next_in == end)
		return false;
	if (*z->next_in == 0x1f && inflateReset(z) == Z_OK)
		return true;
	*cut = true;
	return false;
}

static int inflate_members(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)map };
	const uint8_t *end = map + bytes;
	int rc = 0, state;

	if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	for (bool more = true; more && rc == 0;) {
		uint64_t left = (uint64_t)(end - z.next_in);

		z.avail_in = left > CHUNK_BYTES ? CHUNK_BYTES : (uInt)left;
		z.next_out = sink->chunk;
		z.avail_out = CHUNK_BYTES;
		state = inflate(&z, Z_NO_FLUSH);
		rc = put_all(sink, CHUNK_BYTES - z.avail_out, err, err_len);
		if (state == Z_STREAM_END) {
			more = next_member(&z, end, cut);
		} else if (state != Z_OK || (z.next_in == end && z.avail_out > 0)) {
			*cut = true; // damaged, or no input left before the end of the stream
			more = false;
		}
	}
	inflateEnd(&z);
	return rc;
}

int inflate_file(const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len)
{
	struct sink sink = { .chunk = malloc(CHUNK_BYTES) };
	int rc;

	snprintf(err, err_len, "out of memory");
	if (!sink.chunk)
		return -ENOMEM;
	*cut = false;
	rc = temporary(&sink, err, err_len);
	if (rc == 0) {
		rc = inflate_members(&sink, map, bytes, cut, err, err_len);
		if (rc < 0)
			close(sink.fd);
	}
	free(sink.chunk);
	return rc < 0 ? rc : sink.fd;
}
