/* SPDX-License-Identifier: BSD-3-Clause */
// capture_place.h: how far a capture of several files has been read, for another process that is to go on
// there: the files may have grown meanwhile, and others may have come after them.
#ifndef WB_REPLAY_CAPTURE_PLACE_H
#define WB_REPLAY_CAPTURE_PLACE_H

#include "drivers/replay/capture.h"

#define CAPTURE_PLACE_INTERFACES 256

struct capture_place {
	uint64_t number;     // of the file; the caller's, as its name says
	uint64_t offset;     // in it: of the next record
	uint64_t tail_bytes; // before it, with their CRC32C: whether the file is the same
	uint32_t tail_crc;
	uint32_t n_interfaces;
	// What was lost so far: of the files before, and as their recorder says.
	uint64_t cut_tail_bytes, foreign, unknown_interface, recorder_dropped, last_ns;
	uint64_t dropped[CAPTURE_PLACE_INTERFACES];
};

// capture_where says where a capture is that has been read to its end: after its last whole record. Returns
// the path of that file.
const char *capture_where(const struct capture *capture, struct capture_place *out);
// capture_go_to makes a capture go on at a place in its first file. Returns 0, or -ESTALE: that file has no
// such place. After capture_open_parts.
int capture_go_to(struct capture *capture, const struct capture_place *place);

#endif
