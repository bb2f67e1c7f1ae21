/* SPDX-License-Identifier: BSD-3-Clause */
// Positions by the given cases, against a plain list of fills, and fees by hand.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/calendar.h"
#include "lcore/trade/money.h"
#include "lcore/trade/position.h"
}

namespace {

int64_t px(double dollars) { return llround(dollars * 1e6); }

struct Book {
	fee_schedule schedule{};
	Memory mem;
	position_book b;
	std::vector<position_trip> trips;
	uint64_t now = 1, order = 0;
	char liquidity = 'A';
	uint8_t venue = VENUE_NASDAQ;

	explicit Book(uint32_t fills = 64, bool fifo = false, const fee_schedule *fees = nullptr)
	{
		position_conf conf{};

		if (fees)
			schedule = *fees;
		conf.instruments = 4;
		conf.fills = fills;
		conf.orders = 16;
		conf.fifo = fifo;
		conf.schedule = fees ? &schedule : nullptr;
		mem = memory(position_bytes(&conf));
		position_init(
			&b, &conf,
			[](void *ctx, const position_trip *t) { ((Book *)ctx)->trips.push_back(*t); }, this, mem.get());
	}
	trade_report report(uint8_t side, uint32_t qty, double price)
	{
		trade_report r{};

		r.kind = REPORT_FILL;
		r.ts_ns = now++;
		r.id = ++order;
		r.fill_id = 1;
		r.side = side;
		r.qty = qty;
		r.price = px(price);
		r.venue = venue;
		r.liquidity = liquidity;
		return r;
	}
	trade_report buy(uint32_t qty, double price) { return report(SIDE_BUY, qty, price); }
	trade_report sell(uint32_t qty, double price) { return report(SIDE_SELL, qty, price); }
	position_effect apply(const trade_report &r) { return position_apply(&b, 1, &r); }
	position_effect undo(trade_report r)
	{
		r.kind = REPORT_BREAK;
		r.ts_ns = now++;
		return apply(r);
	}
	const position &at() { return b.position[1]; }
	unsigned n_free()
	{
		unsigned n = 0;

		for (uint32_t i = b.free; i != UINT32_MAX; i = b.fill[i].next)
			n++;
		return n;
	}
};

} // namespace

TEST(money, quotients_are_rounded_half_to_even)
{
	EXPECT_EQ(money_round(5, 2), 2);
	EXPECT_EQ(money_round(7, 2), 4);
	EXPECT_EQ(money_round(-5, 2), -2);
	EXPECT_EQ(money_round(-7, 2), -4);
	EXPECT_EQ(money_round(-8, 3), -3);
	EXPECT_EQ(money_share(INT64_C(9000000000000000), 999999, 1000000), INT64_C(8999991000000000));
}

TEST(position, the_given_cases)
{
	Book a, b;

	EXPECT_EQ(a.apply(a.buy(300, .80)).realized, 0);
	EXPECT_EQ(a.apply(a.sell(100, 1)).realized, px(20));
	EXPECT_EQ(a.at().qty, 200);
	EXPECT_EQ(a.at().cost, px(160)); // 200 at .80

	b.apply(b.buy(100, 1));
	b.apply(b.sell(50, 2));
	position_effect e = b.apply(b.sell(100, 3));

	EXPECT_EQ(e.qty, -50);
	EXPECT_EQ(b.b.realized, px(150));
	EXPECT_EQ(b.at().cost, px(150)); // -50 at 3
	ASSERT_EQ(b.trips.size(), 1u);
	EXPECT_EQ(b.trips[0].realized, px(150));
	EXPECT_EQ(b.trips[0].avg_open, px(1));
	EXPECT_EQ(b.trips[0].avg_close, px(2.5));
	EXPECT_EQ(b.trips[0].peak_qty, 100);
	EXPECT_EQ(b.at().id, 2u);
}

TEST(position, close_then_reopen_starts_fresh)
{
	Book k;

	k.apply(k.buy(100, 10));
	k.apply(k.sell(100, 11));
	EXPECT_EQ(k.at().qty, 0);
	EXPECT_EQ(k.at().cost, 0);
	EXPECT_EQ(k.n_free(), 64u);
	k.apply(k.sell(10, 20));
	EXPECT_EQ(k.at().qty, -10);
	EXPECT_EQ(k.at().cost, px(200));
	EXPECT_EQ(k.at().realized, 0);
	k.apply(k.buy(10, 19));
	ASSERT_EQ(k.trips.size(), 2u);
	EXPECT_EQ(k.trips[1].entry_side, SIDE_SELL);
	EXPECT_EQ(k.trips[1].realized, px(10));
	EXPECT_EQ(k.trips[0].position_id + 1, k.trips[1].position_id);
}

