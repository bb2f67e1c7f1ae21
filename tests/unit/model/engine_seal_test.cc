/* SPDX-License-Identifier: BSD-3-Clause */
// When rows are sealed, which rows there are, and what their quality bits say.
#include "tests/unit/engine_kit.h"

using namespace kit;

TEST(seal, due_at_the_position_where_the_clock_passes)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 1.004999999);
	k.run(s);
	EXPECT_FALSE(k.find(SPAN_1S, 0)); // 5 ms of allowance not over yet
	s.clock(0, 1.005);
	k.run(s, s.ev.size() - 1);
	EXPECT_EQ(k.row(SPAN_1S, 0).close, px(10));
	EXPECT_EQ(k.row(SPAN_1S, 0).close_ts, at(1));
	EXPECT_EQ(k.marks.back(), at(1));
}

TEST(seal, message_time_is_the_clock_of_itch)
{
	Script s;
	Engine k;

	s.join(0, NASDAQ);
	s.trade(0, 0, 0.2, 10, 100, EVF_CLOCK);
	s.trade(0, 0, 1.0, 11, 200, EVF_CLOCK); // its own second's print seals the one before
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).close, px(10));
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 100u);
}

TEST(seal, an_instrument_is_sealed_before_its_next_event_without_any_sweep)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.2, 10, 100);
	s.clock(0, 1.5);
	s.trade(0, 0, 1.6, 11, 100);
	k.run(s, 0, SIZE_MAX, 1, 0);
	ASSERT_EQ(k.bars.size(), 1u);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 100u);
}

TEST(seal, spans_are_composed_of_seconds)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	for (int i = 0; i < 300; i++) {
		s.trade(0, 0, i + 0.5, 10 + (i % 7) * 0.01 - (i == 123), 100);
		s.clock(0, i + 1);
	}
	k.run(s);
	EXPECT_EQ(k.bars.size(), 300u + 60 + 20 + 10 + 5 + 1);
	const bar &b = k.row(SPAN_5M, 0);

	EXPECT_EQ(b.open, px(10));
	EXPECT_EQ(b.high, px(10.06));
	EXPECT_EQ(b.low, px(10 + (123 % 7) * 0.01 - 1));
	EXPECT_EQ(b.close, px(10 + (299 % 7) * 0.01));
	EXPECT_EQ(b.volume, 30000u);
	EXPECT_EQ(b.trades, 300u);
	EXPECT_EQ(k.row(SPAN_15S, 120).low, b.low);
	EXPECT_EQ(k.row(SPAN_1S, 299).n_due, SPAN_COUNT);
	EXPECT_FALSE(k.row(SPAN_1S, 299).last_due);
	EXPECT_TRUE(b.last_due);
}

TEST(seal, empty_intervals_give_fill_rows_from_the_first_print_on)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.level(0, 0, 0.1, SIDE_BUY, 9.9, 100);
	s.clock(0, 2);
	s.trade(0, 0, 2.5, 10, 100);
	s.clock(0, 5);
	k.run(s);
	EXPECT_FALSE(k.find(SPAN_1S, 0)); // before the first print: no rows
	EXPECT_FALSE(k.find(SPAN_1S, 1));
	EXPECT_EQ(k.row(SPAN_1S, 2).flags, 0u);
	const bar &fill = k.row(SPAN_1S, 3);

	EXPECT_EQ(fill.flags, (uint64_t)BAR_FILL);
	EXPECT_EQ(fill.open, PX_NULL);
	EXPECT_EQ(fill.close, PX_NULL);
	EXPECT_EQ(fill.close_filled, px(10));
	EXPECT_TRUE(std::isnan(fill.vwap));
	EXPECT_EQ(fill.volume, 0u);
	EXPECT_EQ(fill.delta_price, 0);
	EXPECT_EQ(k.row(SPAN_5S, 0).close, px(10));
}

TEST(seal, no_rows_outside_sessions)
{
	Script s = Script::of({ NASDAQ });
	Engine k;
	double close = 10 * 3600; // 20:00

	s.trade(0, 0, close - 2.5, 10, 100);
	s.clock(0, close + 100);
	s.trade(0, 0, close + 400.5, 11, 100); // after hours: counted, no more
	s.clock(0, close + 9 * 3600);	       // 05:00 of the next day
	k.run(s);
	EXPECT_TRUE(k.find(SPAN_1S, close - 1));
	EXPECT_FALSE(k.find(SPAN_1S, close));
	EXPECT_FALSE(k.find(SPAN_1S, close + 400));
	EXPECT_EQ(k.count(LEDGER_prints_outside_sessions), 1u);
	EXPECT_FALSE(k.find(SPAN_1S, close + 8 * 3600 - 1));
	EXPECT_FALSE(k.find(SPAN_1S, close + 8 * 3600)); // 04:00: no rows before its first print of the day
}

