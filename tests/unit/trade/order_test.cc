/* SPDX-License-Identifier: BSD-3-Clause */
// Every state against every report, the legal surprises by story, ids, places, timeouts, and what is reserved.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/trade/order.h"
}

namespace {

struct Table {
	Memory mem;
	order_table t;
	uint64_t fill_id = 0;

	explicit Table(uint32_t orders = 16, uint32_t lines = 64)
	{
		order_conf c{};

		c.instruments = 4;
		c.orders = orders;
		c.seen_lines = lines;
		c.day = 20522;
		mem = memory(order_bytes(&c));
		order_init(&t, &c, mem.get());
	}
	own_order *open(uint32_t qty = 100, uint8_t side = SIDE_BUY, uint32_t instr = 1, risk_who who = RISK_ENTRY)
	{
		trade_request rq{};

		rq.qty = qty;
		rq.side = side;
		rq.instr = instr;
		rq.price = 10000000;
		return order_open(&t, &rq, who, 1);
	}
	own_order *sent()
	{
		own_order *o = open();

		order_sent(o, 1000);
		return o;
	}
	own_order *live()
	{
		own_order *o = sent();

		say(o, REPORT_ACCEPTED);
		return o;
	}
	trade_report report(const own_order *o, report_kind kind, uint32_t qty = 0)
	{
		trade_report r{};

		r.id = o->id;
		r.kind = (uint8_t)kind;
		r.qty = qty;
		r.ts_ns = 5;
		r.price = r.limit = 10000000;
		r.fill_id = kind == REPORT_FILL ? ++fill_id : 0;
		return r;
	}
	order_change say(const own_order *o, report_kind kind, uint32_t qty = 0, uint32_t leaves = 0)
	{
		trade_report r = report(o, kind, qty);

		r.leaves = leaves;
		return order_apply(&t, &r);
	}
};

// A state by the reports that lead there.
own_order *in_state(Table &k, trade_state state, bool acked = true)
{
	own_order *o = state == STATE_NEW ? k.open() : state == STATE_SENT || !acked ? k.sent() : k.live();

	switch (state) {
	case STATE_PART: k.say(o, REPORT_FILL, 40); break;
	case STATE_FILLED: k.say(o, REPORT_FILL, 100); break;
	case STATE_CANCELLED: k.say(o, REPORT_CANCELLED); break;
	case STATE_EXPIRED: k.say(o, REPORT_EXPIRED); break;
	case STATE_REJECTED: k.say(o, REPORT_REJECTED); break;
	case STATE_UNKNOWN: order_lost(o); break;
	default: break;
	}
	EXPECT_EQ(o->state, state);
	return o;
}

struct Case {
	trade_state from;
	bool acked;
	report_kind kind; // a fill is of 10 shares
	trade_state to;
	order_surprise surprise;
};

const Case cases[] = {
	{ STATE_NEW, 0, REPORT_ACCEPTED, STATE_LIVE, ORDER_NOTHING },
	{ STATE_NEW, 0, REPORT_FILL, STATE_PART, ORDER_FILL_BEFORE_ACK },
	{ STATE_NEW, 0, REPORT_CANCELLED, STATE_CANCELLED, ORDER_NOTHING }, // accepted and dead at once
	{ STATE_NEW, 0, REPORT_REPLACED, STATE_CANCELLED, ORDER_UNASKED },
	{ STATE_NEW, 0, REPORT_REJECTED, STATE_REJECTED, ORDER_NOTHING },
	{ STATE_NEW, 0, REPORT_EXPIRED, STATE_EXPIRED, ORDER_NOTHING },
	{ STATE_NEW, 0, REPORT_BREAK, STATE_NEW, ORDER_NOTHING },
	{ STATE_SENT, 0, REPORT_ACCEPTED, STATE_LIVE, ORDER_NOTHING },
	{ STATE_SENT, 0, REPORT_FILL, STATE_PART, ORDER_FILL_BEFORE_ACK },
	{ STATE_SENT, 0, REPORT_CANCELLED, STATE_CANCELLED, ORDER_NOTHING },
	{ STATE_SENT, 0, REPORT_REPLACED, STATE_CANCELLED, ORDER_UNASKED },
	{ STATE_SENT, 0, REPORT_REJECTED, STATE_REJECTED, ORDER_NOTHING },
	{ STATE_SENT, 0, REPORT_EXPIRED, STATE_EXPIRED, ORDER_NOTHING },
	{ STATE_SENT, 0, REPORT_BREAK, STATE_SENT, ORDER_NOTHING },
	{ STATE_LIVE, 1, REPORT_ACCEPTED, STATE_LIVE, ORDER_DUPLICATE },
	{ STATE_LIVE, 1, REPORT_FILL, STATE_PART, ORDER_NOTHING },
	{ STATE_LIVE, 1, REPORT_CANCELLED, STATE_CANCELLED, ORDER_NOTHING },
	{ STATE_LIVE, 1, REPORT_REPLACED, STATE_CANCELLED, ORDER_UNASKED },
	{ STATE_LIVE, 1, REPORT_REJECTED, STATE_UNKNOWN, ORDER_CONTRADICTION },
	{ STATE_LIVE, 1, REPORT_EXPIRED, STATE_EXPIRED, ORDER_NOTHING },
	{ STATE_LIVE, 1, REPORT_BREAK, STATE_LIVE, ORDER_NOTHING },
	{ STATE_PART, 1, REPORT_ACCEPTED, STATE_PART, ORDER_DUPLICATE },
	{ STATE_PART, 0, REPORT_ACCEPTED, STATE_PART, ORDER_LATE_ACK },
	{ STATE_PART, 1, REPORT_FILL, STATE_PART, ORDER_NOTHING },
	{ STATE_PART, 1, REPORT_CANCELLED, STATE_CANCELLED, ORDER_NOTHING },
	{ STATE_PART, 1, REPORT_REPLACED, STATE_CANCELLED, ORDER_UNASKED },
	{ STATE_PART, 1, REPORT_REJECTED, STATE_UNKNOWN, ORDER_CONTRADICTION },
	{ STATE_PART, 1, REPORT_EXPIRED, STATE_EXPIRED, ORDER_NOTHING },
	{ STATE_PART, 1, REPORT_BREAK, STATE_PART, ORDER_NOTHING },
	{ STATE_FILLED, 1, REPORT_ACCEPTED, STATE_FILLED, ORDER_DUPLICATE },
	{ STATE_FILLED, 0, REPORT_ACCEPTED, STATE_FILLED, ORDER_LATE_ACK },
	{ STATE_FILLED, 1, REPORT_FILL, STATE_FILLED, ORDER_OVERFILL },
	{ STATE_FILLED, 1, REPORT_CANCELLED, STATE_FILLED, ORDER_DUPLICATE },
	{ STATE_FILLED, 1, REPORT_REPLACED, STATE_FILLED, ORDER_DUPLICATE },
	{ STATE_FILLED, 1, REPORT_REJECTED, STATE_FILLED, ORDER_CONTRADICTION },
	{ STATE_FILLED, 1, REPORT_EXPIRED, STATE_FILLED, ORDER_DUPLICATE },
	{ STATE_FILLED, 1, REPORT_BREAK, STATE_FILLED, ORDER_NOTHING },
	{ STATE_CANCELLED, 1, REPORT_ACCEPTED, STATE_CANCELLED, ORDER_DUPLICATE },
	{ STATE_CANCELLED, 0, REPORT_ACCEPTED, STATE_CANCELLED, ORDER_LATE_ACK },
	{ STATE_CANCELLED, 1, REPORT_FILL, STATE_CANCELLED, ORDER_FILL_AFTER_END },
	{ STATE_CANCELLED, 1, REPORT_CANCELLED, STATE_CANCELLED, ORDER_DUPLICATE },
	{ STATE_CANCELLED, 1, REPORT_REPLACED, STATE_CANCELLED, ORDER_DUPLICATE },
	{ STATE_CANCELLED, 1, REPORT_REJECTED, STATE_CANCELLED, ORDER_CONTRADICTION },
	{ STATE_CANCELLED, 1, REPORT_EXPIRED, STATE_CANCELLED, ORDER_DUPLICATE },
	{ STATE_CANCELLED, 1, REPORT_BREAK, STATE_CANCELLED, ORDER_NOTHING },
	{ STATE_REJECTED, 0, REPORT_ACCEPTED, STATE_REJECTED, ORDER_CONTRADICTION },
	{ STATE_REJECTED, 0, REPORT_FILL, STATE_REJECTED, ORDER_FILL_AFTER_END },
	{ STATE_REJECTED, 0, REPORT_CANCELLED, STATE_REJECTED, ORDER_CONTRADICTION },
	{ STATE_REJECTED, 0, REPORT_REPLACED, STATE_REJECTED, ORDER_DUPLICATE },
	{ STATE_REJECTED, 0, REPORT_REJECTED, STATE_REJECTED, ORDER_DUPLICATE },
	{ STATE_REJECTED, 0, REPORT_EXPIRED, STATE_REJECTED, ORDER_CONTRADICTION },
	{ STATE_REJECTED, 0, REPORT_BREAK, STATE_REJECTED, ORDER_NOTHING },
	{ STATE_EXPIRED, 1, REPORT_ACCEPTED, STATE_EXPIRED, ORDER_DUPLICATE },
	{ STATE_EXPIRED, 1, REPORT_FILL, STATE_EXPIRED, ORDER_FILL_AFTER_END },
	{ STATE_EXPIRED, 1, REPORT_CANCELLED, STATE_EXPIRED, ORDER_DUPLICATE },
	{ STATE_EXPIRED, 1, REPORT_REPLACED, STATE_EXPIRED, ORDER_DUPLICATE },
	{ STATE_EXPIRED, 1, REPORT_REJECTED, STATE_EXPIRED, ORDER_CONTRADICTION },
	{ STATE_EXPIRED, 1, REPORT_EXPIRED, STATE_EXPIRED, ORDER_DUPLICATE },
	{ STATE_EXPIRED, 1, REPORT_BREAK, STATE_EXPIRED, ORDER_NOTHING },
	{ STATE_UNKNOWN, 1, REPORT_ACCEPTED, STATE_LIVE, ORDER_NOTHING },
	{ STATE_UNKNOWN, 0, REPORT_ACCEPTED, STATE_LIVE, ORDER_NOTHING },
	{ STATE_UNKNOWN, 1, REPORT_FILL, STATE_PART, ORDER_NOTHING },
	{ STATE_UNKNOWN, 1, REPORT_CANCELLED, STATE_CANCELLED, ORDER_NOTHING },
	{ STATE_UNKNOWN, 1, REPORT_REPLACED, STATE_CANCELLED, ORDER_UNASKED },
	{ STATE_UNKNOWN, 0, REPORT_REJECTED, STATE_REJECTED, ORDER_NOTHING },
	{ STATE_UNKNOWN, 1, REPORT_REJECTED, STATE_UNKNOWN, ORDER_CONTRADICTION },
	{ STATE_UNKNOWN, 1, REPORT_EXPIRED, STATE_EXPIRED, ORDER_NOTHING },
	{ STATE_UNKNOWN, 1, REPORT_BREAK, STATE_UNKNOWN, ORDER_NOTHING },
};

} // namespace

