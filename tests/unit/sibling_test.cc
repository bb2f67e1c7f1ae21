/* SPDX-License-Identifier: BSD-3-Clause */
// Lines of a feed whose packets name no channel (Pillar): which ones are of one channel, when a reset was missed.
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

using namespace kit;

namespace
{

Net group(uint32_t n)
{
	Net net;
	net.dst_ip += n;
	return net;
}

Bytes at(uint32_t line, uint32_t seq, const Bytes &m, uint8_t delivery = 11)
{
	return frame(pillar(delivery, seq, { m }, kPillarSend + seq), group(line));
}

class Sibling : public testing::Test
{
protected:
	Rig rig{ 64, { nullptr, false, 1000, 17000, 16, NS_PER_MS } };
};

} // namespace

TEST_F(Sibling, ALineThatMissedItsResetIsNoSecondCopy)
{
	rig.rx_ns = kPillarSend;
	EXPECT_EQ(kinds(rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_time()), at(0, 3, pillar_mapping(7, "A")) })),
		  "join clock admin clock admin clock directory");
	EXPECT_EQ(kinds(rig.push({ at(1, 2, pillar_time()), at(1, 3, pillar_mapping(7, "A")) })), "");
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(rig.r->channel[0].n_lines, 2);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 2u);
	EXPECT_TRUE(rig.balanced());
}

TEST_F(Sibling, ASymbolTellsTheChannelHoweverFarTheLineLags)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")) });
	for (uint32_t i = 3; i < 300; i++)
		rig.push({ at(0, i, pillar_add(i - 2, i, 'B', 100, 1, kPillarNs, 7)) });
	EXPECT_EQ(kinds(rig.push({ at(1, 3, pillar_add(1, 3, 'B', 100, 1, kPillarNs, 7)) })), "");
	EXPECT_EQ(rig.r->n_channels, 1u);
}

TEST_F(Sibling, TheNamedLineComesLater)
{
	rig.rx_ns = kPillarSend;
	EXPECT_EQ(kinds(rig.push({ at(0, 2, pillar_time()), at(0, 3, pillar_mapping(7, "A")) })), "open");
	EXPECT_EQ(kinds(rig.push({ at(1, 1, pillar_reset(), 12) })), "join clock admin clock admin clock directory");
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_NE(rig.r->channel[0].stream, 0u);
	EXPECT_EQ(kinds(rig.push({ at(1, 2, pillar_time()), at(0, 4, pillar_time()) })), "clock admin");
	EXPECT_TRUE(rig.balanced());
}

TEST_F(Sibling, OtherNumbersAreAnotherChannel)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")) });
	rig.push({ at(1, 5000, pillar_time()) });
	EXPECT_EQ(rig.r->n_channels, 2u);
}