TEST(seal, a_weekend_of_25_hours_passes)
{
	Engine k; // 2026-11-01: clocks go back; the sweep crosses 23:00 and midnight of it
	double sunday = (20758 - 20522) * 86400.0 - 3600; // 08:00
	Script s;

	s.join(0, NASDAQ, sunday);
	s.clock(0, sunday);
	s.trade(0, 0, sunday + 0.5, 10, 100);
	for (int hour = 0; hour <= 30; hour++)
		s.clock(0, sunday + hour * 3600.0 + 1);
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, sunday).close, px(10));
}

TEST(seal, channels_hold_up_the_consolidated_bar)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.trade(0, 0, 0.3, 10, 100);
	s.trade(1, 0, 0.4, 11, 200);
	s.clock(0, 1.5);
	k.run(s);
	EXPECT_FALSE(k.find(SPAN_1S, 0));
	s.clock(1, 1.1);
	k.run(s, s.ev.size() - 1);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 300u);
	EXPECT_EQ(k.row(SPAN_1S, 0).close, px(11));
}

TEST(seal, open_and_close_between_channels_by_time_then_rank)
{
	// Wire order is IEX first; at one and the same time the lower rank, Nasdaq, is the earlier.
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.trade(1, 0, 0.3, 20, 100);
	s.trade(0, 0, 0.3, 10, 100);
	s.trade(1, 0, 0.8, 21, 100);
	s.trade(0, 0, 0.8, 11, 100);
	s.trade(0, 1, 0.2, 5, 100);
	s.trade(1, 1, 0.1, 6, 100);
	s.trade(1, 1, 0.3, 7, 100);
	s.trade(0, 1, 0.4, 8, 100);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).open, px(10));
	EXPECT_EQ(k.row(SPAN_1S, 0).close, px(21));
	EXPECT_EQ(k.row(SPAN_1S, 0, 1).open, px(6));
	EXPECT_EQ(k.row(SPAN_1S, 0, 1).close, px(8));
	EXPECT_EQ(k.row(SPAN_5M, 0, 1).open, px(6));
}

TEST(seal, open_and_close_within_a_channel_by_wire_order)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.trade(0, 0, 0.2, 11, 100);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).open, px(10));
	EXPECT_EQ(k.row(SPAN_1S, 0).close, px(11));
}

TEST(seal, a_silent_channel_leaves_the_set_and_returns)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.trade(0, 0, 0.3, 10, 100);
	s.trade(1, 0, 0.4, 11, 100);
	s.clock(1, 0.5);
	s.clock(0, 3.4);
	k.run(s);
	EXPECT_TRUE(k.bars.empty()); // IEX last spoke 2.9 s ago
	size_t n = s.ev.size();
	s.clock(0, 3.6);
	s.clock(0, 4.0);
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_1S, 0).flags, (uint64_t)BAR_STALE);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 200u);
	EXPECT_EQ(k.row(SPAN_1S, 3).flags, (uint64_t)(BAR_STALE | BAR_FILL));
	n = s.ev.size();
	s.clock(1, 4.2);
	s.trade(1, 0, 4.1, 12, 100);
	s.clock(0, 6);
	k.run(s, n);
	EXPECT_FALSE(k.find(SPAN_1S, 4)); // it holds up again
	n = s.ev.size();
	s.clock(1, 5.1);
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_1S, 4).flags, 0u);
	EXPECT_EQ(k.count(LEDGER_bars_stale), 1u); // of rows with news
}

TEST(seal, rows_due_before_a_channel_returns_stay_stale_whatever_the_budget)
{
	Script s = Script::of({ NASDAQ, IEX });

	s.trade(0, 0, 0.3, 10, 100);
	s.trade(1, 0, 0.4, 11, 100);
	s.clock(0, 3.9);
	s.clock(0, 4.5);
	s.clock(1, 4.6);
	s.clock(0, 4.7);
	for (unsigned budget : { 0u, 1u, 1000u }) {
		Engine k;

		k.run(s, 0, SIZE_MAX, 100, budget);
		k.drain();
		EXPECT_EQ(k.row(SPAN_1S, 1).flags, (uint64_t)(BAR_STALE | BAR_FILL)) << budget;
	}
}

