/* SPDX-License-Identifier: BSD-3-Clause */
// The pure half of the console: the text of /metrics, who may come in and must go, what pages are sent.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include <sys/stat.h>

extern "C" {
#include "app/wirebar_console/door.h"
#include "app/wirebar_console/expo.h"
#include "app/wirebar_console/guests.h"
#include "app/wirebar_console/metric.h"
#include "app/wirebar_console/render.h"
#include "app/wirebar_console/stream.h"
#include "app/wirebar_console/token.h"
#include "app/wirebarctl/request.h"
}

namespace
{
template <class F> std::string printed(F write)
{
	char *text = nullptr;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	write(f);
	fclose(f);
	std::string s(text, n);
	free(text);
	return s;
}

bool has(const std::string &text, const std::string &what) { return text.find(what) != std::string::npos; }

struct View {
	view v;

	View() { view_init(&v); }
	~View() { view_free(&v); }
	void put(topic t, const char *json)
	{
		v.doc[t] = json_loads(json, 0, nullptr);
		ASSERT_TRUE(v.doc[t]) << json;
		v.text[t] = strdup(json);
		v.n[t]++;
		v.at_ns[t] = v.answered_ns = 1000000000;
		v.up = true;
	}
	std::string text(uint64_t now_ns)
	{
		return printed([&](FILE *f) { render_metrics(f, &v, now_ns); });
	}
};
} // namespace

TEST(console_expo, labels_and_help_are_escaped)
{
	expo_label label[] = { { "a", "q\"b\\n\nx" }, { "b", "\xff\xc3\xa4" } };

	EXPECT_EQ(printed([&](FILE *f) { expo_sample(f, "m", label, 2, "3"); }),
		  "m{a=\"q\\\"b\\\\n\\nx\",b=\"?\xc3\xa4\"} 3\n");
	EXPECT_EQ(printed([&](FILE *f) { expo_sample(f, "m", label, 0, "3"); }), "m 3\n");
	EXPECT_EQ(printed([&](FILE *f) { expo_family(f, "m", "gauge", "a\\b \"c\"\nd"); }),
		  "# HELP m a\\\\b \"c\"\\nd\n# TYPE m gauge\n");
}

TEST(console_expo, seconds_are_exact)
{
	const std::pair<uint64_t, const char *> cases[] = {
		{ 0, "0" },
		{ 1, "0.000000001" },
		{ 1000, "0.000001" },
		{ 1500000000, "1.5" },
		{ 30000000000, "30" },
		{ UINT64_MAX, "18446744073.709551615" },
	};
	char text[32];

	for (auto &[ns, want] : cases) {
		expo_seconds(ns, text);
		EXPECT_STREQ(text, want);
	}
}

TEST(console_expo, a_histogram_is_cumulative_and_ends_at_infinity)
{
	const uint64_t edge[] = { 1000, 2000 }, below[] = { 1, 3 };
	expo_label label[] = { { "lcore", "x" } };

	EXPECT_EQ(printed([&](FILE *f) { expo_histogram(f, "h", label, 1, edge, below, 2, 4, 9000); }),
		  "h_bucket{lcore=\"x\",le=\"0.000001\"} 1\nh_bucket{lcore=\"x\",le=\"0.000002\"} 3\n"
		  "h_bucket{lcore=\"x\",le=\"+Inf\"} 4\nh_sum{lcore=\"x\"} 0.000009\nh_count{lcore=\"x\"} 4\n");
}

TEST(console_metric, names_are_of_one_family_each)
{
	std::set<std::string> seen;
	metric m;

	for (unsigned i = 0; i < metric_count(); i++) {
		metric_at(i, &m);
		std::string name = m.name;

		EXPECT_TRUE(seen.insert(name).second) << name;
		EXPECT_GT(strlen(m.help), 8u) << name;
		EXPECT_EQ(name.rfind("wirebar_", 0), 0u);
		EXPECT_EQ(name.size() > 6 && name.substr(name.size() - 6) == "_total", m.type == METRIC_COUNTER)
			<< name;
	}
	EXPECT_GT(seen.size(), 150u);
}

