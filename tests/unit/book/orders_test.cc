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

// A hostile feed may send keys of one line only, first or second: chains are searched, and gone when their
// orders are.
static void keys_of_one_line(Table &table, const std::vector<uint64_t> &keys)
{
	std::vector<uint64_t> left = keys;
	bool dup;

	for (uint64_t key : keys)
		ASSERT_TRUE(orders_add(&table.t, key, &dup));
	EXPECT_FALSE(orders_add(&table.t, keys.back(), &dup));
	EXPECT_TRUE(dup);
	std::shuffle(left.begin(), left.end(), std::mt19937(5));
	for (size_t i = 0; i < left.size(); i++) {
		for (size_t k = 0; k < left.size(); k += 7)
			ASSERT_EQ(orders_find(&table.t, left[k]) != nullptr, k >= i);
		orders_remove(&table.t, orders_find(&table.t, left[i]));
	}
	for (uint32_t i = 0; i <= table.t.mask; i++)
		ASSERT_EQ(table.t.slot[i].passed, 0u);
}

TEST(orders, keys_of_one_first_line_leave_no_trace)
{
	Table table(800); // 1024 slots
	std::vector<uint64_t> keys;

	for (uint64_t ref = 1; keys.size() < 300; ref++)
		if (orders_home(&table.t, orders_key(ref, 3)) == &table.t.slot[1000])
			keys.push_back(orders_key(ref, 3));
	keys_of_one_line(table, keys);
}

TEST(orders, keys_of_one_second_line_leave_no_trace)
{
	Table table(800);
	std::vector<uint64_t> keys;

	for (uint64_t ref = 1; keys.size() < 300; ref++) { // so that the chain leads around the end
		uint64_t key = orders_key(ref, 3);

		if (orders_home(&table.t, key) == &table.t.slot[64] &&
		    orders_second(&table.t, key) >= &table.t.slot[1000])
			keys.push_back(key);
	}
	keys_of_one_line(table, keys);
}

// What a venue's counting makes of the table, by how many orders are not in their first line. A few turns of
// references, of which every tenth rests, beside the newest that all rest.
static double away_part(uint64_t step)
{
	enum { MAX = 40000, NEWEST = 15000 };
	Table table(MAX);
	std::vector<uint64_t> newest;
	bool dup;

	for (uint64_t n = 0; n < 200000; n++) {
		orders_add(&table.t, orders_key(1000 + n * step, 1), &dup);
		newest.push_back(orders_key(1000 + n * step, 1));
		if (n >= NEWEST && (n - NEWEST) % 10)
			orders_remove(&table.t, orders_find(&table.t, newest[n - NEWEST]));
	}
	uint32_t away = 0;

	for (uint32_t i = 0; i <= table.t.mask; i++)
		away += table.t.slot[i].key && table.t.slot[i].away;
	EXPECT_EQ(table.t.n, 15000u + 18500u);
	return (double)away / table.t.n;
}

TEST(orders, most_lie_where_the_venues_counting_leads)
{
	for (uint64_t step : { 1, 2, 3, 4, 5, 8, 12, 16, 100 })
		EXPECT_LT(away_part(step), 0.3) << "counted by " << step; // by a hash alone 0.13
}
