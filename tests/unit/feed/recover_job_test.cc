/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include <random>

extern "C" {
#include "drivers/feed/recover_job.h"
#include "lcore/base/calendar.h"
}

namespace
{

constexpr uint64_t kMs = 1000000;

recover_policy policy(bool one_packet = false)
{
	return { 10 * kMs, 200 * kMs, 4, 1000, one_packet };
}

} // namespace

TEST(RecoverJob, AsksBacksOffAndGivesUp)
{
	recover_policy p = policy();
	recover_job j = {};
	uint64_t now = 5 * kMs, asked[8];
	unsigned n = 0;

	EXPECT_EQ(recover_job_step(&j, &p, now), RECOVER_WAIT);
	recover_job_want(&j, 100, 149, now);
	enum recover_step step;
	while ((step = recover_job_step(&j, &p, now)) != RECOVER_GIVE_UP) {
		if (step == RECOVER_ASK) {
			EXPECT_EQ(recover_job_last(&j, &p), 149u);
			recover_job_asked(&j, &p, now);
			ASSERT_LT(n, 8u);
			asked[n++] = now;
		}
		now = j.due_ns;
	}
	ASSERT_EQ(n, 4u);
	EXPECT_EQ(asked[1] - asked[0], 10 * kMs);
	EXPECT_EQ(asked[2] - asked[1], 20 * kMs);
	EXPECT_EQ(asked[3] - asked[2], 40 * kMs);
	EXPECT_EQ(now - asked[3], 80 * kMs);
	EXPECT_FALSE(j.open);
}

TEST(RecoverJob, BackOffIsBounded)
{
	recover_policy p = policy();
	recover_job j = {};

	p.tries = 100;
	recover_job_want(&j, 1, 1, 0);
	for (int i = 0; i < 99; i++) {
		uint64_t before = j.due_ns;
		ASSERT_EQ(recover_job_step(&j, &p, j.due_ns), RECOVER_ASK);
		recover_job_asked(&j, &p, j.due_ns);
		EXPECT_LE(j.due_ns - before, 200 * kMs);
		EXPECT_GE(j.due_ns - before, 10 * kMs);
	}
}

TEST(RecoverJob, PartialAnswersOfOnePacketAreAskedForAtOnce)
{
	recover_policy p = policy(true);
	recover_job j = {};

	recover_job_want(&j, 100, 149, 0);
	recover_job_asked(&j, &p, 0);
	EXPECT_EQ(recover_job_step(&j, &p, 1), RECOVER_WAIT);
	EXPECT_EQ(recover_job_got(&j, &p, 100, 20, 1), 20u);
	EXPECT_EQ(j.first_seq, 120u);
	EXPECT_EQ(recover_job_step(&j, &p, 1), RECOVER_ASK);
	recover_job_asked(&j, &p, 1);
	EXPECT_EQ(recover_job_got(&j, &p, 100, 20, 2), 0u); // again
	EXPECT_EQ(recover_job_got(&j, &p, 125, 5, 2), 0u); // ahead
	EXPECT_EQ(recover_job_got(&j, &p, 115, 60, 2), 30u);
	EXPECT_FALSE(j.open);
}

TEST(RecoverJob, AnswersOfSeveralPacketsAreWaitedFor)
{
	recover_policy p = policy();
	recover_job j = {};

	recover_job_want(&j, 1, 2500, 0);
	EXPECT_EQ(recover_job_last(&j, &p), 1000u);
	recover_job_asked(&j, &p, 0);
	EXPECT_EQ(recover_job_got(&j, &p, 1, 400, kMs), 400u);
	EXPECT_EQ(recover_job_step(&j, &p, 2 * kMs), RECOVER_WAIT); // more of the same answer
	EXPECT_EQ(recover_job_got(&j, &p, 401, 600, 3 * kMs), 600u);
	EXPECT_EQ(recover_job_step(&j, &p, 3 * kMs), RECOVER_ASK); // the next request
	EXPECT_EQ(recover_job_last(&j, &p), 2000u);
	EXPECT_EQ(j.tries, 0u);
}

