/* SPDX-License-Identifier: BSD-3-Clause */
// What is said to a JetStream server, read back as a server reads it, and what its answers mean.
#include <gtest/gtest.h>

#include <cstring>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#pragma GCC diagnostic ignored "-Wshadow" // functions and structs of one name
extern "C" {
#include "drivers/sink/js_words.h"
#include "drivers/wire/json_find.h"
#include "lcore/base/symtab.h"
}

namespace {

std::string text(const char *at, size_t n) { return { at, n }; }

// A client's words as the server's: PUB is MSG, with a number of the subscription.
struct heard {
	std::string subject, reply, header, data;

	explicit heard(const std::string &said)
	{
		bool headed = said[0] == 'H';
		size_t eol = said.find("\r\n");
		std::vector<std::string> w;

		for (size_t at = 0; at < eol;) {
			size_t to = std::min(said.find(' ', at), eol);

			w.push_back(said.substr(at, to - at));
			at = to + 1;
		}
		EXPECT_EQ(w[0], headed ? "HPUB" : "PUB");
		size_t head = headed ? std::stoul(w[w.size() - 2]) : 0, all = std::stoul(w.back());

		EXPECT_EQ(said.size(), eol + 2 + all + 2) << "the sizes are true";
		subject = w[1];
		reply = w.size() == (headed ? 5u : 4u) ? w[2] : "";
		header = said.substr(eol + 2, head);
		data = said.substr(eol + 2 + head, all - head);
	}
	std::string line(const char *name) const
	{
		const char *value;
		size_t n = nats_header(header.data(), header.size(), name, &value);

		return n ? text(value, n) : "";
	}
};

struct kit : testing::Test {
	std::unique_ptr<conf> c = std::make_unique<conf>();
	uint64_t n[SINK_STREAMS] = { 7, 0, 3 };
	uint64_t count[SINK_COUNTS]{};
	sink_world world{};
	js_words w{};
	lanes l{};
	std::vector<char> out;

	void SetUp() override
	{
		lanes_conf lc = { .newest = 1024, .all = 64, .refusals = 2, .forgets_ns = 60 * NS_PER_S, .dir = "", .name = "t" };
		char err[256] = "";

		strcpy(c->jetstream.stream, "WIREBAR");
		strcpy(c->jetstream.subject, "wirebar");
		strcpy(c->jetstream.site, "nj1");
		c->jetstream.replicas = 3;
		c->jetstream.window_ns = 120 * NS_PER_S;
		world.conf = c.get();
		world.boot = 0xabc;
		world.n = n;
		ASSERT_TRUE(js_words_open(&w, &world, 0x5ec2e7));
		ASSERT_EQ(lanes_open(&l, &lc, count, err, sizeof err), 0);
		out.resize(js_parcel_room(&w) + JS_REQUEST);
	}
	void TearDown() override
	{
		js_words_close(&w);
		lanes_close(&l);
	}
	bar row()
	{
		bar b{};

		b.symbol = symtab_key("BRK.B", 5);
		b.span = SPAN_5S;
		b.close_ts = 10 * NS_PER_S;
		return b;
	}
	lane *next(uint64_t now_ns = NS_PER_S)
	{
		bool ask;

		return lanes_next(&l, now_ns, PARCEL_ROWS, &ask);
	}
	nats_said answer(const char *subject, const char *data)
	{
		nats_said s{};

		s.what = NATS_MSG;
		s.subject = subject;
		s.subject_bytes = strlen(subject);
		s.data = data;
		s.data_bytes = strlen(data);
		return s;
	}
	js_error of(const char *data)
	{
		const char *why;
		size_t bytes;
		nats_said s = answer("x", data);

		return js_error_of(&s, &why, &bytes);
	}
};

using js_words_of = kit;

} // namespace

TEST_F(js_words_of, rows_of_a_lane_are_one_message)
{
	bar b = row();

	for (int i = 0; i < 3; i++)
		lanes_row(&l, &b, 5 + uint64_t(i));
	lane *at = next();
	heard h(text(out.data(), js_say_parcel(&w, &l, at, out.data())));

	EXPECT_EQ(h.subject, "wirebar.nj1.new_bar.5s." + std::to_string(lanes_part_of("BRK.B", 5)));
	EXPECT_EQ(h.line("Nats-Msg-Id"), "nj1:0000000000000abc:new_bar:5");
	EXPECT_EQ(h.line("Nats-Expected-Stream"), "WIREBAR");
	EXPECT_EQ(h.line("Wirebar-Rows"), "3");
	EXPECT_EQ(h.data.compare(0, 4, "\xff\xff\xff\xff"), 0) << "Arrow";
	heard again(text(out.data(), js_say_parcel(&w, &l, at, out.data())));

	EXPECT_EQ(again.data, h.data) << "the same rows are the same bytes";
	uint32_t lane, number;
	nats_said s = answer(h.reply.c_str(), "");

	EXPECT_EQ(js_asked_of(&w, &s, &lane, &number), JS_PARCEL);
	EXPECT_EQ(lane, lanes_index(&l, at));
	EXPECT_EQ(number, at->number);
}

