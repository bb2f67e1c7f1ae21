/* SPDX-License-Identifier: BSD-3-Clause */
// What happens around a hole, case by case: who waits, for how long, and what comes out in which order.
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
}

using namespace kit;

namespace
{

constexpr uint64_t kSend = UINT64_C(1493132621826547470);
constexpr receiver_conf kConf = { nullptr, false, 1000, 17000, 4, NS_PER_MS };

Net line_b()
{
	Net b;
	b.dst_ip++;
	return b;
}

Bytes payload(uint64_t first, unsigned count, const std::string &session = "S", uint64_t later_ns = 0)
{
	std::vector<Bytes> m;
	for (unsigned i = 0; i < count; i++)
		m.push_back(itch_add(1, "ABC", first + i, 'B', 100, 10000, kTimeOfDay + later_ns));
	return mold(session, first, m);
}

Bytes adds(uint64_t first, unsigned count, const Net &net = Net(), const std::string &session = "S",
	   uint64_t later_ns = 0)
{
	return frame(payload(first, count, session, later_ns), net);
}

Bytes trades(uint64_t first, unsigned count, uint64_t send_ns, const Net &net = Net())
{
	std::vector<Bytes> m;
	for (unsigned i = 0; i < count; i++)
		m.push_back(iex_trade('T', 0, kSend, "ABC", 1, 1, first + i));
	return frame(iex(IEX_DEEP10, 9, first, send_ns, m), net);
}

std::string text(const std::vector<event> &events)
{
	std::string out;
	for (const event &e : events) {
		out += out.empty() ? "" : " ";
		out += e.kind == EV_ADD	  ? std::to_string(e.ref)
		       : e.kind == EV_GAP ? "gap" + std::to_string(e.ref)
					  : kinds({ e });
	}
	return out;
}

} // namespace

class Arbiter : public testing::Test
{
protected:
	std::string at(uint64_t rx_ns, const std::vector<Bytes> &frames, unsigned max = 4096)
	{
		rig.rx_ns = kSend + rx_ns;
		std::string out = text(rig.push(frames, max));
		EXPECT_TRUE(rig.balanced());
		return out;
	}
	std::vector<event> recovered(const Bytes &b, uint8_t channel = 0)
	{
		uint32_t n = (uint32_t)b.size();
		return rig.push_in({ { b.data(), n, n, rig.rx_ns, false, false, 0, true, channel } });
	}
	// through brings all messages up to the last on each line.
	void through(uint64_t last, uint64_t last_b)
	{
		for (uint64_t seq = 1; seq <= last; seq += 100) {
			at(0, { adds(seq, (unsigned)std::min<uint64_t>(100, last + 1 - seq)) });
			at(0, { adds(seq, (unsigned)std::min<uint64_t>(100, last_b + 1 - seq), line_b()) });
		}
	}
	const receiver_channel &channel() const
	{
		return rig.r->channel[0];
	}
	Rig rig{ 64, kConf };
};

TEST_F(Arbiter, TheOtherLineFillsTheHole)
{
	EXPECT_EQ(at(0, { adds(1, 3) }), "join 1 2 3");
	EXPECT_EQ(at(10, { adds(6, 2) }), "");
	uint64_t first, last;
	ASSERT_TRUE(receiver_wanted(rig.r.get(), 0, &first, &last));
	EXPECT_EQ(first, 4u);
	EXPECT_EQ(last, 5u);
	EXPECT_EQ(at(20, { adds(3, 4, line_b()) }), "4 5 6 7");
	EXPECT_FALSE(receiver_wanted(rig.r.get(), 0, &first, &last));
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(rig.count(LEDGER_held_packets), 1u);
	EXPECT_EQ(rig.count(LEDGER_holes_filled), 1u);
	ASSERT_EQ(channel().n_lines, 2);
	EXPECT_EQ(channel().counts->line[0].first, 5u);
	EXPECT_EQ(channel().counts->line[0].lost, 2u);
	EXPECT_EQ(channel().counts->line[1].first, 2u);     // 4 and 5
	EXPECT_EQ(channel().counts->line[1].duplicate, 2u); // 3, and 6 that was held
}

