/* SPDX-License-Identifier: BSD-3-Clause */
// The rules of order-by-order books, of arrivals and of a venue's life, a test each; ours mostly buys at 10.
#include "tests/unit/trade/paper_kit.h"

using namespace papertest;

TEST(paper_rule, arrives_before_the_first_later_message)
{
	Leg l;
	trade_request r = {};

	l.offer(1, 10, 100);
	r.id = 7, r.action = TRADE_NEW, r.side = SIDE_BUY, r.qty = 10, r.price = px(10), r.tif = TIF_IOC;
	r.arrival_ns = l.now; // the very time of the next message, which comes first
	l.leg().rows = &r, l.leg().n_rows = 1;
	l.gone(1);
	EXPECT_EQ(l.ends(7), "");
	l.tick();
	EXPECT_EQ(l.ends(7), "CANCELLED dead");
}

TEST(paper_rule, what_the_data_does_not_reach_stays_new)
{
	Leg l;
	trade_request r[2] = {};

	for (unsigned i = 0; i < 2; i++)
		r[i].id = 7 + i, r[i].side = SIDE_BUY, r[i].qty = 10, r[i].price = px(10), r[i].arrival_ns = 5000 + i;
	l.leg().rows = r, l.leg().n_rows = 2;
	paper_end(&l.p, 0, 5000);
	EXPECT_EQ(l.ends(7), "LIVE");
	EXPECT_EQ(l.ends(8), "NEW not_reached");
	EXPECT_EQ(l.counts.v[LEDGER_paper_not_reached], 1u);
}

TEST(paper_rule, evidence_out_of_turn_fills_and_is_counted)
{
	Leg l;

	l.bid(1, 10, 300);
	l.buy(7, 100, 10);
	l.bid(2, 10, 50);
	l.exec(2, 30); // before those ahead of us
	EXPECT_EQ(l.fills(), (Fills{ "7 30@10 a" }));
	EXPECT_EQ(l.ahead(7), 300u);
	EXPECT_EQ(l.counts.v[LEDGER_paper_queue_breaks], 1u);
}

TEST(paper_rule, all_of_ours_are_cancelled_when_nobody_decides)
{
	Leg l;
	uint64_t now[PAPER_CHANNELS] = { 4711 };

	l.offer(1, 11, 100);
	l.buy(7, 100, 10), l.buy(8, 100, 10), l.sell(9, 50, 12);
	l.bid(2, 10, 500);
	l.exec(2, 30);
	EXPECT_EQ(l.fills(), (Fills{ "7 30@10 a" }));
	EXPECT_EQ(paper_cancel_all(&l.p, now), 3u);
	for (uint64_t id : { 7, 8, 9 })
		EXPECT_EQ(l.ends(id), "CANCELLED U");
	ASSERT_EQ(l.reports.size(), 3u);
	EXPECT_EQ(l.reports[0].ts_ns, 4711u);
	EXPECT_EQ(l.reports[0].filled, 30u);
	EXPECT_EQ(paper_cancel_all(&l.p, now), 0u);
	l.exec(2, 300); // nothing of ours is there
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_rule, a_query_is_answered_by_alive_or_gone)
{
	Leg l;
	trade_request r = {};

	l.offer(1, 11, 100);
	l.buy(7, 100, 10);
	l.reports.clear();
	l.ask(TRADE_QUERY, 7, SIDE_BUY, 100, 10, TIF_DAY);
	ASSERT_EQ(l.reports.size(), 1u);
	EXPECT_EQ(l.reports[0].kind, REPORT_ACCEPTED);
	EXPECT_EQ(l.reports[0].leaves, 100u);
	l.reports.clear();
	l.ask(TRADE_QUERY, 8, SIDE_BUY, 100, 10, TIF_DAY);
	ASSERT_EQ(l.reports.size(), 1u);
	EXPECT_EQ(l.reports[0].kind, REPORT_CANCELLED);
	EXPECT_EQ(l.reports[0].leaves, 0u);
	EXPECT_EQ(l.ends(8), "CANCELLED gone");
	r.id = 9, r.action = TRADE_QUERY;
	paper_refuse(&l.p, &r, 1); // of a symbol that no leg has named
	EXPECT_EQ(l.ends(9), "CANCELLED gone");
	EXPECT_EQ(l.counts.v[LEDGER_paper_ignored], 0u);
}

