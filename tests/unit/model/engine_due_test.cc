/* SPDX-License-Identifier: BSD-3-Clause */
// What is due is sealed as things stood when it came due: no later fact of a channel, and no timer, changes what its rows
// say, however long the sweep takes to get there.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// What these events give with a sweep that keeps up and with one that never gets a turn; they must agree. Live, timers
// come in between.
std::string however_swept(const Script &s, const std::vector<double> &timers = {}, const Script &then = {})
{
	std::string swept;

	for (unsigned budget : { 1000u, 0u }) {
		Engine k;

		k.run(s, 0, SIZE_MAX, 1, budget);
		for (double t : timers) {
			engine_silence(&k.e, at(t));
			engine_timer(&k.e, at(t));
			engine_seal(&k.e, budget);
		}
		k.run(then, 0, SIZE_MAX, 1, budget);
		k.drain();
		if (budget)
			swept = k.text();
		else
			EXPECT_TRUE(k.text() == swept) << "swept at once:\n" << swept << "never:\n" << k.text();
	}
	return swept;
}

// What 1 s rows say of some flags when they are swept at once, second by second.
std::vector<uint64_t> flags(const Script &s, uint64_t mask, int from, int to)
{
	std::vector<uint64_t> out;
	Engine k;

	k.all(s);
	for (int t = from; t < to; t++)
		out.push_back(k.row(SPAN_1S, t).flags & mask);
	return out;
}

std::vector<uint64_t> times(int n, uint64_t flag) { return std::vector<uint64_t>((size_t)n, flag); }

// Channels 0 and 1 print, then a heartbeat tells of both, so that they can fall silent.
Script two(double beat_s, bool timed = true)
{
	Script s = Script::of({ NASDAQ, IEX });

	s.trade(0, 0, 0.5, 10, 100);
	s.trade(1, 0, 0.6, 10, 100);
	s.beat(0, beat_s, timed);
	s.beat(1, beat_s, timed);
	return s;
}

} // namespace

// A channel that has ended holds nothing up, but its hole is on all rows until it is heard again.
TEST(due, the_end_of_a_hole_does_not_take_it_off_rows_that_are_due)
{
	Script s = two(0.7);

	s.gap(0, 0.8);
	s.end(0, 0.8);
	s.clock(1, 5.5); // 0 .. 4 are due
	s.clock(0, 2.5);
	s.clock(1, 7.5);
	EXPECT_EQ(flags(s, BAR_GAP, 0, 5), times(5, BAR_GAP));
	EXPECT_EQ(flags(s, BAR_GAP, 5, 7), times(2, 0));
	however_swept(s);
}

TEST(due, neither_does_a_heartbeat_without_a_time)
{
	Script s = two(0.9, false);

	s.gap(0, 1);
	s.rx_shift_ns = -(5 * NS_PER_S); // 1 is received long after it was sent, 0 has been silent for 4.1 s
	s.clock(1, 10);
	s.rx_shift_ns = 0;
	s.beat(0, 5.1, false); // after a silence: the next one must agree
	s.beat(0, 6.1, false); // the hole is not younger than this
	s.clock(1, 12);
	EXPECT_EQ(flags(s, BAR_GAP, 0, 9), times(9, BAR_GAP));
	EXPECT_EQ(flags(s, BAR_GAP, 10, 11), times(1, 0));
	however_swept(s);
}

TEST(due, neither_does_the_first_clock_of_a_midstream_join_mark_them)
{
	Script s = two(0.9);

	s.end(0, 1);
	s.reset(0, 1);
	s.ev.back().flags = EVF_MIDSTREAM;
	s.end(0, 1); // before it was heard
	s.clock(1, 5.5);
	s.clock(0, 2.5); // knowledge starts here
	s.clock(1, 12);
	EXPECT_EQ(flags(s, BAR_PARTIAL_FIRST, 0, 5), times(5, 0));
	however_swept(s);
}

// Two channels fall silent at once, what is due stays as it was; the first that comes back says what time it is.
TEST(due, what_a_channel_makes_due_as_it_comes_back_is_swept)
{
	Script s = two(5.5);

	s.rx_shift_ns = -(4 * NS_PER_S);
	s.clock(1, 10.1);
	s.rx_shift_ns = 4 * NS_PER_S;
	s.join(2, VENUE_ARCA, 10.2); // both have said nothing for 8 s
	s.clock(1, 10.2);
	s.trade(0, 0, 6.5, 11, 100);
	s.clock(1, 12);
	EXPECT_EQ(Engine().all(s).count(LEDGER_late_prints), 1u);
	however_swept(s);
}

