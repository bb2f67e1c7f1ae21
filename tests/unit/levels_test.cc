/* SPDX-License-Identifier: BSD-3-Clause */
// Price levels against std::map, over random operations on several sides of one arena.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/model/levels.h"
}

namespace {

struct Arena {
	Memory mem;
	levels_arena a;

	explicit Arena(uint32_t max) : mem(memory(levels_bytes(max))) { levels_init(&a, max, mem.get()); }
};

void same(const levels_arena &a, const levels &side, const std::map<int64_t, uint64_t> &want)
{
	const level *lv = levels_array(&a, &side);
	uint32_t i = 0;

	ASSERT_EQ(side.n, want.size());
	for (auto &w : want) {
		ASSERT_EQ(lv[i].price, w.first);
		ASSERT_EQ(lv[i++].qty, w.second);
	}
	const level *best = levels_best(&a, &side);

	ASSERT_EQ(best == nullptr, want.empty());
	if (best) {
		ASSERT_EQ(best->price, want.rbegin()->first);
	}
}

} // namespace

TEST(levels, agrees_with_a_map)
{
	Arena arena(1 << 16);
	std::mt19937 rng(1);
	levels side[4] = {};
	std::map<int64_t, uint64_t> want[4];

	for (int i = 0; i < 200000; i++) {
		unsigned k = rng() % 4;
		int64_t key = (int64_t)(rng() % (k == 3 ? 3000 : 40)) - 20; // one deep side
		uint64_t qty = rng() % 500;
		auto at = want[k].find(key);
		uint64_t have = at == want[k].end() ? 0 : at->second;

		switch (rng() % 8) {
		case 0: case 1: case 2:
			ASSERT_TRUE(levels_add(&arena.a, &side[k], key, qty));
			if (qty)
				want[k][key] += qty;
			break;
		case 3: case 4:
			ASSERT_EQ(levels_take(&arena.a, &side[k], key, qty), have > qty ? 0 : qty - have);
			if (have > qty)
				at->second -= qty;
			else if (have)
				want[k].erase(at);
			break;
		case 5: case 6:
			qty = qty < 200 ? 0 : qty;
			ASSERT_TRUE(levels_set(&arena.a, &side[k], key, qty));
			if (qty)
				want[k][key] = qty;
			else
				want[k].erase(key);
			break;
		default:
			if (rng() % 500 == 0) {
				levels_clear(&arena.a, &side[k]);
				want[k].clear();
			}
		}
		if (i % 100 == 0)
			same(arena.a, side[k], want[k]);
	}
	for (int k = 0; k < 4; k++)
		same(arena.a, side[k], want[k]);
}

TEST(levels, find_tells_where_a_key_belongs)
{
	Arena arena(1024);
	levels side = {};
	bool found;

	EXPECT_EQ(levels_find(&arena.a, &side, 5, &found), 0u);
	EXPECT_FALSE(found);
	for (int64_t key = 0; key < 100; key += 2)
		levels_set(&arena.a, &side, key, 1);
	for (int64_t key = -1; key <= 100; key++) {
		EXPECT_EQ(levels_find(&arena.a, &side, key, &found), (uint32_t)((key + 1) / 2)) << key;
		EXPECT_EQ(found, key >= 0 && key < 100 && key % 2 == 0) << key;
	}
}

TEST(levels, a_full_arena_refuses_and_stays_whole)
{
	Arena arena(32);
	levels a = {}, b = {};

	for (int64_t key = 0; key < 16; key++)
		ASSERT_TRUE(levels_set(&arena.a, &a, key, 1)); // 8, then 16 more
	EXPECT_TRUE(levels_set(&arena.a, &b, 1, 1));	       // the array given back serves again
	EXPECT_FALSE(levels_set(&arena.a, &a, 99, 1));
	EXPECT_EQ(a.n, 16u);
	levels_clear(&arena.a, &a);
	for (int64_t key = 2; key < 9; key++)
		EXPECT_TRUE(levels_set(&arena.a, &b, key, 1));
	EXPECT_TRUE(levels_set(&arena.a, &b, 9, 1));
	EXPECT_EQ(b.n, 9u);
}
