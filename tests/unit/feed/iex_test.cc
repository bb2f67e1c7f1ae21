/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
#include "drivers/feed/seq.h"
}

using namespace kit;

static const uint64_t kSend = UINT64_C(1493132621826547470);
static const uint64_t kTime = kSend - 5000;

static event one(const Bytes &message, uint16_t protocol = IEX_DEEP10)
{
	Rig rig;
	std::vector<event> events = rig.push({ frame(iex(protocol, 9, 1, kSend, { message })) });
	EXPECT_TRUE(rig.balanced());
	EXPECT_EQ(events.size(), 3u) << message[0];
	EXPECT_EQ(kinds(events).substr(0, 10), "join clock");
	event e = events.size() == 3 ? events[2] : event();
	EXPECT_EQ(e.ts_ns, kTime);
	EXPECT_FALSE(e.flags & EVF_CLOCK);
	EXPECT_EQ(e.instr, message[0] == 'S' ? INSTR_NONE : rig.id("ZIEXT"));
	EXPECT_EQ(rig.r->counts->channel[0].by_type[message[0]], 1u);
	EXPECT_TRUE(e.flags & EVF_PACKET); // the receiver's, not the feed's
	e.flags &= (uint16_t)~EVF_PACKET;
	return e;
}

// The worked example of the transport specification.
TEST(Iex, HeaderOfTheSpecification)
{
	Bytes p = { 0x01, 0x00, 0x04, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x87, 0x42, 0x48, 0x00,
		    0x02, 0x00, 0x8c, 0xa6, 0x21, 0x00, 0x00, 0x00, 0x00, 0x00, 0xca, 0xc3, 0x00, 0x00,
		    0x00, 0x00, 0x00, 0x00, 0xec, 0x45, 0xc2, 0x20, 0x96, 0x86, 0x6d, 0x14 };
	p.resize(40 + 72);
	struct packet packet;
	ASSERT_TRUE(iex_deep10.header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.stream, 1u);
	EXPECT_EQ(packet.session[0], 0x42870000u);
	EXPECT_EQ(packet.count, 2u);
	EXPECT_EQ(packet.first_seq, 50122u);
	EXPECT_EQ(packet.send_ns, UINT64_C(1471980632572839404));
	EXPECT_EQ(packet.end - packet.body, 72);
	EXPECT_FALSE(iex_tops16.header(p.data(), p.size(), &packet));
	uint8_t out[IEX_HEADER_BYTES];
	iex_write_header(out, IEX_DEEP10, 0x42870000, 50122, 2, 72, 2205324, UINT64_C(1471980632572839404));
	EXPECT_EQ(Bytes(out, out + 40), Bytes(p.begin(), p.begin() + 40));
}

TEST(Iex, HeaderContradictions)
{
	struct packet packet;
	const Bytes good = iex(IEX_DEEP10, 9, 1, kSend, { iex_head('S', 'O', kTime, "") });
	for (size_t n = 0; n < good.size(); n++)
		EXPECT_FALSE(iex_deep10.header(good.data(), n, &packet)) << n;
	const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 0, 2 },  { 2, 5 },   { 3, 0 },  { 12, 0 },    { 12, 200 },
		{ 14, 0 }, { 14, 20 }, { 29, 2 }, { 31, 0x80 }, { 39, 0x80 },
	};
	for (auto &b : bad) {
		Bytes p = good;
		p[b.at] = b.value;
		EXPECT_FALSE(iex_deep10.header(p.data(), p.size(), &packet)) << b.at;
	}
	Bytes heartbeat = iex(IEX_DEEP10, 9, 1, kSend, {});
	ASSERT_TRUE(iex_deep10.header(heartbeat.data(), heartbeat.size(), &packet));
	EXPECT_EQ(packet.kind, PACKET_HEARTBEAT);
}

TEST(Iex, Level)
{
	event e = one(iex_level('8', 1, kTime, "ZIEXT", 2163, 367600));
	EXPECT_EQ(e.kind, EV_LEVEL);
	EXPECT_EQ(e.side, SIDE_BUY);
	EXPECT_EQ(e.qty, 2163u);
	EXPECT_EQ(e.price, 36760000);
	EXPECT_EQ(e.flags, 0);
	e = one(iex_level('5', 0, kTime, "ZIEXT", 0, 367600));
	EXPECT_EQ(e.side, SIDE_SELL);
	EXPECT_EQ(e.flags, EVF_PARTIAL);
}

