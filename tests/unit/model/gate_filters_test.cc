/* SPDX-License-Identifier: BSD-3-Clause */
// Groups, hysteresis, and what keeps a verdict from becoming a fire, with given numbers.
#include "tests/unit/gate_kit.h"

namespace {

// 2026-03-10 in New York: 04:00 UTC is midnight (summer time began on the 8th).
constexpr uint64_t MIDNIGHT = UINT64_C(1773115200) * NS_PER_S;

uint64_t at(unsigned hour, unsigned minute, unsigned s = 0, unsigned day = 0)
{
	return MIDNIGHT + (((day * 24 + hour) * 60 + minute) * UINT64_C(60) + s) * NS_PER_S;
}

// Gates whose first one holds when ema9 is over 10.
struct Filtered : Gates {
	explicit Filtered(gate_spec s)
	{
		EXPECT_EQ(calendar_load(), 0);
		EXPECT_EQ(add(s, { "1s ema9 > 10" }), 0) << err;
		init();
	}
	// Falls and rises again at that time.
	unsigned rise(uint64_t ns)
	{
		leave();
		ts = ns - 1;
		row(SPAN_1S, 9, 0);
		ts = ns;
		return row(SPAN_1S, 11, 0);
	}
};

} // namespace

TEST(gate_filters, groups)
{
	Gates k;
	gate_spec all = Gates::spec("all", GATE_NONE, 0.1), any = Gates::spec("any", GATE_NONE, 0.9), half = Gates::spec("half", GATE_NONE, 0.5);

	all.group = GATE_ALL, any.group = GATE_ANY;
	for (gate_spec s : { all, any, half })
		ASSERT_EQ(k.add(s, { "1s ema9 > 1", "1s ema9 > 2 weight 0.1", "1s ema9 > 3" }), 0);
	k.init();
	const char *want[] = { "000", "010", "011", "111" };

	for (int i = 0; i < 4; i++) {
		k.row(SPAN_1S, i + 0.5, 0);
		for (unsigned gate = 0; gate < 3; gate++)
			EXPECT_EQ(k.above(gate), want[i][gate] == '1') << i << gate;
	}
}

TEST(gate_filters, any_is_undecided_while_an_empty_rule_may_hold)
{
	Gates k;
	gate_spec any = Gates::spec("any", GATE_NONE);

	any.group = GATE_ANY;
	ASSERT_EQ(k.add(any, { "1s ema9 > 1", "5s ema9 > 1" }), 0);
	k.init();
	k.row(SPAN_1S, 0, 0);
	EXPECT_EQ(gate_state_of(&k.g, 0)->decided, 0u);
	k.row(SPAN_1S, 2, 0);
	EXPECT_TRUE(k.above(0));
	k.row(SPAN_1S, 0, 0); // undecided again: what was decided stays
	EXPECT_TRUE(k.above(0));
	k.row(SPAN_5S, 0, 0);
	EXPECT_FALSE(k.above(0));
}

TEST(gate_filters, hysteresis)
{
	Gates k;
	gate_spec s = Gates::spec("g", GATE_ENTRY, 0.75);

	s.release = 0.5;
	ASSERT_EQ(k.add(s, { "1s ema9 > 1", "1s ema9 > 2", "1s ema9 > 3", "1s ema9 > 4" }), 0);
	k.init();
	struct { double v; bool above; unsigned fires; } step[] = {
		{ 2.5, false, 0 }, // a half does not take it up
		{ 3.5, true, 1 },  { 2.5, true, 0 },  { 3.5, true, 0 }, // nor let it go
		{ 1.5, false, 0 }, { 2.5, false, 0 }, { 3.5, true, 1 },
	};

	for (auto &x : step) {
		k.leave();
		EXPECT_EQ(k.row(SPAN_1S, x.v, 0), x.fires) << x.v;
		EXPECT_EQ(k.above(0), x.above) << x.v;
	}
	EXPECT_EQ(k.set.gate[0].release, 0.5);
	s.release = 0.9; // not above what makes it hold
	ASSERT_EQ(k.add(s, { "1s ema9 > 1" }), 0);
	EXPECT_EQ(k.set.gate[1].release, 0.75);
}

TEST(gate_filters, cooldown_is_of_event_time)
{
	gate_spec s = Gates::spec("g");

	s.cooldown_ns = 60 * NS_PER_S;
	Filtered k(s);
	EXPECT_EQ(k.rise(at(10, 0)), 1u);
	EXPECT_EQ(k.rise(at(10, 0, 59)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_COOLDOWN);
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u);
	k.ts = at(10, 5);
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u) << "its end is no news: what has risen has risen";
	EXPECT_EQ(k.rise(at(10, 6)), 1u);
	EXPECT_EQ(k.rise(at(10, 7)), 1u) << "the end is out";
}

