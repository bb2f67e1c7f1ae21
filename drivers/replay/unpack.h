/* SPDX-License-Identifier: BSD-3-Clause */
// unpack.h: what the formats of unpack_file share; for unpack*.c only.
#ifndef WB_REPLAY_UNPACK_H
#define WB_REPLAY_UNPACK_H

#include "drivers/replay/capture_kind.h"

#define SINK_BYTES (1u << 20)

// Where unpacked bytes go.
struct sink {
	int fd;
	const char *dir;
	uint8_t *chunk; // [SINK_BYTES], to be filled
};

// unpack_sink_put writes the first bytes of the chunk. Returns 0, or -errno with a text in err.
int unpack_sink_put(struct sink *sink, size_t bytes, char *err, size_t err_len);

// Each unpacks all streams of the file one after the other. Returns 0, or -errno with a text in err; cut is
// set when the last one is damaged or ends early.
int unpack_gzip(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len);
int unpack_bzip2(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len);
int unpack_xz(struct sink *sink, const uint8_t *map, uint64_t bytes, bool *cut, char *err, size_t err_len);

#endif
