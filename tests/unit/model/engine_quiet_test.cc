/* SPDX-License-Identifier: BSD-3-Clause */
// A channel that is quiet (heartbeats only) and one that is dead (not even those) are told apart on the bars.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// One print, then heartbeats each second of the first n.
Script beating(uint8_t venue, int n, bool timed)
{
	Script s = Script::of({ venue });

	s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
	for (int i = 1; i <= n; i++)
		s.beat(0, 0.5 + i, timed);
	return s;
}

// What says something about the data; a flat market has a flat RSI.
uint64_t flags(const Engine &k, double t) { return k.row(SPAN_1S, t).flags & ~(uint64_t)BAR_RSI_FLAT; }

void live(Engine &k, double from, double to)
{
	for (double t = from; t <= to; t += 0.1) {
		engine_silence(&k.e, at(t));
		engine_timer(&k.e, at(t));
		engine_seal(&k.e, 100);
	}
}

} // namespace

class quiet : public testing::TestWithParam<bool> {};

TEST_P(quiet, heartbeats_make_plain_fill_bars)
{
	Engine k;

	k.run(beating(NASDAQ, 20, GetParam()));
	for (int t = 1; t < 19; t++)
		EXPECT_EQ(flags(k, t), (uint64_t)BAR_FILL) << t;
	EXPECT_EQ(k.e.chan[0].state, CHAN_LIVE);
	EXPECT_EQ(k.count(LEDGER_bars_stale), 0u);
}

TEST_P(quiet, live_without_heartbeats_bars_are_stale_within_silence_and_grace)
{
	Engine k; // silence 3 s, grace 1 s
	Script s = beating(NASDAQ, 4, GetParam());

	k.run(s); // last heard at 4.5
	live(k, 4.6, 20);
	EXPECT_EQ(k.e.chan[0].state, CHAN_SILENT);
	for (int t = 1; t < 4; t++)
		EXPECT_EQ(flags(k, t) & BAR_STALE, 0u) << t;
	for (int t = 7; t < 17; t++)
		EXPECT_EQ(flags(k, t), (uint64_t)(BAR_FILL | BAR_STALE | BAR_SEALED_BY_TIMER)) << t;
	EXPECT_TRUE(k.row(SPAN_5S, 10).flags & BAR_STALE);
	EXPECT_GT(k.count(LEDGER_bars_stale), 0u); // counts are of rows with news
	EXPECT_GT(k.count(LEDGER_bars_by_timer), 0u);
	EXPECT_GT(k.n_idle, 10u);
	// It speaks again: from then on bars are as good as before.
	size_t n = s.ev.size();
	for (int i = 0; i < 6; i++)
		s.beat(0, 20.2 + i, GetParam());
	k.run(s, n);
	for (int t = 21; t < 24; t++)
		EXPECT_EQ(flags(k, t), (uint64_t)BAR_FILL) << t;
	EXPECT_EQ(k.e.chan[0].state, CHAN_LIVE);
}

TEST_P(quiet, live_with_heartbeats_bars_are_plain)
{
	Engine k;
	Script s = beating(NASDAQ, 20, GetParam());

	for (size_t i = 0; i < s.ev.size(); i++) {
		k.run(s, i, i + 1);
		if (i + 1 < s.ev.size() && s.rx[i] > at(0.4))
			live(k, (double)(s.rx[i] - at(0)) / 1e9 + 0.1, (double)(s.rx[i + 1] - at(0)) / 1e9 - 0.1);
	}
	for (int t = 1; t < 19; t++)
		EXPECT_EQ(flags(k, t), (uint64_t)BAR_FILL) << t;
}

// In a replay there is no time but that of the frames: what was dead is known when it speaks again.
TEST_P(quiet, replay_of_a_dead_period_is_stale)
{
	Script s = beating(IEX, 4, GetParam()); // to 4.5

	s.beat(0, 12.5, GetParam());
	for (int i = 0; i < 4; i++)
		s.beat(0, 13.5 + i, GetParam());
	for (unsigned budget : { 0u, 1u, 1000u }) {
		Engine k;

		k.run(s, 0, SIZE_MAX, 100, budget);
		k.drain();
		for (int t = 1; t < 15; t++)
			EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_STALE), t >= 4 && t < 12) << t << " budget " << budget;
	}
}

INSTANTIATE_TEST_SUITE_P(transports, quiet, testing::Bool(),
			 [](const auto &p) { return p.param ? "with_a_clock" : "without"; });

