/* SPDX-License-Identifier: BSD-3-Clause */
// The numbers of a run by hand.
#include <gtest/gtest.h>

#include <cmath>

extern "C" {
#include "lcore/trade/outcome.h"
}

namespace {

const uint64_t MINUTE = 60 * NS_PER_S;

int64_t px(double dollars) { return llround(dollars * 1e6); }

void trip(outcome *t, double net, uint64_t held_s)
{
	position_trip p{};

	p.opened_ns = 1000;
	p.closed_ns = 1000 + held_s * NS_PER_S;
	p.net = px(net);
	p.peak_qty = (int64_t)held_s;
	outcome_trip(t, &p);
}

void minutes(outcome *t, std::initializer_list<double> nets)
{
	for (double net : nets) {
		equity_row r{};

		r.ts_ns = (t->minutes + 100) * MINUTE;
		r.sums.net = px(net);
		r.sums.exposure = net == 0 ? 0 : px(1000 + net);
		outcome_minute(t, &r);
	}
}

} // namespace

TEST(outcome, round_trips_net_of_fees)
{
	outcome t{};

	EXPECT_TRUE(std::isnan(outcome_win_rate(&t)));
	for (double net : { 30.0, -10.0, 0.0, 20.0 }) // 0 is neither
		trip(&t, net, net == 0 ? 90 : 30);
	EXPECT_EQ(t.wins, 2u);
	EXPECT_EQ(t.losses, 1u);
	EXPECT_DOUBLE_EQ(outcome_win_rate(&t), .5);
	EXPECT_DOUBLE_EQ(outcome_profit_factor(&t), 5);
	EXPECT_DOUBLE_EQ(outcome_expectancy(&t), 10);
	EXPECT_EQ(t.best, px(30));
	EXPECT_EQ(t.worst, px(-10));
	EXPECT_EQ(t.longest_ns, 90 * NS_PER_S);
	EXPECT_EQ(t.held_ns, 180 * NS_PER_S);
	EXPECT_EQ(t.peak_qty, 90);
	outcome w{};

	trip(&w, 5, 1); // without a loss there is no factor, and the worst is what there was
	EXPECT_TRUE(std::isnan(outcome_profit_factor(&w)));
	EXPECT_EQ(w.worst, px(5));
}

TEST(outcome, drawdown_is_from_a_high_and_the_start_is_0)
{
	outcome t{};

	minutes(&t, { -5, -3 });
	EXPECT_EQ(t.drawdown, px(5));
	EXPECT_EQ(t.drawdown_from_ns, 99 * MINUTE); // the begin of the first minute
	EXPECT_EQ(t.drawdown_low_ns, 100 * MINUTE);
	EXPECT_EQ(t.drawdown_ns, 2 * MINUTE); // still below
	minutes(&t, { 0, 10, 4, 3, 9 });
	EXPECT_EQ(t.drawdown, px(7));
	EXPECT_EQ(t.drawdown_from_ns, 103 * MINUTE);
	EXPECT_EQ(t.drawdown_low_ns, 105 * MINUTE);
	EXPECT_EQ(t.drawdown_ns, 3 * MINUTE);
	minutes(&t, { 10, 9, 12 });
	EXPECT_EQ(t.drawdown_ns, 4 * MINUTE); // until it was there again
	EXPECT_EQ(t.high, px(12));
	minutes(&t, { 5 }); // as deep as the largest: the first one stays
	EXPECT_EQ(t.drawdown_from_ns, 103 * MINUTE);
	EXPECT_EQ(t.drawdown_ns, 4 * MINUTE);
	EXPECT_EQ(t.peak_exposure, px(1012));
	EXPECT_DOUBLE_EQ(outcome_return_on_peak(&t), 5. / 1012);
	EXPECT_DOUBLE_EQ(outcome_exposure_time(&t), 10. / 11);
}
