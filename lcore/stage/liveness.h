/* SPDX-License-Identifier: BSD-3-Clause */
// liveness.h: which lines and channels are live, quiet or silent, by the receive times that the receivers
// publish. Any thread: it reads what ingest lcores write. Each word is whole; two words may be of different
// moments.
#ifndef WB_STAGE_LIVENESS_H
#define WB_STAGE_LIVENESS_H

#include "drivers/receiver/counts.h"
#include "lcore/stage/stage.h"

// LIVENESS_LIVE: messages came within bars.silence. QUIET: only heartbeats did. SILENT: nothing did. ENDED:
// the session has.
enum liveness { LIVENESS_LIVE, LIVENESS_QUIET, LIVENESS_SILENT, LIVENESS_ENDED, LIVENESS_STATES };

extern const char *const liveness_name[LIVENESS_STATES];

// liveness_now_ns returns the present in the clock of the ingest lcore's receive times. A flat replay has no
// such clock: its newest packet has age 0.
uint64_t liveness_now_ns(const struct lcore *ingest);
enum liveness liveness_channel(const struct channel_counts *c, uint64_t now_ns, uint64_t silence_ns);
enum liveness liveness_line(const struct channel_counts *c, const struct line_counts *line, uint64_t now_ns,
			    uint64_t silence_ns);

// A group that a port has joined and on which nothing was heard since launch, for at least bars.silence.
struct liveness_group {
	uint32_t address; // host order
	const char *port;
};

// liveness_groups writes up to max of these and returns how many there are; 0 if no port has joined any.
unsigned liveness_groups(const struct plant *plant, struct liveness_group *out, unsigned max);

struct liveness_count {
	unsigned channels[LIVENESS_STATES], lines[LIVENESS_STATES];
	uint64_t age_ns; // of the channel that has been silent longest, or else the line
	char what[64];   // its name
};

// liveness_count counts over all ingest lcores of the plant.
void liveness_count(const struct plant *plant, struct liveness_count *out);

#endif
