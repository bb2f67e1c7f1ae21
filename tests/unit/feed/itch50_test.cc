/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/itch50.h"
}

using namespace kit;

// 17000 is 2016-07-18, summer: New York midnight is 04:00 UTC.
static const uint64_t kMidnight = UINT64_C(17000) * NS_PER_DAY + 4 * 3600 * NS_PER_S;

// Decodes messages as one packet behind a directory that gives locate 7 the symbol ABC; returns their events.
static std::vector<event> decode(Rig &rig, const std::vector<Bytes> &messages)
{
	Bytes abc = itch_head('R', 7) + text("ABC", 8);
	abc.resize(39, ' ');
	rig.push({ frame(mold("S", 1, { abc })) });
	std::vector<event> events = rig.push({ frame(mold("S", 2, messages)) });
	EXPECT_TRUE(rig.balanced());
	return events;
}

static event one(const Bytes &message)
{
	Rig rig;
	std::vector<event> events = decode(rig, { message });
	EXPECT_EQ(events.size(), 1u) << message[0];
	event e = events.empty() ? event() : events[0];
	EXPECT_EQ(e.ts_ns, kMidnight + kTimeOfDay);
	EXPECT_EQ(e.pos, 1u);
	EXPECT_TRUE(e.flags & EVF_CLOCK);
	if (message[0] != 'S' && message[0] != 'V' && message[0] != 'W') {
		EXPECT_EQ(e.instr, rig.id("ABC"));
	}
	EXPECT_EQ(rig.count(LEDGER_messages_rx), 2u);
	EXPECT_EQ(rig.count(LEDGER_messages_applied) + rig.count(LEDGER_messages_admin), 2u);
	EXPECT_EQ(rig.r->counts->channel[0].by_type[message[0]], message[0] == 'R' ? 2u : 1u);
	return e;
}

TEST(Itch50, Add)
{
	for (bool mpid : { false, true }) {
		Bytes m = itch_add(7, "ABC", 0x1122334455667788, 'S', 300, 1234567);
		if (mpid) {
			m[0] = 'F';
			m = m + text("MPID", 4);
		}
		event e = one(m);
		EXPECT_EQ(e.kind, EV_ADD);
		EXPECT_EQ(e.ref, 0x1122334455667788u);
		EXPECT_EQ(e.side, SIDE_SELL);
		EXPECT_EQ(e.qty, 300u);
		EXPECT_EQ(e.price, 123456700);
	}
	EXPECT_EQ(one(itch_add(7, "ABC", 1, 'B', 1, UINT32_MAX)).price, INT64_C(429496729500));
	EXPECT_EQ(one(itch_add(7, "ABC", 1, 'B', 1, 1)).side, SIDE_BUY);
}

TEST(Itch50, OrderFlow)
{
	event e = one(itch_head('E', 7) + big(5, 8) + big(100, 4) + big(99, 8));
	EXPECT_EQ(e.kind, EV_EXEC);
	EXPECT_EQ(e.ref, 5u);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_EQ(e.ref2, 99u);
	EXPECT_EQ(e.side, SIDE_NONE);
	e = one(itch_head('C', 7) + big(5, 8) + big(100, 4) + big(99, 8) + Bytes{ 'Y' } + big(20000, 4));
	EXPECT_EQ(e.kind, EV_EXEC_PX);
	EXPECT_EQ(e.price, 2000000);
	EXPECT_FALSE(e.flags & EVF_NONPRINT);
	e = one(itch_head('C', 7) + big(5, 8) + big(100, 4) + big(99, 8) + Bytes{ 'N' } + big(20000, 4));
	EXPECT_TRUE(e.flags & EVF_NONPRINT);
	e = one(itch_head('X', 7) + big(5, 8) + big(40, 4));
	EXPECT_EQ(e.kind, EV_CANCEL);
	EXPECT_EQ(e.qty, 40u);
	e = one(itch_delete(7, 6));
	EXPECT_EQ(e.kind, EV_DELETE);
	EXPECT_EQ(e.ref, 6u);
	e = one(itch_head('U', 7) + big(5, 8) + big(8, 8) + big(70, 4) + big(30000, 4));
	EXPECT_EQ(e.kind, EV_REPLACE);
	EXPECT_EQ(e.ref, 5u);
	EXPECT_EQ(e.ref2, 8u);
	EXPECT_EQ(e.qty, 70u);
	EXPECT_EQ(e.price, 3000000);
}

