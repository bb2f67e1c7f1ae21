/* SPDX-License-Identifier: BSD-3-Clause */
// The fact log alone: what it says of an interval, by what was known when.
#include <gtest/gtest.h>

#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/model/bar.h"
#include "lcore/model/factlog.h"
}
#pragma GCC diagnostic pop

namespace {

constexpr uint64_t S = NS_PER_S;

struct Log {
	std::vector<fact_entry> mem;
	factlog log;

	explicit Log(uint32_t max = 16) : mem(max) { factlog_init(&log, max, mem.data()); }
	uint32_t ask(uint64_t from_s, uint64_t to_s, uint64_t n) { return factlog_flags(&log, from_s * S, to_s * S, n); }
};

} // namespace

TEST(factlog, a_hole_is_open_for_who_asks_by_an_earlier_number)
{
	Log l;

	factlog_open(&l.log, FACT_GAP, 10 * S, 1);
	factlog_close(&l.log, FACT_GAP, 12 * S + 1, 2);
	EXPECT_EQ(l.ask(20, 21, 0), 0u); // not known yet
	EXPECT_EQ(l.ask(20, 21, 1), (uint32_t)BAR_GAP);
	EXPECT_EQ(l.ask(20, 21, 2), 0u);
	EXPECT_EQ(l.ask(20, 21, 1), (uint32_t)BAR_GAP); // and again, whatever was asked meanwhile
	EXPECT_EQ(l.ask(9, 10, 2), 0u);
	EXPECT_EQ(l.ask(10, 11, 2), (uint32_t)BAR_GAP);
	EXPECT_EQ(l.ask(12, 13, 2), (uint32_t)BAR_GAP);
	EXPECT_EQ(l.ask(13, 14, 2), 0u);
	EXPECT_EQ(l.ask(0, 300, 2), (uint32_t)BAR_GAP);
}

TEST(factlog, silence_and_timers_are_on_what_ends_in_them)
{
	Log l;

	factlog_open(&l.log, FACT_STALE, 10 * S, 1);
	factlog_add(&l.log, FACT_BY_TIMER, 10 * S, 12 * S, 2, 0);
	EXPECT_EQ(l.ask(9, 10, 2), 0u);
	EXPECT_EQ(l.ask(10, 11, 2), (uint32_t)(BAR_STALE | BAR_SEALED_BY_TIMER));
	EXPECT_EQ(l.ask(0, 300, 2), (uint32_t)BAR_STALE); // closes behind the timer, and nobody has spoken yet
	factlog_close(&l.log, FACT_STALE, 0, 3);	     // it spoke, and made nothing due
	EXPECT_EQ(l.ask(10, 11, 3), (uint32_t)BAR_SEALED_BY_TIMER);
	EXPECT_EQ(l.ask(10, 11, 1), (uint32_t)BAR_STALE);
}

TEST(factlog, knowledge_that_starts_inside_is_partial_first)
{
	Log l;

	factlog_add(&l.log, FACT_JOIN, 10 * S + 5, 10 * S + 5, 1, 0);
	EXPECT_EQ(l.ask(10, 11, 1), (uint32_t)BAR_PARTIAL_FIRST);
	EXPECT_EQ(l.ask(0, 300, 1), (uint32_t)BAR_PARTIAL_FIRST);
	EXPECT_EQ(l.ask(11, 12, 1), 0u);
	EXPECT_EQ(l.ask(10, 11, 0), 0u);
}

TEST(factlog, a_trim_changes_no_answer_that_is_still_asked_for)
{
	Log l, whole;

	for (Log *k : { &l, &whole }) {
		uint64_t n = 0;

		for (uint64_t t = 0; t < 3; t++) {
			factlog_add(&k->log, FACT_DOUBT, (10 + t) * S, (10 + t) * S, ++n, (uint32_t)t + 1);
			factlog_open(&k->log, FACT_GAP, (10 + t) * S, ++n);
			factlog_close(&k->log, FACT_GAP, (10 + t) * S + 500, ++n);
		}
		factlog_open(&k->log, FACT_STALE, 13 * S, ++n);
	}
	EXPECT_GT(factlog_trim(&l.log, 12 * S), 0u);
	EXPECT_LT(l.log.n, whole.log.n);
	for (uint64_t from = 12; from < 20; from++)
		for (uint64_t len : { 1, 5, 15, 300 }) {
			EXPECT_EQ(l.ask(from, from + len, 10), whole.ask(from, from + len, 10));
			EXPECT_EQ(factlog_gen(&l.log, (from + len) * S, 10), factlog_gen(&whole.log, (from + len) * S, 10));
		}
	EXPECT_EQ(factlog_gen(&l.log, 13 * S, 10), 3u);
	EXPECT_EQ(factlog_gen(&whole.log, 12 * S, 10), 2u);
	EXPECT_EQ(factlog_gen(&whole.log, 13 * S, 3), 1u); // the others were not known then
}

// Merged, a log says no less than before.
TEST(factlog, a_full_log_widens_and_forgets_nothing)
{
	Log l(64), whole(64);

	for (Log *k : { &l, &whole })
		for (uint64_t n = 1; k->log.n < 64; n += 2) {
			factlog_open(&k->log, FACT_GAP, n * 10 * S, n);
			factlog_close(&k->log, FACT_GAP, (n * 10 + 1) * S, n + 1);
			if (k->log.n < 64)
				factlog_add(&k->log, FACT_DOUBT, n * 10 * S, n * 10 * S, n + 1, (uint32_t)n);
		}
	EXPECT_TRUE(factlog_full(&l.log));
	uint32_t gone = factlog_merge(&l.log);
	EXPECT_GT(gone, 10u);
	EXPECT_EQ(l.log.n + gone, 64u);
	for (uint64_t n = 1; n < 66; n++)
		for (uint64_t from = 0; from < 700; from += 5) {
			uint32_t was = whole.ask(from, from + 5, n);

			EXPECT_EQ(l.ask(from, from + 5, n) & was, was) << from << " by " << n;
			EXPECT_GE(factlog_gen(&l.log, from * S, n), factlog_gen(&whole.log, from * S, n));
		}
}

TEST(duelog, says_by_which_number_a_second_came_due)
{
	duelog d = {};

	for (uint32_t sec = 1; sec <= 10; sec++)
		duelog_add(&d, sec, sec < 5 ? 7 : 9);
	EXPECT_EQ(d.n, 2u);
	EXPECT_EQ(duelog_number(&d, 4), 7u);
	EXPECT_EQ(duelog_number(&d, 5), 9u);
	EXPECT_EQ(duelog_number(&d, 11), 0u);
	duelog_trim(&d, 3);
	EXPECT_EQ(duelog_number(&d, 4), 7u);
	duelog_trim(&d, 4);
	EXPECT_EQ(d.n, 1u);
	duelog_trim(&d, 10);
	EXPECT_EQ(duelog_number(&d, 10), 9u);
	for (uint64_t n = 10; !duelog_full(&d, n); n++)
		duelog_add(&d, (uint32_t)n + 1, n);
	EXPECT_EQ(d.n, (uint32_t)DUELOG_MAX);
}
