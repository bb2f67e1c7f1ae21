/* SPDX-License-Identifier: BSD-3-Clause */
// Resting orders against std::unordered_map, at high load, with churn.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <unordered_map>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/book/orders.h"
}

namespace {

struct Table {
	Memory mem;
	orders t;

	explicit Table(uint32_t max) : mem(memory(orders_bytes(max))) { orders_init(&t, max, mem.get()); }
};

} // namespace

TEST(orders, agrees_with_a_map)
{
	enum { MAX = 800 };
	Table table(MAX);
	std::unordered_map<uint64_t, uint32_t> want;
	std::vector<uint64_t> refs;
	std::mt19937_64 rng(7);
	bool dup;

	for (int i = 0; i < 300000; i++) {
		uint64_t key = orders_key(rng() % 2000, (uint8_t)(rng() % 2));

		if (rng() % 2) {
			order *o = orders_add(&table.t, key, &dup);

			ASSERT_EQ(dup, want.count(key) == 1);
			ASSERT_EQ(o != nullptr, !dup && want.size() < MAX);
			if (o) {
				o->qty = (uint32_t)i;
				want[key] = (uint32_t)i;
			}
		} else {
			order *o = orders_find(&table.t, key);

			ASSERT_EQ(o != nullptr, want.count(key) == 1);
			if (o) {
				ASSERT_EQ(o->qty, want[key]);
				orders_remove(&table.t, o);
				want.erase(key);
			}
		}
		ASSERT_EQ(table.t.n, want.size());
	}
	EXPECT_LE(table.t.peak, (uint32_t)MAX);
	for (auto &w : want)
		ASSERT_EQ(orders_find(&table.t, w.first)->qty, w.second);
}

TEST(orders, clears_one_channel_only)
{
	Table table(5000);
	std::mt19937_64 rng(3);
	std::vector<uint64_t> kept, gone;
	bool dup;

	for (int i = 0; i < 5000; i++) {
		uint8_t channel = (uint8_t)(rng() % 3);
		uint64_t key = orders_key(rng() >> 12, channel);

		if (orders_add(&table.t, key, &dup))
			(channel == 1 ? gone : kept).push_back(key);
	}
	orders_clear_channel(&table.t, 1);
	EXPECT_EQ(table.t.n, kept.size());
	for (uint64_t key : kept)
		EXPECT_TRUE(orders_find(&table.t, key));
	for (uint64_t key : gone)
		EXPECT_FALSE(orders_find(&table.t, key));
}

TEST(orders, one_reference_on_two_channels_is_two_orders)
{
	Table table(16);
	bool dup;

	orders_add(&table.t, orders_key(5, 0), &dup)->qty = 1;
	orders_add(&table.t, orders_key(5, 1), &dup)->qty = 2;
	EXPECT_EQ(orders_find(&table.t, orders_key(5, 0))->qty, 1u);
	EXPECT_EQ(orders_find(&table.t, orders_key(5, 1))->qty, 2u);
}

// Keys of one line only, which is what a hostile feed could send: chains are searched, and gone when their orders are.
TEST(orders, keys_of_one_line_leave_no_trace)
{
	Table table(800); // 1024 slots
	std::vector<uint64_t> keys;
	bool dup;

	for (uint64_t ref = 1; keys.size() < 300; ref++) {
		uint64_t key = orders_key(ref, 3);

		if (orders_home(&table.t, key) == &table.t.slot[1000]) // so that the chain leads around the end
			keys.push_back(key);
	}
	for (uint64_t key : keys)
		ASSERT_TRUE(orders_add(&table.t, key, &dup));
	EXPECT_EQ(table.t.slot[1000].passed, 298u);
	EXPECT_FALSE(orders_add(&table.t, keys[299], &dup));
	EXPECT_TRUE(dup);
	std::shuffle(keys.begin(), keys.end(), std::mt19937(5));
	for (size_t i = 0; i < keys.size(); i++) {
		for (size_t k = 0; k < keys.size(); k += 7)
			ASSERT_EQ(orders_find(&table.t, keys[k]) != nullptr, k >= i);
		orders_remove(&table.t, orders_find(&table.t, keys[i]));
	}
	for (uint32_t i = 0; i <= table.t.mask; i++)
		ASSERT_EQ(table.t.slot[i].passed, 0u);
}
