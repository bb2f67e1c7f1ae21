/* SPDX-License-Identifier: BSD-3-Clause */
// What others read of a receiver: counts as they come, its own state as published, and nothing by pointer.
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

using namespace kit;

namespace {

constexpr uint64_t kSend = 1000;

struct Shared {
	std::unique_ptr<receiver_counts> at = std::make_unique<receiver_counts>();
	Rig rig;

	Shared() : rig(64, conf(at.get())) {}
	static receiver_conf conf(receiver_counts *at)
	{
		receiver_conf c = { nullptr, false, 1000, 17000 };

		c.counts = at;
		return c;
	}
};

} // namespace

TEST(counts, are_where_the_caller_wants_them)
{
	Shared s;

	s.rig.rx_ns = kSend;
	s.rig.push({ frame(mold("S", 1, { itch_system('O'), itch_system('S') })) });
	EXPECT_EQ(s.at->channel[0].messages, 2u);
	EXPECT_EQ(s.at->channel[0].by_type['S'], 2u);
	EXPECT_EQ(s.at->channel[0].line[0].first, 2u);
	EXPECT_EQ(s.at->channel[0].line[0].last_rx_ns, kSend);
	receiver_conf own = { nullptr, false, 1000, 17000 }, theirs = Shared::conf(s.at.get());
	EXPECT_GE(receiver_bytes(&own), receiver_bytes(&theirs) + sizeof(receiver_counts));
}

TEST(counts, show_a_channel_when_it_is_published)
{
	Shared s;

	s.rig.push({ frame(mold("S", 1, { itch_system('O') })) });
	EXPECT_EQ(counts_channels(s.at.get()), 0u);
	counts_publish(s.rig.r.get());
	ASSERT_EQ(counts_channels(s.at.get()), 1u);
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
	memset(s.at.get(), 0x55, sizeof *s.at);
	EXPECT_STREQ(counts_feed(&copy->channel[0]), "itch50");
	EXPECT_EQ(copy->channel[0].line[0].packets, 1u);
	memset(s.at.get(), 0, sizeof *s.at);
}
