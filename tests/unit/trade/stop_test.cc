/* SPDX-License-Identifier: BSD-3-Clause */
// Trailing stops: the given cases of rounding, what comes first within one event, and how a stop lives and dies.
#include <gtest/gtest.h>

#include <cmath>

#include <cstring>
#include <vector>

extern "C" {
#include "lcore/trade/stop_log.h"
}

namespace {

int64_t px(double dollars) { return llround(dollars * 1e6); }

struct Stop {
	stop_rule rule{};
	stop s{};
	stop_fire fire{};
	uint64_t now = NS_PER_S;
	risk_ticks ticks = risk_ticks_of[RISK_TICKS_CENT];

	Stop(int64_t qty, stop_mode mode, int64_t offset, double trigger = 0)
	{
		rule.mode = mode;
		rule.offset = offset;
		rule.trigger = px(trigger);
		rule.retries_per_s = 2;
		rule.answer_ns = 5 * NS_PER_S;
		rule.quote_age_ns = NS_PER_S;
		stop_position(&s, &rule, 7, qty);
	}
	stop_quote quote(double bid, double ask)
	{
		stop_quote q{};

		q.ts_ns = ++now;
		q.bid = px(bid);
		q.ask = px(ask);
		return q;
	}
	// The side that is watched is at price.
	stop_verdict at(double price)
	{
		stop_quote q = s.qty > 0 ? quote(price, price + .02) : quote(price - .02, price);

		q.last = px(price);
		return stop_event(&s, &rule, &ticks, &q, now, &fire);
	}
	stop_verdict second(double price, uint64_t later = NS_PER_S)
	{
		now += later;
		stop_quote q = s.qty > 0 ? quote(price, price + .02) : quote(price - .02, price);

		return stop_second(&s, &rule, &ticks, &q, now, &fire);
	}
};

} // namespace

TEST(stop, the_given_cases_of_rounding)
{
	Stop bps(100, STOP_BPS, 50), bps_short(-100, STOP_BPS, 50), ticks(100, STOP_TICKS, 5);

	EXPECT_EQ(bps.at(102), STOP_MOVED);
	EXPECT_EQ(bps.s.trigger, px(101.49));
	EXPECT_EQ(bps_short.at(98), STOP_MOVED);
	EXPECT_EQ(bps_short.s.trigger, px(98.49));
	EXPECT_EQ(ticks.at(102), STOP_MOVED);
	EXPECT_EQ(ticks.s.trigger, px(101.95));

	Stop buy(-100, STOP_PRICE, px(1), 100), sell(100, STOP_PRICE, px(1), 100);

	EXPECT_EQ(buy.at(99), STOP_QUIET);
	EXPECT_EQ(buy.s.trigger, px(100));
	EXPECT_EQ(buy.at(98), STOP_MOVED);
	EXPECT_EQ(buy.s.trigger, px(99));
	EXPECT_EQ(sell.at(101), STOP_QUIET);
	EXPECT_EQ(sell.s.trigger, px(100));
	EXPECT_EQ(sell.at(102), STOP_MOVED);
	EXPECT_EQ(sell.s.trigger, px(101));
}

TEST(stop, a_trailing_limit_by_the_last_print)
{
	Stop k(100, STOP_PRICE, px(.15));

	k.rule.watch = STOP_LAST;
	k.rule.limit_offset = px(.10);
	k.at(10);
	EXPECT_EQ(k.s.trigger, px(9.85));
	k.at(12);
	EXPECT_EQ(k.s.trigger, px(11.85));
	EXPECT_EQ(k.at(11.80), STOP_FIRED);
	EXPECT_EQ(k.fire.limit, px(11.75));
	EXPECT_EQ(k.fire.side, SIDE_SELL);
	EXPECT_EQ(k.fire.qty, 100);
}