TEST(console_render, a_dead_appliance_shows_how_old_it_is_and_nothing_else)
{
	View v;

	EXPECT_TRUE(has(v.text(5000000000), "wirebar_up 0\n"));
	EXPECT_TRUE(has(v.text(5000000000), "wirebar_answer_age_seconds +Inf\n"));
	v.put(TOPIC_health, R"({"health":"ok","trading":"run","data_age_ns":500000000,"lcores":4})");
	std::string alive = v.text(1500000000), dead = v.text(6000000000);

	EXPECT_TRUE(has(alive, "wirebar_up 1\n")) << alive;
	EXPECT_TRUE(has(alive, "wirebar_data_age_seconds 1\n"));
	EXPECT_TRUE(has(alive, "wirebar_health{verdict=\"ok\"} 1\n"));
	EXPECT_TRUE(has(alive, "wirebar_trading_mode{mode=\"run\"} 1\n"));
	EXPECT_TRUE(has(alive, "wirebar_lcores 4\n"));
	EXPECT_TRUE(has(dead, "wirebar_up 0\n"));
	EXPECT_TRUE(has(dead, "wirebar_data_age_seconds 5.5\n"));
	EXPECT_TRUE(has(dead, "wirebar_answer_age_seconds 5\n"));
	EXPECT_FALSE(has(dead, "wirebar_health"));
	EXPECT_FALSE(has(dead, "wirebar_lcores"));
}

TEST(console_render, channels_keep_their_place_and_lines_their_group)
{
	View v;

	v.put(TOPIC_lines, R"({"channels":2,"more":0,
		"0":{"lcore":"ingest0","feed":"iex","state":"live","packets":7,
		     "line0":{"group":"233.1.1.1:5","state":"silent","packets":3,"age_ns":250000000}},
		"1":{"lcore":"ingest1","feed":"itch50","state":"silent","packets":8}})");
	std::string text = v.text(1250000000);

	EXPECT_TRUE(has(text, "wirebar_channel_packets_total{lcore=\"ingest0\",channel=\"0\",feed=\"iex\"} 7\n")) << text;
	EXPECT_TRUE(has(text, "wirebar_channel_packets_total{lcore=\"ingest1\",channel=\"0\",feed=\"itch50\"} 8\n"));
	EXPECT_TRUE(has(text, "wirebar_channel_silent{lcore=\"ingest1\",channel=\"0\",feed=\"itch50\"} 1\n"));
	const std::string line = "{lcore=\"ingest0\",channel=\"0\",feed=\"iex\",line=\"0\",group=\"233.1.1.1:5\"} ";

	EXPECT_TRUE(has(text, "wirebar_line_silent" + line + "1\n"));
	EXPECT_TRUE(has(text, "wirebar_line_age_seconds" + line + "0.5\n"));
}

TEST(console_render, money_that_is_none_is_left_out)
{
	View v;

	v.put(TOPIC_risk, R"({"gross":"","day_net":"-12.5","open_orders":2,"denied":{"QTY_MAX":3}})");
	std::string text = v.text(1000000000);

	EXPECT_FALSE(has(text, "wirebar_exposure_gross_dollars"));
	EXPECT_TRUE(has(text, "wirebar_day_net_dollars -12.5\n"));
	EXPECT_TRUE(has(text, "wirebar_orders_denied_total{reason=\"QTY_MAX\"} 3\n"));
}

TEST(console_door, only_our_names_and_port)
{
	door d;

	ASSERT_TRUE(door_init(&d, "127.0.0.1", 9190, "Rack1.example, desk"));
	for (const char *host : { "127.0.0.1:9190", "localhost:9190", "LOCALHOST:9190", "[::1]:9190",
				  "rack1.example:9190", "desk:9190" })
		EXPECT_TRUE(door_host(&d, host)) << host;
	for (const char *host : { "", "127.0.0.1", "localhost:80", "evil.example:9190", "localhost:9190x",
				  "localhost:", "localhost.evil:9190", "[::1:9190", "127.0.0.1:9190:1", "desk :9190" })
		EXPECT_FALSE(door_host(&d, host)) << host;
	EXPECT_FALSE(door_host(&d, nullptr));
}

