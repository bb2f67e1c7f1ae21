/* SPDX-License-Identifier: BSD-3-Clause */
// Each kind of rule, with the numbers of docs/gates.md, and what is refused with which text.
#include "tests/unit/gate_kit.h"

// Whether a gate of one rule holds after each row of ema9; X: it decides nothing.
static std::string holds(const char *rule, const std::vector<double> &ema9, double ema21 = 10)
{
	Gates k;
	std::string out;

	EXPECT_EQ(k.add(Gates::spec("g", GATE_NONE), { rule }), 0) << k.err;
	k.init();
	for (double v : ema9) {
		k.row(SPAN_5S, v, ema21);
		out += !(gate_state_of(&k.g, 0)->decided & 1) ? 'X' : k.above(0) ? '1' : '0';
	}
	return out;
}

TEST(gate_rules, comparisons)
{
	EXPECT_EQ(holds("5s ema9 > 10", { 9, 10, 11 }), "001");
	EXPECT_EQ(holds("5s ema9 < 10", { 9, 10, 11 }), "100");
	EXPECT_EQ(holds("5s ema9 >= 10", { 9, 10, 11 }), "011");
	EXPECT_EQ(holds("5s ema9 <= ema21", { 9, 10, 11 }), "110");
	EXPECT_EQ(holds("5s ema9 > 1.1 * ema21", { 10.9, 11.1 }), "01");
	EXPECT_EQ(holds("5s ema9 > 1.1*ema21", { 10.9, 11.1 }), "01");
	EXPECT_EQ(holds("5s ema9 > -1 * ema21", { -10.5, -9.5 }), "01");
	EXPECT_EQ(holds("5s ema9 > 10", { NAN, 11 }), "X1");
}

TEST(gate_rules, slope_is_the_mean_change_a_row_over_the_last_rows_with_a_value)
{
	// 10 11 13 16: over 3 rows (13 - 10) / 2 = 1.5, then (16 - 11) / 2 = 2.5
	EXPECT_EQ(holds("5s slope(ema9,3) > 1.4", { 10, 11, 13, 16 }), "XX11");
	EXPECT_EQ(holds("5s slope(ema9,3) > 1.6", { 10, 11, 13, 16 }), "XX01");
	EXPECT_EQ(holds("5s slope( ema9, 3 ) >= 1.5", { 10, 11, 13 }), "XX1");
	EXPECT_EQ(holds("5s slope(ema9,2) < 0", { 10, 11, 10 }), "X01");
	// a row without a value counts for nothing, and decides nothing
	EXPECT_EQ(holds("5s slope(ema9,3) > 1.4", { 10, NAN, 11, 13, NAN }), "XXX11");
	EXPECT_EQ(holds("5s slope(ema9,2) > slope(ema9,3)", { 10, 11, 13, 14 }), "XX10");
	EXPECT_EQ(holds("5s slope(ema9,2) cross_above 0", { 10, 9, 8, 9, 10 }), "X0010");
}

TEST(gate_rules, pct_is_the_rank_of_the_newest_among_its_last_rows)
{
	// of 5 rows: lower ones and half of the equal ones, of the 4 others
	EXPECT_EQ(holds("5s pct(ema9,5) >= 100", { 1, 2, 3, 4, 5 }), "XXXX1");
	EXPECT_EQ(holds("5s pct(ema9,5) <= 0", { 5, 4, 3, 2, 1, 2 }), "XXXX10");
	EXPECT_EQ(holds("5s pct(ema9,5) >= 50", { 7, 7, 7, 7, 7 }), "XXXX1");
	EXPECT_EQ(holds("5s pct(ema9,5) > 50", { 7, 7, 7, 7, 7 }), "XXXX0");
	EXPECT_EQ(holds("5s pct(ema9,5) >= 62.5", { 1, 2, 3, 9, 3 }), "XXXX1"); // (2 + 0.5) / 4
	EXPECT_EQ(holds("5s pct(ema9,5) > 62.5", { 1, 2, 3, 9, 3 }), "XXXX0");
	EXPECT_EQ(holds("5s pct(ema9,3) >= 100", { 9, 1, 2, 3 }), "XX01"); // the 9 has left
	std::vector<double> many(GATE_ROWS_MAX + 5, 1);
	many.back() = 2;
	EXPECT_EQ(holds("5s pct(ema9,240) >= 100", many).substr(GATE_ROWS_MAX - 2), "X000001");
}

