/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

extern "C" {
#include "lcore/base/rhythm.h"
}

namespace {

constexpr uint64_t MS = NS_PER_MS, S = NS_PER_S;

void come(rhythm &r, uint64_t from_s, unsigned seconds, uint64_t at_ns)
{
	for (uint64_t s = from_s; s < from_s + seconds; s++)
		rhythm_came(&r, s * S + at_ns);
}

} // namespace

TEST(Rhythm, WithoutOneItSleepsAsLongAsItMay)
{
	rhythm r = {};

	EXPECT_EQ(rhythm_sleep(&r, 5 * S + 1, MS), MS);
	EXPECT_EQ(rhythm_sleep(&r, 5 * S + 1, 10 * MS), 10 * MS);
}

TEST(Rhythm, TheMillisecondAndThoseBesideItAreExpected)
{
	rhythm r = {};

	come(r, 100, RHYTHM_OFTEN, 250 * MS + 300);
	const uint64_t next = (100 + RHYTHM_OFTEN) * S;

	EXPECT_EQ(rhythm_sleep(&r, next + 248 * MS, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, next + 249 * MS - 400, MS), 400u); // up to the one before it
	EXPECT_EQ(rhythm_sleep(&r, next + 249 * MS, MS), 0u);
	EXPECT_EQ(rhythm_sleep(&r, next + 250 * MS, MS), 0u);
	EXPECT_EQ(rhythm_sleep(&r, next + 251 * MS + 999999, MS), 0u);
	EXPECT_EQ(rhythm_sleep(&r, next + 252 * MS, MS), RHYTHM_MORE_NS);
}

// Once is enough for short sleeps, which are short for what is late by a tick of the kernel, too.
TEST(Rhythm, NearWhatCameItSleepsShortly)
{
	rhythm r = {};
	const uint64_t at = 250 * MS, reach = RHYTHM_BESIDE * MS;

	rhythm_came(&r, 100 * S + at);
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at - reach - 1, MS), 1u); // up to the first of them
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at - 20 * MS, 30 * MS), 16 * MS);
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at - reach, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at, 1000), 1000u);
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at + reach + MS - 1, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, 101 * S + at + reach + MS, MS), MS);
	EXPECT_EQ(rhythm_sleep(&r, (100 + RHYTHM_SECONDS) * S + at, MS), MS); // forgotten
}

TEST(Rhythm, TwiceIsNoRhythm)
{
	rhythm r = {};

	come(r, 100, RHYTHM_OFTEN - 1, 250 * MS);
	EXPECT_NE(rhythm_sleep(&r, (99 + RHYTHM_OFTEN) * S + 250 * MS, MS), 0u);
}

TEST(Rhythm, WhatHasComeIsNotAwaitedAgain)
{
	rhythm r = {};

	come(r, 100, 5, 250 * MS);
	EXPECT_EQ(rhythm_sleep(&r, 105 * S + 250 * MS, MS), 0u);
	rhythm_came(&r, 105 * S + 250 * MS + 10);
	EXPECT_EQ(rhythm_sleep(&r, 105 * S + 250 * MS + 20, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, 105 * S + 250 * MS + 20, 1000), 1000u);
	EXPECT_EQ(rhythm_sleep(&r, 105 * S + 251 * MS, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, 106 * S + 250 * MS, MS), 0u);
}

// Who makes rows may be late by more than RHYTHM_BESIDE: short sleeps until they have come, for a while.
TEST(Rhythm, WhatIsLateIsAwaitedForAWhile)
{
	rhythm r = {};
	const uint64_t at = 250 * MS, late = 106 * S + at + 40 * MS;

	come(r, 100, 5, at);
	rhythm_came(&r, 105 * S + at);
	EXPECT_EQ(rhythm_sleep(&r, 105 * S + at + 40 * MS, MS), MS); // it has come
	EXPECT_EQ(rhythm_sleep(&r, late, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, late, 1000), 1000u);
	EXPECT_EQ(rhythm_sleep(&r, 106 * S + at + (RHYTHM_LATE + 3) * MS, MS), MS); // it is not coming
	rhythm_came(&r, late);
	EXPECT_EQ(rhythm_sleep(&r, late + 10 * MS, MS), MS);
}

// Rows of the end of a second that are late are so in the next one.
TEST(Rhythm, WhatIsLateMayBeOfTheSecondBefore)
{
	rhythm r = {};

	come(r, 100, 6, 990 * MS);
	EXPECT_EQ(rhythm_sleep(&r, 106 * S + 20 * MS, MS), MS);
	EXPECT_EQ(rhythm_sleep(&r, 107 * S + 20 * MS, MS), RHYTHM_MORE_NS);
	EXPECT_EQ(rhythm_sleep(&r, 107 * S + 200 * MS, MS), MS);
}

TEST(Rhythm, IsForgottenWhenItEnds)
{
	rhythm r = {};

	come(r, 100, 20, 0);
	EXPECT_EQ(rhythm_sleep(&r, 119 * S + 999 * MS, MS), 0u); // the one before it is in another second
	EXPECT_EQ(rhythm_sleep(&r, 120 * S, MS), 0u);
	EXPECT_EQ(rhythm_sleep(&r, 120 * S + RHYTHM_SECONDS * S, MS), MS);
	come(r, 200, 20, 0);
	EXPECT_EQ(rhythm_sleep(&r, 1000 * S, MS), MS);
	come(r, 10, 2, 0); // a clock that was set back
	EXPECT_EQ(rhythm_sleep(&r, 12 * S, MS), RHYTHM_MORE_NS);
}

// However much comes at whatever moments, it is awake for so long and no longer.
// What is handed over just before a second ends may be taken, and told, after it.
TEST(Rhythm, TheSecondBeforeIsNoOtherClock)
{
	rhythm r = {};

	come(r, 100, RHYTHM_SECONDS, 250 * MS);
	rhythm_sleep(&r, 108 * S, MS);
	rhythm_came(&r, 108 * S - 20000);
	EXPECT_EQ(rhythm_sleep(&r, 108 * S + 250 * MS, MS), 0u);
	rhythm_came(&r, 50 * S); // but this is
	EXPECT_EQ(rhythm_sleep(&r, 51 * S + 250 * MS, MS), MS);
}

TEST(Rhythm, ItIsAwakeForAPartOfTheSecondOnly)
{
	rhythm r = {};
	unsigned awake = 0, near = 0;

	for (uint64_t s = 0; s < 20; s++)
		for (uint64_t ms = 0; ms < 1000; ms++)
			if (ms % 2 || s % 2)
				rhythm_came(&r, s * S + ms * MS);
	for (uint64_t ms = 0; ms < 1000; ms++) {
		const uint64_t ns = rhythm_sleep(&r, 20 * S + ms * MS, MS / 2);

		awake += ns == 0;
		near += ns == RHYTHM_MORE_NS;
	}
	EXPECT_EQ(awake, (unsigned)RHYTHM_AWAKE);
	EXPECT_GE(near, (unsigned)(RHYTHM_NEAR - RHYTHM_AWAKE));
	EXPECT_LE(near, (unsigned)(RHYTHM_NEAR - RHYTHM_AWAKE + RHYTHM_LATE)); // nothing has come in this second
}