TEST_F(js_words_of, the_largest_message_has_the_room_that_was_promised)
{
	bar b = row();

	b.flags = UINT64_MAX >> 32;
	for (uint64_t i = 1; i <= PARCEL_ROWS; i++)
		lanes_row(&l, &b, i);
	lane *at = next();

	ASSERT_EQ(at->parcel, uint32_t(PARCEL_ROWS));
	EXPECT_LE(js_say_parcel(&w, &l, at, out.data()), js_parcel_room(&w));
	EXPECT_LT(js_parcel_room(&w) * 4 / 3 + JS_REQUEST, size_t(NATS_MESSAGE)) << "also as base64, when it is asked for";
	EXPECT_EQ(js_rows_of(&w, 1 << 20), uint32_t(PARCEL_ROWS));
	EXPECT_GT(js_rows_of(&w, 1 << 16), 0u);
	EXPECT_EQ(js_rows_of(&w, 1024), 0u);
}

TEST_F(js_words_of, a_fire_has_its_symbol_in_the_subject_and_the_boot_of_who_fired_it)
{
	sink_entry e{};
	const char fields[] = "symbol\0BRK.B\0boot\0" "00000000000000ff";

	e.stream = SINK_ENTRY_FIRE;
	e.n = 9;
	e.bytes = sizeof fields;
	memcpy(e.text, fields, sizeof fields);
	lanes_entry(&l, &e);
	lane *at = next();
	heard h(text(out.data(), js_say_parcel(&w, &l, at, out.data())));

	EXPECT_EQ(h.subject, "wirebar.nj1.entry_fire.BRK%2EB");
	EXPECT_EQ(h.line("Nats-Msg-Id"), "nj1:00000000000000ff:entry_fire:9");
	json_text v;

	ASSERT_TRUE(json_find(h.data.data(), h.data.size(), "symbol", &v));
	EXPECT_EQ(text(v.at, v.bytes), "BRK.B");
	heard ask(text(out.data(), js_say_ask(&w, &l, at, out.data())));

	EXPECT_EQ(ask.subject, "$JS.API.STREAM.MSG.GET.WIREBAR");
	EXPECT_EQ(ask.data, "{\"last_by_subj\":\"wirebar.nj1.entry_fire.BRK%2EB\"}");
	// "NATS/1.0\r\nNats-Msg-Id: nj1:00000000000000ff:entry_fire:9\r\n\r\n", and the same of number 8
	const char *is = R"({"message":{"hdrs":"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiBuajE6MDAwMDAwMDAwMDAwMDBmZjplbnRyeV9maXJlOjkNCg0K"}})",
		   *other = R"({"message":{"hdrs":"TkFUUy8xLjANCk5hdHMtTXNnLUlkOiBuajE6MDAwMDAwMDAwMDAwMDBmZjplbnRyeV9maXJlOjgNCg0K"}})";
	nats_said s = answer("x", is), t = answer("x", other), none = answer("x", "{}");

	EXPECT_TRUE(js_is_parcel(&w, &l, at, &s));
	EXPECT_FALSE(js_is_parcel(&w, &l, at, &t));
	EXPECT_FALSE(js_is_parcel(&w, &l, at, &none));
}

TEST_F(js_words_of, a_stream_is_made_as_configured)
{
	heard h(text(out.data(), js_say_create(&w, out.data())));
	auto number = [&](const char *path) { return json_find_u64(h.data.data(), h.data.size(), path, 77); };

	EXPECT_EQ(h.subject, "$JS.API.STREAM.CREATE.WIREBAR");
	EXPECT_EQ(number("num_replicas"), 3u);
	EXPECT_EQ(number("duplicate_window"), 120 * NS_PER_S);
	EXPECT_EQ(number("max_age"), 0u);
}

TEST_F(js_words_of, a_password_stays_one_string)
{
	strcpy(c->jetstream.user, "a\"b");
	js_login l = {};
	l.conf = &c->jetstream;
	strcpy(l.password, "x\\y\"z");
	std::string said = text(out.data(), js_say_connect(&w, &l, out.data()));
	std::string json = said.substr(8, said.find("\r\n") - 8);
	json_text v;

	ASSERT_TRUE(json_find(json.data(), json.size(), "pass", &v));
	EXPECT_EQ(text(v.at, v.bytes), "x\\u005cy\\u0022z");
	ASSERT_TRUE(json_find(json.data(), json.size(), "user", &v));
	EXPECT_EQ(text(v.at, v.bytes), "a\\u0022b");
	EXPECT_TRUE(json_find_true(json.data(), json.size(), "no_responders"));
}

