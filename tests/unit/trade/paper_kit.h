/* SPDX-License-Identifier: BSD-3-Clause */
// paper_kit.h: for the tests of lcore/trade/paper.h: one leg with a real book and the market's orders in a
// map, a script of requests, and the fills as text: "id qty@price evidence".
#ifndef WB_TESTS_PAPER_KIT_H
#define WB_TESTS_PAPER_KIT_H

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/base/decimal.h"
#include "lcore/trade/paper.h"
}

namespace papertest
{

inline int64_t px(double dollars) { return std::llround(dollars * 1e6); }

struct Leg {
	Memory mem, book_mem, orders_mem;
	levels_arena arena;
	book b = {};
	paper p;
	ledger counts = {};
	std::map<uint64_t, order> market;
	std::vector<trade_request> rows;
	std::vector<trade_report> reports;
	uint64_t now = 1000;
	uint64_t match = 0; // of the last print

	explicit Leg(paper_feed feed = PAPER_ORDERS, paper_hidden hidden = PAPER_THROUGH,
		     paper_l2 l2 = PAPER_WORST, uint32_t refs = 1 << 16)
	{
		paper_conf c = {};

		c.legs = 1, c.orders = 128, c.refs = refs, c.taken = 64, c.prints = 64;
		for (int v = 0; v < VENUE_COUNT; v++)
			c.hidden[v] = hidden, c.l2[v] = l2;
		book_mem = memory(levels_bytes(2, 4096));
		levels_init(&arena, 2, 4096, book_mem.get());
		book_open(&b, 0);
		mem = memory(paper_bytes(&c));
		paper_init(&p, &c, &counts, report, this, mem.get());
		paper_leg_add(&p, VENUE_NASDAQ, 1, nullptr, 0);
		paper_named(&p, 0, 0, feed, 0, 0);
		paper_book(&p, 0, &arena, &b);
	}

	static void report(void *ctx, const trade_report *r) { ((Leg *)ctx)->reports.push_back(*r); }

	// Requests arrive at once, at the time that it is.
	void ask(uint8_t action, uint64_t id, uint8_t side, uint32_t qty, double price, uint8_t tif)
	{
		rows.assign(1, trade_request{});
		trade_request &r = rows.back();

		r.id = id, r.symbol = 1, r.arrival_ns = now++, r.price = px(price), r.qty = qty,
		r.action = action, r.side = side, r.tif = tif;
		leg().rows = rows.data(), leg().n_rows = 1, leg().at = 0;
		tick();
	}
	paper_leg &leg() { return p.leg[0]; }
	void buy(uint64_t id, uint32_t qty, double price, uint8_t tif = TIF_DAY)
	{
		ask(TRADE_NEW, id, SIDE_BUY, qty, price, tif);
	}
	void sell(uint64_t id, uint32_t qty, double price, uint8_t tif = TIF_DAY)
	{
		ask(TRADE_NEW, id, SIDE_SELL, qty, price, tif);
	}
	void cancel(uint64_t id, uint32_t qty = 0) { ask(TRADE_CANCEL, id, 0, qty, 0, TIF_DAY); }
	void replace(uint64_t id, uint32_t qty, double price, uint8_t tif = TIF_UNCHANGED)
	{
		ask(TRADE_REPLACE, id, 0, qty, price, tif);
	}

	// An event without effect on the book, behind which what waits has arrived.
	void tick()
	{
		event e = {};

		e.kind = EV_NONE;
		put(e);
	}
	void put(event e)
	{
		auto named = market.find(e.ref);
		bool names = event_names_order(e.kind);

		e.ts_ns = now++;
		paper_before(&p, 0, &e, names && named != market.end() ? &named->second : nullptr);
		apply(e);
		paper_after(&p, 0, &e);
	}
	struct levels *side(uint8_t s) { return book_side(&b, s); }
	void take(const order &o, uint32_t qty)
	{
		levels_take(&arena, side(o.side), book_key(o.side, o.price), qty);
	}
	void rest(uint64_t ref, uint8_t s, int64_t price, uint32_t qty)
	{
		order o = {};

		o.key = ref, o.side = s, o.price = price, o.qty = qty;
		market[ref] = o;
		levels_add(&arena, side(s), book_key(s, price), qty);
	}
	void apply(const event &e)
	{
		auto at = market.find(e.ref);

		if (e.kind == EV_ADD)
			rest(e.ref, e.side, e.price, e.qty);
		if (e.kind == EV_LEVEL)
			levels_set(&arena, side(e.side), book_key(e.side, e.price), e.qty);
		if (e.kind == EV_QUOTE)
			book_quote(&arena, &b, e.price, e.qty, e.price2, e.qty2);
		if (e.kind == EV_SYMBOL_CLEAR)
			market.clear(), book_clear(&arena, &b);
		if (!event_names_order(e.kind) || at == market.end())
			return;
		order o = at->second;
		uint32_t qty = e.kind >= EV_DELETE || e.qty > o.qty ? o.qty : e.qty;

		take(o, qty);
		at->second.qty -= qty;
		if (at->second.qty == 0)
			market.erase(at);
		if (e.kind == EV_REPLACE && e.qty)
			rest(e.ref2, o.side, e.price, e.qty);
	}

