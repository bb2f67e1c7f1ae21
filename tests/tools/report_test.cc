/* SPDX-License-Identifier: BSD-3-Clause */
// wirebar report, its pure parts: reading CSV, drawdown, round trips, exposure, candles and marks, axes. No EAL is started.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" {
#include "app/wirebar/report/axis.h"
#include "app/wirebar/report/candles.h"
#include "app/wirebar/report/csv.h"
#include "app/wirebar/report/curve.h"
#include "app/wirebar/report/page.h"
#include "app/wirebar/report/tally.h"
#include "app/wirebar/report/trips.h"
#include "lcore/base/calendar.h"
}

namespace
{

const uint64_t DAY = UINT64_C(1773100800) * NS_PER_S; // 2026-03-10T00:00:00Z, four hours before New York's midnight
const uint64_t MIN = 60 * NS_PER_S, HOUR = 60 * MIN;
const uint64_t OPEN = DAY + 13 * HOUR + 30 * MIN;
const int64_t USD = PX_ONE;

class Csv : public testing::Test
{
protected:
	std::string path;
	struct csv c = {};

	bool open(const std::string &text)
	{
		char name[] = "/tmp/wirebar-report-XXXXXX";
		int fd = mkstemp(name);

		path = name;
		EXPECT_EQ(write(fd, text.data(), text.size()), (ssize_t)text.size());
		close(fd);
		return csv_open(&c, path.c_str());
	}

	// The error without the name of the file.
	std::string error() { return std::string(c.error).substr(path.size()); }