TEST(seal, gap_flags_the_touched_bars_only)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	for (double t = 1; t < 3; t++)
		s.clock(0, t + 0.9);
	s.gap(0, 2.95);
	s.clock(0, 4.1); // lost between 2.9 and 4.1
	for (double t = 5; t < 12; t++)
		s.clock(0, t);
	k.run(s);
	auto gap = [&](double t) { return bool(k.row(SPAN_1S, t).flags & BAR_GAP); };

	EXPECT_FALSE(gap(0));
	EXPECT_FALSE(gap(1));
	EXPECT_TRUE(gap(2));
	EXPECT_TRUE(gap(3));
	EXPECT_TRUE(gap(4));
	EXPECT_FALSE(gap(5));
	EXPECT_TRUE(k.row(SPAN_5S, 0).flags & BAR_GAP);
	EXPECT_FALSE(k.row(SPAN_5S, 5).flags & BAR_GAP);
	EXPECT_FALSE(k.row(SPAN_1S, 1).flags & BAR_BOOK_SUSPECT);
	EXPECT_TRUE(k.row(SPAN_1S, 5).flags & BAR_BOOK_SUSPECT); // nothing has told the book since
	EXPECT_EQ(k.row(SPAN_1S, 3).flags, (uint64_t)(BAR_FILL | BAR_GAP | BAR_BOOK_SUSPECT));
}

TEST(seal, reset_clears_books_and_suspicion)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.order(EV_ADD, 0, 0, 0.1, 1, SIDE_BUY, 9.9, 100);
	s.trade(0, 0, 0.5, 10, 100);
	s.gap(0, 0.6);
	s.clock(0, 1);
	s.reset(0, 1.5);
	s.order(EV_DELETE, 0, 0, 1.6, 1); // of the old session: not known any more
	s.order(EV_ADD, 0, 0, 1.7, 1, SIDE_BUY, 9.8, 300);
	s.clock(0, 3);
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).bid, px(9.9));
	EXPECT_EQ(k.count(LEDGER_unknown_orders), 1u);
	EXPECT_EQ(k.row(SPAN_1S, 2).bid, px(9.8));
	EXPECT_EQ(k.row(SPAN_1S, 2).bid_size, 300u);
	EXPECT_EQ(k.row(SPAN_1S, 2).close_filled, px(10)); // bars go on
	EXPECT_EQ(k.count(LEDGER_duplicate_orders), 0u);
}

TEST(seal, a_reset_does_not_reach_back_into_rows_that_are_due)
{
	Script s = Script::of({ NASDAQ });

	for (uint32_t i = 0; i < 3; i++) {
		s.level(0, i, 0.1, SIDE_BUY, 9, 100);
		s.trade(0, i, 0.2, 10, 100);
	}
	s.clock(0, 1.1);
	s.reset(0, 1.2);
	s.gap(0, 1.3);
	s.clock(0, 2);
	for (unsigned budget : { 0u, 1u }) {
		Engine k;

		k.run(s, 0, SIZE_MAX, 100, budget);
		for (uint32_t i = 0; i < 3; i++) {
			EXPECT_EQ(k.row(SPAN_1S, 0, i).bid, px(9));
			EXPECT_EQ(k.row(SPAN_1S, 0, i).flags, 0u);
		}
	}
}

TEST(seal, midstream_join_is_partial_first_and_suspect)
{
	Script s;
	Engine k;

	s.join(0, NASDAQ, 0.2, true);
	s.clock(0, 0.3);
	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 2);
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).flags, (uint64_t)(BAR_PARTIAL_FIRST | BAR_BOOK_SUSPECT));
	EXPECT_EQ(k.row(SPAN_1S, 1).flags, (uint64_t)(BAR_FILL | BAR_BOOK_SUSPECT));
}

