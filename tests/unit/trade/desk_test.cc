/* SPDX-License-Identifier: BSD-3-Clause */
// The desk by stories: a fire becomes an order, is answered, held, and closed; and whatever must not leave stays.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/calendar.h"
#include "lcore/trade/desk_parts.h"
}

namespace {

const uint64_t START_NS = UINT64_C(1773151200000000000); // 2026-03-10 10:00 New York

int64_t px(double dollars) { return llround(dollars * 1e6); }

struct Raised {
	latch_mode mode;
	latch_cause cause;
};

struct Desk {
	risk_limits limits;
	desk_gate gates[3]{};
	desk_conf conf{};
	desk_sink sink{};
	uint32_t word = LATCH_RUN, room = 1000;
	bool taken = true, kill_at_journal = false;
	Memory mem;
	desk d{};
	std::vector<trade_request> sent;
	std::vector<trade_report> events;
	std::vector<Raised> raised;
	std::vector<position_trip> trips;
	std::vector<uint64_t> ended;
	std::vector<position_sums> booked;
	std::vector<position_kept> kept; // as of each booking
	uint64_t now = START_NS, n = 0;
	std::map<uint64_t, uint64_t> fills;

	Desk()
	{
		EXPECT_EQ(calendar_load(), 0);
#define RISK_LIMIT(name, unit, help) limits.name = RISK_UNLIMITED;
#include "lcore/trade/risk.def"
		limits.short_max = limits.duplicate_window = 0;
		limits.collar_bps = 500;
		limits.quote_age = (int64_t)(5 * NS_PER_S);
		gates[0].price = PRICE_THROUGH; // long entry: at the ask
		gates[0].amount = 100;
		gates[1].price = PRICE_MARKET; // exit
		gates[2].price = PRICE_TOUCH;  // short entry
		gates[2].amount = 50;
		conf.orders.instruments = 4;
		conf.orders.orders = 64;
		conf.orders.seen_lines = 64;
		conf.orders.day = 20522;
		conf.fills = 256;
		conf.reports = 256;
		conf.limits = &limits;
		conf.ticks = risk_ticks_of;
		conf.gates = gates;
		conf.n_gates = 3;
		conf.latency[VENUE_NASDAQ] = { 50000, 60000, 70000 };
		conf.timeouts = { NS_PER_S, NS_PER_S, 3 };
		conf.retries_per_s = 1;
		conf.mode = &word;
		sink.ctx = this;
		sink.send = [](void *ctx, const trade_request *rq) {
			Desk *k = (Desk *)ctx;

			if (k->taken)
				k->sent.push_back(*rq);
			return k->taken;
		};
		sink.room = [](void *ctx, const trade_request *) { return ((Desk *)ctx)->room; };
		sink.journal = [](void *ctx, const trade_request *) {
			if (((Desk *)ctx)->kill_at_journal)
				((Desk *)ctx)->word = LATCH_KILL;
		};
		sink.ended = [](void *ctx, const own_order *o) { ((Desk *)ctx)->ended.push_back(o->id); };
		sink.booked = [](void *ctx, const trade_report *r) {
			Desk *k = (Desk *)ctx;

			k->kept.emplace_back(), k->booked.emplace_back();
			position_keep(&k->d.positions, r->instr, &k->kept.back(), &k->booked.back());
		};
		sink.event = [](void *ctx, const trade_report *r) { ((Desk *)ctx)->events.push_back(*r); };
		sink.trip = [](void *ctx, const position_trip *t) { ((Desk *)ctx)->trips.push_back(*t); };
		sink.raise = [](void *ctx, latch_mode mode, latch_cause cause, const char *) {
			((Desk *)ctx)->raised.push_back({ mode, cause });
		};
	}
	Desk(const Desk &) = delete;
	Desk &start()
	{
		mem = memory(desk_bytes(&conf));
		desk_init(&d, &conf, &sink, mem.get());
		for (uint32_t i = 0; i < 4; i++)
			desk_instrument(&d, i, 1000 + i, 0, 0);
		return *this;
	}
	void fire(uint8_t gate, bool exit = false, bool is_short = false, uint32_t instr = 1, double bid = 9.98,
		  double ask = 10)
	{
		desk_decision f{};

		now += NS_PER_S;
		f.symbol = 1000 + instr;
		f.close_ts = now;
		f.known_ns = now;
		f.submit_ns = now + 1000;
		f.bid = px(bid);
		f.ask = px(ask);
		f.range = px(.5);
		f.instr = instr;
		f.gate = gate;
		f.exit = exit;
		f.is_short = is_short;
		desk_fire(&d, &f);
	}
	void say(const trade_request &rq, report_kind kind, uint32_t qty = 0, double price = 10, uint32_t leaves = 0)
	{
		trade_report r{};

		r.id = rq.id;
		r.symbol = rq.symbol;
		r.instr = rq.instr;
		r.side = rq.side;
		r.source = rq.source;
		r.gate = rq.gate;
		r.kind = (uint8_t)kind;
		r.qty = qty;
		r.price = px(price);
		r.leaves = leaves;
		r.limit = rq.price;
		r.ts_ns = now;
		r.n = ++n;
		r.liquidity = 'A';
		if (kind == REPORT_FILL)
			r.fill_id = ++fills[rq.id];
		desk_report(&d, &r);
	}
	void wait(uint64_t ns = NS_PER_S)
	{
		now += ns;
		desk_time(&d, now);
	}
	// Said and known.
	void told(const trade_request &rq, report_kind kind, uint32_t qty = 0, double price = 10, uint32_t leaves = 0)
	{
		say(rq, kind, qty, price, leaves);
		wait(NS_PER_MS);
	}
	void hold(uint32_t qty) // a position by an entry
	{
		gates[0].amount = qty;
		fire(0);
		told(sent.back(), REPORT_ACCEPTED);
		told(sent.back(), REPORT_FILL, qty);
		ASSERT_EQ(held(), qty);
		sent.clear();
		events.clear();
	}
	int64_t held() { return d.positions.position[1].qty; }
	const exposure &at() { return d.instr[1].exposure; }
	risk_reason last_denial() { return events.empty() ? RISK_PASS : (risk_reason)events.back().why; }
	unsigned count(trade_action action)
	{
		unsigned k = 0;

		for (auto &rq : sent)
			k += rq.action == action;
		return k;
	}
};

} // namespace

