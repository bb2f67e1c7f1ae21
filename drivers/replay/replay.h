/* SPDX-License-Identifier: BSD-3-Clause */
// replay.h: captures as a port (lcore/base/port.h), merged by time, flat out or paced by their own times.
// Frames of captures are external buffers in the mapped file (zero copy, read-only: writing to one faults);
// frames that the capture synthesises are copied. The receive time is the capture's own
// (drivers/nic/rxtime.h).
#ifndef WB_REPLAY_REPLAY_H
#define WB_REPLAY_REPLAY_H

#include "drivers/replay/capture.h"
#include "lcore/base/port.h"

#define REPLAY_BURST_MAX 256

struct replay_conf {
	const char *name;         // of the port; at most 31 characters
	const char *const *paths; // captures to merge
	unsigned n_paths;         // up to MERGE_FILES; a port without captures has ended from the start
	struct capture *const
		*open;     // [n_paths] or NULL: the captures, opened already (files.h), to be taken over
	double speed;      // 0: flat out; else times the capture's own speed
	int32_t trade_day; // of raw files; CAPTURE_NO_DAY: see capture_open
	enum peel_trailer trailer; // what capture hardware appended to each frame
	unsigned loops; // how often to play; 0 is 1. Times of later rounds are shifted on, contents are not
	unsigned in_flight; // frames that the caller holds at once, beyond the burst being received; 0: 512
	int numa_node;      // of the mbuf pool; -1: any
};

// replay_create opens the captures and takes all memory. The pool holds in_flight + 2 * REPLAY_BURST_MAX +
// 3/2 of the lcore's cache, rounded up to 2^k - 1. Returns the port, or NULL with a text in err. Boot only,
// after EAL. Paced replays start their clock at the first rx. Stats: errors counts packets of pcapng
// interfaces that are not Ethernet; no_mbuf counts polls that found the pool empty (nothing is lost: the
// frames come later).
struct port *replay_create(const struct replay_conf *conf, char *err, size_t err_len);

// replay_capture returns the index-th capture of the port (its kind, date_source, packed_cut, ...), or NULL.
const struct capture *replay_capture(const struct port *port, unsigned index);
// replay_mended returns how many receive times of it were replaced. Any thread.
uint64_t replay_mended(const struct port *port, unsigned index);

#endif