TEST(Iex, TradeFlags)
{
	const struct {
		uint8_t wire;
		uint16_t ours;
	} bits[] = {
		{ 0x80, EVF_ISO },       { 0x40, EVF_EXT_HOURS }, { 0x20, EVF_ODD_LOT },
		{ 0x10, EVF_TT_EXEMPT }, { 0x08, EVF_AUCTION },   { 0x07, 0 },
	};
	for (auto &b : bits)
		EXPECT_EQ(one(iex_trade('T', b.wire, kTime, "ZIEXT", 1, 1, 1)).flags, b.ours);
	event e = one(iex_trade('T', 0xf8, kTime, "ZIEXT", 44, 700050, 192380));
	EXPECT_EQ(e.kind, EV_TRADE);
	EXPECT_EQ(e.qty, 44u);
	EXPECT_EQ(e.price, 70005000);
	EXPECT_EQ(e.ref2, 192380u);
	EXPECT_EQ(e.side, SIDE_NONE);
	e = one(iex_trade('B', 0x20, kTime, "ZIEXT", 44, 700050, 192380));
	EXPECT_EQ(e.kind, EV_BREAK);
	EXPECT_EQ(e.ref2, 192380u);
	EXPECT_EQ(e.qty, 44u);
	EXPECT_EQ(e.price, 70005000);
}

TEST(Iex, QuoteHasTheAskPriceBeforeItsSize)
{
	event e = one(iex_head('Q', 0, kTime, "ZIEXT") + little(100, 4) + little(10000, 8) +
			      little(10100, 8) + little(300, 4),
		      IEX_TOPS16);
	EXPECT_EQ(e.kind, EV_QUOTE);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_EQ(e.price, 1000000);
	EXPECT_EQ(e.price2, 1010000);
	EXPECT_EQ(e.qty2, 300u);
}

TEST(Iex, Status)
{
	const struct {
		char type, wire;
		enum ev_status status;
		uint64_t ref;
	} states[] = {
		{ 'H', 'H', STATUS_HALTED, 0 },     { 'H', 'P', STATUS_PAUSED, 0 },
		{ 'H', 'O', STATUS_QUOTE_ONLY, 0 }, { 'H', 'T', STATUS_TRADING, 0 },
		{ 'O', 'O', STATUS_HALTED, 1 },     { 'O', 'N', STATUS_TRADING, 1 },
	};
	for (auto &s : states) {
		Bytes m = iex_head(s.type, (uint8_t)s.wire, kTime, "ZIEXT");
		event e = one(s.type == 'H' ? m + text("", 4) : m);
		EXPECT_EQ(e.kind, EV_STATUS);
		EXPECT_EQ(e.side, s.status);
		EXPECT_EQ(e.ref, s.ref);
	}
	Bytes system = iex_head('S', 'C', kTime, "");
	system.resize(10);
	EXPECT_EQ(one(system).side, 'C');
	event e = one(iex_head('D', 0, kTime, "ZIEXT") + little(100, 4) + little(0, 8) + Bytes{ 1 });
	EXPECT_EQ(e.kind, EV_DIRECTORY);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_FALSE(e.flags & EVF_TEST);
	for (uint8_t flags : { 0x80, 0xC0, 0xA0, 0x60 }) {
		e = one(iex_head('D', flags, kTime, "ZIEXT") + little(100, 4) + little(0, 8) + Bytes{ 1 });
		EXPECT_EQ(bool(e.flags & EVF_TEST), bool(flags & 0x80)) << (int)flags;
	}
}