TEST(desk, a_fire_becomes_an_order_a_position_and_money)
{
	Desk k;

	k.start().fire(0);
	ASSERT_EQ(k.sent.size(), 1u);
	trade_request rq = k.sent[0];

	EXPECT_EQ(rq.action, TRADE_NEW);
	EXPECT_EQ(rq.side, SIDE_BUY);
	EXPECT_EQ(rq.qty, 100u);
	EXPECT_EQ(rq.price, px(10));
	EXPECT_EQ(rq.symbol, 1001u);
	EXPECT_EQ(rq.source, SOURCE_GATE);
	EXPECT_EQ(rq.close_ts, k.now);
	EXPECT_EQ(rq.arrival_ns, k.now + 1000 + 50000); // submitted, and the way to the venue
	EXPECT_EQ(k.at().open_buy, 100);
	ASSERT_EQ(k.events.size(), 1u);
	EXPECT_EQ(k.events[0].kind, REPORT_SENT);
	EXPECT_EQ(k.events[0].state, STATE_SENT);
	k.told(rq, REPORT_ACCEPTED);
	EXPECT_EQ(order_find(&k.d.orders, rq.id)->state, STATE_LIVE);
	k.told(rq, REPORT_FILL, 60);
	EXPECT_EQ(k.held(), 60);
	EXPECT_EQ(k.at().open_buy, 40);
	EXPECT_EQ(order_engine_of(&k.d.orders, 1, SIDE_BUY, k.held(), false, 0, k.now), ENGINE_ENTERING);
	k.told(rq, REPORT_FILL, 40);
	EXPECT_EQ(k.at().open_buy, 0);
	EXPECT_EQ(k.d.account.gross, px(1000));
	k.fire(1, true, false, 1, 10.50, 10.52);
	ASSERT_EQ(k.sent.size(), 2u);
	EXPECT_EQ(k.sent[1].side, SIDE_SELL);
	EXPECT_EQ(k.sent[1].qty, 100u);
	EXPECT_EQ(k.sent[1].tif, TIF_IOC);
	EXPECT_EQ(k.sent[1].price, px(9.98)); // 9.975 is the collar, into it
	k.told(k.sent[1], REPORT_FILL, 100, 10.50);
	EXPECT_EQ(k.held(), 0);
	ASSERT_EQ(k.trips.size(), 1u);
	EXPECT_EQ(k.trips[0].realized, px(50));
	EXPECT_EQ(k.d.account.gross, 0);
	EXPECT_EQ(k.d.account.n_open, 0u);
	EXPECT_EQ(k.at().n_open, 0u);
	k.wait();
	EXPECT_EQ(k.sent.size(), 2u); // the exit is done
}

TEST(desk, what_is_not_wanted_twice)
{
	Desk k;

	k.gates[0].cool_ns = 10 * NS_PER_S;
	k.start().fire(0);
	k.now -= NS_PER_S;
	k.fire(0); // the same close: one order
	EXPECT_EQ(k.d.count[DESK_fires_merged], 1u);
	k.fire(0);
	EXPECT_EQ(k.d.count[DESK_fires_busy], 1u);
	k.told(k.sent[0], REPORT_FILL, 100);
	k.fire(0);
	EXPECT_EQ(k.d.count[DESK_fires_busy], 2u);
	k.fire(1, true);
	k.told(k.sent[1], REPORT_FILL, 100);
	k.fire(0);
	EXPECT_EQ(k.d.count[DESK_fires_cooling], 1u);
	k.fire(1, true);
	EXPECT_EQ(k.d.count[DESK_fires_flat], 1u);
	k.now += 10 * NS_PER_S;
	k.fire(0);
	EXPECT_EQ(k.sent.size(), 3u);
	// One that ended without a share cools down, too.
	k.told(k.sent[2], REPORT_CANCELLED);
	k.fire(0);
	EXPECT_EQ(k.d.count[DESK_fires_cooling], 2u);
	EXPECT_EQ(k.d.count[DESK_denied], 0u);
}

TEST(desk, sizes)
{
	desk_gate g{};

	g.amount = 300;
	EXPECT_EQ(desk_shares(&g, px(10), 0), 300u);
	g.size = SIZE_NOTIONAL;
	g.amount = px(1000);
	EXPECT_EQ(desk_shares(&g, px(9.99), 0), 100u);
	g.size = SIZE_RISK; // 500 dollars may be lost at two ranges of .50
	g.amount = px(500);
	g.risk_by = 2000;
	EXPECT_EQ(desk_shares(&g, px(10), px(.50)), 500u);
	EXPECT_EQ(desk_shares(&g, px(10), 0), 0u); // no range is known: no shares, which is refused
	EXPECT_EQ(desk_shares(&g, px(10), 1), 250000000u);
	g.amount = INT64_MAX;
	EXPECT_EQ(desk_shares(&g, px(10), 1), UINT32_MAX);
}

TEST(desk, prices_by_gate)
{
	Desk k;
	uint8_t tif = TIF_DAY;
	auto price = [&](desk_price how, uint8_t side, int32_t ticks) {
		return desk_price_of(&k.d, 1, RISK_ENTRY, side, how, ticks, &tif);
	};

	k.start();
	desk_quote(&k.d, 1, px(9.97), px(10), k.now, k.now);
	EXPECT_EQ(price(PRICE_TOUCH, SIDE_BUY, 0), px(9.97));
	EXPECT_EQ(price(PRICE_TOUCH, SIDE_BUY, 1), px(9.98));
	EXPECT_EQ(price(PRICE_TOUCH, SIDE_SELL, 1), px(9.99));
	EXPECT_EQ(price(PRICE_MID, SIDE_BUY, 0), px(9.98));
	EXPECT_EQ(price(PRICE_MID, SIDE_SELL, 0), px(9.99));
	EXPECT_EQ(price(PRICE_THROUGH, SIDE_BUY, 2), px(10.02));
	EXPECT_EQ(price(PRICE_THROUGH, SIDE_SELL, 0), px(9.97));
	EXPECT_EQ(tif, TIF_DAY);
	EXPECT_EQ(price(PRICE_MARKET, SIDE_BUY, 0), px(10.50));
	EXPECT_EQ(tif, TIF_IOC);
}

TEST(desk, ticks_are_of_the_instrument)
{
	Desk k;
	uint8_t tif = TIF_DAY;

	k.start();
	desk_tick_table(&k.d, 1, RISK_TICKS_HALF_CENT);
	for (uint32_t i = 1; i <= 2; i++)
		desk_quote(&k.d, i, px(9.99), px(10), k.now, k.now);
	EXPECT_EQ(desk_price_of(&k.d, 1, RISK_ENTRY, SIDE_BUY, PRICE_MID, 0, &tif), px(9.995));
	EXPECT_EQ(desk_price_of(&k.d, 2, RISK_ENTRY, SIDE_BUY, PRICE_MID, 0, &tif), px(9.99));
	EXPECT_EQ(desk_price_of(&k.d, 1, RISK_ENTRY, SIDE_BUY, PRICE_TOUCH, 1, &tif), px(9.995));
	EXPECT_EQ(desk_limit_of(&k.d, 1, SIDE_SELL, px(9.9912)), px(9.995));
	EXPECT_EQ(desk_limit_of(&k.d, 2, SIDE_SELL, px(9.9912)), px(10));
	k.gates[0].price = PRICE_MID; // what it checks against is the same table
	k.fire(0, false, false, 1, 9.99, 10);
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].price, px(9.995));
}