	void TearDown() override
	{
		csv_close(&c);
		unlink(path.c_str());
	}
};

TEST_F(Csv, columns_by_name_in_any_order)
{
	const char *const name[] = { "ts", "qty" };
	int col[2];
	uint64_t ts = 0;
	int64_t qty = 0;

	ASSERT_TRUE(open("qty,more,ts\r\n-3,\"a,\"\"b\"\"\",2026-03-10T13:30:00.5Z\r\n7,,2026-03-10T00:00:00Z\r\n"));
	ASSERT_TRUE(csv_columns(&c, name, col, 2));
	ASSERT_EQ(csv_next(&c), 1);
	EXPECT_TRUE(csv_time(&c, col[0], &ts) && csv_signed(&c, col[1], &qty));
	EXPECT_EQ(ts, OPEN + NS_PER_S / 2);
	EXPECT_EQ(qty, -3);
	EXPECT_STREQ(c.field[1], "a,\"b\"");
	ASSERT_EQ(csv_next(&c), 1);
	EXPECT_TRUE(csv_empty(&c, 1));
	EXPECT_TRUE(csv_time(&c, col[0], &ts));
	EXPECT_EQ(ts, DAY);
	EXPECT_EQ(csv_next(&c), 0);
	EXPECT_EQ(c.rows, 2u);
}

TEST_F(Csv, digest_is_of_the_text)
{
	ASSERT_TRUE(open("abc\n"));
	EXPECT_EQ(csv_next(&c), 0);
	EXPECT_STREQ(c.digest, "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb");
}

TEST_F(Csv, amounts_are_exact)
{
	int64_t v = 0;

	ASSERT_TRUE(open("px\n557.83\n-0.000001\n999999999999.999999\n7\n"));
	for (int64_t want : { INT64_C(557830000), INT64_C(-1), INT64_C(999999999999999999), INT64_C(7000000) }) {
		ASSERT_EQ(csv_next(&c), 1);
		ASSERT_TRUE(csv_amount(&c, 0, &v)) << c.error;
		EXPECT_EQ(v, want);
	}
}

// Each has its file, line and column.
TEST_F(Csv, what_is_no_amount)
{
	for (const char *text : { "", "-", ".5", "1.", "1.0000001", "1e3", " 1", "1 ", "1000000000000", "nan", "0x1" }) {
		int64_t v;

		ASSERT_TRUE(open("id,px\n1," + std::string(text) + "\n"));
		ASSERT_EQ(csv_next(&c), 1);
		EXPECT_FALSE(csv_amount(&c, 1, &v)) << text;
		EXPECT_EQ(error().find(":2: column px: found \"" + std::string(text) + "\", wanted a decimal"), 0u) << c.error;
		TearDown();
	}
}

TEST_F(Csv, what_is_no_time)
{
	for (const char *text : { "", "2026-03-10", "2026-03-10T24:00:00Z", "2026-03-10T13:30:00", "2026-03-10T13:30:60Z",
				  "2026-02-30T13:30:00Z", "2026-03-10T13:30:00.Z", "2026-03-10T13:30:00.0000000001Z",
				  "2026-03-10 13:30:00Z", "1773149400000000000", "1969-12-31T00:00:00Z" }) {
		uint64_t v;

		ASSERT_TRUE(open("ts\n" + std::string(text) + "x\n" + text + "\n"));
		ASSERT_EQ(csv_next(&c), 1);
		ASSERT_EQ(csv_next(&c), 1);
		EXPECT_FALSE(csv_time(&c, 0, &v)) << text;
		EXPECT_EQ(error().find(":3: column ts: found"), 0u) << c.error;
		TearDown();
	}
}

TEST_F(Csv, files_that_are_not_whole)
{
	const char *const name[] = { "a", "b" };
	int col[2];

	EXPECT_FALSE(open(""));
	EXPECT_NE(error().find("empty"), std::string::npos);
	TearDown();
	EXPECT_FALSE(open("a,b"));
	TearDown();
	EXPECT_FALSE(open("a,a\n"));
	EXPECT_EQ(error(), ":1: column a is there twice");
	TearDown();
	ASSERT_TRUE(open("a,c\n1,2\n"));
	EXPECT_FALSE(csv_columns(&c, name, col, 2));
	EXPECT_EQ(error(), ":1: no column b");
	TearDown();
	ASSERT_TRUE(open("a,b\n1,2\n1\n"));
	EXPECT_EQ(csv_next(&c), 1);
	EXPECT_EQ(csv_next(&c), -1);
	EXPECT_EQ(error(), ":3: 1 fields, the first line has 2");
	TearDown();
	ASSERT_TRUE(open("a,b\n1,2\n1,2")); // perhaps 1,23 before it was cut
	EXPECT_EQ(csv_next(&c), 1);
	EXPECT_EQ(csv_next(&c), -1);
	EXPECT_EQ(error(), ":3: no line feed at the end: the file was cut");
	TearDown();
	ASSERT_TRUE(open("a,b\n\"1,2\n"));
	EXPECT_EQ(csv_next(&c), -1);
	TearDown();
	ASSERT_TRUE(open(std::string("a,b\n1,\0\n", 8)));
	EXPECT_EQ(csv_next(&c), -1);
	TearDown();
	ASSERT_TRUE(open("a,b\n1," + std::string(CSV_BUFFER_BYTES, 'x') + "\n"));
	EXPECT_EQ(csv_next(&c), -1);
	TearDown();
	EXPECT_FALSE(open(std::string("\x1f\x8b\x08\0\0\0\0\0", 8))); // a gzip file of which only the head is there
}

TEST_F(Csv, rows_over_the_ends_of_the_buffer)
{
	std::string text = "n,pad\n";
	uint64_t n = 0;

	for (int i = 0; i < 100000; i++)
		text += std::to_string(i) + "," + std::string((size_t)(i % 50), 'p') + "\n";
	ASSERT_TRUE(open(text));
	for (uint64_t i = 0; i < 100000; i++) {
		ASSERT_EQ(csv_next(&c), 1);
		ASSERT_TRUE(csv_count(&c, 0, &n));
		ASSERT_EQ(n, i);
		ASSERT_EQ(strlen(c.field[1]), i % 50);
	}
	EXPECT_EQ(csv_next(&c), 0);
}

// Whatever the bytes are, reading ends: with the end of the file or with one error.
TEST_F(Csv, any_bytes)
{
	const std::string whole = "ts,side,qty,price\n2026-03-10T13:30:00.000000000Z,B,-100,557.83\n"
				  "2026-03-10T13:31:00Z,\"S\",7,0.000001\n2026-03-10T13:32:00Z,sell,,\n";
	std::mt19937_64 rng(7);

	for (int round = 0; round < 300; round++) {
		std::string text = whole;

		for (uint64_t n = rng() % 4; n-- > 0;)
			text[rng() % text.size()] = "\0\n\r,\"-.:9Z\xff"[rng() % 11];
		text.resize(rng() % 3 ? text.size() : rng() % text.size());
		if (!open(text)) {
			EXPECT_NE(c.error[0], 0);
			TearDown();
			continue;
		}
		int got;

		while ((got = csv_next(&c)) > 0)
			for (int i = 0; i < (int)c.n_columns && !c.error[0]; i++) {
				uint64_t u;
				int64_t v;
				int side;
				char word[8];

				(void)(csv_time(&c, i, &u) || csv_count(&c, i, &u) || csv_signed(&c, i, &v) ||
				       csv_amount(&c, i, &v) || csv_side(&c, i, &side) || csv_word(&c, i, word, sizeof word));
				c.error[0] = 0;
			}
		EXPECT_EQ(got < 0, c.error[0] != 0);
		TearDown();
	}
}

class Curve : public testing::Test
{
protected:
	std::unique_ptr<struct curve> c{ new struct curve() };