TEST(RecoverJob, TheHoleChangesWhileItIsAskedFor)
{
	recover_policy p = policy();
	recover_job j = {};

	recover_job_want(&j, 10, 19, 0);
	recover_job_asked(&j, &p, 0);
	recover_job_want(&j, 14, 19, kMs); // the other line brought some
	EXPECT_TRUE(j.open);
	EXPECT_EQ(j.first_seq, 14u);
	EXPECT_EQ(recover_job_step(&j, &p, kMs), RECOVER_WAIT);
	recover_job_want(&j, 0, 0, 2 * kMs); // and all the rest
	EXPECT_EQ(recover_job_step(&j, &p, 20 * kMs), RECOVER_WAIT);
	recover_job_want(&j, 50, 59, 30 * kMs); // the next hole
	EXPECT_EQ(recover_job_step(&j, &p, 30 * kMs), RECOVER_ASK);
}

TEST(RecoverJob, WhatComesByMulticastIsProgress)
{
	recover_policy p = policy();
	recover_job j = {};

	EXPECT_FALSE(recover_job_want(&j, 1, 1500, 0));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(recover_job_step(&j, &p, j.due_ns), RECOVER_ASK);
		recover_job_asked(&j, &p, j.due_ns);
	}
	uint64_t now = j.due_ns - 1;
	EXPECT_TRUE(recover_job_want(&j, 500, 1500, now));
	recover_job_progress(&j, &p, now);
	EXPECT_EQ(j.tries, 0u);
	EXPECT_EQ(j.due_ns, now + 10 * kMs); // the rest is on its way
	EXPECT_TRUE(recover_job_want(&j, 1001, 1500, now));
	recover_job_progress(&j, &p, now);
	EXPECT_EQ(recover_job_step(&j, &p, now), RECOVER_ASK); // more than one request could name
	EXPECT_EQ(recover_job_last(&j, &p), 1500u);
}

// The want may cross the answer on its way.
TEST(RecoverJob, WhatHasComeIsNotAskedForAgainAtOnce)
{
	recover_policy p = policy();
	recover_job j = {};

	recover_job_want(&j, 10, 19, 0);
	recover_job_asked(&j, &p, 0);
	recover_job_got(&j, &p, 10, 5, kMs);
	recover_job_want(&j, 10, 19, kMs);
	EXPECT_EQ(j.first_seq, 15u);
	recover_job_got(&j, &p, 15, 5, kMs);
	EXPECT_FALSE(j.open);
	recover_job_want(&j, 15, 19, 2 * kMs);
	EXPECT_EQ(recover_job_step(&j, &p, 2 * kMs), RECOVER_WAIT);
	EXPECT_EQ(recover_job_step(&j, &p, 11 * kMs), RECOVER_ASK); // it never arrived there
	EXPECT_EQ(j.first_seq, 15u);
}

// Whatever comes in whatever order: what is counted as fresh is each number once, and the job ends.
TEST(RecoverJob, PropertyEachNumberOnce)
{
	for (unsigned seed = 0; seed < 300; seed++) {
		std::mt19937 rng(seed);
		recover_policy p = policy(seed & 1);
		recover_job j = {};
		uint64_t now = 0, fresh = 0, first = 1 + rng() % 50, n = 1 + rng() % 3000, requests = 0;

		p.tries = 1000;
		recover_job_want(&j, first, first + n - 1, now);
		while (j.open) {
			now += rng() % (3 * kMs);
			if (recover_job_step(&j, &p, now) == RECOVER_ASK) {
				ASSERT_LT(recover_job_last(&j, &p) - j.first_seq, p.max_messages);
				recover_job_asked(&j, &p, now);
				ASSERT_LT(requests++, 5000u);
			}
			if (rng() % 3)
				fresh += recover_job_got(&j, &p, j.first_seq - rng() % 3 + rng() % 2, 1 + rng() % 40, now);
		}
		EXPECT_EQ(fresh, n) << seed;
	}
}

