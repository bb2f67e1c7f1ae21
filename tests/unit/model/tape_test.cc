/* SPDX-License-Identifier: BSD-3-Clause */
// The ring of remembered prints: what is found, what is added up, and when it says that it cannot tell.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/model_kit.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
extern "C" {
#include "lcore/model/tape.h"
}
#pragma GCC diagnostic pop

namespace {

struct Ring {
	Memory mem = memory(tape_bytes(1024, 8));
	tape t;

	Ring() { tape_init(&t, 1024, 8, mem.get()); }
	print *add(uint64_t key, uint32_t instr, double s, int64_t price = 10, uint32_t qty = 1, uint32_t strand = 0)
	{
		struct frag_print p = {};

		p.ts_ns = (uint64_t)(s * 1e9), p.pos = t.n, p.price = price, p.qty = qty;
		return tape_add(&t, key, instr, strand, (uint8_t)strand, &p);
	}
	print_sum sum(uint32_t instr, double from, double to, uint32_t strand = UINT32_MAX, const print *skip = nullptr)
	{
		print_sum out;

		tape_sum(&t, instr, (uint64_t)(from * 1e9), (uint64_t)(to * 1e9), 0, strand, skip, &out);
		return out;
	}
	print *find(uint64_t key, uint32_t strand)
	{
		return tape_find(&t, key, [](const void *ctx, uint32_t l) { return l == *(const uint32_t *)ctx; }, &strand);
	}
};

} // namespace

TEST(tape, finds_the_newest_of_a_key_on_its_channel)
{
	Ring r;

	r.add(5, 0, 1000, 10), r.add(5, 1, 1000, 20, 1, 1), r.add(6, 0, 1000), r.add(5, 0, 1001, 30);
	EXPECT_EQ(r.find(5, 0)->p.price, 30);
	EXPECT_EQ(r.find(5, 1)->p.price, 20);
	EXPECT_EQ(r.find(7, 0), nullptr);
	for (int i = 0; i < 1024; i++)
		r.add(1000 + (uint64_t)i, 2, 1002);
	EXPECT_EQ(r.find(5, 0), nullptr); // fallen out
}

TEST(tape, adds_up_an_interval_of_one_instrument)
{
	Ring r;

	for (int i = 0; i < 50; i++)
		r.add((uint64_t)i, (uint32_t)i % 2, 1000 + i * 0.1, 100 + i, 10);
	print_sum s = r.sum(0, 1002, 1003);

	EXPECT_TRUE(s.whole);
	EXPECT_EQ(s.frag.trades, 5u);
	EXPECT_EQ(s.frag.open, 120);
	EXPECT_EQ(s.frag.close, 128);
	EXPECT_EQ(r.sum(0, 1000, 1005).frag.trades, 25u);
	EXPECT_EQ(r.sum(3, 1000, 1005).frag.trades, 0u);
	EXPECT_TRUE(r.sum(3, 1000, 1005).whole); // it never printed
	print *p = r.find(22, 0);
	EXPECT_EQ(r.sum(0, 1002, 1003, UINT32_MAX, p).frag.trades, 4u);
	p->broken = true;
	EXPECT_EQ(r.sum(0, 1002, 1003).frag.trades, 4u);
	r.find(24, 0)->waiting = true;
	EXPECT_EQ(r.sum(0, 1002, 1003).frag.trades, 3u);
	EXPECT_EQ(r.sum(0, 1002, 1003, 1).frag.trades, 0u); // of another strand
}

TEST(tape, says_when_an_interval_is_not_whole)
{
	Ring r;

	r.add(1, 0, 1000);
	EXPECT_TRUE(r.sum(0, 1000, 1001).whole);
	for (int i = 0; i < 500; i++)
		r.add(2, 1, 1000.5);
	EXPECT_TRUE(r.sum(0, 1000, 1001).whole);
	for (int i = 0; i < 600; i++)
		r.add(2, 1, 1000.6);
	EXPECT_FALSE(r.sum(0, 1000, 1001).whole); // its print has fallen out
	EXPECT_FALSE(r.sum(1, 1000, 1001).whole); // so have some of these
	r.add(3, 1, 1200);
	r.add(4, 1, 1201);
	EXPECT_TRUE(r.sum(1, 1201, 1202).whole);
	EXPECT_EQ(r.sum(1, 1201, 1202).frag.trades, 1u);
}

// Random seconds, some going back, against a plain sum; long runs of one second are stepped over, not lost.
TEST(tape, agrees_with_a_plain_sum)
{
	std::mt19937 rng(4);
	Ring r;
	struct Plain { uint32_t instr; uint64_t sec; uint32_t qty; };
	std::vector<Plain> all;
	uint64_t sec = 1000;

	for (int i = 0; i < 1000; i++) {
		sec += rng() % 20 == 0 ? rng() % 10 : 0;
		uint64_t s = rng() % 10 ? sec : sec - rng() % 5;
		uint32_t instr = rng() % 3, qty = 1 + rng() % 100;

		r.add((uint64_t)i, instr, (double)s + 0.25, 10, qty);
		all.push_back({ instr, s, qty });
	}
	for (int i = 0; i < 500; i++) {
		uint64_t from = 1000 + rng() % (sec - 1000), to = from + 1 + rng() % 30;
		uint32_t instr = rng() % 3;
		uint64_t want = 0;

		for (auto &p : all)
			want += p.instr == instr && p.sec >= from && p.sec < to ? p.qty : 0;
		print_sum s = r.sum(instr, (double)from, (double)to);
		EXPECT_TRUE(s.whole);
		EXPECT_EQ(s.frag.volume, want) << from << " " << to;
	}
}
