/* SPDX-License-Identifier: BSD-3-Clause */
// The circuit breaker: what it lets through is a function of what failed, and when.
#include <gtest/gtest.h>

#include <string>

extern "C" {
#include "drivers/sink/breaker.h"
#include "drivers/sink/sink.h"
}

namespace {

breaker made(uint64_t seed = 7)
{
	breaker b;

	breaker_init(&b, seed, 1000);
	return b;
}

} // namespace

TEST(breaker, stays_closed_for_a_failure_or_two_but_pauses)
{
	breaker b = made();

	EXPECT_TRUE(breaker_may(&b, 1000));
	breaker_failed(&b, 1000);
	EXPECT_EQ(b.state, BREAKER_CLOSED);
	EXPECT_FALSE(breaker_may(&b, 1000 + BREAKER_FIRST_NS / 2 - 1));
	EXPECT_TRUE(breaker_may(&b, 1000 + BREAKER_FIRST_NS));
	EXPECT_EQ(b.state, BREAKER_CLOSED);
}

TEST(breaker, opens_and_lets_one_attempt_through_after_the_pause)
{
	breaker b = made();
	uint64_t now = 1000;

	for (int i = 0; i < BREAKER_OPENS_AT; i++, now += NS_PER_S) {
		ASSERT_TRUE(breaker_may(&b, now));
		breaker_failed(&b, now);
	}
	now -= NS_PER_S;
	EXPECT_EQ(b.state, BREAKER_OPEN);
	EXPECT_EQ(b.since_ns, now);
	EXPECT_FALSE(breaker_may(&b, now));
	EXPECT_EQ(b.state, BREAKER_OPEN);
	EXPECT_TRUE(breaker_may(&b, now + NS_PER_S));
	EXPECT_EQ(b.state, BREAKER_HALF_OPEN);
	breaker_failed(&b, now + NS_PER_S);
	EXPECT_EQ(b.state, BREAKER_OPEN) << "one failure of the attempt is enough";
	EXPECT_TRUE(breaker_may(&b, now + 3 * NS_PER_S));
	breaker_worked(&b, now + 3 * NS_PER_S);
	EXPECT_EQ(b.state, BREAKER_CLOSED);
	EXPECT_EQ(b.in_a_row, 0u);
	EXPECT_EQ(b.failures, unsigned(BREAKER_OPENS_AT) + 1);
}

TEST(breaker, doubles_its_pause_up_to_a_second_and_never_leaves_half_of_it_out)
{
	breaker b = made();
	uint64_t now = 0, pause = BREAKER_FIRST_NS;

	for (int i = 0; i < 50; i++) {
		breaker_failed(&b, now);
		EXPECT_GE(b.until_ns - now, pause / 2);
		EXPECT_LE(b.until_ns - now, pause);
		now = b.until_ns;
		pause = pause * 2 < BREAKER_LAST_NS ? pause * 2 : BREAKER_LAST_NS;
	}
	breaker_worked(&b, now);
	breaker_failed(&b, now);
	EXPECT_LE(b.until_ns - now, BREAKER_FIRST_NS) << "what has worked begins anew";
}

TEST(breaker, two_clients_do_not_come_back_at_once)
{
	breaker a = made(1), b = made(2);
	int same = 0;

	for (int i = 0; i < 20; i++) {
		breaker_failed(&a, 0);
		breaker_failed(&b, 0);
		same += a.until_ns == b.until_ns;
	}
	EXPECT_LT(same, 3);
}

TEST(breaker, what_is_stopped_stays_so)
{
	breaker b = made();

	breaker_stop(&b, 5000);
	EXPECT_FALSE(breaker_may(&b, UINT64_MAX));
	breaker_worked(&b, 6000);
	breaker_failed(&b, 7000);
	EXPECT_EQ(b.state, BREAKER_STOPPED);
	EXPECT_EQ(b.since_ns, 5000u);
}

TEST(breaker, what_was_out_together_fails_once_and_proves_nothing_within_the_pause)
{
	breaker b = made();

	for (int i = 0; i < 5; i++)
		breaker_refused(&b, 1000);
	EXPECT_EQ(b.failures, 1u);
	breaker_taken(&b, b.until_ns - 1);
	EXPECT_EQ(b.in_a_row, 1u);
	breaker_refused(&b, b.until_ns);
	EXPECT_EQ(b.failures, 2u);
	breaker_taken(&b, b.until_ns);
	EXPECT_EQ(b.in_a_row, 0u);
}

TEST(breaker, shows_a_sink_and_no_control_characters_of_a_server)
{
	breaker b = made();
	sink_view v{};
	std::string said = "-ERR \x1b[2J\xff" + std::string(200, 'a');

	for (int i = 0; i < BREAKER_OPENS_AT; i++)
		breaker_failed(&b, 2000);
	breaker_why(&b, said.data(), said.size());
	breaker_look(&b, &v);
	EXPECT_EQ(v.on, 1u);
	EXPECT_EQ(v.state, (uint32_t)BREAKER_OPEN);
	EXPECT_EQ(v.failures, (uint64_t)BREAKER_OPENS_AT);
	EXPECT_EQ(v.since_ns, 2000u);
	EXPECT_EQ(std::string(v.why), "-ERR ?[2J?" + std::string(80, 'a'));
	breaker_why(&b, "of another's text", 2);
	breaker_look(&b, &v);
	EXPECT_STREQ(v.why, "of");
	breaker_why(&b, "", 0);
	breaker_look(&b, &v);
	EXPECT_STREQ(v.why, "");
}
