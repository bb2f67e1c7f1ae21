/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

extern "C" {
#include "drivers/feed/seq.h"
}

static void expect(uint64_t expected, uint64_t first, uint32_t count, enum seq_verdict verdict, uint64_t lost,
		   uint32_t skip)
{
	struct seq_result got = seq_judge(expected, first, count);
	EXPECT_EQ(got.verdict, verdict) << expected << " " << first << " " << count;
	EXPECT_EQ(got.lost, lost);
	EXPECT_EQ(got.skip, skip);
}

TEST(Seq, Verdicts)
{
	expect(10, 10, 3, SEQ_IN_ORDER, 0, 0);
	expect(10, 10, 0, SEQ_IN_ORDER, 0, 0);
	expect(10, 12, 3, SEQ_GAP, 2, 0);
	expect(10, 12, 0, SEQ_GAP, 2, 0);
	expect(10, 7, 3, SEQ_DUPLICATE, 0, 3);
	expect(10, 1, 3, SEQ_DUPLICATE, 0, 3);
	expect(10, 9, 0, SEQ_DUPLICATE, 0, 0);
	expect(10, 7, 4, SEQ_OVERLAP, 0, 3);
	expect(10, 9, 65535, SEQ_OVERLAP, 0, 1);
	expect(1000, 900, 3, SEQ_DUPLICATE, 0, 3);
	expect(1000, 1, 3, SEQ_DUPLICATE, 0, 3); // however far back
	expect(1000, 1, 0, SEQ_DUPLICATE, 0, 0);
	expect(1, SEQ_MAX, 0, SEQ_GAP, SEQ_MAX - 1, 0);
}

// Whatever comes, following the verdicts keeps the books: delivered + lost = how far the expected number
// moved.
TEST(Seq, AccountsForEveryNumber)
{
	uint64_t state = 42, expected = 1, base = 1, delivered = 0, lost = 0;

	for (int i = 0; i < 100000; i++) {
		state = state * UINT64_C(6364136223846793005) + 1;
		uint64_t first = expected + (state >> 40) % 40 - 20;
		uint32_t count = (uint32_t)(state >> 33) % 30;

		if (expected < 21)
			first = expected;
		struct seq_result seq = seq_judge(expected, first, count);
		if (seq.verdict == SEQ_DUPLICATE) {
			ASSERT_LE(first + count, expected);
			continue;
		}
		ASSERT_EQ(first + seq.skip, expected + seq.lost);
		lost += seq.lost;
		delivered += count - seq.skip;
		expected = first + count;
		ASSERT_EQ(expected - base, delivered + lost);
	}
}