	bool add(uint64_t minute, int64_t net)
	{
		struct curve_row row = {};

		row.net = net;
		return curve_add(c.get(), OPEN + minute * MIN, &row);
	}
};

// Net 5, 12, 4, 9, 12, 10: falls by 8 from minute 2 to 3, and is at its high again in minute 5.
TEST_F(Curve, drawdown_with_its_time_and_length)
{
	const int64_t net[] = { 5, 12, 4, 9, 12, 10 };

	for (uint64_t i = 0; i < 6; i++)
		ASSERT_TRUE(add(i + 1, net[i] * USD));
	EXPECT_EQ(c->max_fall, 8 * USD);
	EXPECT_EQ(c->fall_high_ts, OPEN + 2 * MIN);
	EXPECT_EQ(c->fall_low_ts, OPEN + 3 * MIN);
	EXPECT_EQ(c->fall_end_ts, OPEN + 5 * MIN);
	EXPECT_EQ(curve_fall_ns(c.get()), 3 * MIN);
	EXPECT_EQ(c->last.net, 10 * USD);
}

TEST_F(Curve, start_counts_as_zero)
{
	add(1, -3 * USD);
	add(2, -7 * USD);
	add(3, -5 * USD);
	EXPECT_EQ(c->max_fall, 7 * USD);
	EXPECT_EQ(c->fall_high_ts, OPEN + MIN);
	EXPECT_EQ(c->fall_end_ts, 0u);
	EXPECT_EQ(curve_fall_ns(c.get()), 2 * MIN);
}

// A deeper fall from the same high goes on where the first one began.
TEST_F(Curve, the_largest_fall_counts)
{
	for (int64_t net : { 10, 6, 9, 3, 11, 8 })
		add(c->rows + 1, net * USD);
	EXPECT_EQ(c->max_fall, 7 * USD);
	EXPECT_EQ(c->fall_high_ts, OPEN + MIN);
	EXPECT_EQ(c->fall_low_ts, OPEN + 4 * MIN);
	EXPECT_EQ(c->fall_end_ts, OPEN + 5 * MIN);
}

TEST_F(Curve, time_goes_forward)
{
	EXPECT_TRUE(add(5, 1));
	EXPECT_FALSE(add(5, 2));
	EXPECT_FALSE(add(4, 2));
	EXPECT_EQ(c->rows, 1u);
	EXPECT_EQ(c->last.net, 1);
}

TEST_F(Curve, thinned_keeps_its_extremes)
{
	for (uint64_t i = 0; i < 100000; i++)
		add(i + 1, i == 77777 ? 500 * USD : i == 77778 ? -500 * USD : (int64_t)(i % 7) * USD);
	int64_t low = 0, high = 0, fall = 0;
	uint64_t before = 0;

	ASSERT_LE(c->n, (unsigned)CURVE_POINTS_MAX);
	ASSERT_GT(c->n, (unsigned)CURVE_POINTS_MAX / 2);
	for (unsigned i = 0; i < c->n; i++) {
		const struct curve_point *p = &c->point[i];

		EXPECT_GT(p->ts, before);
		EXPECT_GT(p->low_ts, before);
		EXPECT_GT(p->high_ts, before);
		EXPECT_LE(p->low_ts, p->ts);
		before = p->ts;
		low = std::min(low, p->low);
		high = std::max(high, p->high);
		fall = std::max(fall, p->fall);
	}
	EXPECT_EQ(before, c->last_ts);
	EXPECT_EQ(low, -500 * USD);
	EXPECT_EQ(high, 500 * USD);
	EXPECT_EQ(fall, 1000 * USD);
	EXPECT_EQ(c->max_fall, 1000 * USD);
}

class Trips : public testing::Test
{
protected:
	std::unique_ptr<struct trips> t{ new struct trips() };