TEST(Itch50, Prints)
{
	event e = one(itch_head('P', 7) + big(0, 8) + Bytes{ 'B' } + big(10, 4) + text("ABC", 8) +
		      big(20000, 4) + big(77, 8));
	EXPECT_EQ(e.kind, EV_TRADE);
	EXPECT_EQ(e.side, SIDE_NONE); // its side byte means nothing
	EXPECT_EQ(e.qty, 10u);
	EXPECT_EQ(e.ref2, 77u);
	e = one(itch_head('Q', 7) + big(UINT32_MAX, 8) + text("ABC", 8) + big(20000, 4) + big(78, 8) +
		Bytes{ 'O' });
	EXPECT_EQ(e.kind, EV_CROSS);
	EXPECT_TRUE(e.flags & EVF_AUCTION);
	EXPECT_EQ(e.qty, UINT32_MAX);
	EXPECT_EQ(e.ref2, 78u);
	e = one(itch_head('B', 7) + big(79, 8));
	EXPECT_EQ(e.kind, EV_BREAK);
	EXPECT_EQ(e.ref2, 79u);
}

TEST(Itch50, Status)
{
	const struct {
		char wire;
		enum ev_status status;
	} states[] = {
		{ 'H', STATUS_HALTED },
		{ 'P', STATUS_PAUSED },
		{ 'Q', STATUS_QUOTE_ONLY },
		{ 'T', STATUS_TRADING },
	};
	for (auto &s : states) {
		event e =
			one(itch_head('H', 7) + text("ABC", 8) + Bytes{ (uint8_t)s.wire, ' ' } + text("", 4));
		EXPECT_EQ(e.kind, EV_STATUS);
		EXPECT_EQ(e.side, s.status);
		EXPECT_EQ(e.ref, 0u);
	}
	event e = one(itch_head('h', 7) + text("ABC", 8) + Bytes{ 'Q', 'H' });
	EXPECT_EQ(e.kind, EV_STATUS);
	EXPECT_EQ(e.side, STATUS_HALTED);
	EXPECT_EQ(e.ref, 1u);
	EXPECT_EQ(one(itch_head('h', 7) + text("ABC", 8) + Bytes{ 'X', 'H' }).kind,
		  EV_ADMIN); // another market
	e = one(itch_system('Q'));
	EXPECT_EQ(e.kind, EV_SYSTEM);
	EXPECT_EQ(e.side, 'Q');
	EXPECT_EQ(e.instr, INSTR_NONE);
	Bytes r = itch_head('R', 7) + text("ABC", 8) + text("Q ", 2) + big(40, 4);
	r.resize(39, ' ');
	r[29] = 'T'; // authenticity
	EXPECT_TRUE(one(r).flags & EVF_TEST);
	r[29] = 'P';
	e = one(r);
	EXPECT_FALSE(e.flags & EVF_TEST);
	EXPECT_EQ(e.kind, EV_DIRECTORY);
	EXPECT_EQ(e.qty, 40u);
}

TEST(Itch50, NetOrderImbalance)
{
	event e = one(itch_head('I', 7) + big(15600, 8) + big(500, 8) + Bytes{ 'S' } + text("ABC", 8) + big(101000, 4) +
		      big(102000, 4) + big(100500, 4) + Bytes{ 'C', 'L' });

	EXPECT_EQ(e.kind, EV_IMBALANCE);
	EXPECT_EQ(e.ref, (uint64_t)'C');
	EXPECT_EQ(e.qty, 15600u);
	EXPECT_EQ(e.qty2, 500u);
	EXPECT_EQ(e.side, SIDE_SELL);
	EXPECT_EQ(e.price, 10050000);
	EXPECT_EQ(e.price2, 10200000); // near, not far
	e = one(itch_head('I', 7) + big(UINT64_C(1) << 40, 8) + big(0, 8) + Bytes{ 'N' } + text("ABC", 8) + Bytes(12, 0) + Bytes{ 'O', ' ' });
	EXPECT_EQ(e.qty, UINT32_MAX);
	EXPECT_EQ(e.side, SIDE_NONE);
}

TEST(Itch50, RegSho)
{
	for (char c : { '0', '1', '2' }) {
		event e = one(itch_head('Y', 7) + text("ABC", 8) + Bytes{ (uint8_t)c });
		EXPECT_EQ(e.kind, EV_SHORT);
		EXPECT_EQ(e.qty, c != '0' ? 1u : 0u);
		EXPECT_EQ(e.ref, (uint64_t)c);
	}
	EXPECT_EQ(one(itch_head('Y', 7) + text("ABC", 8) + Bytes{ 'x' }).kind, EV_ADMIN);
	event e = one(itch_head('H', 7) + text("ABC", 8) + Bytes{ 'H', ' ' } + text("LUDP", 4));
	EXPECT_EQ(e.ref2, 0x4c554450u); // the reason of a halt
}

