/* SPDX-License-Identifier: BSD-3-Clause */
// Equity by the minute: what belongs to which, where rows begin and end, and nights.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/trade/equity.h"
}

namespace {

const uint64_t TEN_NS = UINT64_C(1773151200000000000); // 2026-03-10 10:00 New York
const uint64_t MINUTE = 60 * NS_PER_S;

int64_t px(double dollars) { return llround(dollars * 1e6); }

struct Equity {
	Memory mem;
	position_book book;
	equity e;
	std::vector<equity_row> rows;

	Equity()
	{
		position_conf c{};

		EXPECT_EQ(calendar_load(), 0);
		c.instruments = 2;
		c.fills = 16;
		mem = memory(position_bytes(&c));
		position_init(&book, &c, nullptr, nullptr, mem.get());
		equity_init(&e, &book);
	}
	void due(uint64_t ts, bool fill)
	{
		equity_row r;

		while (equity_due(&e, ts, fill, &r))
			rows.push_back(r);
	}
	void end()
	{
		equity_row r;

		while (equity_last(&e, &r))
			rows.push_back(r);
	}
	void fill(uint8_t side, uint32_t qty, double price, uint64_t ts)
	{
		trade_report r{};

		r.kind = REPORT_FILL;
		r.side = side;
		r.qty = qty;
		r.price = px(price);
		r.ts_ns = ts;
		r.fill_id = ts;
		due(ts, true);
		position_apply(&book, 0, &r);
	}
	void mark(double bid, double ask, uint64_t ts)
	{
		due(ts, false);
		position_mark(&book, 0, px(bid), px(ask), true);
	}
};

} // namespace

TEST(equity, a_quote_at_the_end_belongs_to_its_minute_and_a_fill_to_the_next)
{
	Equity k;

	k.mark(9, 9.02, TEN_NS); // before the first fill there are no rows
	k.fill(SIDE_BUY, 100, 10, TEN_NS + 30 * NS_PER_S);
	k.mark(10.10, 10.12, TEN_NS + MINUTE);
	k.fill(SIDE_SELL, 100, 10.20, TEN_NS + MINUTE);
	k.mark(11, 11.02, TEN_NS + 2 * MINUTE);
	k.mark(12, 12.02, TEN_NS + 4 * MINUTE);
	k.end();
	ASSERT_EQ(k.rows.size(), 4u);
	for (size_t i = 0; i < 4; i++)
		EXPECT_EQ(k.rows[i].ts_ns, TEN_NS + (i + 1) * MINUTE);
	EXPECT_EQ(k.rows[0].sums.unrealized, px(10));
	EXPECT_EQ(k.rows[0].sums.realized, 0);
	EXPECT_EQ(k.rows[0].sums.gross, px(10));
	EXPECT_EQ(k.rows[1].sums.realized, px(20));
	EXPECT_EQ(k.rows[1].sums.unrealized, 0);
	EXPECT_EQ(k.rows[3].sums.net, px(20));
}

TEST(equity, nights_have_no_rows)
{
	Equity k;
	uint64_t night = TEN_NS + 12 * 60 * MINUTE; // 22:00

	k.fill(SIDE_BUY, 100, 10, TEN_NS);
	k.mark(10, 10.02, TEN_NS + 23 * 60 * MINUTE); // 09:00 of the next day
	k.end();
	// 10:00 to 20:00, and 04:00 to 09:00
	EXPECT_EQ(k.rows.size(), 15u * 60);
	Equity n;

	n.fill(SIDE_BUY, 100, 10, night + 1);
	n.fill(SIDE_SELL, 100, 10, night + 5 * MINUTE);
	n.end();
	ASSERT_EQ(n.rows.size(), 2u); // those with a fill
	EXPECT_EQ(n.rows[1].ts_ns, night + 6 * MINUTE);
	Equity none;

	none.mark(10, 10.02, TEN_NS);
	none.end();
	EXPECT_TRUE(none.rows.empty());
}