TEST(console_door, any_address_is_no_name)
{
	door d;

	ASSERT_TRUE(door_init(&d, "0.0.0.0", 80, "rack"));
	EXPECT_TRUE(door_host(&d, "rack"));
	EXPECT_FALSE(door_host(&d, "0.0.0.0"));
	EXPECT_FALSE(door_host(&d, "localhost"));
	EXPECT_FALSE(door_init(&d, "::", 80, "a b c d e f g h i j k l m n o p q"));
}

TEST(console_door, origins_are_pages_of_ours)
{
	door d;

	ASSERT_TRUE(door_init(&d, "127.0.0.1", 9190, ""));
	EXPECT_TRUE(door_origin(&d, nullptr));
	EXPECT_TRUE(door_origin(&d, "http://localhost:9190"));
	for (const char *origin : { "null", "https://localhost:9190", "http://localhost", "http://evil.example:9190",
				    "http://localhost:9190/", "" })
		EXPECT_FALSE(door_origin(&d, origin)) << origin;
}

TEST(console_door, secrets)
{
	EXPECT_TRUE(door_same("abc", "abc"));
	for (const char *given : { "", "ab", "abcd", "abd", "ABC" })
		EXPECT_FALSE(door_same("abc", given)) << given;
	EXPECT_FALSE(door_same("", ""));
}

namespace
{
constexpr uint64_t S = 1000000000;

struct Guests {
	guests g{};
	int evict = -1;

	int enter(int fd, uint64_t now_s) { return guests_enter(&g, fd, now_s * S, &evict); }
};
} // namespace

TEST(console_guests, each_state_but_a_streams_has_an_end)
{
	Guests a;
	int asks = a.enter(10, 1), idle = a.enter(11, 1), served = a.enter(12, 1), stream = a.enter(13, 1);

	guests_turn(&a.g, idle, GUEST_IDLE, 1 * S);
	guests_turn(&a.g, served, GUEST_SERVED, 2 * S);
	guests_turn(&a.g, stream, GUEST_STREAMS, 1 * S);
	EXPECT_EQ(guests_overdue(&a.g, (1 + GUESTS_ASK_S) * S - 1), -1);
	EXPECT_EQ(guests_overdue(&a.g, (1 + GUESTS_ASK_S) * S), 10);
	EXPECT_EQ(guests_overdue(&a.g, (1 + GUESTS_ASK_S) * S), -1); // once
	EXPECT_EQ(guests_overdue(&a.g, (1 + GUESTS_IDLE_S) * S), 11);
	EXPECT_EQ(guests_overdue(&a.g, (2 + GUESTS_SERVE_S) * S), 12);
	EXPECT_EQ(guests_overdue(&a.g, 100000 * S), -1);
	EXPECT_EQ(a.g.evicted, 3u);
	guests_leave(&a.g, asks);
	EXPECT_EQ(guests_count(&a.g, GUEST_ASKS), 0u);
}

TEST(console_guests, who_has_waited_longest_without_a_request_makes_room)
{
	Guests a;

	for (int i = 0; i < GUESTS_USUAL; i++) {
		ASSERT_GE(a.enter(100 + i, 10 + i), 0);
		EXPECT_EQ(a.evict, -1);
	}
	guests_turn(&a.g, 0, GUEST_STREAMS, 1 * S);
	guests_turn(&a.g, 1, GUEST_SERVED, 2 * S);
	guests_turn(&a.g, 7, GUEST_IDLE, 90 * S);
	ASSERT_GE(a.enter(500, 100), 0);
	EXPECT_EQ(a.evict, 107); // idle
	ASSERT_GE(a.enter(501, 101), 0); // the place of 107 counts as free
	EXPECT_EQ(a.evict, 102); // asks, the oldest
	for (int i = 0; i < GUESTS_USUAL; i++)
		guests_turn(&a.g, i, i == 1 || i == 7 || i == 2 ? a.g.guest[i].state : GUEST_STREAMS, 1 * S);
	guests_turn(&a.g, GUESTS_USUAL, GUEST_STREAMS, 1 * S);
	guests_turn(&a.g, GUESTS_USUAL + 1, GUEST_STREAMS, 1 * S);
	ASSERT_GE(a.enter(502, 102), 0);
	EXPECT_EQ(a.evict, 101); // served
	ASSERT_GE(a.enter(503, 103), 0);
	EXPECT_EQ(a.evict, 502);
	guests_turn(&a.g, GUESTS_USUAL + 3, GUEST_STREAMS, 1 * S);
	ASSERT_GE(a.enter(504, 104), 0);
	EXPECT_EQ(a.evict, -1); // streams stay
}

