/* SPDX-License-Identifier: BSD-3-Clause */
// hang.h: whether another lcore lives, from a count that it moves. Only time in which the looker itself
// looks counts: a machine that stopped both, or a looker that slept, makes nobody lost. Times ns of one clock
// that does not go back. Pure; one owner; zeroed at the start.
#ifndef WB_TRADE_HANG_H
#define WB_TRADE_HANG_H

#include <stdbool.h>
#include <stdint.h>

struct hang {
	uint64_t beats; // at the last look
	uint64_t looked_ns;
	uint64_t silent_ns; // without a beat so far
	uint64_t said_ns;   // of those, when it was said last; 0: it is not lost
};

// hang_look takes the other's count at now_ns. Returns true when there was no beat for limit_ns, and
// again after each further limit_ns of silence. Look at least eight times within limit_ns: what is longer
// between two looks counts as an eighth. Its owner only.
bool hang_look(struct hang *h, uint64_t beats, uint64_t now_ns, uint64_t limit_ns);

// hang_lost returns whether it has been lost since its last beat.
static inline bool hang_lost(const struct hang *h) { return h->said_ns != 0; }

#endif
