/* SPDX-License-Identifier: BSD-3-Clause */
// What a print does: eligibility, aggressor, sweeps, late prints, breaks.
#include "tests/unit/engine_kit.h"

using namespace kit;

TEST(print, eligibility_follows_the_flags)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.1, 10, 100);
	s.trade(0, 0, 0.2, 99, 7, EVF_ODD_LOT);
	s.trade(0, 0, 0.3, 98, 200, EVF_EXT_HOURS); // in regular hours: volume only
	s.trade(0, 0, 0.4, 97, 300, EVF_VOLUME_ONLY);
	s.trade(0, 0, 0.5, 12, 400, EVF_HL_ONLY);
	s.trade(0, 0, 0.6, 55, 500, EVF_NONPRINT);
	s.trade(0, 0, 0.7, 55, 0);
	s.trade(0, 0, 0.75, 0, 600);
	s.trade(0, 0, 0.8, 11, 100);
	k.all(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.open, px(10));
	EXPECT_EQ(b.high, px(12));
	EXPECT_EQ(b.low, px(10));
	EXPECT_EQ(b.close, px(11));
	EXPECT_EQ(b.volume, 100u + 7 + 200 + 300 + 400 + 100);
	EXPECT_EQ(b.trades, 6u);
	EXPECT_DOUBLE_EQ(b.vwap, 10.5);
	EXPECT_EQ(b.odd_lot_volume, 7u);
	EXPECT_EQ(k.count(LEDGER_prints), 9u);
	EXPECT_EQ(k.count(LEDGER_prints_full), 2u);
	EXPECT_EQ(k.count(LEDGER_prints_volume_only), 3u);
	EXPECT_EQ(k.count(LEDGER_prints_hl_only), 1u);
	EXPECT_EQ(k.count(LEDGER_prints_nonprintable), 1u);
	EXPECT_EQ(k.count(LEDGER_prints_zero), 2u);
	ledger_identity identities[LEDGER_IDENTITIES];
	EXPECT_TRUE(ledger_check(&k.counts, identities));
}

TEST(print, extended_hours_count_fully_outside_regular_hours)
{
	Script s = Script::of({ IEX });
	Engine k;
	double pre = -5400; // 08:30

	s.ev[1].ts_ns = at(pre);
	s.trade(0, 0, pre + 0.5, 10, 100, EVF_EXT_HOURS);
	s.trade(0, 0, -1800.5, 11, 100, EVF_EXT_HOURS); // 09:29:59.5
	s.trade(0, 0, -1800, 12, 100, EVF_EXT_HOURS);	// 09:30
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, pre).close, px(10));
	EXPECT_EQ(k.row(SPAN_1S, -1801).close, px(11));
	EXPECT_EQ(k.row(SPAN_1S, -1800).close, PX_NULL);
	EXPECT_EQ(k.row(SPAN_1S, -1800).volume, 100u);
}

TEST(print, a_bar_of_volume_only_prints_has_no_prices)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.trade(0, 0, 1.5, 99, 7, EVF_ODD_LOT);
	s.trade(0, 1, 1.5, 99, 7, EVF_ODD_LOT);
	k.all(s);
	const bar &b = k.row(SPAN_1S, 1), &first = k.row(SPAN_1S, 1, 1);

	EXPECT_EQ(b.open, PX_NULL);
	EXPECT_EQ(b.high, PX_NULL);
	EXPECT_TRUE(std::isnan(b.vwap));
	EXPECT_EQ(b.close_filled, px(10));
	EXPECT_EQ(b.volume, 7u);
	EXPECT_FALSE(b.flags & BAR_FILL);
	EXPECT_EQ(first.close_filled, PX_NULL);
	EXPECT_TRUE(std::isnan(first.ema9));
	EXPECT_EQ(first.warm_count, 0u);
}