TEST(order, every_state_and_every_report)
{
	std::set<std::pair<int, int>> seen;

	for (const Case &c : cases) {
		Table k;
		own_order *o = in_state(k, c.from, c.acked);
		uint32_t filled = o->filled, reserved = o->reserved;
		order_change change = k.say(o, c.kind, c.kind == REPORT_FILL || c.kind == REPORT_BREAK ? 10 : 0);
		auto what = ::testing::Message() << c.from << " " << c.kind << " " << c.acked;

		EXPECT_EQ(o->state, c.to) << what;
		EXPECT_EQ(change.surprise, c.surprise) << what;
		EXPECT_EQ(change.before, c.from) << what;
		EXPECT_EQ(change.fill, c.kind == REPORT_FILL) << what; // always booked
		EXPECT_EQ(o->filled, filled + (c.kind == REPORT_FILL ? 10 : 0)) << what;
		EXPECT_EQ(change.released, (int64_t)reserved - o->reserved) << what;
		EXPECT_EQ(o->reserved, order_leaves(o)) << what;
		EXPECT_EQ(k.t.n_open, order_is_open(o) ? 1u : 0u) << what;
		seen.insert({ c.from, c.kind });
	}
	EXPECT_EQ(seen.size(), 9u * 7); // every state but DENIED, every report of a venue
}

