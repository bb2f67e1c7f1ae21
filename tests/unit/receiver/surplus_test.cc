/* SPDX-License-Identifier: BSD-3-Clause */
// Several packets in one datagram, as receive offload glues them: each is read and judged on its own.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
}

using namespace kit;

namespace
{

Bytes itch_packet(uint64_t seq)
{
	return mold("S", seq, { itch_add(1, "ABC", seq, 'B', 100, 10000) });
}

Bytes iex_packet(uint64_t seq)
{
	return iex(IEX_DEEP10, 9, seq, kPillarSend + seq, { iex_trade('T', 0, kPillarSend, "ABC", 1, 1, seq) });
}

Bytes pillar_packet(uint32_t seq)
{
	return pillar(11, seq, { pillar_time() }, kPillarSend + seq);
}

void glued(Bytes (*packet)(uint64_t), const std::string &what)
{
	Rig rig(64, { nullptr, false, 1000, 17000, 16, NS_PER_MS });
	rig.rx_ns = kPillarSend;
	EXPECT_EQ(kinds(rig.push({ frame(packet(1) + packet(2) + packet(3)) })), "join " + what + " " + what + " " + what);
	EXPECT_EQ(rig.count(LEDGER_surplus_packets), 2u);
	EXPECT_EQ(rig.count(LEDGER_frames_rx), 1u);
	// Again, and one that is new behind two that are known.
	EXPECT_EQ(kinds(rig.push({ frame(packet(2) + packet(3) + packet(4)) })), what);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 2u);
	// Ahead of their turn.
	std::string filling = what.substr(what.rfind(' ') + 1); // what fills a hole moves no clock
	EXPECT_EQ(kinds(rig.push({ frame(packet(6) + packet(7)), frame(packet(5)) })), filling + " " + what + " " + what);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(rig.count(LEDGER_surplus_packets), 5u);
	EXPECT_EQ(rig.count(LEDGER_surplus_bytes), 0u);
	EXPECT_EQ(kinds(rig.push({ frame(packet(8) + Bytes(5, 0xee)) })), what);
	EXPECT_EQ(rig.count(LEDGER_surplus_bytes), 5u);
	EXPECT_EQ(rig.count(LEDGER_frames_rx), 5u);
	EXPECT_TRUE(rig.balanced());
	for (unsigned max = 8; max < 12; max++) {
		Rig other(64, { nullptr, false, 1000, 17000, 16, NS_PER_MS });
		other.rx_ns = kPillarSend;
		EXPECT_EQ(other.push({ frame(packet(1) + packet(2) + packet(3)), frame(packet(4)) }, max).size(),
			  1 + 4 * (1 + std::count(what.begin(), what.end(), ' ')));
	}
}

} // namespace

TEST(Surplus, MoldUdp64)
{
	glued(itch_packet, "add");
}

TEST(Surplus, IexTp)
{
	glued(iex_packet, "clock trade");
}

TEST(Surplus, Pillar)
{
	glued([](uint64_t seq) { return pillar_packet((uint32_t)seq); }, "clock admin");
}