TEST(desk, a_denied_order_has_its_row_and_its_reason)
{
	Desk k;

	k.limits.qty_max = 99;
	k.start().fire(0);
	EXPECT_TRUE(k.sent.empty());
	ASSERT_EQ(k.events.size(), 1u);
	EXPECT_EQ(k.events[0].kind, REPORT_DENIED);
	EXPECT_EQ(k.events[0].state, STATE_DENIED);
	EXPECT_EQ(k.events[0].total, 100u);
	EXPECT_EQ(k.last_denial(), RISK_QTY_MAX);
	EXPECT_NE(k.events[0].id, 0u);
	EXPECT_EQ(k.d.denied[RISK_QTY_MAX], 1u);
	k.fire(0, false, false, 1, 0, 10); // no bid
	EXPECT_EQ(k.last_denial(), RISK_QTY_MAX);
	k.limits.qty_max = 100;
	k.fire(0, false, false, 1, 0, 10);
	EXPECT_EQ(k.last_denial(), RISK_NO_REFERENCE);
	desk_instrument(&k.d, 1, 1001, 0, RISK_FACT_STALE);
	k.fire(0);
	EXPECT_EQ(k.last_denial(), RISK_DATA_STALE);
	EXPECT_NE(k.events[0].id, k.events[1].id);
	k.fire(2, false, true);
	EXPECT_EQ(k.last_denial(), RISK_DATA_STALE);
	desk_instrument(&k.d, 1, 1001, 0, 0);
	k.fire(2, false, true); // short = no
	EXPECT_EQ(k.last_denial(), RISK_POSITION_MAX);
	EXPECT_EQ(k.at().open_buy + k.at().open_sell, 0);
}

TEST(desk, an_exit_is_split_and_goes_on_until_flat)
{
	Desk k;

	k.limits.qty_max = 100;
	k.start();
	desk_adopt(&k.d, 1, 250, px(10), k.now);
	desk_instrument(&k.d, 1, 1001, 0, RISK_FACT_STALE | RISK_FACT_GAP | RISK_FACT_HALTED); // never an exit's matter
	k.fire(1, true);
	ASSERT_EQ(k.sent.size(), 3u);
	EXPECT_EQ(k.sent[0].qty + k.sent[1].qty + k.sent[2].qty, 250u);
	k.told(k.sent[0], REPORT_FILL, 100, 9.98);
	k.told(k.sent[1], REPORT_FILL, 30, 9.98);
	k.told(k.sent[1], REPORT_CANCELLED);
	k.wait();
	EXPECT_EQ(k.sent.size(), 3u); // one of them is open
	k.told(k.sent[2], REPORT_REJECTED);
	k.wait();
	ASSERT_EQ(k.sent.size(), 5u); // the other 120
	EXPECT_EQ(k.sent[3].qty + k.sent[4].qty, 120u);
	EXPECT_EQ(k.d.count[DESK_retries], 1u);
	EXPECT_EQ(k.d.count[DESK_alarms], 0u);
	k.told(k.sent[3], REPORT_CANCELLED);
	k.told(k.sent[4], REPORT_CANCELLED);
	k.wait();
	EXPECT_EQ(k.d.count[DESK_alarms], 1u); // the second time
	ASSERT_EQ(k.sent.size(), 7u);
	k.told(k.sent[5], REPORT_FILL, 100, 9.98);
	k.told(k.sent[6], REPORT_FILL, 20, 9.98);
	EXPECT_EQ(k.held(), 0);
	for (int i = 0; i < 3; i++)
		k.wait();
	EXPECT_EQ(k.sent.size(), 7u);
}

TEST(desk, an_exit_without_a_quote_uses_the_last_one)
{
	Desk k;

	k.limits.blind_bps = 100;
	k.start().hold(100);
	k.fire(1, true, false, 1, 0, 10);
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].price, px(9.39)); // 9.98 less 6 %
	EXPECT_EQ(k.d.count[DESK_alarms], 1u);
}

TEST(desk, an_exit_ends_what_is_still_entering)
{
	Desk k;

	k.start().fire(0);
	k.told(k.sent[0], REPORT_ACCEPTED);
	k.told(k.sent[0], REPORT_FILL, 30);
	k.fire(1, true);
	ASSERT_EQ(k.sent.size(), 3u);
	EXPECT_EQ(k.sent[1].qty, 30u); // the exit goes first
	EXPECT_EQ(k.sent[2].action, TRADE_CANCEL);
	EXPECT_EQ(k.sent[2].id, k.sent[0].id);
	EXPECT_EQ(k.sent[2].arrival_ns, k.now + 1000 + 60000);
	k.told(k.sent[0], REPORT_FILL, 20); // before the cancel arrived
	k.told(k.sent[0], REPORT_CANCELLED);
	k.told(k.sent[1], REPORT_FILL, 30);
	k.wait();
	ASSERT_EQ(k.sent.size(), 4u);
	EXPECT_EQ(k.sent[3].qty, 20u); // and so is what it brought
	// An entry that has brought nothing yet.
	Desk e;

	e.start().fire(0);
	e.fire(1, true);
	EXPECT_EQ(e.count(TRADE_CANCEL), 1u);
	e.told(e.sent[0], REPORT_FILL, 100);
	e.wait();
	ASSERT_EQ(e.count(TRADE_NEW), 2u);
	EXPECT_EQ(e.sent.back().qty, 100u);
}

TEST(desk, a_stop_is_of_its_position)
{
	Desk k;
	stop_fire f{};

	k.start().hold(100);
	f.position_id = 1;
	f.side = SIDE_SELL;
	f.qty = 100;
	desk_stop(&k.d, 1, &f, k.now);
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].source, SOURCE_STOP);
	EXPECT_EQ(k.sent[0].tif, TIF_IOC);
	f.retry = 1;
	desk_stop(&k.d, 1, &f, k.now); // it is on its way already
	EXPECT_EQ(k.sent.size(), 1u);
	k.told(k.sent[0], REPORT_FILL, 100);
	EXPECT_EQ(k.trips[0].exit_source, SOURCE_STOP);
	desk_stop(&k.d, 1, &f, k.now);
	EXPECT_EQ(k.d.count[DESK_stops_stale], 1u);
	k.hold(100); // another position
	desk_stop(&k.d, 1, &f, k.now);
	EXPECT_EQ(k.d.count[DESK_stops_stale], 2u);
	f.position_id = 2;
	f.limit = px(9.90);
	desk_stop(&k.d, 1, &f, k.now);
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].price, px(9.90));
}

