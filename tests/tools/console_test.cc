/* SPDX-License-Identifier: BSD-3-Clause */
// The pure half of the console: the text of /metrics, who may come in.
#include <gtest/gtest.h>

#include <set>
#include <string>

extern "C" {
#include "app/wirebar_console/door.h"
#include "app/wirebar_console/expo.h"
#include "app/wirebar_console/metric.h"
#include "app/wirebar_console/render.h"
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