TEST(gate_filters, at_most_n_fires_a_new_york_day)
{
	gate_spec s = Gates::spec("g");

	s.max_fires = 2;
	Filtered k(s);
	EXPECT_EQ(k.rise(at(10, 0)), 1u);
	EXPECT_EQ(k.rise(at(20, 30)), 1u); // the next day in Greenwich
	EXPECT_EQ(k.rise(at(21, 0)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_USED);
	EXPECT_EQ(k.rise(at(0, 0, 0, 1)), 1u);
	EXPECT_EQ(k.rise(at(0, 1, 0, 1)), 1u);
	EXPECT_EQ(k.rise(at(0, 2, 0, 1)), 0u);
}

TEST(gate_filters, a_window_is_of_new_york_and_its_end_is_out)
{
	gate_spec s = Gates::spec("g");

	s.window = "09:35-15:45";
	Filtered k(s);
	EXPECT_EQ(k.rise(at(9, 34, 59)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_WINDOW);
	k.ts = at(9, 35);
	EXPECT_EQ(k.row(SPAN_1S, 12, 0), 0u) << "its beginning is no news";
	EXPECT_EQ(k.rise(at(9, 35)), 1u);
	EXPECT_EQ(k.rise(at(15, 44, 59)), 1u);
	EXPECT_EQ(k.rise(at(15, 45)), 0u);
	EXPECT_EQ(k.rise(at(9, 35, 0, 300)), 0u) << "10 January, winter time: 08:35";
	EXPECT_EQ(k.rise(at(10, 35, 0, 300)), 1u);
}

TEST(gate_filters, age_of_the_quote)
{
	gate_spec s = Gates::spec("g");
	bar b = Gates::empty(SPAN_1S);

	s.quote_age_ns = 5 * NS_PER_S;
	Filtered k(s);
	EXPECT_EQ(k.rise(at(10, 0)), 1u); // the row before showed the quote, a nanosecond ago
	EXPECT_EQ(k.rise(at(10, 0, 4)), 1u);
	EXPECT_EQ(k.rise(at(10, 0, 6)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_QUOTE);
	b.close_ts = at(10, 0, 7), b.ofi = 100; // it moved, and came back
	k.row(b);
	EXPECT_EQ(k.rise(at(10, 0, 12)), 1u);
	b.close_ts = at(10, 0, 13), b.ask = PX_NULL, b.ema9 = 9;
	k.row(b);
	k.leave();
	b.close_ts = at(10, 0, 14), b.ema9 = 11;
	EXPECT_EQ(k.row(b), 0u) << "one side is no quote";
	EXPECT_EQ(k.outcome(0), GATE_QUOTE);
}

TEST(gate_filters, lists_of_symbols)
{
	Gates k;
	gate_spec some = Gates::spec("some");
	bar b = Gates::empty(SPAN_1S);

	some.symbols = "SPY, QQQ";
	ASSERT_EQ(k.add(some, { "1s ema9 > 10" }), 0) << k.err;
	ASSERT_EQ(k.add("by", GATE_EXIT, 1, { "gate some" }), 0);
	ASSERT_EQ(k.add("not_by", GATE_EXIT, 1, { "1s ema9 > 10", "gate some weight 0.1" }), 0);
	k.init();
	b.ema9 = 11;
	const char *names[] = { "SPY", "SPYX", "QQQ" };

	for (unsigned i = 0; i < 3; i++) {
		b.symbol = symtab_key(names[i], strlen(names[i])), b.instr = i;
		EXPECT_EQ(k.row(b), i == 1 ? 0u : 2u) << names[i]; // entry, and the exit that needs it
		EXPECT_EQ(gate_state_of(&k.g, i)->above, i == 1 ? 0u : 7u);
	}
	EXPECT_EQ(gate_state_of(&k.g, 1)->decided, 7u) << "a gate that does not look is known not to hold";
}

TEST(gate_filters, what_keeps_a_gate_from_firing_first)
{
	gate_spec s = Gates::spec("g");

	s.cooldown_ns = NS_PER_S, s.max_fires = 1, s.window = "10:00-11:00";
	Filtered k(s);
	EXPECT_EQ(k.rise(at(10, 0)), 1u);
	EXPECT_EQ(k.rise(at(10, 0)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_COOLDOWN);
	EXPECT_EQ(k.rise(at(11, 0)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_WINDOW);
	EXPECT_EQ(k.rise(at(10, 30)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_USED);
	k.g.entries_held = true;
	EXPECT_EQ(k.rise(at(10, 30)), 0u);
	EXPECT_EQ(k.g.suppressed, 0u) << "it would not have fired anyway";
	EXPECT_EQ(k.rise(at(10, 30, 0, 1)), 0u);
	EXPECT_EQ(k.outcome(0), GATE_HELD);
	EXPECT_EQ(k.g.suppressed, 1u);
	k.g.entries_held = false;
	EXPECT_EQ(k.rise(at(10, 31, 0, 1)), 1u) << "what was held back is not counted";
	k.row(SPAN_1S, 9, 0);
	EXPECT_EQ(k.row(SPAN_1S, 11, 0), 0u);
	EXPECT_EQ(k.outcome(0), GATE_IN);
}

TEST(gate_filters, refusals)
{
	Gates k;
	gate_spec s = Gates::spec("g");

	for (const char *window : { "9:35-15:45", "09:35-09:35", "15:45-09:35", "24:00-25:00", "09:60-10:00", "09:35-15:45 ", "09.35-15.45" }) {
		s.window = window;
		EXPECT_EQ(k.add(s, { "1s ema9 > 10" }), -EINVAL) << window;
		EXPECT_TRUE(strstr(k.err, "allowed: HH:MM-HH:MM of New York, the first before the second")) << k.err;
	}
	s.window = "";
	s.symbols = "SPY,TOOLONGNAME";
	EXPECT_EQ(k.add(s, { "1s ema9 > 10" }), -EINVAL);
	EXPECT_STREQ(k.err, "found \"TOOLONGNAME\", allowed: symbols of 1 to 8 bytes");
	EXPECT_EQ(k.set.n_symbols, 0u);
	s = Gates::spec("g", GATE_NONE);
	s.cooldown_ns = 1;
	EXPECT_EQ(k.add(s, { "1s ema9 > 10" }), -EINVAL);
	EXPECT_STREQ(k.err, "found cooldown on a gate of stream none, allowed: on gates that fire");
	s.cooldown_ns = 0, s.window = "10:00-11:00";
	EXPECT_EQ(k.add(s, { "1s ema9 > 10" }), -EINVAL);
	EXPECT_TRUE(strstr(k.err, "found window on a gate of stream none"));
	EXPECT_EQ(k.set.n, 0u);
}