TEST(position, a_round_trip_in_odd_parts_adds_up)
{
	Book k;

	k.apply(k.buy(3, 10.000001));
	k.apply(k.buy(4, 10.000002));
	for (int i = 0; i < 7; i++)
		k.apply(k.sell(1, 10.000003));
	EXPECT_EQ(k.b.realized, 7 * px(10.000003) - 3 * px(10.000001) - 4 * px(10.000002));
	EXPECT_EQ(k.at().cost, 0);
}

TEST(position, unrealized_is_at_the_side_where_it_could_be_closed)
{
	Book k;

	k.apply(k.buy(100, 10));
	EXPECT_TRUE(k.at().stale); // never quoted: worth what it cost
	EXPECT_EQ(k.b.unrealized, 0);
	position_mark(&k.b, 1, px(9.99), px(10.02), true);
	EXPECT_EQ(k.b.unrealized, px(-1));
	EXPECT_FALSE(k.at().stale);
	position_mark(&k.b, 1, 0, px(10.02), true); // no bid: the last one, flagged
	EXPECT_EQ(k.b.unrealized, px(-1));
	EXPECT_EQ(position_equity_of(&k.b).n_stale, 1u);
	position_mark(&k.b, 1, px(10.50), px(10.52), true);
	k.apply(k.sell(150, 10.50));
	EXPECT_EQ(k.at().qty, -50);
	EXPECT_EQ(k.b.unrealized, px(-1)); // 50 sold at 10.50, the ask is 10.52
	EXPECT_EQ(k.b.realized, px(50));
	ASSERT_EQ(k.trips.size(), 1u);
	EXPECT_EQ(k.trips[0].max_adverse, px(-1));
	EXPECT_EQ(k.trips[0].max_favourable, px(50));
	position_equity e = position_equity_of(&k.b);

	EXPECT_EQ(e.gross, px(49));
	EXPECT_EQ(e.net, e.gross - e.fees);
}

TEST(position, a_break_undoes_what_its_fill_did)
{
	Book k;
	trade_report first = k.buy(100, 10), second, third;

	k.apply(first);
	second = k.buy(100, 12);
	k.apply(second);
	third = k.sell(50, 13);
	EXPECT_EQ(k.apply(third).realized, px(100)); // 50 of 200 at 11
	position_effect e = k.undo(first);           // as if 100 at 12 and 50 sold at 13

	EXPECT_EQ(e.qty, 50);
	EXPECT_EQ(e.realized, px(-50));
	EXPECT_FALSE(e.forgotten);
	EXPECT_EQ(k.at().cost, px(600));
	EXPECT_EQ(k.b.realized, px(50));
	EXPECT_EQ(k.at().id, 1u);
	k.undo(third);
	EXPECT_EQ(k.at().qty, 100);
	EXPECT_EQ(k.b.realized, 0);
	k.undo(second);
	EXPECT_EQ(k.at().qty, 0);
	EXPECT_EQ(k.n_free(), 64u);
	EXPECT_TRUE(k.trips.empty()); // nothing was opened, as it is now
	EXPECT_EQ(k.b.breaks_late, 0u);
}

TEST(position, a_break_may_turn_the_position)
{
	Book k;
	trade_report first = k.buy(100, 10);

	k.apply(first);
	k.apply(k.buy(100, 10));
	k.apply(k.sell(150, 11));
	EXPECT_EQ(k.at().qty, 50);
	k.undo(first); // 100 at 10, then 150 sold at 11: through zero
	EXPECT_EQ(k.at().qty, -50);
	EXPECT_EQ(k.at().cost, px(550));
	EXPECT_EQ(k.b.realized, px(100));
	ASSERT_EQ(k.trips.size(), 1u);
	EXPECT_EQ(k.trips[0].position_id, 1u);
	EXPECT_EQ(k.at().id, 2u);
}

TEST(position, a_break_after_the_end_books_the_opposite)
{
	Book k;
	trade_report first = k.buy(100, 10), last;

	k.apply(first);
	last = k.sell(150, 12); // realizes 200, 50 short at 12
	k.apply(last);
	position_effect e = k.undo(last);

	EXPECT_TRUE(e.forgotten);
	EXPECT_EQ(e.qty, 100); // the short is undone, the 100 that were sold are held again
	EXPECT_EQ(k.at().cost, px(1200));
	EXPECT_EQ(k.b.realized, px(200));
	EXPECT_EQ(k.b.breaks_late, 1u);
	// All of it sold at 12 is what it had been worth.
	k.apply(k.sell(100, 12));
	EXPECT_EQ(k.b.realized, px(200));
}