TEST(gate_rules, two_spans_are_compared_as_of_their_last_rows)
{
	Gates k;

	ASSERT_EQ(k.add(Gates::spec("g", GATE_NONE), { "5s ema9 > 1.002 * 1m ema21" }), 0) << k.err;
	k.init();
	k.row(SPAN_5S, 100.3, 0);
	EXPECT_EQ(gate_state_of(&k.g, 0)->decided, 0u);
	k.row(SPAN_1M, 0, 100);
	EXPECT_TRUE(k.above(0)); // over 100.2
	k.row(SPAN_1M, 0, 100.2);
	EXPECT_FALSE(k.above(0));
}

TEST(gate_rules, a_crossing_of_two_spans_compares_rows_of_one_close)
{
	Gates k;

	ASSERT_EQ(k.add(Gates::spec("g", GATE_NONE), { "5s ema9 cross_above 1m ema21" }), 0) << k.err;
	k.init();
	k.row(SPAN_5S, 9, 0, false);
	k.row(SPAN_1M, 0, 10);
	EXPECT_FALSE(k.above(0));
	k.row(SPAN_5S, 11, 0, false); // the minute that closes with it has risen as well
	k.row(SPAN_1M, 0, 12);
	EXPECT_FALSE(k.above(0));
	k.row(SPAN_5S, 13, 0);
	EXPECT_TRUE(k.above(0));
	k.row(SPAN_1M, 0, 12); // no row of its span: the crossing is still the last row's
	EXPECT_TRUE(k.above(0));
	k.row(SPAN_5S, 14, 0);
	EXPECT_FALSE(k.above(0));
}

TEST(gate_rules, quality_bits)
{
	Gates k;

	ASSERT_EQ(k.add(Gates::spec("has", GATE_NONE), { "5s flags has GAP|STALE" }), 0) << k.err;
	ASSERT_EQ(k.add(Gates::spec("lacks", GATE_NONE), { "5s flags lacks GAP|STALE weight 2" }), 0) << k.err;
	k.init();
	k.row(SPAN_1S, 0, 0, true, BAR_GAP);
	EXPECT_EQ(gate_state_of(&k.g, 0)->decided, 0u);
	for (uint64_t flags : { (uint64_t)BAR_GAP, (uint64_t)BAR_STALE, (uint64_t)(BAR_GAP | BAR_HALTED), (uint64_t)BAR_HALTED, UINT64_C(0) }) {
		bool any = flags & (BAR_GAP | BAR_STALE);

		k.row(SPAN_5S, 0, 0, true, flags);
		EXPECT_EQ(k.above(0), any) << flags;
		EXPECT_EQ(k.above(1), !any) << flags;
	}
}

TEST(gate_rules, sweeps_fire_at_their_last_print)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "sweep buy levels >= 4 shares >= 5000", "1s ema9 > 10" }), 0) << k.err;
	k.init();
	EXPECT_NE(k.set.sweeps, 0u);
	k.ts = NS_PER_S;
	EXPECT_EQ(k.sweep(SIDE_BUY, 4, 5000, 999), 0u); // no row yet
	k.row(SPAN_1S, 11, 0);
	EXPECT_EQ(k.sweep(SIDE_SELL, 9, 9000, 1001), 0u);
	EXPECT_EQ(k.sweep(SIDE_BUY, 3, 9000, 1002), 0u);
	EXPECT_EQ(k.sweep(SIDE_BUY, 4, 4999, 1003), 0u);
	ASSERT_EQ(k.sweep(SIDE_BUY, 5, 5100, 1004, 4, 4999), 1u);
	EXPECT_EQ(k.out[0].decided_ns, 1004u);
	EXPECT_EQ(k.out[0].close_ts, NS_PER_S);
	EXPECT_TRUE(k.out[0].by_sweep);
	EXPECT_EQ(k.out[0].close_filled, 9);
	EXPECT_EQ(k.out[0].bid, 6);
	EXPECT_EQ(k.out[0].rules, 3u);
	k.leave();
	EXPECT_EQ(k.sweep(SIDE_BUY, 6, 5200, 1005, 5, 5100), 0u); // the same sweep, grown
	EXPECT_EQ(k.sweep(SIDE_BUY, 6, 5200, 1006), 1u);	    // another one
	k.leave();
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u); // it has passed
	EXPECT_FALSE(k.above(0));
}

