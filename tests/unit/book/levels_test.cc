/* SPDX-License-Identifier: BSD-3-Clause */
// Price levels against std::map, over random operations on several sides of one arena.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/book/levels.h"
}

namespace {

constexpr uint32_t SIDES = 6;
constexpr int64_t CENT = LEVELS_TICK;

struct Arena {
	Memory mem;
	levels_arena a;
	levels side[SIDES] = {};

	explicit Arena(uint32_t max) : mem(memory(levels_bytes(SIDES, max)))
	{
		levels_init(&a, SIDES, max, mem.get());
		for (uint32_t i = 0; i < SIDES; i++)
			levels_open(&side[i], i);
	}
};

using Map = std::map<int64_t, uint64_t>;

// All levels, best first, are those of the map; and so is the best of them.
void same(const levels_arena &a, const levels &side, const Map &want)
{
	std::vector<level> got(want.size() + 1);

	ASSERT_EQ(levels_count(&a, &side), want.size());
	ASSERT_EQ(levels_depth(&a, &side, got.data(), (uint32_t)got.size()), want.size());
	size_t i = 0;

	for (auto w = want.rbegin(); w != want.rend(); ++w, i++) {
		ASSERT_EQ(got[i].price, w->first);
		ASSERT_EQ(got[i].qty, w->second);
	}
	level at = { INT64_MAX, 0 };

	for (auto w = want.rbegin(); w != want.rend() && w->first > want.rbegin()->first - 40 * CENT; ++w) {
		at = levels_after(&a, &side, at.price);
		ASSERT_EQ(at.price, w->first);
		ASSERT_EQ(at.qty, w->second);
		ASSERT_EQ(levels_size(&a, &side, at.price), w->second);
		auto more = want.find(at.price + CENT);

		ASSERT_EQ(levels_size(&a, &side, at.price + CENT), more == want.end() ? 0 : more->second);
	}
	level best = levels_best(&a, &side);

	ASSERT_EQ(best.price, want.empty() ? LEVELS_NO_PRICE : want.rbegin()->first);
	ASSERT_EQ(best.qty, want.empty() ? 0 : want.rbegin()->second);
}

// A key for the side of that number: at the touch, deep, wandering, off the cent, everywhere, and far from all else.
int64_t draw(unsigned k, std::mt19937 &rng, int step)
{
	int64_t near = (int64_t)(rng() % 40) - 20, wander = step / 50;

	switch (k) {
	case 0: return near * CENT;
	case 1: return (int64_t)(rng() % 3000) * CENT;
	case 2: return (near - (wander % 2000 > 1000 ? 2000 - wander % 2000 : wander % 2000)) * CENT;
	case 3: return (int64_t)(rng() % 400) * (CENT / 4);
	case 4: return rng() % 16 ? near : near * CENT * 100;
	default: return rng() % 64 ? (near + 5000) * CENT : (rng() % 2 ? 1 : -1) * (rng() % 2 ? (int64_t)(rng() % 4) * (INT64_MAX / 4 / CENT * CENT) : (1000000000 + near) * CENT);
	}
}

} // namespace

TEST(levels, agrees_with_a_map)
{
	Arena arena(1 << 16);
	std::mt19937 rng(1);
	Map want[SIDES];

	for (int i = 0; i < 400000; i++) {
		unsigned k = rng() % SIDES;
		int64_t key = draw(k, rng, i);
		uint64_t qty = rng() % 500;
		auto at = want[k].find(key);
		uint64_t have = at == want[k].end() ? 0 : at->second;

		switch (rng() % 8) {
		case 0: case 1: case 2:
			ASSERT_TRUE(levels_add(&arena.a, &arena.side[k], key, qty));
			if (qty)
				want[k][key] += qty;
			break;
		case 3: case 4:
			if (rng() % 2 && !want[k].empty()) { // the best one goes
				at = std::prev(want[k].end());
				key = at->first;
				have = at->second;
				qty = have;
			}
			ASSERT_EQ(levels_take(&arena.a, &arena.side[k], key, qty), have > qty ? 0 : qty - have);
			if (have > qty)
				at->second -= qty;
			else if (have)
				want[k].erase(at);
			break;
		case 5: case 6:
			qty = qty < 200 ? 0 : qty;
			ASSERT_TRUE(levels_set(&arena.a, &arena.side[k], key, qty));
			if (qty)
				want[k][key] = qty;
			else
				want[k].erase(key);
			break;
		default:
			if (rng() % 500 == 0) {
				levels_clear(&arena.a, &arena.side[k]);
				want[k].clear();
			}
		}
		if (i % 20 == 0)
			same(arena.a, arena.side[k], want[k]);
	}
	for (unsigned k = 0; k < SIDES; k++)
		same(arena.a, arena.side[k], want[k]);
}

