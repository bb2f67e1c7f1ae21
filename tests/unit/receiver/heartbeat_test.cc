/* SPDX-License-Identifier: BSD-3-Clause */
// Heartbeats of each protocol: they say that their channel lives, with the time where the packet carries it.
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

using namespace kit;

namespace {

struct Beat {
	const char *name;
	Bytes first;	// a packet with messages
	Bytes beat;	// a heartbeat, a second later
	Bytes later;	// one that shows two messages to be missing
	uint64_t send_ns; // that it carries; 0: none
};

Beat beats[] = {
	{ "mold64", mold("S", 1, { itch_system('O') }), mold("S", 2, {}), mold("S", 4, {}), 0 },
	{ "iex", iex(0x8004, 9, 1, kPillarSend, { iex_head('S', 'O', kPillarSend, "") }), iex(0x8004, 9, 2, kPillarSend + NS_PER_S, {}),
	  iex(0x8004, 9, 4, kPillarSend + NS_PER_S, {}), kPillarSend + NS_PER_S },
	{ "pillar", pillar(11, 1, { pillar_time() }), pillar(1, 2, {}, kPillarSend + NS_PER_S),
	  pillar(1, 4, {}, kPillarSend + NS_PER_S), kPillarSend + NS_PER_S },
};

} // namespace

class heartbeat : public testing::TestWithParam<Beat> {};

TEST_P(heartbeat, says_that_the_channel_lives)
{
	const Beat &b = GetParam();
	Rig rig;

	rig.rx_ns = 1000;
	rig.push({ frame(b.first) });
	ASSERT_EQ(rig.r->n_channels, 1u);
	rig.rx_ns = 2000;
	std::vector<event> e = rig.push({ frame(b.beat) });
	ASSERT_EQ(e.size(), 1u);
	EXPECT_EQ(e[0].kind, EV_CLOCK);
	EXPECT_EQ(e[0].ts_ns, b.send_ns);
	EXPECT_EQ(e[0].flags, EVF_HEARTBEAT);
	EXPECT_EQ(rig.count(LEDGER_frames_heartbeat), 1u);
	const channel_counts &c = *rig.r->channel[0].counts;
	EXPECT_EQ(c.data_rx_ns, 1000u);
	EXPECT_EQ(c.last_rx_ns, 2000u);
	EXPECT_EQ(c.line[0].data_rx_ns, 1000u);
	EXPECT_EQ(c.line[0].last_rx_ns, 2000u);
}

// Behind a hole it waits like any other packet, and then says the same.
TEST_P(heartbeat, waits_behind_a_hole)
{
	const Beat &b = GetParam();
	Rig rig(64, { nullptr, false, 1000, 17000, 4, NS_PER_S });

	rig.push({ frame(b.first) });
	EXPECT_TRUE(rig.push({ frame(b.later) }).empty());
	EXPECT_EQ(rig.count(LEDGER_held_packets), 1u);
	std::vector<event> e = rig.flush();
	ASSERT_EQ(kinds(e), "gap clock");
	EXPECT_EQ(e[1].ts_ns, b.send_ns);
	EXPECT_EQ(e[1].flags, EVF_HEARTBEAT);
}

INSTANTIATE_TEST_SUITE_P(protocols, heartbeat, testing::ValuesIn(beats), [](const auto &p) { return std::string(p.param.name); });