TEST(stop, triggers_are_rounded_towards_the_market)
{
	// 33 bps of 10.01 are .033033: 9.976967 up to 9.98; a short's 10.043033 down to 10.04.
	Stop l(100, STOP_BPS, 33), s(-100, STOP_BPS, 33);

	l.at(10.01);
	s.at(10.01);
	EXPECT_EQ(l.s.trigger, px(9.98));
	EXPECT_EQ(s.s.trigger, px(10.04));
	// Below a dollar the tick is .0001; 50 bps of 1.00 lead there.
	Stop low(100, STOP_BPS, 50);

	low.at(1);
	EXPECT_EQ(low.s.trigger, px(.995));
	low.at(1.0101); // an offset is rounded down to a millionth first: 5050.5
	EXPECT_EQ(low.s.trigger, px(1.01));
	Stop deep(100, STOP_PRICE, px(50)); // further than the price: none
	EXPECT_EQ(deep.at(10), STOP_QUIET);
	EXPECT_EQ(deep.s.trigger, 0);
}

TEST(stop, the_trigger_is_looked_at_first_and_is_inclusive)
{
	Stop k(100, STOP_PRICE, px(1));

	k.at(10);
	EXPECT_EQ(k.at(9.01), STOP_QUIET);
	EXPECT_EQ(k.at(9), STOP_FIRED);
	EXPECT_EQ(k.fire.path, STOP_BY_EVENT);
	EXPECT_EQ(k.fire.retry, 0);
	EXPECT_EQ(k.at(8), STOP_QUIET); // once
	Stop gap(100, STOP_PRICE, px(1));

	gap.at(10);
	EXPECT_EQ(gap.at(5), STOP_FIRED); // not waited for
	EXPECT_EQ(gap.fire.watched, px(5));
	// The first price cannot fire, and does not fire at the next second either: a quote does one thing.
	Stop tight(100, STOP_PRICE, px(.001));

	EXPECT_EQ(tight.at(10), STOP_MOVED);
	EXPECT_EQ(tight.s.trigger, px(10));
	stop_quote same = tight.quote(10, 10.02);

	tight.s.seen_ns = same.ts_ns;
	EXPECT_EQ(stop_second(&tight.s, &tight.rule, &tight.ticks, &same, tight.now, &tight.fire), STOP_FIRED);
	Stop again(100, STOP_PRICE, px(.001));
	stop_quote q = again.quote(10, 10.02);

	EXPECT_EQ(stop_event(&again.s, &again.rule, &again.ticks, &q, again.now, &again.fire), STOP_MOVED);
	EXPECT_EQ(stop_second(&again.s, &again.rule, &again.ticks, &q, again.now, &again.fire), STOP_QUIET);
	// With a trigger that was given, it can.
	Stop given(100, STOP_PRICE, px(1), 9.50);
	EXPECT_EQ(given.at(9.50), STOP_FIRED);
}

TEST(stop, only_a_quote_that_can_be_traded_at_counts)
{
	Stop k(100, STOP_PRICE, px(1));
	auto say = [&](stop_quote q) { return stop_event(&k.s, &k.rule, &k.ticks, &q, k.now, &k.fire); };

	k.at(10);
	EXPECT_EQ(say(k.quote(0, 8.50)), STOP_QUIET);    // one-sided
	EXPECT_EQ(say(k.quote(8, 0)), STOP_QUIET);       // one-sided
	EXPECT_EQ(say(k.quote(8.50, 8.50)), STOP_QUIET); // locked
	EXPECT_EQ(say(k.quote(8.50, 8.40)), STOP_QUIET); // crossed
	stop_quote q = k.quote(8, 8.02);

	q.suspect = true;
	EXPECT_EQ(say(q), STOP_QUIET);
	q = k.quote(8, 8.02);
	k.now += NS_PER_S + 1;
	EXPECT_EQ(say(q), STOP_QUIET); // old
	q = k.quote(12, 12.02);
	q.suspect = true;
	EXPECT_EQ(say(q), STOP_QUIET); // nor does it move the mark
	EXPECT_EQ(k.s.hwm, px(10));
	EXPECT_EQ(say(k.quote(8, 8.02)), STOP_FIRED);
}

TEST(stop, the_side_that_is_watched)
{
	Stop l(100, STOP_PRICE, px(1)), s(-100, STOP_PRICE, px(1)), m(100, STOP_PRICE, px(1));

	m.rule.watch = STOP_MID;
	for (Stop *k : { &l, &s, &m }) {
		stop_quote q = k->quote(10, 10.50);

		stop_event(&k->s, &k->rule, &k->ticks, &q, k->now, &k->fire);
	}
	EXPECT_EQ(l.s.hwm, px(10));
	EXPECT_EQ(s.s.hwm, px(10.50));
	EXPECT_EQ(s.s.trigger, px(11.50));
	EXPECT_EQ(m.s.hwm, px(10.25));
	EXPECT_EQ(s.at(11.50), STOP_FIRED);
	EXPECT_EQ(s.fire.side, SIDE_BUY);
	EXPECT_EQ(s.fire.qty, 100);
}