// The book may empty from its best end down to levels that were left behind when the price ran away, and fill up again.
TEST(levels, window_follows_the_price_both_ways)
{
	Arena arena(1 << 12);
	levels *side = &arena.side[1];
	Map want;

	for (int64_t tick = -500; tick <= 500; tick += 3) {
		ASSERT_TRUE(levels_add(&arena.a, side, tick * CENT, 7));
		want[tick * CENT] = 7;
	}
	while (!want.empty()) {
		same(arena.a, *side, want);
		EXPECT_EQ(levels_take(&arena.a, side, want.rbegin()->first, 7), 0u);
		want.erase(std::prev(want.end()));
	}
	same(arena.a, *side, want);
}

TEST(levels, a_full_arena_refuses_and_stays_whole)
{
	Arena arena(8);
	levels *a = &arena.side[0], *b = &arena.side[1];
	Map want;

	ASSERT_TRUE(levels_set(&arena.a, a, 1000 * CENT, 1));
	want[1000 * CENT] = 1;
	for (int64_t tick = 0; tick < 8; tick++) { // far below
		ASSERT_TRUE(levels_set(&arena.a, a, tick * CENT, 1));
		want[tick * CENT] = 1;
	}
	EXPECT_FALSE(levels_set(&arena.a, a, 99 * CENT, 1));
	same(arena.a, *a, want);
	ASSERT_TRUE(levels_set(&arena.a, b, 5 * CENT, 1)); // the window needs no room
	EXPECT_FALSE(levels_set(&arena.a, b, 1, 1));
	levels_clear(&arena.a, a);
	same(arena.a, *a, {});
	EXPECT_TRUE(levels_set(&arena.a, b, 1, 1)); // what was given back serves again
	same(arena.a, *b, { { 1, 1 }, { 5 * CENT, 1 } });
}

// The one case in which more than the new level is lost: the window must move on, and what it leaves has no room.
TEST(levels, no_room_for_what_the_window_leaves)
{
	Arena arena(0);
	levels *side = &arena.side[2];

	ASSERT_TRUE(levels_add(&arena.a, side, 10 * CENT, 5));
	EXPECT_FALSE(levels_add(&arena.a, side, 1000 * CENT, 6));
	same(arena.a, *side, { { 1000 * CENT, 6 } });
}

// Many levels close below the window go on a shelf, which grows with them, and follows the price.
TEST(levels, a_shelf_follows_the_price)
{
	Arena arena(1 << 16);
	levels *side = &arena.side[3];
	const shelf *shelf = &arena.a.shelf[3];
	std::mt19937 rng(3);
	uint32_t widest = 0;
	int64_t middle = 0;
	Map want;

	for (int i = 0; i < 120000; i++) {
		int64_t tick = middle - (int64_t)(rng() % (i % 3 ? 300 : 4000)), key = tick * CENT + (rng() % 64 ? 0 : 1);

		if (i % 5000 == 0)
			middle += (int64_t)(rng() % 9 + 1) * (i % 20000 ? 30 : 3000) * (rng() % 2 ? 1 : -1);
		while (!want.empty() && want.rbegin()->first > middle * CENT) { // the best ones go
			key = want.rbegin()->first;
			ASSERT_EQ(levels_take(&arena.a, side, key, want.rbegin()->second), 0u);
			want.erase(key);
		}
		if (rng() % 3) {
			ASSERT_TRUE(levels_add(&arena.a, side, key, 5));
			want[key] += 5;
		} else if (want.count(key)) {
			ASSERT_EQ(levels_take(&arena.a, side, key, 5), 0u);
			if (!(want[key] -= 5))
				want.erase(key);
		}
		ASSERT_EQ(side->shelved, shelf->n != 0);
		widest = std::max<uint32_t>(widest, shelf->order);
		if (i % 200 == 0)
			same(arena.a, *side, want);
	}
	same(arena.a, *side, want);
	EXPECT_GE(widest, SHELF_MIN_ORDER + 2u);
	levels_clear(&arena.a, side);
	EXPECT_EQ(shelf->order, 0u);
	same(arena.a, *side, {});
}

// Shelves take more room than arrays: they leave half of it alone.
TEST(levels, shelves_leave_room_for_arrays)
{
	constexpr uint32_t ROOM = 1024;
	Arena arena(ROOM);
	uint32_t shelves = 0;

	for (unsigned k = 0; k < SIDES; k++) {
		Map want;

		ASSERT_TRUE(levels_add(&arena.a, &arena.side[k], 1000 * CENT, 1));
		want[1000 * CENT] = 1;
		for (int64_t tick = 0; tick < 64; tick++) {
			ASSERT_TRUE(levels_add(&arena.a, &arena.side[k], (800 - tick) * CENT, 1));
			want[(800 - tick) * CENT] = 1;
		}
		same(arena.a, arena.side[k], want);
		if (arena.a.shelf[k].order)
			shelves += UINT32_C(1) << (arena.a.shelf[k].order - 1);
	}
	EXPECT_GT(shelves, 0u);
	EXPECT_LE(shelves, ROOM / 2 + (UINT32_C(1) << (SHELF_MAX_ORDER - 1)));
}
