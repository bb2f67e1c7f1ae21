/* SPDX-License-Identifier: BSD-3-Clause */
// A hole that recovery is asked for waits longer, or is given up at once.
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

using namespace kit;

namespace
{

constexpr uint64_t kRx = UINT64_C(1493132621826547470);
constexpr receiver_conf kConf = { nullptr, false, 1000, 17000, 16, NS_PER_MS };

class Patience : public testing::Test
{
protected:
	std::string at(uint64_t rx_ns, uint64_t seq, const std::string &session = "S")
	{
		rig.rx_ns = kRx + rx_ns;
		std::string out = kinds(rig.push({ frame(mold(session, seq, { itch_add(1, "ABC", seq, 'B', 1, 1) })) }));
		EXPECT_TRUE(rig.balanced());
		return out;
	}
	Rig rig{ 64, kConf };
};

} // namespace

TEST_F(Patience, IsPerChannel)
{
	EXPECT_EQ(at(0, 1), "join add");
	at(0, 1, "T");
	EXPECT_EQ(at(0, 2, "T"), "reset add add");
	receiver_patience(rig.r.get(), 0, NS_PER_S);
	receiver_patience(rig.r.get(), 7, NS_PER_S); // no such channel
	at(0, 3, "T");
	EXPECT_EQ(at(0, 5, "T"), "");
	EXPECT_EQ(at(NS_PER_S - 1, 6, "T"), "");
	EXPECT_EQ(at(NS_PER_S, 7, "T"), "gap add add add");
}

TEST_F(Patience, GivingUpDeclaresTheHoleThatWasMeant)
{
	at(0, 1);
	receiver_patience(rig.r.get(), 0, NS_PER_S);
	EXPECT_EQ(at(0, 4), "");
	EXPECT_EQ(at(1, 8), "");
	receiver_give_up(rig.r.get(), 0, 2, kRx + 1); // an older one: what is open ends with 3
	EXPECT_EQ(at(2, 9), "");
	receiver_give_up(rig.r.get(), 0, 3, kRx + 3);
	EXPECT_EQ(kinds(rig.flush(kRx + 3)), "gap add");
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 2u);
	EXPECT_EQ(at(4, 10), ""); // the next hole is asked for in its turn
	uint64_t first, last;
	ASSERT_TRUE(receiver_wanted(rig.r.get(), 0, &first, &last));
	EXPECT_EQ(first, 5u);
	EXPECT_EQ(last, 7u);
	receiver_give_up(rig.r.get(), 0, 7, kRx + 5);
	EXPECT_EQ(at(5, 11), "gap add add add add"); // by the next frame as well
	receiver_give_up(rig.r.get(), 0, 7, kRx + 5);
	receiver_give_up(rig.r.get(), 9, 7, kRx + 5);
	EXPECT_EQ(rig.count(LEDGER_gaps), 2u);
}

TEST_F(Patience, AFilledHoleIsNotGivenUp)
{
	at(0, 1);
	receiver_patience(rig.r.get(), 0, NS_PER_S);
	at(0, 3);
	receiver_give_up(rig.r.get(), 0, 2, kRx + 2); // and it comes just before
	EXPECT_EQ(at(1, 2), "add add");
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(rig.count(LEDGER_holes_filled), 1u);
}

TEST_F(Patience, AHoleBehindWhichNothingIsHeldIsCountedAndForgotten)
{
	at(0, 1);
	at(0, 3);
	rig.r->channel[0].hold.n = 0; // by a fault
	EXPECT_EQ(kinds(rig.flush(kRx + NS_PER_MS)), "");
	EXPECT_EQ(rig.count(LEDGER_invariants_broken), 1u);
	EXPECT_FALSE(rig.balanced());
	EXPECT_FALSE(rig.r->channel[0].waiting);
}
