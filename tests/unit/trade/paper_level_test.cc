/* SPDX-License-Identifier: BSD-3-Clause */
// The rules of price levels and quotes, a test each; ours mostly buys at 10.
#include "tests/unit/trade/paper_kit.h"

using namespace papertest;

TEST(paper_level, a_trade_while_halted_changes_nothing)
{
	Leg l(PAPER_LEVELS);

	l.level(SIDE_BUY, 10, 100), l.buy(7, 100, 10);
	l.status(STATUS_HALTED), l.trade(10, 500);
	EXPECT_EQ(l.ahead(7), 100u);
	l.level(SIDE_BUY, 10, 30);
	EXPECT_EQ(l.ahead(7), 30u);
	l.status(STATUS_TRADING), l.trade(10, 500, EVF_AUCTION);
	EXPECT_EQ(l.ahead(7), 30u);
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_level, a_trade_that_hit_the_other_side_is_no_evidence)
{
	Leg l(PAPER_LEVELS);

	l.level(SIDE_SELL, 10, 50);
	l.buy(7, 100, 10);
	EXPECT_EQ(l.fills(), (Fills{ "7 50@10 take" }));
	l.trade(10, 50); // at the offer that we took from
	EXPECT_EQ(l.fills(), Fills{});
	l.level(SIDE_SELL, 10, 0), l.trade(10, 20);
	EXPECT_EQ(l.fills(), (Fills{ "7 20@10 a" }));
}

TEST(paper_level, several_of_ours_share_a_trade)
{
	Leg l(PAPER_LEVELS);

	l.level(SIDE_BUY, 10.01, 500), l.level(SIDE_BUY, 10, 100);
	l.buy(7, 40, 10), l.buy(8, 60, 10.01);
	l.level(SIDE_BUY, 10, 300), l.buy(9, 50, 10);
	l.trade(10, 200); // the level above has gone; 100 of it stood before 7
	EXPECT_EQ(l.fills(), (Fills{ "8 60@10.01 b", "7 40@10 a" }));
	EXPECT_EQ(l.ahead(9), 100u);
	l.trade(10, 120);
	EXPECT_EQ(l.fills(), (Fills{ "9 20@10 a" }));
}

TEST(paper_level, levels_that_reach_ours_fill_what_they_grow)
{
	Leg l(PAPER_LEVELS);

	l.buy(7, 100, 10), l.level(SIDE_SELL, 10, 30);
	EXPECT_EQ(l.fills(), (Fills{ "7 30@10 c" }));
	l.level(SIDE_SELL, 10, 20), l.level(SIDE_SELL, 10, 45);
	EXPECT_EQ(l.fills(), (Fills{ "7 25@10 c" }));
	l.buy(8, 100, 10.01, TIF_IOC); // what filled 7 is not there for 8: 20 and 25 were taken
	EXPECT_EQ(l.ends(8), "CANCELLED dead");
}

TEST(paper_level, cancels_split_by_position)
{
	Leg l(PAPER_LEVELS, PAPER_THROUGH, PAPER_PROP);

	l.level(SIDE_BUY, 10, 100), l.buy(7, 100, 10);
	l.level(SIDE_BUY, 10, 300);
	EXPECT_EQ(l.ahead(7), 100u);
	l.level(SIDE_BUY, 10, 200); // a third of the hundred stood before us, rounded down
	EXPECT_EQ(l.ahead(7), 67u);
	l.trade(10, 50), l.level(SIDE_BUY, 10, 150); // explained by the trade
	EXPECT_EQ(l.ahead(7), 17u);
}

TEST(paper_quote, deeper_orders_have_no_queue_yet)
{
	Leg l(PAPER_QUOTES);

	l.quote(10.02, 10, 10.05, 10), l.buy(7, 100, 10);
	EXPECT_EQ(l.ahead(7), PAPER_NONE);
	l.trade(10, 50);
	EXPECT_EQ(l.fills(), Fills{});
	l.quote(10, 80, 10.05, 10);
	EXPECT_EQ(l.ahead(7), 80u);
	l.quote(10.01, 5, 10.05, 10), l.quote(10, 60, 10.05, 10);
	EXPECT_EQ(l.ahead(7), 60u);
	l.quote(9.99, 60, 10.05, 10);
	EXPECT_EQ(l.ahead(7), 0u);
	l.quote(10, 60, 10.05, 10), l.trade(10, 25);
	EXPECT_EQ(l.fills(), (Fills{ "7 25@10 a" }));
	l.quote(10.02, 10, 10.05, 10), l.buy(8, 10, 9.99);
	l.trade(9.98, 100); // worse than ours: nobody stands there any more
	EXPECT_EQ(l.fills(), (Fills{ "7 75@10 b", "8 10@9.99 b" }));
}

TEST(paper_quote, an_offer_at_another_price_is_new)
{
	Leg l(PAPER_QUOTES);

	l.quote(9.98, 10, 10.05, 40), l.buy(7, 100, 10);
	l.quote(9.98, 10, 10, 30);
	EXPECT_EQ(l.fills(), (Fills{ "7 30@10 c" }));
	l.quote(9.98, 10, 10, 50);
	EXPECT_EQ(l.fills(), (Fills{ "7 20@10 c" }));
	l.quote(9.98, 10, 9.99, 10);
	EXPECT_EQ(l.fills(), (Fills{ "7 10@10 c" }));
}
