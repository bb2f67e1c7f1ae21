/* SPDX-License-Identifier: BSD-3-Clause */
// Orders of a script that pass the checks of risk before they arrive. That each check refuses at its limit is
// risk_test.cc; here: what is open and held is right after each report of the exchange.
#include "tests/unit/trade/paper_kit.h"

extern "C" {
#include "lcore/trade/script_risk.h"
}

using namespace papertest;

namespace
{

struct Script : Leg {
	script_risk_conf conf = {};
	script_risk risk = {};
	Memory risk_mem;

	explicit Script(int64_t risk_limits::*which = nullptr, int64_t value = 0)
	{
#define RISK_LIMIT(name, unit, help) conf.limits.name = RISK_UNLIMITED;
#include "lcore/trade/risk.def"
		if (which)
			conf.limits.*which = value;
		conf.instruments = 1;
		risk_mem = memory(script_risk_bytes(&conf));
		script_risk_init(&risk, &conf, risk_mem.get());
		p.guard = { look, this };
		p.report = told;
		now = UINT64_C(1773154800) * NS_PER_S; // Tuesday, 11:00 in New York
	}

	static uint8_t look(void *ctx, uint32_t leg, const paper_sight *sight, trade_request *r,
			    const paper_order *o)
	{
		return (uint8_t)script_risk_look(&((Script *)ctx)->risk, leg, sight, r, o);
	}
	static void told(void *ctx, const trade_report *r)
	{
		auto *s = (Script *)ctx;

		s->reports.push_back(*r);
		script_risk_told(&s->risk, 0, r);
	}
	const exposure &at() const { return risk.instr[0].exposure; }
	std::string last() const
	{
		const trade_report &r = reports.back();

		return r.kind == REPORT_DENIED || r.kind == REPORT_REPLACE_DENIED ? risk_name[r.why] : "";
	}
	void market_of(double bid_px, double ask_px, uint32_t qty = 1000)
	{
		bid(1, bid_px, qty), offer(2, ask_px, qty);
	}
};

} // namespace

TEST(script_risk, what_is_denied_never_arrives)
{
	Script s(&risk_limits::qty_max, 100);

	s.market_of(9.99, 10);
	s.buy(7, 101, 9.98);
	EXPECT_EQ(s.last(), "QTY_MAX");
	EXPECT_EQ(s.reports.back().state, STATE_DENIED);
	EXPECT_EQ(s.counts.v[LEDGER_paper_denied], 1u);
	EXPECT_EQ(s.counts.v[LEDGER_paper_orders], 0u);
	EXPECT_EQ(s.leg().n_orders, 0u);
	s.buy(8, 100, 9.98);
	EXPECT_EQ(s.last(), "");
	EXPECT_EQ(s.leg().n_orders, 1u);
}

TEST(script_risk, open_orders_and_fills_are_counted_as_they_are)
{
	Script s(&risk_limits::position_max, 300);

	s.market_of(9.99, 10);
	s.buy(7, 200, 9.98);
	EXPECT_EQ(s.at().open_buy, 200);
	s.buy(8, 101, 9.97);
	EXPECT_EQ(s.last(), "POSITION_MAX");
	s.buy(8, 100, 10, TIF_IOC); // takes
	EXPECT_EQ(s.at().position, 100);
	EXPECT_EQ(s.at().open_buy, 200);
	s.cancel(7, 50); // to 50 in all
	EXPECT_EQ(s.at().open_buy, 50);
	s.buy(9, 151, 9.96);
	EXPECT_EQ(s.last(), "POSITION_MAX");
	s.buy(10, 150, 9.96);
	EXPECT_EQ(s.at().open_buy, 200);
	s.cancel(10);
	s.cancel(7);
	EXPECT_EQ(s.at().open_buy, 0);
	EXPECT_EQ(s.risk.account.n_open, 0u);
	EXPECT_EQ(s.at().position, 100);
}

TEST(script_risk, a_replace_is_counted_by_what_it_adds)
{
	Script s(&risk_limits::position_max, 300);

	s.market_of(9.99, 10);
	s.buy(7, 200, 9.98);
	s.replace(7, 301, 9.97);
	EXPECT_EQ(s.last(), "POSITION_MAX");
	EXPECT_EQ(s.at().open_buy, 200);
	s.replace(7, 300, 9.97);
	EXPECT_EQ(s.last(), "");
	EXPECT_EQ(s.at().open_buy, 300);
	s.replace(7, 10, 9.97);
	EXPECT_EQ(s.at().open_buy, 10);
	EXPECT_EQ(s.risk.account.n_open, 1u);
}

