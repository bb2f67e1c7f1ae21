/* SPDX-License-Identifier: BSD-3-Clause */
// What a reload keeps: gates that are as they were go on as if nothing had happened, whatever comes beside them.
#include <random>

#include "tests/unit/gate_kit.h"

namespace {

// The gates that stay, and others before and after them that look at more.
void fill(Gates &k, bool more)
{
	gate_spec slow = Gates::spec("slow"), any = Gates::spec("any", GATE_EXIT);

	slow.cooldown_ns = 20, slow.max_fires = 50, slow.quote_age_ns = 5, any.group = GATE_ANY;
	if (more) {
		ASSERT_EQ(k.add(Gates::spec("before", GATE_NONE), { "1s pct(ema9,9) > 50", "1s ema21 cross_above 1", "sweep any" }), 0) << k.err;
		ASSERT_EQ(k.add(Gates::spec("changes", GATE_NONE), { "1s ema9 > 2" }), 0) << k.err;
	} else {
		ASSERT_EQ(k.add(Gates::spec("changes", GATE_NONE), { "1s ema9 > 1" }), 0) << k.err;
	}
	ASSERT_EQ(k.add(slow, { "gate cond", "1s slope(ema9,3) > 0" }), 0) << k.err;
	ASSERT_EQ(k.add(Gates::spec("cond", GATE_NONE), { "1s pct(ema9,5) >= 50" }), 0) << k.err;
	ASSERT_EQ(k.add(any, { "1s ema9 cross_below ema21", "5s ema9 cross_above 1s ema21" }), 0) << k.err;
	ASSERT_EQ(k.add("needs", GATE_EXIT, 1, { "gate changes" }), 0) << k.err;
	k.init();
}

std::string kept(const Gates &k, unsigned n)
{
	std::string out;

	for (unsigned i = 0; i < n; i++)
		if (!strcmp(k.out[i].name, "slow") || !strcmp(k.out[i].name, "any"))
			out += std::string(k.out[i].name) + std::to_string(k.out[i].rules) + " ";
	return out;
}

} // namespace

TEST(gate_carry, what_did_not_change_goes_on)
{
	size_t fires = 0;

	ASSERT_EQ(calendar_load(), 0);
	for (unsigned seed = 1; seed <= 40; seed++) {
		Gates one, before, after;
		std::mt19937 rng(seed);
		bool swapped = false;

		fill(one, false), fill(before, false), fill(after, true);
		for (unsigned t = 1; t < 200; t++) {
			for (unsigned instr = 0; instr < 2; instr++) {
				bar b = Gates::empty(t % 5 || rng() % 2 ? SPAN_1S : SPAN_5S);

				b.instr = instr, b.close_ts = t, b.ema9 = rng() % 7 ? rng() % 5 : NAN, b.ema21 = rng() % 3, b.bid = rng() % 3;
				for (Gates *k : { &one, swapped ? &after : &before })
					gate_state_of(&k->g, instr)->in[GATE_LONG] = t % 2; // both ways, again and again
				std::string want = kept(one, one.row(b)), got = kept(swapped ? after : before, (swapped ? after : before).row(b));

				ASSERT_EQ(got, want) << seed << " " << t;
				fires += swapped && !got.empty();
			}
			if (t == 60 + seed) {
				gate_carry(&after.g, &before.g);
				swapped = true;
				EXPECT_EQ(gate_state_of(&after.g, 0)->decided & 3u, 0u) << "new ones start cold";
				EXPECT_FALSE(gate_state_of(&after.g, 3)->known);
			}
		}
	}
	EXPECT_GT(fires, 200u);
}

TEST(gate_carry, what_counts_as_the_same_gate)
{
	Gates a, b;

	fill(a, false), fill(b, true);
	const int want[] = { -1, -1, 1, 2, 3, -1 }; // needs: what it needs has changed

	for (unsigned i = 0; i < b.set.n; i++)
		EXPECT_EQ(gate_carry_from(&b.set, i, &a.set), want[i]) << b.set.gate[i].name;
}

TEST(gate_carry, sides_and_counts_stay)
{
	Gates a, b;

	ASSERT_EQ(a.add("in", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	ASSERT_EQ(b.add("other", GATE_ENTRY, 1, { "1s ema9 > 10" }), 0);
	ASSERT_EQ(b.add("out", GATE_EXIT, 1, { "1s ema9 < 5" }), 0);
	a.init(), b.init();
	EXPECT_EQ(a.row(SPAN_1S, 11, 0), 1u);
	a.g.suppressed = 7;
	gate_carry(&b.g, &a.g);
	EXPECT_EQ(b.g.suppressed, 7u);
	EXPECT_EQ(b.row(SPAN_1S, 11, 0), 0u); // in already
	EXPECT_EQ(b.outcome(0), GATE_IN);
	ASSERT_EQ(b.row(SPAN_1S, 4, 0), 1u);
	EXPECT_EQ(b.out[0].nth, 1u);
}
