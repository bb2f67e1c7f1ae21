/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

using namespace kit;

static const uint64_t kTime = kPillarSecond * NS_PER_S + kPillarNs;

// one decodes a message behind the mapping of its symbol and a source time.
static event one(const Bytes &message, size_t size, unsigned by_type_index)
{
	Rig rig;
	EXPECT_EQ(message.size(), size);
	EXPECT_EQ(pillar_size(by_type_index), by_type_index == 35 ? 8 : size);
	std::vector<event> events = rig.push({ frame(pillar(11, 1, { pillar_mapping(), pillar_time() })),
					       frame(pillar(11, 3, { message })) });
	EXPECT_TRUE(rig.balanced());
	EXPECT_EQ(rig.count(LEDGER_messages_long), 0u);
	EXPECT_EQ(rig.r->counts->channel[0].by_type[by_type_index],
		  by_type_index == 3 || by_type_index == 2 ? 2u : 1u);
	EXPECT_EQ(kinds(events).substr(0, 26), "join clock directory admin");
	EXPECT_EQ(events.size(), 5u) << by_type_index;
	event e = events.size() == 5 ? events[4] : event();
	EXPECT_FALSE(e.flags & EVF_CLOCK);
	EXPECT_EQ(e.pos, 2u);
	EXPECT_TRUE(e.flags & EVF_PACKET); // the receiver's, not the feed's
	e.flags &= (uint16_t)~EVF_PACKET;
	return e;
}

static event about(const Bytes &message, size_t size, unsigned type)
{
	event e = one(message, size, type);
	EXPECT_EQ(e.instr, 0u);
	EXPECT_EQ(e.ts_ns, kTime);
	return e;
}

// --- the 25 types

TEST(Pillar, T001SequenceReset)
{
	event e = one(pillar_reset(), 14, 1);
	EXPECT_EQ(e.kind, EV_ADMIN);
	EXPECT_EQ(e.instr, INSTR_NONE);
}

TEST(Pillar, T002SourceTimeReference)
{
	event e = one(pillar_time(kPillarSecond + 1), 16, 2);
	EXPECT_EQ(e.kind, EV_ADMIN);
	EXPECT_EQ(e.ts_ns, (kPillarSecond + 1) * NS_PER_S);
}

TEST(Pillar, T003SymbolIndexMapping)
{
	event e = one(pillar_mapping(7, "BRK.A", 3), 44, 3);
	EXPECT_EQ(e.kind, EV_DIRECTORY);
	EXPECT_EQ(e.instr, 1u);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_FALSE(e.flags & EVF_TEST);
	Bytes test = pillar_mapping(7, "NTEST.H", 3);
	test[25] = 'T'; // security type
	EXPECT_TRUE(one(test, 44, 3).flags & EVF_TEST);
}

TEST(Pillar, T010To031Recovery)
{
	const Bytes client = nul_text("CLIENT", 10);
	EXPECT_EQ(
		one(pillar_message(10, little(5, 4) + little(9, 4) + client + Bytes{ 157, 3 }), 24, 10).kind,
		EV_ADMIN);
	EXPECT_EQ(one(pillar_message(11, little(1, 4) + little(5, 4) + little(9, 4) + client +
						 Bytes{ 157, 3, '0' }),
		      29, 11)
			  .kind,
		  EV_ADMIN);
	EXPECT_EQ(one(pillar_message(12, client), 14, 12).kind, EV_ADMIN);
	EXPECT_EQ(one(pillar_message(13, little(0, 4) + client + Bytes{ 157, 3, 0 }), 21, 13).kind, EV_ADMIN);
	EXPECT_EQ(one(pillar_message(15, little(0, 4) + client + Bytes{ 157, 3 }), 20, 15).kind, EV_ADMIN);
	EXPECT_EQ(one(pillar_message(31, little(5, 4) + little(9, 4) + Bytes{ 157, 3 }), 14, 31).kind,
		  EV_ADMIN);
}

TEST(Pillar, T032SymbolClear)
{
	EXPECT_EQ(about(pillar_message(32, full(50)), 20, 32).kind, EV_SYMBOL_CLEAR);
}

