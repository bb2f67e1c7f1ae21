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

// A fill of 100 shares at a price, with the mid at its decision and the position before it.
void fill(outcome *t, ev_side side, double price, double mid, int64_t held)
{
	trade_report r{};

	r.kind = REPORT_FILL;
	r.side = side;
	r.price = px(price);
	r.mid_twice = px(2 * mid);
	r.qty = 100;
	outcome_fill(t, &r, held);
}

} // namespace

TEST(outcome, slippage_is_against_the_mid_and_worse_is_above_0)
{
	outcome t{};

	EXPECT_TRUE(std::isnan(outcome_slippage(&t.entry)));
	fill(&t, SIDE_BUY, 10.02, 10.01, 0); // opens
	fill(&t, SIDE_BUY, 10.02, 10.04, 100); // adds, and is better than the mid
	fill(&t, SIDE_SELL, 9.97, 10, 200);    // reduces
	fill(&t, SIDE_SELL, 9.97, 10, 30);     // closes 30, and opens 70 the other way
	fill(&t, SIDE_BUY, 10.5, 10, -100);
	fill(&t, SIDE_BUY, 10.5, 0, -100); // no mid was known
	EXPECT_EQ(t.entry.shares, 270u);
	EXPECT_EQ(t.exit.shares, 230u);
	EXPECT_NEAR(outcome_slippage(&t.entry), (100 * .01 - 100 * .02 + 70 * .03) / 270, 1e-12);
	EXPECT_NEAR(outcome_slippage(&t.exit), (100 * .03 + 30 * .03 + 100 * .5) / 230, 1e-12);
}

TEST(outcome, sharpe_and_sortino_from_twenty_days_on)
{
	const double day[] = { 3, -1, 2, 0, -4, 5, 1, 1, -2, 6, -3, 2, 2, -1, 4, 0, 1, -2, 3, 1.5 };
	const int n = sizeof day / sizeof *day;
	outcome t{};
	double net = 0, mean = 0, squares = 0, below = 0;

	ASSERT_EQ(calendar_load(), 0);
	for (int i = 0; i < n; i++) { // three minutes a day, the last of which counts
		EXPECT_TRUE(std::isnan(outcome_sharpe(&t))) << i;
		for (double part : { .5, -9., 1. }) {
			equity_row r{};

			r.ts_ns = ((uint64_t)(20000 + i) * 1440 + 900 + (uint64_t)t.minutes % 3) * MINUTE;
			r.sums.net = px(net + part * day[i]);
			outcome_minute(&t, &r);
		}
		net += day[i];
		EXPECT_EQ(outcome_days(&t).n, (uint64_t)i + 1);
		mean += day[i] / n;
	}
	for (double x : day) {
		squares += (x - mean) * (x - mean);
		below += x < 0 ? x * x : 0;
	}
	EXPECT_NEAR(outcome_sharpe(&t), mean / sqrt(squares / (n - 1)) * sqrt(252), 1e-9);
	EXPECT_NEAR(outcome_sortino(&t), mean / sqrt(below / n) * sqrt(252), 1e-9);
}

TEST(outcome, a_date_ends_at_midnight_in_new_york)
{
	outcome t{};
	const uint64_t midnight = 1773201600 * NS_PER_S; // 2026-03-11, 04:00 UTC

	ASSERT_EQ(calendar_load(), 0);
	for (uint64_t end : { midnight - MINUTE, midnight, midnight + MINUTE }) {
		equity_row r{};

		r.ts_ns = end; // the minute that ends at midnight is of the date before
		outcome_minute(&t, &r);
		EXPECT_EQ(outcome_days(&t).n, end > midnight ? 2u : 1u);
	}
}

TEST(outcome, orders_by_reason_and_what_resting_ones_got)
{
	outcome t{};
	auto order = [&t](report_kind kind, trade_state state, uint32_t total, uint32_t filled, auto change) {
		trade_report r{};

		r.kind = (uint8_t)kind;
		r.state = (uint8_t)state;
		r.total = total;
		r.filled = filled;
		r.limit = 1;
		r.tif = TIF_DAY;
		change(&r);
		outcome_order(&t, &r);
	};
	auto none = [](trade_report *) {};

	EXPECT_TRUE(std::isnan(outcome_passive_ratio(&t)));
	order(REPORT_SENT, STATE_SENT, 100, 0, none);
	order(REPORT_DENIED, STATE_DENIED, 100, 0, [](trade_report *r) { r->why = RISK_KILLED; });
	order(REPORT_REJECTED, STATE_REJECTED, 100, 0, [](trade_report *r) { r->why = PAPER_FULL; });
	order(REPORT_FILL, STATE_PART, 100, 30, [](trade_report *r) { r->liquidity = 'A', r->qty = 30; });
	order(REPORT_FILL, STATE_PART, 100, 50, [](trade_report *r) { r->liquidity = 'R', r->qty = 20; });
	order(REPORT_CANCELLED, STATE_LIVE, 90, 50, none); // it lives on
	order(REPORT_CANCELLED, STATE_CANCELLED, 90, 50, none);
	order(REPORT_EXPIRED, STATE_EXPIRED, 50, 0, none);
	order(REPORT_CANCELLED, STATE_CANCELLED, 70, 0, [](trade_report *r) { r->tif = TIF_IOC; });
	EXPECT_EQ(t.sent, 1u);
	EXPECT_EQ(t.denied[RISK_KILLED], 1u);
	EXPECT_EQ(t.rejected[PAPER_FULL], 1u);
	EXPECT_DOUBLE_EQ(outcome_passive_ratio(&t), 30. / (30 + 40 + 50));
}

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

TEST(outcome, round_trips_are_of_the_gate_that_opened_them)
{
	outcome o{};
	const struct {
		uint8_t gate;
		int64_t realized, fees;
	} ended[] = { { 0, 500, 100 }, { 3, -200, 50 }, { 0, -10, 0 }, { UINT8_MAX, 70, 70 }, { 3, 90, 20 }, { 32, 1, 0 } };

	for (const auto &e : ended) {
		position_trip t{};

		t.entry_gate = e.gate, t.realized = e.realized, t.fees = e.fees, t.net = e.realized - e.fees;
		outcome_trip(&o, &t);
	}
	const earned &first = o.by_gate.gate[0], &fourth = o.by_gate.gate[3], &none = o.by_gate.gate[EARNED_GATES];

	EXPECT_EQ(first.trips, 2u);
	EXPECT_EQ(first.wins, 1u);
	EXPECT_EQ(first.losses, 1u);
	EXPECT_EQ(first.realized, 490);
	EXPECT_EQ(first.fees, 100);
	EXPECT_EQ(first.net, 390);
	EXPECT_EQ(fourth.net, -250 + 70);
	EXPECT_EQ(none.trips, 2u);
	EXPECT_EQ(none.wins, 1u); // a net of 0 is neither
	EXPECT_EQ(none.losses, 0u);
	EXPECT_EQ(first.net + fourth.net + none.net, o.won + o.lost);
}
