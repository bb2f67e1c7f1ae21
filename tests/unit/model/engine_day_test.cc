/* SPDX-License-Identifier: BSD-3-Clause */
// Sessions on bars: half days, holidays, and the days around a change of the clocks. Times are UTC, worked out by hand.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// Seconds of UTC as the kit's seconds, which count from 10:00 New York of 2026-03-10.
double utc(const char *text)
{
	struct tm tm = {};

	EXPECT_TRUE(strptime(text, "%Y-%m-%d %H:%M:%S", &tm)) << text;
	return (double)timegm(&tm) - (double)(base_ns() / NS_PER_S);
}

void days()
{
	static bool done;
	int32_t half = 0, holiday = 0;

	base_ns();
	if (done)
		return;
	done = true;
	calendar_parse_date("2026-11-27", 10, &half);
	calendar_parse_date("2026-11-26", 10, &holiday);
	ASSERT_EQ(calendar_early_close({ half, 13 * 3600 * NS_PER_S }), 0);
	ASSERT_EQ(calendar_early_close({ holiday, 0 }), 0);
}

// Prints of 100 shares at each time, and the clock on to the last.
void play(Engine &k, std::initializer_list<const char *> prints, const char *to)
{
	Script s;
	double price = 10;

	s.join(0, NASDAQ, utc(*prints.begin()) - 1);
	for (const char *p : prints)
		s.trade(0, 0, utc(p), price++, 100).flags |= EVF_CLOCK;
	s.clock(0, utc(to));
	k.run(s);
}

uint64_t last_close(const Engine &k, bar_span span)
{
	uint64_t last = 0;

	for (const bar &b : k.bars)
		if (b.span == (uint64_t)span && b.close_ts > last)
			last = b.close_ts;
	return last;
}

} // namespace

// 13:00 New York is 18:00 UTC in November; POST ends four hours later.
TEST(day, an_early_close_resets_the_session_and_ends_the_fill)
{
	Engine k;

	days();
	play(k, { "2026-11-27 17:59:58", "2026-11-27 18:00:01", "2026-11-27 21:59:57" }, "2026-11-27 23:00:00");
	EXPECT_DOUBLE_EQ(k.row(SPAN_1S, utc("2026-11-27 17:59:59")).vwap_session, 10);
	EXPECT_TRUE(std::isnan(k.row(SPAN_1S, utc("2026-11-27 18:00:00")).vwap_session));
	EXPECT_DOUBLE_EQ(k.row(SPAN_1S, utc("2026-11-27 18:00:01")).vwap_session, 11);
	EXPECT_EQ(last_close(k, SPAN_1S), at(utc("2026-11-27 22:00:00")));
	EXPECT_EQ(last_close(k, SPAN_5M), at(utc("2026-11-27 22:00:00")));
}

TEST(day, a_holiday_is_not_filled)
{
	Engine k;

	days();
	play(k, { "2026-11-26 00:59:50", "2026-11-27 09:00:02" }, "2026-11-27 09:00:05"); // the evening before; PRE of the half day
	for (const bar &b : k.bars)
		EXPECT_TRUE(b.open_ts < at(utc("2026-11-26 01:00:00")) || b.close_ts > at(utc("2026-11-27 09:00:00")))
			<< bar_span_name[b.span] << " " << b.open_ts;
	EXPECT_EQ(k.row(SPAN_1S, utc("2026-11-27 09:00:02")).trades, 1u);
	EXPECT_FALSE(k.find(SPAN_1S, utc("2026-11-27 09:00:01"))); // before its first print of the day
}

// Clocks go forward on Sunday 2026-03-08 and back on Sunday 2026-11-01: RTH begins at 14:30 UTC in winter, at 13:30 in summer.
TEST(day, sessions_follow_the_clock_and_not_utc)
{
	struct { const char *before, *opening, *after; } cases[] = {
		{ "2026-03-06 14:29:58", "2026-03-06 14:30:00", "2026-03-06 14:30:01" },
		{ "2026-03-09 13:29:58", "2026-03-09 13:30:00", "2026-03-09 13:30:01" },
		{ "2026-10-30 13:29:58", "2026-10-30 13:30:00", "2026-10-30 13:30:01" },
		{ "2026-11-02 14:29:58", "2026-11-02 14:30:00", "2026-11-02 14:30:01" },
	};

	days();
	for (auto &c : cases) {
		Engine k;

		play(k, { c.before, c.after }, c.after);
		Script more;
		more.clock(0, utc(c.after) + 3);
		k.run(more);
		EXPECT_DOUBLE_EQ(k.row(SPAN_1S, utc(c.before) + 1).vwap_session, 10) << c.before;
		EXPECT_TRUE(std::isnan(k.row(SPAN_1S, utc(c.opening)).vwap_session)) << c.opening;
		EXPECT_DOUBLE_EQ(k.row(SPAN_1S, utc(c.after)).vwap_session, 11) << c.after;
	}
}