TEST(paper_rule, one_message_is_one_budget)
{
	Leg l;

	l.buy(7, 100, 10.01), l.buy(8, 100, 10), l.buy(9, 100, 10);
	l.bid(1, 10, 500);
	l.exec(1, 250);
	EXPECT_EQ(l.fills(), (Fills{ "7 100@10.01 b", "8 100@10 a", "9 50@10 a" }));
	l.offer(2, 10, 20);
	EXPECT_EQ(l.fills(), (Fills{ "9 20@10 c" }));
}

TEST(paper_rule, an_offer_reaches_nobody_behind_real_shares)
{
	Leg l;

	l.bid(1, 10, 10);
	l.buy(7, 100, 10);
	l.offer(2, 10, 50);
	EXPECT_EQ(l.fills(), Fills{});
	EXPECT_EQ(l.counts.v[LEDGER_paper_queue_breaks], 1u);
	l.gone(2), l.gone(1), l.bid(3, 10.01, 10);
	l.offer(4, 10, 50); // a better bid stands before ours
	EXPECT_EQ(l.fills(), Fills{});
	EXPECT_EQ(l.counts.v[LEDGER_paper_queue_breaks], 2u);
}

TEST(paper_rule, a_replace_within_reach_gives_its_growth_only)
{
	Leg l;

	l.offer(1, 10, 100);
	l.buy(6, 100, 10, TIF_IOC);
	EXPECT_EQ(l.fills().size(), 1u);
	l.buy(7, 100, 10); // all of it is taken, so it rests
	l.moved(1, 2, 10, 130);
	EXPECT_EQ(l.fills(), (Fills{ "7 30@10 c" }));
	l.moved(2, 3, 10.05, 50);
	l.moved(3, 4, 10, 50); // from outside: all of it is new
	EXPECT_EQ(l.fills(), (Fills{ "7 50@10 c" }));
}

TEST(paper_rule, a_modify_in_place_keeps_its_line)
{
	Leg l;

	l.bid(1, 10, 100);
	l.buy(7, 100, 10);
	l.moved(1, 1, 10, 60, true);
	EXPECT_EQ(l.ahead(7), 60u);
	l.moved(1, 1, 10, 90, true);
	EXPECT_EQ(l.ahead(7), 90u);
	l.moved(1, 1, 10.01, 90, true); // another price: kept or not, it goes
	EXPECT_EQ(l.ahead(7), 0u);
	l.moved(1, 1, 10, 90, true); // and comes back behind
	l.exec(1, 40);
	EXPECT_EQ(l.fills(), (Fills{ "7 40@10 a" }));
	l.bid(2, 9.99, 100);
	l.buy(8, 10, 9.99);
	l.moved(2, 2, 9.99, 100); // place lost
	EXPECT_EQ(l.ahead(8), 0u);
}

TEST(paper_rule, a_refresh_makes_places_unknown)
{
	Leg l;

	l.buy(7, 100, 10);
	l.add(1, SIDE_SELL, 9.99, 100, true);
	EXPECT_EQ(l.fills(), Fills{});
	l.gone(1), l.offer(2, 9.99, 100);
	EXPECT_EQ(l.fills(), Fills{});
	EXPECT_EQ(l.counts.v[LEDGER_paper_queue_unknown], 1u);
}

TEST(paper_rule, an_execution_counts_at_the_displayed_price_and_size)
{
	Leg l;

	l.bid(1, 10, 100);
	l.buy(7, 100, 10);
	event e = l.of(EV_EXEC_PX, 1, 5000, 9.5);

	l.put(e); // more than the book holds, printed elsewhere
	EXPECT_EQ(l.ahead(7), 0u);
	l.bid(2, 10, 20);
	e = l.of(EV_EXEC_PX, 2, 5000, 9.5);
	l.put(e);
	EXPECT_EQ(l.fills(), (Fills{ "7 20@10 a" }));
}