// Others have gone on without a silent channel; its first print of an instrument is late.
TEST(due, an_instrument_that_is_due_with_its_first_print_is_swept)
{
	Script s = two(1.5);

	s.quote(1, 3, 1.6, 9.99, 100, 10.01, 100);
	s.quote(0, 3, 1.6, 9.99, 100, 10.01, 100);
	s.clock(1, 10.5); // 0 has been silent for 9 s
	s.rx_shift_ns = 8 * NS_PER_S;
	s.trade(0, 3, 2.5, 10, 100);
	s.trade(0, 3, 10.2, 10, 100);
	s.clock(1, 12);
	Engine k;

	k.all(s);
	EXPECT_EQ(k.find(SPAN_1S, 9, 3), nullptr);
	EXPECT_EQ(k.row(SPAN_1S, 10, 3).trades, 1u);
	EXPECT_EQ(k.row(SPAN_5S, 10, 3).trades, 1u);
	EXPECT_EQ(k.count(LEDGER_late_prints), 1u);
	however_swept(s);
}

// A second is open to a silent channel that others have passed, but rows up to there are marked.
TEST(due, prints_do_not_open_rows_behind_a_mark)
{
	Script s = two(1.5);

	s.quote(0, 3, 2.1, 9.99, 100, 10.01, 100);
	s.clock(1, 10.5);
	s.rx_shift_ns = 8 * NS_PER_S;
	s.trade(0, 3, 2.5, 10, 100); // Engine looks at rows and marks
	s.trade(0, 4, 10.7, 10, 100);
	s.trade(0, 4, 2.6, 10, 100);
	s.clock(0, 12);
	s.clock(1, 12);
	Engine k;

	k.all(s);
	EXPECT_EQ(k.find(SPAN_1S, 2, 3), nullptr);
	EXPECT_EQ(k.find(SPAN_1S, 2, 4), nullptr);
	EXPECT_EQ(k.row(SPAN_1S, 10, 3).trades, 0u);
	EXPECT_EQ(k.row(SPAN_1S, 10, 4).trades, 1u);
	ASSERT_EQ(k.revisions.size(), 4u); // 1s and 5s of both
	EXPECT_EQ(k.revisions[0].after.volume, 100u);
	EXPECT_EQ(k.row(SPAN_15S, 0, 3).volume, 100u);
	EXPECT_EQ(k.row(SPAN_15S, 0, 4).volume, 200u);
	however_swept(s);
}

TEST(due, silence_is_not_on_rows_that_a_timer_made_due)
{
	std::string rows = however_swept(two(1.5), { 4, 5.1 });

	EXPECT_NE(rows.find("SEALED_BY_TIMER"), std::string::npos);
}

TEST(due, a_clock_that_catches_up_with_a_timer_does_not_deny_it)
{
	Script then;

	then.clock(0, 6);
	then.clock(1, 6);
	EXPECT_NE(however_swept(two(1.5), { 4.4 }, then).find("SEALED_BY_TIMER"), std::string::npos);
}

TEST(due, a_timer_does_not_claim_what_was_due_without_it)
{
	Script s = two(1.5);

	s.clock(1, 6); // 0 is silent
	EXPECT_EQ(however_swept(s, { 6 }).find("SEALED_BY_TIMER"), std::string::npos);
}

TEST(due, what_a_timer_made_due_is_not_partial_at_the_end)
{
	EXPECT_NE(however_swept(two(1.5), { 4.4 }).find("SEALED_BY_TIMER"), std::string::npos);
}

// Orders of ours arrive by the clock of their own channel, and their reports are to be there before the mark.
TEST(due, legs_hear_of_each_channel_before_the_mark)
{
	struct Heard {
		Engine k;
		std::vector<std::vector<uint64_t>> due; // channel, seconds
	} h;
	engine_legs legs = {};
	Script s = Script::of({ NASDAQ, IEX });

	legs.ctx = &h;
	legs.made = [](void *, const strand *, uint64_t) { return false; };
	legs.due = [](void *ctx, uint8_t channel, uint64_t ns) {
		Heard *heard = (Heard *)ctx;

		if (ns > at(0))
			heard->due.push_back({ channel, (ns - at(0)) / NS_PER_S });
		EXPECT_TRUE(heard->k.marks.empty() || heard->k.marks.back() < ns);
	};
	h.k.e.sink.legs = &legs;
	s.trade(0, 0, 0.5, 10, 100), s.trade(1, 0, 0.6, 10, 100);
	s.clock(0, 1.5), s.clock(1, 2.5), s.clock(1, 2.6), s.clock(0, 2.5);
	h.k.run(s, 0, SIZE_MAX, 1, 1000);
	EXPECT_EQ(h.due, (std::vector<std::vector<uint64_t>>{ { 0, 1 }, { 1, 2 }, { 0, 2 } }));
	EXPECT_EQ(h.k.marks.back(), at(2));
}