// A print counts while the book is one that can be traded at; what was never printed is no price.
TEST(stop, a_last_print_counts_beside_a_good_quote)
{
	Stop k(100, STOP_PRICE, px(1));
	auto say = [&](int64_t last, double bid, double ask) {
		stop_quote q = k.quote(bid, ask);

		q.last = last;
		return stop_event(&k.s, &k.rule, &k.ticks, &q, k.now, &k.fire);
	};

	k.rule.watch = STOP_LAST;
	EXPECT_EQ(say(PX_NULL, 10, 10.02), STOP_QUIET);
	EXPECT_EQ(say(0, 10, 10.02), STOP_QUIET);
	EXPECT_EQ(k.s.hwm, 0);
	EXPECT_EQ(say(px(10), 10, 10.02), STOP_MOVED);
	EXPECT_EQ(say(PX_NULL, 10, 10.02), STOP_QUIET);
	EXPECT_EQ(say(px(8), 0, 8.02), STOP_QUIET);  // one-sided
	EXPECT_EQ(say(px(8), 10, 9.98), STOP_QUIET); // crossed
	EXPECT_EQ(k.s.trigger, px(9));
	EXPECT_EQ(say(px(8), 8, 8.02), STOP_FIRED);
}

TEST(stop, trails_from_its_activation_on)
{
	Stop k(100, STOP_PRICE, px(1));

	k.rule.activation = k.s.activation = px(11);
	EXPECT_EQ(k.at(10), STOP_QUIET);
	EXPECT_EQ(k.at(5), STOP_QUIET); // nothing to fire by
	EXPECT_EQ(k.at(11), STOP_MOVED);
	EXPECT_EQ(k.s.trigger, px(10));
	EXPECT_EQ(k.at(10), STOP_FIRED);
	// A first trigger protects before, too.
	Stop given(100, STOP_PRICE, px(1), 9);

	given.rule.activation = given.s.activation = px(11);
	EXPECT_EQ(given.at(10), STOP_QUIET);
	EXPECT_EQ(given.at(9), STOP_FIRED);
}

TEST(stop, a_range_is_frozen_or_tightens)
{
	for (bool follow : { false, true }) {
		Stop k(100, STOP_RANGE, 2500); // two and a half ranges

		k.rule.follow = follow;
		EXPECT_EQ(k.at(10), STOP_QUIET); // no range is known yet
		EXPECT_EQ(k.s.hwm, 0);
		stop_range(&k.s, &k.rule, px(.20));
		EXPECT_EQ(k.at(10), STOP_MOVED);
		EXPECT_EQ(k.s.trigger, px(9.50));
		stop_range(&k.s, &k.rule, px(.40)); // never wider
		k.at(10);
		EXPECT_EQ(k.s.trigger, px(9.50));
		stop_range(&k.s, &k.rule, px(.10));
		EXPECT_EQ(k.at(10), follow ? STOP_MOVED : STOP_QUIET);
		EXPECT_EQ(k.s.trigger, follow ? px(9.75) : px(9.50));
	}
}

TEST(stop, belongs_to_its_position)
{
	Stop k(100, STOP_PRICE, px(1));

	k.at(10);
	stop_position(&k.s, &k.rule, 7, 250); // follows the quantity
	EXPECT_EQ(k.at(9), STOP_FIRED);
	EXPECT_EQ(k.fire.qty, 250);
	EXPECT_EQ(k.fire.position_id, 7u);
	stop_position(&k.s, &k.rule, 0, 0);
	EXPECT_EQ(k.at(5), STOP_QUIET); // dead: it does not sell twice
	EXPECT_EQ(k.second(5), STOP_QUIET);
	stop_position(&k.s, &k.rule, 8, -100); // another one starts fresh
	EXPECT_EQ(k.s.trigger, 0);
	EXPECT_EQ(k.at(5), STOP_MOVED);
	EXPECT_EQ(k.s.trigger, px(6));
	stop_position(&k.s, &k.rule, 9, 100); // through zero is another position, too
	EXPECT_EQ(k.s.hwm, 0);
}

