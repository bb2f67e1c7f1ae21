/* SPDX-License-Identifier: BSD-3-Clause */
// profile.h: how the messages of a simulation are spread over its time, in slots of 10 ms: the building of
// the book, the opening burst, its decay, and randomness. Times are ns since New York midnight.
#ifndef WB_MARKETGEN_PROFILE_H
#define WB_MARKETGEN_PROFILE_H

#include "app/marketgen/rng.h"

#define PROFILE_SLOT_NS  (10 * NS_PER_MS)
#define PROFILE_OPEN_NS  (34200 * NS_PER_S) // 09:30
#define PROFILE_CLOSE_NS (57600 * NS_PER_S) // 16:00
#define PROFILE_LAST_NS  (72000 * NS_PER_S) // 20:00: nothing trades any more

struct profile {
	uint64_t start_ns, end_ns;
	uint64_t built_ns; // until here the book is being built: the open, or a twentieth when there is none
			   // in range
	uint64_t seed;
	double build_share; // of all messages
	double sum_build, sum_rest;
	// the walk
	struct rng rng;
	double noise, done;
	uint64_t next_ns;
};

// profile_init lays out a profile for about `messages` messages.
void profile_init(struct profile *p, uint64_t start_ns, uint64_t end_ns, double messages, uint64_t seed);
// profile_next steps to the next slot: its end, and the share of all messages that should be out by then.
// Returns false after the last.
bool profile_next(struct profile *p, uint64_t *end_ns, double *share);

#endif
