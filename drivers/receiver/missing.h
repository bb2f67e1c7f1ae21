/* SPDX-License-Identifier: BSD-3-Clause */
// missing.h: the last few ranges of numbers that something passed over, so that what turns up after all can
// be told from what is known already. Pure; one writer.
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

// missing_add notes [first, last]; when there is no place left the lowest range is forgotten, as lost for
// good. Assumes first is above everything noted so far.
void missing_add(struct missing *m, uint64_t first, uint64_t last);
// missing_has tells whether all of [first, last] is noted.
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
