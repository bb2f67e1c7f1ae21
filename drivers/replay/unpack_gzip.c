/* SPDX-License-Identifier: BSD-3-Clause */
// unpack_gzip.c: gzip (RFC 1952), several members.
#include <errno.h>
#include <zlib.h>

#include "drivers/replay/unpack.h"

enum { GZIP_WINDOW_BITS = 15 + 16 };

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

int unpack_gzip(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)map };
	const uint8_t *end = map + bytes;
	int rc = 0, state;

	if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
		return -ENOMEM;
	for (bool more = true; more && rc == 0;) {
		uint64_t left = (uint64_t)(end - z.next_in);

		z.avail_in = left > SINK_BYTES ? SINK_BYTES : (uInt)left;
		z.next_out = sink->chunk;
		z.avail_out = SINK_BYTES;
		state = inflate(&z, Z_NO_FLUSH);
		rc = unpack_sink_put(sink, SINK_BYTES - z.avail_out, err, err_len);
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