TEST(paper_rule, some_prints_are_never_evidence)
{
	for (unsigned flag : { EVF_NONPRINT, EVF_AUCTION, EVF_HL_ONLY }) {
		Leg l;

		l.buy(7, 100, 10);
		l.bid(1, 10, 100), l.exec(1, 50, flag);
		l.trade(9.99, 100, flag);
		EXPECT_EQ(l.fills(), Fills{}) << flag;
		l.exec(1, 50, EVF_ODD_LOT | EVF_EXT_HOURS);
		EXPECT_EQ(l.fills(), (Fills{ "7 50@10 a" }));
	}
	Leg l;

	l.bid(1, 10, 100), l.buy(7, 100, 10);
	l.exec(1, 30, EVF_NONPRINT); // it has left the queue, though
	EXPECT_EQ(l.ahead(7), 70u);
	l.put(l.of(EV_CROSS, 0, 500, 9));
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_rule, two_of_ours_never_meet)
{
	Leg l;

	l.bid(1, 10.01, 40), l.bid(2, 10, 30);
	l.buy(7, 100, 10);
	l.sell(8, 200, 10);
	EXPECT_EQ(l.ends(8), "CANCELLED Q");
	EXPECT_EQ(l.fills(), (Fills{ "8 40@10.01 take", "8 30@10 take" }));
	l.sell(9, 10, 10, TIF_IOC);
	EXPECT_EQ(l.ends(9), "CANCELLED Q");
	l.channel_event(EV_SYSTEM, 'Q');
	l.put(l.of(EV_SYMBOL_CLEAR, 0)); // the place of ours is unknown now
	l.bid(3, 10, 500);
	l.sell(10, 10, 10);
	EXPECT_EQ(l.ends(10), "CANCELLED Q");
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_rule, statuses_start_and_stop_matching)
{
	for (uint8_t what : { STATUS_HALTED, STATUS_PAUSED, STATUS_QUOTE_ONLY }) {
		Leg l;

		l.buy(7, 100, 10);
		l.status(what);
		l.offer(1, 10, 30);
		EXPECT_EQ(l.fills(), Fills{});
		l.status(STATUS_TRADING); // which fills nothing itself
		EXPECT_EQ(l.fills(), Fills{});
		l.offer(2, 10, 30);
		EXPECT_EQ(l.fills(), (Fills{ "7 30@10 c" }));
	}
	for (char stop : { '3', '4', '6', 'P', 'B' })
		for (char start : { '5', 'E', 'O' }) {
			Leg l;

			l.buy(7, 100, 10);
			l.status(STATUS_TRADING, stop), l.status(STATUS_TRADING, 'A');
			l.offer(1, 10, 30);
			EXPECT_EQ(l.fills(), Fills{});
			l.status(STATUS_TRADING, start);
			l.offer(2, 10, 30);
			EXPECT_EQ(l.fills(), (Fills{ "7 30@10 c" }));
		}
}

TEST(paper_rule, a_halt_keeps_the_line)
{
	Leg l;

	l.bid(1, 10, 100), l.buy(7, 100, 10);
	l.status(STATUS_HALTED);
	l.less(1, 60);
	EXPECT_EQ(l.ahead(7), 40u);
	l.offer(2, 10, 100);
	l.buy(8, 10, 10, TIF_IOC), l.buy(9, 10, 10);
	EXPECT_EQ(l.ends(8), "CANCELLED dead");
	EXPECT_EQ(l.ends(9), "LIVE");
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_rule, cancels_name_the_intended_total)
{
	Leg l;

	l.buy(7, 100, 10), l.bid(1, 10, 30), l.exec(1, 30);
	l.cancel(7, 100), l.cancel(7, 200);
	EXPECT_EQ(l.reports.back().kind, REPORT_FILL);
	l.cancel(7, 50);
	EXPECT_EQ(l.ends(7), "PART"); // no reason: it lives
	EXPECT_EQ(l.reports.back().leaves, 20u);
	l.cancel(7, 30);
	EXPECT_EQ(l.ends(7), "CANCELLED U");
	l.cancel(7), l.cancel(99), l.replace(7, 10, 10);
	EXPECT_EQ(l.counts.v[LEDGER_paper_ignored], 3u);
}