TEST(gate_rules, a_sweep_of_a_test_issue_fires_nothing)
{
	Gates k;
	struct sweep s = {};

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "sweep any" }), 0) << k.err;
	k.init();
	s.symbol = symtab_key("X", 1), s.side = SIDE_SELL, s.levels = 3, s.test = true;
	EXPECT_EQ(gate_set_sweep(&k.g, &s, k.out), 0u);
	s.test = false;
	EXPECT_EQ(gate_set_sweep(&k.g, &s, k.out), 1u);
	EXPECT_EQ(k.out[0].close_ts, 0u);
	EXPECT_EQ(k.out[0].bid, PX_NULL);
}

TEST(gate_rules, gates_that_look_at_no_sweep_are_not_evaluated_by_one)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	ASSERT_EQ(k.add(Gates::spec("swept", GATE_NONE), { "sweep any" }), 0);
	ASSERT_EQ(k.add("by", GATE_EXIT, 1, { "gate swept" }), 0);
	k.init();
	EXPECT_EQ(k.set.sweeps, 6u); // also who needs one that does
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 1u);
	ASSERT_EQ(k.sweep(SIDE_SELL, 3, 100, 1001), 1u);
	EXPECT_STREQ(k.out[0].name, "by");
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u); // in was above already
}

TEST(gate_rules, other_gates_in_any_order_of_the_file)
{
	Gates k;

	ASSERT_EQ(k.add("in", GATE_ENTRY, 0.6, { "gate trend weight 2", "gate calm", "1s ema9 > 100" }), 0) << k.err;
	ASSERT_EQ(k.add(Gates::spec("trend", GATE_NONE), { "gate up" }), 0);
	ASSERT_EQ(k.add(Gates::spec("up", GATE_NONE), { "1s ema9 > ema21" }), 0);
	ASSERT_EQ(k.add(Gates::spec("calm", GATE_NONE), { "5s ema9 < 50" }), 0);
	k.init();
	EXPECT_EQ(k.row(SPAN_1S, 11, 10), 0u); // 2 of 4, and calm is not known yet
	EXPECT_EQ(gate_state_of(&k.g, 0)->decided, 6u);
	ASSERT_EQ(k.row(SPAN_5S, 20, 0), 1u);
	EXPECT_DOUBLE_EQ(k.out[0].score, 0.75);
	EXPECT_EQ(k.out[0].rules, 3u);
	EXPECT_EQ(k.out[0].n_rules, 3u);
}

TEST(gate_rules, circles_and_unknown_gates_are_refused_with_the_names)
{
	Gates k;

	ASSERT_EQ(k.add("a", GATE_ENTRY, 1, { "1s ema9 > 1", "gate b" }), 0);
	ASSERT_EQ(k.add("b", GATE_ENTRY, 1, { "gate c" }), 0);
	ASSERT_EQ(k.add("c", GATE_ENTRY, 1, { "gate b" }), 0);
	EXPECT_EQ(gate_finish(&k.set, &k.fault), -EINVAL);
	EXPECT_STREQ(k.fault.text, "found the circle b needs c needs b, allowed: none");
	EXPECT_EQ(k.fault.gate, 2u);
	Gates self;

	ASSERT_EQ(self.add("a", GATE_ENTRY, 1, { "gate a" }), 0);
	EXPECT_EQ(gate_finish(&self.set, &self.fault), -EINVAL);
	EXPECT_STREQ(self.fault.text, "found the circle a needs a, allowed: none");
	Gates unknown;

	ASSERT_EQ(unknown.add("a", GATE_ENTRY, 1, { "1s ema9 > 1", "gate z" }), 0);
	ASSERT_EQ(unknown.add("b", GATE_ENTRY, 1, { "1s ema9 > 1" }), 0);
	EXPECT_EQ(gate_finish(&unknown.set, &unknown.fault), -EINVAL);
	EXPECT_STREQ(unknown.fault.text, "found gate \"z\", allowed: the gates a b");
	EXPECT_EQ(unknown.fault.rule, 1u);
}