TEST(order, a_fill_while_a_cancel_is_in_flight)
{
	Table k;
	own_order *o = k.live();

	order_cancelling(o, 2000);
	EXPECT_EQ(k.say(o, REPORT_FILL, 60).surprise, ORDER_NOTHING);
	EXPECT_EQ(o->flight, ORDER_CANCELLING);
	EXPECT_EQ(o->reserved, 40u);
	EXPECT_EQ(k.say(o, REPORT_CANCELLED, 0, 0).released, 40); // 40 of the 100
	EXPECT_EQ(o->state, STATE_CANCELLED);
	EXPECT_EQ(o->filled, 60u);
	EXPECT_EQ(o->flight, 0);
}

TEST(order, a_partial_cancel_leaves_it_alive)
{
	Table k;
	own_order *o = k.live();

	k.say(o, REPORT_FILL, 10);
	order_cancelling(o, 2000);
	EXPECT_EQ(k.say(o, REPORT_CANCELLED, 0, 50).released, 40);
	EXPECT_EQ(o->state, STATE_PART);
	EXPECT_EQ(o->total, 60u);
	EXPECT_EQ(k.say(o, REPORT_CANCELLED, 0, 30).surprise, ORDER_UNASKED);
}

TEST(order, executions_are_applied_once)
{
	Table k;
	own_order *o = k.live();
	trade_report r = k.report(o, REPORT_FILL, 30);

	EXPECT_TRUE(order_apply(&k.t, &r).fill);
	order_change again = order_apply(&k.t, &r);

	EXPECT_EQ(again.surprise, ORDER_DUPLICATE);
	EXPECT_FALSE(again.fill);
	EXPECT_EQ(o->filled, 30u);
	r.kind = REPORT_BREAK; // the same number, and another thing
	EXPECT_EQ(order_apply(&k.t, &r).surprise, ORDER_NOTHING);
	EXPECT_EQ(order_apply(&k.t, &r).surprise, ORDER_DUPLICATE);
	EXPECT_EQ(k.t.surprises[ORDER_DUPLICATE], 2u);
}