TEST(Pillar, T034SecurityStatus)
{
	const struct {
		char code, condition;
		enum ev_kind kind;
		uint8_t side;
	} states[] = {
		{ '4', 'P', EV_STATUS, STATUS_HALTED },
		{ '4', 'M', EV_STATUS, STATUS_PAUSED },
		{ '5', '~', EV_STATUS, STATUS_TRADING },
		{ '6', '~', EV_STATUS, STATUS_HALTED },
		{ 'X', '~', EV_SYMBOL_CLEAR, 0 },
		{ 'O', '~', EV_ADMIN, 0 },
		{ 'P', '~', EV_ADMIN, 0 }, // the day's phases are no halts: before the open (P), orders accepted (B), early (E)
		{ 'B', '~', EV_ADMIN, 0 },
		{ 'E', '~', EV_ADMIN, 0 },
		{ 'I', '~', EV_ADMIN, 0 },
		{ 'A', '~', EV_SHORT, 0 },
	};
	for (auto &s : states) {
		event e = about(pillar_status(1, s.code, s.condition), 46, 34);
		EXPECT_EQ(e.kind, s.kind) << s.code;
		EXPECT_EQ(e.side, s.side) << s.code;
		EXPECT_EQ(e.detail, s.code);
		EXPECT_EQ(e.ref, s.kind == EV_SHORT ? (uint64_t)s.code : 0);
		EXPECT_EQ(e.ref2, s.kind == EV_STATUS && s.condition != '~' ? (uint64_t)s.condition << 24 : 0) << s.code;
	}
}

TEST(Pillar, T035RefreshHeader)
{
	EXPECT_EQ(one(pillar_message(35, little(1, 2) + little(2, 2)), 8, 35).kind, EV_ADMIN);
	EXPECT_EQ(
		one(pillar_message(35, little(1, 2) + little(2, 2) + little(900, 4) + little(12, 4)), 16, 35)
			.kind,
		EV_ADMIN);
}

TEST(Pillar, T100AddOrder)
{
	event e = about(pillar_add(1, UINT64_C(282574488381161)), 39, 100);
	EXPECT_EQ(e.kind, EV_ADD);
	EXPECT_EQ(e.ref, UINT64_C(282574488381161));
	EXPECT_EQ(e.price, 10010000);
	EXPECT_EQ(e.qty, 1200u);
	EXPECT_EQ(e.side, SIDE_BUY);
	EXPECT_EQ(about(pillar_add(1, 1, 'S'), 39, 100).side, SIDE_SELL);
}

TEST(Pillar, T101ModifyOrder)
{
	event e = about(pillar_message(101, brief(1) + little(77, 8) + little(10020000, 4) + little(500, 4) +
						    Bytes{ 1, 'B', 0 }),
			35, 101);
	EXPECT_EQ(e.kind, EV_REPLACE);
	EXPECT_EQ(e.ref, 77u);
	EXPECT_EQ(e.ref2, 77u);
	EXPECT_EQ(e.price, 10020000);
	EXPECT_EQ(e.qty, 500u);
	EXPECT_EQ(e.side, SIDE_NONE);
	EXPECT_EQ(e.detail, 0); // position lost
	e = about(pillar_message(101, brief(1) + little(77, 8) + little(10020000, 4) + little(500, 4) +
					      Bytes{ 0, 'B', 0 }),
		  35, 101);
	EXPECT_EQ(e.detail, 1);
}

TEST(Pillar, T102DeleteOrder)
{
	event e = about(pillar_message(102, brief(1) + little(77, 8) + Bytes{ 0 }), 25, 102);
	EXPECT_EQ(e.kind, EV_DELETE);
	EXPECT_EQ(e.ref, 77u);
}

TEST(Pillar, T103OrderExecution)
{
	event e = about(pillar_execution(1, 1, "@   "), 42, 103);
	EXPECT_EQ(e.kind, EV_EXEC_PX);
	EXPECT_EQ(e.ref, 77u);
	EXPECT_EQ(e.ref2, (uint64_t)kIndex << 32 | 9001);
	EXPECT_EQ(e.price, 10020000);
	EXPECT_EQ(e.qty, 300u);
	EXPECT_EQ(e.flags, 0);
	EXPECT_EQ(e.side, SIDE_NONE);
	EXPECT_EQ(about(pillar_execution(1, 0, "@O  "), 42, 103).flags, EVF_NONPRINT | EVF_AUCTION);
}

TEST(Pillar, T104ReplaceOrder)
{
	event e = about(pillar_message(104, brief(1) + little(77, 8) + little(78, 8) + little(10040000, 4) +
						    little(250, 4) + Bytes{ 'S', 0 }),
			42, 104);
	EXPECT_EQ(e.kind, EV_REPLACE);
	EXPECT_EQ(e.ref, 77u);
	EXPECT_EQ(e.ref2, 78u);
	EXPECT_EQ(e.price, 10040000);
	EXPECT_EQ(e.qty, 250u);
}