	void add(uint64_t from, uint64_t to, int64_t net, int64_t fees = 0)
	{
		struct trip one = {};

		one.id = t->n + 1;
		one.side = 1;
		one.opened_ns = OPEN + from * MIN;
		one.closed_ns = to ? OPEN + to * MIN : 0;
		one.net = net * USD;
		one.fees = fees * USD;
		one.realized = (net + fees) * USD;
		trips_add(t.get(), &one);
	}
};

TEST_F(Trips, wins_and_losses_are_net)
{
	add(0, 1, 30, 1);
	add(1, 3, -10);
	add(3, 6, 0, 5); // neither
	add(6, 16, 20);
	add(16, 17, -15);
	add(20, 0, 99); // still open: not a round trip
	EXPECT_EQ(t->n, 6u);
	EXPECT_EQ(t->closed, 5u);
	EXPECT_EQ(t->wins, 2u);
	EXPECT_EQ(t->losses, 2u);
	EXPECT_EQ(t->net, 25 * USD);
	EXPECT_EQ(t->won, 50 * USD);
	EXPECT_EQ(t->lost, -25 * USD);
	EXPECT_EQ(t->best, 30 * USD);
	EXPECT_EQ(t->worst, -15 * USD);
	EXPECT_EQ(t->fees, 6 * USD);
	EXPECT_EQ(t->realized, 31 * USD);
	EXPECT_EQ(t->held_ns, 17 * MIN);
	EXPECT_EQ(t->longest_ns, 10 * MIN);
}

TEST_F(Trips, only_losses_have_a_worst_best)
{
	add(0, 1, -4);
	add(1, 2, -9);
	EXPECT_EQ(t->best, -4 * USD);
	EXPECT_EQ(t->worst, -9 * USD);
}

TEST_F(Trips, the_last_are_shown)
{
	t->shown_max = 3;
	for (uint64_t i = 0; i < 5; i++)
		add(i, i + 1, 1);
	EXPECT_EQ(trips_shown(t.get(), 0)->id, 3u);
	EXPECT_EQ(trips_shown(t.get(), 2)->id, 5u);
	EXPECT_EQ(trips_shown(t.get(), 3), nullptr);
}

// Open 0 to 4 (two that overlap), 6 to 7, and from 9 on; watched: minutes 0 to 10, with a night before 20 to 22.
TEST_F(Trips, exposure)
{
	add(6, 7, 1);
	add(0, 3, 1);
	add(2, 4, 1);
	add(9, 0, 1);
	trips_settle(t.get());
	for (uint64_t m = 0; m < 10; m++)
		trips_watch(t.get(), OPEN + m * MIN, OPEN + (m + 1) * MIN);
	EXPECT_EQ(t->watched_ns, 10 * MIN);
	EXPECT_EQ(t->exposed_ns, 6 * MIN);
	trips_watch(t.get(), OPEN + 20 * MIN, OPEN + 22 * MIN);
	EXPECT_EQ(t->exposed_ns, 8 * MIN);
}

TEST_F(Trips, exposure_of_many)
{
	for (uint64_t i = 0; i < 3 * TRIPS_OPEN_SPANS_MAX; i++) // in a few thousand minutes over and over
		add(2 * (i % 3000), 2 * (i % 3000) + 1, 1);
	trips_settle(t.get());
	EXPECT_FALSE(t->spans_full);
	trips_watch(t.get(), OPEN, OPEN + 6000 * MIN);
	EXPECT_EQ(t->exposed_ns, 3000 * MIN);
	for (uint64_t i = 0; i < 2 * TRIPS_OPEN_SPANS_MAX; i++) // more times apart than there is room for
		add(2 * i, 2 * i + 1, 1);
	EXPECT_TRUE(t->spans_full);
}

class Candles : public testing::Test
{
protected:
	std::unique_ptr<struct candles> c{ new struct candles() };