TEST(Iex, AuctionAndShortSale)
{
	event e = one(iex_head('A', 'C', kTime, "ZIEXT") + little(15600, 4) + little(100500, 8) + little(102000, 8) + little(500, 4) +
		      Bytes{ 'B', 0 } + little(0, 4) + little(101000, 8) + Bytes(24, 0));

	EXPECT_EQ(e.kind, EV_IMBALANCE);
	EXPECT_EQ(e.ref, (uint64_t)'C');
	EXPECT_EQ(e.qty, 15600u);
	EXPECT_EQ(e.qty2, 500u);
	EXPECT_EQ(e.side, SIDE_BUY);
	EXPECT_EQ(e.price, 10050000);
	EXPECT_EQ(e.price2, 10200000);
	for (uint8_t on : { 0, 1 }) {
		e = one(iex_head('P', on, kTime, "ZIEXT") + Bytes{ 'A' });
		EXPECT_EQ(e.kind, EV_SHORT);
		EXPECT_EQ(e.qty, on);
		EXPECT_EQ(e.ref, (uint64_t)'A');
	}
	EXPECT_EQ(one(iex_head('H', 'H', kTime, "ZIEXT") + text("T1", 4)).ref2, 0x54312020u);
}

TEST(Iex, WithoutEffect)
{
	const struct {
		char type;
		size_t len;
	} types[] = { { 'X', 26 }, { 'I', 18 }, { 'P', 19 }, { 'E', 18 } };
	for (auto &t : types) {
		Bytes m = iex_head(t.type, ' ', kTime, "ZIEXT");
		m.resize(t.len);
		EXPECT_EQ(one(m).kind, EV_ADMIN);
	}
}

TEST(Iex, MessagesOfTheOtherFeedAreUnknown)
{
	Rig rig;
	Bytes quote = iex_head('Q', 0, kTime, "ZIEXT");
	quote.resize(42);
	rig.push({ frame(iex(IEX_DEEP10, 9, 1, kSend, { quote })) });
	rig.push({ frame(
		iex(IEX_TOPS16, 9, 1, kSend,
		    { iex_level('8', 1, kTime, "ZIEXT", 1, 1), iex_head('E', 'O', kTime, "ZIEXT") })) });
	EXPECT_EQ(rig.count(LEDGER_messages_unknown_type), 3u);
	EXPECT_TRUE(rig.balanced());
}

TEST(Iex, BadValues)
{
	const Bytes bad[] = {
		iex_level('8', 1, kTime, "ZIEXT", 1, -1),
		iex_level('8', 1, kTime, "ZIEXT", 1, INT64_MAX / 100 + 1),
		iex_trade('T', 0, kTime, "ZIEXT", 1, INT64_MAX, 1),
		iex_level('8', 1, UINT64_MAX, "ZIEXT", 1, 1),
		iex_level('8', 1, kSend + NS_PER_DAY + 1, "ZIEXT", 1, 1), // a day after it was sent
		iex_level('8', 1, kTime, "", 1, 1),
		iex_head('H', 'Z', kTime, "ZIEXT") + text("", 4),
		iex_head('O', 'Z', kTime, "ZIEXT"),
	};
	for (const Bytes &m : bad) {
		Rig rig;
		std::vector<event> e = rig.push({ frame(iex(IEX_DEEP10, 9, 1, kSend, { m })) });
		EXPECT_EQ(kinds(e), "join clock");
		EXPECT_EQ(rig.count(LEDGER_messages_bad_value), 1u);
		EXPECT_TRUE(rig.balanced());
	}
	EXPECT_EQ(one(iex_level('8', 1, kTime, "ZIEXT", 1, INT64_MAX / 100)).price, INT64_MAX / 100 * 100);
}

TEST(Iex, OddBlocks)
{
	Rig rig;
	Bytes longer = iex_level('8', 1, kTime, "ZIEXT", 1, 1) + Bytes{ 1 },
	      shorter = iex_level('8', 1, kTime, "ZIEXT", 1, 1);
	shorter.pop_back();
	std::vector<event> e =
		rig.push({ frame(iex(IEX_DEEP10, 9, 1, kSend, { {}, Bytes{ 'z' }, longer, shorter })) });
	EXPECT_EQ(kinds(e), "join clock level");
	EXPECT_EQ(rig.count(LEDGER_messages_empty), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_unknown_type), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_long), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_short), 1u);
	EXPECT_TRUE(rig.balanced());
}
