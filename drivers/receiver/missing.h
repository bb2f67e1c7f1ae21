/* SPDX-License-Identifier: BSD-3-Clause */
// missing.h: the last few ranges of numbers that a line or a channel skipped, so that a message that comes
// after all is distinguished from one that is known. Pure; one writer.
#ifndef WB_FEED_MISSING_H
#define WB_FEED_MISSING_H

#include "lcore/base/num.h"

#define MISSING_RANGES 32

struct missing {
	uint32_t n;
	struct missing_range {
		uint64_t first, last; // inclusive
	} range[MISSING_RANGES];      // ascending
};

// missing_add notes [first, last]; when there is no place left, the lowest range is dropped, as lost for
// good. Assumes first is above all numbers noted so far.
void missing_add(struct missing *m, uint64_t first, uint64_t last);
// missing_has returns whether all of [first, last] is noted.
static inline bool missing_has(const struct missing *m, uint64_t first, uint64_t last)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->range[i].first <= first && last <= m->range[i].last)
			return true;
	return false;
}
// missing_take removes what is noted of [first, last] and returns how many numbers that were.
uint64_t missing_take(struct missing *m, uint64_t first, uint64_t last);

#endif
