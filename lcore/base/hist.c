/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/hist.h"

const uint64_t hist_edge_ns[HIST_EDGES] = {
	1000,      2000,      5000,       10000,      20000,      50000,       100000,      200000,
	500000,    1000000,   2000000,    5000000,    10000000,   20000000,    50000000,    100000000,
	200000000, 500000000, 1000000000, 2000000000, 5000000000, 10000000000, 20000000000, 30000000000,
};

static uint64_t bin_upper(unsigned bin)
{
	if (bin < HIST_SUBS)
		return bin;
	unsigned shift = bin / HIST_SUBS - 1;

	return (((uint64_t)(bin % HIST_SUBS) + HIST_SUBS + 1) << shift) - 1;
}

uint64_t hist_percentile(const struct hist *h, double q)
{
	uint64_t total = 0, seen = 0;

	// Counted anew: a reader during a write may see a count newer than the bins.
	for (unsigned i = 0; i < HIST_BINS; i++)
		total += h->bin[i];
	uint64_t want = (uint64_t)(q * (double)total + 0.5);

	if (total == 0)
		return 0;
	if (want < 1)
		want = 1;
	for (unsigned i = 0; i < HIST_BINS; i++) {
		seen += h->bin[i];
		if (seen >= want) {
			uint64_t upper = bin_upper(i);

			return upper < h->max ? upper : h->max;
		}
	}
	return h->max;
}

uint64_t hist_below(const struct hist *h, const uint64_t *edge, unsigned n, uint64_t *below)
{
	uint64_t seen = 0;
	unsigned at = 0;

	for (unsigned i = 0; i < HIST_BINS; i++) {
		for (; at < n && edge[at] < bin_upper(i); at++)
			below[at] = seen;
		seen += h->bin[i];
	}
	for (; at < n; at++)
		below[at] = seen;
	return seen;
}

void hist_add(struct hist *sum, const struct hist *from)
{
	sum->count += from->count;
	sum->sum += from->sum;
	if (from->max > sum->max)
		sum->max = from->max;
	for (unsigned i = 0; i < HIST_BINS; i++)
		sum->bin[i] += from->bin[i];
}
