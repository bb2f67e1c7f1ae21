/* SPDX-License-Identifier: BSD-3-Clause */
// unpack.c: compressed captures to an unlinked temporary file, recognised by their first bytes.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/replay/unpack.h"

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

		snprintf(err, err_len, "cannot unpack into %s: %s (set TMPDIR to a directory with room)",
			 sink->dir, strerror(-rc));
		return rc;
	}
	unlink(name);
	return 0;
}

static const struct {
	uint8_t magic[6];
	uint8_t bytes;
	int (*unpack)(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err,
		      size_t err_len);
} kinds[] = {
	{ { 0x1f, 0x8b, 0x08 }, 3, unpack_gzip },
	{ { 'B', 'Z', 'h' }, 3, unpack_bzip2 },
	{ { 0xfd, '7', 'z', 'X', 'Z', 0x00 }, 6, unpack_xz },
};

int unpack_file(const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len)
{
	struct sink sink = { 0 };
	size_t kind = 0, n_kinds = sizeof kinds / sizeof *kinds;
	int rc;

	while (kind < n_kinds &&
	       (bytes < kinds[kind].bytes || memcmp(map, kinds[kind].magic, kinds[kind].bytes)))
		kind++;
	if (kind == n_kinds)
		return -ENOENT;
	sink.chunk = malloc(SINK_BYTES);

	snprintf(err, err_len, "out of memory");
	if (!sink.chunk)
		return -ENOMEM;
	*cut = false;
	rc = temporary(&sink, err, err_len);
	if (rc == 0) {
		rc = kinds[kind].unpack(&sink, map, bytes, cut, err, err_len);
		if (rc < 0)
			close(sink.fd);
	}
	free(sink.chunk);
	return rc < 0 ? rc : sink.fd;
}