TEST(order, duplicates_are_known_for_thousands_of_executions)
{
	Table k(16, 1024);
	own_order *o = k.open(999999);
	unsigned forgotten = 0;

	for (uint64_t id = 1; id <= 3000; id++) {
		trade_report r = k.report(o, REPORT_FILL, 1);

		r.fill_id = id;
		order_apply(&k.t, &r);
	}
	for (uint64_t id = 1; id <= 3000; id++) {
		trade_report r = k.report(o, REPORT_FILL, 1);

		r.fill_id = id;
		forgotten += order_apply(&k.t, &r).surprise != ORDER_DUPLICATE;
	}
	EXPECT_LT(forgotten, 150u);
	EXPECT_GT(k.t.seen_forgotten, 0u); // and it says so
}

TEST(order, a_stranger_is_booked_and_halts)
{
	Table k;
	own_order ghost{};

	ghost.id = 4711;
	order_change c = k.say(&ghost, REPORT_FILL, 10);

	EXPECT_EQ(c.order, nullptr);
	EXPECT_TRUE(c.fill);
	EXPECT_TRUE(order_surprise_halts[c.surprise]);
	EXPECT_EQ(k.say(&ghost, REPORT_ACCEPTED).surprise, ORDER_STRANGER);
}

TEST(order, what_the_venue_counts_is_compared)
{
	Table k;
	own_order *o = k.live();
	trade_report r = k.report(o, REPORT_FILL, 10);

	r.filled = 30; // 20 of it we never saw
	EXPECT_EQ(order_apply(&k.t, &r).surprise, ORDER_FILL_MISSING);
	EXPECT_EQ(o->filled, 10u);
	EXPECT_TRUE(order_surprise_halts[ORDER_FILL_MISSING]);
	own_order *lost = k.live(); // and what it says of one that was UNKNOWN

	order_lost(lost);
	trade_report alive = k.report(lost, REPORT_ACCEPTED);

	alive.filled = 30;
	EXPECT_EQ(order_apply(&k.t, &alive).surprise, ORDER_FILL_MISSING);
	EXPECT_EQ(lost->state, STATE_LIVE);
}