	Candles() { c->width_s = 60; }

	bool add(uint64_t minute, int64_t open, int64_t high, int64_t low, int64_t close, uint64_t volume, unsigned quality = 0)
	{
		struct candle row = {};

		row.ts = OPEN + minute * MIN;
		row.open = open;
		row.high = high;
		row.low = low;
		row.close = close;
		row.volume = volume;
		row.quality = quality;
		row.traded = high != 0;
		return candles_add(c.get(), &row);
	}
};

TEST_F(Candles, one_a_row_while_there_is_room)
{
	for (uint64_t i = 0; i < CANDLES_MAX; i++)
		ASSERT_TRUE(add(i, 10, 12, 9, 11, 100));
	EXPECT_EQ(c->n, (unsigned)CANDLES_MAX);
	EXPECT_EQ(c->width_s, 60u);
	EXPECT_FALSE(add(CANDLES_MAX - 1, 10, 12, 9, 11, 100));
}

// The 481st row makes candles of five minutes, each exactly its five rows.
TEST_F(Candles, wider_ones_are_their_rows)
{
	for (uint64_t i = 0; i <= CANDLES_MAX; i++)
		ASSERT_TRUE(add(i, 100 + (int64_t)i, 200 + (int64_t)i, 50 - (int64_t)(i % 5), 101 + (int64_t)i, 10, i == 7));
	EXPECT_EQ(c->width_s, 300u);
	EXPECT_EQ(c->n, CANDLES_MAX / 5 + 1u);
	const struct candle *k = &c->candle[1];

	EXPECT_EQ(k->ts, OPEN + 5 * MIN);
	EXPECT_EQ(k->open, 105);
	EXPECT_EQ(k->high, 209);
	EXPECT_EQ(k->low, 46);
	EXPECT_EQ(k->close, 110);
	EXPECT_EQ(k->volume, 50u);
	EXPECT_EQ(k->quality, 1u);
	EXPECT_EQ(c->candle[0].quality, 0u);
}

TEST_F(Candles, rows_without_prints)
{
	add(0, 0, 0, 0, 0, 0);           // nothing to draw
	add(1, 0, 0, 0, 0, 0, 4);        // to shade
	add(2, 0, 0, 0, 0, 7);           // volume only
	add(3, 1, 2, 1, 2, 7);
	ASSERT_EQ(c->n, 3u);
	EXPECT_EQ(c->rows, 4u);
	EXPECT_FALSE(c->candle[0].traded || c->candle[1].traded);
	EXPECT_TRUE(c->candle[2].traded);
}

TEST_F(Candles, a_day_begins_before_its_session)
{
	c->width_s = 86400; // 04:00 and 20:00 New York, in winter and summer
	const uint64_t winter = DAY - 60 * 24 * HOUR, night = 4 * HOUR;

	EXPECT_EQ(candles_start(c.get(), DAY + night + 4 * HOUR), candles_start(c.get(), DAY + night + 20 * HOUR - 1));
	EXPECT_EQ(candles_start(c.get(), winter + night + 5 * HOUR), candles_start(c.get(), winter + night + 21 * HOUR - 1));
	EXPECT_NE(candles_start(c.get(), DAY), candles_start(c.get(), DAY + 24 * HOUR));
}

TEST_F(Candles, fills_become_entries_and_exits)
{
	candles_fill(c.get(), OPEN + 1, 1, 200, 10 * USD, 200, false);  // opens
	candles_fill(c.get(), OPEN + 2, 1, 100, 13 * USD, 300, false);  // adds
	candles_fill(c.get(), OPEN + 3, -1, 100, 14 * USD, 200, false); // reduces
	candles_fill(c.get(), OPEN + MIN, -1, 500, 14 * USD, -300, false); // through zero: 200 close, 300 open
	candles_fill(c.get(), OPEN + 2 * MIN, 1, 300, 12 * USD, 0, false); // a short closes
	candles_fill(c.get(), OPEN + 3 * MIN, 1, 300, 12 * USD, -300, true);
	const struct {
		uint64_t minute;
		enum candles_mark kind;
		int side;
		uint64_t qty, fills;
		double price;
	} want[] = { { 0, MARK_ENTRY, 1, 300, 2, 11 },	{ 0, MARK_EXIT, -1, 100, 1, 14 }, { 1, MARK_EXIT, -1, 200, 1, 14 },
		     { 1, MARK_ENTRY, -1, 300, 1, 14 }, { 2, MARK_EXIT, 1, 300, 1, 12 },  { 3, MARK_BREAK, 1, 300, 1, 12 } };

	ASSERT_EQ(c->n_marks, 6u);
	for (unsigned i = 0; i < 6; i++) {
		const struct mark *m = &c->mark[i];

		EXPECT_EQ(m->ts, OPEN + want[i].minute * MIN) << i;
		EXPECT_EQ(m->kind, want[i].kind) << i;
		EXPECT_EQ(m->side, want[i].side) << i;
		EXPECT_EQ(m->qty, want[i].qty) << i;
		EXPECT_EQ(m->fills, want[i].fills) << i;
		EXPECT_DOUBLE_EQ(m->notional / (double)m->qty / 1e6, want[i].price) << i;
	}
}

TEST_F(Candles, marks_beyond_the_room_are_counted)
{
	for (uint64_t i = 0; i < CANDLES_MARKS_MAX + 9; i++)
		candles_fill(c.get(), OPEN + i * MIN, 1, 100, USD, (int64_t)(i + 1) * 100, false);
	EXPECT_EQ(c->n_marks, (unsigned)CANDLES_MARKS_MAX);
	EXPECT_EQ(c->marks_left_out, 9u);
}

class Axis : public testing::Test
{
protected:
	std::unique_ptr<struct axis> a{ new struct axis() };

