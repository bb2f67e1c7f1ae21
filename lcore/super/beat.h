/* SPDX-License-Identifier: BSD-3-Clause */
// beat.h: what a part says of itself, as text of the sd_notify protocol: KEY=VALUE lines in one datagram.
// Keys of our own begin with X_; systemd passes over them. Printed by the part, read by the supervisor. Pure;
// any thread.
#ifndef WB_SUPER_BEAT_H
#define WB_SUPER_BEAT_H

#include "lcore/base/num.h"

#define BEAT_BYTES        512 // of the text, with the NUL
#define BEAT_STATUS_BYTES 160
#define BEAT_NAME_BYTES   32
#define BEAT_CPUS_BYTES   64

struct beat {
	bool ready;                    // tables are filled, ports are up
	bool watchdog;                 // every lcore made progress
	bool stopping;                 // it ends by itself
	bool reloading;                // until it is ready again
	bool counts;                   // the three numbers below are meant
	uint64_t lag_ns, frames, slow; // slow: polls over the threshold since the start
	uint64_t extend_ns;            // it needs so much longer; 0: it says nothing of it
	char status[BEAT_STATUS_BYTES];
	char stuck[BEAT_NAME_BYTES]; // lcore that makes no progress; empty: none
	char cpus[BEAT_CPUS_BYTES];  // "2,3"; empty: it says nothing of it
};

// beat_print writes what is set in b, and returns the length. Ends of lines within texts become spaces.
size_t beat_print(const struct beat *b, char out[BEAT_BYTES]);
// beat_read reads a text of len bytes. What it does not know, and numbers that are none, it passes over, as
// sd_notify asks.
void beat_read(const char *text, size_t len, struct beat *out);

#endif
