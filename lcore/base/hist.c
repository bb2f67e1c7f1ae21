/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/hist.h"

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

void hist_add(struct hist *sum, const struct hist *from)
{
	sum->count += from->count;
	sum->sum += from->sum;
	if (from->max > sum->max)
		sum->max = from->max;
	for (unsigned i = 0; i < HIST_BINS; i++)
		sum->bin[i] += from->bin[i];
}