TEST(Pillar, T105Imbalance)
{
	event e = about(
		pillar_message(105, full(1) + little(11000000, 4) + little(15600, 4) + little(500, 4) +
					    little(400, 4) + little(1600, 2) + Bytes{ 'C', 'S' } +
					    little(11010000, 4) + little(11020000, 4) + little(11030000, 4) +
					    little(11040000, 4) + little(12000000, 4) + little(10000000, 4) +
					    Bytes{ 1, 2, 3 } + little(600, 4) + Bytes{ 'B', ' ' }),
		73, 105);
	EXPECT_EQ(e.kind, EV_IMBALANCE);
	EXPECT_EQ(e.price, 11000000);
	EXPECT_EQ(e.price2, 11040000);
	EXPECT_EQ(e.qty, 15600u);
	EXPECT_EQ(e.qty2, 500u);
	EXPECT_EQ(e.side, SIDE_SELL);
}

TEST(Pillar, T106AddOrderRefresh)
{
	event e = about(pillar_message(106, full(1) + little(77, 8) + little(10010000, 4) + little(100, 4) +
						    Bytes{ 'S' } + text("FIRM", 5) + Bytes{ 0 }),
			43, 106);
	EXPECT_EQ(e.kind, EV_ADD);
	EXPECT_EQ(e.detail, 1);
	EXPECT_EQ(e.ref, 77u);
	EXPECT_EQ(e.price, 10010000);
	EXPECT_EQ(e.qty, 100u);
	EXPECT_EQ(e.side, SIDE_SELL);
}

TEST(Pillar, T110NonDisplayedTrade)
{
	event e = about(pillar_hidden(1, 1, "@F I"), 33, 110);
	EXPECT_EQ(e.kind, EV_TRADE);
	EXPECT_EQ(e.ref, 0u);
	EXPECT_EQ(e.ref2, (uint64_t)kIndex << 32 | 9002);
	EXPECT_EQ(e.price, 10030000);
	EXPECT_EQ(e.qty, 40u);
	EXPECT_EQ(e.flags, EVF_ISO | EVF_ODD_LOT);
	EXPECT_EQ(about(pillar_hidden(1, 0, "@   "), 33, 110).flags, EVF_NONPRINT);
}

TEST(Pillar, T111CrossTrade)
{
	event e = about(pillar_message(111, brief(1) + little(9003, 4) + little(10050000, 4) +
						    little(123456, 4) + Bytes{ 'O' }),
			29, 111);
	EXPECT_EQ(e.kind, EV_CROSS);
	EXPECT_EQ(e.ref2, UINT64_C(1) << 63 | (uint64_t)kIndex << 32 | 9003);
	EXPECT_EQ(e.price, 10050000);
	EXPECT_EQ(e.qty, 123456u);
	EXPECT_EQ(e.flags, EVF_AUCTION);
}

TEST(Pillar, T112TradeCancel)
{
	event e = about(pillar_message(112, brief(1) + little(9001, 4)), 20, 112);
	EXPECT_EQ(e.kind, EV_BREAK);
	EXPECT_EQ(e.ref2, (uint64_t)kIndex << 32 | 9001);
}

TEST(Pillar, T113CrossCorrection)
{
	event e = about(pillar_message(113, brief(1) + little(9003, 4) + little(120000, 4)), 24, 113);
	EXPECT_EQ(e.kind, EV_CORRECT);
	EXPECT_EQ(e.ref2, UINT64_C(1) << 63 | (uint64_t)kIndex << 32 | 9003);
	EXPECT_EQ(e.qty, 120000u);
	EXPECT_EQ(e.price, 0);
}

TEST(Pillar, T114RetailPriceImprovement)
{
	EXPECT_EQ(about(pillar_message(114, brief(1) + Bytes{ 'A' }), 17, 114).kind, EV_ADMIN);
}

TEST(Pillar, T223StockSummary)
{
	event e = about(pillar_message(223, little(kPillarSecond, 4) + little(kPillarNs, 4) +
						    little(kIndex, 4) + little(10020000, 4) +
						    little(10000000, 4) + little(10020000, 4) + little(0, 4) +
						    little(900, 4)),
			36, 223);
	EXPECT_EQ(e.kind, EV_ADMIN);
}

// --- fields