	static void SetUpTestSuite() { ASSERT_EQ(calendar_load(), 0); }

	std::string labels(unsigned max)
	{
		struct axis_tick tick[AXIS_TICKS_MAX];
		std::string out;
		double before = -1;

		axis_settle(a.get());
		for (unsigned i = 0, n = axis_ticks(a.get(), max, tick); i < n; i++) {
			EXPECT_GE(tick[i].x, before);
			EXPECT_LE(tick[i].x, 1);
			before = tick[i].x;
			out += (i ? " " : "") + std::string(tick[i].label);
		}
		return out;
	}
};

TEST_F(Axis, a_session)
{
	axis_cover(a.get(), OPEN, OPEN + 390 * MIN);
	EXPECT_EQ(labels(12), "10:00 11:00 12:00 13:00 14:00 15:00 16:00");
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN), 0);
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN + 39 * MIN), 0.1);
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN + 390 * MIN), 1);
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN - 1), 0);
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN + 999 * MIN), 1);
}

// Two sessions in minutes, out of order and one over the other: the night between them takes no room.
TEST_F(Axis, nights_are_left_out)
{
	for (int day : { 1, 0, 1 })
		for (uint64_t m = 0; m < 390; m++)
			axis_cover(a.get(), OPEN + (uint64_t)day * 24 * HOUR + m * MIN,
				   OPEN + (uint64_t)day * 24 * HOUR + (m + 1) * MIN);
	EXPECT_EQ(labels(8), "10:00 12:00 14:00 16:00 Mar 11, 10:00 12:00 14:00 16:00");
	EXPECT_EQ(a->n, 2u);
	EXPECT_EQ(a->length_ns, 780 * MIN);
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN + 24 * HOUR), 0.5);
	EXPECT_DOUBLE_EQ(axis_x(a.get(), OPEN + 12 * HOUR), 0.5);
}

TEST_F(Axis, many_days_have_dates)
{
	for (uint64_t day = 0; day < 3; day++)
		axis_cover(a.get(), OPEN + day * 24 * HOUR, OPEN + day * 24 * HOUR + 390 * MIN);
	EXPECT_EQ(labels(12), "Mar 10 Mar 11 Mar 12");
	for (uint64_t day = 0; day < 250; day++)
		axis_cover(a.get(), OPEN + day * 24 * HOUR, OPEN + day * 24 * HOUR + 390 * MIN);
	EXPECT_EQ(labels(6), "Mar 10 May 9 Jul 8 Sep 6 Nov 5");
	EXPECT_EQ(a->n, 250u);
}

