/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/deepplus.h"
#include "drivers/feed/iex.h"
}

using namespace kit;

static const uint64_t kSend = UINT64_C(1727790000000005000);
static const uint64_t kTime = kSend - 5000;

static event one(const Bytes &message, size_t size)
{
	Rig rig;
	EXPECT_EQ(message.size(), size);
	std::vector<event> events = rig.push({ frame(iex(IEX_DEEPPLUS10, 9, 1, kSend, { message })) });
	EXPECT_TRUE(rig.balanced());
	EXPECT_EQ(rig.count(LEDGER_messages_long), 0u);
	EXPECT_EQ(rig.r->counts->channel[0].by_type[message[0]], 1u);
	EXPECT_EQ(rig.r->channel[0].feed, &deepplus_feed);
	EXPECT_EQ(events.size(), 3u);
	event e = events.size() == 3 ? events[2] : event();
	EXPECT_EQ(e.ts_ns, kTime);
	EXPECT_EQ(e.instr, message[0] == 'S' ? INSTR_NONE : rig.id("IBKR"));
	EXPECT_TRUE(e.flags & EVF_PACKET); // the receiver's, not the feed's
	e.flags &= (uint16_t)~EVF_PACKET;
	return e;
}

static Bytes sized(char type, uint8_t detail, uint64_t order, uint32_t size, int64_t price)
{
	return iex_head(type, detail, kTime, "IBKR") + little(order, 8) + little(size, 4) +
	       little((uint64_t)price, 8);
}

TEST(DeepPlus, AddOrder)
{
	event e = one(sized('a', '8', UINT64_C(0x6300000000000a), 100, 1365000), 38);
	EXPECT_EQ(e.kind, EV_ADD);
	EXPECT_EQ(e.ref, UINT64_C(0x6300000000000a));
	EXPECT_EQ(e.side, SIDE_BUY);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_EQ(e.price, 136500000);
	EXPECT_EQ(one(sized('a', '5', 1, 100, 1365000), 38).side, SIDE_SELL);
}

TEST(DeepPlus, ModifyIsAReplacementByItself)
{
	for (uint8_t priority : { 0x00, 0x01 }) {
		event e = one(sized('M', priority, 174, 200, 1383300), 38);
		EXPECT_EQ(e.kind, EV_REPLACE);
		EXPECT_EQ(e.ref, 174u);
		EXPECT_EQ(e.ref2, 174u);
		EXPECT_EQ(e.qty, 200u);
		EXPECT_EQ(e.price, 138330000);
		EXPECT_EQ(e.detail, priority & 1); // maintained
	}
}

TEST(DeepPlus, DeleteAndClear)
{
	event e = one(iex_head('R', ' ', kTime, "IBKR") + little(10, 8), 26);
	EXPECT_EQ(e.kind, EV_DELETE);
	EXPECT_EQ(e.ref, 10u);
	EXPECT_EQ(one(iex_head('C', 0, kTime, "IBKR"), 18).kind, EV_SYMBOL_CLEAR);
}

TEST(DeepPlus, Executed)
{
	event e = one(sized('L', 0x60, 13, 100, 1380000) + little(24, 8), 46);
	EXPECT_EQ(e.kind, EV_EXEC_PX);
	EXPECT_EQ(e.ref, 13u);
	EXPECT_EQ(e.ref2, 24u);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_EQ(e.price, 138000000);
	EXPECT_EQ(e.flags, EVF_EXT_HOURS | EVF_ODD_LOT);
}

TEST(DeepPlus, SharedWithDeep)
{
	event e = one(iex_trade('T', 0x40, kTime, "IBKR", 100, 1373300, 144), 38);
	EXPECT_EQ(e.kind, EV_TRADE);
	EXPECT_EQ(e.flags, EVF_EXT_HOURS);
	EXPECT_EQ(e.ref2, 144u);
	EXPECT_EQ(one(iex_trade('B', 0, kTime, "IBKR", 100, 1373300, 144), 38).kind, EV_BREAK);
	EXPECT_EQ(one(iex_head('H', 'H', kTime, "IBKR") + text("T1", 4), 22).side, STATUS_HALTED);
	EXPECT_EQ(one(iex_head('O', 'O', kTime, "IBKR"), 18).ref, 1u);
	EXPECT_EQ(one(iex_head('I', 'A', kTime, "IBKR"), 18).kind, EV_ADMIN);
	EXPECT_EQ(one(iex_head('E', 'O', kTime, "IBKR"), 18).kind, EV_ADMIN);
	EXPECT_EQ(one(iex_head('P', 0, kTime, "IBKR") + Bytes{ ' ' }, 19).kind, EV_SHORT);
	EXPECT_EQ(one(iex_head('D', 0, kTime, "IBKR") + little(100, 4) + little(0, 8) + Bytes{ 1 }, 31).kind,
		  EV_DIRECTORY);
	Bytes system = iex_head('S', 'O', kTime, "");
	system.resize(10);
	EXPECT_EQ(one(system, 10).kind, EV_SYSTEM);
}

TEST(DeepPlus, BadValuesAndOddBlocks)
{
	const Bytes bad[] = {
		sized('a', 'B', 1, 1, 1),
		sized('a', '8', 1, 1, -1),
		sized('M', 0, 1, 1, INT64_MAX / 100 + 1),
		sized('L', 0, 1, 1, -1) + little(1, 8),
		iex_head('R', 0, kSend + NS_PER_DAY + 1, "IBKR") + little(1, 8),
		iex_head('C', 0, UINT64_MAX, "IBKR"),
		iex_head('C', 0, kTime, ""),
	};
	for (const Bytes &m : bad) {
		Rig rig;
		EXPECT_EQ(kinds(rig.push({ frame(iex(IEX_DEEPPLUS10, 9, 1, kSend, { m })) })), "join clock");
		EXPECT_EQ(rig.count(LEDGER_messages_bad_value), 1u);
		EXPECT_TRUE(rig.balanced());
	}
	Rig rig;
	Bytes longer = sized('a', '8', 1, 1, 1) + Bytes{ 1 }, shorter = sized('a', '8', 1, 1, 1);
	shorter.pop_back();
	// 8 and 5 are of DEEP.
	Bytes level = iex_level('8', 1, kTime, "IBKR", 1, 1);
	EXPECT_EQ(
		kinds(rig.push({ frame(iex(IEX_DEEPPLUS10, 9, 1, kSend, { {}, level, longer, shorter })) })),
		"join clock add");
	EXPECT_EQ(rig.count(LEDGER_messages_empty), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_unknown_type), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_long), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_short), 1u);
	EXPECT_TRUE(rig.balanced());
}