// A raw file has no heartbeats; a pause in it is a quiet market.
TEST(quiet, a_channel_that_never_beat_is_not_dead_when_nobody_speaks)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
	s.trade(0, 0, 30.5, 10, 100).flags |= EVF_CLOCK;
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, 10).flags, (uint64_t)BAR_FILL);
}

TEST(quiet, of_two_venues_the_dead_one_makes_bars_stale_and_the_quiet_one_does_not)
{
	for (bool dead : { false, true }) {
		Script s = Script::of({ NASDAQ, IEX });
		Engine k;

		s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
		s.trade(1, 0, 0.5, 10, 100);
		for (int i = 1; i < 20; i++) {
			if (!dead)
				s.beat(0, i + 0.6, false);
			s.clock(1, i + 0.7);
		}
		k.run(s);
		for (int t = 4; t < 17; t++)
			EXPECT_EQ(flags(k, t), (uint64_t)(BAR_FILL | (dead ? BAR_STALE : 0))) << t;
		EXPECT_EQ(k.e.chan[0].state, dead ? CHAN_SILENT : CHAN_LIVE);
	}
}

TEST(quiet, a_heartbeat_that_shows_a_loss_ends_the_hole)
{
	Script s = beating(NASDAQ, 1, false); // 1.5
	Engine k;

	s.gap(0, 2.5);
	s.beat(0, 2.5, false);
	for (int i = 3; i < 9; i++)
		s.beat(0, i + 0.5, false);
	k.run(s);
	for (int t = 0; t < 7; t++)
		EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_GAP), t == 1 || t == 2) << t;
}

// What tells of the loss was received at a time that nothing else agrees with: the next heartbeat says how long the hole may be.
TEST(quiet, a_heartbeat_received_at_a_wrong_time_does_not_stretch_the_hole)
{
	for (double wrong : { 2.5, 12.5, 32.5 }) {
		engine_conf conf = Engine::conf();

		conf.silence_ns = 60 * NS_PER_S;
		Script s = beating(NASDAQ, 1, false); // 1.5
		Engine k(conf);

		s.gap(0, 2.5);
		s.beat(0, wrong, false);
		for (int i = 3; i < 9; i++)
			s.beat(0, i + 0.5, false);
		s.clock(0, 50.5);
		s.clock(0, 50.6);
		k.run(s);
		for (int t = 1; t < 40; t++)
			EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_GAP), t <= (wrong > 2.5 ? 3 : 2)) << t << " wrong " << wrong;
	}
}

TEST(quiet, a_hole_lasts_as_long_as_two_heartbeats_agree_on)
{
	engine_conf conf = Engine::conf();

	conf.silence_ns = 60 * NS_PER_S;
	Script s = beating(NASDAQ, 1, false); // 1.5
	Engine k(conf);

	s.gap(0, 12.5);
	for (int i = 12; i < 20; i++)
		s.beat(0, i + 0.5, false);
	s.clock(0, 50.5);
	s.clock(0, 50.6);
	k.run(s);
	for (int t = 1; t < 40; t++)
		EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_GAP), t <= 13) << t;
}

// Played slower than recorded, heartbeats come later than messages would have: the clock stays behind the messages.
TEST(quiet_feed, a_heartbeat_vouches_for_no_more_than_its_interval)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
	s.beat(0, 2.9, false); // one second of the day later, at less than half speed
	k.run(s);
	EXPECT_LE(k.e.chan[0].clock_ns, at(1.5));
	EXPECT_GT(k.e.chan[0].clock_ns, at(1.2));
}

// Heartbeats without a time vouch for the interval of their own feed, not for another one's.
TEST(quiet_feed, a_heartbeat_vouches_for_the_interval_of_its_feed)
{
	const int slow = 0, fast = 0;

	for (uint64_t ms : { 250u, 1000u }) {
		engine_conf conf = Engine::conf();

		conf.pace[conf.n_paces++] = { &fast, VENUE_NASDAQ, 0, 250 * NS_PER_MS };
		conf.pace[conf.n_paces++] = { &slow, VENUE_NASDAQ, 0, NS_PER_S };
		Engine k(conf);
		Script s;

		engine_join_feed(&k.e, 0, ms == 250 ? &fast : &slow);
		s.join(0, NASDAQ);
		s.clock(0, 0.1);
		s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
		s.beat(0, 2, false); // 1.5 s after the print
		k.run(s);
		EXPECT_EQ(k.e.chan[0].clock_ns, at(0.5) + ms * NS_PER_MS - 100 * NS_PER_MS) << ms;
		EXPECT_EQ(bool(k.find(SPAN_1S, 0)), ms == 1000) << ms;
	}
}