TEST(position, a_correction_is_a_break_and_a_fill)
{
	Book k;
	trade_report was = k.buy(100, 10), is = k.buy(80, 10.10);

	k.apply(was);
	is.id = was.id;
	is.fill_id = 2;
	EXPECT_EQ(position_correct(&k.b, 1, &was, &is).qty, 80);
	EXPECT_EQ(k.at().cost, px(808));
}

TEST(position, oldest_first_differs_between_and_agrees_at_the_end)
{
	Book average, fifo(64, true);
	int64_t between[2];

	for (Book *k : { &average, &fifo }) {
		k->apply(k->buy(100, 10));
		k->apply(k->buy(100, 12));
		k->apply(k->sell(150, 13));
		between[k == &fifo] = k->b.realized;
		k->apply(k->sell(50, 9));
	}
	EXPECT_EQ(between[0], px(300)); // 150 at 11
	EXPECT_EQ(between[1], px(350)); // 100 at 10, 50 at 12
	EXPECT_EQ(average.b.realized, fifo.b.realized);
	EXPECT_EQ(average.trips[0].realized, fifo.trips[0].realized);
}

TEST(position, the_day_starts_at_the_marks_of_the_roll)
{
	Book k;

	position_roll(&k.b, 100);
	k.apply(k.buy(100, 10));
	position_mark(&k.b, 1, px(11), px(11.01), true);
	EXPECT_EQ(position_day_net(&k.b), px(100));
	position_roll(&k.b, 101);
	EXPECT_EQ(position_day_net(&k.b), 0);
	EXPECT_EQ(k.at().cost, px(1000)); // kept over night
	position_mark(&k.b, 1, px(10.50), px(10.51), true);
	EXPECT_EQ(position_day_net(&k.b), px(-50));
	position_roll(&k.b, 101);
	EXPECT_EQ(position_day_net(&k.b), px(-50));
}

TEST(position, without_room_for_fills_the_sum_stays_right)
{
	Book k(2);
	trade_report first = k.buy(100, 10);

	k.apply(first);
	k.apply(k.buy(100, 11));
	k.apply(k.buy(100, 12));
	EXPECT_EQ(k.b.fills_forgotten, 1u);
	EXPECT_EQ(k.undo(first).qty, 200); // as a sale at 10
	EXPECT_EQ(k.b.breaks_late, 1u);
	k.apply(k.sell(200, 12));
	EXPECT_EQ(k.b.realized, px(100)); // what 100 at 11 and 100 at 12 bring at 12
}

// More shares than 32 bits hold, of something that costs a cent.
TEST(position, of_any_size)
{
	Book k(8);

	for (int i = 0; i < 3; i++)
		k.apply(k.buy(4000000000, 0.01));
	EXPECT_EQ(k.at().peak_qty, 12000000000);
	k.apply(k.sell(4000000000, 0.02));
	EXPECT_EQ(k.b.realized, px(40000000));
	EXPECT_EQ(k.at().cost, px(80000000));
}

// Against a list: the position is the sum of what was not broken, and money is cash and what is held.
TEST(position, is_the_sum_of_fills_less_breaks)
{
	for (bool fifo : { false, true }) {
		Book k(40, fifo);
		std::mt19937 rng(11);
		std::vector<trade_report> fills;
		int64_t qty = 0, cash = 0, fees = 0;

		for (int i = 0; i < 20000; i++) {
			if (rng() % 5 == 0 && !fills.empty()) {
				size_t at = rng() % 2 ? fills.size() - 1 : rng() % fills.size();
				trade_report r = fills[at];
				int64_t n = r.side == SIDE_BUY ? -(int64_t)r.qty : r.qty;

				fills.erase(fills.begin() + (ptrdiff_t)at);
				qty += n;
				cash -= n * r.price;
				k.undo(r);
			} else {
				bool buys = qty < -400 || (qty < 400 && rng() % 2);
				uint32_t n = 1 + rng() % 300;
				double price = 10 + rng() % 100 * .01;
				trade_report r = k.report(buys ? SIDE_BUY : SIDE_SELL, n, price);

				qty += r.side == SIDE_BUY ? r.qty : -(int64_t)r.qty;
				cash -= (r.side == SIDE_BUY ? r.qty : -(int64_t)r.qty) * r.price;
				fills.push_back(r);
				k.apply(r);
			}
			position_mark(&k.b, 1, px(10.40), px(10.41), true);
			ASSERT_EQ(k.at().qty, qty) << i;
			ASSERT_GE(k.at().cost, 0) << i;
			ASSERT_EQ(k.at().cost == 0, qty == 0) << i;
			ASSERT_EQ(k.b.realized + k.b.unrealized, cash + qty * px(qty > 0 ? 10.40 : 10.41)) << i;
			ASSERT_EQ(k.b.paid, fees);
		}
		EXPECT_GT(k.trips.size(), 100u);
	}
}

