/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

using namespace kit;

static const Net kA = { 0xe0000001, 11064 }, kB = { 0xe0000002, 11064 }, kOther = { 0xe0000003, 11064 };

TEST(PillarPacket, Header)
{
	struct packet packet;
	Bytes p = pillar(11, 53173, { pillar_add(1, 1), pillar_add(2, 2) });
	ASSERT_TRUE(pillar_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.kind, PACKET_DATA);
	EXPECT_EQ(packet.first_seq, 53173u);
	EXPECT_EQ(packet.count, 2u);
	EXPECT_EQ(packet.send_ns, kPillarSend);
	EXPECT_EQ(packet.stream, 0u);
	EXPECT_EQ(packet.reset_ns, 0u);
	EXPECT_EQ(packet.body, p.data() + 16);
	EXPECT_EQ(packet.end, p.data() + p.size());
	p = pillar(12, 1, { pillar_reset(1000, 157, 7) });
	ASSERT_TRUE(pillar_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.reset_ns, 1000 * NS_PER_S + 5);
	EXPECT_EQ(packet.stream, 0x10000u + 157 * 256 + 7);
	p = pillar(1, 9, {});
	ASSERT_TRUE(pillar_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.kind, PACKET_HEARTBEAT);
	EXPECT_EQ(packet.first_seq, 9u);
}

TEST(PillarPacket, DeliveryFlags)
{
	for (unsigned flag = 0; flag < 256; flag++) {
		struct packet packet;
		Bytes p = pillar((uint8_t)flag, 5, { pillar_time() });
		bool data = flag == 10 || flag == 11 || flag == 12;
		bool resent = flag == 13 || flag == 15;
		bool apart = flag >= 17 && flag <= 21;
		ASSERT_EQ(pillar_header(p.data(), p.size(), &packet), data || resent || apart) << flag;
		if (data || resent || apart) {
			EXPECT_EQ(packet.kind, data ? PACKET_DATA : resent ? PACKET_RESENT : PACKET_REFRESH);
		}
	}
}

TEST(PillarPacket, HeaderContradictions)
{
	struct packet packet;
	const Bytes good = pillar(11, 5, { pillar_time() });
	for (size_t n = 0; n < good.size(); n++)
		EXPECT_FALSE(pillar_header(good.data(), n, &packet)) << n;
	const struct {
		size_t at;
		uint8_t value;
	} bad[] = { { 0, 15 }, { 1, 1 }, { 2, 1 }, { 3, 0 }, { 3, 5 }, { 4, 0 }, { 11, 0x38 }, { 15, 0xff } };
	for (auto &b : bad) {
		Bytes p = good;
		p[b.at] = b.value;
		EXPECT_FALSE(pillar_header(p.data(), p.size(), &packet)) << b.at;
	}
	Bytes heartbeat = pillar(1, 5, {}) + little(0, 4); // with a body
	heartbeat[0] = 20;
	EXPECT_FALSE(pillar_header(heartbeat.data(), heartbeat.size(), &packet));
	EXPECT_FALSE(pillar_probe(heartbeat.data(), heartbeat.size()));
}

class Lines : public testing::Test
{
protected:
	void TearDown() override
	{
		EXPECT_TRUE(rig.balanced());
	}
	std::string see(const Bytes &payload, const Net &net)
	{
		return kinds(rig.push({ frame(payload, net) }));
	}
	Rig rig;
};

// The venue primes both lines with resets and heartbeats before the day.
TEST_F(Lines, ResetNamesTheChannel)
{
	EXPECT_EQ(see(pillar(12, 1, { pillar_reset() }, kPillarSend), kA), "join clock admin");
	EXPECT_EQ(see(pillar(12, 1, { pillar_reset() }, kPillarSend + 1), kA), "");
	EXPECT_EQ(see(pillar(12, 1, { pillar_reset() }, kPillarSend + 2), kB), "");
	EXPECT_EQ(see(pillar(1, 2, {}, kPillarSend + 3), kB), "clock");
	EXPECT_EQ(see(pillar(11, 2, { pillar_mapping(), pillar_time() }, kPillarSend + 4), kA),
		  "clock directory admin");
	EXPECT_EQ(see(pillar(11, 2, { pillar_mapping() }, kPillarSend + 4), kB), "");
	EXPECT_EQ(see(pillar(11, 3, { pillar_time(), pillar_add(1, 1) }, kPillarSend + 5), kB), "clock add");
	EXPECT_EQ(see(pillar(11, 5, { pillar_add(2, 2) }, kPillarSend + 6), kB), "clock add");
	EXPECT_EQ(
		see(pillar(11, 4, { pillar_add(1, 1), pillar_add(2, 2), pillar_add(3, 3) }, kPillarSend + 7),
		    kA),
		"clock add");
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(rig.r->channel[0].n_lines, 2);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(rig.count(LEDGER_midstream_joins), 0u);
}

