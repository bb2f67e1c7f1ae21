/* SPDX-License-Identifier: BSD-3-Clause */
// New York dates and sessions, over changes of the clock and early closes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>

extern "C" {
#include "lcore/base/calendar.h"
}

namespace {

int32_t date(const char *text)
{
	int32_t day = 0;

	EXPECT_TRUE(calendar_parse_date(text, strlen(text), &day)) << text;
	return day;
}

std::string iso(uint64_t ns)
{
	char out[CALENDAR_ISO_BYTES];

	EXPECT_EQ(calendar_iso(ns, out), 30u);
	return out;
}

struct calendar_test : testing::Test {
	static void SetUpTestSuite() { ASSERT_EQ(calendar_load(), 0); }
};

} // namespace

TEST_F(calendar_test, sessions_of_winter_and_summer)
{
	calendar_day d;

	calendar_day_by_date(date("2026-01-05"), &d);
	EXPECT_EQ(iso(d.midnight_ns), "2026-01-05T05:00:00.000000000Z");
	EXPECT_EQ(iso(d.pre_ns), "2026-01-05T09:00:00.000000000Z");
	EXPECT_EQ(iso(d.rth_ns), "2026-01-05T14:30:00.000000000Z");
	EXPECT_EQ(iso(d.post_ns), "2026-01-05T21:00:00.000000000Z");
	EXPECT_EQ(iso(d.end_ns), "2026-01-06T01:00:00.000000000Z");
	calendar_day_by_date(date("20260706"), &d);
	EXPECT_EQ(iso(d.rth_ns), "2026-07-06T13:30:00.000000000Z");
	EXPECT_EQ(calendar_session(&d, d.pre_ns - 1), SESSION_NONE);
	EXPECT_EQ(calendar_session(&d, d.pre_ns), SESSION_PRE);
	EXPECT_EQ(calendar_session(&d, d.rth_ns), SESSION_RTH);
	EXPECT_EQ(calendar_session(&d, d.post_ns), SESSION_POST);
	EXPECT_EQ(calendar_session(&d, d.end_ns - 1), SESSION_POST);
	EXPECT_EQ(calendar_session(&d, d.end_ns), SESSION_NONE);
}

TEST_F(calendar_test, days_of_23_and_25_hours)
{
	calendar_day d, next;

	calendar_day_by_date(date("2026-03-08"), &d);
	calendar_day_by_date(date("2026-03-09"), &next);
	EXPECT_EQ(next.midnight_ns - d.midnight_ns, 23 * 3600 * NS_PER_S);
	EXPECT_EQ(iso(d.rth_ns), "2026-03-08T13:30:00.000000000Z");
	calendar_day_by_date(date("2026-11-01"), &d);
	calendar_day_by_date(date("2026-11-02"), &next);
	EXPECT_EQ(next.midnight_ns - d.midnight_ns, 25 * 3600 * NS_PER_S);
	EXPECT_EQ(iso(d.rth_ns), "2026-11-01T14:30:00.000000000Z");
}

// Each day's midnight is what libc says, asked for each day by itself.
TEST_F(calendar_test, every_midnight_is_libcs)
{
	const char *zone = getenv("TZ");
	std::string before = zone ? zone : "";

	setenv("TZ", "America/New_York", 1);
	tzset();
	for (int32_t day = date("1990-01-01"), end = day + 80 * 365; day < end; day++) {
		calendar_day d;
		tm wall, utc;

		calendar_day_by_date(day, &d);
		time_t midnight = (time_t)(d.midnight_ns / NS_PER_S), noon = (time_t)day * 86400 + 43200;
		localtime_r(&midnight, &wall);
		gmtime_r(&noon, &utc);
		ASSERT_EQ(wall.tm_hour * 3600 + wall.tm_min * 60 + wall.tm_sec, 0) << iso(d.midnight_ns);
		ASSERT_EQ(wall.tm_mday, utc.tm_mday) << iso(d.midnight_ns);
	}
	before.empty() ? unsetenv("TZ") : setenv("TZ", before.c_str(), 1);
	tzset();
}

