/* SPDX-License-Identifier: BSD-3-Clause */
// What a part says of itself: printed, read again, and what a stranger could send.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>

extern "C" {
#include "lcore/super/beat.h"
}

static beat read_of(const std::string &text)
{
	beat b;

	beat_read(text.data(), text.size(), &b);
	return b;
}

TEST(beat, is_read_as_it_was_printed)
{
	beat b{};
	char out[BEAT_BYTES];

	b.ready = b.watchdog = b.counts = true;
	b.lag_ns = 12345, b.frames = UINT64_MAX / 16, b.slow = 7;
	b.extend_ns = 60 * NS_PER_S;
	strcpy(b.status, "degraded: a\nb");
	strcpy(b.stuck, "ingest0");
	strcpy(b.cpus, "2,3");
	size_t n = beat_print(&b, out);
	beat back = read_of(std::string(out, n));

	EXPECT_EQ(n, strlen(out));
	EXPECT_TRUE(back.ready && back.watchdog && back.counts);
	EXPECT_FALSE(back.stopping || back.reloading);
	EXPECT_EQ(back.lag_ns, b.lag_ns);
	EXPECT_EQ(back.frames, b.frames);
	EXPECT_EQ(back.slow, b.slow);
	EXPECT_EQ(back.extend_ns, b.extend_ns);
	EXPECT_STREQ(back.status, "degraded: a b");
	EXPECT_STREQ(back.stuck, "ingest0");
	EXPECT_STREQ(back.cpus, "2,3");
}

TEST(beat, a_line_without_room_is_left_out_whole)
{
	beat b{};
	char out[BEAT_BYTES];

	b.ready = b.watchdog = b.counts = b.stopping = b.reloading = true;
	b.lag_ns = b.frames = b.slow = UINT64_MAX;
	b.extend_ns = UINT64_MAX;
	memset(b.status, 's', sizeof b.status - 1);
	memset(b.stuck, 't', sizeof b.stuck - 1);
	memset(b.cpus, '1', sizeof b.cpus - 1);
	size_t n = beat_print(&b, out);

	ASSERT_LT(n, sizeof out);
	EXPECT_EQ(out[n - 1], '\n');
	beat back = read_of(std::string(out, n));
	EXPECT_EQ(strlen(back.cpus), sizeof b.cpus - 1);
}

TEST(beat, what_is_not_known_or_no_number_is_passed_over)
{
	beat b = read_of("MAINPID=1\nX_FRAMES=12a\nX_SLOW=\nX_LAG_NS=99999999999999999999\nWATCHDOG=10\nREADY=1");

	EXPECT_TRUE(b.ready); // the last line needs no end
	EXPECT_FALSE(b.watchdog || b.counts);
	EXPECT_EQ(b.lag_ns + b.frames + b.slow, 0u);
	EXPECT_FALSE(read_of(std::string("READY=1\0\n", 9)).ready);
	EXPECT_FALSE(read_of("STATUS=" + std::string(4000, 'x') + "\n").status[0]);
	EXPECT_FALSE(read_of("").ready);
}

TEST(beat, any_bytes_end)
{
	std::mt19937 random(7);
	static const char letters[] = "READY=1\nX_STUCKPUSLAGNFW0\0";

	for (int round = 0; round < 20000; round++) {
		std::string text;

		for (unsigned n = random() % 200; n; n--)
			text += letters[random() % (sizeof letters - 1)];
		beat b = read_of(text);
		char out[BEAT_BYTES];

		EXPECT_LT(beat_print(&b, out), sizeof out);
	}
}
