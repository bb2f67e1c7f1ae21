/* SPDX-License-Identifier: BSD-3-Clause */
// Lines of a feed whose packets name no channel (Pillar): which ones are of one channel, when a reset was missed.
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "lcore/base/claims.h"
}

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
	EXPECT_EQ(kinds(rig.push({ at(1, 2, pillar_time()), at(1, 3, pillar_mapping(7, "A")) })), "open");
	std::vector<event> moved = rig.flush(); // the venue's clock proves nothing, the mapping does
	ASSERT_EQ(kinds(moved), "open");
	EXPECT_EQ(moved[0].channel, 1); // its opening is taken back: nobody is to wait for it
	EXPECT_EQ(moved[0].ref, 1u);
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

// add is a message that names a symbol of its own, numbered as the packet.
Bytes add(uint32_t line, uint32_t seq, uint32_t index = 7)
{
	return at(line, seq, pillar_add(seq, seq, 'B', 100, 1, kPillarNs, index));
}

// The line without a name waits for feed.hold; the named one brings the same messages meanwhile.
TEST_F(Sibling, TheNamedLineComesLater)
{
	rig.rx_ns = kPillarSend;
	EXPECT_EQ(kinds(rig.push({ at(0, 2, pillar_time()), at(0, 3, pillar_mapping(7, "A")), add(0, 4) })), "open");
	EXPECT_EQ(kinds(rig.push({ at(1, 1, pillar_reset(), 12), at(1, 2, pillar_time()), at(1, 3, pillar_mapping(7, "A")) })),
		  "join clock admin clock admin clock directory");
	rig.rx_ns += NS_PER_MS;
	EXPECT_EQ(kinds(rig.push({ add(1, 5) })), "open clock add clock add");
	EXPECT_EQ(kinds(rig.push({ add(0, 5), add(0, 6), add(1, 6), add(1, 7) })), "clock add clock add");
	EXPECT_EQ(kinds(rig.flush()), "");
	EXPECT_EQ(rig.r->channel[1].n_lines, 2);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 4u); // 2, 3, 5 and 6
	EXPECT_EQ(rig.count(LEDGER_messages_admin), 3u);
	EXPECT_EQ(rig.count(LEDGER_lines_unplaced), 0u);
	EXPECT_TRUE(rig.balanced());
}

TEST_F(Sibling, TwoLinesThatBothMissedTheResetAreOneByContent)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 2, pillar_mapping(7, "A")), add(0, 3) });
	EXPECT_EQ(kinds(rig.push({ add(1, 3), add(1, 4) })), "");
	EXPECT_EQ(kinds(rig.flush()), "join clock directory clock add clock add");
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 1u);
	EXPECT_TRUE(rig.balanced());
}

// Two channels, numbered alike and sent at the same time: neither may swallow the other's messages.
TEST_F(Sibling, NumbersThatFitProveNothing)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 2, pillar_mapping(7, "A")), add(0, 3), add(0, 4) });
	rig.push({ at(1, 2, pillar_mapping(8, "B")), add(1, 3, 8), add(1, 4, 8) });
	EXPECT_EQ(kinds(rig.flush()), "join clock directory clock add clock add join clock directory clock add clock add");
	EXPECT_EQ(rig.r->n_channels, 2u);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 0u);
	EXPECT_EQ(rig.count(LEDGER_lines_unplaced), 0u); // the content says that they differ
	EXPECT_TRUE(rig.balanced());
}

TEST_F(Sibling, WhatNothingProvesIsKeptApartAndCounted)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")), add(0, 3) });
	rig.push({ add(1, 10, 8) });
	EXPECT_EQ(kinds(rig.flush()), "join clock");
	EXPECT_EQ(rig.r->n_channels, 2u);
	EXPECT_EQ(rig.count(LEDGER_lines_unplaced), 1u);
	EXPECT_TRUE(rig.balanced());
}

// A line that leads waits for the one that it is proven by, and what is missing between waits there.
TEST_F(Sibling, ALineThatLeadsIsPlacedWhenTheOtherHasCome)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")), add(0, 3) });
	EXPECT_EQ(kinds(rig.push({ at(1, 5, pillar_time()), at(1, 6, pillar_mapping(8, "B")), add(1, 7, 8) })), "open");
	EXPECT_EQ(kinds(rig.push({ add(0, 4), at(0, 5, pillar_time()), at(0, 6, pillar_mapping(8, "B")) })), "clock add clock admin clock directory");
	EXPECT_EQ(kinds(rig.flush(kPillarSend + NS_PER_MS)), "open clock add");
	EXPECT_EQ(kinds(rig.push({ add(0, 7, 8), add(0, 8, 8), add(1, 8, 8), add(1, 9, 8) })), "clock add clock add");
	EXPECT_EQ(rig.r->channel[0].n_lines, 2);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_TRUE(rig.balanced());
}

// It tells its name while it settles: what it holds goes to the channel of that name.
TEST_F(Sibling, ANameMovesWhatIsHeld)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")) });
	EXPECT_EQ(kinds(rig.push({ add(1, 3, 9), at(1, 1, pillar_reset(), 12) })), "open");
	EXPECT_EQ(kinds(rig.flush()), "open clock");
	EXPECT_EQ(rig.r->channel[0].next_seq, 4u);
	EXPECT_EQ(rig.count(LEDGER_lines_unplaced), 0u);
	EXPECT_TRUE(rig.balanced());
}

// Two lcores: the one that hears the name later carries the channel no more, and what it holds is let go.
TEST_F(Sibling, ANameThatIsToldLateIsClaimed)
{
	struct claims claims = {};
	struct Lcore {
		struct claims *claims;
		uint16_t index;
		static bool claim(void *ctx, const feed *f, const uint64_t session[2], uint32_t stream)
		{
			const Lcore *l = (const Lcore *)ctx;
			return claims_take(l->claims, l->index, f, session, stream);
		}
	} lcore[2] = { { &claims, 0 }, { &claims, 1 } };
	receiver_conf conf = { nullptr, false, 1000, 17000, 16, NS_PER_MS };
	conf.claim = Lcore::claim;
	conf.claim_ctx = &lcore[0];
	Rig first(64, conf);
	conf.claim_ctx = &lcore[1];
	Rig second(64, conf);
	first.rx_ns = second.rx_ns = kPillarSend;
	first.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")) });
	EXPECT_EQ(kinds(second.push({ at(1, 2, pillar_mapping(7, "A")), at(1, 3, pillar_time()) })), "open");
	second.rx_ns += NS_PER_MS;
	EXPECT_EQ(kinds(second.push({ at(1, 4, pillar_time()) })), "join clock directory clock admin clock admin");
	EXPECT_EQ(kinds(second.push({ at(1, 6, pillar_time()) })), "");
	std::string out = kinds(second.push({ at(1, 1, pillar_reset(), 12) }));
	EXPECT_EQ(out, "gap clock admin");
	EXPECT_EQ(kinds(second.push({ at(1, 7, pillar_time()), at(1, 8, pillar_time()) })), "");
	EXPECT_EQ(second.count(LEDGER_frames_other_lcore), 3u);
	EXPECT_TRUE(second.balanced());
	EXPECT_EQ(kinds(first.push({ at(0, 3, pillar_time()) })), "clock admin");
}

TEST_F(Sibling, OtherNumbersAreAnotherChannel)
{
	rig.rx_ns = kPillarSend;
	rig.push({ at(0, 1, pillar_reset(), 12), at(0, 2, pillar_mapping(7, "A")) });
	rig.push({ at(1, 5000, pillar_time()) });
	EXPECT_EQ(rig.r->n_channels, 2u);
}
