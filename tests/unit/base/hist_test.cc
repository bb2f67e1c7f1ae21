/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

extern "C" {
#include "lcore/base/hist.h"
}

TEST(hist, bins_cover_everything_in_order)
{
	unsigned last = 0;

	for (int bit = 0; bit < 64; bit++)
		for (uint64_t v : { (UINT64_C(1) << bit) - 1, UINT64_C(1) << bit, (UINT64_C(1) << bit) + 1 }) {
			EXPECT_GE(hist_bin(v), v ? hist_bin(v - 1) : 0);
			EXPECT_LT(hist_bin(v), (unsigned)HIST_BINS);
			last = std::max(last, hist_bin(v));
		}
	EXPECT_EQ(hist_bin(UINT64_MAX), (unsigned)HIST_BINS - 1);
	EXPECT_LE(last, (unsigned)HIST_BINS - 1);
}

TEST(hist, percentiles_are_within_a_bin_of_the_truth)
{
	auto h = std::make_unique<hist>();
	std::mt19937_64 rng(1);
	std::vector<uint64_t> v;

	for (int i = 0; i < 100000; i++) {
		v.push_back(rng() >> (rng() % 60));
		hist_record(h.get(), v.back());
	}
	std::sort(v.begin(), v.end());
	for (double q : { 0.5, 0.9, 0.99, 0.999, 1.0 }) {
		uint64_t want = v[(size_t)(q * (double)v.size() + 0.5) - 1], got = hist_percentile(h.get(), q);

		EXPECT_GE(got, want);
		EXPECT_LE((double)got, (double)want * 1.033);
	}
	EXPECT_EQ(hist_percentile(h.get(), 1), v.back());
	EXPECT_EQ(h->count, v.size());
}

TEST(hist, small_and_empty)
{
	auto h = std::make_unique<hist>(), sum = std::make_unique<hist>();

	EXPECT_EQ(hist_percentile(h.get(), 0.5), 0u);
	hist_record(h.get(), 7);
	EXPECT_EQ(hist_percentile(h.get(), 0.001), 7u);
	hist_record_n(h.get(), 100, 3);
	EXPECT_EQ(hist_percentile(h.get(), 0.25), 7u);
	EXPECT_EQ(hist_percentile(h.get(), 0.5), 100u);
	EXPECT_EQ(h->sum, 307u);
	hist_add(sum.get(), h.get());
	hist_add(sum.get(), h.get());
	EXPECT_EQ(sum->count, 8u);
	EXPECT_EQ(sum->max, 100u);
	EXPECT_EQ(hist_percentile(sum.get(), 0.25), 7u);
}
