/* SPDX-License-Identifier: BSD-3-Clause */
// An end of session is no end of the day: the venue's next session may begin in the same bar. Until then its instruments go
// on with the clocks of others, or the wall clock, and hold up neither rows nor marks.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

uint64_t flags(const Engine &k, double t, uint32_t instr = 0) { return k.row(SPAN_1S, t, instr).flags & ~(uint64_t)BAR_RSI_FLAT; }

// One print at 0.5, an end of session at 1.5.
Script ended()
{
	Script s = Script::of({ NASDAQ });

	s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
	s.clock(0, 1.5);
	s.end(0, 1.5);
	return s;
}

// The next session, with a print at t + 0.1.
void begin_again(Script &s, double t)
{
	s.reset(0, t);
	s.clock(0, t);
	s.trade(0, 0, t + 0.1, 12, 300).flags |= EVF_CLOCK;
}

} // namespace

TEST(end, a_session_that_begins_in_the_same_bar_is_in_it)
{
	for (double t : { 1.7, 3.0, 61.0 }) {
		Script s = ended();
		Engine k;

		begin_again(s, t);
		s.clock(0, 400);
		s.clock(0, 400.1);
		k.all(s);
		EXPECT_EQ(k.row(SPAN_5M, 0).volume, 400u) << t;
		EXPECT_EQ(k.count(LEDGER_late_prints), 0u) << t;
		EXPECT_TRUE(k.revisions.empty()) << t;
		for (int i = 0; i < 300; i++)
			EXPECT_EQ(k.row(SPAN_1S, i).flags & BAR_PARTIAL_LAST, 0u) << t << " " << i;
	}
}

TEST(end, without_another_session_what_is_unfinished_is_partial)
{
	Engine k;

	k.all(ended());
	EXPECT_TRUE(k.row(SPAN_1S, 1).flags & BAR_PARTIAL_LAST);
	EXPECT_TRUE(k.row(SPAN_5M, 0).flags & BAR_PARTIAL_LAST);
	EXPECT_FALSE(k.find(SPAN_1S, 2));
}

// Instrument 0 is NASDAQ's alone, 1 is IEX's.
TEST(end, others_move_on_what_ended_and_marks_go_with_them)
{
	std::string swept;

	for (unsigned budget : { 1000u, 1u, 0u }) {
		Script s = Script::of({ NASDAQ, IEX });
		Engine k;

		s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
		s.trade(1, 1, 0.6, 20, 100);
		s.clock(0, 1.5);
		s.clock(1, 1.5);
		s.end(0, 1.5);
		for (int t = 2; t < 9; t++)
			s.clock(1, t + 0.5);
		k.run(s, 0, SIZE_MAX, 1, budget);
		if (budget == 1000) {
			for (int t = 0; t < 8; t++)
				EXPECT_EQ(flags(k, t), t ? (uint64_t)BAR_FILL : 0) << t;
			EXPECT_EQ(k.marks.back(), at(8));
		}
		size_t n = s.ev.size();
		begin_again(s, 9);
		s.clock(1, 12.5);
		s.clock(0, 12.5);
		k.run(s, n, SIZE_MAX, 1, budget);
		k.drain();
		EXPECT_EQ(k.row(SPAN_1S, 9).volume, 300u);
		EXPECT_EQ(k.row(SPAN_5M, 0).volume, 400u);
		if (budget == 1000)
			swept = k.text();
		EXPECT_TRUE(k.text() == swept) << budget << ":\n" << k.text() << "swept at once:\n" << swept;
	}
}

// The rack after the close: nobody speaks any more, and nothing is missing.
TEST(end, live_the_wall_clock_moves_on_what_ended)
{
	Script s = ended();
	Engine k; // grace 1 s

	k.run(s);
	for (double t = 1.6; t < 10; t += 0.1) {
		engine_silence(&k.e, at(t));
		engine_timer(&k.e, at(t));
		engine_seal(&k.e, 100);
	}
	for (int t = 1; t < 8; t++)
		EXPECT_EQ(flags(k, t), (uint64_t)BAR_FILL) << t;
	EXPECT_GE(k.marks.back(), at(8));
	EXPECT_EQ(k.count(LEDGER_bars_by_timer) + k.count(LEDGER_bars_stale), 0u);
	size_t n = s.ev.size();
	begin_again(s, 20);
	s.clock(0, 23);
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_1S, 20).volume, 300u);
}

// Until the trade day is over: then it rests, however long the rack runs.
TEST(end, live_what_ended_rests_at_the_end_of_its_day)
{
	Engine k;

	k.run(ended());
	for (double t = 60; t < 40 * 3600; t += 60) {
		engine_timer(&k.e, at(t));
		engine_seal(&k.e, 100);
	}
	EXPECT_EQ(k.bars.back().close_ts, at(10 * 3600)); // 20:00
}

// Files of some hours of several days: what a day left unfinished ended with it.
TEST(end, a_session_of_another_day_finishes_what_the_last_one_left)
{
	for (int others : { 0, 1, 2 }) { // none; a venue that has ended too; one that lives
		Script s = Script::of({ NASDAQ, IEX });
		Engine k;

		s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
		if (others)
			s.trade(1, 0, 0.6, 10, 100);
		s.clock(0, 1.5);
		s.clock(1, 1.5);
		s.end(0, 1.5);
		if (others < 2)
			s.end(1, 1.5);
		double day = 24 * 3600;
		begin_again(s, day);
		s.clock(0, day + 2);
		if (others == 2)
			s.clock(1, day + 2);
		k.all(s);
		EXPECT_EQ(k.row(SPAN_1S, day).volume, 300u) << others;
		EXPECT_EQ((bool)(k.row(SPAN_5M, 0).flags & BAR_PARTIAL_LAST), others < 2) << others;
		EXPECT_EQ((bool)k.find(SPAN_1S, 3600), others == 2) << others;
	}
}
