/* SPDX-License-Identifier: BSD-3-Clause */
// ranges.h: an ascending list of sequence number ranges, neighbours joined. Grows on the heap; single thread.
#ifndef WB_MARKETGEN_RANGES_H
#define WB_MARKETGEN_RANGES_H

#include "lcore/base/num.h"

struct ranges_range {
	uint64_t first, last;
}; // inclusive

struct ranges {
	struct ranges_range *list;
	size_t n_ranges, room;
	bool out_of_memory; // sticky
};

// ranges_add appends [first, last]. Assumes first is not below what was added before.
void ranges_add(struct ranges *r, uint64_t first, uint64_t last);
// ranges_both fills out with what a and b have in common.
void ranges_both(struct ranges *out, const struct ranges *a, const struct ranges *b);
// ranges_total counts the numbers in all ranges.
uint64_t ranges_total(const struct ranges *r);
void ranges_fini(struct ranges *r);

#endif
