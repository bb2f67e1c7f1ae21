/* SPDX-License-Identifier: BSD-3-Clause */
// The row as text: exact prices, empty fields, flags, order.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <set>
#include <string>

extern "C" {
#include "lcore/base/symtab.h"
#include "lcore/model/bar.h"
}

namespace {

std::string px(int64_t v)
{
	char out[BAR_TEXT_BYTES];
	size_t n = bar_px(v, out);

	EXPECT_EQ(n, strlen(out));
	return out;
}

std::string text(const bar &b, bar_col col)
{
	char out[BAR_TEXT_BYTES];
	size_t n = bar_format(&b, col, out);

	EXPECT_EQ(n, strlen(out));
	return out;
}

bar named(const char *symbol, unsigned span = 0, uint64_t close_ts = 0)
{
	bar b = {};

	b.symbol = symtab_key(symbol, strlen(symbol)), b.span = span, b.close_ts = close_ts;
	return b;
}

} // namespace

TEST(bar, prices_are_exact_decimals)
{
	EXPECT_EQ(px(0), "0");
	EXPECT_EQ(px(1000000), "1");
	EXPECT_EQ(px(1), "0.000001");
	EXPECT_EQ(px(5416700), "5.4167");
	EXPECT_EQ(px(-100000), "-0.1");
	EXPECT_EQ(px(-12345678), "-12.345678");
	EXPECT_EQ(px(100000001), "100.000001");
	EXPECT_EQ(px(INT64_MAX), "9223372036854.775807");
	EXPECT_EQ(px(INT64_MIN + 1), "-9223372036854.775807");
	EXPECT_EQ(px(PX_NULL), "");
}

TEST(bar, the_contract_names_the_first_columns)
{
	char header[BAR_LINE_BYTES];
	const char *first = "symbol,span,open_ts,close_ts,open,high,low,close,close_filled,volume,trades,vwap,flags,";

	size_t n = bar_csv_header(header);

	EXPECT_EQ(n, strlen(header));
	EXPECT_EQ(strncmp(header, first, strlen(first)), 0);
	for (const char *name : { "buy_volume", "sell_volume", "unsigned_volume", "delta", "cvd", "vwap_session", "ema9", "ema21",
				  "macd", "macd_signal", "macd_hist", "rsi14", "directional_pressure", "delta_price",
				  "dom_hit_rate", "obi", "microprice", "ofi", "spread" })
		EXPECT_LT(bar_column_by_name(name, strlen(name)), COL_COUNT) << name;
	EXPECT_EQ(bar_column_by_name("ema", 3), COL_COUNT);
	std::set<std::string> names;
	for (const bar_column &c : bar_columns)
		EXPECT_TRUE(names.insert(c.name).second) << c.name;
}

TEST(bar, fields_as_they_stand_in_the_csv)
{
	bar b = named("BRK.A", SPAN_1M);

	b.open_ts = UINT64_C(1493132621826542542);
	b.close = PX_NULL, b.vwap = NAN, b.macd = -0.0, b.ema9 = 1.0 / 3, b.delta = INT64_MIN, b.volume = UINT64_MAX;
	b.flags = BAR_FILL | BAR_GAP | BAR_AUCTION;
	EXPECT_EQ(text(b, COL_symbol), "BRK.A");
	EXPECT_EQ(text(b, COL_span), "1m");
	EXPECT_EQ(text(b, COL_open_ts), "2017-04-25T15:03:41.826542542Z");
	EXPECT_EQ(text(b, COL_close), "");
	EXPECT_EQ(text(b, COL_vwap), "");
	EXPECT_EQ(text(b, COL_macd), "0");
	EXPECT_EQ(text(b, COL_ema9), "0.333333333333");
	EXPECT_EQ(text(b, COL_delta), "-9223372036854775808");
	EXPECT_EQ(text(b, COL_volume), "18446744073709551615");
	EXPECT_EQ(text(b, COL_flags), "FILL|GAP|AUCTION");
	EXPECT_TRUE(std::isnan(bar_number(&b, COL_close)));
	b.close = 1500000;
	EXPECT_EQ(bar_number(&b, COL_close), 1.5);
}

TEST(bar, the_longest_row_fits)
{
	char line[BAR_LINE_BYTES];
	bar b;

	for (size_t i = 0; i < COL_COUNT; i++) {
		double d = -1.23456789012e-300;
		int64_t v = INT64_MIN + 1;

		memcpy((char *)&b + i * 8, bar_columns[i].type == BAR_TYPE_F64 ? (void *)&d : (void *)&v, 8);
	}
	b.symbol = symtab_key("ABCDEFGH", 8), b.span = SPAN_15S, b.flags = ~UINT64_C(0);
	b.open_ts = b.close_ts = UINT64_C(4102444800000000000);
	size_t n = bar_csv_row(&b, line);
	EXPECT_EQ(n, strlen(line));
	EXPECT_LT(n, (size_t)BAR_LINE_BYTES);
	EXPECT_LT(text(b, COL_flags).size(), (size_t)BAR_TEXT_BYTES);
	size_t commas = 0;
	for (size_t i = 0; i < n; i++)
		commas += line[i] == ',';
	EXPECT_EQ(commas, (size_t)COL_COUNT - 1);
}

TEST(bar, order_of_exports)
{
	bar a = named("AA", SPAN_1S, 5), b = named("A", SPAN_1S, 5), c = named("A", SPAN_5S, 5), d = named("A", SPAN_1S, 6);

	EXPECT_GT(bar_order(&a, &b), 0); // "A" before "AA"
	EXPECT_LT(bar_order(&a, &c), 0); // shorter spans first
	EXPECT_LT(bar_order(&c, &d), 0); // time before all
	EXPECT_EQ(bar_order(&a, &a), 0);
	bar x = named("A.B"), y = named("AAB");
	EXPECT_LT(bar_order(&x, &y), 0); // byte-wise
}

TEST(bar, spans_by_name)
{
	for (int i = 0; i < SPAN_COUNT; i++)
		EXPECT_EQ(bar_span_by_name(bar_span_name[i], strlen(bar_span_name[i])), i);
	EXPECT_EQ(bar_span_by_name("10s", 3), SPAN_COUNT);
	EXPECT_EQ(bar_span_by_name("1", 1), SPAN_COUNT);
}