TEST_F(Arbiter, APacketOutOfOrderIsNoLoss)
{
	EXPECT_EQ(at(0, { adds(1, 1), adds(4, 1), adds(3, 1), adds(2, 1), adds(5, 1) }), "join 1 2 3 4 5");
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(channel().counts->line[0].lost, 0u);
}

TEST_F(Arbiter, ReceiveTimeEndsTheWait)
{
	EXPECT_EQ(at(0, { adds(1, 1), adds(4, 1) }), "join 1");
	EXPECT_EQ(at(NS_PER_MS - 1, { adds(5, 1) }), "");
	EXPECT_EQ(at(NS_PER_MS, { adds(6, 1) }), "gap2 4 5 6");
	EXPECT_EQ(rig.r->counts->hole[0].first_seq, 2u);
	EXPECT_EQ(rig.r->counts->hole[0].last_seq, 3u);
	EXPECT_EQ(rig.r->counts->hole[0].from_rx_ns, kSend);
	EXPECT_EQ(rig.r->counts->hole[0].to_rx_ns, kSend);
	EXPECT_EQ(rig.count(LEDGER_holes_filled), 0u);
	EXPECT_EQ(at(NS_PER_MS, { adds(2, 2, line_b()) }), "");
	EXPECT_EQ(rig.count(LEDGER_late_messages), 2u);
	EXPECT_EQ(channel().counts->line[1].late, 2u);
	EXPECT_EQ(at(NS_PER_MS, { adds(2, 2, line_b()) }), ""); // late once
	EXPECT_EQ(rig.count(LEDGER_late_messages), 2u);
}

TEST_F(Arbiter, AnyFrameTellsTheTime)
{
	EXPECT_EQ(at(0, { adds(1, 1), adds(3, 1) }), "join 1");
	EXPECT_EQ(at(NS_PER_MS, { Bytes(20, 0) }), "gap1 3");
}

TEST_F(Arbiter, RoomEndsTheWait)
{
	EXPECT_EQ(at(0, { adds(1, 1), adds(3, 1), adds(5, 1), adds(7, 1), adds(9, 1) }), "join 1");
	EXPECT_EQ(at(0, { adds(11, 1) }), "gap1 3"); // makes room: only the first hole is given up
	EXPECT_EQ(rig.count(LEDGER_hold_overflows), 1u);
	EXPECT_EQ(at(0, { adds(4, 1), adds(6, 1) }), "4 5 6 7");
	EXPECT_EQ(text(rig.flush()), "gap1 9 gap1 11");
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 3u);
}

TEST_F(Arbiter, APacketTooLargeToHold)
{
	std::vector<Bytes> m;
	for (uint64_t i = 0; i < 60; i++)
		m.push_back(itch_add(1, "ABC", 10 + i, 'B', 100, 10000));
	EXPECT_EQ(at(0, { adds(1, 1), adds(3, 1) }), "join 1");
	std::string out = at(0, { frame(mold("S", 10, m)) });
	EXPECT_EQ(out.substr(0, 14), "gap1 3 gap6 10");
	EXPECT_EQ(rig.count(LEDGER_hold_overflows), 2u);
}

TEST_F(Arbiter, ATailGapWaitsLikeAnyOther)
{
	EXPECT_EQ(at(0, { adds(1, 2), frame(mold("S", 5, {})), frame(mold("S", 5, {})) }), "join 1 2");
	EXPECT_EQ(rig.count(LEDGER_held_packets), 1u);
	EXPECT_EQ(at(5, { adds(3, 2, line_b()) }), "3 4 clock"); // the heartbeat that waited
	EXPECT_EQ(at(9, { frame(mold("S", 9, {}, 0xffff)) }), "");
	EXPECT_EQ(at(9 + NS_PER_MS, { frame(mold("S", 9, {}, 0xffff)) }), "gap4 end");
}

