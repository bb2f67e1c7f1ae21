/* SPDX-License-Identifier: BSD-3-Clause */
// What a NATS server says, whole, cut anywhere, and wrong; what we say; and values found in JSON.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "drivers/wire/json_find.h"
#include "drivers/wire/nats.h"
}

namespace {

using namespace std::string_literals;

nats_said read(const std::string &in, long length)
{
	nats_said said{};

	EXPECT_EQ(nats_read(in.data(), in.size(), &said), length) << in;
	return said;
}

std::string text(const char *at, size_t n) { return { at, n }; }

std::string token(const char *of)
{
	std::vector<char> out(3 * strlen(of) + 1);

	nats_token(of, out.data());
	return out.data();
}

std::string found(const std::string &json, const char *path)
{
	json_text v{};

	return json_find(json.data(), json.size(), path, &v) ? text(v.at, v.bytes) : "(none)";
}

uint64_t number(const std::string &json, const char *path) { return json_find_u64(json.data(), json.size(), path, 77); }

const std::string ACK = R"({"stream":"W", "seq":12, "duplicate": true})";
const std::string MSG = "MSG a.b 1 in.box 5\r\nhello\r\n";
const std::string HMSG = "HMSG a.b 1 in.box 36 41\r\nNATS/1.0 503\r\nNats-Msg-Id: a:b:7\r\n\r\nhello\r\n";

} // namespace

TEST(nats, a_message_is_read_with_and_without_an_answer_to)
{
	std::string bare = "MSG a.b 1 5\r\nhello\r\n";

	for (const auto &in : { MSG, bare }) {
		std::string more = in + "PING\r\n";
		nats_said said = read(more, long(in.size()));

		EXPECT_EQ(said.what, NATS_MSG);
		EXPECT_EQ(text(said.subject, said.subject_bytes), "a.b");
		EXPECT_EQ(text(said.data, said.data_bytes), "hello");
		EXPECT_EQ(said.header_bytes, 0u);
		EXPECT_EQ(nats_status(&said), 0u);
	}
}

TEST(nats, headers_are_apart_from_the_payload)
{
	nats_said said = read(HMSG, long(HMSG.size()));
	const char *value;
	size_t n = nats_header(said.header, said.header_bytes, "Nats-Msg-Id", &value);

	EXPECT_EQ(text(value, n), "a:b:7");
	EXPECT_EQ(nats_status(&said), 503u);
	EXPECT_EQ(text(said.data, said.data_bytes), "hello");
	EXPECT_EQ(nats_header(said.header, said.header_bytes, "Nats-Msg", &value), 0u);
}

TEST(nats, other_lines)
{
	std::string err = "-ERR 'Authorization Violation'\r\n", info = "INFO {\"a\": 1}\r\n";
	nats_said said = read(err, long(err.size()));

	EXPECT_EQ(said.what, NATS_ERR);
	EXPECT_EQ(text(said.data, said.data_bytes), "Authorization Violation");
	said = read(info, long(info.size()));
	EXPECT_EQ(said.what, NATS_INFO);
	EXPECT_EQ(text(said.data, said.data_bytes), "{\"a\": 1}");
	EXPECT_EQ(read("PING\r\n", 6).what, NATS_PING);
	EXPECT_EQ(read("PONG\r\n", 6).what, NATS_PONG);
	EXPECT_EQ(read("+OK\r\n", 5).what, NATS_OK);
}

TEST(nats, what_is_cut_is_waited_for)
{
	for (const auto &in : { MSG, HMSG })
		for (size_t n = 0; n < in.size(); n++)
			read(in.substr(0, n), 0);
}

TEST(nats, what_no_server_says_is_refused)
{
	for (const char *in : { "HTTP/1.1 400 Bad Request\r\n", "MSG a 1\r\n", "MSG a 1 -5\r\n", "MSG a 1 99999999999999999999\r\n",
				"HMSG a 1 9 5\r\nhello\r\n", "MSG a 1 b c d e f 5\r\n", "MSG a 1 1\r\nxyz", "\r\n", " MSG a 1 1\r\n", "PINGS\r\n" })
		read(in, -1);
	read(std::string(NATS_LINE, 'x'), -1);
	read("MSG a 1 " + std::to_string(NATS_MESSAGE + 1) + "\r\n", -1);
}

TEST(nats, what_we_say_reads_as_what_it_was)
{
	char out[256];
	size_t n = nats_publish_head(out, sizeof out, "s", "r", "A: b\r\n", 3);

	EXPECT_EQ(text(out, n), "HPUB s r 18 21\r\nNATS/1.0\r\nA: b\r\n\r\n");
	n = nats_publish_head(out, sizeof out, "s", nullptr, nullptr, 3);
	EXPECT_EQ(text(out, n), "PUB s 3\r\n");
	EXPECT_EQ(nats_publish_head(out, 8, "s", nullptr, nullptr, 3), 0u);
}

TEST(nats, a_symbol_is_one_token)
{
	EXPECT_EQ(token("SPY"), "SPY");
	EXPECT_EQ(token("BRK.B"), "BRK%2EB");
	EXPECT_EQ(token("A*>% \x7f"), "A%2A%3E%25%20%7F");
}

TEST(json_find, values_by_their_path)
{
	std::string json = R"( {"a":{"x":[1,{"b":2}],"b" : 3},"s":"q\"},{\"b\":9","b":4, "c":null } )";

	EXPECT_EQ(found(json, "a.b"), "3");
	EXPECT_EQ(found(json, "b"), "4");
	EXPECT_EQ(found(json, "s"), R"(q\"},{\"b\":9)");
	EXPECT_EQ(found(json, "c"), "null");
	EXPECT_EQ(found(json, "a.x"), R"([1,{"b":2}])");
	EXPECT_EQ(found(json, "x"), "(none)");
	EXPECT_EQ(found(json, "s.b"), "(none)");
	EXPECT_EQ(found(json, "b.b"), "(none)");
}

TEST(json_find, numbers_and_truth)
{
	EXPECT_EQ(number(ACK, "seq"), 12u);
	EXPECT_EQ(number(ACK, "stream"), 77u);
	EXPECT_EQ(number(R"({"seq":-1})", "seq"), 77u);
	EXPECT_EQ(number(R"({"seq":12345678901234567890})", "seq"), 77u);
	EXPECT_TRUE(json_find_true(ACK.data(), ACK.size(), "duplicate"));
	EXPECT_FALSE(json_find_true(ACK.data(), ACK.size(), "seq"));
}

TEST(json_find, what_is_cut_gives_no_more_than_there_is)
{
	for (size_t n = 0; n < ACK.size(); n++) {
		std::string cut = ACK.substr(0, n);
		json_text v{};

		if (json_find(cut.data(), cut.size(), "duplicate", &v)) {
			EXPECT_LE(v.at + v.bytes, cut.data() + cut.size());
		}
	}
}