TEST(script_risk, bad_data_keeps_entries_from_arriving_and_no_exit)
{
	Script s;

	s.market_of(9.99, 10);
	s.buy(7, 200, 10, TIF_IOC);
	EXPECT_EQ(s.at().position, 200);
	s.status(STATUS_HALTED, 'H');
	s.leg().halted = true;
	s.buy(8, 100, 10);
	EXPECT_EQ(s.last(), "DATA_HALTED");
	s.sell(9, 201, 10); // more than there is: an entry
	EXPECT_EQ(s.last(), "DATA_HALTED");
	s.sell(10, 200, 10);
	EXPECT_EQ(s.last(), "");
	s.sell(11, 1, 10); // all of it is asked to leave already
	EXPECT_EQ(s.last(), "DATA_HALTED");
	s.cancel(10);
	EXPECT_EQ(s.at().open_sell, 0);
}

TEST(script_risk, a_market_order_ends_at_the_collar)
{
	Script s(&risk_limits::collar_ticks, 2);

	s.market_of(9.99, 10, 100);
	s.offer(3, 10.02, 100), s.offer(4, 10.03, 100);
	s.buy(7, 300, 0);
	EXPECT_EQ(s.at().position, 200);
	EXPECT_EQ(s.reports.back().state, STATE_CANCELLED);
	EXPECT_EQ(s.reports.back().limit, px(10.02));
	EXPECT_EQ(s.at().open_buy, 0);
	s.gone(3), s.gone(4), s.gone(2);
	s.buy(8, 100, 0);
	EXPECT_EQ(s.last(), "NO_REFERENCE");
}

TEST(script_risk, a_days_loss_ends_entries)
{
	Script s(&risk_limits::loss_day, px(1));

	s.market_of(9.99, 10);
	s.buy(7, 100, 10, TIF_IOC); // worth 1 dollar less than it cost
	EXPECT_EQ(s.risk.account.day_net, -px(1));
	s.buy(8, 1, 10);
	EXPECT_EQ(s.last(), "LOSS_DAY");
	s.sell(9, 100, 9.99, TIF_IOC);
	EXPECT_EQ(s.at().position, 0);
	EXPECT_EQ(s.risk.account.day_net, -px(1));
}

TEST(script_risk, a_broken_fill_is_taken_back)
{
	Script s;

	s.market_of(9.99, 10, 100);
	s.buy(7, 50, 9.99);
	s.exec(1, 100);
	s.bid(3, 9.99, 100);
	s.exec(3, 100);
	ASSERT_EQ(s.at().position, 50);
	s.broken(s.match);
	EXPECT_EQ(s.at().position, 0);
	EXPECT_EQ(s.risk.instr[0].cash, 0);
}

// 100 buys of the largest order at nearly the largest price: 20 trillion dollars, of which 64 bits hold nine.
TEST(script_risk, money_has_no_end)
{
	Script s(&risk_limits::loss_day, INT64_MAX - 1);

	for (uint64_t i = 0; i < 100; i++) {
		trade_report r = {};

		r.kind = REPORT_FILL, r.side = SIDE_BUY, r.qty = RISK_TOP_QTY, r.price = RISK_TOP_PRICE;
		script_risk_told(&s.risk, 0, &r);
	}
	EXPECT_TRUE(s.risk.instr[0].cash == -(money_wide)100 * RISK_TOP_QTY * RISK_TOP_PRICE);
	EXPECT_EQ(s.risk.account.day_net, 0);
	s.market_of(0.01, 0.02);
	s.sell(7, 1, 0.01, TIF_IOC);
	EXPECT_EQ(s.risk.account.day_net, -INT64_MAX);
	EXPECT_EQ(s.last(), "");
	s.buy(8, 1, 0.02);
	EXPECT_EQ(s.last(), "LOSS_DAY");
}

TEST(script_risk, limits_that_are_absent_refuse)
{
	Script s(&risk_limits::net_max, RISK_ABSENT);

	s.market_of(9.99, 10);
	s.buy(7, 1, 9.99);
	EXPECT_EQ(s.last(), "LIMITS_ABSENT");
	s.cancel(7);
	EXPECT_EQ(s.counts.v[LEDGER_paper_ignored], 1u);
}
