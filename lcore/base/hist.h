/* SPDX-License-Identifier: BSD-3-Clause */
// hist.h: HDR-style histogram of nanoseconds: log2 buckets of 32 linear steps, so every percentile is read
// within 3.2 % of its value, over the whole range of uint64_t. Fixed size, one writer, readable while
// written.
#ifndef WB_BASE_HIST_H
#define WB_BASE_HIST_H

#include "lcore/base/num.h"

#define HIST_SUB_BITS 5
#define HIST_SUBS     (1 << HIST_SUB_BITS)
#define HIST_BINS     ((64 - HIST_SUB_BITS + 1) * HIST_SUBS)

// What monitors count by: 1, 2, 5 from 1 us to 20 s, then 30 s, in ns.
#define HIST_EDGES    24
extern const uint64_t hist_edge_ns[HIST_EDGES];

// w: owner lcore, r: all
struct hist {
	uint64_t count;
	uint64_t sum;
	uint64_t max;
	uint64_t bin[HIST_BINS];
};

static inline unsigned hist_bin(uint64_t v)
{
	if (v < HIST_SUBS)
		return (unsigned)v;
	unsigned shift = 63 - (unsigned)__builtin_clzll(v) - HIST_SUB_BITS;

	return (shift + 1) * HIST_SUBS + (unsigned)(v >> shift) - HIST_SUBS;
}

// hist_record counts one value, n times.
static inline void hist_record_n(struct hist *h, uint64_t v, uint64_t n)
{
	h->count += n;
	h->sum += v * n;
	if (v > h->max)
		h->max = v;
	h->bin[hist_bin(v)] += n;
}

static inline void hist_record(struct hist *h, uint64_t v) { hist_record_n(h, v, 1); }

// hist_percentile returns the value at q (0..1]; 0 when empty. The answer is the upper edge of its bin, at
// most max.
uint64_t hist_percentile(const struct hist *h, double q);
// hist_below counts what is at most each of n edges (ascending) into below[n], and returns how many there are
// in all. A bin that an edge cuts counts as above it, so a count is short by what is within 3.2 % of its
// edge.
uint64_t hist_below(const struct hist *h, const uint64_t *edge, unsigned n, uint64_t *below);
// hist_add adds from into sum.
void hist_add(struct hist *sum, const struct hist *from);

#endif
