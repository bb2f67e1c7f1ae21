/* SPDX-License-Identifier: BSD-3-Clause */
// Columns made from books: the close sample, order flow imbalance, what happened at the touch.
#include "tests/unit/engine_kit.h"

using namespace kit;

TEST(books, sampled_before_the_first_event_past_the_close)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.1, 10, 100);
	s.level(0, 0, 0.2, SIDE_BUY, 9.9, 300);
	s.level(0, 0, 0.3, SIDE_SELL, 10.1, 100);
	s.level(0, 0, 1.001, SIDE_BUY, 10, 700); // before the seal, after the close
	s.clock(0, 1.5);
	s.clock(0, 3);
	k.run(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.bid, px(9.9));
	EXPECT_EQ(b.bid_size, 300u);
	EXPECT_EQ(b.ask, px(10.1));
	EXPECT_EQ(b.ask_size, 100u);
	EXPECT_DOUBLE_EQ(b.obi, 0.5);
	EXPECT_EQ(b.spread, px(0.2));
	EXPECT_DOUBLE_EQ(b.microprice, (9.9 * 100 + 10.1 * 300) / 400);
	EXPECT_EQ(k.row(SPAN_1S, 1).bid, px(10));
	EXPECT_EQ(k.row(SPAN_1S, 1).obi, 0.75);
}

TEST(books, one_sided_empty_and_crossed)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.1, 10, 100);
	s.level(0, 0, 1.1, SIDE_BUY, 9.9, 300);
	s.level(0, 0, 2.1, SIDE_SELL, 9.8, 100);
	s.level(0, 0, 3.1, SIDE_BUY, 9.9, 0);
	s.clock(0, 5);
	k.run(s);
	EXPECT_TRUE(std::isnan(k.row(SPAN_1S, 0).obi));
	EXPECT_EQ(k.row(SPAN_1S, 0).bid, PX_NULL);
	EXPECT_TRUE(std::isnan(k.row(SPAN_1S, 0).obi_ema9));
	EXPECT_EQ(k.row(SPAN_1S, 1).obi, 1);
	EXPECT_EQ(k.row(SPAN_1S, 1).spread, PX_NULL);
	EXPECT_TRUE(std::isnan(k.row(SPAN_1S, 1).microprice));
	EXPECT_EQ(k.row(SPAN_1S, 2).spread, px(-0.1)); // crossed stays negative
	EXPECT_EQ(k.row(SPAN_1S, 3).obi, -1);
}

TEST(books, an_atomic_update_shows_when_it_is_complete)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.level(0, 0, 0.1, SIDE_BUY, 10, 100);
	s.trade(0, 0, 0.1, 10, 100);
	s.level(0, 0, 0.9, SIDE_BUY, 10, 0, EVF_PARTIAL);
	s.clock(0, 1.1);
	s.level(0, 0, 1.2, SIDE_BUY, 9.9, 100);
	s.clock(0, 3);
	k.run(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).bid, px(10));
	EXPECT_EQ(k.row(SPAN_1S, 0).ofi, 100); // the first bid
	EXPECT_EQ(k.row(SPAN_1S, 1).bid, px(9.9));
	EXPECT_EQ(k.row(SPAN_1S, 1).ofi, -100);
}

TEST(books, order_flow_imbalance_is_summed_over_updates)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.trade(0, 0, 0.05, 10, 1);
	s.quote(0, 0, 0.1, 10, 100, 10.2, 50);	  // from nothing: +100 - 50
	s.quote(0, 0, 0.2, 10, 160, 10.2, 50);	  // same price, bigger bid: +60
	s.quote(0, 0, 0.3, 10.1, 30, 10.2, 50);   // better bid: +30
	s.quote(0, 0, 0.4, 10, 160, 10.2, 20);	  // worse bid: -30; smaller ask: +30
	s.quote(0, 0, 0.5, 10, 160, 10.3, 10);	  // worse ask: +20
	s.quote(0, 0, 0.6, 10, 160, 10.15, 5);	  // better ask: -5
	s.quote(0, 0, 0.7, 0, 0, 10.15, 5);	  // the bid goes: -160
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 0).ofi, 100 - 50 + 60 + 30 - 30 + 30 + 20 - 5 - 160);
}