TEST(console_guests, none_comes_in_without_a_place)
{
	Guests a;

	for (int i = 0; i < GUESTS; i++)
		ASSERT_GE(a.enter(i, 1), 0);
	EXPECT_EQ(a.enter(1000, 1), -1);
	guests_leave(&a.g, 5);
	EXPECT_EQ(a.enter(1001, 1), 5);
}

namespace
{
std::vector<void *> woken, slept;
std::vector<int> closed;

struct Streams {
	View v;
	streams all{};

	Streams()
	{
		woken.clear(), slept.clear(), closed.clear();
		pthread_mutex_init(&all.lock, nullptr);
		all.view = &v.v;
		all.rate = 10;
		all.wake = [](void *c) { woken.push_back(c); };
		all.close = [](int fd) { closed.push_back(fd); };
	}
	// What a page that reads at once is sent.
	std::string read(stream *s)
	{
		std::string out;
		char part[100];
		long n;

		while ((n = stream_read(&all, s, part, sizeof part, [](void *c) { slept.push_back(c); })) > 0)
			out.append(part, (size_t)n);
		return out;
	}
};
} // namespace

TEST(console_stream, the_first_snapshot_has_all_and_the_next_what_changed)
{
	Streams t;
	int connection;

	t.v.put(TOPIC_health, R"({"health":"ok"})");
	t.v.put(TOPIC_ledger, R"({"frames":1})");
	stream *s = stream_open(&t.all, 5, &connection);

	ASSERT_TRUE(s);
	EXPECT_EQ(t.read(s), "");
	EXPECT_EQ(slept.size(), 1u);
	stream_tick(&t.all, 1 * S);
	EXPECT_EQ(woken, std::vector<void *>{ &connection });
	EXPECT_EQ(t.v.v.looks, 1u);
	EXPECT_EQ(t.read(s), "retry: 500\nid: 0\nevent: snapshot\ndata: {\"n\":0,\"rate\":10,\"stale_s\":3,"
			     "\"control\":false,\"alive\":true,\"up\":true,\"answer_age_ns\":0,\"why\":\"not asked so far\","
			     "\"topics\":{\"health\":{\"health\":\"ok\"},\"ledger\":{\"frames\":1}}}\n\n");
	json_decref(t.v.v.doc[TOPIC_ledger]), free(t.v.v.text[TOPIC_ledger]);
	t.v.put(TOPIC_ledger, R"({"frames":2})");
	stream_tick(&t.all, 5 * S);
	std::string text = t.read(s);

	EXPECT_TRUE(has(text, "\"alive\":false")) << text; // since 4 s
	EXPECT_TRUE(has(text, "\"answer_age_ns\":4000000000,"));
	EXPECT_TRUE(has(text, "\"topics\":{\"ledger\":{\"frames\":2}}}"));
	stream_shut(&t.all, s);
}

TEST(console_stream, who_is_behind_gets_nothing_new_and_is_closed_then)
{
	Streams t;
	int connection;
	stream *s = stream_open(&t.all, 7, &connection);

	stream_tick(&t.all, 1 * S);
	char *first = s->text;

	stream_tick(&t.all, 2 * S);
	EXPECT_EQ(s->text, first);
	EXPECT_TRUE(closed.empty());
	stream_tick(&t.all, (1 + STREAM_SLOW_S) * S);
	EXPECT_EQ(closed, std::vector<int>{ 7 });
	EXPECT_EQ(t.v.v.count.dropped, 1u);
	EXPECT_EQ(stream_read(&t.all, s, first, 1, nullptr), -1);
	stream_tick(&t.all, 100 * S);
	EXPECT_EQ(t.v.v.count.dropped, 1u);
	stream_shut(&t.all, s);
}