TEST(stop, is_restored_as_it_was)
{
	Stop k(100, STOP_PRICE, px(1));

	k.at(10);
	stop saved = k.s;
	Stop back(100, STOP_PRICE, px(1));

	back.s = saved;
	stop_position(&back.s, &back.rule, 7, 100); // the position as it was found again
	back.now = k.now + 3600 * NS_PER_S;
	EXPECT_EQ(back.at(8.70), STOP_FIRED); // against the old trigger, before any mark
}

TEST(stop, the_second_makes_up_for_a_lost_event)
{
	Stop k(100, STOP_PRICE, px(1));

	k.at(10);
	EXPECT_EQ(k.second(8.90), STOP_FIRED);
	EXPECT_EQ(k.fire.path, STOP_BY_SECOND);
}

TEST(stop, an_exit_that_came_to_nothing_is_tried_again)
{
	Stop k(100, STOP_PRICE, px(1));

	k.at(10);
	EXPECT_EQ(k.at(9), STOP_FIRED);
	EXPECT_EQ(k.second(9.50), STOP_QUIET); // it is on its way
	stop_exit_ended(&k.s);
	stop_position(&k.s, &k.rule, 7, 60); // 40 were sold
	EXPECT_EQ(k.second(9.50), STOP_FIRED); // although the price is above the trigger now
	EXPECT_EQ(k.fire.path, STOP_BY_RETRY);
	EXPECT_EQ(k.fire.retry, 1);
	EXPECT_EQ(k.fire.qty, 60);
	EXPECT_FALSE(k.fire.alarm);
	stop_exit_ended(&k.s);
	EXPECT_EQ(k.second(0, 0), STOP_FIRED); // and no quote at all
	EXPECT_TRUE(k.fire.alarm);
	stop_exit_ended(&k.s);
	EXPECT_EQ(k.second(0, 0), STOP_QUIET); // two a second
	EXPECT_EQ(k.second(0), STOP_FIRED);
	EXPECT_EQ(k.fire.retry, 3);
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(k.second(9), STOP_QUIET); // no answer yet
	EXPECT_EQ(k.second(9), STOP_FIRED);         // an answer was lost: the desk knows whether it is open
	EXPECT_EQ(k.fire.retry, 4);
}

TEST(stop, what_was_kept_is_looked_at_before_it_moves)
{
	Stop k(100, STOP_PRICE, px(1));
	stop_quote high = k.quote(20, 20.01), low = k.quote(18.99, 19.01), higher = k.quote(30, 30.01);

	stop_event(&k.s, &k.rule, &k.ticks, &high, k.now, &k.fire);
	ASSERT_EQ(k.s.trigger, px(19));
	for (const stop_quote &first : { low, higher }) {
		stop after{};

		stop_restore(&after, &k.s);
		stop_position(&after, &k.rule, 7, 60); // the same position, of which less is left
		EXPECT_EQ(after.trigger, px(19));
		stop_verdict v = stop_event(&after, &k.rule, &k.ticks, &first, k.now, &k.fire);

		EXPECT_EQ(v, first.bid == low.bid ? STOP_FIRED : STOP_MOVED);
		EXPECT_EQ(after.trigger, first.bid == low.bid ? px(19) : px(29));
	}
	EXPECT_EQ(k.fire.qty, 60);
}

TEST(stop, one_that_had_fired_tries_again_after_a_kill)
{
	Stop k(100, STOP_PRICE, px(1), 19);
	stop_quote low = k.quote(18, 18.01);
	stop after{};

	ASSERT_EQ(stop_event(&k.s, &k.rule, &k.ticks, &low, k.now, &k.fire), STOP_FIRED);
	ASSERT_TRUE(k.s.exit_live);
	stop_restore(&after, &k.s);
	EXPECT_EQ(stop_second(&after, &k.rule, &k.ticks, &low, k.now + 1, &k.fire), STOP_FIRED);
	EXPECT_EQ(k.fire.path, STOP_BY_RETRY);
}

