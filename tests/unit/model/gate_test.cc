/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/gate_kit.h"

TEST(gate, refuses_what_it_does_not_know)
{
	struct { const char *rule, *says; } bad[] = {
		{ "2s ema9 > 1", "span \"2s\"" },	   { "1s ema10 > 1", "\"ema10\"" },
		{ "1s symbol > 1", "\"symbol\"" },  { "1s ema9 == 1", "operator \"==\"" },
		{ "1s ema9 > banana", "\"banana\"" },	   { "1s ema9 > 1 weight 0", "weight W" },
		{ "1s ema9 > 1 heavy 2", "weight W" },	   { "1s ema9 >", "SPAN COLUMN OP" },
		{ "1s ema9 > 1 weight 2 more words", "SPAN COLUMN OP" }, { "1s ema9 > inf", "\"inf\"" },
	};

	for (auto &b : bad) {
		Gates k;

		EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { b.rule }), -EINVAL) << b.rule;
		EXPECT_TRUE(strstr(k.err, b.says)) << k.err;
		EXPECT_EQ(k.set.n, 0u);
	}
	Gates k;
	EXPECT_EQ(k.add("g", GATE_ENTRY, 1, {}), -EINVAL);
	for (int i = 0; i < GATE_MAX; i++)
		EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { "1s ema9 > 1" }), 0);
	EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { "1s ema9 > 1" }), -ENOSPC);
	EXPECT_EQ(k.set.n_taps, 1u);
}

TEST(gate, fires_when_the_threshold_is_reached_and_was_not_before)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	ASSERT_EQ(k.add("out", GATE_EXIT, 1, { "1s ema9 < 5" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 9, 0), 0u);
	ASSERT_EQ(k.row(SPAN_1S, 11, 0), 1u);
	EXPECT_EQ(k.out[0].stream, GATE_ENTRY);
	EXPECT_EQ(k.out[0].score, 1);
	EXPECT_EQ(k.out[0].rules, 1u);
	EXPECT_EQ(k.out[0].bid, 6);
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u); // still above
	EXPECT_EQ(k.row(SPAN_1S, 9, 0), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u); // in already
	ASSERT_EQ(k.row(SPAN_1S, 4, 0), 1u);
	EXPECT_EQ(k.out[0].stream, GATE_EXIT);
	EXPECT_EQ(k.row(SPAN_1S, 6, 0), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 4, 0), 0u); // nothing to leave
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 1u);
	EXPECT_EQ(k.row(SPAN_1S, 12, 0, true, 0, 1), 1u); // another instrument has its own state
}

TEST(gate, weights_and_spans)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 0.75, { "1s ema9 > 10 weight 3", "5s ema21 > 1", "5s rsi14 < 60" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 0u); // 3 of 5: the 5s columns are still empty, and empty holds nothing
	EXPECT_EQ(k.row(SPAN_1S, 11, 0, false), 0u);
	ASSERT_EQ(k.row(SPAN_5S, 0, 2), 1u);
	EXPECT_EQ(k.out[0].score, 1);
	EXPECT_EQ(k.out[0].rules, 7u);
}

TEST(gate, evaluates_once_per_close_after_the_last_due_row)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s ema9 > 10", "5s ema9 > 10" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 0, false), 0u);
	EXPECT_EQ(k.row(SPAN_5S, 11, 0, true), 1u);
}

TEST(gate, crossings_need_both_sides)
{
	Gates k;

	ASSERT_EQ(k.add("up", GATE_ENTRY, 1, { "1s ema9 cross_above ema21" }), 0);
	ASSERT_EQ(k.add("down", GATE_EXIT, 1, { "1s ema9 cross_below ema21" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 10), 0u); // no row before: no crossing
	EXPECT_EQ(k.row(SPAN_1S, 10, 10), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 10.1, 10), 1u); // from equal
	EXPECT_EQ(k.row(SPAN_1S, NAN, 10), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 9, 10), 1u); // over the empty row
	EXPECT_EQ(k.row(SPAN_1S, 10, 10), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 9, 10), 0u); // nothing to leave
}