TEST(seal, the_end_of_the_data_is_partial_last)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 1.2);
	s.trade(0, 0, 1.4, 11, 100);
	s.clock(0, 1.5);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).flags, 0u);
	EXPECT_EQ(k.row(SPAN_1S, 1).flags, (uint64_t)BAR_PARTIAL_LAST);
	for (int span = SPAN_5S; span < SPAN_COUNT; span++) {
		EXPECT_EQ(k.row((bar_span)span, 0).flags, (uint64_t)BAR_PARTIAL_LAST);
		EXPECT_EQ(k.row((bar_span)span, 0).volume, 200u);
	}
	EXPECT_EQ(k.marks.back(), UINT64_MAX);
}

TEST(seal, a_session_ends_and_another_starts)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 1.5);
	s.end(0, 1.5);
	k.run(s);
	EXPECT_FALSE(k.find(SPAN_1S, 1)); // the next session may begin in it
	size_t n = s.ev.size();
	s.reset(0, 600);
	s.clock(0, 600);
	s.trade(0, 0, 601.5, 12, 300);
	s.clock(0, 605);
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_5M, 0).volume, 100u);
	EXPECT_EQ(k.row(SPAN_1S, 601).volume, 300u);
	EXPECT_EQ(k.row(SPAN_5S, 600).close, px(12));
	k.drain();
	EXPECT_EQ(k.row(SPAN_5M, 600).volume, 300u);
}

TEST(seal, halted_by_market_or_venue_within_the_interval)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 1.001);
	s.status(0, 0, 1.002, STATUS_HALTED); // the second before is not sealed yet, and was not halted
	s.clock(0, 4);
	s.status(0, 0, 4.1, STATUS_TRADING);
	s.clock(0, 6.5);
	s.status(0, 0, 6.6, STATUS_HALTED, true);
	s.status(0, 0, 6.7, STATUS_TRADING, true);
	s.clock(0, 9);
	k.run(s);
	const bool want[] = { false, true, true, true, true, false, true, false };

	for (int t = 0; t < 8; t++)
		EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_HALTED), want[t]) << t;
	EXPECT_TRUE(k.row(SPAN_5S, 0).flags & BAR_HALTED);
	EXPECT_EQ(k.row(SPAN_1S, 2).flags, (uint64_t)(BAR_HALTED | BAR_FILL));
}

// Quotation only, and orders only (IEX): the halt's last phase. Trading begins with its own status.
TEST(seal, quotation_only_is_halted_until_trading_resumes)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 1.001);
	s.status(0, 0, 1.002, STATUS_PAUSED);
	s.clock(0, 2.5);
	s.status(0, 0, 2.6, STATUS_QUOTE_ONLY);
	s.quote(0, 0, 3.5, 9, 100, 11, 100);
	s.clock(0, 5.5);
	s.trade(0, 0, 5.6, 10, 5000, EVF_AUCTION).kind = EV_CROSS;
	s.status(0, 0, 5.7, STATUS_TRADING);
	s.clock(0, 8);
	k.run(s);
	for (int t = 0; t < 7; t++)
		EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_HALTED), t >= 1 && t <= 5) << t;
	EXPECT_EQ(k.count(LEDGER_halts), 1u);
}

TEST(seal, rows_of_a_test_issue_say_so)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.put(EV_DIRECTORY, 0, 0, 0.1).flags = EVF_TEST;
	s.put(EV_DIRECTORY, 0, 1, 0.1);
	for (uint32_t instr : { 0u, 1u })
		s.trade(0, instr, 0.5, 10, 100);
	s.trade(1, 0, 1.5, 10, 100);
	s.clock(0, 4.1);
	s.clock(1, 4.1);
	s.put(EV_DIRECTORY, 1, 1, 4.2).flags = EVF_TEST; // one venue's word is enough, from where it is said
	s.clock(0, 6.1);
	s.clock(1, 6.1);
	s.put(EV_DIRECTORY, 0, 0, 6.2); // taken back
	k.all(s);
	for (int t = 0; t < 6; t++) {
		EXPECT_EQ(bool(k.row(SPAN_1S, t).flags & BAR_TEST), true) << t;
		EXPECT_EQ(bool(k.row(SPAN_1S, t, 1).flags & BAR_TEST), t >= 4) << t;
	}
	EXPECT_FALSE(k.row(SPAN_1S, 6).flags & BAR_TEST);
	EXPECT_TRUE(k.row(SPAN_5S, 0).flags & BAR_TEST);
}

