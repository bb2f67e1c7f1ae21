/* SPDX-License-Identifier: BSD-3-Clause */
// liveness.h: which lines and channels are live, quiet or silent, by the receive times that the receivers keep. Reads what
// ingest lcores write, from any thread; words may be torn from each other, never in themselves.
#ifndef WB_STAGE_LIVENESS_H
#define WB_STAGE_LIVENESS_H

#include "drivers/feed/receiver.h"
#include "lcore/stage/stage.h"

// LIVENESS_LIVE: messages came within bars.silence. QUIET: only heartbeats did. SILENT: nothing did. ENDED: the session has.
enum liveness { LIVENESS_LIVE, LIVENESS_QUIET, LIVENESS_SILENT, LIVENESS_ENDED, LIVENESS_STATES };

extern const char *const liveness_name[LIVENESS_STATES];

// liveness_now_ns is the present in the clock of the ingest lcore's receive times. Flat out there is no such clock: the
// newest packet is of age 0.
uint64_t liveness_now_ns(const struct lcore *ingest);
enum liveness liveness_channel(const struct receiver_channel *c, uint64_t now_ns, uint64_t silence_ns);
enum liveness liveness_line(const struct receiver_channel *c, const struct receiver_line *line, uint64_t now_ns,
			    uint64_t silence_ns);

// A group that a port has joined, and on which nothing was heard from launch until now, bars.silence later at least.
struct liveness_group {
	uint32_t address; // host order
	const char *port;
};

// liveness_groups finds them all, writes up to max of them, and returns how many there are. Empty while nothing is joined.
unsigned liveness_groups(const struct plant *plant, struct liveness_group *out, unsigned max);

struct liveness_count {
	unsigned channels[LIVENESS_STATES], lines[LIVENESS_STATES];
	uint64_t age_ns;	// of the channel that has been silent longest, or else the line
	char what[64];		// its name
};

// liveness_count looks at all ingest lcores of the plant.
void liveness_count(const struct plant *plant, struct liveness_count *out);

#endif
