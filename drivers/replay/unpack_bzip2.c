/* SPDX-License-Identifier: BSD-3-Clause */
// unpack_bzip2.c: bzip2, several streams, as parallel packers write them.
#include <bzlib.h>
#include <errno.h>

#include "drivers/replay/unpack.h"

// One stream from *at on, which is moved behind it.
static int stream(struct sink *sink, const uint8_t **at, const uint8_t *end, bool *cut, char *err,
		  size_t err_len)
{
	bz_stream z = { .next_in = (char *)(uintptr_t)*at };
	int rc = 0, state = BZ_OK;

	if (BZ2_bzDecompressInit(&z, 0, 0) != BZ_OK)
		return -ENOMEM;
	while (rc == 0 && state == BZ_OK) {
		uint64_t left = (uint64_t)(end - (const uint8_t *)z.next_in);

		z.avail_in = left > SINK_BYTES ? SINK_BYTES : (unsigned)left;
		z.next_out = (char *)sink->chunk;
		z.avail_out = SINK_BYTES;
		state = BZ2_bzDecompress(&z);
		rc = unpack_sink_put(sink, SINK_BYTES - z.avail_out, err, err_len);
		if (state == BZ_OK && (const uint8_t *)z.next_in == end && z.avail_out > 0)
			break; // wants more than there is
	}
	*cut = state != BZ_STREAM_END;
	*at = (const uint8_t *)z.next_in;
	BZ2_bzDecompressEnd(&z);
	return rc;
}

int unpack_bzip2(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len)
{
	const uint8_t *end = map + bytes;
	int rc = 0;

	while (map < end && rc == 0 && !*cut)
		rc = stream(sink, &map, end, cut, err, err_len);
	return rc;
}