// Whatever its offset: a limit that no check lets pass would be tried for ever.
TEST(desk, a_stops_limit_may_always_leave)
{
	struct {
		double limit, price;
		uint8_t tif;
	} cases[] = { { 9.90, 9.90, TIF_DAY }, { 9.905, 9.91, TIF_DAY },     // to the tick, and not worse than asked for
		      { 9.00, 9.49, TIF_DAY }, { -5, 9.49, TIF_IOC } }; // the collar is at 9.481

	for (auto &c : cases) {
		Desk k;
		stop_fire f{};

		k.start().hold(100);
		f.position_id = 1;
		f.side = SIDE_SELL;
		f.qty = 100;
		f.limit = px(c.limit);
		desk_stop(&k.d, 1, &f, k.now);
		ASSERT_EQ(k.sent.size(), 1u) << c.limit;
		EXPECT_EQ(k.sent[0].price, px(c.price)) << c.limit;
		EXPECT_EQ(k.sent[0].tif, c.tif) << c.limit;
	}
	Desk k; // a short's
	stop_fire f{};

	k.limits.short_max = RISK_UNLIMITED;
	k.start();
	desk_adopt(&k.d, 1, -100, px(10), k.now);
	desk_quote(&k.d, 1, px(9.98), px(10), k.now, k.now);
	f.position_id = 1;
	f.side = SIDE_BUY;
	f.limit = px(11);
	desk_stop(&k.d, 1, &f, k.now);
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].price, px(10.50));
}

TEST(desk, an_exit_that_nothing_was_quoted_for_alarms)
{
	Desk k;
	stop_fire f{};

	k.start();
	desk_adopt(&k.d, 1, 100, px(10), k.now);
	f.position_id = 1;
	f.side = SIDE_SELL;
	desk_stop(&k.d, 1, &f, k.now);
	EXPECT_TRUE(k.sent.empty());
	EXPECT_EQ(k.last_denial(), RISK_NO_REFERENCE);
	EXPECT_EQ(k.d.count[DESK_alarms], 1u);
	// Of the session: the quotes of yesterday say nothing.
	Desk day;

	day.start().hold(100);
	day.now += NS_PER_DAY;
	day.fire(1, true, false, 1, 0, 10);
	EXPECT_TRUE(day.sent.empty());
	EXPECT_EQ(day.last_denial(), RISK_NO_REFERENCE);
	day.fire(1, true);
	EXPECT_EQ(day.sent.size(), 1u);
}

TEST(desk, an_entry_rests_for_its_time_and_follows_the_touch)
{
	Desk k;

	k.gates[0].price = PRICE_TOUCH;
	k.gates[0].ttl_ns = 10 * NS_PER_S;
	k.gates[0].reprice_ticks = 2;
	k.gates[0].reprice_max = 2;
	k.start().fire(0);
	k.told(k.sent[0], REPORT_ACCEPTED);
	EXPECT_EQ(k.sent[0].price, px(9.98));
	desk_quote(&k.d, 1, px(9.99), px(10.02), k.now, k.now);
	EXPECT_EQ(k.sent.size(), 1u);
	desk_quote(&k.d, 1, px(10), px(10.02), k.now, k.now);
	ASSERT_EQ(k.sent.size(), 2u);
	EXPECT_EQ(k.sent[1].action, TRADE_REPLACE);
	EXPECT_EQ(k.sent[1].price, px(10));
	EXPECT_EQ(k.sent[1].qty, 100u);
	EXPECT_EQ(k.sent[1].id, k.sent[0].id);
	desk_quote(&k.d, 1, px(10.05), px(10.06), k.now, k.now); // one at a time
	EXPECT_EQ(k.sent.size(), 2u);
	k.told(k.sent[1], REPORT_REPLACED, 0, 0, 100);
	desk_quote(&k.d, 1, px(10.05), px(10.06), k.now, k.now);
	k.told(k.sent[2], REPORT_REPLACED, 0, 0, 100);
	EXPECT_EQ(order_find(&k.d.orders, k.sent[0].id)->price, px(10.05));
	desk_quote(&k.d, 1, px(11), px(11.01), k.now, k.now); // so often and no more
	EXPECT_EQ(k.count(TRADE_REPLACE), 2u);
	k.wait(11 * NS_PER_S);
	EXPECT_EQ(k.count(TRADE_CANCEL), 1u);
	k.told(k.sent[0], REPORT_CANCELLED);
	EXPECT_EQ(k.at().open_buy, 0);
	EXPECT_EQ(k.at().n_open, 0u);
}

TEST(desk, nothing_is_sent_after_a_kill)
{
	Desk k;

	k.start().hold(100);
	k.gates[0].price = PRICE_TOUCH;
	k.fire(0, false, false, 2);
	k.told(k.sent[0], REPORT_ACCEPTED);
	k.word = LATCH_KILL;
	k.fire(0, false, false, 3);
	EXPECT_EQ(k.last_denial(), RISK_KILLED);
	k.fire(1, true);
	EXPECT_EQ(k.last_denial(), RISK_KILLED);
	desk_do(&k.d, DESK_FLATTEN, k.now);
	EXPECT_EQ(k.last_denial(), RISK_KILLED);
	EXPECT_EQ(k.count(TRADE_NEW), 1u);
	// What rests is cancelled, each second until it is gone.
	k.wait(NS_PER_MS);
	EXPECT_EQ(k.count(TRADE_CANCEL), 1u);
	for (int i = 0; i < 6; i++)
		k.wait();
	EXPECT_EQ(k.count(TRADE_CANCEL), 7u);
	EXPECT_GT(k.d.count[DESK_alarms], 0u);
	k.told(k.sent[0], REPORT_FILL, 10); // booked, whatever we want
	k.told(k.sent[0], REPORT_CANCELLED);
	EXPECT_EQ(k.d.positions.position[2].qty, 10);
	for (int i = 0; i < 6; i++)
		k.wait();
	EXPECT_EQ(k.count(TRADE_CANCEL), 7u);
	EXPECT_EQ(k.count(TRADE_NEW), 1u);
	k.word = LATCH_RUN; // an operator's resume
	desk_do(&k.d, DESK_RESUME, k.now);
	k.fire(0, false, false, 3);
	k.wait();
	EXPECT_EQ(k.count(TRADE_NEW), 2u); // what a kill has stopped does not come back by itself
}

