/* SPDX-License-Identifier: BSD-3-Clause */
// Clocks that leap: what one packet says of time is believed when receive time or the next packet agrees, and what is due at
// once comes in steps, at most a day's rows of each instrument.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// Rows between two marks, at most.
struct Steps {
	size_t most = 0, rows = 0;

	explicit Steps(const Engine &k)
	{
		std::vector<uint64_t> marks = k.marks;
		std::vector<size_t> between(marks.size() + 1);

		for (const bar &b : k.bars)
			between[(size_t)(std::lower_bound(marks.begin(), marks.end(), b.close_ts) - marks.begin())]++;
		for (size_t n : between)
			most = std::max(most, n);
		rows = k.bars.size();
	}
};

enum : size_t { STEP_ROWS = 2 * (10 + 2 + 1 + 1 + 1 + 1) }; // of two instruments in 10 s

Script two_instruments(uint8_t venue)
{
	Script s = Script::of({ venue });

	s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
	s.trade(0, 1, 0.6, 10, 100).flags |= EVF_CLOCK;
	return s;
}

event &message(Script &s, double t, double rx, bool first = true)
{
	event &e = s.level(0, 0, t, SIDE_BUY, 9, 100, EVF_CLOCK | (first ? EVF_PACKET : 0));

	s.rx.back() = at(rx);
	return e;
}

} // namespace

TEST(leap, one_message_an_hour_ahead_moves_nothing)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	message(s, 1.5, 1.5);
	message(s, 3601.6, 1.6);
	message(s, 3601.6, 1.6, false); // the same packet agrees with itself
	message(s, 1.8, 1.8);
	message(s, 2.5, 2.5);
	k.run(s);
	EXPECT_EQ(k.e.chan[0].clock_ns, at(2.5));
	EXPECT_EQ(k.count(LEDGER_clock_steps), 1u);
	EXPECT_LT(k.bars.size(), 10u);
}

TEST(leap, the_next_packet_confirms_it)
{
	for (double rx : { 1.7, 1.6 }) { // of another moment, or of the same
		Script s = two_instruments(NASDAQ);
		Engine k;

		message(s, 1.5, 1.5);
		message(s, 61.6, 1.6);
		message(s, 61.7, rx);
		k.run(s);
		EXPECT_EQ(k.e.chan[0].clock_ns, at(61.7));
		EXPECT_EQ(k.count(LEDGER_clock_steps), 0u);
	}
}

TEST(leap, receive_time_that_moved_as_far_confirms_it)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	message(s, 61.5, 61.5);
	k.run(s);
	EXPECT_EQ(k.e.chan[0].clock_ns, at(61.5));
}

TEST(leap, one_that_nothing_follows_is_counted)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	message(s, 61.5, 1.5);
	k.all(s);
	EXPECT_EQ(k.count(LEDGER_clock_steps), 1u);
}

// The channel is not called silent yet: it had never sent one.
TEST(leap, a_message_contradicts_the_first_heartbeat)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	message(s, 1.5, 1.5);
	s.beat(0, 3600, false);
	message(s, 1.6, 3600.1);
	k.run(s);
	EXPECT_EQ(k.count(LEDGER_clock_steps), 1u);
	EXPECT_EQ(k.e.chan[0].clock_ns, at(1.6));
}

// Of a silent channel a heartbeat without a time says by its receive time alone how long that was.
TEST(leap, one_heartbeat_an_hour_off_moves_nothing)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	for (int i = 1; i < 5; i++)
		s.beat(0, i + 0.5, false);
	s.beat(0, 3600, false);
	for (int i = 5; i < 12; i++)
		s.beat(0, i + 0.5, false);
	k.run(s);
	EXPECT_GT(k.e.chan[0].clock_ns, at(10));
	EXPECT_LT(k.e.chan[0].clock_ns, at(12));
	EXPECT_GT(k.count(LEDGER_clock_steps), 0u);
	EXPECT_LT(k.bars.size(), 80u);
}

TEST(leap, two_heartbeats_that_agree_end_a_silence)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	s.beat(0, 1.5, false);
	s.beat(0, 61.5, false);
	s.beat(0, 62.5, false);
	k.run(s);
	EXPECT_GT(k.e.chan[0].clock_ns, at(61.9));
	EXPECT_EQ(k.count(LEDGER_clock_steps), 0u);
	EXPECT_TRUE(k.row(SPAN_1S, 30).flags & BAR_STALE);
}

