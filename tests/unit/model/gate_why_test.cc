/* SPDX-License-Identifier: BSD-3-Clause */
// What a gate says of itself: values, verdicts, and why it does not fire.
#include "tests/unit/gate_kit.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/model/gate_eval.h"
#include "lcore/model/gate_why.h"
}
#pragma GCC diagnostic pop

namespace {

struct Why : Gates {
	gate_why_page page = {};

	const gate_why &of(unsigned gate, uint32_t instr = 0)
	{
		gate_why_fill(&g, instr, gate, &page);
		return page.why[0];
	}
	std::string text(unsigned gate, uint32_t instr = 0)
	{
		char words[GATE_WHY_BYTES];

		return gate_why_text(&of(gate, instr), words);
	}
};

} // namespace

TEST(gate_why, values_shares_and_verdicts)
{
	Why k;
	gate_spec s = Gates::spec("g", GATE_ENTRY, 0.75);

	s.release = 0.5;
	ASSERT_EQ(k.add(s, { "1s ema9 > 2 * 1s ema21 weight 2", "1s ema9 cross_above 3", "5s ema9 > 1", "sweep any" }), 0) << k.err;
	k.init();
	k.ts = NS_PER_S;
	EXPECT_EQ(k.text(0), "no row so far");
	k.row(SPAN_1S, 2, 1.5);
	k.row(SPAN_1S, 4, 1.5);
	const gate_why &w = k.of(0);

	EXPECT_EQ(k.page.gates, 1u);
	EXPECT_EQ(k.page.close_ts, NS_PER_S);
	EXPECT_EQ(w.n_rules, 4u);
	EXPECT_EQ(w.rule[0].left, 4);
	EXPECT_EQ(w.rule[0].right, 3);
	EXPECT_EQ(w.rule[0].verdict, GATE_YES);
	EXPECT_EQ(w.rule[1].verdict, GATE_YES);
	EXPECT_EQ(w.rule[1].now, GATE_ABOVE);
	EXPECT_EQ(w.rule[1].before, GATE_BELOW);
	EXPECT_EQ(w.rule[2].verdict, GATE_OPEN);
	EXPECT_TRUE(std::isnan(w.rule[2].left));
	EXPECT_EQ(w.rule[3].verdict, GATE_NO);
	EXPECT_DOUBLE_EQ(w.share, 0.6);
	EXPECT_DOUBLE_EQ(w.needs, 0.75);
	EXPECT_EQ(k.text(0), "undecided: rules without a value");
	k.row(SPAN_5S, 0, 0);
	EXPECT_EQ(k.text(0), "threshold not reached");
	k.row(SPAN_5S, 2, 0);
	EXPECT_EQ(k.text(0), "it fired when it rose, and was above already since");
	EXPECT_DOUBLE_EQ(k.of(0).needs, 0.5);
	EXPECT_EQ(k.of(0).fired_ns, NS_PER_S);
	EXPECT_EQ(k.of(0).blocked, GATE_IN);
}

TEST(gate_why, each_reason)
{
	Why k;
	gate_spec listed = Gates::spec("listed"), slow = Gates::spec("slow"), none = Gates::spec("none", GATE_NONE);

	ASSERT_EQ(calendar_load(), 0);
	listed.symbols = "SPY", slow.cooldown_ns = 500 * NS_PER_S, slow.max_fires = 1;
	ASSERT_EQ(k.add(listed, { "1s ema9 > 1" }), 0);
	ASSERT_EQ(k.add(slow, { "1s ema9 > 1" }), 0);
	ASSERT_EQ(k.add(none, { "1s ema9 > 1" }), 0);
	ASSERT_EQ(k.add(Gates::spec("flags", GATE_NONE), { "1s ema9 > 1", "1s flags lacks GAP" }), 0);
	ASSERT_EQ(k.add("fifth", GATE_EXIT, 1, { "1s ema9 > 1" }), 0);
	k.init();
	k.ts = 1000 * NS_PER_S;
	EXPECT_EQ(k.row(SPAN_1S, 2, 0, true, BAR_GAP), 2u);
	EXPECT_EQ(k.text(0), "the symbol is not on its list");
	EXPECT_EQ(k.text(2), "above already; when it rose: a condition: it never fires");
	EXPECT_EQ(k.text(3), "quality: its rules over flags");
	EXPECT_EQ(k.of(1).until_ns, 1500 * NS_PER_S);
	EXPECT_EQ(k.of(1).fires, 1u);
	k.row(SPAN_1S, 0, 0);
	k.ts = 1400 * NS_PER_S;
	EXPECT_EQ(k.of(1).blocked, GATE_COOLDOWN);
	k.row(SPAN_1S, 2, 0);
	EXPECT_EQ(k.text(1), "above already; when it rose: cool-down");
	k.row(SPAN_1S, 0, 0);
	k.ts = 1600 * NS_PER_S;
	k.row(SPAN_1S, 2, 0);
	EXPECT_EQ(k.text(1), "above already; when it rose: all fires of the day are used");
	EXPECT_EQ(k.text(4), "above already; when it rose: in already, or nothing to leave");
	gate_why_fill(&k.g, 0, 0, &k.page);
	EXPECT_EQ(k.page.n, 4u); // a page
	gate_why_fill(&k.g, 0, 4, &k.page);
	EXPECT_EQ(k.page.n, 1u);
	EXPECT_EQ(k.page.why[0].gate, 4u);
	gate_why_fill(&k.g, 0, 5, &k.page);
	EXPECT_EQ(k.page.n, 0u);
}