TEST(RecoverServer, IsLeftAloneAndTriedAgain)
{
	recover_server s = {};
	uint64_t now = 1000;

	recover_server_failed(&s, 3, false, now);
	recover_server_failed(&s, 3, false, now);
	EXPECT_TRUE(recover_server_up(&s, now));
	recover_server_failed(&s, 3, false, now);
	EXPECT_FALSE(recover_server_up(&s, now + NS_PER_S - 1));
	EXPECT_TRUE(recover_server_up(&s, now + NS_PER_S));
	recover_server_failed(&s, 3, false, now + NS_PER_S); // one chance only
	EXPECT_FALSE(recover_server_up(&s, now + 3 * NS_PER_S - 1));
	for (int i = 0; i < 20; i++)
		recover_server_failed(&s, 3, true, now);
	EXPECT_TRUE(recover_server_up(&s, now + RECOVER_DOWN_MAX_NS));
	recover_server_answered(&s);
	EXPECT_TRUE(recover_server_up(&s, now));
	recover_server_failed(&s, 3, true, now); // nobody listens there
	EXPECT_FALSE(recover_server_up(&s, now));
}

TEST(RecoverBudget, RateAndDay)
{
	recover_budget b = {};
	b.per_s = 10;
	b.per_day = 20;
	b.day = 100;
	uint64_t now = 0;
	unsigned persisted = 0, sent = 0;

	for (int i = 0; i < 1000; i++) {
		enum recover_leave leave = recover_budget_ask(&b, 100, now);
		if (leave == RECOVER_NOT_TODAY)
			break;
		if (leave == RECOVER_LATER) {
			now = b.next_ns;
			continue;
		}
		if (recover_budget_reserve(&b)) {
			persisted++;
			EXPECT_LE(b.reserved, b.per_day);
		}
		recover_budget_spend(&b, now);
		EXPECT_LE(b.used, b.reserved); // a restart never asks more than allowed
		sent++;
	}
	EXPECT_EQ(sent, 20u);
	EXPECT_EQ(persisted, 2u);
	EXPECT_EQ(now, 19u * 100 * kMs);
	EXPECT_EQ(recover_budget_ask(&b, 100, now + NS_PER_S), RECOVER_NOT_TODAY);
	EXPECT_EQ(recover_budget_ask(&b, 99, now + NS_PER_S), RECOVER_NOT_TODAY); // a clock that went back
	EXPECT_EQ(recover_budget_ask(&b, 101, now + NS_PER_S), RECOVER_NOW);
	recover_budget_spent_out(&b);
	EXPECT_EQ(recover_budget_ask(&b, 101, now + NS_PER_S), RECOVER_NOT_TODAY);
}

TEST(RecoverQuota, Lines)
{
	char line[80], name[32];
	int32_t day, read;
	uint64_t used;

	ASSERT_TRUE(calendar_parse_date("2026-03-10", 10, &day));
	ASSERT_GT(recover_quota_print(day, "arca", 9999, line, sizeof line), 0);
	EXPECT_STREQ(line, "2026-03-10 arca 9999\n");
	ASSERT_TRUE(recover_quota_line(line, &read, name, &used));
	EXPECT_EQ(read, day);
	EXPECT_STREQ(name, "arca");
	EXPECT_EQ(used, 9999u);
	for (const char *bad : { "", "\n", "2026-03-10 arca", "2026-03-1 arca 5", "2026-13-10 arca 5", "2026-03-10 arca 5 6",
				 "2026-03-10 arca x", "20260310 arca 1" })
		EXPECT_FALSE(recover_quota_line(bad, &read, name, &used)) << bad;
}
