/* SPDX-License-Identifier: BSD-3-Clause */
// lately.h: whether a counter that only grows has grown lately, for verdicts that are to end when the trouble
// does. PURE; one owner.
#ifndef WB_BASE_LATELY_H
#define WB_BASE_LATELY_H

#include "lcore/base/num.h"

// What was seen of the counter. Zeroed: nothing yet.
struct lately {
	uint64_t last;    // the count when it was looked at last
	uint64_t base;    // the count before the growth that is still recent
	uint64_t grew_ns; // when it was last seen to have grown
};

// lately_grown takes the counter's value at now_ns (any clock that does not go back) and returns by how much
// it has grown since it began to, when the last growth was seen no longer than window_ns ago; else 0.
static inline uint64_t lately_grown(struct lately *l, uint64_t count, uint64_t now_ns, uint64_t window_ns)
{
	if (count != l->last) {
		if (l->base == l->last || now_ns - l->grew_ns > window_ns)
			l->base = l->last;
		l->last = count;
		l->grew_ns = now_ns;
	}
	if (now_ns - l->grew_ns > window_ns)
		l->base = l->last;
	return l->last - l->base;
}

#endif