TEST(Pillar, SaleConditions)
{
	const struct {
		const char *wire;
		uint16_t flags;
	} rows[] = {
		{ "@   ", 0 },
		{ "@F  ", EVF_ISO },
		{ "@O  ", EVF_AUCTION },
		{ "@5  ", EVF_AUCTION },
		{ "@6  ", EVF_AUCTION },
		{ "@7  ", EVF_VOLUME_ONLY },
		{ "C   ", EVF_VOLUME_ONLY },
		{ "@ T ", EVF_EXT_HOURS },
		{ "@ U ", EVF_HL_ONLY },
		{ "@ Z ", EVF_HL_ONLY },
		{ "@  I", EVF_ODD_LOT },
		{ "@  V", EVF_VOLUME_ONLY },
		{ "@FTI", EVF_ISO | EVF_EXT_HOURS | EVF_ODD_LOT },
	};
	for (auto &r : rows) {
		EXPECT_EQ(about(pillar_execution(1, 1, r.wire), 42, 103).flags, r.flags) << r.wire;
		EXPECT_EQ(about(pillar_hidden(1, 1, r.wire), 33, 110).flags, r.flags) << r.wire;
	}
}

TEST(Pillar, PriceScaleIsTheSymbols)
{
	const int64_t scale[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	for (uint8_t s = 0; s <= 6; s++) {
		Rig rig;
		std::vector<event> e =
			rig.push({ frame(pillar(11, 1,
						{ pillar_mapping(9, "A", s), pillar_time(),
						  pillar_add(1, 1, 'B', UINT32_MAX, 1, kPillarNs, 9) })) });
		ASSERT_EQ(kinds(e), "join clock directory admin add");
		EXPECT_EQ(e[4].price, UINT32_MAX * scale[s]);
	}
}

TEST(Pillar, MappingsRefused)
{
	Rig rig(1);
	std::vector<event> e = rig.push({ frame(
		pillar(11, 1,
		       { pillar_mapping(1, "A", 7), pillar_mapping(FEED_SYMBOLS, "A"),
			 pillar_mapping(1, "ABCDEFGHI"), pillar_mapping(1, "A", 6, 1), pillar_mapping(1, ""),
			 pillar_mapping(1, "A\x01"), pillar_mapping(FEED_SYMBOLS - 1, "ABCDEFGH"),
			 pillar_mapping(2, "B"), pillar_add(1, 1, 'B', 1, 1, 0, UINT32_MAX),
			 pillar_add(1, 1, 'B', 1, 1, 0, 1), pillar_add(1, 1, 'B', 1, 1, 0, 2) })) });
	EXPECT_EQ(kinds(e), "join clock directory");
	EXPECT_EQ(rig.count(LEDGER_messages_bad_value), 3u);
	EXPECT_EQ(rig.count(LEDGER_messages_index_range), 2u);
	EXPECT_EQ(rig.count(LEDGER_messages_symbol_long), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_other_market), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_no_room), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_no_symbol), 2u);
	EXPECT_TRUE(rig.balanced());
}

TEST(Pillar, BadValues)
{
	const Bytes bad[] = {
		pillar_add(1, 1, 'X'),
		pillar_add(1, 1, 'B', 1, 1, 1000000000),
		pillar_execution(1, 2, "@   "),
		pillar_execution(1, 1, "\xa8\x0a"), // XDP of 2017: a number, not text
		pillar_hidden(1, 1, "@\x01  "),
		pillar_hidden(1, 1, ""),
		pillar_time(kPillarSecond + 86402), // a day after it was sent
		pillar_message(106, full(1) + little(77, 8) + little(1, 4) + little(1, 4) + Bytes{ ' ' } +
					    text("", 5) + Bytes{ 0 }),
	};
	for (const Bytes &m : bad) {
		Rig rig;
		std::vector<event> e =
			rig.push({ frame(pillar(11, 1, { pillar_mapping(), pillar_time(), m })) });
		EXPECT_EQ(kinds(e), "join clock directory admin");
		EXPECT_EQ(rig.count(LEDGER_messages_bad_value), 1u);
		EXPECT_TRUE(rig.balanced());
	}
}

TEST(Pillar, OddSizes)
{
	Rig rig;
	Bytes longer = pillar_add(1, 1) + Bytes{ 9, 9 }, shorter = pillar_add(2, 2);
	longer[0] += 2;
	shorter.pop_back();
	shorter[0]--;
	std::vector<event> e =
		rig.push({ frame(pillar(11, 1, { pillar_mapping(), pillar_message(99, {}), longer })) });
	EXPECT_EQ(kinds(e), "join clock directory add");
	EXPECT_EQ(rig.count(LEDGER_messages_unknown_type), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_long), 1u);
	// What no probe would let in still does no harm on a known channel.
	e = rig.push({ frame(pillar(11, 4,
				    { shorter, pillar_message(100 | 256, Bytes(35, 0)), Bytes{ 3, 0, 1, 0 },
				      pillar_add(3, 3) })) });
	EXPECT_EQ(kinds(e), "gap");
	EXPECT_EQ(rig.count(LEDGER_messages_short), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_unknown_type), 2u);
	EXPECT_EQ(rig.count(LEDGER_messages_cut), 2u);
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 2u);
	EXPECT_TRUE(rig.balanced());
}

