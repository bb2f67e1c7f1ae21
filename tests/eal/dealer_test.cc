/* SPDX-License-Identifier: BSD-3-Clause */
// The desk on its lcore, live, at a start with the packet journal: rows and fires in over a link, requests out over another.
#include "tests/eal/stage_kit.h"

extern "C" {
#include "lcore/base/calendar.h"
#include "lcore/trade/desk.h"
}

namespace {

// What an earlier start has left: 100 shares of A, held. The ingest lcore begins with its journal.
struct Past : Trading {
	port journal = {};
	lcore *ingest = add(CONF_STAGE_INGEST), *signal = add(CONF_STAGE_SIGNAL), *exporter = add(CONF_STAGE_EXPORT);
	struct link *in = connect(ingest, signal), *orders = connect(signal, ingest, true), *written = connect(signal, exporter);
	std::vector<uint64_t> mem = std::vector<uint64_t>(order_log_bytes(256, 0) / 8 + 1);
	plant_order_log log = {};
	order_log_record held = {};

	explicit Past(int64_t qty = 100) : Trading()
	{
		order_log_view view;

		exit_below();
		p.replay = false;
		p.clock.base_ns = T0 * NS_PER_S;
		ingest->catch_up = &journal;
		order_log_format(mem.data(), 256, 0, "W1");
		EXPECT_EQ(order_log_look(mem.data(), order_log_bytes(256, 0), &view), nullptr);
		order_log_map(&log.ring, mem.data(), &view);
		order_log_begin(&log.log, &log.ring, &view, [](void *, uint64_t) { return true; },
				[](void *, const order_log_record *) { return true; }, nullptr);
		held.what = ORDER_LOG_BOOKED, held.symbol = symtab_key("A", 1), held.at_ns = T0 * NS_PER_S;
		held.booked.position = { held.symbol, 1, T0 * NS_PER_S, qty, qty * 9000000, 0, 0, 8990000, 9010000 };
		log.held = &held, log.n_held = 1, log.goes_on = true;
		log.sums.last_id = 1;
		p.order_log = &log;
		EXPECT_EQ(init(signal), 0);
		signal->stage->recall(signal);
	}
	void close(uint64_t s, double price)
	{
		bar b = row("A", T0 + s, price);

		b.bid = (int64_t)((price - .01) * 1e6 + .5), b.ask = (int64_t)((price + .01) * 1e6 + .5);
		push(in, LINK_NEW_BAR, &b);
		signal->stage->poll(signal);
	}
	void live(bool all, uint64_t s)
	{
		link_elem e = {};

		e.stream = LINK_LIVE, e.note = all, e.live_ns = (T0 + s) * NS_PER_S;
		ASSERT_TRUE(link_push(in, &e));
		signal->stage->poll(signal);
	}
	// "adopted A 100, new A 100", as the keeper of the book is asked.
	std::string asked()
	{
		link_elem e[DEPTH];
		unsigned n = link_pop(orders, e, DEPTH);
		std::string out;

		for (unsigned i = 0; i < n; i++) {
			const trade_request &r = e[i].request;
			char symbol[32];

			EXPECT_EQ(e[i].stream, (uint32_t)LINK_REQUEST);
			symtab_text(r.symbol, symbol);
			out += (i ? ", " : "") + std::string(r.action == TRADE_ADOPTED ? "adopted" : r.action == TRADE_NEW ? "new" : "other") +
			       (r.side == SIDE_SELL ? " -" : " ") + std::to_string(r.qty) + " " + symbol;
		}
		return out;
	}
	uint64_t count(desk_count c) { return signal_desk(signal)->count[c]; }
};

} // namespace

TEST(dealer_past, what_the_journal_holds_makes_no_orders_and_what_is_held_waits)
{
	Past k;

	k.close(1, 9);
	k.close(2, 11);
	EXPECT_EQ(waiting(k.written), "fire") << "gates are what they were";
	k.close(3, 7);
	EXPECT_EQ(waiting(k.written), "fire");
	EXPECT_EQ(k.count(DESK_fires_past), 2u);
	EXPECT_EQ(k.asked(), "");
	EXPECT_EQ(k.count(DESK_restored), 0u);
	k.live(false, 0);
	k.close(4, 9);
	k.live(true, 5);
	EXPECT_EQ(k.count(DESK_restored), 1u);
	EXPECT_EQ(k.asked(), "adopted 100 A") << "an earlier start has acted on that exit";
	k.close(6, 11);
	EXPECT_EQ(k.count(DESK_fires), 1u) << "and from now on fires are heard";
	k.close(7, 7);
	EXPECT_EQ(k.asked(), "new -100 A");
}

TEST(dealer_past, an_exit_that_nobody_has_acted_on_leaves_once_it_is_live)
{
	Past k;

	k.close(1, 11);
	k.live(false, 0);
	k.close(2, 7);
	EXPECT_EQ(k.asked(), "");
	k.live(true, 3);
	EXPECT_EQ(k.asked(), "adopted 100 A, new -100 A");
	k.live(true, 4);
	EXPECT_EQ(k.asked(), "") << "once";
}

TEST(dealer_past, it_is_not_for_what_is_held_of_the_other_side)
{
	Past k(-100);

	k.close(1, 11);
	k.live(false, 0);
	k.close(2, 7);
	k.live(true, 3);
	EXPECT_EQ(k.asked(), "adopted -100 A");
	EXPECT_EQ(k.count(DESK_fires_flat), 1u);
}

TEST(dealer_past, killed_nothing_leaves_and_who_resumes_is_not_surprised)
{
	Past k;

	k.mode = LATCH_KILL;
	k.close(1, 11);
	EXPECT_EQ(waiting(k.written), "fire") << "gates of the past do not know what the mode is now";
	k.live(false, 0);
	k.close(2, 7);
	k.live(true, 3);
	EXPECT_EQ(k.asked(), "adopted 100 A");
	k.mode = LATCH_RUN;
	k.close(4, 9);
	EXPECT_EQ(k.asked(), "");
}

TEST(dealer_past, operators_are_told_that_it_catches_up)
{
	Past k;
	lcore_command c = {};

	k.close(1, 9);
	c.op = LCORE_OP_ADOPT, c.symbol = symtab_key("A", 1), c.arg = 100;
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), -EAGAIN);
	c.op = LCORE_OP_FLATTEN;
	EXPECT_EQ(k.signal->stage->command(k.signal, &c), 0);
	EXPECT_NE(std::string(c.text).find("until the packet journal has been taken"), std::string::npos) << c.text;
	k.live(true, 2);
	EXPECT_EQ(k.asked(), "adopted 100 A, new -100 A");
}

TEST(dealer_past, a_start_without_a_journal_goes_on_with_the_first_row)
{
	Past k;

	k.ingest->catch_up = nullptr;
	EXPECT_EQ(k.init(k.signal), 0);
	k.signal->stage->recall(k.signal);
	k.close(1, 9);
	EXPECT_EQ(k.asked(), "adopted 100 A");
}

int main(int argc, char **argv) { return stage_kit::run(argc, argv); }
