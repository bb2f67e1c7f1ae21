/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

extern "C" {
#include "lcore/base/lately.h"
}

TEST(Lately, EndsWhenTheTroubleDoes)
{
	struct lately l = {};
	EXPECT_EQ(lately_grown(&l, 0, 1000, 10), 0u);
	EXPECT_EQ(lately_grown(&l, 5, 1001, 10), 5u);
	EXPECT_EQ(lately_grown(&l, 5, 1011, 10), 5u);
	EXPECT_EQ(lately_grown(&l, 5, 1012, 10), 0u); // over
	EXPECT_EQ(lately_grown(&l, 5, 5000, 10), 0u);
	EXPECT_EQ(lately_grown(&l, 7, 5001, 10), 2u); // again: only what is new
	EXPECT_EQ(lately_grown(&l, 9, 5009, 10), 4u);
	EXPECT_EQ(lately_grown(&l, 10, 5030, 10), 1u);
	EXPECT_EQ(lately_grown(&l, 10, 5041, 10), 0u);
}
