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

	for (unsigned budget : { 1000u, 1u, 3u, 5u, 0u }) {
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

namespace {

// Many instruments that rest, and a line that loses something each second: facts and due numbers crowd.
Script lossy(int seconds, uint32_t instruments)
{
	Script s = Script::of({ NASDAQ, IEX });

	for (uint32_t i = 0; i < instruments; i++)
		s.trade((uint8_t)(i % 2), i, 0.1, 10 + i, 100);
	for (int t = 1; t < seconds; t++) {
		uint32_t i = (uint32_t)t % instruments;

		s.gap(t % 37 > 6 && t % 2, t + 0.2);
		if (t % 7 == 0)
			s.trade(0, i, t + 0.3, 10 + i, 100 + (uint32_t)t);
		if (t % 11 == 0) // its touch is good again
			s.quote(1, i, t + 0.4, 9 + i, 100, 11 + i, 100 + (uint32_t)t);
		if (t % 13 == 0)
			s.status(0, i, t + 0.5, t % 2 ? STATUS_HALTED : STATUS_TRADING);
		s.clock(0, t + 0.6);
		if (t % 37 > 6) // else it is silent
			s.clock(1, t + 0.7);
	}
	return s;
}

// How many instruments are sealed further than before.
unsigned moved(const Engine &k, std::vector<uint32_t> *next)
{
	unsigned n = 0;

	next->resize(k.e.conf.instruments);
	for (uint32_t i = 0; i < k.e.conf.instruments; i++) {
		n += (*next)[i] != k.e.instr[i].next_sec;
		(*next)[i] = k.e.instr[i].next_sec;
	}
	return n;
}

} // namespace

// A poll of the appliance takes no longer because a log is crowded: who lags is caught up within the budget.
TEST(facts, crowded_logs_are_trimmed_within_the_budget)
{
	engine_conf conf = Engine::conf();
	conf.fill = false;
	Engine k(conf);
	Script s = lossy(1000, 60);
	std::vector<uint32_t> next;
	unsigned applied = 0, sealed = 0;

	for (size_t i = 0; i < s.ev.size(); i++) {
		k.run(s, i, i + 1, 1, 0);
		if (s.ev[i].kind != EV_TRADE) // each begins to be counted somewhere
			applied = std::max(applied, moved(k, &next));
		moved(k, &next);
		for (int poll = 0; poll < 12; poll++) {
			unsigned n = engine_seal(&k.e, 3);

			EXPECT_LE(n, 3u);
			sealed = std::max(sealed, moved(k, &next));
		}
		EXPECT_LE(k.e.duelog[0].n, (uint32_t)DUELOG_MAX / 2 + 8) << "after event " << i;
	}
	EXPECT_LE(applied, 1u);
	EXPECT_LE(sealed, 3u);
	for (int i = 0; i < 2; i++) // of 1,000 seconds: what rows of 5 m that are still open may need
		EXPECT_LT(k.e.chan[i].log.n, 800u);
}

// Which rows with news there are, and what is in them, is no matter of when logs are trimmed.
TEST(facts, crowded_logs_give_the_same_rows_for_each_budget)
{
	engine_conf conf = Engine::conf();
	conf.fill = false;
	any_budget(lossy(1500, 20), conf);
}