TEST_F(Axis, runs_without_room_join_the_nearest)
{
	for (uint64_t day = 0; day < AXIS_RUNS_MAX; day++)
		axis_cover(a.get(), OPEN + (day + day / 500) * 24 * HOUR, OPEN + (day + day / 500) * 24 * HOUR + HOUR);
	EXPECT_EQ(a->n, (unsigned)AXIS_RUNS_MAX);
	axis_cover(a.get(), OPEN + 5000 * 24 * HOUR, OPEN + 5000 * 24 * HOUR + HOUR);
	EXPECT_EQ(a->n, (unsigned)AXIS_RUNS_MAX);
}

TEST_F(Axis, scale)
{
	struct axis_scale s = axis_scale_of(0, 10, 0, 0.01, 100, 200);

	EXPECT_DOUBLE_EQ(axis_y(&s, 0), 200);
	EXPECT_DOUBLE_EQ(axis_y(&s, 10), 100);
	EXPECT_DOUBLE_EQ(axis_y(&s, 2.5), 175);
	EXPECT_DOUBLE_EQ(s.step, 2);
	EXPECT_EQ(s.decimals, 0);
	s = axis_scale_of(557.1, 557.9, 0.1, 0.0001, 0, 100);
	EXPECT_DOUBLE_EQ(s.step, 0.2);
	EXPECT_EQ(s.decimals, 1);
	s = axis_scale_of(5, 5, 0.1, 0.01, 0, 100); // flat: still a scale
	EXPECT_DOUBLE_EQ(axis_y(&s, 5), 50);
	EXPECT_DOUBLE_EQ(s.step, 0.01);
	EXPECT_EQ(s.decimals, 2);
}

TEST(Tally, most)
{
	struct tally *t = tally_create();
	std::string longer(TALLY_SYMBOL_BYTES, 'x');

	EXPECT_EQ(tally_most(t), nullptr);
	EXPECT_TRUE(tally_add(t, "QQQ", 300));
	EXPECT_TRUE(tally_add(t, "SPY", 200));
	EXPECT_STREQ(tally_most(t), "QQQ");
	EXPECT_TRUE(tally_add(t, "SPY", 100)); // equal: the first by the alphabet
	EXPECT_STREQ(tally_most(t), "QQQ");
	EXPECT_TRUE(tally_add(t, "QQQ", -1)); // a break
	EXPECT_STREQ(tally_most(t), "SPY");
	EXPECT_EQ(tally_symbols(t), 2u);
	EXPECT_FALSE(tally_add(t, longer.c_str(), 1));
	for (int i = 2; i < TALLY_SYMBOLS_MAX; i++)
		ASSERT_TRUE(tally_add(t, ("S" + std::to_string(i)).c_str(), 1));
	EXPECT_FALSE(tally_add(t, "ONEMORE", 1));
	tally_destroy(t);
}

TEST(Numbers, as_they_are_shown)
{
	char out[PAGE_NUMBER_BYTES];

	ASSERT_EQ(calendar_load(), 0);
	EXPECT_STREQ(page_money(0, out), "0.00");
	EXPECT_STREQ(page_money(1234567890000, out), "1,234,567.89");
	EXPECT_STREQ(page_money(-3600, out), "\xe2\x88\x92" "0.0036");
	EXPECT_STREQ(page_money(INT64_MIN + 1, out), "\xe2\x88\x92" "9,223,372,036,854.775807");
	EXPECT_STREQ(page_count(1000, out), "1,000");
	EXPECT_STREQ(page_count(UINT64_MAX, out), "18,446,744,073,709,551,615");
	EXPECT_STREQ(page_length(0, out), "0 ms");
	EXPECT_STREQ(page_length(50000, out), "0.05 ms");
	EXPECT_STREQ(page_length(2 * NS_PER_S + 5 * NS_PER_MS, out), "2.005 s");
	EXPECT_STREQ(page_length(61 * NS_PER_S, out), "1:01");
	EXPECT_STREQ(page_length(3661 * NS_PER_S, out), "1:01:01");
	EXPECT_STREQ(page_length(26 * HOUR + 3 * MIN, out), "1 d 02:03");
	EXPECT_STREQ(page_time(OPEN, false, out), "09:30:00");
	EXPECT_STREQ(page_time(OPEN + 7 * NS_PER_MS, true, out), "03-10 09:30:00.007");
	EXPECT_STREQ(page_date(DAY + HOUR, out), "2026-03-09"); // in New York
}

} // namespace