TEST(leap, an_hour_at_once_comes_in_steps)
{
	Script s = two_instruments(IEX);
	Engine k;

	s.clock(0, 3600);
	k.run(s, 0, SIZE_MAX, 1, 0);
	Steps steps(k);
	EXPECT_LE(steps.most, STEP_ROWS);
	EXPECT_GE(steps.rows, 2 * 3590u);
}

// 10 hours of the day are left, at six spans 1.32 rows a second.
TEST(leap, to_2038_is_a_days_rows_of_each_instrument)
{
	Script s = two_instruments(IEX);
	Engine k;

	s.put(EV_CLOCK, 0, INSTR_NONE, 0).ts_ns = UINT64_C(2147483647) * NS_PER_S;
	s.trade(0, 0, 0, 11, 100).ts_ns = UINT64_C(2147483648) * NS_PER_S;
	k.all(s);
	Steps steps(k);
	EXPECT_LE(steps.most, STEP_ROWS);
	EXPECT_LE(steps.rows, 2 * 36000 * 1.33 + 400);
	EXPECT_GE(steps.rows, 2 * 36000u);
}

TEST(leap, a_clock_at_zero_makes_no_rows)
{
	Script s;
	Engine k;

	s.join(0, IEX);
	s.put(EV_CLOCK, 0, INSTR_NONE, 0).ts_ns = 0;
	s.quote(0, 0, 0, 9, 100, 10, 100).ts_ns = 0;
	s.put(EV_CLOCK, 0, INSTR_NONE, 0).ts_ns = 1;
	k.all(s);
	EXPECT_TRUE(k.bars.empty());
}

TEST(leap, a_print_at_zero_is_one_days_rows_at_most)
{
	Script s;
	Engine k;

	s.join(0, IEX);
	s.trade(0, 0, 0, 9, 100).ts_ns = 0;
	s.trade(0, 0, 0, 9, 100).ts_ns = 0;
	s.clock(0, 1);
	s.trade(0, 0, 1.5, 9, 100);
	s.clock(0, 5);
	k.all(s);
	EXPECT_LE(Steps(k).rows, 2 * 3600 * 1.33);
	EXPECT_LE(Steps(k).most, STEP_ROWS);
	EXPECT_EQ(k.row(SPAN_1S, 1).volume, 100u);
}

// A damaged print may stand an hour ahead: at the end of the data what is left comes in steps, too.
TEST(leap, what_a_far_print_leaves_to_the_end_comes_in_steps)
{
	Script s = two_instruments(IEX);
	Engine k;

	s.trade(0, 0, 3600.5, 10, 100);
	s.clock(0, 2);
	k.all(s);
	EXPECT_LE(Steps(k).most, STEP_ROWS);
	EXPECT_EQ(k.row(SPAN_1S, 3600).volume, 100u);
}

// An end of session finishes nothing: what a day of the others, or of the next session, makes due comes in the same steps.
TEST(leap, what_ended_goes_on_in_steps)
{
	for (bool others : { true, false }) {
		Script s = Script::of({ NASDAQ, IEX });
		Engine k;

		s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
		s.trade(0, 1, 0.6, 10, 100).flags |= EVF_CLOCK;
		s.clock(1, 0.7);
		s.end(0, 1);
		if (others) {
			s.clock(1, 3600);
		} else {
			s.end(1, 1);
			s.reset(0, 3600);
			s.clock(0, 3600);
		}
		k.run(s);
		EXPECT_LE(Steps(k).most, (size_t)STEP_ROWS) << others;
		EXPECT_GT(k.bars.size(), 7000u) << others;
		k.drain();
		EXPECT_LE(Steps(k).most, (size_t)STEP_ROWS) << others;
	}
}

// A channel that opens and never joins holds back what others make due: at the end of the data it comes in steps.
TEST(leap, what_an_opening_channel_held_back_comes_in_steps)
{
	Script s = two_instruments(NASDAQ);
	Engine k;

	s.put(EV_OPEN, 1, INSTR_NONE, 0.7).ref2 = IEX;
	s.clock(0, 3600);
	s.clock(0, 3600.1);
	for (uint64_t &rx : s.rx)
		rx = at(0.8);
	k.run(s);
	EXPECT_EQ(k.bars.size(), 0u);
	k.drain();
	EXPECT_GT(k.bars.size(), 7000u);
	EXPECT_LE(Steps(k).most, (size_t)STEP_ROWS);
}