TEST(print, crosses_count_but_are_unsigned)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.quote(0, 0, 0.1, 9.9, 100, 10.1, 100);
	s.trade(0, 0, 0.5, 10.1, 5000, EVF_AUCTION).kind = EV_CROSS;
	k.all(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.close, px(10.1));
	EXPECT_EQ(b.auction_volume, 5000u);
	EXPECT_EQ(b.unsigned_volume, 5000u);
	EXPECT_TRUE(b.flags & BAR_AUCTION);
	EXPECT_EQ(b.directional_pressure, 0);
}

TEST(print, auction_goes_from_an_open_bar_with_its_only_cross)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.trade(0, 0, 0.2, 10, 5000, EVF_AUCTION, 77).kind = EV_CROSS;
	s.trade(0, 0, 0.3, 10.1, 100);
	s.trade(0, 1, 0.4, 10, 300, EVF_AUCTION, 78).kind = EV_CROSS;
	s.trade(1, 1, 0.4, 10, 300, EVF_AUCTION, 79).kind = EV_CROSS; // another venue's stays
	s.clock(0, 2.1);
	s.clock(1, 2.1);
	s.brk(0, 2.2, 77);
	s.brk(0, 2.2, 78);
	s.trade(0, 0, 6.2, 10, 400, EVF_AUCTION, 80).kind = EV_CROSS; // in a second that is open yet
	s.brk(0, 6.3, 80);
	s.clock(0, 31);
	s.clock(1, 31);
	k.run(s);
	EXPECT_TRUE(k.row(SPAN_1S, 0).flags & BAR_AUCTION); // sealed before: amended by a REVISION
	for (bar_span span : { SPAN_5S, SPAN_15S, SPAN_30S }) {
		EXPECT_FALSE(k.row(span, 0).flags & BAR_AUCTION) << span;
		EXPECT_EQ(k.row(span, 0).auction_volume, 0u);
		EXPECT_EQ(k.row(span, 0).trades, 1u);
		EXPECT_TRUE(k.row(span, 0, 1).flags & BAR_AUCTION) << span;
		EXPECT_EQ(k.row(span, 0, 1).auction_volume, 300u);
	}
	EXPECT_FALSE(k.row(SPAN_1S, 6).flags & BAR_AUCTION);
	EXPECT_TRUE(k.row(SPAN_1S, 6).flags & BAR_FILL);
}

TEST(print, executions_take_price_and_aggressor_from_the_resting_order)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.order(EV_ADD, 0, 0, 0.1, 1, SIDE_BUY, 9.9, 300);
	s.order(EV_ADD, 0, 0, 0.1, 2, SIDE_SELL, 10.1, 300);
	s.order(EV_EXEC, 0, 0, 0.2, 1, 0, 0, 100);	       // a buyer rested: sold into
	s.order(EV_EXEC_PX, 0, 0, 0.3, 2, 0, 10.05, 200);      // with a price of its own
	s.order(EV_EXEC_PX, 0, 0, 0.35, 2, 0, 77, 50).flags = EVF_NONPRINT; // the book only
	s.order(EV_EXEC, 0, 0, 0.4, 99, 0, 0, 100);	       // never seen
	k.all(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.open, px(9.9));
	EXPECT_EQ(b.close, px(10.05));
	EXPECT_EQ(b.sell_volume, 100u);
	EXPECT_EQ(b.buy_volume, 200u);
	EXPECT_EQ(b.delta, 100);
	EXPECT_DOUBLE_EQ(b.directional_pressure, 100.0 / 300);
	EXPECT_EQ(b.sign_exact, 1);
	EXPECT_EQ(b.bid_size, 200u);
	EXPECT_EQ(b.ask_size, 50u);
	EXPECT_TRUE(b.flags & BAR_BOOK_SUSPECT);
	EXPECT_EQ(k.count(LEDGER_exec_unknown_order), 1u);
	EXPECT_EQ(k.count(LEDGER_prints_unknown_order), 1u);
}