TEST_F(Lines, OtherChannelsAreOtherAddresses)
{
	EXPECT_EQ(see(pillar(12, 1, { pillar_reset() }), kA), "join clock admin");
	EXPECT_EQ(see(pillar(12, 1, { pillar_reset(kPillarSecond, 157, 4) }), kOther), "join clock admin");
	EXPECT_EQ(see(pillar(11, 2, { pillar_mapping() }, kPillarSend + 1), kOther), "clock directory");
	EXPECT_EQ(see(pillar(11, 2, { pillar_mapping(5, "QQQ") }, kPillarSend + 1), kA), "clock directory");
	EXPECT_EQ(see(pillar(11, 9, { pillar_mapping(9, "SPY") }, kPillarSend + 2), kB),
		  "join clock directory"); // a symbol that no channel knows, numbers that fit two
	EXPECT_EQ(rig.r->n_channels, 3u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
}

TEST(PillarLines, DeclaredGroups)
{
	const struct receiver_group group[] = { { kOther.dst_ip, kOther.dst_port, 1 },
						{ kA.dst_ip, kA.dst_port, 2 },
						{ kB.dst_ip, kB.dst_port, 2 } };
	receiver_conf conf = { nullptr, false, 1000, 17000, 0, 0, group, 3 };
	Rig rig(64, conf);
	rig.push({ frame(pillar(11, 7, { pillar_mapping() }), kA) });
	EXPECT_EQ(kinds(rig.push({ frame(pillar(11, 7, { pillar_mapping() }), kB) })), "");
	EXPECT_EQ(kinds(rig.push({ frame(pillar(11, 8, { pillar_add(1, 1) }), kB) })), "add");
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(kinds(rig.push({ frame(pillar(11, 8, { pillar_add(1, 1) }), kOther) })), "join clock add");
	EXPECT_TRUE(rig.balanced());
}

// A later reset restarts the numbers however near they are; its echo on the other line does not.
TEST_F(Lines, ResetInTheDay)
{
	see(pillar(12, 1, { pillar_reset(1000000000) }), kA);
	see(pillar(12, 1, { pillar_reset(1000000000) }), kB);
	see(pillar(11, 2, { pillar_mapping(), pillar_add(1, 1) }), kA);
	EXPECT_EQ(see(pillar(10, 1, { pillar_reset(1000000001) }), kA), "reset admin");
	EXPECT_EQ(see(pillar(10, 2, { pillar_mapping(), pillar_message(32, full(1)) }), kA),
		  "directory clear");
	EXPECT_EQ(see(pillar(12, 1, { pillar_reset(1000000000) }), kB), ""); // far behind
	EXPECT_EQ(see(pillar(10, 1, { pillar_reset(1000000001) }), kB), "");
	EXPECT_EQ(see(pillar(10, 4, { pillar_add(1, 1) }), kB), "add");
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 1u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
}

// On another group, what is sent again and snapshots open no channel; on the line they are sorted in by
// number.
TEST_F(Lines, RecoveryPacketsStandAside)
{
	see(pillar(11, 1, { pillar_mapping(), pillar_time() }), kA);
	for (uint8_t flag : { 13, 15, 17, 18, 19, 20, 21 })
		EXPECT_EQ(see(pillar(flag, 2, { pillar_time(), pillar_add(1, 1) }), kOther), "");
	EXPECT_EQ(rig.count(LEDGER_frames_out_of_band), 7u);
	EXPECT_EQ(rig.count(LEDGER_messages_out_of_band), 14u);
	EXPECT_EQ(see(pillar(17, 3, { pillar_add(1, 1) }), kA), "");
	EXPECT_EQ(rig.count(LEDGER_frames_out_of_band), 8u);
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(see(pillar(13, 3, { pillar_add(1, 1) }, kPillarSend + 9), kA), "add"); // no clock
	EXPECT_EQ(see(pillar(15, 3, { pillar_add(1, 1) }, kPillarSend + 9), kA), "");
	EXPECT_EQ(see(pillar(1, 6, {}, kPillarSend + 9), kA), "gap clock");
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 2u);
}
