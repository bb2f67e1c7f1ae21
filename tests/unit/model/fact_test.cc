/* SPDX-License-Identifier: BSD-3-Clause */
// What venues say beside orders and prints is kept by venue in the shared tables, also of an instrument without a book.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

event &say(Script &s, uint8_t kind, uint8_t channel, uint32_t instr, double t, uint64_t ref)
{
	event &e = s.put(kind, channel, instr, t);

	e.ref = ref;
	return e;
}

struct tables_fact fact(const Engine &k, uint32_t instr, unsigned venue)
{
	struct tables_fact f = {};

	EXPECT_TRUE(tables_read_fact(k.shared, instr, venue, &f)) << instr << " at " << venue;
	return f;
}

} // namespace

TEST(fact, auctions_by_venue)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	event &a = say(s, EV_IMBALANCE, 0, 3, 0.5, 'O');
	a.price = px(10), a.price2 = px(10.5), a.qty = 1000, a.qty2 = 300, a.side = SIDE_BUY;
	say(s, EV_IMBALANCE, 1, 3, 0.6, 'C').qty = 7;
	k.run(s);
	struct tables_fact f = fact(k, 3, VENUE_NASDAQ);
	EXPECT_EQ(f.auction_type, 'O');
	EXPECT_EQ(f.auction_ns, at(0.5));
	EXPECT_EQ(f.reference, px(10));
	EXPECT_EQ(f.indicative, px(10.5));
	EXPECT_EQ(f.paired, 1000u);
	EXPECT_EQ(f.imbalance, 300u);
	EXPECT_EQ(f.side, SIDE_BUY);
	EXPECT_EQ(fact(k, 3, VENUE_IEX).paired, 7u);
	EXPECT_EQ(k.count(LEDGER_imbalances), 2u);
	struct tables_fact none;
	EXPECT_FALSE(tables_read_fact(k.shared, 3, VENUE_ARCA, &none));
	EXPECT_FALSE(tables_read_fact(k.shared, 4, VENUE_NASDAQ, &none));
	EXPECT_FALSE(tables_read_fact(k.shared, 3, VENUE_COUNT, &none));
	EXPECT_EQ(tables_find(k.shared, k.symbols.symbol[3]), 3u); // found by name, though it has no book
	EXPECT_TRUE(k.bars.empty());
}

TEST(fact, halts_with_their_reason)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	event &h = s.put(EV_STATUS, 0, 0, 0.5);
	h.side = STATUS_HALTED, h.ref2 = 0x4c554450; // LUDP
	k.run(s);
	EXPECT_EQ(fact(k, 0, VENUE_NASDAQ).reason, 0x4c554450u);
	EXPECT_EQ(fact(k, 0, VENUE_NASDAQ).status_ns, at(0.5));
	size_t n = s.ev.size();
	s.put(EV_STATUS, 0, 0, 0.7).side = STATUS_PAUSED; // still not trading
	s.put(EV_STATUS, 0, 0, 0.9).ref2 = 0x20202020;	  // trading
	k.run(s, n);
	EXPECT_EQ(fact(k, 0, VENUE_NASDAQ).reason, 0u);
	EXPECT_EQ(k.count(LEDGER_halts), 1u);
}

TEST(fact, short_sale_state_and_system_events)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	say(s, EV_SHORT, 0, 5, 0.5, '1').qty = 1;
	s.put(EV_SYSTEM, 0, INSTR_NONE, 0.6).side = 'Q';
	k.run(s);
	EXPECT_TRUE(fact(k, 5, VENUE_NASDAQ).short_sale);
	EXPECT_EQ(fact(k, 5, VENUE_NASDAQ).short_code, '1');
	EXPECT_EQ(k.e.chan[0].system, 'Q');
	EXPECT_EQ(k.e.chan[0].system_ns, at(0.6));
	size_t n = s.ev.size();
	say(s, EV_SHORT, 0, 5, 0.8, '0');
	k.run(s, n);
	EXPECT_FALSE(fact(k, 5, VENUE_NASDAQ).short_sale);
	EXPECT_EQ(k.count(LEDGER_short_sales), 2u);
}