TEST(desk, the_kill_flag_is_read_last)
{
	Desk k;

	k.kill_at_journal = true; // after all checks, before it is sent
	k.start().fire(0);
	EXPECT_TRUE(k.sent.empty());
	EXPECT_EQ(k.d.count[DESK_stopped_last], 1u);
	EXPECT_EQ(k.last_denial(), RISK_KILLED);
	EXPECT_EQ(k.at().open_buy, 0);
	EXPECT_EQ(k.d.account.n_open, 0u);
	Desk none; // nobody has said what may leave

	none.conf.mode = nullptr;
	none.start().fire(0);
	EXPECT_EQ(none.last_denial(), RISK_KILLED);
}

TEST(desk, no_limits_no_orders_but_cancels)
{
	Desk k;

	k.start().fire(0);
	k.d.conf.limits = nullptr;
	k.fire(0, false, false, 2);
	EXPECT_EQ(k.last_denial(), RISK_LIMITS_ABSENT);
	k.word = LATCH_KILL;
	k.wait();
	EXPECT_EQ(k.count(TRADE_CANCEL), 1u);
	Desk absent;

	absent.start().fire(0);
	risk_limits_clear(&absent.limits);
	absent.word = LATCH_KILL;
	absent.wait();
	EXPECT_EQ(absent.count(TRADE_CANCEL), 1u);
}

TEST(desk, a_full_link_refuses_and_reserves_nothing)
{
	Desk k;

	k.room = 0;
	k.start().fire(0);
	EXPECT_EQ(k.last_denial(), RISK_LINK_FULL);
	k.room = 1;
	k.taken = false; // although there was room
	k.fire(0);
	EXPECT_EQ(k.last_denial(), RISK_LINK_FULL);
	EXPECT_EQ(k.at().open_buy, 0);
	EXPECT_EQ(k.d.account.n_open, 0u);
	k.taken = true;
	k.fire(0);
	k.taken = false;
	k.word = LATCH_KILL; // a cancel that cannot leave is tried again
	k.wait();
	EXPECT_EQ(k.count(TRADE_CANCEL), 0u);
	k.taken = true;
	k.wait();
	EXPECT_EQ(k.count(TRADE_CANCEL), 1u);
}

TEST(desk, no_answer_refuses_entries_of_the_instrument)
{
	Desk k;

	k.start().fire(0);
	k.wait(2 * NS_PER_S);
	EXPECT_EQ(k.events.back().kind, REPORT_UNKNOWN);
	EXPECT_EQ(k.at().n_unknown, 1u);
	EXPECT_EQ(k.at().open_buy, 100); // counts in full
	k.fire(0);
	EXPECT_EQ(k.last_denial(), RISK_UNKNOWN_ORDER);
	EXPECT_EQ(k.sent.size(), 1u); // no retry under another id
	k.told(k.sent[0], REPORT_ACCEPTED);
	EXPECT_EQ(k.at().n_unknown, 0u);
	desk_lost(&k.d, VENUE_NASDAQ, k.now);
	EXPECT_EQ(k.at().n_unknown, 1u);
	k.told(k.sent[0], REPORT_CANCELLED);
	EXPECT_EQ(k.at().n_unknown, 0u);
	EXPECT_EQ(k.at().open_buy, 0);
}

// What an earlier start has sent, as its journal kept it.
trade_request of_before(uint64_t id = 4711, uint32_t qty = 70)
{
	trade_request rq{};

	rq.id = id, rq.symbol = 1001, rq.qty = qty, rq.price = px(10), rq.side = SIDE_BUY, rq.venue = VENUE_NASDAQ;
	rq.instr = 3; // of that start
	return rq;
}

TEST(desk, what_an_earlier_start_left_out_blocks_until_the_venue_says)
{
	Desk k;
	trade_request rq = of_before();

	k.start();
	k.word = LATCH_HALT; // it is asked about in every mode
	ASSERT_TRUE(desk_recall(&k.d, 1, &rq, 0, k.now));
	k.word = LATCH_RUN;
	EXPECT_EQ(k.d.account.n_open, 1u);
	EXPECT_EQ(k.d.instr[1].exposure.open_buy, 70);
	EXPECT_EQ(k.d.instr[1].exposure.n_unknown, 1u);
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].action, TRADE_QUERY);
	EXPECT_EQ(k.sent[0].id, 4711u);
	EXPECT_EQ(k.events.back().kind, REPORT_UNKNOWN);
	k.fire(0);
	EXPECT_EQ(k.d.denied[RISK_UNKNOWN_ORDER], 1u);
	k.wait(); // time does not end it
	desk_query(&k.d, k.now);
	ASSERT_EQ(k.sent.size(), 2u);
	EXPECT_EQ(k.sent[1].action, TRADE_QUERY);
	k.told(k.sent[1], REPORT_CANCELLED);
	EXPECT_EQ(k.ended, std::vector<uint64_t>{ 4711 });
	EXPECT_EQ(k.d.instr[1].exposure.open_buy, 0);
	EXPECT_TRUE(k.raised.empty());
	desk_query(&k.d, k.now);
	EXPECT_EQ(k.sent.size(), 2u);
	k.fire(0);
	EXPECT_EQ(k.sent.size(), 3u);
	EXPECT_EQ(k.sent.back().action, TRADE_NEW);
}

TEST(desk, an_order_of_before_counts_with_what_is_not_filled)
{
	Desk k;
	trade_request rq = of_before(); // 70 shares

	k.start();
	ASSERT_TRUE(desk_recall(&k.d, 1, &rq, 40, k.now));
	order_remember(&k.d.orders, 4711, 1, false);
	EXPECT_EQ(k.d.instr[1].exposure.open_buy, 30);
	k.told(k.sent[0], REPORT_FILL, 40); // number 1, said again
	EXPECT_EQ(k.d.positions.position[1].qty, 0);
	k.told(k.sent[0], REPORT_FILL, 30);
	EXPECT_EQ(k.d.positions.position[1].qty, 30);
	EXPECT_EQ(k.d.orders.surprises[ORDER_DUPLICATE], 1u);
	EXPECT_EQ(k.ended, std::vector<uint64_t>{ 4711 });
	EXPECT_TRUE(k.raised.empty());
}