TEST(order, a_replace_is_the_same_chain)
{
	Table k;
	own_order *o = k.live();

	EXPECT_EQ(order_replacing(o, 150, 11000000, 2000), -50); // the larger one counts until the answer
	EXPECT_EQ(o->reserved, 150u);
	k.say(o, REPORT_FILL, 100); // of the original: the replace may still bring 50
	EXPECT_EQ(o->state, STATE_PART);
	EXPECT_EQ(o->reserved, 50u);
	trade_report r = k.report(o, REPORT_REPLACED);

	r.leaves = 50;
	r.limit = 11000000;
	EXPECT_EQ(order_apply(&k.t, &r).surprise, ORDER_NOTHING);
	EXPECT_EQ(o->total, 150u);
	EXPECT_EQ(o->price, 11000000);
	EXPECT_EQ(o->state, STATE_PART);

	own_order *p = k.live(); // rejected: the original lives on
	order_replacing(p, 150, 11000000, 2000);
	EXPECT_EQ(k.say(p, REPORT_REJECTED).surprise, ORDER_NOTHING);
	EXPECT_EQ(p->state, STATE_LIVE);
	EXPECT_EQ(p->reserved, 100u);

	own_order *q = k.live(); // rejected after all of the original was executed
	order_replacing(q, 150, 11000000, 2000);
	k.say(q, REPORT_FILL, 100);
	k.say(q, REPORT_REJECTED);
	EXPECT_EQ(q->state, STATE_FILLED);
	EXPECT_EQ(q->reserved, 0u);

	own_order *s = k.live(); // details invalid: the venue cancels the original
	order_replacing(s, 50, 11000000, 2000);
	EXPECT_EQ(s->reserved, 100u);
	k.say(s, REPORT_CANCELLED);
	EXPECT_EQ(s->state, STATE_CANCELLED);
	own_order *d = k.live(); // replaced, and dead
	order_replacing(d, 50, 11000000, 2000);
	k.say(d, REPORT_FILL, 60);
	k.say(d, REPORT_REPLACED, 0, 0);
	EXPECT_EQ(d->state, STATE_CANCELLED);
	EXPECT_EQ(d->reserved, 0u);
}

TEST(order, no_answer_is_unknown_and_counts_in_full)
{
	Table k;
	own_order *o = k.sent();
	order_timeouts timeouts = { 1000, 1000, 3 };
	std::vector<int> said;
	auto due = [](void *ctx, own_order *order, order_due what) {
		((std::vector<int> *)ctx)->push_back(what);
		if (what == ORDER_DUE_CANCEL_AGAIN)
			order_cancelling(order, order->flight_ns);
	};

	order_overdue(&k.t, &timeouts, 1999, due, &said);
	EXPECT_TRUE(said.empty());
	order_overdue(&k.t, &timeouts, 2000, due, &said);
	EXPECT_EQ(said, std::vector<int>({ ORDER_DUE_UNKNOWN }));
	EXPECT_EQ(o->state, STATE_UNKNOWN);
	EXPECT_EQ(o->reserved, 100u);
	order_overdue(&k.t, &timeouts, 5000, due, &said); // said once
	EXPECT_EQ(said.size(), 1u);
	order_cancelling(o, 6000);
	for (uint64_t ns = 6500; ns <= 12000; ns += 500)
		order_overdue(&k.t, &timeouts, ns, due, &said);
	// Sent again three times, then the alarm each second; never rejected by itself.
	EXPECT_EQ(said,
		  std::vector<int>({ ORDER_DUE_UNKNOWN, ORDER_DUE_CANCEL_AGAIN, ORDER_DUE_CANCEL_AGAIN,
				     ORDER_DUE_CANCEL_AGAIN, ORDER_DUE_ALARM, ORDER_DUE_ALARM, ORDER_DUE_ALARM }));
	EXPECT_EQ(o->state, STATE_UNKNOWN);
}

