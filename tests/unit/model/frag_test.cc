/* SPDX-License-Identifier: BSD-3-Clause */
// Fragments: whatever way prints are grouped, merging gives the same.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/base/event.h"
#include "lcore/model/bar.h"
#include "lcore/model/frag.h"
}
#pragma GCC diagnostic pop

namespace {

std::vector<struct frag_print> prints(unsigned seed, size_t n)
{
	std::mt19937_64 rng(seed);
	std::vector<struct frag_print> out(n);
	uint64_t ts = 1000;

	for (size_t i = 0; i < n; i++) {
		struct frag_print &p = out[i];

		p = {};
		ts += rng() % 3;
		p.ts_ns = ts - (rng() % 8 == 0 ? rng() % 5 : 0);
		p.pos = i;
		p.price = 10000000 + (int64_t)(rng() % 50) * 10000;
		p.qty = 1 + (uint32_t)(rng() % 500);
		p.use = (uint8_t)(rng() % 5 < 3 ? FRAG_FULL : rng() % 2 ? FRAG_HL_ONLY : FRAG_VOLUME_ONLY);
		p.side = (uint8_t)(rng() % 3);
		p.sign = p.side == SIDE_NONE ? FRAG_UNSIGNED : rng() % 2 ? FRAG_EXACT : FRAG_INFERRED;
		p.auction = rng() % 20 == 0, p.odd_lot = p.qty < 100, p.trade_through = rng() % 20 == 0;
	}
	return out;
}

frag sum(const std::vector<struct frag_print> &p, size_t from, size_t to)
{
	frag f;

	frag_clear(&f, 1);
	for (size_t i = from; i < to; i++)
		frag_print(&f, &p[i]);
	return f;
}

::testing::AssertionResult same(const frag &a, const frag &b)
{
	if (!memcmp(&a, &b, sizeof a))
		return ::testing::AssertionSuccess();
	return ::testing::AssertionFailure() << "open " << a.open << " " << b.open << " close " << a.close << " " << b.close
					     << " volume " << a.volume << " " << b.volume;
}

} // namespace

TEST(frag, joining_is_associative_and_independent_of_the_cut)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		auto p = prints(seed, 60);
		frag whole = sum(p, 0, p.size());
		size_t i = seed % 60, j = i + (60 - i) / 2;
		frag a = sum(p, 0, i), b = sum(p, i, j), c = sum(p, j, 60), left = a, right = b, turned = c;

		frag_join(&left, &b), frag_join(&left, &c); // (a b) c
		frag_join(&right, &c);
		frag tail = a;
		frag_join(&tail, &right); // a (b c)
		EXPECT_TRUE(same(left, whole)) << seed;
		EXPECT_TRUE(same(tail, whole)) << seed;
		frag_join(&turned, &a), frag_join(&turned, &b); // positions decide, not the order of joining
		EXPECT_TRUE(same(turned, whole)) << seed;
	}
}

TEST(frag, blending_venues_is_associative)
{
	for (unsigned seed = 1; seed <= 50; seed++) {
		frag v[3];

		for (unsigned k = 0; k < 3; k++) {
			auto p = prints(seed * 3 + k, 1 + (seed + k) % 9);
			v[k] = sum(p, 0, p.size());
		}
		frag left = v[0], right = v[1], tail = v[0];

		frag_blend(&left, &v[1]), frag_blend(&left, &v[2]);
		frag_blend(&right, &v[2]);
		frag_blend(&tail, &right);
		EXPECT_TRUE(same(left, tail)) << seed;
	}
}

// Spans and venues combine in either order of work: join each venue's seconds, then blend.
TEST(frag, the_earlier_print_of_two_venues_opens)
{
	auto one = [](uint64_t ts, int64_t price) {
		struct frag_print p = {};
		frag f;

		p.ts_ns = ts, p.price = price, p.qty = 1, p.use = FRAG_FULL;
		frag_clear(&f, 0);
		frag_print(&f, &p);
		return f;
	};
	frag a = one(5, 10), b = one(4, 20);

	frag_blend(&a, &b);
	EXPECT_EQ(a.open, 20);
	EXPECT_EQ(a.close, 10);
	a = one(5, 10), b = one(5, 20);
	frag_blend(&a, &b);
	EXPECT_EQ(a.open, 10); // same time: the lower rank is the earlier
	EXPECT_EQ(a.close, 20);
}

TEST(frag, eligibility)
{
	struct frag_print p = {};
	frag f;

	frag_clear(&f, 0);
	p.qty = 10, p.price = 100, p.use = FRAG_VOLUME_ONLY;
	frag_print(&f, &p);
	EXPECT_EQ(f.high, PX_NULL);
	EXPECT_EQ(f.volume, 10u);
	EXPECT_EQ(f.eligible, 0u);
	p.use = FRAG_HL_ONLY;
	frag_print(&f, &p);
	EXPECT_EQ(f.high, 100);
	EXPECT_EQ(f.low, 100);
	EXPECT_EQ(f.open, PX_NULL);
	p.use = FRAG_FULL, p.price = 90;
	frag_print(&f, &p);
	EXPECT_EQ(f.open, 90);
	EXPECT_EQ(f.high, 100);
	EXPECT_EQ(f.notional, 900u);
}

TEST(frag, notional_holds_what_64_bits_do_not)
{
	struct frag_print p = {};
	frag f;

	frag_clear(&f, 0);
	p.price = INT64_C(10000000) * PX_ONE, p.qty = UINT32_MAX, p.use = FRAG_FULL;
	for (int i = 0; i < 1000; i++)
		frag_print(&f, &p);
	EXPECT_EQ(f.notional, (unsigned __int128)(uint64_t)p.price * UINT32_MAX * 1000);
}

TEST(frag, unprint_takes_back_what_print_added)
{
	auto p = prints(9, 40);
	frag all = sum(p, 0, 40), less = sum(p, 0, 39);

	frag_unprint(&all, &p[39]);
	EXPECT_EQ(all.trades, less.trades);
#define SUM(type, name, adds)  EXPECT_TRUE(all.name == less.name) << #name;
#define PART(type, name, adds) EXPECT_TRUE(all.name == less.name) << #name;
#include "lcore/model/sums.def"
}

// What was sealed is not cleared: the next one that is joined in takes its place.
TEST(frag, joining_into_what_is_not_touched_is_taking_it_over)
{
	auto p = prints(5, 20);
	frag old = sum(p, 0, 7), empty, next = sum(p, 7, 20);

	old.touched = 0;
	frag_clear(&empty, 1);
	frag_join(&old, &next), frag_join(&empty, &next);
	EXPECT_TRUE(same(old, next));
	EXPECT_TRUE(same(empty, next));
	EXPECT_EQ(empty.sec, 1u);
}

// A second of quotes alone leaves as it is what prints brought to one before it, and nobody sees that.
TEST(frag, without_a_print_nothing_of_prints_is_there)
{
	auto p = prints(5, 20);

	for (auto merge : { frag_join, frag_blend }) {
		frag quotes = sum(p, 0, 7), next = sum(p, 7, 20), want = next, into = next, taken;

		quotes.auction_volume = 1;
		frag_clear(&quotes, 1);
		quotes.touched = FRAG_NEWS, quotes.ofi = want.ofi = 5;
		EXPECT_EQ(frag_flags(&quotes), 0u);
		merge(&into, &quotes);
		EXPECT_TRUE(same(into, want));
		frag_copy(&taken, &quotes);
		merge(&taken, &next);
		EXPECT_TRUE(same(taken, want));
		merge(&quotes, &next);
		EXPECT_TRUE(same(quotes, want));
	}
}
