/* SPDX-License-Identifier: BSD-3-Clause */
// What others read of a receiver: counts as they come, its own state as published, and nothing by pointer.
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

using namespace kit;

namespace {

constexpr uint64_t kSend = 1000;

struct Shared {
	Rig rig;
	receiver_counts *at = rig.r->counts;
};

} // namespace

TEST(counts, are_there_as_they_come)
{
	Shared s;

	s.rig.rx_ns = kSend;
	s.rig.push({ frame(mold("S", 1, { itch_system('O'), itch_system('S') })) });
	EXPECT_EQ(s.at->channel[0].messages, 2u);
	EXPECT_EQ(s.at->channel[0].by_type[(uint8_t)'S'], 2u);
	EXPECT_EQ(s.at->channel[0].line[0].first, 2u);
	EXPECT_EQ(s.at->channel[0].line[0].last_rx_ns, kSend);
}

TEST(counts, show_a_channel_when_it_is_published)
{
	Shared s;

	s.rig.push({ frame(mold("S", 1, { itch_system('O') })) });
	EXPECT_EQ(counts_channels(s.at), 0u);
	counts_publish(s.rig.r.get());
	ASSERT_EQ(counts_channels(s.at), 1u);
	const channel_counts &c = s.at->channel[0];
	EXPECT_STREQ(counts_feed(&c), "itch50");
	EXPECT_EQ(c.state, CHANNEL_OPEN);
	EXPECT_EQ(c.next_seq, 2u);
	EXPECT_EQ(c.session[0], s.rig.r->channel[0].session[0]);
	ASSERT_EQ(counts_lines(&c), 1u);
	EXPECT_EQ(c.line[0].dst_ip, Net().dst_ip);
	s.rig.push({ frame(mold("S", 2, {}, 0xffff)) });
	EXPECT_EQ(c.state, CHANNEL_OPEN);
	counts_publish(s.rig.r.get());
	EXPECT_EQ(c.state, CHANNEL_ENDED);
}

// A receiver in memory that was used before does not go on with what is there.
TEST(counts, begin_anew_in_used_memory)
{
	Shared s;

	memset(s.at->channel, 0x55, sizeof(channel_counts));
	s.rig.push({ frame(mold("S", 1, { itch_system('O') })) });
	EXPECT_EQ(s.at->channel[0].messages, 1u);
	EXPECT_EQ(s.at->channel[0].line[0].packets, 1u);
	EXPECT_EQ(s.at->channel[0].last_gap_last, 0u);
}

// Another process has them at another address.
TEST(counts, mean_the_same_at_another_address)
{
	Shared s;

	s.rig.push({ frame(mold("S", 1, { itch_system('O') })) });
	counts_publish(s.rig.r.get());
	auto copy = std::make_unique<receiver_counts>(*s.at);
	memset(s.at, 0x55, sizeof *s.at);
	EXPECT_STREQ(counts_feed(&copy->channel[0]), "itch50");
	EXPECT_EQ(copy->channel[0].line[0].packets, 1u);
	memset(s.at, 0, sizeof *s.at);
}