TEST(paper_rule, replaces_keep_or_lose_the_place)
{
	Leg l;

	l.bid(1, 10, 100), l.buy(7, 100, 10), l.less(1, 40);
	l.replace(7, 80, 10), l.replace(7, TRADE_QTY_KEPT, 0);
	EXPECT_EQ(l.ahead(7), 60u);
	l.bid(2, 10, 5);
	l.replace(7, 90, 10); // more: to the back
	EXPECT_EQ(l.ahead(7), 65u);
	l.ask(TRADE_REPLACE, 7, SIDE_SELL, 10, 0, TIF_UNCHANGED), l.replace(7, 10, 0.00015);
	EXPECT_EQ(l.counts.v[LEDGER_paper_ignored], 2u);
	l.offer(3, 10.02, 50);
	l.replace(7, 90, 10.02);
	EXPECT_EQ(l.fills(), (Fills{ "7 50@10.02 take" }));
	l.replace(7, 50, 10.02);
	EXPECT_EQ(l.ends(7), "CANCELLED replaced");
	l.buy(8, 10, 10), l.replace(8, 0, 10);
	EXPECT_EQ(l.ends(8), "CANCELLED replaced"); // 0 is a total
}

TEST(paper_rule, doubt_ends_with_a_restart)
{
	Leg l;

	l.buy(7, 100, 10);
	l.gone(99); // never heard of
	l.offer(1, 10, 50);
	EXPECT_EQ(l.fills(), Fills{});
	l.put(l.of(EV_SYMBOL_CLEAR, 0));
	l.buy(8, 100, 10), l.offer(2, 10, 50);
	EXPECT_EQ(l.fills(), Fills{});
	l.restart();
	l.buy(9, 100, 10), l.offer(3, 10, 50);
	EXPECT_EQ(l.fills(), (Fills{ "9 50@10 c" })); // 7 and 8 rest on, unknown
	l.replace(7, 200, 10);
	l.gone(3), l.offer(4, 10, 80);
	EXPECT_EQ(l.fills(), (Fills{ "9 50@10 c", "7 30@10 c" }));
	paper_hole(&l.p, 0, l.now++);
	l.gone(4), l.offer(5, 10, 80);
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_rule, a_join_in_mid_session_is_doubt)
{
	Leg l;

	l.channel_event(EV_JOIN, 0, EVF_MIDSTREAM);
	l.buy(7, 100, 10), l.offer(1, 10, 50);
	EXPECT_EQ(l.fills(), Fills{});
	l.buy(8, 10, 10, TIF_IOC);
	EXPECT_EQ(l.ends(8), "CANCELLED dead");
}

TEST(paper_rule, the_close_ends_orders)
{
	Leg l;

	l.buy(7, 100, 10);
	l.channel_event(EV_SYSTEM, 'M');
	EXPECT_EQ(l.ends(7), "EXPIRED T");
	l.buy(8, 100, 10), l.buy(9, 100, 10, TIF_IOC);
	EXPECT_EQ(l.ends(8), "CANCELLED E");
	EXPECT_EQ(l.ends(9), "CANCELLED E");
	l.restart();
	l.buy(10, 100, 10);
	EXPECT_EQ(l.ends(10), "LIVE");
	for (char letter : { 'L', 'X' }) {
		Leg m;
		event e = m.of(letter == 'X' ? EV_SYMBOL_CLEAR : EV_STATUS, 0);

		m.buy(7, 100, 10);
		e.detail = (uint8_t)letter;
		m.put(e);
		EXPECT_EQ(m.ends(7), "EXPIRED T");
	}
}

TEST(paper_rule, a_break_takes_back_what_its_print_showed)
{
	Leg l;

	l.buy(7, 100, 10), l.buy(8, 100, 10);
	l.bid(1, 10, 300), l.exec(1, 150);
	EXPECT_EQ(l.fills().size(), 2u);
	l.broken(l.match), l.broken(l.match), l.broken(77);
	EXPECT_EQ(l.fills(), (Fills{ "7 -100@10 break", "8 -50@10 break" }));
}

