/* SPDX-License-Identifier: BSD-3-Clause */
// Full links: the list answers for each link and stream, and what a consumer is behind follows from counts alone.
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <string>

extern "C" {
#include "lcore/stage/pressure.h"
}

namespace {

pressure of(conf_stage from, conf_stage to) { return pressure_of(from, to); }
bool has(uint32_t set, link_stream s) { return pressure_has(set, s); }

const conf_stage every[] = { CONF_STAGE_INGEST, CONF_STAGE_SIGNAL, CONF_STAGE_TELEMETRY, CONF_STAGE_EXPORT, CONF_STAGE_GATEWAY };

} // namespace

TEST(pressure, an_end_waits_and_a_mark_is_never_a_loss)
{
	for (conf_stage from : every)
		for (conf_stage to : every) {
			pressure p = of(from, to);

			bool rows = from == CONF_STAGE_INGEST && to == CONF_STAGE_SIGNAL; // a desk that is not told stays deaf

			EXPECT_EQ(p.waits, 1u << LINK_END | (rows ? 1u << LINK_LIVE : 0));
			EXPECT_EQ(p.conflates, 1u << LINK_MARK | 1u << LINK_ECHO);
			EXPECT_FALSE(p.sheds & p.reduces) << "what trading needs is not shed early";
			EXPECT_FALSE((p.waits | p.conflates) & p.reduces);
			EXPECT_FALSE(p.sheds & (p.waits | p.conflates));
		}
}

TEST(pressure, what_trading_decides_by_makes_it_reduce)
{
	const struct {
		conf_stage from, to;
		link_stream stream;
	} needed[] = {
		{ CONF_STAGE_INGEST, CONF_STAGE_SIGNAL, LINK_NEW_BAR },  { CONF_STAGE_INGEST, CONF_STAGE_SIGNAL, LINK_SWEEP },
		{ CONF_STAGE_INGEST, CONF_STAGE_SIGNAL, LINK_TOUCH },    { CONF_STAGE_INGEST, CONF_STAGE_SIGNAL, LINK_ORDER },
		{ CONF_STAGE_INGEST, CONF_STAGE_INGEST, LINK_RELAY },    { CONF_STAGE_SIGNAL, CONF_STAGE_INGEST, LINK_REQUEST },
		{ CONF_STAGE_SIGNAL, CONF_STAGE_TELEMETRY, LINK_TOUCH }, { CONF_STAGE_SIGNAL, CONF_STAGE_TELEMETRY, LINK_HOLDING },
		{ CONF_STAGE_SIGNAL, CONF_STAGE_EXPORT, LINK_FILL },     { CONF_STAGE_TELEMETRY, CONF_STAGE_SIGNAL, LINK_EXIT },
	};

	for (auto &n : needed)
		EXPECT_TRUE(has(of(n.from, n.to).reduces, n.stream)) << streams_name[n.stream];
	EXPECT_FALSE(has(of(CONF_STAGE_INGEST, CONF_STAGE_TELEMETRY).reduces, LINK_NEW_BAR)) << "a display decides nothing";
	EXPECT_FALSE(has(of(CONF_STAGE_INGEST, CONF_STAGE_EXPORT).reduces, LINK_NEW_BAR));
	EXPECT_TRUE(has(of(CONF_STAGE_INGEST, CONF_STAGE_TELEMETRY).sheds, LINK_NEW_BAR));
	EXPECT_FALSE(has(of(CONF_STAGE_INGEST, CONF_STAGE_EXPORT).sheds, LINK_NEW_BAR)) << "a file wants all of them";
	EXPECT_EQ(of(CONF_STAGE_INGEST, CONF_STAGE_GATEWAY).reduces, 0u) << "another program decides nothing here";
	EXPECT_FALSE(has(of(CONF_STAGE_SIGNAL, CONF_STAGE_GATEWAY).sheds, LINK_FIRE));
	// A stream that nobody thought of is held to be needed.
	EXPECT_TRUE(has(of(CONF_STAGE_EXPORT, CONF_STAGE_EXPORT).reduces, LINK_NEW_BAR));
}

TEST(pressure, the_page_has_a_row_for_each_rule)
{
	char *text = nullptr;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	pressure_doc(f);
	fclose(f);
	std::string page(text, n);
	free(text);
	EXPECT_NE(page.find("| ingest | signal | new_bar | refused: lost | reduce | gates judge without the row |"), page.npos);
	EXPECT_NE(page.find("| any | any | end | waits |  |"), page.npos);
	EXPECT_NE(page.find("| any | any | any | refused: lost | reduce |"), page.npos);
}

TEST(pressure_age, an_empty_link_is_not_behind)
{
	pressure_age a = {};

	EXPECT_EQ(pressure_age_look(&a, 1000, 0, 0), 0u);
	EXPECT_EQ(pressure_age_look(&a, 2000, 500, 500), 0u);
	EXPECT_EQ(pressure_age_look(&a, 9000, 501, 500), 0u) << "it may have come just now, however long it was quiet";
	EXPECT_EQ(pressure_age_look(&a, 9500, 501, 500), 500u);
	EXPECT_EQ(pressure_age_look(&a, 9600, 501, 501), 0u);
	EXPECT_EQ(a.n, 0u);
}

TEST(pressure_age, a_stuck_consumer_is_behind_since_then_also_when_its_producer_is_quiet)
{
	pressure_age a = {};

	EXPECT_EQ(pressure_age_look(&a, 0, 100, 90), 0u);
	for (uint64_t t = 1; t <= 1000; t++)
		EXPECT_EQ(pressure_age_look(&a, t, 100 + (t < 500 ? t : 500), 90), t);
	EXPECT_LE(a.n, unsigned(PRESSURE_SAMPLES));
	EXPECT_EQ(pressure_age_look(&a, 1001, 600, 600), 0u);
}

// Against a queue that remembers each element's time.
TEST(pressure_age, is_never_too_much_and_not_much_too_little)
{
	srand(7);
	for (int round = 0; round < 200; round++) {
		pressure_age a = {};
		std::deque<uint64_t> times;
		uint64_t pushed = 0, popped = 0, now = 0, before = 0;

		for (int look = 0; look < 400; look++) {
			unsigned in = rand() % 5, out = rand() % (round % 7 + 1);

			before = now;
			now += 1 + rand() % 10;
			for (unsigned i = 0; i < in; i++, pushed++)
				times.push_back(before + 1 + (now - before - 1) * i / in);
			for (unsigned i = 0; i < out && !times.empty(); i++, popped++)
				times.pop_front();
			uint64_t is = pressure_age_look(&a, now, pushed, popped);
			uint64_t want = times.empty() ? 0 : now - times.front();

			ASSERT_LE(is, want);
			// A look is at most 10 after the one before; thinned samples are half as exact as the age is long.
			ASSERT_GE(is + 10 + want / 2, want) << "round " << round << " look " << look;
		}
	}
}