// What the first desk has kept at each booking makes a second one that goes on where the first one is.
TEST(desk, positions_and_the_days_loss_go_on_after_a_kill)
{
	Desk was, is;

	was.limits.loss_day = is.limits.loss_day = px(40);
	was.limits.short_max = is.limits.short_max = RISK_UNLIMITED;
	was.start(), is.start();
	was.fire(0); // buys 100 at 10
	was.told(was.sent[0], REPORT_FILL, 100, 10);
	was.fire(0, true, false, 1, 9.7, 9.72);
	was.told(was.sent[1], REPORT_FILL, 60, 9.7); // 18 lost
	was.fire(2, false, true, 3, 20, 20.02); // sells 50 short
	was.told(was.sent.back(), REPORT_FILL, 50, 20);
	ASSERT_EQ(was.booked.size(), 3u);
	EXPECT_EQ(was.d.positions.position[1].qty, 40);
	EXPECT_EQ(was.d.positions.position[3].qty, -50);

	is.now = was.now;
	desk_go_on(&is.d, &was.booked[2], &was.kept[1], 1);
	desk_go_on(&is.d, &was.booked[2], &was.kept[2], 1);
	// Before their instruments are known they count already.
	EXPECT_EQ(is.d.account.gross, 40 * px(9.72) + 50 * px(20.02));
	EXPECT_EQ(is.d.account.net_long, 40 * px(9.72) - 50 * px(20.02));
	desk_time(&is.d, is.now);
	EXPECT_EQ(is.d.account.day_net, was.d.account.day_net);
	desk_restore(&is.d, 2, &was.kept[1], is.now, is.now); // the number of an instrument is another one
	desk_restore(&is.d, 0, &was.kept[2], is.now, is.now);
	EXPECT_EQ(is.d.account.gross, 40 * px(9.72) + 50 * px(20.02));
	EXPECT_EQ(is.d.instr[2].exposure.position, 40);
	const position &a = was.d.positions.position[1], &b = is.d.positions.position[2];

	EXPECT_EQ(b.qty, a.qty);
	EXPECT_EQ(b.cost, a.cost);
	EXPECT_EQ(b.id, a.id);
	EXPECT_EQ(b.realized, a.realized);
	EXPECT_EQ(is.d.account.day_net, was.d.account.day_net);
	EXPECT_EQ(is.d.count[DESK_restored], 2u);
	EXPECT_TRUE(is.raised.empty());
	for (Desk *k : { &was, &is }) { // the same quote, and the loss of before counts
		uint32_t at = k == &was ? 1 : 2;

		desk_quote(&k->d, at, px(9.2), px(9.22), k->now, k->now);
		desk_time(&k->d, k->now);
		ASSERT_EQ(k->raised.size(), 1u);
		EXPECT_EQ(k->raised[0].cause, LATCH_LOSS);
	}
	EXPECT_EQ(is.d.account.day_net, was.d.account.day_net);
	desk_time(&is.d, is.now + 24 * 3600 * NS_PER_S); // another day begins at the marks of now
	EXPECT_EQ(is.d.account.day_net, 0);
}

TEST(desk, what_goes_on_can_leave_and_new_positions_have_new_numbers)
{
	Desk k;
	position_sums s{};
	position_kept p{};

	k.start();
	s.last_id = 9, s.day = k.conf.orders.day;
	p.symbol = 1001, p.id = 4, p.qty = 30, p.cost = 30 * px(10);
	desk_go_on(&k.d, &s, &p, 1);
	desk_restore(&k.d, 1, &p, k.now, k.now);
	k.fire(1, true); // at market
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].qty, 30u);
	EXPECT_EQ(k.sent[0].side, SIDE_SELL);
	k.told(k.sent[0], REPORT_FILL, 30, 9.98);
	ASSERT_EQ(k.trips.size(), 1u);
	EXPECT_EQ(k.trips[0].position_id, 4u);
	EXPECT_EQ(k.trips[0].realized, 30 * px(-.02));
	k.fire(0);
	k.told(k.sent[1], REPORT_FILL, 10, 10);
	EXPECT_EQ(k.d.positions.position[1].id, 10u);
}

// Before any row: the desk has no time, then none but old quotes.
TEST(desk, what_goes_on_leaves_at_the_last_quote_that_was_kept)
{
	Desk k;
	position_sums s{};
	position_kept p{};

	k.limits.blind_bps = 100;
	k.start();
	s.last_id = 9, s.day = k.conf.orders.day, s.realized = px(-5);
	p.symbol = 1001, p.id = 4, p.qty = 30, p.cost = 30 * px(10), p.bid = px(10), p.ask = px(10.02);
	desk_go_on(&k.d, &s, &p, 1);
	desk_query(&k.d, 0);
	desk_do(&k.d, DESK_FLATTEN, 0);
	EXPECT_EQ(k.d.account.day_net, px(-5));
	desk_restore(&k.d, 1, &p, k.now, 0);
	desk_flatten(&k.d, 1, 0);
	EXPECT_TRUE(k.sent.empty());
	EXPECT_EQ(k.d.n_exits, 1u);
	k.wait();
	ASSERT_EQ(k.sent.size(), 1u);
	EXPECT_EQ(k.sent[0].qty, 30u);
	EXPECT_EQ(k.sent[0].tif, TIF_IOC);
	EXPECT_EQ(k.sent[0].price, px(10) - px(10) * (k.limits.collar_bps + k.limits.blind_bps) / 10000);
	EXPECT_GT(k.d.count[DESK_alarms], 0u);
	EXPECT_EQ(position_day_net(&k.d.positions), px(-5)); // the day is the same one
}

TEST(desk, quotes_of_another_day_are_no_reference)
{
	Desk k;
	position_sums s{};
	position_kept p{};

	k.start();
	s.last_id = 9, s.day = k.conf.orders.day;
	p.symbol = 1001, p.id = 4, p.qty = 30, p.cost = 30 * px(10), p.bid = px(10), p.ask = px(10.02);
	desk_go_on(&k.d, &s, &p, 1);
	desk_restore(&k.d, 1, &p, k.now - 24 * 3600 * NS_PER_S, k.now);
	desk_flatten(&k.d, 1, k.now);
	EXPECT_EQ(k.last_denial(), RISK_NO_REFERENCE);
	EXPECT_EQ(k.d.count[DESK_alarms], 1u);
	desk_quote(&k.d, 1, px(9.9), px(9.92), k.now, k.now);
	k.wait();
	ASSERT_EQ(k.sent.size(), 1u); // tried again with the first evidence
	k.told(k.sent[0], REPORT_CANCELLED);
	k.now += 24 * 3600 * NS_PER_S;
	k.wait();
	EXPECT_EQ(k.last_denial(), RISK_NO_REFERENCE);
	EXPECT_EQ(k.sent.size(), 1u);
}

