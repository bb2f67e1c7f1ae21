/* SPDX-License-Identifier: BSD-3-Clause */
// The hash of what an engine knows: the same however the events were cut, another one when anything differs.
#include "tests/unit/engine_script.h"

extern "C" {
#include "lcore/model/engine_hash.h"
}

using namespace kit;

namespace {

uint64_t hash_of(const Script &s, size_t events, size_t cut, unsigned budget)
{
	Engine k;

	k.run(s, 0, events, cut, budget);
	while (engine_seal(&k.e, 1000))
		;
	return engine_hash(&k.e);
}

Script plain()
{
	Script s = Script::of({ NASDAQ, IEX });

	s.order(EV_ADD, 0, 0, 1, 1, SIDE_BUY, 10, 300).flags = EVF_CLOCK;
	s.order(EV_ADD, 0, 0, 1.1, 2, SIDE_SELL, 10.05, 200).flags = EVF_CLOCK;
	s.level(1, 0, 1.2, SIDE_BUY, 9.99, 100, 0);
	s.trade(0, 0, 2, 10.01, 100, 0, 1);
	s.clock(0, 8);
	s.clock(1, 8);
	s.trade(0, 0, 8.5, 10.02, 50, 0, 2);
	return s;
}

} // namespace

class hash : public testing::TestWithParam<unsigned> {};

TEST_P(hash, any_cut_and_budget_have_the_same)
{
	Script s = random_script(GetParam());

	uint64_t before = 0;

	for (size_t events : { s.ev.size() / 3, s.ev.size() / 2, s.ev.size() }) {
		uint64_t want = hash_of(s, events, 1, 1000);

		EXPECT_EQ(want, hash_of(s, events, 1, 0)) << events;
		EXPECT_EQ(want, hash_of(s, events, 7, 1)) << events;
		EXPECT_EQ(want, hash_of(s, events, 1000, 1000)) << events;
		EXPECT_NE(want, before);
		before = want;
	}
}

INSTANTIATE_TEST_SUITE_P(seeds, hash, testing::Range(1u, 7u));

TEST(engine_hash, says_each_difference)
{
	Script s = plain();
	uint64_t whole = hash_of(s, SIZE_MAX, 100, 1000);

	EXPECT_EQ(whole, hash_of(plain(), SIZE_MAX, 3, 1));
	struct { const char *what; void (*change)(Script &); } changes[] = {
		{ "a share of a resting order", [](Script &o) { o.order(EV_CANCEL, 0, 0, 8.6, 1, 0, 0, 1); } },
		{ "an order on top of a level", [](Script &o) { o.order(EV_ADD, 0, 0, 8.6, 3, SIDE_BUY, 9.5, 1); } },
		{ "a level of quotes", [](Script &o) { o.level(1, 0, 8.6, SIDE_BUY, 9.98, 100, 0); } },
		{ "a print of the second that is open", [](Script &o) { o.trade(0, 0, 8.6, 10.02, 1, 0, 3); } },
		{ "a sealed second", [](Script &o) { o.clock(0, 10), o.clock(1, 10); } },
		{ "a halt", [](Script &o) { o.status(0, 0, 8.6, STATUS_HALTED); } },
		{ "the clock of a channel", [](Script &o) { o.clock(1, 8.1); } },
		{ "a loss", [](Script &o) { o.gap(0, 8.6); } },
		{ "another instrument", [](Script &o) { o.trade(0, 1, 8.6, 10, 1, 0, 3); } },
	};

	for (auto &c : changes) {
		Script other = plain();

		c.change(other);
		EXPECT_NE(whole, hash_of(other, SIZE_MAX, 100, 1000)) << c.what;
	}
}

// Two orders at one price are other orders than one of both sizes; their places in the table say nothing.
TEST(engine_hash, orders_count_in_any_order)
{
	Script a = Script::of({ NASDAQ }), b = Script::of({ NASDAQ }), one = Script::of({ NASDAQ });

	for (auto *s : { &a, &b })
		for (int i = 0; i < 3; i++) // the same line of the table
			s->order(EV_ADD, 0, 0, 1, s == &a ? 1 + (uint64_t)i * 4096 : 1 + (uint64_t)(2 - i) * 4096, SIDE_BUY,
				 10, 100).flags = EVF_CLOCK;
	for (int i = 0; i < 3; i++)
		one.order(EV_ADD, 0, 0, 1, 1 + (uint64_t)i * 4096, SIDE_BUY, 10, i == 2 ? 300 : 0).flags = EVF_CLOCK;
	EXPECT_EQ(hash_of(a, SIZE_MAX, 100, 1000), hash_of(b, SIZE_MAX, 100, 1000));
	EXPECT_NE(hash_of(a, SIZE_MAX, 100, 1000), hash_of(one, SIZE_MAX, 100, 1000));
}