TEST(console_stream, as_many_as_there_are_places_and_none_after_the_end)
{
	Streams t;
	stream *s[STREAMS];

	for (auto &one : s)
		ASSERT_TRUE((one = stream_open(&t.all, 1, nullptr)));
	EXPECT_FALSE(stream_open(&t.all, 1, nullptr));
	EXPECT_EQ(t.read(s[3]), "");
	stream_end(&t.all);
	EXPECT_EQ(woken.size(), 1u);
	EXPECT_EQ(stream_read(&t.all, s[3], nullptr, 0, nullptr), -1);
	stream_shut(&t.all, s[0]);
	EXPECT_FALSE(stream_open(&t.all, 1, nullptr));
	for (auto &one : s)
		stream_shut(&t.all, one);
}

TEST(console_token, of_a_file_of_our_own_alone)
{
	char dir[] = "/tmp/wirebar-token-XXXXXX", token[TOKEN_BYTES], why[300];

	ASSERT_TRUE(mkdtemp(dir));
	std::string path = std::string(dir) + "/token", link = std::string(dir) + "/link";
	auto write = [&](const std::string &text, mode_t mode) {
		FILE *f = fopen(path.c_str(), "w");
		fwrite(text.data(), 1, text.size(), f);
		fclose(f);
		chmod(path.c_str(), mode);
		return token_read(path.c_str(), token, why, sizeof why);
	};

	EXPECT_TRUE(write("0123456789abcdefghij\nrest\n", 0600)) << why;
	EXPECT_STREQ(token, "0123456789abcdefghij");
	EXPECT_EQ(symlink(path.c_str(), link.c_str()), 0);
	EXPECT_FALSE(token_read(link.c_str(), token, why, sizeof why));
	EXPECT_STREQ(token, "");
	for (mode_t mode : { 0640, 0604, 0620 })
		EXPECT_FALSE(write("0123456789abcdefghij", mode)) << mode;
	EXPECT_FALSE(write("0123456789abcdefghi\n", 0600));
	EXPECT_FALSE(write("", 0600));
	EXPECT_FALSE(write("0123456789 abcdefghij", 0600));
	EXPECT_FALSE(write(std::string(1000, 'x'), 0600));
	EXPECT_FALSE(token_read(dir, token, why, sizeof why));
	unlink(link.c_str()), unlink(path.c_str()), rmdir(dir);
}

TEST(console_request, what_is_left_begins_behind_the_last_place)
{
	char out[REQUEST_BYTES];
	auto rest = [&](const std::string &path, const char *page) {
		json_t *doc = json_loads(page, 0, nullptr);
		std::string said = request_rest(out, path.c_str(), doc) ? out : "nothing";

		json_decref(doc);
		return said;
	};

	EXPECT_EQ(rest("/w/o", R"({"0":{},"1":{},"2":{},"more":7,"total":10})"), "/w/o,3");
	EXPECT_EQ(rest("/w/o", R"({"more":1,"11":"SPY","9":"QQQ","10":"IWM"})"), "/w/o,12");
	EXPECT_EQ(rest("/w/o", R"({"0":{},"1":{}})"), "nothing");
	EXPECT_EQ(rest("/w/o", R"({"0":{},"more":0})"), "nothing");
	EXPECT_EQ(rest("/w/o", R"({"0":{},"more":-1})"), "nothing");
	EXPECT_EQ(rest("/w/o", R"({"5x":{},"x5":{},"":{},"more":3})"), "nothing"); // says so on and on, without an entry
	EXPECT_EQ(rest("/w/o", R"({"status":"error","error":"no"})"), "nothing");
	EXPECT_EQ(rest(std::string(REQUEST_BYTES - 3, 'a'), R"({"0":{},"more":3})"), std::string(REQUEST_BYTES - 3, 'a') + ",1");
	EXPECT_EQ(rest(std::string(REQUEST_BYTES - 2, 'a'), R"({"0":{},"more":3})"), "nothing");
}
