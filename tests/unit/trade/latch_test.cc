/* SPDX-License-Identifier: BSD-3-Clause */
// The latch's text: whole or killed.
#include <gtest/gtest.h>

#include <random>
#include <string>

extern "C" {
#include "lcore/trade/latch.h"
}

static std::string text_of(const latch &l)
{
	char out[LATCH_TEXT_BYTES];
	size_t n = latch_print(&l, out);

	return std::string(out, n);
}

static latch killed()
{
	latch l{};

	EXPECT_TRUE(latch_raise(&l, LATCH_KILL, LATCH_OPERATOR, 1773151200000000000, "fat finger\n\xff"));
	return l;
}

TEST(latch, is_read_as_it_was_written)
{
	latch l = killed(), back;

	EXPECT_STREQ(l.reason, "fat finger??");
	ASSERT_TRUE(latch_parse(text_of(l).data(), text_of(l).size(), &back));
	EXPECT_EQ(back.mode, LATCH_KILL);
	EXPECT_EQ(back.cause, LATCH_OPERATOR);
	EXPECT_EQ(back.since_ns, l.since_ns);
	EXPECT_EQ(back.n, 1u);
	EXPECT_STREQ(back.reason, l.reason);
}

TEST(latch, anything_else_is_killed)
{
	latch run{}, out;

	latch_set(&run, LATCH_RUN, 5, "all is well");
	std::string good = text_of(run), huge(1 << 20, 'x');

	ASSERT_TRUE(latch_parse(good.data(), good.size(), &out));
	EXPECT_EQ(out.mode, LATCH_RUN);
	for (size_t n = 0; n < good.size(); n++) { // torn anywhere
		ASSERT_FALSE(latch_parse(good.data(), n, &out)) << n;
		ASSERT_EQ(out.mode, LATCH_KILL);
		ASSERT_EQ(out.cause, LATCH_UNREADABLE);
	}
	for (size_t n = 0; n < good.size(); n++)
		for (int bit = 0; bit < 8; bit++) { // one bit is wrong
			std::string bad = good;

			bad[n] = (char)(bad[n] ^ 1 << bit);
			ASSERT_FALSE(latch_parse(bad.data(), bad.size(), &out)) << n;
			ASSERT_EQ(out.mode, LATCH_KILL);
		}
	EXPECT_FALSE(latch_parse(huge.data(), huge.size(), &out));
	EXPECT_FALSE(latch_parse((good + "\n").data(), good.size() + 1, &out));
	EXPECT_FALSE(latch_parse((good + good).data(), good.size() * 2, &out));
	EXPECT_FALSE(latch_parse("", 0, &out));
	EXPECT_FALSE(latch_parse(nullptr, SIZE_MAX, &out)); // a length that nobody reads
	EXPECT_EQ(out.mode, LATCH_KILL);
}

TEST(latch, only_an_operator_lowers_it)
{
	latch l{};

	EXPECT_TRUE(latch_raise(&l, LATCH_REDUCE, LATCH_LOSS, 1, "loss"));
	EXPECT_FALSE(latch_raise(&l, LATCH_REDUCE, LATCH_REJECTS, 2, "rejects"));
	EXPECT_EQ(l.cause, LATCH_LOSS);
	EXPECT_TRUE(latch_raise(&l, LATCH_KILL, LATCH_OPERATOR, 3, "kill"));
	EXPECT_FALSE(latch_raise(&l, LATCH_HALT, LATCH_MISMATCH, 4, "halt"));
	EXPECT_EQ(l.mode, LATCH_KILL);
	latch_set(&l, LATCH_RUN, 5, "resume");
	EXPECT_EQ(l.mode, LATCH_RUN);
	EXPECT_EQ(l.n, 3u);
}

TEST(latch, the_audit_says_who_and_what)
{
	latch l = killed();
	latch_peer peer = { 4711, 1000, 100 };
	char out[LATCH_TEXT_BYTES];
	std::string line(out, latch_audit(&l, LATCH_REDUCE, "kill", &peer, out));

	EXPECT_EQ(line, "1773151200000000000 pid 4711 uid 1000 gid 100 kill: reduce -> kill, operator, n 1: fat finger??\n");
	memset(l.reason, 'r', sizeof l.reason - 1);
	peer = { INT64_MIN, INT64_MIN, INT64_MIN };
	l.since_ns = l.n = UINT64_MAX;
	line.assign(out, latch_audit(&l, LATCH_REDUCE, std::string(99, 'c').c_str(), &peer, out));
	EXPECT_EQ(line.size(), strlen(out));
	EXPECT_EQ(line.back(), '\n');
	EXPECT_LT(latch_print(&l, out), (size_t)LATCH_TEXT_BYTES);
}
