/* SPDX-License-Identifier: BSD-3-Clause */
// What a desk has asked of a venue whose instrument says nothing: it arrives when the clock of its channel has
// passed it, whatever other channels do.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/model_kit.h"

extern "C" {
#include "lcore/trade/paper.h"
}

namespace {

struct Venues {
	Memory mem;
	paper p;
	ledger counts = {};
	std::vector<uint64_t> accepted;

	Venues()
	{
		paper_conf c = {};

		c.legs = 2, c.orders = 8, c.refs = 8, c.taken = 8, c.prints = 8, c.waits = 8;
		mem = memory(paper_bytes(&c));
		paper_init(&p, &c, &counts, report, this, mem.get());
		for (uint8_t channel = 0; channel < 2; channel++) {
			uint32_t leg = paper_leg_add(&p, channel ? VENUE_IEX : VENUE_NASDAQ, 1, nullptr, 0);

			paper_named(&p, leg, channel, PAPER_ORDERS, 0, 0);
		}
	}
	static void report(void *ctx, const trade_report *r)
	{
		if (r->kind == REPORT_ACCEPTED)
			((Venues *)ctx)->accepted.push_back(r->id);
	}
	void ask(uint32_t leg, uint64_t id, uint64_t arrival_ns)
	{
		trade_request r = {};

		r.id = id, r.symbol = 1, r.arrival_ns = arrival_ns, r.price = 10000000, r.qty = 100;
		r.action = TRADE_NEW, r.side = SIDE_BUY, r.tif = TIF_DAY;
		EXPECT_TRUE(paper_ask(&p, leg, &r, 0));
	}
};

using Ids = std::vector<uint64_t>;

} // namespace

TEST(paper_time, is_of_one_channel)
{
	Venues v;

	v.ask(0, 1, 1000), v.ask(1, 2, 1000);
	paper_time(&v.p, 1, 5000);
	EXPECT_EQ(v.accepted, Ids{ 2 });
	paper_time(&v.p, 0, 5000);
	EXPECT_EQ(v.accepted, (Ids{ 2, 1 }));
}

// A message of that very time may still come, and is before it.
TEST(paper_time, lets_arrive_what_is_earlier)
{
	Venues v;

	v.ask(0, 1, 999), v.ask(0, 2, 1000), v.ask(0, 3, 1001);
	paper_time(&v.p, 0, 1000);
	EXPECT_EQ(v.accepted, Ids{ 1 });
	paper_time(&v.p, 0, 1001);
	EXPECT_EQ(v.accepted, (Ids{ 1, 2 }));
}