TEST_F(Arbiter, TheClockStandsStillDuringAHole)
{
	EXPECT_EQ(at(0, { trades(1, 1, kSend + 1) }), "join clock trade");
	EXPECT_EQ(at(1, { trades(4, 1, kSend + 40), frame(iex(IEX_DEEP10, 9, 5, kSend + 50, {})) }), "");
	rig.rx_ns = kSend + 2;
	// The second line sent 2 and 3 later than the first sent 4: no time runs before the hole is closed.
	std::vector<event> e = rig.push({ trades(2, 2, kSend + 60, line_b()) });
	ASSERT_EQ(kinds(e), "trade trade clock trade clock");
	EXPECT_EQ(e[2].ts_ns, kSend + 40);
	EXPECT_EQ(e[4].ts_ns, kSend + 50);
}

TEST_F(Arbiter, ASessionOrSequenceThatBeginsAnewReleasesFirst)
{
	EXPECT_EQ(at(0, { adds(1, 1), adds(3, 1), adds(5, 1) }), "join 1");
	EXPECT_EQ(at(0, { adds(1, 1, Net(), "T") }), "");
	EXPECT_EQ(at(0, { adds(2, 1, Net(), "T") }), "gap1 3 gap1 5 reset 1 2");
	EXPECT_EQ(at(0, { adds(4, 1, Net(), "T"), adds(7, 1, Net(), "T") }), "");
	EXPECT_EQ(at(1, { adds(1, 1, Net(), "T", 9), adds(2, 1, Net(), "T", 9) }), "gap1 4 gap2 7 reset 1 2");
	EXPECT_EQ(at(1, { adds(3, 1, Net(), "T", 9) }), "3");
}

// A line that has not come to the restart yet goes on with the old numbers, however long.
TEST_F(Arbiter, ALineThatLagsBehindARestart)
{
	through(5000, 4998);
	EXPECT_EQ(at(1, { adds(1, 2, Net(), "S", 9) }), "");
	EXPECT_EQ(at(1, { adds(3, 1, Net(), "S", 9) }), "reset 1 2 3");
	EXPECT_EQ(at(2, { adds(4999, 2, line_b()) }), "");
	EXPECT_EQ(at(2, { frame(mold("S", 5001, {}), line_b()) }), "");
	EXPECT_EQ(at(3, { adds(4, 1, Net(), "S", 9), adds(6, 1, Net(), "S", 9) }), "4");
	EXPECT_EQ(at(3, { adds(5001, 3, line_b()) }), "gap3"); // what the first line never had before the restart
	EXPECT_EQ(at(3, { adds(5001, 3, line_b()) }), "");
	EXPECT_EQ(at(4, { adds(1, 4, line_b(), "S", 9), adds(5, 1, line_b(), "S", 9), adds(7, 1, line_b(), "S", 9) }), "5 6 7");
	EXPECT_EQ(at(5, { adds(8, 1, line_b(), "S", 9) }), "8");
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 1u);
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 3u);
	EXPECT_EQ(rig.count(LEDGER_late_messages), 3u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 0u);
}

// Numbers that both numberings can mean: the time tells.
TEST_F(Arbiter, ALineThatMissedTheRestartFollowsLater)
{
	through(2000, 2000);
	EXPECT_EQ(at(1, { adds(1, 1, Net(), "S", 9), adds(2, 1, Net(), "S", 9) }), "reset 1 2");
	EXPECT_EQ(at(1, { adds(4, 1, line_b(), "S", 9), adds(3, 1, Net(), "S", 9) }), "3"); // one packet proves nothing
	EXPECT_EQ(at(1, { adds(5, 1, line_b(), "S", 9) }), "4 5");
	EXPECT_EQ(at(1, { adds(1900, 100, line_b()) }), ""); // sent again: before the restart
	EXPECT_EQ(at(1, { adds(8, 1, line_b(), "S", 9) }), "");
	EXPECT_EQ(text(rig.flush()), "gap2 8");
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 1u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 0u);
}

