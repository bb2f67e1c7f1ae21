/* SPDX-License-Identifier: BSD-3-Clause */
// pressure.h: what happens to what finds its link full (pressure.def), and who is slow. Pure.
#ifndef WB_STAGE_PRESSURE_H
#define WB_STAGE_PRESSURE_H

#include <stdio.h>

#include "conf/conf.h"
#include "lcore/model/streams.h"

// Of one link: a bit for each stream.
struct pressure {
	uint32_t waits, sheds, conflates; // none of them: refused
	uint32_t reduces;                 // its loss makes the mode of trading REDUCE
};

// pressure_of returns the rules of a link from one stage to another. Boot.
struct pressure pressure_of(enum conf_stage from, enum conf_stage to);
// pressure_has returns whether a stream is in one of the sets.
static inline bool pressure_has(uint32_t set, uint32_t stream) { return set >> stream & 1; }
// pressure_doc prints docs/links.md.
void pressure_doc(FILE *out);

enum { PRESSURE_SAMPLES = 64 };

// How old the oldest element in a link is, told from counts alone: a consumer that is stuck says nothing, and
// a producer that is quiet does not either. Zeroed: nothing seen yet. One owner.
struct pressure_age {
	struct {
		uint64_t ns, pushed;
	} sample[PRESSURE_SAMPLES]; // in order; the first is the oldest that has elements waiting
	unsigned n;
};

// pressure_age_look takes what has been accepted by and taken from the link so far, at now_ns of any clock
// that does not go back. Returns for how long the oldest element that waits has been there at least, as far
// as the looks saw; 0: nothing waits that was there at an earlier look.
uint64_t pressure_age_look(struct pressure_age *age, uint64_t now_ns, uint64_t pushed, uint64_t popped);

#endif