TEST(order, ids_are_counted_and_not_rolled)
{
	Table k;
	char text[ORDER_ID_BYTES];
	uint64_t first = k.open()->id;

	EXPECT_EQ(order_id_text("W9", first, text), 14u);
	EXPECT_STREQ(text, "W9FU2000000001"); // 20522 is FU2 in base 36
	order_day(&k.t, 20523);
	order_id_text("W9", order_id(&k.t), text);
	EXPECT_STREQ(text, "W9FU3000000002");
	k.t.count = ORDER_COUNT_MAX - 1;
	EXPECT_EQ(order_ids_left(&k.t), 1u);
	order_id_text("W9", order_id(&k.t), text);
	EXPECT_STREQ(text, "W9FU300ZZZZZZZ");
	EXPECT_EQ(order_ids_left(&k.t), 0u);

	order_conf c{};
	Memory mem;
	order_table t;

	c.instruments = c.orders = c.seen_lines = 1;
	c.day = 20522;
	c.boot = ORDER_BOOT_MAX;
	mem = memory(order_bytes(&c));
	order_init(&t, &c, mem.get());
	order_id_text("W9", order_id(&t), text);
	EXPECT_STREQ(text, "W9FU2ZZ0000001");
}

TEST(order, ended_orders_are_found_until_their_places_are_needed)
{
	Table k(64);
	std::mt19937 rng(5);
	std::map<uint64_t, own_order *> open;
	std::set<uint64_t> ids;

	for (int i = 0; i < 30000; i++) {
		if (rng() % 2 && order_ids_left(&k.t)) {
			own_order *o = k.open(100, SIDE_BUY, rng() % 4);

			ASSERT_TRUE(ids.insert(o->id).second);
			open[o->id] = o;
		} else if (!open.empty()) {
			auto it = open.begin();

			std::advance(it, rng() % open.size());
			k.say(it->second, REPORT_CANCELLED);
			ASSERT_EQ(order_find(&k.t, it->first), it->second); // until its place is needed
			open.erase(it);
		}
		ASSERT_EQ(k.t.n_open, open.size());
		ASSERT_EQ(k.t.n_open + k.t.n_free, 64u);
		for (auto &o : open)
			ASSERT_EQ(order_find(&k.t, o.first), o.second);
		unsigned listed = 0;

		for (uint32_t instr = 0; instr < 4; instr++)
			for (uint32_t o = k.t.head[instr]; o != UINT32_MAX; o = k.t.order[o].instr_next, listed++)
				ASSERT_EQ(k.t.order[o].instr, instr);
		ASSERT_EQ(listed, open.size());
	}
	Table full(2);

	full.open();
	full.open();
	EXPECT_EQ(order_ids_left(&full.t), 0u);
}

TEST(order, the_engine_state_is_derived)
{
	Table k;
	auto state = [&](int64_t position, bool armed = false, uint64_t cool = 0) {
		return order_engine_of(&k.t, 1, SIDE_BUY, position, armed, cool, 10);
	};

	EXPECT_EQ(state(0), ENGINE_FLAT);
	EXPECT_EQ(state(0, true), ENGINE_ARMED);
	EXPECT_EQ(state(0, true, 11), ENGINE_COOL_DOWN);
	EXPECT_EQ(state(0, false, 10), ENGINE_FLAT);
	own_order *in = k.open();

	EXPECT_EQ(state(0), ENGINE_ENTERING);
	EXPECT_EQ(state(40), ENGINE_ENTERING);
	EXPECT_EQ(order_engine_of(&k.t, 1, SIDE_SELL, 0, false, 0, 10), ENGINE_FLAT);
	k.say(in, REPORT_FILL, 100);
	EXPECT_EQ(state(100), ENGINE_OPEN);
	EXPECT_EQ(state(100, true, 11), ENGINE_OPEN);
	own_order *out = k.open(100, SIDE_SELL, 1, RISK_EXIT);

	EXPECT_EQ(state(100), ENGINE_EXITING);
	k.say(out, REPORT_FILL, 100);
	EXPECT_EQ(state(0), ENGINE_FLAT);
}