TEST(fee, by_venue_and_liquidity)
{
	fee_schedule s{};

	s.known[VENUE_NASDAQ][(unsigned)'A'] = s.known[VENUE_NASDAQ][(unsigned)'R'] = true;
	s.rate[VENUE_NASDAQ][(unsigned)'A'] = -2000; // a rebate of .0020
	s.rate[VENUE_NASDAQ][(unsigned)'R'] = 3000;
	Book k(64, false, &s);

	EXPECT_EQ(k.apply(k.buy(100, 10)).fee, -200000);
	k.liquidity = 'R';
	EXPECT_EQ(k.apply(k.sell(100, 10.10)).fee, 300000);
	EXPECT_EQ(k.trips[0].fees, 100000);
	EXPECT_EQ(k.trips[0].net, px(10) - 100000);
	EXPECT_EQ(k.b.fees.unpriced, 0u);
	k.liquidity = 'J';
	EXPECT_EQ(k.apply(k.buy(100, 10)).fee, 0);
	EXPECT_EQ(k.b.fees.unpriced, 1u);
	k.venue = VENUE_IEX; // nothing is configured of it
	EXPECT_EQ(k.apply(k.buy(100, 10)).fee, 0);
	EXPECT_EQ(k.b.fees.unpriced, 1u);
}

TEST(fee, a_minimum_is_of_the_whole_order)
{
	fee_schedule s{};

	s.known[VENUE_NASDAQ][(unsigned)'A'] = true;
	s.rate[VENUE_NASDAQ][(unsigned)'A'] = 3500;
	s.order_min[VENUE_NASDAQ] = 350000;
	Book k(64, false, &s);
	trade_report r = k.buy(40, 10), more;

	EXPECT_EQ(k.apply(r).fee, 350000); // 140,000 by the rate
	more = r;
	more.fill_id = 2;
	more.qty = 100;
	EXPECT_EQ(k.apply(more).fee, 140000); // 490,000 in all
	EXPECT_EQ(k.undo(more).fee, -140000);
	EXPECT_EQ(k.undo(r).fee, -350000);
	EXPECT_EQ(k.b.paid, 0);
	for (int i = 0; i < 40; i++)
		k.apply(k.buy(1, 10));
	EXPECT_GT(k.b.fees.orders_no_room, 0u);
}

TEST(fee, a_regulator_takes_of_sells_by_date)
{
	fee_schedule s{};
	int32_t day;

	ASSERT_EQ(calendar_load(), 0);
	ASSERT_TRUE(calendar_parse_date("2026-03-10", 10, &day));
	s.n_sells = 2;
	s.sell[0] = { day - 30, 166, 8300000, px(8) };
	s.sell[1] = { day, 195, 9790000, px(20.60) };
	Book k(64, false, &s);

	k.now = UINT64_C(1773151200000000000); // 10:00 of that date in New York
	EXPECT_EQ(k.apply(k.buy(100, 100)).fee, 0);
	// 100 * 195, and 20.60 for a million of 10,000 dollars
	EXPECT_EQ(k.apply(k.sell(100, 100)).fee, 19500 + 206000);
	EXPECT_EQ(k.apply(k.sell(100000, 1)).fee, 9790000 + 2060000);
	k.now -= NS_PER_DAY;
	EXPECT_EQ(k.apply(k.sell(100, 100)).fee, 16600 + 80000);
	k.now -= 60 * NS_PER_DAY; // before the first row
	EXPECT_EQ(k.apply(k.sell(100, 100)).fee, 0);
}

TEST(fee, through_zero_goes_with_the_shares)
{
	fee_schedule s{};

	s.known[VENUE_NASDAQ][(unsigned)'A'] = true;
	s.rate[VENUE_NASDAQ][(unsigned)'A'] = 1000;
	Book k(64, false, &s);

	k.apply(k.buy(100, 10));
	k.apply(k.sell(150, 10));
	EXPECT_EQ(k.trips[0].fees, 200000);
	EXPECT_EQ(k.at().fees, 50000);
	EXPECT_EQ(k.b.paid, 250000);
}
