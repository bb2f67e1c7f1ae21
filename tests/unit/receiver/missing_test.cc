/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <random>
#include <set>

extern "C" {
#include "drivers/receiver/missing.h"
}

TEST(Missing, TakesWhatIsThereOnce)
{
	struct missing m = {};
	missing_add(&m, 10, 19);
	missing_add(&m, 30, 30);
	EXPECT_EQ(missing_take(&m, 1, 9), 0u);
	EXPECT_EQ(missing_take(&m, 12, 14), 3u);
	EXPECT_EQ(m.n, 3u);
	EXPECT_EQ(missing_take(&m, 12, 14), 0u);
	EXPECT_EQ(missing_take(&m, 1, 40), 8u);
	EXPECT_EQ(m.n, 0u);
}

TEST(Missing, ForgetsTheLowest)
{
	struct missing m = {};
	for (uint64_t i = 0; i <= MISSING_RANGES; i++)
		missing_add(&m, 10 * i, 10 * i + 4);
	EXPECT_EQ(missing_take(&m, 0, 4), 0u);
	EXPECT_EQ(missing_take(&m, 11, 12), 2u); // splits the lowest of a full table: its lower part is forgotten
	EXPECT_EQ(m.n, (uint32_t)MISSING_RANGES);
	EXPECT_EQ(missing_take(&m, 10, 14), 2u);
	EXPECT_EQ(missing_take(&m, 30, 34), 5u);
}

TEST(Missing, AgreesWithASet)
{
	std::mt19937_64 rng(1);
	for (int round = 0; round < 300; round++) {
		struct missing m = {};
		std::set<uint64_t> want;
		uint64_t next = 1;
		for (int i = 0; i < 60; i++) {
			if (rng() % 3 == 0 && m.n < MISSING_RANGES - 1) {
				uint64_t first = next + rng() % 5, last = first + rng() % 20;
				missing_add(&m, first, last);
				for (next = first; next <= last; next++)
					want.insert(next);
				next++;
			} else if (m.n < MISSING_RANGES) {
				uint64_t first = rng() % (next + 3), last = first + rng() % 30, n = 0;
				for (uint64_t k = first; k <= last; k++)
					n += want.erase(k);
				ASSERT_EQ(missing_take(&m, first, last), n);
			}
		}
	}
}
