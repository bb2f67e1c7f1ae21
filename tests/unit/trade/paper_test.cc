/* SPDX-License-Identifier: BSD-3-Clause */
// The hand cases of queue, levels, quotes and taking: all with a tick of a cent, ours buys.
#include "tests/unit/trade/paper_kit.h"

using namespace papertest;

// 300 shares stand before us, 50 come behind; executions and cancels before us bring us forward, those behind do not.
struct Queue : Leg {
	Queue()
	{
		bid(1, 10, 100), bid(2, 10, 200);
		buy(7, 100, 10);
		EXPECT_EQ(ahead(7), 300u);
		bid(3, 10, 50);
		exec(1, 100);
		less(2, 150);
		EXPECT_EQ(ahead(7), 50u);
		gone(3);
		EXPECT_EQ(ahead(7), 50u);
		exec(2, 50);
		EXPECT_EQ(ahead(7), 0u);
		EXPECT_EQ(fills(), Fills{});
	}
};

TEST(paper, orders_behind_ours_fill_it)
{
	Queue q;

	q.bid(4, 10, 70);
	q.exec(4, 30);
	EXPECT_EQ(q.fills(), (Fills{ "7 30@10 a" }));
	q.exec(4, 40);
	EXPECT_EQ(q.fills(), (Fills{ "7 40@10 a" }));
	q.cancel(7);
	EXPECT_EQ(q.reports.back().filled, 70u);
	EXPECT_EQ(q.ends(7), "CANCELLED U");
}

TEST(paper, an_offer_that_reaches_ours_fills_it)
{
	Queue q;

	q.offer(4, 10, 20);
	EXPECT_EQ(q.fills(), (Fills{ "7 20@10 c" }));
}

TEST(paper, an_execution_a_tick_worse_fills_ours)
{
	Leg l;

	l.bid(1, 10, 300), l.bid(2, 9.99, 500);
	l.buy(7, 100, 10);
	l.exec(2, 500);
	EXPECT_EQ(l.fills(), (Fills{ "7 100@10 b" }));
}

TEST(paper, levels_are_worst_case)
{
	Leg l(PAPER_LEVELS);

	l.level(SIDE_BUY, 10, 100);
	l.buy(7, 100, 10);
	l.level(SIDE_BUY, 10, 80);
	EXPECT_EQ(l.ahead(7), 80u);
	l.trade(10, 20);
	EXPECT_EQ(l.ahead(7), 60u);
	l.trade(10, 90);
	EXPECT_EQ(l.fills(), (Fills{ "7 30@10 a" }));
}

TEST(paper, nobody_takes_the_same_shares_twice)
{
	Leg l;

	l.offer(1, 10.10, 100), l.offer(2, 10.11, 100), l.offer(3, 10.12, 300);
	l.buy(7, 250, 10.11);
	EXPECT_EQ(l.fills(), (Fills{ "7 100@10.1 take", "7 100@10.11 take" }));
	l.buy(8, 250, 10.11, TIF_IOC);
	EXPECT_EQ(l.ends(8), "CANCELLED dead");
	EXPECT_EQ(l.fills(), Fills{});
	l.gone(1);
	l.offer(4, 10.10, 40);
	EXPECT_EQ(l.fills(), (Fills{ "7 40@10.11 c" })); // what rests is reached by it
}

TEST(paper, a_level_that_comes_again_is_new)
{
	Leg l;

	l.offer(1, 10.10, 100), l.offer(2, 10.11, 100), l.offer(3, 10.12, 300);
	l.buy(7, 250, 10.11, TIF_IOC);
	EXPECT_EQ(l.ends(7), "CANCELLED I");
	EXPECT_EQ(l.fills().size(), 2u);
	l.gone(1);
	l.offer(4, 10.10, 40);
	l.buy(8, 250, 10.11, TIF_IOC);
	EXPECT_EQ(l.fills(), (Fills{ "8 40@10.1 take" }));
}

TEST(paper, quotes_as_levels)
{
	Leg l(PAPER_QUOTES);

	l.quote(10, 10, 10.05, 10);
	l.buy(7, 100, 10);
	EXPECT_EQ(l.ahead(7), 10u);
	l.trade(10, 3), l.trade(10, 4), l.trade(10, 2);
	EXPECT_EQ(l.fills(), Fills{});
	l.trade(10, 3);
	EXPECT_EQ(l.fills(), (Fills{ "7 2@10 a" }));
}
