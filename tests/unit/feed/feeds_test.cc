/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "drivers/feed/deepplus.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
}

using namespace kit;

static const struct feed *probe(const Bytes &p)
{
	return feed_probe(p.data(), p.size());
}

TEST(Feeds, ByName)
{
	for (const struct feed *const *f = feeds; *f; f++) {
		EXPECT_EQ(feed_by_name((*f)->name), *f);
		EXPECT_TRUE((*f)->probe && (*f)->header && (*f)->decode && (*f)->title);
	}
	EXPECT_EQ(feed_by_name("itch50"), &itch50_feed);
	EXPECT_EQ(feed_by_name("nothing"), nullptr);
	EXPECT_EQ(feed_by_name(""), nullptr);
}

TEST(Feeds, RecognisedByContent)
{
	EXPECT_EQ(probe(iex(IEX_DEEP10, 1, 1, 1, {})), &iex_deep10);
	EXPECT_EQ(probe(iex(IEX_TOPS16, 1, 1, 1, { iex_trade('T', 0, 1, "A", 1, 1, 1) })), &iex_tops16);
	EXPECT_EQ(probe(iex(IEX_DEEPPLUS10, 1, 1, 1, { iex_trade('T', 0, 1, "A", 1, 1, 1) })),
		  &deepplus_feed);
	EXPECT_EQ(probe(iex(0x8002, 1, 1, 1, { iex_trade('T', 0, 1, "A", 1, 1, 1) })), nullptr);
	EXPECT_EQ(probe(pillar(11, 1, { pillar_add(1, 1) })), &pillar_feed);
	EXPECT_EQ(probe(pillar(1, 1, {})), &pillar_feed);
	EXPECT_EQ(probe(pillar(12, 1, { pillar_reset() })), &pillar_feed);
	EXPECT_EQ(probe(mold("000010059B", 1, { itch_system('O') })), &itch50_feed);
	EXPECT_EQ(probe(mold("000010059B", 1, {})), &itch50_feed);
	EXPECT_EQ(probe(mold("000010059B", 1, {}, 0xffff)), &itch50_feed);
	EXPECT_EQ(probe(mold("S", 1, { itch_delete(1, 1) + Bytes{ 9 }, Bytes{ 'z' }, {} })), &itch50_feed);
	EXPECT_EQ(probe(mold("BX00018325", 1, { itch_system('O') })), &itch50_bx_feed);
	EXPECT_EQ(probe(mold("PSX0018325", 1, {})), &itch50_psx_feed);
	EXPECT_EQ(probe(mold(std::string(10, '\0'), 0, { itch_delete(1, 1) })), &itch50_feed);
}

TEST(Feeds, StrangersAreNotRecognised)
{
	EXPECT_EQ(probe({}), nullptr);
	EXPECT_EQ(probe(Bytes(20, 0)), nullptr);
	EXPECT_EQ(probe(Bytes(200, 0)), nullptr);
	EXPECT_EQ(probe(Bytes(200, ' ')), nullptr);
	EXPECT_EQ(probe(mold("S", 1, { Bytes{ 'z' } })), nullptr);                  // not one known message
	EXPECT_EQ(probe(mold("S", 1, { Bytes{ 'A', 1 } })), nullptr);               // known, too short
	EXPECT_EQ(probe(mold("S", 1, { itch_system('O') }) + Bytes{ 0 }), nullptr); // a byte too many
	EXPECT_EQ(probe(mold("S\x01", 1, { itch_system('O') })), nullptr);
	EXPECT_EQ(probe(mold("S", 1, { itch_add(1, "A", 1, 'B', 1, 1, NS_PER_DAY + 1) })), nullptr);
	EXPECT_EQ(probe(iex(IEX_DEEP10, 1, 1, 1, {}) + Bytes{ 0 }), nullptr);
	Bytes p = iex(IEX_DEEP10, 1, 1, 1, { iex_trade('T', 0, 1, "A", 1, 1, 1) });
	p[40]++;
	EXPECT_EQ(probe(p), nullptr);
	EXPECT_EQ(probe(pillar(11, 1, { pillar_add(1, 1) }) + Bytes{ 0 }), nullptr);
	EXPECT_EQ(probe(pillar(11, 1, { pillar_message(140, Bytes(34, 0)) })),
		  nullptr); // a quote of the BBO feed
	EXPECT_EQ(probe(pillar(11, 1, { pillar_message(105, Bytes(63, 0)) })),
		  nullptr);                                                // an imbalance of XDP
	EXPECT_EQ(probe(pillar(12, 1, { pillar_reset(1, 8) })), nullptr);  // another product
	EXPECT_EQ(probe(pillar(11, 1, { pillar_add(1, 1) }, 5)), nullptr); // sent in 1970
}
