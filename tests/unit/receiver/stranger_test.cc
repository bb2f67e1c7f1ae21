/* SPDX-License-Identifier: BSD-3-Clause */
// Who is believed: another session, or numbers that begin anew, on lines that are known and on others.
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
}

using namespace kit;

namespace
{

constexpr uint64_t kSend = UINT64_C(1493132621826547470);

class Stranger : public testing::Test
{
protected:
	std::string at(uint64_t ns, uint32_t session, uint64_t seq, uint32_t line = 0, unsigned n = 1)
	{
		Net net;
		net.dst_ip += line;
		rig.rx_ns = kSend + ns;
		std::vector<Bytes> m(n, iex_trade('T', 0, kSend + ns, "ABC", 1, 1, seq));
		std::string out = kinds(rig.push({ frame(iex(IEX_DEEP10, session, seq, kSend + ns, m), net) }));
		EXPECT_TRUE(rig.balanced());
		return out;
	}
	Rig rig{ 64, { nullptr, false, 1000, 17000, 16, NS_PER_MS } };
};

} // namespace

TEST_F(Stranger, OnAnotherGroupNeverTakesOverALivingChannel)
{
	at(0, 1, 1);
	for (uint64_t i = 1; i < 40; i++)
		EXPECT_EQ(at(i * 10, 77, i, 5), "");
	EXPECT_EQ(at(500, 1, 2), "clock trade");
	EXPECT_EQ(kinds(rig.flush()), "");
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 39u);
	EXPECT_EQ(rig.count(LEDGER_frames_rx), 41u);
	EXPECT_EQ(rig.count(LEDGER_session_changes), 0u);
}

// Two with one number: the first was glued behind another packet, whose frame was counted with that one.
TEST_F(Stranger, OfTwoWithOneNumberEachFrameIsCountedOnce)
{
	std::vector<Bytes> m{ iex_trade('T', 0, kSend, "ABC", 1, 1, 1) };

	at(0, 1, 1);
	rig.push({ frame(iex(IEX_DEEP10, 1, 2, kSend, m) + iex(IEX_DEEP10, 77, 5, kSend, m)) });
	rig.push({ frame(iex(IEX_DEEP10, 77, 5, kSend, m)) });
	EXPECT_EQ(kinds(rig.flush()), "");
	EXPECT_EQ(rig.count(LEDGER_frames_rx), 3u);
	EXPECT_EQ(rig.count(LEDGER_frames_stranger), 1u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 2u);
	EXPECT_TRUE(rig.balanced());
}

TEST_F(Stranger, OnAnotherGroupIsBelievedWhenTheChannelIsSilent)
{
	at(0, 1, 1);
	EXPECT_EQ(at(NS_PER_DAY, 2, 1, 5), "");
	EXPECT_EQ(at(NS_PER_DAY + 1, 2, 2, 5), "reset clock trade clock trade");
}

TEST_F(Stranger, ALineThatLagsNeverFlipsBack)
{
	at(0, 1, 1), at(0, 1, 1, 1), at(1, 1, 2), at(1, 1, 3);
	at(2, 2, 1);
	EXPECT_EQ(at(3, 2, 2), "reset clock trade clock trade");
	EXPECT_EQ(at(4, 1, 2, 1), "");
	EXPECT_EQ(at(4, 1, 3, 1), "");
	EXPECT_EQ(at(4, 1, 4, 1), "gap"); // nobody had it: too late
	EXPECT_EQ(at(5, 2, 1, 1), "");
	EXPECT_EQ(at(6, 2, 3, 1), "clock trade");
	EXPECT_EQ(rig.count(LEDGER_session_changes), 1u);
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 1u);
}

TEST_F(Stranger, HeartbeatsProveARestart)
{
	at(0, 1, 1, 0, 50);
	EXPECT_EQ(at(10, 1, 1, 0, 0), "");
	EXPECT_EQ(at(20, 1, 1, 0, 3), "reset clock clock trade trade trade");
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 1u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
}

TEST_F(Stranger, OldNumbersBetweenDisproveARestart)
{
	at(0, 1, 1, 0, 50);
	EXPECT_EQ(at(10, 1, 1), "");
	EXPECT_EQ(at(20, 1, 51), "clock trade");
	EXPECT_EQ(at(30, 1, 2), "");
	EXPECT_EQ(at(40, 1, 52), "clock trade");
	EXPECT_EQ(kinds(rig.flush()), "");
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 2u);
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 0u);
}

TEST_F(Stranger, BelievedAtOnceAfterAnEnd)
{
	rig.rx_ns = kSend;
	rig.push({ frame(mold("S", 1, { itch_add(1, "ABC", 1, 'B', 1, 1) })), frame(mold("S", 2, {}, 0xffff)) });
	EXPECT_EQ(kinds(rig.push({ frame(mold("T", 1, { itch_add(1, "ABC", 1, 'B', 1, 1) })) })), "reset add");
}

