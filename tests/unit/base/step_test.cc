/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

extern "C" {
#include "lcore/base/step.h"
}

namespace {
const uint64_t T = UINT64_C(1700000000) * NS_PER_S, HOUR = 3600 * NS_PER_S;

enum step_verdict judge(step *s, uint64_t now, uint64_t ts, uint64_t moved, uint64_t *out, bool next = true)
{
	*out = ts;
	return step_judge(s, now, out, moved, next);
}
} // namespace

TEST(step, a_second_is_taken_on_one_word)
{
	step s = {};
	uint64_t ts;

	EXPECT_EQ(judge(&s, T, T + NS_PER_S, 0, &ts), STEP_TAKEN);
	EXPECT_EQ(ts, T + NS_PER_S);
	EXPECT_EQ(s.asked_ns, 0u);
}

TEST(step, a_night_is_taken_when_receive_time_moved_as_far)
{
	step s = {};
	uint64_t ts;

	EXPECT_EQ(judge(&s, T, T + 16 * HOUR, 16 * HOUR - NS_PER_S / 2, &ts), STEP_TAKEN);
	EXPECT_EQ(judge(&s, T, T + 16 * HOUR, 15 * HOUR, &ts), STEP_HELD);
}

TEST(step, the_first_clock_is_not_later_than_its_receive_time)
{
	step s = {};
	uint64_t ts;

	EXPECT_EQ(judge(&s, 0, T, T + 5, &ts), STEP_TAKEN);
	EXPECT_EQ(judge(&s, 0, T + HOUR, T, &ts), STEP_HELD);
	EXPECT_EQ(judge(&s, 0, T + HOUR + 7, T + 7, &ts), STEP_TAKEN);
	EXPECT_EQ(ts, T + HOUR + 7);
}

TEST(step, the_next_packet_confirms_or_refuses)
{
	step s = {};
	uint64_t ts;

	EXPECT_EQ(judge(&s, T, T + HOUR, 10, &ts), STEP_HELD);
	EXPECT_EQ(judge(&s, T, T + HOUR + 5, 20, &ts), STEP_TAKEN);
	EXPECT_EQ(ts, T + HOUR + 5);
	EXPECT_EQ(s.asked_ns, 0u);
	EXPECT_EQ(judge(&s, T, T + HOUR, 10, &ts), STEP_HELD);
	EXPECT_EQ(judge(&s, T, T + 5, 20, &ts), STEP_REFUSED);
	EXPECT_EQ(ts, T + 5);
	EXPECT_EQ(s.asked_ns, 0u);
}

TEST(step, messages_of_the_packet_that_asks_confirm_nothing)
{
	step s = {};
	uint64_t ts;

	EXPECT_EQ(judge(&s, T, T + HOUR, 0, &ts), STEP_HELD);
	EXPECT_EQ(judge(&s, T, T + HOUR + 1, 0, &ts, false), STEP_HELD);
	EXPECT_EQ(judge(&s, T, T + 1, 0, &ts, false), STEP_TAKEN); // a damaged message among sound ones
	EXPECT_NE(s.asked_ns, 0u);
	EXPECT_EQ(judge(&s, T + 1, T + 2, 0, &ts), STEP_REFUSED);
}

TEST(step, packets_that_leap_on_and_on_move_the_clock_one_leap_behind)
{
	step s = {};
	uint64_t ts;

	EXPECT_EQ(judge(&s, T, T + HOUR, 0, &ts), STEP_HELD);
	EXPECT_EQ(judge(&s, T, T + 2 * HOUR, 0, &ts), STEP_TAKEN);
	EXPECT_EQ(ts, T + HOUR);
	EXPECT_EQ(s.asked_ns, T + 2 * HOUR);
}