// A damaged header: a number that the next numbering has not reached, at a time after it began.
TEST_F(Arbiter, OnePacketTakesNoLineIntoTheNextNumbering)
{
	through(5000, 4000);
	EXPECT_EQ(at(1, { adds(1, 1, Net(), "S", 9), adds(2, 1, Net(), "S", 9) }), "reset 1 2");
	EXPECT_EQ(at(2, { adds(3900, 1, line_b(), "S", 9), adds(3, 1, line_b(), "S", 9) }), "");
	EXPECT_EQ(at(3, { adds(4, 1, line_b()) }), ""); // an old one again, numbered as if it went on from there
	EXPECT_EQ(at(3, { adds(4001, 1000, line_b()) }), ""); // the line goes on where it was: known
	EXPECT_EQ(at(4, { adds(3, 1, Net(), "S", 9) }), "3");
	EXPECT_EQ(at(5, { adds(1, 4, line_b(), "S", 9), frame(mold("S", 5, {}), line_b()) }), "4 clock"); // without a time
	EXPECT_EQ(at(6, { adds(5, 1, line_b(), "S", 9) }), "5");
	EXPECT_EQ(text(rig.flush()), "");
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 1u);
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 0u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 2u);
}

// The end of a session and a restart of the next, while a line lags: its packets are of the numbering that their time tells.
TEST_F(Arbiter, ALineThatMissedASessionAndARestart)
{
	through(20, 20);
	EXPECT_EQ(at(1, { adds(1, 1, Net(), "T", 9), adds(2, 1, Net(), "T", 9) }), "reset 1 2");
	EXPECT_EQ(at(2, { adds(1, 1, Net(), "T", 19), adds(2, 1, Net(), "T", 19) }), "reset 1 2");
	EXPECT_EQ(at(3, { adds(3, 6, line_b(), "T", 9) }), "gap6"); // too late, and not of the restart
	EXPECT_EQ(at(4, { adds(3, 1, Net(), "T", 19) }), "3");
	EXPECT_EQ(at(5, { adds(1, 3, line_b(), "T", 19), adds(4, 1, line_b(), "T", 19) }), "4");
	EXPECT_EQ(rig.count(LEDGER_late_messages), 6u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 0u);
}

// Two lines of one session, the second any distance behind: what the channel knows is known.
TEST_F(Arbiter, LinesMayStandAnyDistanceApart)
{
	for (uint64_t seq = 1; seq <= 30000; seq += 100)
		at(seq, { adds(seq, 100, Net(), "S", seq) });
	for (uint64_t seq = 1; seq <= 30000; seq += 100)
		EXPECT_EQ(at(seq + 250 * NS_PER_MS, { adds(seq, 100, line_b(), "S", seq) }), "");
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 30000u);
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 0u);
	EXPECT_EQ(channel().next_seq, 30001u);
}

TEST_F(Arbiter, FlushKeepsToTheTime)
{
	EXPECT_EQ(at(0, { adds(1, 1), adds(3, 1) }), "join 1");
	EXPECT_EQ(text(rig.flush(kSend + NS_PER_MS - 1)), "");
	EXPECT_EQ(text(rig.flush(kSend + NS_PER_MS)), "gap1 3");
}

TEST_F(Arbiter, ReleasesThroughSmallArrays)
{
	std::vector<Bytes> frames = { adds(1, 1), adds(10, 20), adds(31, 20), adds(60, 9), adds(2, 8), adds(70, 1), adds(71, 1),
				      adds(72, 1), adds(73, 1), adds(80, 30) };
	std::string whole = at(0, frames) + " | " + text(rig.flush());
	for (unsigned max = 8; max < 30; max++) {
		Rig other(64, kConf);
		other.rx_ns = kSend;
		std::string parts = text(other.push(frames, max)) + " | " + text(other.flush(UINT64_MAX, max));
		EXPECT_EQ(parts, whole) << max;
	}
}

