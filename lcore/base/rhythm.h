/* SPDX-License-Identifier: BSD-3-Clause */
// rhythm.h: at which milliseconds of a second things use to come, so that who waits for them is awake then
// and sleeps long otherwise. Rows come at whole seconds of the exchange's time, a bit later by the host's.
// Pure: time is an argument. One owner.
#ifndef WB_BASE_RHYTHM_H
#define WB_BASE_RHYTHM_H

#include "lcore/base/num.h"

enum { RHYTHM_BINS = 1000, RHYTHM_SECONDS = 8, RHYTHM_OFTEN = 3, RHYTHM_AWAKE = 16 };
enum { RHYTHM_BESIDE = 4, RHYTHM_NEAR = 96, RHYTHM_LATE = 100 };
#define RHYTHM_MORE_NS (100 * NS_PER_US)

// Zeroed: nothing has come so far.
struct rhythm {
	uint8_t seen[RHYTHM_BINS]; // of each millisecond a bit for each of the last seconds, the lowest the
				   // present
	bool awake[RHYTHM_BINS];   // at most RHYTHM_AWAKE of them
	bool near[RHYTHM_BINS];    // at most RHYTHM_NEAR of them, those that are awake included
	uint64_t second;
	uint16_t late, late_bin; // milliseconds of this second in which something was late, the last of them
};

// rhythm_came says that something came at ns (any clock that goes on evenly).
void rhythm_came(struct rhythm *r, uint64_t ns);
// rhythm_sleep returns for how long one may sleep at now_ns, at most most_ns; 0: something is expected in
// this millisecond. That is so where in RHYTHM_OFTEN of the last RHYTHM_SECONDS seconds something came in it
// or beside it; where that are more than RHYTHM_AWAKE, the most frequent ones. When something has come in
// this millisecond or the one before it, more may follow: RHYTHM_MORE_NS. So long, too, where anything came
// within RHYTHM_BESIDE milliseconds in any of those seconds: who makes rows waits for a cpu at times, by a
// tick of the kernel (4 ms) or several, and a short sleep there costs a tenth of what waiting awake does.
// And so long for RHYTHM_LATE milliseconds behind those in which it waited awake and nothing came: it is
// late; no more than RHYTHM_LATE of a second in all.
uint64_t rhythm_sleep(struct rhythm *r, uint64_t now_ns, uint64_t most_ns);

#endif