TEST(print, quote_rule_then_tick_test)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.1, 10, 1);   // no quote, no price before: unsigned
	s.trade(0, 0, 0.2, 10, 2);   // zero tick, nothing to carry
	s.trade(0, 0, 0.3, 10.01, 4);// uptick
	s.trade(0, 0, 0.4, 10.01, 8);// zero tick carries
	s.quote(0, 0, 0.5, 10, 100, 10.1, 100);
	s.trade(0, 0, 0.6, 10.04, 16);// below the middle: sold
	s.trade(0, 0, 0.7, 10.05, 32);// at the middle: uptick
	s.trade(0, 0, 0.8, 10.09, 64);// above: bought
	s.trade(0, 0, 0.9, 10.05, 128);// at the middle: downtick
	k.all(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.unsigned_volume, 1u + 2);
	EXPECT_EQ(b.buy_volume, 4u + 8 + 32 + 64);
	EXPECT_EQ(b.sell_volume, 16u + 128);
	EXPECT_EQ(b.sign_exact, 0);
	EXPECT_DOUBLE_EQ(b.sign_inferred, 252.0 / 255);
}

TEST(print, several_prints_of_one_nanosecond_use_the_touch_before_the_first)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.quote(0, 0, 0.1, 10, 100, 10.1, 100);
	s.trade(0, 0, 0.5, 10.1, 100);
	s.quote(0, 0, 0.5, 10.1, 100, 10.3, 100);
	s.trade(0, 0, 0.5, 10.12, 100); // against 10 x 10.1: bought; against 10.1 x 10.3 it were sold
	s.trade(0, 0, 0.6, 10.12, 100);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).buy_volume, 200u);
	EXPECT_EQ(k.row(SPAN_1S, 0).sell_volume, 100u);
}

TEST(print, the_tick_test_starts_anew_with_each_session)
{
	Script s = Script::of({ IEX });
	Engine k;
	double post = 6 * 3600; // 16:00

	s.trade(0, 0, 0.1, 10, 100);
	s.trade(0, 0, 0.2, 11, 100);
	s.trade(0, 0, post + 0.1, 12, 100);
	s.trade(0, 0, post + 0.2, 12, 100);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).buy_volume, 100u);
	EXPECT_EQ(k.row(SPAN_1S, post).unsigned_volume, 200u);
	// and so do the running columns
	EXPECT_EQ(k.row(SPAN_1S, post - 1).cvd, 100);
	EXPECT_EQ(k.row(SPAN_1S, post).cvd, 0);
	EXPECT_DOUBLE_EQ(k.row(SPAN_1S, post - 1).vwap_session, 10.5);
	EXPECT_DOUBLE_EQ(k.row(SPAN_1S, post).vwap_session, 12);
	EXPECT_EQ(k.row(SPAN_1S, post).warm_count, (uint64_t)post + 1); // EMAs go on
}

TEST(print, prints_outside_the_touch_are_trade_throughs)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.quote(0, 0, 0.1, 10, 100, 10.1, 100);
	s.trade(0, 0, 0.2, 10.1, 100);
	s.trade(0, 0, 0.3, 10.11, 100);
	s.trade(0, 0, 0.4, 9.99, 100);
	s.trade(0, 0, 0.5, 9.99, 100, EVF_TT_EXEMPT);
	s.trade(0, 0, 0.6, 9.99, 100, EVF_AUCTION);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).trade_throughs, 2u);
}

