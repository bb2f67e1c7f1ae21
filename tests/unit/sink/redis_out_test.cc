/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "drivers/sink/redis_out.h"
#include "tests/unit/sanitized.h"
}

namespace {

struct out : redis_out {
	out() : redis_out{} {}
	~out() { redis_out_close(this); }

	void say(const std::vector<std::string> &words)
	{
		redis_command c = {};

		for (const std::string &w : words) {
			c.word[c.n] = w.data();
			c.bytes[c.n++] = w.size();
		}
		ASSERT_TRUE(redis_out_add(this, &c));
	}
};

std::string resp(const std::vector<std::string> &words)
{
	std::string s = "*" + std::to_string(words.size()) + "\r\n";

	for (const std::string &w : words)
		s += "$" + std::to_string(w.size()) + "\r\n" + w + "\r\n";
	return s;
}

struct pair {
	int fd[2];
	pair()
	{
		EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
		EXPECT_EQ(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
	}
	~pair()
	{
		close(fd[0]);
		if (fd[1] >= 0)
			close(fd[1]);
	}

	std::string read_all() const
	{
		std::string all;
		char some[4096];

		for (ssize_t n; (n = read(fd[1], some, sizeof some)) > 0;)
			all.append(some, size_t(n));
		return all;
	}
};

} // namespace

TEST(RedisOut, WordsOfAnyBytes)
{
	out o;
	pair p;
	const std::vector<std::string> first = { "SET", std::string("a\0\r\n", 4), "" }, second = { "PING" };

	o.say(first);
	o.say(second);
	EXPECT_EQ(redis_out_write(&o, p.fd[0]), nullptr);
	EXPECT_EQ(redis_out_bytes(&o), 0u);
	EXPECT_EQ(p.read_all(), resp(first) + resp(second));
}

// The socket takes a part at a time, and commands are added meanwhile: nothing is lost, nothing is doubled.
TEST(RedisOut, PartsAreWrittenInOrder)
{
	out o;
	pair p;
	std::string want, got;
	size_t left = 0;

	for (unsigned i = 0; i < 400; i++) {
		const std::vector<std::string> words = { "SET", std::to_string(i),
							 std::string(i * 1237 % 60000, char('a' + i % 26)) };

		o.say(words);
		want += resp(words);
		ASSERT_EQ(redis_out_write(&o, p.fd[0]), nullptr);
		left += redis_out_bytes(&o) != 0;
		if (i % 7 == 0)
			got += p.read_all();
	}
	while (redis_out_bytes(&o)) {
		got += p.read_all();
		ASSERT_EQ(redis_out_write(&o, p.fd[0]), nullptr);
	}
	got += p.read_all();
	EXPECT_GT(left, 50u); // the socket was full at times
	EXPECT_TRUE(got == want);
	EXPECT_LT(o.room, 8u << 20); // what was written leaves its room
}

#ifndef SANITIZED // which end the program where memory is refused
// Answers are told apart by their order: behind a command that is missing none may follow.
TEST(RedisOut, NothingLeavesBehindWhatHadNoRoom)
{
	out o;
	pair p;
	redis_command large = {};

	large.word[large.n] = "";
	large.bytes[large.n++] = SIZE_MAX / 8;
	EXPECT_FALSE(redis_out_add(&o, &large));
	redis_command small = {};
	small.word[small.n] = "PING";
	small.bytes[small.n++] = 4;
	EXPECT_FALSE(redis_out_add(&o, &small));
	EXPECT_STREQ(redis_out_write(&o, p.fd[0]), "no memory");
	EXPECT_EQ(p.read_all(), "");
	redis_out_clear(&o); // with its connection
	EXPECT_TRUE(redis_out_add(&o, &small));
	EXPECT_EQ(redis_out_write(&o, p.fd[0]), nullptr);
	EXPECT_EQ(p.read_all(), resp({ "PING" }));
}
#endif

TEST(RedisOut, AClosedConnectionIsSaid)
{
	out o;
	pair p;

	close(p.fd[1]);
	p.fd[1] = -1;
	o.say({ "PING" });
	EXPECT_STREQ(redis_out_write(&o, p.fd[0]), strerror(EPIPE));
	redis_out_clear(&o);
	EXPECT_EQ(redis_out_bytes(&o), 0u);
	EXPECT_EQ(redis_out_write(&o, p.fd[0]), nullptr);
}
