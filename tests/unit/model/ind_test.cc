/* SPDX-License-Identifier: BSD-3-Clause */
// Indicators against values known from elsewhere (docs/bars.md, Indicators) and plain recomputation.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

extern "C" {
#include "lcore/model/ind.h"
}

namespace {

struct Series {
	ind i;
	uint32_t session = 1;

	Series() { ind_init(&i); }
	bar put(double close, int64_t delta = 0, double obi = NAN)
	{
		bar b = {};

		b.close = std::isnan(close) ? PX_NULL : (int64_t)std::llround(close * 1e6);
		b.delta = delta, b.obi = obi;
		ind_seal(&i, &b, session, b.close == PX_NULL ? 0 : (unsigned __int128)b.close * 100, b.close == PX_NULL ? 0 : 100, 0);
		return b;
	}
};

} // namespace

TEST(ind, ema_starts_at_the_first_close)
{
	Series s;

	EXPECT_DOUBLE_EQ(s.put(10).ema9, 10);
	EXPECT_DOUBLE_EQ(s.put(20).ema9, 0.2 * 20 + 0.8 * 10);
	EXPECT_DOUBLE_EQ(s.put(NAN).ema9, 0.2 * 20 + 0.8 * 12); // through FILL on the last close
}

TEST(ind, macd_is_the_difference_of_two_emas)
{
	Series s;
	double e12 = 0, e26 = 0, signal = 0;

	for (int i = 0; i < 60; i++) {
		double x = 50 + 3 * std::sin(i), macd;
		bar b = s.put(x);

		x = std::llround(x * 1e6) / 1e6;
		e12 = i ? 2.0 / 13 * x + 11.0 / 13 * e12 : x;
		e26 = i ? 2.0 / 27 * x + 25.0 / 27 * e26 : x;
		macd = e12 - e26;
		signal = i ? 0.2 * macd + 0.8 * signal : macd;
		EXPECT_NEAR(b.macd, macd, 1e-12);
		EXPECT_NEAR(b.macd_signal, signal, 1e-12);
		EXPECT_NEAR(b.macd_hist, macd - signal, 1e-12);
		EXPECT_EQ(b.warm_count, (uint64_t)i + 1);
	}
}

// The worked example of StockCharts' ChartSchool (closes of QQQQ), printed there to two decimals.
TEST(ind, rsi_of_wilder)
{
	const double close[] = { 44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931,
				 46.0328, 45.6140, 46.2820, 46.2820, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439 };
	const double want[] = { 70.53, 66.32, 66.55, 69.41, 66.36, 57.97 };
	Series s;

	for (int i = 0; i < 20; i++) {
		bar b = s.put(close[i]);

		if (i < 14)
			EXPECT_TRUE(std::isnan(b.rsi14)) << i;
		else
			EXPECT_NEAR(b.rsi14, want[i - 14], 0.01) << i;
	}
}

TEST(ind, rsi_of_flat_rising_and_falling)
{
	Series flat, up, down;
	bar b = {};

	for (int i = 0; i < 20; i++)
		b = flat.put(10);
	EXPECT_EQ(b.rsi14, 50);
	EXPECT_TRUE(b.flags & BAR_RSI_FLAT);
	for (int i = 0; i < 20; i++)
		b = up.put(10 + i);
	EXPECT_EQ(b.rsi14, 100);
	EXPECT_FALSE(b.flags & BAR_RSI_FLAT);
	for (int i = 0; i < 20; i++)
		b = down.put(100 - i);
	EXPECT_EQ(b.rsi14, 0);
}

TEST(ind, rsi_keeps_its_ratio_over_a_day_without_change)
{
	Series s;
	bar b = {};

	for (int i = 0; i < 30; i++)
		b = s.put(10 + (i % 3) * 0.01);
	double before = s.put(10).rsi14;

	for (int i = 0; i < 60000; i++)
		b = s.put(NAN);
	EXPECT_NEAR(b.rsi14, before, 1e-9);
	EXPECT_NEAR(s.put(11).rsi14, 100, 1e-9); // and a change counts at once
}

TEST(ind, sessions_reset_sums_not_averages)
{
	Series s;

	s.put(10, 5);
	EXPECT_EQ(s.put(20, 7).cvd, 12);
	EXPECT_DOUBLE_EQ(s.put(NAN, 0).vwap_session, 15);
	s.session = 2;
	bar b = s.put(NAN, 3);

	EXPECT_EQ(b.cvd, 3);
	EXPECT_TRUE(std::isnan(b.vwap_session));
	EXPECT_EQ(b.close_filled, 20 * PX_ONE);
	EXPECT_EQ(b.warm_count, 4u);
	EXPECT_EQ(b.delta_price, 0);
}

TEST(ind, empty_values_make_no_update)
{
	Series s;
	bar b = s.put(NAN, 4);

	EXPECT_EQ(b.close_filled, PX_NULL);
	EXPECT_EQ(b.delta_price, PX_NULL);
	EXPECT_TRUE(std::isnan(b.macd_hist));
	EXPECT_TRUE(std::isnan(b.obi_ema9));
	EXPECT_DOUBLE_EQ(b.delta_ema9, 4);
	b = s.put(10, 0, 0.5);
	EXPECT_EQ(b.delta_price, PX_NULL); // the first
	EXPECT_DOUBLE_EQ(b.obi_ema9, 0.5);
	EXPECT_DOUBLE_EQ(s.put(10, 0, NAN).obi_ema9, 0.5);
	EXPECT_DOUBLE_EQ(s.put(11, 0, 1).obi_ema9, 0.2 + 0.8 * 0.5);
}