TEST_F(js_words_of, what_a_server_says_of_tls_and_keys_is_compared_with_what_is_wanted)
{
	js_login l = {};
	l.conf = &c->jetstream;
	auto unfit = [&](const std::string &json) {
		nats_said said = {};

		said.data = json.data();
		said.data_bytes = json.size();
		const char *why = js_login_info(&l, &said);
		return std::string(why ? why : "");
	};
	EXPECT_EQ(unfit(R"({"headers":true})"), "");
	EXPECT_EQ(unfit(R"({"headers":true,"tls_available":true})"), "");
	EXPECT_EQ(unfit(R"({"headers":true,"tls_required":true})"), "the server wants TLS (jetstream.tls)");
	EXPECT_EQ(unfit(R"({"max_payload":1000})"), "the server knows no headers");
	c->jetstream.tls = true;
	EXPECT_EQ(unfit(R"({"headers":true})"), "the server speaks no TLS");
	EXPECT_EQ(unfit(R"({"headers":true,"tls_available":true})"), "");
	EXPECT_EQ(unfit(R"({"headers":true,"tls_required":true})"), "");
	ASSERT_TRUE(nkey_read(&l.key, "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"));
	EXPECT_EQ(unfit(R"({"headers":true,"tls_required":true})"), "the server asks for no NKEY");
	EXPECT_EQ(unfit(R"({"headers":true,"tls_required":true,"nonce":"PXoWU7zWAMt75FY"})"), "");
	std::string said = text(out.data(), js_say_connect(&w, &l, out.data()));
	std::string json = said.substr(8, said.find("\r\n") - 8);
	json_text v;

	EXPECT_TRUE(json_find_true(json.data(), json.size(), "tls_required"));
	ASSERT_TRUE(json_find(json.data(), json.size(), "nkey", &v));
	EXPECT_EQ(text(v.at, v.bytes), "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
	ASSERT_TRUE(json_find(json.data(), json.size(), "sig", &v));
	EXPECT_EQ(text(v.at, v.bytes),
		  "zHsjAXoXbo2tbVRLf6_3-aHC2CGLiez1yMSLOyF4Z2wmzmO4ppyieii5IZsQSBgfdppsi6wMHWzYYXUv6A-8DQ");
	EXPECT_FALSE(json_find(json.data(), json.size(), "pass", &v));
	EXPECT_EQ(unfit(R"({"headers":true,"tls_required":true})"), "the server asks for no NKEY"); // nothing old is signed
	js_login_close(&l);
}

TEST_F(js_words_of, hello_says_how_far_the_streams_are)
{
	count[SINK_DROPPED] = 4;
	heard h(text(out.data(), js_say_hello(&w, count, 14, out.data())));

	EXPECT_EQ(h.subject, "wirebar.nj1.hello");
	EXPECT_EQ(json_find_u64(h.data.data(), h.data.size(), "n_new_bar", 0), 7u);
	EXPECT_EQ(json_find_u64(h.data.data(), h.data.size(), "dropped", 0), 4u);
	EXPECT_EQ(h.line("Nats-Msg-Id"), "nj1:0000000000000abc:hello:14");
}

TEST_F(js_words_of, answers_by_their_meaning)
{
	EXPECT_EQ(of(R"({"stream":"WIREBAR","seq":1})"), JS_FINE);
	EXPECT_EQ(of(R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})"), JS_ABSENT);
	EXPECT_EQ(of(R"({"error":{"code":503,"err_code":10008}})"), JS_WAIT);
	EXPECT_EQ(of(R"({"error":{"code":503,"err_code":10077}})"), JS_REFUSES) << "the stream is full";
	EXPECT_EQ(of(R"({"error":{"code":400,"err_code":10054}})"), JS_REFUSES);
	EXPECT_EQ(of(R"({"error":{"code":400,"err_code":10058}})"), JS_TAKEN);
	EXPECT_EQ(of(R"({"error":{"code":400,"err_code":10065}})"), JS_NEVER);
	EXPECT_EQ(js_refusal_of("Authorization Violation", 23), JS_NEVER);
	EXPECT_EQ(js_refusal_of("Stale Connection", 16), JS_WAIT);
	nats_said s = answer("x", R"({"stream":"OTHER","seq":1})");

	EXPECT_FALSE(js_is_ack(&w, &s));
}

// Ids have the boot; who reads them does not know where acknowledgements are waited for.
TEST_F(js_words_of, what_the_stream_says_does_not_tell_where_answers_go_to)
{
	EXPECT_EQ(std::string(w.inbox).find(w.parcel.boot), std::string::npos) << w.inbox;
}

TEST_F(js_words_of, an_answer_to_nobody_is_nothing)
{
	uint32_t lane, number;

	for (const char *subject : { "_INBOX.other.p.1.2", "_INBOX.nj1-00000000005ec2e7", "_INBOX.nj1-00000000005ec2e7.z.1.2",
				     "_INBOX.nj1-00000000005ec2e7.p.x.2" }) {
		nats_said s = answer(subject, "");

		EXPECT_EQ(js_asked_of(&w, &s, &lane, &number), JS_NOTHING) << subject;
	}
}