TEST_F(Arbiter, WithoutRoomAHoleIsDeclaredAtOnce)
{
	Rig at_once(64, { nullptr, false, 1000, 17000, 0, NS_PER_MS });
	EXPECT_EQ(text(at_once.push({ adds(1, 1), adds(3, 1), adds(2, 1) })), "join 1 gap1 3");
}

TEST_F(Arbiter, SkewIsAgainstTheFirstArrivalOnAnotherLine)
{
	at(0, { adds(1, 1), adds(1, 1, line_b()) }); // before there were two lines
	at(1000, { adds(2, 4) });
	at(1300, { adds(2, 1, line_b()), adds(2, 1) }); // the line itself, again: no skew
	at(1900, { adds(3, 3, line_b()) });
	at(2000, { adds(8, 1, line_b()) });
	at(2700, { adds(8, 1) }); // while it is held
	const line_counts *l = channel().counts->line;
	EXPECT_EQ(l[1].skew.count, 2u);
	EXPECT_EQ(l[1].skew.sum, 1200u);
	EXPECT_EQ(l[1].skew.max, 900u);
	EXPECT_EQ(l[0].skew.count, 1u);
	EXPECT_EQ(l[0].skew.sum, 700u);
}

TEST_F(Arbiter, PortsAreLinesOfTheirOwn)
{
	at(0, { adds(1, 1) });
	rig.source = 1;
	at(0, { adds(1, 2) });
	ASSERT_EQ(channel().n_lines, 2);
	EXPECT_EQ(channel().line[1].source, 1);
	EXPECT_EQ(channel().counts->line[1].first, 1u);
}

TEST_F(Arbiter, RecoveryFillsInSequenceAndMovesNoClock)
{
	at(0, { trades(1, 1, kSend), trades(5, 1, kSend + 9) });
	std::vector<Bytes> m = { iex_trade('T', 0, kSend, "ABC", 1, 1, 2), iex_trade('T', 0, kSend, "ABC", 1, 1, 3) };
	EXPECT_EQ(kinds(recovered(iex(IEX_DEEP10, 9, 2, kSend + 100, m))), "trade trade");
	uint64_t first, last;
	ASSERT_TRUE(receiver_wanted(rig.r.get(), 0, &first, &last));
	EXPECT_EQ(first, 4u);
	EXPECT_EQ(last, 4u);
	m.resize(1);
	std::vector<event> e = recovered(iex(IEX_DEEP10, 9, 4, kSend + 100, m));
	ASSERT_EQ(kinds(e), "trade clock trade");
	EXPECT_EQ(e[1].ts_ns, kSend + 9);
	EXPECT_EQ(rig.count(LEDGER_recovered_packets), 2u);
	EXPECT_EQ(rig.count(LEDGER_recovered_messages), 3u);
	EXPECT_EQ(rig.count(LEDGER_frames_rx), 2u);
	EXPECT_EQ(channel().n_lines, 1);
	EXPECT_TRUE(rig.balanced());
}

TEST_F(Arbiter, RecoveryOpensNothing)
{
	EXPECT_TRUE(recovered(payload(1, 1)).empty()); // no channel
	at(0, { adds(1, 1) });
	EXPECT_TRUE(recovered(payload(2, 1, "T")).empty()); // another session
	EXPECT_TRUE(recovered(Bytes(5, 0)).empty());
	EXPECT_TRUE(recovered(payload(2, 1), 31).empty());
	EXPECT_TRUE(recovered(mold("S", 2, {})).empty()); // no messages
	EXPECT_EQ(rig.count(LEDGER_recovered_refused), 5u);
	at(0, { adds(3, 1), adds(5, 1), adds(7, 1), adds(9, 1) });
	EXPECT_TRUE(recovered(payload(11, 1)).empty()); // ahead, and no room: declares no hole
	EXPECT_EQ(rig.count(LEDGER_recovered_refused), 6u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(text(recovered(payload(2, 5))), "2 3 4 5 6 7");
	EXPECT_TRUE(rig.balanced());
}