TEST(seal, timer_seals_what_a_silent_channel_holds_up)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	k.run(s);
	engine_timer(&k.e, at(1.9)); // 1 s of grace
	engine_seal(&k.e, 100);
	EXPECT_TRUE(k.bars.empty());
	engine_timer(&k.e, at(2.0));
	engine_seal(&k.e, 100);
	EXPECT_EQ(k.row(SPAN_1S, 0).flags, (uint64_t)BAR_SEALED_BY_TIMER);
	EXPECT_EQ(k.count(LEDGER_bars_by_timer), 1u);
}

TEST(seal, a_budget_moves_rows_not_their_content)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	for (uint32_t i = 0; i < 20; i++)
		s.trade(0, i, 0.5, 10 + i, 100);
	s.clock(0, 1);
	k.run(s, 0, SIZE_MAX, 100, 0);
	EXPECT_EQ(engine_watch(&k.e, 17, true), 0);
	EXPECT_EQ(engine_seal(&k.e, 3), 3u);
	ASSERT_EQ(k.bars.size(), 2u);	 // and the watched one's history
	EXPECT_EQ(k.bars[0].instr, 17u); // watched first
	EXPECT_TRUE(k.marks.empty());	 // not all of that second are given
	while (engine_seal(&k.e, 3))
		;
	EXPECT_EQ(k.bars.size(), 20u);
	EXPECT_EQ(k.marks.back(), at(1));
	EXPECT_EQ(engine_watch(&k.e, 17, false), 0);
	EXPECT_EQ(k.e.n_watch, 0u);
}

// The pass looks ahead for whom it visits next: each of them, once, in the order of their numbers, however it is cut.
TEST(seal, who_has_news_is_visited_once)
{
	engine_conf conf = Engine::conf();
	const std::vector<uint32_t> wakes = { 0, 5, 63, 64, 70, 71, 72, 73, 74, 75, 76, 77, 99 };

	conf.instruments = 100, conf.fill = false;
	for (unsigned budget : { 1u, 2u, 7u, 1000u }) {
		Engine k(conf);
		Script s = Script::of({ NASDAQ });
		std::vector<uint32_t> got;

		for (uint32_t i = 0; i < 100; i++)
			s.trade(0, i, 0.5, 10, 100);
		s.clock(0, 1), s.clock(0, 2), s.clock(0, 3);
		k.run(s);
		for (uint32_t i : wakes)
			s.trade(0, i, 3.5, 10, 100);
		s.clock(0, 4);
		k.bars.clear();
		k.run(s, 103, SIZE_MAX, 1, 0);
		while (engine_seal(&k.e, budget))
			;
		for (const bar &b : k.bars)
			got.push_back(b.instr);
		EXPECT_EQ(got, wakes) << "budget " << budget;
	}
}

TEST(seal, watched_instruments_come_before_the_event_that_makes_them_due)
{
	Script s = Script::of({ NASDAQ });
	Engine watching, plain;

	for (uint32_t i = 0; i < 8; i++)
		s.trade(0, i, 0.1 + i * 0.1, 10 + i, 100);
	s.trade(0, 0, 1.5, 11, 100, EVF_CLOCK); // instrument 0's own second is due by this, too
	EXPECT_EQ(engine_watch(&watching.e, 5, true), 0);
	EXPECT_EQ(engine_watch(&watching.e, 3, true), 0);
	watching.run(s, 0, SIZE_MAX, s.ev.size(), 0);
	plain.run(s, 0, SIZE_MAX, s.ev.size(), 0);
	ASSERT_EQ(watching.bars.size(), 3u);
	EXPECT_EQ(watching.bars[0].instr, 5u);
	EXPECT_EQ(watching.bars[1].instr, 3u);
	EXPECT_EQ(watching.bars[2].instr, 0u);
	ASSERT_EQ(plain.bars.size(), 1u);
	EXPECT_TRUE(watching.marks.empty());
	// Sooner, but the same rows.
	engine_seal(&watching.e, 1000);
	engine_seal(&plain.e, 1000);
	ASSERT_EQ(plain.bars.size(), 8u);
	ASSERT_EQ(watching.bars.size(), 8u);
	auto by_instr = [](const bar &a, const bar &b) { return a.instr < b.instr; };
	std::sort(plain.bars.begin(), plain.bars.end(), by_instr);
	std::sort(watching.bars.begin(), watching.bars.end(), by_instr);
	for (size_t i = 0; i < 8; i++)
		EXPECT_EQ(memcmp(&plain.bars[i], &watching.bars[i], sizeof(bar)), 0) << i;
}