// A run over the weekend of the change: Friday evening's last row, then nothing before Monday 04:00 New York (08:00 UTC).
TEST(day, a_weekend_with_a_change_of_the_clocks)
{
	Engine k;

	days();
	calendar_weekends(false);
	play(k, { "2026-03-07 00:59:50", "2026-03-09 08:00:02" }, "2026-03-09 08:00:05");
	calendar_weekends(true);
	for (const bar &b : k.bars)
		EXPECT_TRUE(b.open_ts < at(utc("2026-03-07 01:00:00")) || b.close_ts > at(utc("2026-03-09 08:00:00")));
	EXPECT_TRUE(k.find(SPAN_1S, utc("2026-03-09 08:00:02")));
	EXPECT_FALSE(k.find(SPAN_1S, utc("2026-03-09 08:00:01"))); // before its first print of the day
}

// UTP vendor alert 2017-05: test data behind a half day's end was taken for trades. 17:00 New York is 22:00 UTC.
TEST(day, prints_outside_sessions_are_counted_and_make_nothing)
{
	Engine k;
	Script s;

	days();
	s.join(0, NASDAQ, utc("2026-11-27 21:50:00"));
	s.trade(0, 0, utc("2026-11-27 21:59:59"), 953, 100, 0, 1).flags |= EVF_CLOCK;
	for (int i = 0; i < 60; i++) {
		double t = utc("2026-11-27 22:30:00") + i;

		s.quote(0, 0, t, 123 + i, 100, 124 + i, 100);
		s.trade(0, 0, t, 123 + i, 100, EVF_CLOCK, 100 + (uint64_t)i);
		s.trade(0, 1, t, 123 + i, 5000, EVF_CLOCK | EVF_AUCTION, 200 + (uint64_t)i); // of an instrument without any others
	}
	s.brk(0, utc("2026-11-27 22:31:10"), 100);
	s.brk(0, utc("2026-11-27 22:31:10"), 1);
	s.put(EV_CORRECT, 0, INSTR_NONE, utc("2026-11-27 22:31:10")).ref2 = 200;
	s.clock(0, utc("2026-11-27 22:35:00"));
	k.all(s);
	EXPECT_EQ(last_close(k, SPAN_1S), at(utc("2026-11-27 22:00:00")));
	EXPECT_EQ(last_close(k, SPAN_5M), at(utc("2026-11-27 22:00:00")));
	EXPECT_FALSE(k.bars.empty());
	EXPECT_TRUE(k.sweeps.empty());
	for (const bar &b : k.bars)
		EXPECT_EQ(b.instr, 0u);
	for (const revision &r : k.revisions) // of the print before the end alone
		EXPECT_EQ(r.key, 1u);
	EXPECT_EQ(k.count(LEDGER_prints), 121u);
	EXPECT_EQ(k.count(LEDGER_prints_outside_sessions), 120u);
	EXPECT_EQ(k.count(LEDGER_breaks_outside_sessions), 2u);
	EXPECT_EQ(k.count(LEDGER_breaks_unknown), 0u);
	EXPECT_EQ(k.count(LEDGER_breaks), 3u);
	EXPECT_FALSE(ledger_damaged(&k.counts));
}

// Saturday (as configured), a holiday, before 04:00 and behind 20:00 New York.
TEST(day, no_row_of_a_closed_day_or_hour)
{
	struct { const char *t; bool weekends; unsigned rows; } cases[] = {
		{ "2026-03-07 15:00:00", false, 0 }, { "2026-03-07 15:00:00", true, 1 },  { "2026-03-08 15:00:00", false, 0 },
		{ "2026-11-26 15:00:00", true, 0 },  { "2026-03-10 07:59:59", true, 0 },  { "2026-03-10 08:00:00", true, 1 },
		{ "2026-03-10 23:59:59", true, 1 },  { "2026-03-11 00:00:00", true, 0 },
	};

	days();
	for (auto &c : cases) {
		Engine k;

		calendar_weekends(c.weekends);
		play(k, { c.t }, c.t);
		k.drain();
		calendar_weekends(true);
		EXPECT_EQ(!k.bars.empty(), c.rows > 0) << c.t;
		EXPECT_EQ(k.count(LEDGER_prints_outside_sessions), c.rows ? 0u : 1u) << c.t;
	}
}

// What was turned away is not what a print of the next session is compared with, nor in the sums of a bar that holds both.
TEST(day, prints_outside_sessions_leave_no_trace_in_the_next)
{
	Engine k;
	Script s;

	s.join(0, NASDAQ, utc("2026-03-10 07:59:00"));
	s.trade(0, 0, utc("2026-03-10 07:59:58"), 50, 700, EVF_CLOCK, 1);
	s.trade(0, 0, utc("2026-03-10 08:00:01"), 10, 100, EVF_CLOCK, 2);
	s.brk(0, utc("2026-03-10 08:00:02"), 1);
	s.clock(0, utc("2026-03-10 08:05:01"));
	k.all(s);
	const bar &b = k.row(SPAN_5M, utc("2026-03-10 08:00:00"));

	EXPECT_EQ(b.volume, 100u);
	EXPECT_EQ(b.unsigned_volume, 100u); // no tick test against it
	EXPECT_EQ(b.high, px(10));
	EXPECT_TRUE(k.revisions.empty());
	EXPECT_EQ(k.count(LEDGER_breaks_outside_sessions), 1u);
}