// An exit that was out at the kill, by a gate or an operator: nobody would decide it again.
TEST(desk, an_exit_of_before_goes_on_when_its_end_is_known)
{
	for (uint8_t source : { SOURCE_GATE, SOURCE_OPERATOR, SOURCE_STOP }) {
		Desk k;
		position_sums s{};
		position_kept p{};
		trade_request rq = of_before();

		k.start();
		s.last_id = 9, s.day = k.conf.orders.day;
		p.symbol = 1001, p.id = 4, p.qty = 70, p.cost = 70 * px(10), p.bid = px(10), p.ask = px(10.02);
		rq.side = SIDE_SELL, rq.source = source, rq.gate = source == SOURCE_GATE ? 1 : UINT8_MAX;
		desk_go_on(&k.d, &s, &p, 1);
		desk_restore(&k.d, 1, &p, k.now, k.now);
		ASSERT_TRUE(desk_recall(&k.d, 1, &rq, 0, k.now));
		k.wait();
		EXPECT_EQ(k.sent.size(), 1u) << "it may be filled still";
		k.told(k.sent[0], REPORT_FILL, 30);
		k.told(k.sent[0], REPORT_CANCELLED);
		k.wait();
		if (source == SOURCE_STOP) { // which decides itself
			EXPECT_EQ(k.sent.size(), 1u);
			continue;
		}
		ASSERT_EQ(k.sent.size(), 2u);
		EXPECT_EQ(k.sent[1].action, TRADE_NEW);
		EXPECT_EQ(k.sent[1].side, SIDE_SELL);
		EXPECT_EQ(k.sent[1].qty, 40u);
		EXPECT_EQ(k.sent[1].source, source);
		k.told(k.sent[1], REPORT_FILL, 40);
		k.wait();
		EXPECT_EQ(k.sent.size(), 2u);
		EXPECT_EQ(k.d.n_exits, 0u);
	}
}

TEST(desk, a_kill_forgets_an_exit_of_before)
{
	Desk k;
	position_sums s{};
	position_kept p{};
	trade_request rq = of_before();

	k.start();
	k.word = LATCH_KILL;
	s.last_id = 9, s.day = k.conf.orders.day;
	p.symbol = 1001, p.id = 4, p.qty = 70, p.cost = 70 * px(10), p.bid = px(10), p.ask = px(10.02);
	rq.side = SIDE_SELL, rq.source = SOURCE_GATE, rq.gate = 1;
	desk_go_on(&k.d, &s, &p, 1);
	desk_restore(&k.d, 1, &p, k.now, k.now);
	ASSERT_TRUE(desk_recall(&k.d, 1, &rq, 0, k.now));
	k.wait();
	k.told(k.sent[0], REPORT_CANCELLED);
	k.word = LATCH_RUN;
	size_t n = k.sent.size();

	k.wait();
	EXPECT_EQ(k.sent.size(), n);
}

TEST(desk, an_operator_settles_what_is_unknown_and_a_fill_of_it_halts)
{
	Desk k;
	trade_request rq = of_before(), other = of_before(4712, 30);

	k.start();
	ASSERT_TRUE(desk_recall(&k.d, 1, &rq, 0, k.now));
	ASSERT_TRUE(desk_recall(&k.d, 2, &other, 0, k.now));
	EXPECT_EQ(desk_settle(&k.d, 1, k.now), 1u);
	EXPECT_EQ(desk_settle(&k.d, 1, k.now), 0u);
	EXPECT_EQ(k.ended, std::vector<uint64_t>{ 4711 });
	EXPECT_EQ(k.d.instr[1].exposure.n_unknown, 0u);
	EXPECT_EQ(k.d.instr[2].exposure.n_unknown, 1u);
	EXPECT_EQ(k.events.back().state, STATE_CANCELLED);
	k.told(k.sent[0], REPORT_FILL, 70);
	EXPECT_EQ(k.d.positions.position[1].qty, 70); // booked whatever was believed
	ASSERT_EQ(k.raised.size(), 1u);
	EXPECT_EQ(k.raised[0].mode, LATCH_HALT);
}

TEST(desk, a_journal_hears_of_each_end_once)
{
	Desk k;

	k.start();
	k.fire(0);
	k.told(k.sent[0], REPORT_ACCEPTED, 0, 10, 100);
	EXPECT_TRUE(k.ended.empty());
	k.told(k.sent[0], REPORT_FILL, 100);
	EXPECT_EQ(k.ended, std::vector<uint64_t>{ k.sent[0].id });
	k.told(k.sent[0], REPORT_CANCELLED); // said of what has ended
	EXPECT_EQ(k.ended.size(), 1u);
	k.taken = false; // it was journalled, and does not leave
	k.fire(0, false, false, 2);
	EXPECT_EQ(k.ended.size(), 2u);
}

TEST(desk, the_days_loss_latches)
{
	Desk k;

	k.limits.loss_day = px(50);
	k.start().hold(100);
	desk_quote(&k.d, 1, px(9.51), px(9.53), k.now, k.now); // -49
	k.wait();
	EXPECT_TRUE(k.raised.empty());
	desk_quote(&k.d, 1, px(9.50), px(9.52), k.now, k.now); // without a trade, too
	k.wait();
	ASSERT_EQ(k.raised.size(), 1u);
	EXPECT_EQ(k.raised[0].mode, LATCH_REDUCE);
	EXPECT_EQ(k.raised[0].cause, LATCH_LOSS);
	desk_quote(&k.d, 1, px(12), px(12.02), k.now, k.now); // it recovers: the latch does not
	k.fire(0, false, false, 2, 12, 12.02);
	EXPECT_EQ(k.last_denial(), RISK_REDUCING_ONLY);
	k.fire(1, true, false, 1, 12, 12.02);
	EXPECT_EQ(k.sent.size(), 1u);
	desk_do(&k.d, DESK_RESUME, k.now);
	k.fire(0, false, false, 2, 12, 12.02);
	EXPECT_EQ(k.sent.size(), 2u);
}

TEST(desk, rejects_and_denials_in_a_row_latch)
{
	Desk k;

	k.limits.rejects_max = 1;
	k.start();
	for (int i = 0; i < 2; i++) {
		k.fire(0);
		k.told(k.sent.back(), REPORT_REJECTED);
	}
	EXPECT_EQ(k.sent.size(), 2u);
	k.fire(0);
	EXPECT_EQ(k.last_denial(), RISK_REJECTS_CONSECUTIVE);
	desk_do(&k.d, DESK_RESUME, k.now);
	k.fire(0);
	EXPECT_EQ(k.sent.size(), 3u);
	Desk deny;

	deny.limits.denials_max = 2;
	deny.limits.qty_max = 1;
	deny.start();
	for (int i = 0; i < 3; i++)
		deny.fire(0);
	EXPECT_EQ(deny.last_denial(), RISK_QTY_MAX);
	deny.limits.qty_max = 1000; // a loop of refused orders stays stopped
	deny.fire(0);
	EXPECT_EQ(deny.last_denial(), RISK_REJECTS_CONSECUTIVE);
}

