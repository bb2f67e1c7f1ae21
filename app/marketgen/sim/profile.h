/* SPDX-License-Identifier: BSD-3-Clause */
// profile.h: how the messages of a simulation are spread over its time, in slots of 10 ms: the building of
// the book, the opening burst, its decay, and randomness; in the shape of a day also a quiet lunch and a
// burst before the close. Times are ns since New York midnight.
#ifndef WB_MARKETGEN_PROFILE_H
#define WB_MARKETGEN_PROFILE_H

#include "app/marketgen/rng.h"

#define PROFILE_SLOT_NS  (10 * NS_PER_MS)
#define PROFILE_OPEN_NS  (34200 * NS_PER_S) // 09:30
#define PROFILE_CLOSE_NS (57600 * NS_PER_S) // 16:00
#define PROFILE_LAST_NS  (72000 * NS_PER_S) // 20:00: nothing trades any more

enum profile_shape {
	PROFILE_SHAPE_OPEN = 1, // a piece of a day: where the open is in it a burst and its decay, else level
	PROFILE_SHAPE_DAY,      // the level goes by the time of day, whichever part of it is simulated
};

struct profile {
	enum profile_shape shape;
	uint64_t start_ns, end_ns;
	uint64_t built_ns; // until here the book is being built: the open, or a twentieth when there is none
			   // in range (of a day a minute at most)
	uint64_t seed;
	double build_share; // of all messages
	double sum_build, sum_rest;
	// the walk
	struct rng rng;
	double noise, done;
	uint64_t next_ns;
};

// profile_init lays out a profile for about `messages` messages.
void profile_init(struct profile *p, enum profile_shape shape, uint64_t start_ns, uint64_t end_ns,
		  double messages, uint64_t seed);
// profile_next steps to the next slot: its end, and the share of all messages that should be out by then.
// Returns false after the last.
bool profile_next(struct profile *p, uint64_t *end_ns, double *share);

#endif
