/* SPDX-License-Identifier: BSD-3-Clause */
// unpack_xz.c: xz, several streams, padding between them.
#include <errno.h>
#include <lzma.h>

#include "drivers/replay/unpack.h"

int unpack_xz(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len)
{
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret state = LZMA_OK;
	int rc = 0;

	if (lzma_stream_decoder(&z, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
		return -ENOMEM;
	z.next_in = map;
	z.avail_in = bytes;
	while (rc == 0 && state == LZMA_OK) {
		z.next_out = sink->chunk;
		z.avail_out = SINK_BYTES;
		state = lzma_code(&z, LZMA_FINISH);
		rc = unpack_sink_put(sink, SINK_BYTES - z.avail_out, err, err_len);
	}
	*cut = state != LZMA_STREAM_END;
	lzma_end(&z);
	return rc;
}