namespace {

struct Kept {
	std::vector<uint8_t> mem;
	stop_log j{};
	uint64_t seq = 0;

	explicit Kept(uint32_t places = 3) : mem(stop_log_bytes(places)) { stop_log_begin(&j, mem.data(), places); }
	Kept(const Kept &) = delete;
	void put(uint64_t symbol, uint64_t position_id, int64_t trigger)
	{
		stop s{};

		s.position_id = position_id, s.trigger = trigger;
		stop_log_put(&j, stop_log_place(&j, symbol), symbol, &s, ++seq);
	}
	int64_t trigger(uint64_t symbol, uint64_t position_id)
	{
		stop s{};

		return stop_log_find(&j, stop_log_place(&j, symbol), symbol, position_id, &s) ? s.trigger : -1;
	}
};

} // namespace

TEST(stop_log, the_last_one_of_a_position_is_found)
{
	Kept k;

	EXPECT_EQ(k.trigger(5, 1), -1);
	k.put(5, 1, 100), k.put(6, 2, 200), k.put(5, 1, 110), k.put(5, 1, 120);
	EXPECT_EQ(k.trigger(5, 1), 120);
	EXPECT_EQ(k.trigger(6, 2), 200);
	EXPECT_EQ(k.trigger(5, 2), -1); // of another position
	EXPECT_EQ(stop_log_begin(&k.j, k.mem.data(), 3), 0u);
	EXPECT_EQ(k.j.seq, 4u);
	EXPECT_EQ(k.trigger(5, 1), 120);
	k.put(7, 3, 300);
	k.put(8, 4, 400); // no place is left
	EXPECT_EQ(k.trigger(8, 4), -1);
	k.put(6, 0, 0); // flat: its place is free
	k.put(8, 4, 400);
	EXPECT_EQ(k.trigger(8, 4), 400);
	EXPECT_EQ(k.trigger(5, 1), 120);
	EXPECT_EQ(k.trigger(6, 2), -1);
}

TEST(stop_log, a_torn_write_leaves_the_one_before)
{
	for (int writes = 1; writes < 4; writes++)
		for (size_t cut = 1; cut < sizeof(stop_log_half); cut++) {
			Kept k;

			for (int i = 1; i <= writes; i++)
				k.put(5, 1, i);
			std::vector<uint8_t> before = k.mem;

			k.put(5, 1, 9);
			int half = ((stop_log_half *)before.data())[1].seq == k.j.place[0][1].seq ? 0 : 1;
			stop_log_half torn = ((stop_log_half *)before.data())[half];

			memcpy((void *)&torn, &k.j.place[0][half], cut);
			k.j.place[0][half] = torn;
			EXPECT_EQ(stop_log_begin(&k.j, k.mem.data(), 3), 0u);
			int64_t found = k.trigger(5, 1);

			ASSERT_TRUE(found == writes || found == 9) << writes << " " << cut;
		}
}

TEST(stop_log, what_is_done_once_more_is_not_written_again)
{
	Kept k;

	for (int i = 1; i < 5; i++)
		k.put(5, 1, i);
	std::vector<uint8_t> whole = k.mem;

	for (uint64_t from = 0; from < 4; from++) {
		k.seq = from;
		for (uint64_t i = from; i < 4; i++)
			k.put(5, 1, 10 + (int64_t)i);
		EXPECT_EQ(k.mem, whole) << from;
	}
	// The last one was cut: it alone is written once more.
	int last = k.j.place[0][0].seq == 4 ? 0 : 1;

	k.j.place[0][last].crc ^= 1;
	k.seq = 2;
	k.put(5, 1, 3), k.put(5, 1, 4);
	EXPECT_EQ(k.mem, whole);
}

TEST(stop_log, a_place_without_a_whole_half_is_counted)
{
	Kept k;

	k.put(5, 1, 1), k.put(5, 1, 2);
	k.j.place[0][0].stop.hwm ^= 1;
	EXPECT_EQ(stop_log_begin(&k.j, k.mem.data(), 3), 0u);
	k.j.place[0][1].stop.hwm ^= 1;
	EXPECT_EQ(stop_log_begin(&k.j, k.mem.data(), 3), 1u);
	EXPECT_EQ(k.trigger(5, 1), -1);
}