TEST(books, what_leaves_at_the_touch)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.order(EV_ADD, 0, 0, 0.1, 1, SIDE_BUY, 10, 500);
	s.order(EV_ADD, 0, 0, 0.1, 2, SIDE_BUY, 9.9, 500);
	s.order(EV_ADD, 0, 0, 0.1, 3, SIDE_SELL, 10.1, 400);
	s.order(EV_EXEC, 0, 0, 0.2, 1, 0, 0, 100);
	s.order(EV_CANCEL, 0, 0, 0.3, 1, 0, 0, 50);
	s.order(EV_DELETE, 0, 0, 0.3, 2);		      // behind the touch: does not count
	event &e = s.order(EV_REPLACE, 0, 0, 0.4, 3, 0, 10.2, 400); // its old size is cancelled
	e.ref2 = 4;
	s.order(EV_EXEC_PX, 0, 0, 0.5, 4, 0, 10.2, 100).flags = EVF_NONPRINT;
	s.order(EV_DELETE, 0, 0, 1.5, 1);
	s.clock(0, 2);
	k.all(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.dom_executed, 200u);
	EXPECT_EQ(b.dom_cancelled, 50u + 400);
	EXPECT_DOUBLE_EQ(b.dom_hit_rate, 200.0 / 650);
	EXPECT_EQ(b.ask, px(10.2));
	EXPECT_EQ(b.ask_size, 300u);
	EXPECT_EQ(k.row(SPAN_1S, 1).dom_cancelled, 350u);
	EXPECT_EQ(k.row(SPAN_1S, 1).dom_hit_rate, 0);
	EXPECT_EQ(k.row(SPAN_5S, 0).dom_cancelled, 800u);
}

TEST(books, level_feeds_have_no_hit_rate)
{
	Script s = Script::of({ IEX });
	Engine k;

	s.level(0, 0, 0.1, SIDE_BUY, 10, 100);
	s.trade(0, 0, 0.2, 10, 100);
	s.level(0, 0, 0.3, SIDE_BUY, 10, 0);
	k.all(s);
	EXPECT_TRUE(std::isnan(k.row(SPAN_1S, 0).dom_hit_rate));
}

TEST(books, venues_blend_into_one_touch)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.trade(0, 0, 0.1, 10, 100);
	s.quote(0, 0, 0.2, 10, 100, 10.2, 100);
	s.quote(1, 0, 0.2, 10, 50, 10.1, 30);
	s.clock(0, 2), s.clock(1, 2);
	k.run(s);
	const bar &b = k.row(SPAN_1S, 0);

	EXPECT_EQ(b.bid_size, 150u); // equal prices add up
	EXPECT_EQ(b.ask, px(10.1));  // the better one wins
	EXPECT_EQ(b.ask_size, 30u);
}

TEST(books, hostile_orders_are_counted_and_leave_the_book_whole)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.order(EV_ADD, 0, 0, 0.1, 1, SIDE_BUY, 10, 100);
	s.order(EV_ADD, 0, 0, 0.1, 1, SIDE_SELL, 11, 100);  // a reference that rests already
	s.order(EV_ADD, 0, 0, 0.1, 2, SIDE_BUY, 10, 0);	    // nothing
	s.order(EV_CANCEL, 0, 0, 0.2, 1, 0, 0, 500);	    // more than there is
	s.order(EV_CANCEL, 0, 0, 0.2, 1, 0, 0, 1);	    // gone
	s.order(EV_DELETE, 0, 0, 0.2, 77);
	event &e = s.order(EV_REPLACE, 0, 0, 0.2, 78, 0, 10, 100);
	e.ref2 = 79;
	k.run(s);
	EXPECT_EQ(k.count(LEDGER_duplicate_orders), 1u);
	EXPECT_EQ(k.count(LEDGER_over_executed), 1u);
	EXPECT_EQ(k.count(LEDGER_unknown_orders), 3u);
	EXPECT_EQ(k.count(LEDGER_books_contradicted), 1u); // its first one: the book is in doubt from then on
	EXPECT_EQ(k.e.orders.n, 0u);
	struct tables_quote q;
	ASSERT_TRUE(tables_read_quote(k.shared, 0, &q));
	EXPECT_EQ(q.touch.bid, BOOK_NO_BID);
	EXPECT_EQ(q.touch.ask, BOOK_NO_ASK);
}

// What cannot be of a book that nothing is known to be missing of is a loss; behind a hole it is what the hole took.
TEST(books, a_contradiction_is_told_where_nothing_explains_it)
{
	for (bool hole : { false, true })
		for (auto kind : { EV_ADD, EV_CANCEL, EV_DELETE, EV_REPLACE, EV_EXEC }) {
			Script s = Script::of({ NASDAQ });
			Engine k;

			s.order(EV_ADD, 0, 0, 0.1, 1, SIDE_BUY, 10, 100);
			s.order(EV_ADD, 0, 1, 0.1, 5, SIDE_BUY, 10, 100);
			if (hole)
				s.gap(0, 0.2);
			event &e = s.order(kind, 0, 0, 0.3, kind == EV_ADD ? 1 : 77, SIDE_BUY, 10, 100);
			if (kind == EV_REPLACE)
				e.ref2 = 79;
			s.order(EV_DELETE, 0, 1, 0.4, 5); // of another instrument, whose book is whole
			k.run(s);
			EXPECT_EQ(k.count(LEDGER_books_contradicted), hole ? 0u : 1u) << kind;
		}
}