TEST(Itch50, WithoutEffect)
{
	const struct {
		char type;
		size_t stock, len;
	} types[] = {
		{ 'L', 15, 26 }, { 'V', 0, 35 },  { 'W', 0, 12 },  { 'K', 11, 28 },
		{ 'J', 11, 35 }, { 'N', 11, 20 }, { 'O', 11, 48 },
	};
	for (auto &t : types) {
		Bytes m = itch_head(t.type, 7);
		EXPECT_EQ(itch50_length((uint8_t)t.type), t.len);
		m.resize(t.len, '1');
		Bytes stock = text("ABC", 8);
		if (t.stock)
			std::copy(stock.begin(), stock.end(), m.begin() + (long)t.stock);
		EXPECT_EQ(one(m).kind, EV_ADMIN) << t.type;
	}
}

TEST(Itch50, LocatesAreLearnedFromAnyMessageWithAStock)
{
	Rig rig;
	std::vector<event> e =
		decode(rig, { itch_delete(8, 1), itch_add(8, "NEW", 2, 'B', 1, 1), itch_delete(8, 2) });
	EXPECT_EQ(kinds(e), "add delete");
	EXPECT_EQ(rig.count(LEDGER_messages_no_symbol), 1u);
	EXPECT_EQ(e[1].instr, rig.id("NEW"));
	// The code is given to another stock: the symbol counts.
	e = rig.push({ frame(mold("S", 5, { itch_add(8, "XYZ", 3, 'B', 1, 1), itch_delete(8, 3) })) });
	EXPECT_EQ(e[0].instr, rig.id("XYZ"));
	EXPECT_EQ(e[1].instr, rig.id("XYZ"));
	// Locate 0 is nobody's.
	e = rig.push({ frame(mold("S", 7, { itch_add(0, "ABC", 4, 'B', 1, 1), itch_delete(0, 4) })) });
	EXPECT_EQ(kinds(e), "add");
	// A break is matched by number and passes without.
	e = rig.push({ frame(mold("S", 9, { itch_head('B', 99) + big(79, 8) })) });
	EXPECT_EQ(kinds(e), "break");
	EXPECT_EQ(e[0].instr, INSTR_NONE);
	EXPECT_TRUE(rig.balanced());
}

TEST(Itch50, BadValues)
{
	const Bytes bad[] = {
		itch_add(7, "ABC", 1, 'X', 1, 1),
		itch_add(7, "ABC", 1, 'B', 1, 1, NS_PER_DAY + 1),
		itch_add(7, std::string("A\x01", 2), 1, 'B', 1, 1),
		itch_head('C', 7) + big(5, 8) + big(100, 4) + big(99, 8) + Bytes{ 'Z' } + big(20000, 4),
		itch_head('Q', 7) + big(UINT64_C(1) << 32, 8) + text("ABC", 8) + big(20000, 4) + big(78, 8) +
			Bytes{ 'O' },
		itch_head('H', 7) + text("ABC", 8) + Bytes{ 'Z', ' ' } + text("", 4),
		itch_head('h', 7) + text("ABC", 8) + Bytes{ 'Q', 'Z' },
	};
	for (const Bytes &m : bad) {
		Rig rig;
		EXPECT_EQ(kinds(decode(rig, { m, itch_delete(7, 1) })), "delete");
		EXPECT_EQ(rig.count(LEDGER_messages_bad_value), 1u);
		EXPECT_EQ(rig.r->counts->channel[0].by_type[m[0]], 0u);
	}
}

TEST(Itch50, OddBlocks)
{
	Rig rig;
	Bytes longer = itch_delete(7, 2) + Bytes{ 1, 2, 3 }, shorter = itch_delete(7, 3);
	shorter.pop_back();
	std::vector<event> e = decode(rig, { {}, Bytes{ 'z', 1, 2 }, longer, shorter, itch_delete(7, 4) });
	ASSERT_EQ(kinds(e), "delete delete");
	EXPECT_EQ(e[0].ref, 2u);
	EXPECT_EQ(e[0].pos, 3u);
	EXPECT_EQ(e[1].pos, 5u);
	EXPECT_EQ(rig.count(LEDGER_messages_empty), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_unknown_type), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_long), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_short), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_rx), 6u);
}

TEST(Itch50, EveryTypeOneByteShortIsShort)
{
	Rig rig;
	std::vector<Bytes> messages;
	for (int t = 0; t < 256; t++)
		if (itch50_length((uint8_t)t)) {
			Bytes m = itch_head((char)t, 7);
			m.resize(itch50_length((uint8_t)t) - 1);
			messages.push_back(m);
		}
	ASSERT_EQ(messages.size(), 23u);
	EXPECT_TRUE(decode(rig, messages).empty());
	EXPECT_EQ(rig.count(LEDGER_messages_short), 23u);
}

TEST(Itch50, NoRoomForSymbols)
{
	Rig rig(2);
	std::vector<event> e =
		decode(rig, { itch_add(1, "B", 1, 'B', 1, 1), itch_add(2, "C", 2, 'B', 1, 1) });
	EXPECT_EQ(kinds(e), "add");
	EXPECT_EQ(rig.count(LEDGER_messages_no_room), 1u);
}