TEST(desk, what_we_did_not_know_is_booked_and_halts)
{
	Desk k;
	trade_request ghost{};

	k.start();
	ghost.id = 4711;
	ghost.instr = 1;
	ghost.symbol = 1001;
	ghost.side = SIDE_BUY;
	k.told(ghost, REPORT_FILL, 70);
	EXPECT_EQ(k.held(), 70);
	ASSERT_EQ(k.raised.size(), 1u);
	EXPECT_EQ(k.raised[0].mode, LATCH_HALT);
	EXPECT_EQ(k.raised[0].cause, LATCH_MISMATCH);
	k.fire(1, true);
	EXPECT_EQ(k.last_denial(), RISK_TRADING_HALTED);
	desk_do(&k.d, DESK_RESUME, k.now);
	k.wait();
	EXPECT_EQ(k.sent.size(), 1u); // the exit that was wanted
}

TEST(desk, a_report_is_known_after_its_way_back)
{
	Desk k;

	k.start().fire(0);
	k.say(k.sent[0], REPORT_FILL, 100);
	desk_time(&k.d, k.now + 69999);
	EXPECT_EQ(k.held(), 0);
	desk_time(&k.d, k.now + 70000);
	EXPECT_EQ(k.held(), 100);
	// Whenever they come: the order is that of their times.
	Desk j;

	j.start().fire(0);
	for (uint64_t late : { 500, 300, 400, 100, 200 }) {
		trade_report r{};

		r.kind = REPORT_FILL;
		r.id = j.sent[0].id;
		r.instr = 1;
		r.side = SIDE_BUY;
		r.fill_id = late;
		r.qty = (uint32_t)late / 100;
		r.price = px(10);
		r.ts_ns = j.now + late;
		desk_report(&j.d, &r);
	}
	for (uint64_t step = 1; step <= 5; step++) {
		desk_time(&j.d, j.now + 70000 + 100 * step);
		EXPECT_EQ(j.held(), (int64_t)(step * (step + 1) / 2));
	}
}

TEST(desk, reports_of_one_time_go_by_venue_symbol_and_number)
{
	// Two lcores number their reports each for itself: what is booked first must not depend on that.
	for (bool turned : { false, true }) {
		Desk k;
		std::vector<uint32_t> order;

		k.start();
		k.sink.ctx = &order;
		k.d.sink.ctx = &order;
		k.d.sink.position = [](void *ctx, uint32_t instr, const position *) {
			((std::vector<uint32_t> *)ctx)->push_back(instr);
		};
		k.d.sink.raise = nullptr;
		k.d.sink.booked = nullptr;
		for (uint32_t i = 0; i < 3; i++) {
			trade_report r{};

			r.kind = REPORT_FILL;
			r.id = 100 + i;
			r.fill_id = 1;
			r.instr = i;
			r.symbol = 1000 + i;
			r.side = SIDE_BUY;
			r.qty = 10;
			r.price = px(10);
			r.ts_ns = k.now;
			r.n = turned ? 3 - i : i;
			desk_report(&k.d, &r);
		}
		desk_time(&k.d, k.now + NS_PER_S);
		EXPECT_EQ(order, std::vector<uint32_t>({ 0, 1, 2 }));
	}
}

TEST(desk, what_was_never_quoted_counts_at_what_was_paid)
{
	Desk k;

	k.start();
	desk_adopt(&k.d, 1, 100, px(10), k.now);
	EXPECT_EQ(k.d.account.gross, px(1000));
}

TEST(desk, flatten_is_an_operators_decision_while_reducing)
{
	Desk k;

	k.start();
	desk_adopt(&k.d, 1, 100, px(10), k.now);
	desk_adopt(&k.d, 2, -40, px(10), k.now);
	for (uint32_t i : { 1, 2 })
		desk_quote(&k.d, i, px(9.98), px(10), k.now, k.now);
	k.word = LATCH_REDUCE;
	desk_do(&k.d, DESK_FLATTEN, k.now);
	ASSERT_EQ(k.sent.size(), 2u);
	EXPECT_EQ(k.sent[0].side, SIDE_SELL);
	EXPECT_EQ(k.sent[1].side, SIDE_BUY);
	EXPECT_EQ(k.sent[1].qty, 40u);
	EXPECT_EQ(k.sent[0].source, SOURCE_OPERATOR);
	k.told(k.sent[0], REPORT_FILL, 100, 9.98);
	k.told(k.sent[1], REPORT_FILL, 40);
	EXPECT_EQ(k.held(), 0);
	EXPECT_EQ(k.d.account.gross, 0);
}

TEST(desk, a_day_rolls)
{
	Desk k;

	k.limits.loss_day = px(50);
	k.start().hold(100);
	uint64_t id = 0;

	desk_quote(&k.d, 1, px(9.60), px(9.62), k.now, k.now); // -40
	k.now += NS_PER_DAY;
	desk_time(&k.d, k.now);
	EXPECT_EQ(position_day_net(&k.d.positions), 0); // from the mark of yesterday
	desk_quote(&k.d, 1, px(9.30), px(9.32), k.now, k.now);
	k.wait();
	EXPECT_TRUE(k.raised.empty()); // -30 of today
	k.fire(0, false, false, 2);
	id = k.sent[0].id;
	EXPECT_EQ(id >> 48, 20523u);
	EXPECT_EQ(id & 0xFFFF, 2u); // and the count goes on
}

// Whoever closes it, and also what a fill through zero opens.
TEST(desk, what_a_gate_has_earned_is_of_its_entries)
{
	Desk k;

	k.limits.short_max = RISK_UNLIMITED;
	k.start();
	k.fire(0); // buys 100
	k.told(k.sent.back(), REPORT_FILL, 100, 10);
	k.fire(1, true);
	k.told(k.sent.back(), REPORT_FILL, 100, 9.9); // of the gate that entered, not of the one that left
	k.fire(2, false, true);			      // sells 50
	k.told(k.sent.back(), REPORT_FILL, 50, 10);
	desk_adopt(&k.d, 1, 80, px(9.5), k.now); // an operator, through zero
	desk_adopt(&k.d, 1, -30, px(9.6), k.now);
	const earned *by = k.d.earned.gate;

	EXPECT_EQ(by[0].trips, 1u);
	EXPECT_EQ(by[0].net, 100 * px(-.1));
	EXPECT_EQ(by[1].trips, 0u);
	EXPECT_EQ(by[2].wins, 1u);
	EXPECT_EQ(by[2].net, 50 * px(.5));
	EXPECT_EQ(by[EARNED_GATES].trips, 1u);
	EXPECT_EQ(by[EARNED_GATES].net, 30 * px(.1));
	EXPECT_EQ(k.trips.size(), 3u);
}
