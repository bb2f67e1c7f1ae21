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

TEST(hist, below_counts_what_is_at_most_an_edge)
{
	auto h = std::make_unique<hist>();
	const uint64_t edge[] = { 10, 1000, 2000, 1000000 };
	uint64_t below[4];

	EXPECT_EQ(hist_below(h.get(), edge, 4, below), 0u);
	EXPECT_EQ(below[3], 0u);
	hist_record_n(h.get(), 10, 2); // small values have a bin each
	hist_record(h.get(), 11);
	hist_record_n(h.get(), 900, 3);
	hist_record_n(h.get(), 1900, 4);
	hist_record(h.get(), 5000000);
	EXPECT_EQ(hist_below(h.get(), edge, 4, below), 11u);
	EXPECT_EQ(below[0], 2u);
	EXPECT_EQ(below[1], 6u);
	EXPECT_EQ(below[2], 10u);
	EXPECT_EQ(below[3], 10u);
}

TEST(hist, below_is_short_by_no_more_than_the_bin_of_its_edge)
{
	auto h = std::make_unique<hist>();
	uint64_t below[HIST_EDGES];

	for (unsigned i = 1; i < HIST_EDGES; i++)
		EXPECT_GT(hist_edge_ns[i], hist_edge_ns[i - 1]);
	for (uint64_t v = 1; v < 40000000000; v += v / 200 + 1)
		hist_record(h.get(), v);
	EXPECT_EQ(hist_below(h.get(), hist_edge_ns, HIST_EDGES, below), h->count);
	for (unsigned i = 0; i < HIST_EDGES; i++) {
		uint64_t exact = 0, surely = 0;

		for (uint64_t v = 1; v < 40000000000; v += v / 200 + 1) {
			exact += v <= hist_edge_ns[i];
			surely += v * 1.033 <= hist_edge_ns[i];
		}
		EXPECT_LE(below[i], exact);
		EXPECT_GE(below[i], surely);
	}
}