// A new session whose clock leaps: its first packet waits for another one that agrees, but is of no book before it.
TEST(books, a_reset_comes_before_orders_whose_time_is_not_believed_yet)
{
	Script s = Script::of({ NASDAQ });
	Engine k;
	auto order = [&](uint8_t kind, double t, double rx, uint64_t ref, bool first) {
		event &e = s.order(kind, 0, 0, t, ref, SIDE_BUY, 10, 100);

		e.flags = (uint16_t)(EVF_CLOCK | (first ? EVF_PACKET : 0));
		s.rx.back() = at(rx);
	};

	order(EV_ADD, 0.5, 0.5, 1, true);
	s.reset(0, 1.6);
	s.rx.back() = at(1.6);
	order(EV_ADD, 3601.0, 1.6, 1, true);
	order(EV_ADD, 3601.0, 1.6, 2, false);
	order(EV_ADD, 3601.1, 1.7, 3, true);
	order(EV_DELETE, 3601.2, 1.8, 1, true);
	order(EV_DELETE, 3601.3, 1.9, 2, true);
	order(EV_DELETE, 3601.4, 2.0, 3, true);
	k.run(s);
	EXPECT_EQ(k.count(LEDGER_duplicate_orders), 0u);
	EXPECT_EQ(k.count(LEDGER_unknown_orders), 0u);
	EXPECT_EQ(k.count(LEDGER_books_contradicted), 0u);
	EXPECT_EQ(k.e.orders.n, 0u);
}

TEST(books, full_tables_refuse_and_count)
{
	engine_conf conf = Engine::conf();
	conf.orders = 16, conf.levels = 16;
	Script s = Script::of({ NASDAQ });
	Engine k(conf);

	for (uint64_t ref = 1; ref <= 64; ref++)
		s.order(EV_ADD, 0, (uint32_t)(ref % 8), 0.1, ref, SIDE_BUY, 10 + (double)ref, 100);
	s.trade(0, 0, 0.2, 10, 100);
	k.all(s);
	EXPECT_GT(k.count(LEDGER_levels_no_room), 0u);
	EXPECT_EQ(k.count(LEDGER_orders_no_room), 64u - k.e.orders.max);
	EXPECT_EQ(k.row(SPAN_1S, 0).volume, 100u);
	EXPECT_TRUE(k.row(SPAN_1S, 0).flags & BAR_BOOK_SUSPECT);
}

// Orders of ours that come later find how the venue is by then, though nobody looked: also after its restart.
TEST(book, what_a_venue_has_said_is_kept_for_orders_that_come_later)
{
	engine_legs legs = {};

	legs.made = [](void *, const strand *, uint64_t) { return false; };
	legs.other = [](void *, const event *) {};
	legs.emptied = [](void *, uint8_t, uint64_t) {};
	legs.due = [](void *, uint8_t, uint64_t) {};
	Engine k(Engine::conf(), false, &legs);
	Script s = Script::of({ VENUE_ARCA });
	double t = 1;
	size_t done = 0;
	auto state = [&] {
		k.run(s, done, SIZE_MAX, 1, 1000);
		done = s.ev.size();
		const strand &is = k.e.strand[0];

		return std::string(is.still ? "still " : "") + (is.closed ? "closed " : "") + (is.doubt ? "doubt" : "");
	};
	auto says = [&](char letter) { // as the feed makes events of it
		bool known = letter == '4' || letter == '5' || letter == '6';
		event &e = s.put(known ? EV_STATUS : letter == 'X' ? EV_SYMBOL_CLEAR : EV_ADMIN, 0, 0, t += .001);

		e.detail = (uint8_t)letter;
		e.side = letter == '5' ? STATUS_TRADING : STATUS_HALTED;
		return state();
	};

	s.order(EV_ADD, 0, 0, t, 1, SIDE_BUY, 10, 100);
	EXPECT_EQ(state(), "");
	for (char stop : { '3', '4', '6', 'P', 'B' })
		for (char start : { '5', 'E', 'O' }) {
			EXPECT_EQ(says(stop), "still ");
			EXPECT_EQ(says('I'), "still "); // which says nothing of matching
			EXPECT_EQ(says(start), "");
		}
	EXPECT_TRUE(k.e.strand[0].lettered);
	EXPECT_EQ(says('L'), "closed ");
	EXPECT_EQ(says('X'), "still closed ");
	s.order(EV_DELETE, 0, 0, t += .001, 77);
	EXPECT_EQ(state(), "still closed doubt");
	EXPECT_EQ(says('5'), "closed doubt");
	s.reset(0, t += .001);
	s.order(EV_ADD, 0, 0, t += .001, 2, SIDE_BUY, 10, 100);
	EXPECT_EQ(state(), "");
	s.order(EV_EXEC, 0, 0, t += .001, 78, 0, 0, 10);
	EXPECT_EQ(state(), "doubt");
	s.put(EV_SYMBOL_CLEAR, 0, 0, t += .001); // a clear alone does not end it
	EXPECT_EQ(state(), "doubt");
}
