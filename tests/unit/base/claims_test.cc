/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

extern "C" {
#include "lcore/base/claims.h"
}

namespace {

TEST(Claims, TheFirstHasIt)
{
	auto c = std::make_unique<struct claims>();
	int feed = 0, other = 0;
	const uint64_t a[2] = { 1, 2 }, b[2] = { 1, 3 }, none[2] = { 0, 0 };

	EXPECT_TRUE(claims_take(c.get(), 0, &feed, a, 0));
	EXPECT_FALSE(claims_take(c.get(), 1, &feed, a, 0));
	EXPECT_TRUE(claims_take(c.get(), 0, &feed, a, 0));
	EXPECT_TRUE(claims_take(c.get(), 1, &feed, b, 0));
	EXPECT_TRUE(claims_take(c.get(), 1, &other, a, 0));
	EXPECT_TRUE(claims_take(c.get(), 1, &feed, a, 7));
	EXPECT_TRUE(claims_take(c.get(), 0, &feed, none, 0));
	EXPECT_TRUE(claims_take(c.get(), 1, &feed, none, 0));
	for (uint64_t i = 0; i < 2 * CLAIMS_MAX; i++) {
		const uint64_t s[2] = { 9, i };

		EXPECT_TRUE(claims_take(c.get(), 2, &feed, s, 0));
	}
	EXPECT_FALSE(claims_take(c.get(), 1, &feed, a, 0));
}

TEST(Claims, OneOfManyAtOnce)
{
	int feed = 0;

	for (int round = 0; round < 20; round++) {
		auto c = std::make_unique<struct claims>();
		std::atomic<int> won[100] = {};
		std::vector<std::thread> thread;

		for (uint16_t l = 0; l < 3; l++)
			thread.emplace_back([&, l] {
				for (uint64_t s = 0; s < 100; s++) {
					const uint64_t session[2] = { s + 1, 0 };

					won[s] += claims_take(c.get(), l, &feed, session, 0);
				}
			});
		for (auto &t : thread)
			t.join();
		for (auto &w : won)
			EXPECT_EQ(w, 1);
	}
}

} // namespace
