/* SPDX-License-Identifier: BSD-3-Clause */
// Who is lost, and who only was not looked at.
#include <gtest/gtest.h>

extern "C" {
#include "lcore/trade/hang.h"
}

namespace {

const uint64_t LIMIT = 800;

struct Other {
	hang h{};
	uint64_t now = 1000, beats = 0;

	// Looks so often, step apart. Returns how often it was said to be lost.
	unsigned look(unsigned times, uint64_t step = 10, bool beat = false)
	{
		unsigned lost = 0;

		for (unsigned i = 0; i < times; i++) {
			now += step;
			beats += beat;
			lost += hang_look(&h, beats, now, LIMIT);
		}
		return lost;
	}
};

} // namespace

TEST(hang, silence_up_to_the_limit_is_none)
{
	Other o;

	EXPECT_EQ(o.look(5, 10, true), 0u);
	EXPECT_EQ(o.look(79), 0u); // limit - 1 look
	EXPECT_FALSE(hang_lost(&o.h));
	EXPECT_EQ(o.look(1), 1u); // at it
	EXPECT_TRUE(hang_lost(&o.h));
	EXPECT_EQ(o.look(79), 0u); // said once, and again after another limit
	EXPECT_EQ(o.look(1), 1u);
	EXPECT_EQ(o.look(1, 10, true), 0u);
	EXPECT_FALSE(hang_lost(&o.h));
	EXPECT_EQ(o.look(79), 0u); // from the last beat on
	EXPECT_EQ(o.look(1), 1u);
}

TEST(hang, one_that_never_beat_is_lost)
{
	Other o;

	EXPECT_EQ(o.look(200), 2u);
}

TEST(hang, a_looker_that_slept_makes_nobody_lost)
{
	Other o;

	o.look(3, 10, true);
	EXPECT_EQ(o.look(1, 1000 * LIMIT), 0u); // the machine stood still
	EXPECT_EQ(o.look(1, 10, true), 0u);
	EXPECT_EQ(o.look(7, 1000 * LIMIT), 0u);
	EXPECT_EQ(o.look(1, 1000 * LIMIT), 1u); // eight looks, each counts as an eighth
}

TEST(hang, a_clock_that_goes_back_counts_nothing)
{
	Other o;

	o.look(3, 10, true);
	o.now -= 500;
	EXPECT_EQ(o.look(50), 0u);
	EXPECT_EQ(o.h.silent_ns, 490u);
}
