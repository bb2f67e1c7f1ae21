/* SPDX-License-Identifier: BSD-3-Clause */
// Each venue's own rows: they add up to the consolidated ones, at every span, over random scripts of two venues.
#include <map>
#include <tuple>

#include "tests/unit/engine_script.h"

using namespace kit;

namespace {

struct Sum {
	uint64_t volume = 0, trades = 0, executed = 0, cancelled = 0, rows = 0;
	int64_t delta = 0, ofi = 0, sweep_volume = 0, bid = INT64_MIN, ask = INT64_MAX, high = INT64_MIN;
	uint64_t bid_size = 0, ask_size = 0, flags = 0;
};

} // namespace

class venues : public testing::TestWithParam<unsigned> {};

TEST_P(venues, add_up_to_the_consolidated_row)
{
	Script s = random_script(GetParam());
	Engine k;
	std::map<std::tuple<uint64_t, uint64_t, uint64_t>, Sum> sums;

	k.e.sink.venue_bar = [](void *ctx, const bar *b) { ((Engine *)ctx)->venue_bars.push_back(*b); };
	k.all(s);
	ASSERT_GT(k.venue_bars.size(), k.bars.size());
	for (const bar &b : k.venue_bars) {
		Sum &x = sums[{ b.symbol, b.span, b.open_ts }];

		x.rows++;
		x.volume += b.volume, x.trades += b.trades, x.executed += b.dom_executed, x.cancelled += b.dom_cancelled;
		x.delta += b.delta, x.ofi += b.ofi, x.sweep_volume += b.sweep_volume, x.flags |= b.flags;
		if (b.bid != PX_NULL && b.bid >= x.bid)
			x.bid_size = b.bid == x.bid ? x.bid_size + b.bid_size : b.bid_size, x.bid = b.bid;
		if (b.ask != PX_NULL && b.ask <= x.ask)
			x.ask_size = b.ask == x.ask ? x.ask_size + b.ask_size : b.ask_size, x.ask = b.ask;
		if (b.high != PX_NULL)
			x.high = std::max(x.high, b.high);
		EXPECT_TRUE(std::isnan(b.ema9) && std::isnan(b.rsi14));
		EXPECT_EQ((b.flags & BAR_FILL) != 0, b.trades == 0);
	}
	for (const bar &b : k.bars) {
		const Sum &x = sums[{ b.symbol, b.span, b.open_ts }];

		ASSERT_GE(x.rows, 1u);
		EXPECT_EQ(x.volume, b.volume);
		EXPECT_EQ(x.trades, b.trades);
		EXPECT_EQ(x.executed, b.dom_executed);
		EXPECT_EQ(x.cancelled, b.dom_cancelled);
		EXPECT_EQ(x.delta, b.delta);
		EXPECT_EQ(x.ofi, b.ofi);
		EXPECT_EQ(x.sweep_volume, b.sweep_volume);
		EXPECT_EQ(x.bid == INT64_MIN ? PX_NULL : x.bid, b.bid);
		EXPECT_EQ(x.bid_size, b.bid_size);
		EXPECT_EQ(x.ask == INT64_MAX ? PX_NULL : x.ask, b.ask);
		EXPECT_EQ(x.ask_size, b.ask_size);
		EXPECT_EQ(x.high == INT64_MIN ? PX_NULL : x.high, b.high);
		EXPECT_EQ(x.flags & BAR_GAP, b.flags & BAR_GAP);
	}
	// And asking for them changes nothing.
	Engine plain;
	plain.all(s);
	EXPECT_TRUE(plain.text() == k.text());
}

INSTANTIATE_TEST_SUITE_P(seeds, venues, testing::Range(1u, 9u));
