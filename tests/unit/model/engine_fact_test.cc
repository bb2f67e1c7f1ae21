/* SPDX-License-Identifier: BSD-3-Clause */
// What is known of a channel and when: holes by the thousand, resets behind their clock, room that runs out, and the same
// told from one lcore to another.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// However the events are cut and swept; returns what came.
std::string any_budget(const Script &s, engine_conf conf, ledger *counts = nullptr)
{
	std::string first;

	for (unsigned budget : { 1000u, 1u, 0u }) {
		Engine k(conf);

		k.run(s, 0, SIZE_MAX, budget == 1 ? 7 : 1, budget);
		k.drain();
		if (first.empty()) {
			first = k.text();
			if (counts)
				*counts = k.counts;
		}
		EXPECT_TRUE(k.text() == first) << "budget " << budget;
	}
	return first;
}

} // namespace

TEST(facts, more_holes_than_the_log_holds_still_flag_each_of_their_rows)
{
	Script s = Script::of({ NASDAQ, IEX });
	ledger counts;

	s.trade(0, 0, 0.1, 10, 100);
	s.trade(1, 0, 0.2, 10, 100);
	for (int i = 0; i < 3000; i++) { // the other channel holds all rows up
		s.gap(0, 1 + i * 0.01);
		s.clock(0, 1 + i * 0.01 + 0.005);
	}
	s.clock(0, 50);
	s.clock(1, 50);
	any_budget(s, Engine::conf(), &counts);
	Engine k;
	k.all(s);
	EXPECT_GT(counts.v[LEDGER_facts_merged], 0u);
	for (int t = 1; t < 31; t++)
		EXPECT_TRUE(k.row(SPAN_1S, t).flags & BAR_GAP) << t;
	EXPECT_FALSE(k.row(SPAN_1S, 40).flags & BAR_GAP);
}

TEST(facts, a_log_that_its_rows_let_go_of_never_merges)
{
	Script s = Script::of({ NASDAQ });
	ledger counts;

	s.trade(0, 0, 0.1, 10, 100);
	for (int i = 1; i < 6000; i++) {
		s.gap(0, i * 0.3);
		s.clock(0, i * 0.3 + 0.15);
	}
	any_budget(s, Engine::conf(), &counts);
	EXPECT_EQ(counts.v[LEDGER_facts_merged], 0u);
}

// A new session's first packet comes seconds later: bars that its clock closes keep the touch that they had.
class reset_behind : public testing::TestWithParam<int> {};

TEST_P(reset_behind, its_clock)
{
	Script s = Script::of({ NASDAQ });

	for (uint32_t i = 0; i < 3; i++) {
		s.level(0, i, 0.1, SIDE_BUY, 9, 100);
		s.trade(0, i, 0.2, 10, 100);
	}
	s.clock(0, 0.5);
	s.reset(0, 0.5);
	switch (GetParam()) {
	case 0: s.clock(0, 5.5); break;
	case 1: s.level(0, 0, 5.5, SIDE_BUY, 8, 100).flags |= EVF_CLOCK; break;
	default: s.level(0, 0, 5.5, SIDE_BUY, 8, 100); // of a packet that does not tick
	}
	s.clock(0, 8);
	any_budget(s, Engine::conf());
	Engine k;
	k.all(s);
	for (uint32_t i = 0; i < 3; i++)
		for (int t = 0; t < 7; t++) {
			EXPECT_EQ(k.row(SPAN_1S, t, i).bid, t < 5 ? px(9) : i || !GetParam() ? PX_NULL : px(8)) << t << " " << i;
			EXPECT_EQ(k.row(SPAN_1S, t, i).flags & ~(uint64_t)(BAR_FILL | BAR_RSI_FLAT), 0u) << t << " " << i;
		}
}

INSTANTIATE_TEST_SUITE_P(facts, reset_behind, testing::Range(0, 3));

TEST(facts, books_of_a_session_that_begins_at_its_first_message_are_known_good)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.gap(0, 0.2);
	s.reset(0, 0.5);
	s.clock(0, 1);
	s.level(0, 1, 1.2, SIDE_BUY, 9, 100); // its book begins here
	s.trade(0, 1, 1.3, 10, 100);
	s.clock(0, 4);
	k.all(s);
	EXPECT_FALSE(k.row(SPAN_1S, 2, 1).flags & BAR_BOOK_SUSPECT);
}

TEST(facts, a_hole_behind_a_reset_leaves_its_books_in_doubt)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 1, 0.3, 10, 100);
	s.reset(0, 0.5);
	s.gap(0, 0.5);
	s.clock(0, 1);
	s.clock(0, 4);
	k.all(s);
	EXPECT_TRUE(k.row(SPAN_1S, 2, 1).flags & BAR_BOOK_SUSPECT);
}

// Waiting fragments: how many there is room for is not a matter of when rows are sealed.
TEST(facts, fragments_run_out_at_the_same_events_whatever_the_budget)
{
	engine_conf conf = Engine::conf();
	Script s = Script::of({ NASDAQ, IEX });
	ledger counts;

	conf.silence_ns = 3600 * NS_PER_S;
	for (uint32_t i = 0; i < 64; i++) {
		s.trade(0, i, 0.1, 10, 100);
		s.trade(1, i, 0.1, 10, 100);
	}
	for (int t = 1; t < 30; t++) {
		for (uint32_t i = 0; i < 64; i++)
			s.trade(0, i, t + 0.5, 10, 100 + (uint32_t)t);
		if (t % 9 == 0)
			s.clock(1, t);
		s.clock(0, t + 0.6);
	}
	s.clock(1, 40);
	any_budget(s, conf, &counts);
	EXPECT_EQ(counts.v[LEDGER_fragments_no_room], 0u);
	for (int t = 41; t < 90; t++) {
		for (uint32_t i = 0; i < 64; i++)
			s.trade(0, i, t + 0.5, 10, 100);
		s.clock(0, t + 0.6);
		s.clock(1, t < 80 ? 41 : t);
	}
	any_budget(s, conf, &counts);
	EXPECT_GT(counts.v[LEDGER_fragments_no_room], 0u);
}