TEST(print, sweeps_are_chains_of_one_side_over_levels)
{
	Script s = Script::of({ NASDAQ });
	Engine k;
	const double prices[] = { 10, 10.01, 10.01, 10.02, 10.03 };

	for (int i = 0; i < 5; i++)
		s.trade(0, 0, 0.1 + i * 0.004, prices[i], 100).side = SIDE_BUY;
	s.trade(0, 0, 0.2, 10.04, 100).side = SIDE_BUY; // too late for the chain
	s.trade(0, 0, 0.201, 10.05, 100).side = SIDE_BUY;
	s.trade(0, 0, 0.202, 10.04, 100).side = SIDE_BUY; // not monotone
	s.trade(0, 0, 0.203, 10.05, 100).side = SIDE_BUY;
	s.trade(0, 1, 0.3, 9, 10).side = SIDE_SELL;
	s.trade(0, 1, 0.3, 8.99, 10).side = SIDE_SELL;
	s.trade(0, 1, 0.3, 8.98, 10).side = SIDE_SELL;
	k.all(s);
	ASSERT_EQ(k.sweeps.size(), 2u);
	EXPECT_EQ(k.sweeps[0].side, SIDE_BUY);
	EXPECT_EQ(k.sweeps[0].levels, 3u); // told when it qualifies
	EXPECT_EQ(k.sweeps[0].shares, 400u);
	EXPECT_EQ(k.sweeps[0].first_price, px(10));
	EXPECT_EQ(k.sweeps[0].last_price, px(10.02));
	EXPECT_EQ(k.sweeps[0].from_ns, at(0.1));
	const bar &b = k.row(SPAN_1S, 0), &sold = k.row(SPAN_1S, 0, 1);

	EXPECT_EQ(b.sweeps, 1u);
	EXPECT_EQ(b.sweep_volume, 500); // with what followed in the chain
	EXPECT_DOUBLE_EQ(b.sweep_momentum, 100 * (10 + 10.01 + 10.01 + 10.02 + 10.03));
	EXPECT_EQ(sold.sweep_volume, -30);
	EXPECT_EQ(k.count(LEDGER_sweeps), 2u);
}

// Gates may ask for more than what qualifies: each element says what the one before it had.
TEST(print, a_sweep_is_handed_on_as_it_grows_where_that_is_wanted)
{
	Script s = Script::of({ NASDAQ });
	engine_conf c = Engine::conf();

	c.sweep_grow = true;
	Engine k(c);
	const double prices[] = { 10, 10.01, 10.02, 10.02, 10.03 };

	for (int i = 0; i < 5; i++)
		s.trade(0, 0, 0.1 + i * 0.004, prices[i], 100).side = SIDE_BUY;
	k.all(s);
	ASSERT_EQ(k.sweeps.size(), 3u);
	const unsigned want[][4] = { { 3, 300, 0, 0 }, { 3, 400, 3, 300 }, { 4, 500, 3, 400 } };

	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(k.sweeps[i].levels, want[i][0]);
		EXPECT_EQ(k.sweeps[i].shares, want[i][1]);
		EXPECT_EQ(k.sweeps[i].levels_before, want[i][2]);
		EXPECT_EQ(k.sweeps[i].shares_before, want[i][3]);
	}
	EXPECT_EQ(k.sweeps[2].to_ns, at(0.116));
	EXPECT_EQ(k.row(SPAN_1S, 0).sweeps, 1u);
	EXPECT_EQ(k.count(LEDGER_sweeps), 1u);
}

