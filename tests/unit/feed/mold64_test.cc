/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/mold64.h"
#include "drivers/feed/seq.h"
}

using namespace kit;

TEST(Mold64, Header)
{
	Bytes p = mold("000010059B", 77, { itch_system('O'), {} });
	struct packet packet;

	ASSERT_TRUE(mold64_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.kind, PACKET_DATA);
	EXPECT_EQ(packet.first_seq, 77u);
	EXPECT_EQ(packet.count, 2u);
	EXPECT_EQ(packet.body, p.data() + 20);
	EXPECT_EQ(packet.end, p.data() + p.size());
	EXPECT_EQ(packet.send_ns, 0u);
	p[9] ^= 1;
	struct packet other;
	ASSERT_TRUE(mold64_header(p.data(), p.size(), &other));
	EXPECT_NE(packet.session[1], other.session[1]);
}

TEST(Mold64, HeartbeatAndEnd)
{
	struct packet packet;
	Bytes p = mold("S", 5, {});
	ASSERT_TRUE(mold64_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.kind, PACKET_HEARTBEAT);
	p = mold("S", 5, {}, 0xffff);
	ASSERT_TRUE(mold64_header(p.data(), p.size(), &packet));
	EXPECT_EQ(packet.kind, PACKET_SESSION_END);
	EXPECT_EQ(packet.count, 0u);
}

TEST(Mold64, Contradictions)
{
	struct packet packet;
	Bytes p = mold("S", 5, { itch_system('O') });
	for (size_t n = 0; n < 20; n++)
		EXPECT_FALSE(mold64_header(p.data(), n, &packet));
	p = mold("S", 5, { {}, {} }, 3); // three blocks cannot be in four bytes
	EXPECT_FALSE(mold64_header(p.data(), p.size(), &packet));
	p = mold("S", SEQ_MAX, {});
	EXPECT_TRUE(mold64_header(p.data(), p.size(), &packet));
	p = mold("S", SEQ_MAX, { itch_system('O') });
	EXPECT_FALSE(mold64_header(p.data(), p.size(), &packet));
	p = mold("S", UINT64_MAX, { itch_system('O') });
	EXPECT_FALSE(mold64_header(p.data(), p.size(), &packet));
}

TEST(Mold64, WriteIsWhatHeaderReads)
{
	uint8_t out[MOLD64_HEADER_BYTES];
	mold64_write_header(out, "ABCDEFGHIJ", 0x123456789a, MOLD64_END);
	EXPECT_EQ(Bytes(out, out + sizeof out), mold("ABCDEFGHIJ", 0x123456789a, {}, 0xffff));
	EXPECT_TRUE(mold64_session_plausible(out));
	out[3] = 0x1f;
	EXPECT_FALSE(mold64_session_plausible(out));
	memset(out, 0, 10);
	EXPECT_TRUE(mold64_session_plausible(out));
}