// One packet numbered back, and then the line goes on where it stood: that number proves nothing.
TEST_F(Stranger, TheNextOfTheOldNumbersProvesNoRestart)
{
	at(0, 1, 1, 0, 50);
	EXPECT_EQ(at(10, 1, 50), "");
	EXPECT_EQ(at(20, 1, 51), "clock trade");
	EXPECT_EQ(kinds(rig.flush()), "");
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 0u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 1u);
}

// What was on trial when the old went on is not of the numbering that is believed later.
TEST_F(Stranger, WhatTheOldOvertookIsNotTakenAlong)
{
	at(0, 1, 1, 0, 50), at(1, 1, 1, 1, 50);
	EXPECT_EQ(at(10, 1, 7, 1), "");
	EXPECT_EQ(at(20, 1, 51), "clock trade");
	EXPECT_EQ(at(30, 1, 51, 1), "");
	EXPECT_EQ(at(100, 1, 1), "");
	EXPECT_EQ(at(110, 1, 2), "reset clock trade clock trade");
	EXPECT_EQ(at(120, 1, 3), "clock trade");
	EXPECT_EQ(kinds(rig.flush()), "");
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 1u);
}

// The new numbering's number was passed over in the old one: its time is later than what was sent behind the hole.
TEST_F(Stranger, ARestartIsNoLatePacketOfAnOldHole)
{
	at(0, 1, 1);
	at(1, 1, 4, 0, 50); // too large to wait: the hole is declared
	EXPECT_EQ(at(10, 1, 2), "");
	EXPECT_EQ(at(20, 1, 3), "reset");
	EXPECT_EQ(kinds(rig.flush()), "gap clock trade clock trade");
	EXPECT_EQ(rig.count(LEDGER_late_messages), 0u);
}

// What a line tells of a session that is over is lost when nobody brought it, with all before it.
TEST_F(Stranger, AHeartbeatTellsTheTailOfThePastSession)
{
	at(0, 1, 1), at(0, 1, 1, 1);
	at(2, 2, 1), at(3, 2, 2);
	EXPECT_EQ(at(4, 1, 4, 1, 0), "gap");
	EXPECT_EQ(at(4, 1, 6, 1), "gap");
	EXPECT_EQ(at(4, 1, 4, 1), "");
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 5u);
}

// A line that is first heard when the channel has gone on brings the past session: no second copy of it.
// Numbers began anew within the session that is over: the tail of the first count is not of the second.
TEST_F(Stranger, APastSessionIsJudgedByTheTimeOfItsNumbers)
{
	at(0, 1, 1), at(0, 1, 1, 1), at(1, 1, 2), at(2, 1, 3);
	at(10, 1, 1);
	EXPECT_EQ(at(11, 1, 2), "reset clock trade clock trade");
	at(12, 1, 3), at(13, 1, 4), at(14, 1, 5);
	at(20, 2, 1);
	EXPECT_EQ(at(21, 2, 2), "reset clock trade clock trade");
	EXPECT_EQ(at(3, 1, 4, 1), "gap");
	EXPECT_EQ(at(14, 1, 5, 1), "");
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 1u);
	EXPECT_EQ(rig.count(LEDGER_late_messages), 1u);
}

TEST_F(Stranger, ANewLineOfThePastSessionOpensNoChannel)
{
	Net b;
	b.dst_ip++;
	rig.rx_ns = kSend;
	auto add = [](const char *session, uint64_t seq, const Net &net) {
		return frame(mold(session, seq, { itch_add(1, "ABC", seq, 'B', 1, 1) }), net);
	};
	rig.push({ add("S", 1, Net()), add("S", 2, Net()), add("T", 1, Net()), add("T", 2, Net()) });
	EXPECT_EQ(kinds(rig.push({ add("S", 1, b), add("S", 2, b), add("T", 1, b), add("T", 3, b) })), "add");
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(rig.r->channel[0].n_lines, 2);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 3u);
	EXPECT_TRUE(rig.balanced());
}

// With --feed the session's characters do not matter; what does not hold the messages it announces opens nothing.
TEST(StrangerConf, AFeedThatIsGivenNeedsNoPlausibleSession)
{
	Rig given(64, { &itch50_feed, false, 1000, 17000 }), found;
	std::string odd("A\0B\0\0\0\0\0\0\0", 10);
	Bytes packet = frame(mold(odd, 1, { itch_add(1, "ABC", 1, 'B', 1, 1) }));
	EXPECT_EQ(kinds(given.push({ packet })), "join add");
	EXPECT_EQ(kinds(found.push({ packet })), "");
	Rig cut(64, { &itch50_feed, false, 1000, 17000 });
	EXPECT_EQ(kinds(cut.push({ frame(mold(odd, 1, { itch_add(1, "ABC", 1, 'B', 1, 1) }, 3)) })), "");
}