TEST(gate_rules, refusals_say_what_is_allowed)
{
	struct { const char *rule, *says; } bad[] = {
		{ "1s slope(ema9) > 0", "found \"slope(ema9)\", allowed: slope(COLUMN,ROWS) with 2 to 240 ROWS" },
		{ "1s slope(ema9,1) > 0", "found \"slope(ema9,1)\", allowed: slope(COLUMN,ROWS) with 2 to 240 ROWS" },
		{ "1s pct(ema9,241) > 0", "found \"pct(ema9,241)\", allowed: pct(COLUMN,ROWS) with 2 to 240 ROWS" },
		{ "1s pct(ema9,2.5) > 0", "with 2 to 240 ROWS" },
		{ "1s pct(ema9,5)) > 0", "with 2 to 240 ROWS" },
		{ "1s pct(flags,5) > 0", "found \"flags\", allowed: the numeric columns open" },
		{ "1s pct(ema99,5) > 0", "found \"ema99\", allowed: the numeric columns open" },
		{ "1s ema9 has GAP", "found \"ema9 has\", allowed before has and lacks: flags" },
		{ "1s flags has HOLE", "found \"HOLE\", allowed: bits joined by |, of FILL PARTIAL_FIRST GAP" },
		{ "1s flags has GAP|", "found \"|\", allowed: bits joined by |" },
		{ "1s flags lacks GAP|TEST", "found \"TEST\", allowed: bits joined by |, of FILL" },
		{ "1s flags > 1", "found \"flags\", allowed: the numeric columns" },
		{ "1s ema9 > x * ema21", "allowed: SPAN COLUMN OP" },
		{ "1s ema9 > 2 * 7", "found \"7\", allowed: a number, or the numeric columns" },
		{ "1s ema9 > 2 * 3m ema21", "found \"3m\"" },
		{ "sweep", "allowed: SPAN COLUMN OP VALUE|[FACTOR *] [SPAN] COLUMN" },
		{ "sweep up", "sweep buy|sell|any [levels >= N]" },
		{ "sweep buy levels > 3", "sweep buy|sell|any" },
		{ "sweep buy levels >= 0", "sweep buy|sell|any" },
		{ "sweep buy prices >= 3", "sweep buy|sell|any" },
		{ "sweep buy weight 0", "found \"weight 0\", allowed: weight W with W > 0" },
		{ "gate", "gate NAME" },
		{ "gate up heavy 1", "found \"heavy 1\", allowed: weight W with W > 0" },
		{ "", "allowed: SPAN COLUMN OP" },
	};

	for (auto &b : bad) {
		Gates k;

		EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { b.rule }), -EINVAL) << b.rule;
		EXPECT_TRUE(strstr(k.err, b.says)) << b.rule << ": " << k.err;
		EXPECT_EQ(k.set.n, 0u);
	}
}

TEST(gate_rules, room_for_what_slope_and_pct_remember)
{
	Gates k;

	for (const char *rule : { "1s pct(ema9,240) > 0", "5s pct(ema9,240) > 0", "15s pct(ema9,240) > 0", "30s pct(ema9,240) > 0" })
		EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { rule }), 0) << k.err;
	EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { "1s slope(ema9,100) > 0" }), 0) << "the same rows serve";
	EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { "1m pct(ema9,65) > 0" }), -ENOSPC);
	EXPECT_TRUE(strstr(k.err, "over up to 16 columns and 1024 rows together")) << k.err;
	EXPECT_EQ(k.add("g", GATE_ENTRY, 1, { "1m pct(ema9,64) > 0" }), 0) << k.err;
	EXPECT_EQ(k.set.n, 6u);
}