TEST_F(calendar_test, every_instant_lies_within_its_day)
{
	calendar_day d, next;

	for (int32_t day = date("2000-01-01"); day < date("2040-01-01"); day++) {
		calendar_day_by_date(day, &d);
		calendar_day_by_date(day + 1, &next);
		ASSERT_LT(d.midnight_ns, d.pre_ns);
		ASSERT_LT(d.end_ns, next.midnight_ns);
		for (uint64_t ns : { d.midnight_ns, d.pre_ns, d.end_ns, next.midnight_ns - 1 }) {
			calendar_day found;

			calendar_day_of(ns, &found);
			ASSERT_EQ(found.day, day) << iso(ns);
		}
	}
}

TEST_F(calendar_test, dates_are_read_strictly)
{
	int32_t day;

	EXPECT_EQ(date("2000-02-29"), 11016);
	for (const char *bad : { "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-1", "20260101x", "2026/01/01",
				 "1989-12-31", "abcdefgh", "", "2026-01-0" })
		EXPECT_FALSE(calendar_parse_date(bad, strlen(bad), &day)) << bad;
}

TEST_F(calendar_test, an_early_close_begins_post)
{
	calendar_day d;

	ASSERT_EQ(calendar_early_close({ date("2026-11-27"), 13 * 3600 * NS_PER_S }), 0);
	calendar_day_by_date(date("2026-11-27"), &d);
	EXPECT_EQ(iso(d.post_ns), "2026-11-27T18:00:00.000000000Z");
	EXPECT_EQ(calendar_session(&d, d.post_ns), SESSION_POST);
	EXPECT_EQ(d.end_ns - d.post_ns, 4 * 3600 * NS_PER_S);
}

TEST_F(calendar_test, a_holiday_has_no_sessions)
{
	calendar_day d;

	ASSERT_EQ(calendar_early_close({ date("2026-12-25"), 0 }), 0);
	calendar_day_by_date(date("2026-12-25"), &d);
	for (uint64_t h = 0; h < 24; h++)
		EXPECT_EQ(calendar_session(&d, d.midnight_ns + h * 3600 * NS_PER_S), SESSION_NONE) << h;
	calendar_day_by_date(date("2026-12-24"), &d);
	EXPECT_EQ(calendar_session(&d, d.rth_ns), SESSION_RTH);
}

TEST_F(calendar_test, weekends_are_closed_on_request)
{
	for (bool open : { true, false }) {
		calendar_weekends(open);
		for (const char *text : { "2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23" }) { // Friday to Monday
			calendar_day d;
			bool weekend = text[9] == '1' || text[9] == '2';

			calendar_day_by_date(date(text), &d);
			EXPECT_EQ(calendar_session(&d, d.midnight_ns + 12 * 3600 * NS_PER_S),
				  weekend && !open ? SESSION_NONE : SESSION_RTH) << text;
		}
	}
	calendar_weekends(true);
}

TEST_F(calendar_test, loading_again_forgets_early_closes_and_weekends)
{
	calendar_day d;
	int32_t day = date("2031-07-02"), saturday = date("2031-07-05");

	calendar_weekends(false);
	ASSERT_EQ(calendar_early_close({ day, 13 * 3600 * NS_PER_S }), 0);
	calendar_day_by_date(day, &d);
	uint64_t early = d.post_ns;

	ASSERT_EQ(calendar_load(), 0);
	calendar_day_by_date(day, &d);
	EXPECT_EQ(d.post_ns - early, 3 * 3600 * NS_PER_S);
	calendar_day_by_date(saturday, &d);
	EXPECT_LT(d.pre_ns, d.end_ns);
}

TEST_F(calendar_test, loading_leaves_the_time_zone_as_it_was)
{
	setenv("TZ", "Asia/Tokyo", 1);
	ASSERT_EQ(calendar_load(), 0);
	EXPECT_STREQ(getenv("TZ"), "Asia/Tokyo");
	unsetenv("TZ");
	ASSERT_EQ(calendar_load(), 0);
	EXPECT_EQ(getenv("TZ"), nullptr);
}
