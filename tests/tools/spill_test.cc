/* SPDX-License-Identifier: BSD-3-Clause */
// Records that wait for the end: sorted runs on disk come back as one order.
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <random>
#include <vector>

extern "C" {
#include "lcore/stage/spill.h"
}

namespace
{

struct record { uint32_t key, nth; };

int order(const void *a, const void *b)
{
	uint32_t x = ((const record *)a)->key, y = ((const record *)b)->key;

	return x < y ? -1 : x > y;
}

void collect(void *ctx, const void *r)
{
	((std::vector<record> *)ctx)->push_back(*(const record *)r);
}

TEST(Spill, RunsComeBackInOneOrder)
{
	for (unsigned n_runs : { 0u, 1u, 2u, 7u, 300u }) {
		auto s = std::make_unique<spill>();
		std::vector<record> all, got;
		std::mt19937 rng(n_runs);

		for (unsigned i = 0; i < n_runs; i++) {
			std::vector<record> run(1 + rng() % 50);

			for (auto &r : run)
				r = { (uint32_t)rng() % 1000, (uint32_t)all.size() + (uint32_t)(&r - run.data()) };
			std::stable_sort(run.begin(), run.end(), [](auto &a, auto &b) { return a.key < b.key; });
			all.insert(all.end(), run.begin(), run.end());
			ASSERT_EQ(0, spill_add(s.get(), run.data(), run.size() * sizeof(record)));
		}
		std::stable_sort(all.begin(), all.end(), [](auto &a, auto &b) { return a.key < b.key; });
		EXPECT_EQ(0, spill_merge(s.get(), sizeof(record), order, collect, &got));
		ASSERT_EQ(all.size(), got.size());
		for (size_t i = 0; i < all.size(); i++)
			EXPECT_EQ(all[i].nth, got[i].nth);
		spill_drop(s.get());
	}
}

TEST(Spill, AFullDiskIsSaid)
{
	auto s = std::make_unique<spill>();
	std::vector<record> run(1000);
	struct rlimit was, small;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small = was;
	small.rlim_cur = 12000; // the first run fits
	setrlimit(RLIMIT_FSIZE, &small);
	EXPECT_EQ(0, spill_add(s.get(), run.data(), run.size() * sizeof(record)));
	EXPECT_EQ(-EFBIG, spill_add(s.get(), run.data(), run.size() * sizeof(record)));
	setrlimit(RLIMIT_FSIZE, &was);
	spill_drop(s.get());
}

} // namespace