TEST(print, a_late_print_revises_what_is_sealed_and_enters_what_is_open)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.clock(0, 7);
	s.trade(0, 0, 0.7, 12, 50, 0, 4711);
	s.trade(0, 0, 0.6, 9, 30);
	k.run(s);
	ASSERT_EQ(k.revisions.size(), 4u); // each: 1s and 5s
	const revision &r = k.revisions[0];

	EXPECT_EQ(r.span, SPAN_1S);
	EXPECT_EQ(r.open_ts, at(0));
	EXPECT_EQ(r.key, 4711u);
	EXPECT_EQ(r.number, 1u);
	EXPECT_EQ(r.cause, REVISION_LATE);
	EXPECT_EQ(r.flags, (uint32_t)(BAR_LATE_SEEN | BAR_REVISED));
	EXPECT_TRUE(r.whole);
	EXPECT_EQ(r.before.close, px(10));
	EXPECT_EQ(r.before.volume, 100u);
	EXPECT_EQ(r.after.close, px(12)); // by wire order
	EXPECT_EQ(r.after.high, px(12));
	EXPECT_EQ(r.after.volume, 150u);
	EXPECT_EQ(r.after.trades, 2u);
	EXPECT_DOUBLE_EQ(r.after.vwap, 1600.0 / 150);
	EXPECT_EQ(k.revisions[1].span, SPAN_5S);
	EXPECT_EQ(k.revisions[2].number, 2u);
	EXPECT_EQ(k.revisions[2].before.volume, 150u);
	EXPECT_EQ(k.revisions[2].after.low, px(9));
	k.drain();
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 100u); // never rewritten
	EXPECT_EQ(k.row(SPAN_5S, 0).volume, 100u);
	EXPECT_EQ(k.row(SPAN_15S, 0).volume, 180u);
	EXPECT_EQ(k.row(SPAN_5M, 0).high, px(12));
	EXPECT_EQ(k.row(SPAN_5M, 0).low, px(9));
	EXPECT_EQ(k.count(LEDGER_late_prints), 2u);
	EXPECT_EQ(k.count(LEDGER_late_volume), 80u);
}

TEST(print, an_allowance_takes_what_comes_behind_the_second)
{
	engine_conf conf = Engine::conf();
	conf.pace[IEX].lateness_ns = 2 * NS_PER_S;
	Script s = Script::of({ IEX });
	Engine k(conf);

	s.quote(0, 0, 0.1, 9, 100, 11, 100);
	s.trade(0, 0, 0.5, 10, 100);
	s.quote(0, 0, 1.5, 9.5, 100, 11, 100);
	s.clock(0, 2.8);
	s.trade(0, 0, 0.7, 12, 50); // 2.1 s old, and in time
	s.clock(0, 3);
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 150u);
	EXPECT_EQ(k.row(SPAN_1S, 0).bid, px(9)); // sampled before the first event past its end
	EXPECT_EQ(k.count(LEDGER_late_prints), 0u);
}

TEST(print, late_prints_that_wait_for_another_venue)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.trade(1, 0, 0.6, 11, 100);
	s.clock(1, 1.1); // due for IEX, not for Nasdaq
	s.trade(1, 0, 0.7, 12, 50);
	s.trade(1, 0, 0.8, 13, 25);
	s.trade(1, 0, 0.9, 14, 5, 0, 77);
	s.brk(1, 1.2, 77); // broken before it was ever applied
	k.run(s);
	EXPECT_TRUE(k.revisions.empty());
	EXPECT_EQ(k.count(LEDGER_late_prints), 3u);
	size_t n = s.ev.size();
	s.clock(0, 1);
	s.clock(0, 2);
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 200u);
	EXPECT_EQ(k.row(SPAN_1S, 0).close, px(11));
	ASSERT_EQ(k.revisions.size(), 2u);
	EXPECT_EQ(k.revisions[0].before.volume, 200u);
	EXPECT_EQ(k.revisions[0].after.volume, 250u);
	EXPECT_EQ(k.revisions[1].before.volume, 250u);
	EXPECT_EQ(k.revisions[1].after.volume, 275u);
	k.drain();
	EXPECT_EQ(k.row(SPAN_5S, 0).volume, 275u);
	EXPECT_EQ(k.row(SPAN_5S, 0).close, px(13));
}