TEST(paper_rule, a_reference_that_cannot_be_remembered_moves_nothing)
{
	Leg l;

	l.bid(1, 10, 100);
	l.buy(7, 100, 10);
	for (uint64_t ref = 10; ref < 10 + PAPER_BEHIND_MAX + 1; ref++)
		l.bid(ref, 10, 1);
	EXPECT_EQ(l.counts.v[LEDGER_paper_queue_approx], 1u);
	l.exec(10 + PAPER_BEHIND_MAX, 1);
	EXPECT_EQ(l.ahead(7), 100u);
	EXPECT_EQ(l.fills(), Fills{});
	l.exec(1, 100), l.exec(10, 1);
	EXPECT_EQ(l.fills(), (Fills{ "7 1@10 a" }));
	l.bid(3, 10, 1); // one has gone: there is room again
	l.exec(3, 1);
	EXPECT_EQ(l.fills(), (Fills{ "7 1@10 a" }));
}

TEST(paper_rule, no_room_for_references_is_never_optimistic)
{
	Leg l(PAPER_ORDERS, PAPER_THROUGH, PAPER_WORST, 1);

	l.bid(1, 10, 100), l.buy(7, 100, 10);
	l.bid(2, 10, 10), l.bid(3, 10, 10);
	l.exec(3, 10), l.exec(1, 50);
	EXPECT_EQ(l.ahead(7), 100u);
	EXPECT_EQ(l.fills(), Fills{});
}

TEST(paper_rule, sixty_four_orders_rest_at_a_leg)
{
	Leg l;

	for (uint64_t id = 1; id <= PAPER_LEG_ORDERS; id++)
		l.buy(id, 1, 10);
	l.offer(1, 11, 10);
	l.buy(100, 1, 11, TIF_IOC);
	EXPECT_EQ(l.ends(100), "REJECTED full");
	l.cancel(1), l.buy(101, 1, 11, TIF_IOC);
	EXPECT_EQ(l.ends(101), "FILLED");
}

TEST(paper_rule, what_a_venue_refuses)
{
	Leg l;

	l.buy(1, 0, 10), l.buy(2, 1000000, 10), l.buy(3, 1, 0.00005), l.buy(4, 1, 200000), l.buy(5, 1, 199999.99);
	l.ask(TRADE_NEW, 6, 255, 1, 10, TIF_DAY), l.ask(TRADE_NEW, 7, SIDE_BUY, 1, 10, 255);
	l.leg().named = false, l.buy(8, 1, 10);
	EXPECT_EQ(l.ends(1), "REJECTED qty");
	EXPECT_EQ(l.ends(2), "REJECTED qty");
	EXPECT_EQ(l.ends(3), "REJECTED price");
	EXPECT_EQ(l.ends(4), "REJECTED price");
	EXPECT_EQ(l.ends(5), "LIVE");
	EXPECT_EQ(l.ends(6), "REJECTED side");
	EXPECT_EQ(l.ends(7), "REJECTED tif");
	EXPECT_EQ(l.ends(8), "REJECTED symbol");
}

TEST(paper_rule, hidden_prints_look_at_both_sides)
{
	Leg l;

	l.buy(7, 100, 10), l.sell(8, 100, 9.99 + 0.02);
	l.trade(10, 50);
	EXPECT_EQ(l.fills(), Fills{}); // at the price itself
	l.trade(9.995, 50), l.trade(10.02, 30);
	EXPECT_EQ(l.fills(), (Fills{ "7 50@10 d", "8 30@10.01 d" }));
	Leg at(PAPER_ORDERS, PAPER_AT), never(PAPER_ORDERS, PAPER_NEVER);

	at.buy(7, 100, 10), at.trade(10, 50);
	EXPECT_EQ(at.fills(), (Fills{ "7 50@10 d" }));
	never.buy(7, 100, 10), never.trade(9, 50);
	EXPECT_EQ(never.fills(), Fills{});
}

TEST(paper_rule, a_market_order_takes_all_that_is_displayed)
{
	Leg l;

	l.buy(7, 500, 0);
	EXPECT_EQ(l.ends(7), "CANCELLED dead");
	l.offer(1, 10, 100), l.offer(2, 900.5, 100);
	l.buy(8, 500, 0);
	EXPECT_EQ(l.ends(8), "CANCELLED I");
	EXPECT_EQ(l.fills(), (Fills{ "8 100@10 take", "8 100@900.5 take" }));
}