	event of(uint8_t kind, uint64_t ref, uint32_t qty = 0, double price = 0, uint8_t s = 0)
	{
		event e = {};

		e.kind = kind, e.ref = ref, e.qty = qty, e.price = px(price), e.side = s;
		return e;
	}
	void add(uint64_t ref, uint8_t s, double price, uint32_t qty, bool refresh = false)
	{
		event e = of(EV_ADD, ref, qty, price, s);

		e.detail = refresh;
		put(e);
	}
	void bid(uint64_t ref, double price, uint32_t qty) { add(ref, SIDE_BUY, price, qty); }
	void offer(uint64_t ref, double price, uint32_t qty) { add(ref, SIDE_SELL, price, qty); }
	void exec(uint64_t ref, uint32_t qty, unsigned flags = 0)
	{
		event e = of(EV_EXEC, ref, qty);

		e.ref2 = ++match, e.flags = (uint16_t)flags;
		put(e);
	}
	void less(uint64_t ref, uint32_t qty) { put(of(EV_CANCEL, ref, qty)); }
	void gone(uint64_t ref) { put(of(EV_DELETE, ref)); }
	void moved(uint64_t ref, uint64_t to, double price, uint32_t qty, bool kept = false)
	{
		event e = of(EV_REPLACE, ref, qty, price);

		e.ref2 = to, e.detail = kept;
		put(e);
	}
	void level(uint8_t s, double price, uint32_t qty) { put(of(EV_LEVEL, 0, qty, price, s)); }
	void quote(double bid_px, uint32_t bid_qty, double ask_px, uint32_t ask_qty)
	{
		event e = of(EV_QUOTE, 0, bid_qty, bid_px);

		e.price2 = px(ask_px), e.qty2 = ask_qty;
		put(e);
	}
	void trade(double price, uint32_t qty, unsigned flags = 0)
	{
		event e = of(EV_TRADE, 0, qty, price);

		e.ref2 = ++match, e.flags = (uint16_t)flags;
		put(e);
	}
	void status(uint8_t what, char letter = 0)
	{
		event e = of(EV_STATUS, 0);

		e.side = what, e.detail = (uint8_t)letter;
		put(e);
	}
	event channel_event(uint8_t kind, uint8_t s = 0, unsigned flags = 0)
	{
		event e = of(kind, 0, 0, 0, s);

		e.ts_ns = now++, e.flags = (uint16_t)flags;
		paper_channel_event(&p, &e);
		return e;
	}
	void restart()
	{
		channel_event(EV_RESET);
		paper_emptied(&p, 0, now++);
		market.clear(), book_clear(&arena, &b);
	}
	void broken(uint64_t of_match)
	{
		event e = of(EV_BREAK, 0);

		e.ts_ns = now++, e.ref2 = of_match;
		paper_break(&p, &e);
	}

	static std::string text(const trade_report &r)
	{
		static const char *const by[] = { "", "a", "b", "c", "d", "take", "break" };
		char price[DECIMAL_BYTES];

		decimal_millionths(r.price, price);
		return std::to_string(r.id) + (r.kind == REPORT_BREAK ? " -" : " ") + std::to_string(r.qty) +
		       "@" + price + " " + by[r.evidence];
	}
	// Fills since the last call.
	std::vector<std::string> fills()
	{
		std::vector<std::string> out;

		for (const auto &r : reports)
			if (r.kind == REPORT_FILL || r.kind == REPORT_BREAK)
				out.push_back(text(r));
		reports.clear();
		return out;
	}
	// What became of an order, of all reports since the last call: "CANCELLED I".
	std::string ends(uint64_t id)
	{
		static const char *const state[] = {
			"NEW",       "SENT",     "LIVE",    "PART",   "FILLED",
			"CANCELLED", "REJECTED", "EXPIRED", "DENIED", "UNKNOWN"
		};
		std::string out;

		for (const auto &r : reports)
			if (r.id == id && r.kind != REPORT_BREAK)
				out = std::string(state[r.state]) +
				      (r.reason ? std::string(" ") + r.reason : "") +
				      (r.why ? std::string(" ") + paper_reason_text[r.why] : "");
		return out;
	}
	uint64_t ahead(uint64_t id)
	{
		for (uint32_t i = 0; i < p.order_bump; i++)
			if (p.order[i].id == id)
				return p.order[i].ahead;
		return UINT64_MAX;
	}
};

using Fills = std::vector<std::string>;

} // namespace papertest

#endif