// DENSE and GAPPY: from below to above once, with and without rows that have no value between.
TEST(gate, a_crossing_over_empty_rows_is_one_crossing)
{
	const double nothing = NAN;
	const std::vector<double> ways[] = {
		{ 9, 9, 11, 12 }, { 9, nothing, 11, 12 }, { 9, nothing, nothing, 11, nothing, 12 }, { nothing, 9, 10, nothing, 11, 12, nothing, 11 },
	};

	for (auto &way : ways) {
		Gates k;
		unsigned fires = 0;

		ASSERT_EQ(k.add("up", GATE_ENTRY, 1, { "1s ema9 cross_above 10" }), 0);
		ASSERT_EQ(k.add("out", GATE_EXIT, 1, { "1s ema9 < 1" }), 0);
		k.init();
		for (double v : way) {
			fires += k.row(SPAN_1S, v, 0);
			gate_state_of(&k.g, 0)->in[GATE_LONG] = 0; // a second crossing would fire too
		}
		EXPECT_EQ(fires, 1u) << way.size();
	}
}

// The two sides of a crossing are compared when both are there, not one of now with one of before.
TEST(gate, a_crossing_compares_two_sides_of_one_row)
{
	Gates k;

	ASSERT_EQ(k.add("up", GATE_ENTRY, 1, { "1s ema9 cross_above ema21" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 5, 10), 0u);
	EXPECT_EQ(k.row(SPAN_1S, NAN, 4), 0u); // the right side alone fell below what the left one was
	EXPECT_EQ(k.row(SPAN_1S, 5, 4), 1u);
}

TEST(gate, an_empty_row_decides_nothing)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	ASSERT_EQ(k.add("out", GATE_EXIT, 1, { "1s ema21 > 10" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 1u);
	EXPECT_EQ(k.row(SPAN_1S, 11, 11), 1u);
	EXPECT_EQ(k.row(SPAN_1S, NAN, 0), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 0u); // it was above all the time
	EXPECT_EQ(k.row(SPAN_1S, 9, 0), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 1u);
}

TEST(gate, times_and_flags_are_no_numbers)
{
	for (const char *column : { "symbol", "span", "open_ts", "close_ts", "flags" }) {
		Gates k;

		EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { (std::string("1s ") + column + " > 1").c_str() }), -EINVAL) << column;
		EXPECT_TRUE(strstr(k.err, (std::string("found \"") + column + "\", allowed: the numeric columns open high").c_str())) << k.err;
		EXPECT_TRUE(strstr(k.err, " warm_count")) << k.err;
		EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { (std::string("1s close > ") + column).c_str() }), -EINVAL) << column;
	}
}

TEST(gate, no_verdict_on_test_issues)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 0, true, BAR_TEST), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 11, 0, true, 0, 1), 1u);
}

TEST(gate, halted_entries_are_held_back_exits_are_not)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	ASSERT_EQ(k.add("out", GATE_EXIT, 1, { "1s ema9 < 5" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 1u);
	k.g.entries_held = true;
	EXPECT_EQ(k.row(SPAN_1S, 4, 0), 1u);
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 0u);
	EXPECT_EQ(k.g.suppressed, 1u);
}

TEST(gate, no_verdict_on_unfinished_bars_and_none_from_a_flat_rsi)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s rsi14 < 60" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 0, 0, true, BAR_PARTIAL_LAST), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 0, 0, true, BAR_RSI_FLAT), 0u);
	EXPECT_EQ(k.row(SPAN_1S, 0, 0), 1u);
}

TEST(gate, fires_stand_by_time_symbol_stream_gate)
{
	fire a = {}, b = {};

	a.symbol = symtab_key("AB", 2), b.symbol = symtab_key("B", 1);
	EXPECT_LT(gate_fire_order(&a, &b), 0);
	b.symbol = a.symbol, b.gate = 1;
	EXPECT_LT(gate_fire_order(&a, &b), 0);
	a.stream = GATE_EXIT;
	EXPECT_GT(gate_fire_order(&a, &b), 0);
	a.by_sweep = true; // after all rows of its time
	b.stream = GATE_EXIT, b.gate = 0;
	EXPECT_GT(gate_fire_order(&a, &b), 0);
	EXPECT_EQ(gate_fire_mark(&a), 1u);
	b.decided_ns = 1;
	EXPECT_LT(gate_fire_order(&a, &b), 0);
	EXPECT_EQ(gate_fire_mark(&b), 1u);
	a = b, a.nth = 1;
	EXPECT_GT(gate_fire_order(&a, &b), 0);
}
