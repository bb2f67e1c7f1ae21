/* SPDX-License-Identifier: BSD-3-Clause */
// What stands inside values: lists, lateness, early closes, queues, speeds, groups.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

extern "C" {
#include "conf/conf.h"
#include "lcore/base/calendar.h"
}

namespace
{

class List : public testing::Test
{
      protected:
	std::unique_ptr<struct conf> c = std::make_unique<struct conf>();
	struct conf_error err;

	void parse(const std::string &text)
	{
		ASSERT_EQ(0, conf_parse(c.get(), "t.conf", text.data(), text.size(), &err)) << err.text;
	}
	void said(const std::string &message)
	{
		EXPECT_NE(std::string(err.text).find(message), std::string::npos) << err.text;
	}
	uint64_t lateness(const char *venue, uint64_t def)
	{
		uint64_t ns = 1;

		EXPECT_EQ(0, conf_lateness(c.get(), (enum venue)venue_find(venue), def, &ns, &err)) << err.text;
		return ns;
	}
};

std::vector<std::string> items(const char *text, char separator)
{
	std::vector<std::string> out;
	struct conf_item item;

	while (conf_list_next(&text, separator, &item))
		out.push_back(item.text);
	return out;
}

TEST_F(List, NextGoesThroughAll)
{
	EXPECT_EQ((std::vector<std::string>{ "a", "b c", "d" }), items(" a ,b c,\td", ','));
	EXPECT_EQ((std::vector<std::string>{ "net_null0,size=64", "net_null1" }),
		  items("net_null0,size=64;net_null1;", ';'));
	EXPECT_TRUE(items("", ',').empty());
	EXPECT_TRUE(items(" , ", ',').empty());
	EXPECT_EQ(255u, items(std::string(400, 'x').c_str(), ',')[0].size());
}

TEST_F(List, Duration)
{
	uint64_t ns;

	EXPECT_EQ(0, conf_duration("0", &ns));
	EXPECT_EQ(0u, ns);
	EXPECT_EQ(0, conf_duration("15s", &ns));
	EXPECT_EQ(15000000000u, ns);
	for (const char *bad : { "", "s", "5", "5m", "-1s", "5s ", "99999999999999999999s", "18446744074s" })
		EXPECT_EQ(-EINVAL, conf_duration(bad, &ns)) << bad;
}

TEST_F(List, Lateness)
{
	parse("");
	EXPECT_EQ(7u, lateness("IEX", 7));
	parse("[bars]\nlateness = 5ms\n");
	EXPECT_EQ(5000000u, lateness("IEX", 7));
	EXPECT_EQ(5000000u, lateness("NASDAQ", 7));
	parse("[bars]\nlateness = iex=15s, ITCH=0\n");
	EXPECT_EQ(15000000000u, lateness("IEX", 7));
	EXPECT_EQ(0u, lateness("NASDAQ", 7));
	EXPECT_EQ(0u, lateness("ITCH", 7));
	EXPECT_EQ(7u, lateness("ARCA", 7));
	parse("[bars]\nlateness = 60s\n");
	EXPECT_EQ(60000000000u, lateness("ARCA", 7));
}

TEST_F(List, Paper)
{
	conf_paper_venue iex, arca;

	parse("[paper]\nentry = 1ms\nresponse = IEX=0,PILLAR=2us\nhidden = iex=never\nl2 = prop\n");
	ASSERT_EQ(0, conf_paper_of(c.get(), VENUE_IEX, &iex, &err));
	ASSERT_EQ(0, conf_paper_of(c.get(), VENUE_ARCA, &arca, &err));
	EXPECT_EQ(1000000u, iex.entry_ns);
	EXPECT_EQ(50000u, iex.cancel_ns);
	EXPECT_EQ(0u, iex.response_ns);
	EXPECT_EQ(2000u, arca.response_ns);
	EXPECT_EQ(2u, iex.hidden);
	EXPECT_EQ(0u, arca.hidden);
	EXPECT_EQ(1u, arca.l2);
	for (const char *bad : { "entry = 5", "entry = 61s", "hidden = IEX=maybe", "l2 = XNYS=prop", "hidden = at,never",
				 "cancel = IEX=1s,IEX=2s" }) {
		parse(std::string("[paper]\n") + bad + "\n");
		EXPECT_EQ(-EINVAL, conf_paper_of(c.get(), VENUE_IEX, &iex, &err)) << bad;
		said("t.conf:2: [paper] ");
	}
}

TEST_F(List, LatenessRefused)
{
	for (const char *bad : { "5", "61s", "XNYS=5ms", "IEX=61s", "IEX=5", "IEX=", "IEX=1s,IEX=2s",
				 "ITCH=1s,NASDAQ=1s", "5ms,IEX=1s", "1s,2s" }) {
		uint64_t ns;

		parse(std::string("[bars]\nlateness = ") + bad + "\n");
		EXPECT_EQ(-EINVAL, conf_lateness(c.get(), VENUE_IEX, 0, &ns, &err)) << bad;
		said("t.conf:2: [bars] lateness: found \"");
		said("allowed: 0 to 60s for all venues, or VENUE=duration,...");
	}
}

TEST_F(List, EarlyCloses)
{
	struct calendar_early out[2];

	parse("[bars]\nearly_closes = 2024-11-29=13:00, 2024-12-24=13:00\n");
	ASSERT_EQ(2, conf_early_closes(c.get(), out, 2, &err)) << err.text;
	EXPECT_EQ(20056, out[0].day); // 2024-11-29
	EXPECT_EQ(13u * 3600 * NS_PER_S, out[0].close_ns);
	EXPECT_EQ(20056 + 25, out[1].day);
	EXPECT_EQ(-E2BIG, conf_early_closes(c.get(), out, 1, &err));
	said("t.conf:2: [bars] early_closes: found more than 1, allowed: 1");
	parse("");
	EXPECT_EQ(0, conf_early_closes(c.get(), out, 2, &err));
}

TEST_F(List, Holidays)
{
	struct calendar_early out[2];

	parse("[bars]\nholidays = 2024-11-28, 20241225\n");
	ASSERT_EQ(2, conf_holidays(c.get(), out, 2, &err)) << err.text;
	EXPECT_EQ(20055, out[0].day); // 2024-11-28
	EXPECT_EQ(0u, out[0].close_ns);
	EXPECT_EQ(20055 + 27, out[1].day);
	EXPECT_EQ(-E2BIG, conf_holidays(c.get(), out, 1, &err));
	said("t.conf:2: [bars] holidays: found more than 1, allowed: 1");
	parse("[bars]\nholidays = 2024-02-30\n");
	EXPECT_EQ(-EINVAL, conf_holidays(c.get(), out, 2, &err));
	said("t.conf:2: [bars] holidays: found \"2024-02-30\", allowed: YYYY-MM-DD,...");
}

TEST_F(List, Channels)
{
	struct conf_channel_group out[3];

	parse("[feed]\nchannels = one: 224.0.59.76:11076  224.0.59.204:11077, two:239.1.1.1:1\n");
	ASSERT_EQ(3, conf_channels(c.get(), out, 3, &err)) << err.text;
	EXPECT_EQ(0xe0003b4cu, out[0].dst_ip);
	EXPECT_EQ(11076, out[0].dst_port);
	EXPECT_EQ(0, out[0].channel);
	EXPECT_EQ(0xe0003bccu, out[1].dst_ip);
	EXPECT_EQ(0, out[1].channel);
	EXPECT_EQ(1, out[2].dst_port);
	EXPECT_EQ(1, out[2].channel);
	EXPECT_EQ(-E2BIG, conf_channels(c.get(), out, 2, &err));
	said("t.conf:2: [feed] channels: found \"239.1.1.1:1\", too many");
	parse("");
	EXPECT_EQ(0, conf_channels(c.get(), out, 3, &err));
}

TEST_F(List, ChannelsRefused)
{
	for (const char *bad : { "one", "one:", "one: two", ": 224.0.0.1:1", "224.0.0.1:1", "a: 10.0.0.1:1", "a: 224.0.0.1",
				 "a: 224.0.0.1:0", "a: 224.0.0.1:65536", "a: 224.0.0.1:1x", "a: 224.0.0.1:1 224.0.0.1:1",
				 "a: 224.0.0.1:1, b: 224.0.0.1:1", "a: 224.0.0.1:1, a: 224.0.0.1:2", "a b: 224.0.0.1:1",
				 "an_overlong_name_of_a_channel_that_does_not_fit: 224.0.0.1:1" }) {
		struct conf_channel_group out[8];

		parse(std::string("[feed]\nchannels = ") + bad + "\n");
		EXPECT_EQ(-EINVAL, conf_channels(c.get(), out, 8, &err)) << bad;
		said("t.conf:2: [feed] channels: found \"");
		said("allowed: NAME: group:port");
	}
}

TEST_F(List, EarlyClosesRefused)
{
	for (const char *bad :
	     { "2024-11-29", "2024-11-29=", "2024-11-29=1pm", "2024-11-29=24:00", "2024-11-29=13:60",
	       "2024-11-29=09:30", "2024-11-29=16:01", "29.11.2024=13:00", "=13:00", "2024-11-29=13:000",
	       "2024-11-29=:1:00", "2024-11-29=1300:" }) {
		struct calendar_early out[2];

		parse(std::string("[bars]\nearly_closes = ") + bad + "\n");
		EXPECT_EQ(-EINVAL, conf_early_closes(c.get(), out, 2, &err)) << bad;
		said("t.conf:2: [bars] early_closes: found \"");
	}
}

TEST_F(List, Queues)
{
	struct conf_queue out[4];

	parse("[port a]\n[port bb]\nqueues = 2\n[lcore i]\nstage = ingest\nqueues = a, bb:1,bb:0\n");
	ASSERT_EQ(3, conf_queues(c.get(), &c->lcore[0], out, 4, &err)) << err.text;
	EXPECT_EQ(0u, out[0].port);
	EXPECT_EQ(0u, out[0].queue);
	EXPECT_EQ(1u, out[1].port);
	EXPECT_EQ(1u, out[1].queue);
	EXPECT_EQ(-E2BIG, conf_queues(c.get(), &c->lcore[0], out, 2, &err));
}

TEST_F(List, QueuesRefused)
{
	const char *bad[][2] = { { "b:0", "an unknown port" },
				 { "a:1", "a queue that the port has not" },
				 { "a:", "no queue number" },
				 { "a:x", "no queue number" },
				 { "a:0x0", "no queue number" },
				 { "a:-1", "no queue number" },
				 { "a:0,a", "named twice" },
				 { "aa", "an unknown port" },
				 { "a:99999999999999999999", "a queue that the port has not" } };

	for (auto &b : bad) {
		struct conf_queue out[4];

		parse(std::string("[port a]\n[lcore i]\nstage = ingest\nqueues = ") + b[0] + "\n");
		EXPECT_EQ(-EINVAL, conf_queues(c.get(), &c->lcore[0], out, 4, &err)) << b[0];
		said("t.conf:4: [lcore i] queues: found \"");
		said(std::string(b[1]) + ", allowed: port:queue of a:0-0");
	}
}

TEST_F(List, Speed)
{
	double v;

	EXPECT_EQ(0, conf_speed("max", &v));
	EXPECT_EQ(0, v);
	EXPECT_EQ(0, conf_speed("1x", &v));
	EXPECT_EQ(1, v);
	EXPECT_EQ(0, conf_speed("0.5x", &v));
	EXPECT_EQ(0.5, v);
	for (const char *bad :
	     { "", "x", "1", "0x", "-1x", "1e3x", "..x", "1.2.3x", "Max", "1X", "2000000x", "nanx" })
		EXPECT_EQ(-EINVAL, conf_speed(bad, &v)) << bad;
}

TEST_F(List, Group)
{
	uint32_t ip;

	EXPECT_EQ(0, conf_group("233.54.12.111", &ip));
	EXPECT_EQ(0xe9360c6fu, ip);
	for (const char *bad :
	     { "", "10.0.0.1", "240.0.0.1", "233.54.12", "233.54.12.256", "233.54.12.111:26400", "ff02::1" })
		EXPECT_EQ(-EINVAL, conf_group(bad, &ip)) << bad;
}

} // namespace