// The instrument is known by a print of another venue, which is newer than spans that are still open.
TEST(print, a_late_print_before_the_first_has_rows_where_spans_are_open)
{
	engine_conf conf = Engine::conf();
	conf.pace[IEX].lateness_ns = NS_PER_S;
	Script s = Script::of({ NASDAQ, IEX });
	Engine k(conf);

	s.clock(1, 5.1);
	s.trade(0, 0, 5.2, 10, 100);
	s.trade(1, 0, 3.5, 11, 50);
	s.clock(0, 6);
	s.clock(1, 7);
	k.run(s);
	ASSERT_EQ(k.revisions.size(), 1u);
	EXPECT_EQ(k.revisions[0].span, SPAN_1S);
	k.drain();
	EXPECT_EQ(k.row(SPAN_5S, 0).volume, 50u);
	EXPECT_EQ(k.row(SPAN_5S, 5).volume, 100u);
	EXPECT_EQ(k.row(SPAN_5M, 0).open, px(11));
}

TEST(print, a_break_within_the_open_second)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.2, 10, 100);
	s.trade(0, 0, 0.3, 20, 100, 0, 7);
	s.trade(0, 0, 0.4, 11, 100, 0, 8);
	s.brk(0, 0.6, 7);
	s.brk(0, 0.6, 8);
	s.brk(0, 0.6, 8);
	s.brk(0, 0.6, 999);
	k.all(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.volume, 100u);
	EXPECT_EQ(b.trades, 1u);
	EXPECT_EQ(b.high, px(10));
	EXPECT_EQ(b.close, px(10));
	EXPECT_DOUBLE_EQ(b.vwap, 10);
	EXPECT_TRUE(k.revisions.empty());
	EXPECT_EQ(k.count(LEDGER_breaks), 4u);
	EXPECT_EQ(k.count(LEDGER_breaks_unknown), 1u); // of a print never seen; a second one of the same says nothing new
}

TEST(print, breaks_of_sealed_seconds_correct_the_open_spans)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.trade(0, 0, 3.5, 20, 100, 0, 7);
	s.trade(0, 0, 6.5, 30, 100, 0, 8);
	s.trade(0, 0, 6.6, 12, 100);
	s.clock(0, 8.5);
	s.brk(0, 8.6, 7);
	s.brk(0, 8.7, 8);
	k.all(s);
	ASSERT_EQ(k.revisions.size(), 3u);
	EXPECT_EQ(k.revisions[0].span, SPAN_1S);
	EXPECT_EQ(k.revisions[0].open_ts, at(3));
	EXPECT_EQ(k.revisions[0].cause, REVISION_BUST);
	EXPECT_EQ(k.revisions[0].before.close, px(20));
	EXPECT_EQ(k.revisions[0].after.close, PX_NULL);
	EXPECT_EQ(k.revisions[0].after.trades, 0u);
	EXPECT_EQ(k.revisions[1].span, SPAN_5S);
	EXPECT_EQ(k.revisions[1].after.high, px(10));
	EXPECT_EQ(k.revisions[2].open_ts, at(6));
	EXPECT_EQ(k.revisions[2].after.open, px(12));
	EXPECT_EQ(k.row(SPAN_5S, 0).high, px(20)); // sealed before
	for (bar_span span : { SPAN_15S, SPAN_30S, SPAN_1M, SPAN_5M }) {
		EXPECT_EQ(k.row(span, 0).volume, 200u);
		EXPECT_EQ(k.row(span, 0).high, px(12));
		EXPECT_EQ(k.row(span, 0).close, px(12));
	}
	EXPECT_EQ(k.row(SPAN_5S, 5).volume, 100u);
	EXPECT_EQ(k.row(SPAN_5S, 5).high, px(12));
}

TEST(print, only_one_feed_of_a_venue_prints)
{
	Script s;
	Engine k;
	int deep, tops;

	engine_join_feed(&k.e, 0, &deep);
	engine_join_feed(&k.e, 1, &tops);
	s.join(0, IEX);
	s.join(1, IEX);
	s.clock(0, 0), s.clock(1, 0);
	s.trade(0, 0, 0.5, 10, 100);
	s.trade(1, 0, 0.5, 10, 100);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 100u);
	EXPECT_EQ(k.count(LEDGER_prints_other_feed), 1u);
}
