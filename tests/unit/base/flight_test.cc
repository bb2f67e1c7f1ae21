/* SPDX-License-Identifier: BSD-3-Clause */
// The flight recorder: what is slow is kept with what was before and after it, as differences; the longest one stays.
#include <gtest/gtest.h>

#include <map>
#include <memory>

extern "C" {
#include "lcore/base/flight.h"
}

namespace {

enum { LIMIT = 100 };

struct Recorder {
	std::unique_ptr<flight> f = std::make_unique<flight>();
	uint64_t now = 1000, total[FLIGHT_DID] = {};

	Recorder()
	{
		f->threshold_tsc = LIMIT;
		flight_reset(f.get());
	}
	void step(uint64_t took, uint64_t frames = 1, flight_kind kind = FLIGHT_POLL)
	{
		total[FLIGHT_frames] += frames;
		total[FLIGHT_idle] += 10;
		flight_take(f.get(), kind, now, now + took, uint32_t(frames), total);
		now += took + 1000;
	}
	std::map<uint64_t, flight_record> kept()
	{
		std::map<uint64_t, flight_record> out;
		flight_record r;

		for (unsigned i = 0; i < FLIGHT_RECORDS; i++)
			if (flight_read(f.get(), i, &r))
				out[r.number] = r;
		return out;
	}
};

} // namespace

TEST(flight, what_is_quick_is_not_kept)
{
	Recorder r;

	for (int i = 0; i < 1000; i++)
		r.step(LIMIT);
	EXPECT_EQ(r.f->slow, 0u);
	EXPECT_TRUE(r.kept().empty());
}

TEST(flight, a_slow_poll_is_kept_among_those_around_it)
{
	Recorder r;

	for (uint64_t i = 1; i <= 20; i++)
		r.step(i == 10 ? LIMIT + 1 : 5, i);
	auto kept = r.kept();
	ASSERT_EQ(kept.size(), 1u);
	const flight_record &k = kept[1];

	EXPECT_EQ(r.f->slow, 1u);
	ASSERT_EQ(k.n_steps, unsigned(FLIGHT_STEPS));
	EXPECT_EQ(k.at, unsigned(FLIGHT_BEFORE));
	EXPECT_EQ(k.longest_tsc, LIMIT + 1u);
	for (unsigned i = 0; i < k.n_steps; i++) {
		EXPECT_EQ(k.step[i].did[FLIGHT_frames], 10 - FLIGHT_BEFORE + i) << "what the step did itself";
		EXPECT_EQ(k.step[i].work, 10 - FLIGHT_BEFORE + i);
		EXPECT_EQ(k.step[i].did[FLIGHT_idle], 10u);
		EXPECT_EQ(k.step[i].slow, i == k.at);
		EXPECT_TRUE(!i || k.step[i].from_tsc == k.step[i - 1].to_tsc + 1000);
	}
}

TEST(flight, the_first_steps_have_fewer_before_them)
{
	for (unsigned first = 0; first < FLIGHT_BEFORE + 2; first++) {
		Recorder r;

		for (unsigned i = 0; i < first; i++)
			r.step(1, 7);
		r.step(LIMIT + 1, 3, FLIGHT_TICK);
		auto kept = r.kept();
		ASSERT_EQ(kept.size(), 1u);
		const flight_record &k = kept[1];

		EXPECT_EQ(k.at, first < FLIGHT_BEFORE ? first : unsigned(FLIGHT_BEFORE));
		EXPECT_EQ(k.n_steps, k.at + 1) << "what comes after it has not come";
		EXPECT_EQ(k.step[k.at].did[FLIGHT_frames], 3u);
		EXPECT_EQ(k.step[k.at].kind, FLIGHT_TICK);
		for (unsigned i = 0; i < k.at; i++)
			EXPECT_EQ(k.step[i].did[FLIGHT_frames], 7u);
		r.step(1, 9);
		EXPECT_EQ(r.kept()[1].n_steps, k.at + 2);
	}
}

TEST(flight, each_slow_step_of_a_row_is_in_a_record)
{
	Recorder r;
	const unsigned n = (FLIGHT_AFTER + 1) * 5;
	unsigned seen = 0;

	for (unsigned i = 0; i < n; i++)
		r.step(LIMIT + 1 + i, i + 1);
	EXPECT_EQ(r.f->slow, n);
	auto kept = r.kept();
	EXPECT_EQ(kept.size(), 5u);
	for (auto &[number, k] : kept)
		for (unsigned i = k.at; i < k.n_steps; i++, seen++) {
			EXPECT_TRUE(k.step[i].slow);
			EXPECT_EQ(k.step[i].did[FLIGHT_frames], number + i - k.at);
		}
	EXPECT_EQ(seen, n);
	EXPECT_EQ(kept[1].longest_tsc, LIMIT + 1u + FLIGHT_AFTER);
}

TEST(flight, the_longest_stays_and_otherwise_the_newest)
{
	Recorder r;

	for (unsigned i = 1; i <= 1000; i++) {
		r.step(i == 37 ? 100 * LIMIT : LIMIT + 1);
		for (int k = 0; k < FLIGHT_AFTER; k++)
			r.step(1);
		auto kept = r.kept();
		unsigned want = i < FLIGHT_RECORDS ? i : unsigned(FLIGHT_RECORDS);

		ASSERT_EQ(kept.size(), want);
		ASSERT_TRUE(i < 37 || kept.count(37)) << i;
		// The others are the newest.
		unsigned newest = i < FLIGHT_RECORDS ? i : unsigned(FLIGHT_RECORDS) - 1;
		for (unsigned k = 0; k < newest; k++)
			ASSERT_TRUE(kept.count(i - k)) << i << " " << k;
	}
}

TEST(flight, nothing_is_kept_without_a_threshold_and_a_reset_forgets)
{
	Recorder r;

	r.step(LIMIT + 1);
	flight_reset(r.f.get());
	EXPECT_EQ(r.f->slow, 0u);
	EXPECT_EQ(r.f->threshold_tsc, uint64_t(LIMIT));
	EXPECT_TRUE(r.kept().empty());
	r.f->threshold_tsc = UINT64_MAX;
	r.step(UINT64_C(1) << 40);
	EXPECT_EQ(r.f->slow, 0u);
}

TEST(flight, a_record_that_is_being_written_is_not_read)
{
	Recorder r;
	flight_record out;

	r.step(LIMIT + 1);
	ASSERT_TRUE(flight_read(r.f.get(), 0, &out));
	r.f->record[0].seq++;
	EXPECT_FALSE(flight_read(r.f.get(), 0, &out));
}