// --- time

// ts returns the event times of an add that comes behind `before`.
static uint64_t ts(const std::vector<Bytes> &before, uint32_t ns, uint64_t send_ns, uint8_t system = 1)
{
	Rig rig;
	std::vector<Bytes> m = { pillar_mapping(kIndex, "SPY", 6, 3, system) };
	m.insert(m.end(), before.begin(), before.end());
	m.push_back(pillar_add(1, 1, 'B', 1, 1, ns));
	std::vector<event> e = rig.push({ frame(pillar(11, 1, m, send_ns)) });
	EXPECT_EQ(e.back().kind, EV_ADD);
	return e.back().ts_ns;
}

TEST(Pillar, SecondIsThePartitionsElseTheChannels)
{
	const uint64_t send = kPillarSecond * NS_PER_S + 10;
	EXPECT_EQ(ts({ pillar_time(kPillarSecond - 9, 1) }, 5, send), (kPillarSecond - 9) * NS_PER_S + 5);
	EXPECT_EQ(ts({ pillar_time(1000, 2), pillar_time(2000, 1), pillar_time(3000, 3) }, 5, send, 2),
		  1000 * NS_PER_S + 5);
	EXPECT_EQ(ts({ pillar_time(1000, 2), pillar_time(3000, 300) }, 5, send, 9), 3000 * NS_PER_S + 5);
}

TEST(Pillar, WithoutSourceTimeTheSendTimeDecides)
{
	const uint64_t second = kPillarSecond * NS_PER_S;
	EXPECT_EQ(ts({}, 999999000, second + 10), second - 1000); // sent just behind the boundary
	EXPECT_EQ(ts({}, 10, second + 999999000), second + 1000000010);
	EXPECT_EQ(ts({}, 400000000, second + 500000000), second + 400000000);
}

TEST(Pillar, LossAndResetForgetTheSecond)
{
	Rig rig;
	rig.push({ frame(pillar(11, 1, { pillar_mapping(), pillar_time(1000) })) });
	EXPECT_EQ(rig.push({ frame(pillar(11, 3, { pillar_add(1, 1) })) }).back().ts_ns,
		  1000 * NS_PER_S + kPillarNs);
	std::vector<event> e = rig.push({ frame(pillar(11, 9, { pillar_add(2, 2) })) });
	EXPECT_EQ(kinds(e), "gap add");
	EXPECT_EQ(e[1].ts_ns, kTime);
	rig.push({ frame(pillar(11, 10, { pillar_time(1000) })) });
	e = rig.push(
		{ frame(pillar(12, 1, { pillar_reset() })), frame(pillar(11, 2, { pillar_add(1, 1) })) });
	EXPECT_EQ(kinds(e), "reset admin add");
	EXPECT_EQ(e[2].ts_ns, kTime);
	EXPECT_TRUE(rig.balanced());
}

// --- the symbol's own numbers

TEST(Pillar, SymbolNumbers)
{
	Rig rig;
	rig.push({ frame(pillar(11, 1,
				{ pillar_mapping(), pillar_mapping(8, "QQQ"), pillar_add(40, 1),
				  pillar_add(1, 2, 'B', 1, 1, 1, 8), pillar_add(41, 3) })) });
	EXPECT_EQ(rig.count(LEDGER_symbol_gaps), 0u);
	rig.push({ frame(pillar(11, 6,
				{ pillar_add(45, 4), pillar_status(47, '5'), pillar_status(3, '5'),
				  pillar_add(48, 5), pillar_add(2, 6, 'B', 1, 1, 1, 8) })) });
	EXPECT_EQ(rig.count(LEDGER_symbol_gaps), 2u);
	EXPECT_EQ(rig.count(LEDGER_symbol_gap_messages), 4u);
	rig.push({ frame(pillar(
		11, 11,
		{ pillar_message(32, full(7)), pillar_add(7, 7), pillar_mapping(), pillar_add(900, 8) })) });
	EXPECT_EQ(rig.count(LEDGER_symbol_gaps), 2u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_TRUE(rig.balanced());
}
