/* SPDX-License-Identifier: BSD-3-Clause */
// An instrument's first rows: what they say does not depend on what happens to be due when its first print comes.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// Quotes from 6 s on, at each venue and each second; the first print at 8.3 of the second venue, or of the first.
Script quotes_then_print(int order, uint8_t printer)
{
	Script s = Script::of({ NASDAQ, IEX });

	for (int t = 6; t < 12; t++)
		for (uint8_t i = 0; i < 2; i++) {
			uint8_t c = order ? !i : i;

			s.clock(c, t);
			for (int k = 0; k < 3; k++)
				s.quote(c, 0, t + 0.1 + 0.2 * k, 10 - 0.01 * k, 100 + 10 * (uint32_t)t, 10.02, 200 + (uint32_t)k);
			if (t == 8 && c == printer)
				s.trade(c, 0, t + 0.6, 10.01, 100);
		}
	s.clock(0, 30);
	s.clock(1, 30);
	return s;
}

std::string rows(const Script &s, uint64_t lateness_ns)
{
	engine_conf conf = Engine::conf();

	for (engine_pace &p : conf.pace)
		p.lateness_ns = lateness_ns;
	Engine k(conf);
	k.all(s);
	std::string out = k.text();
	EXPECT_TRUE(k.find(SPAN_1S, 8));
	EXPECT_FALSE(k.find(SPAN_1S, 7));
	return out.substr(0, out.find("10:00:21")); // how far rows go is lateness's own matter
}

} // namespace

class first_rows : public testing::TestWithParam<int> {};

TEST_P(first_rows, do_not_depend_on_lateness_or_order_of_packets)
{
	uint8_t printer = (uint8_t)GetParam();
	Engine k;

	k.all(quotes_then_print(0, printer));
	const bar &one = k.row(SPAN_1S, 8), &five = k.row(SPAN_5S, 5);
	int64_t ofi = 0;
	for (int t = 8; t < 10; t++)
		ofi += k.row(SPAN_1S, t).ofi;
	EXPECT_EQ(five.ofi, ofi); // from the first print's second on
	EXPECT_EQ(five.trades, one.trades);
	std::string want = rows(quotes_then_print(0, printer), 0);
	for (int order : { 0, 1 })
		for (uint64_t lateness : { UINT64_C(0), NS_PER_MS, 5 * NS_PER_S }) {
			Script s = quotes_then_print(order, printer);
			std::string got = rows(s, lateness);
			size_t n = std::min(got.size(), want.size());

			EXPECT_GT(n, 1000u);
			EXPECT_EQ(got.substr(0, got.find(",2026-03-10T14:00:20.")), want.substr(0, want.find(",2026-03-10T14:00:20.")))
				<< "order " << order << " lateness " << lateness;
		}
}

INSTANTIATE_TEST_SUITE_P(venues, first_rows, testing::Range(0, 2));

// The first print comes while another venue is still behind: what it brings for the same second is in.
TEST(first, what_a_slower_venue_brings_of_the_first_second_is_kept)
{
	Script s = Script::of({ NASDAQ, IEX });
	Engine k;

	s.clock(0, 6);
	s.clock(1, 6);
	s.order(EV_ADD, 0, 0, 6.1, 1, SIDE_BUY, 10, 100);
	s.order(EV_CANCEL, 0, 0, 6.2, 1, 0, 0, 40); // of the touch, in the second of the first print
	s.clock(0, 8.4);
	s.order(EV_DELETE, 0, 0, 8.5, 1);
	s.trade(1, 0, 6.5, 10, 100);
	s.clock(1, 12);
	s.clock(0, 12);
	k.all(s);
	EXPECT_EQ(k.row(SPAN_1S, 6).dom_cancelled, 40u);
	EXPECT_EQ(k.row(SPAN_5S, 5).dom_cancelled, 100u);
}

// A channel that has been heard, but not settled with which number it begins, may bring prints of seconds that others pass.
TEST(first, nothing_is_due_until_a_channel_that_opens_has_joined)
{
	for (bool joins : { true, false }) {
		Script s = Script::of({ NASDAQ });
		Engine k;

		s.trade(0, 0, 0.5, 10, 100);
		s.put(EV_OPEN, 1, INSTR_NONE, 0.6).ref2 = IEX;
		s.clock(0, 2.5);
		k.run(s);
		EXPECT_TRUE(k.bars.empty());
		EXPECT_TRUE(k.marks.empty());
		size_t n = s.ev.size();
		if (joins) {
			s.join(1, IEX, 2.6);
			s.clock(1, 0.9);
			s.trade(1, 1, 0.7, 11, 100);
		} else { // silent since: it never will
			s.clock(0, 4.5);
		}
		s.clock(0, 5);
		s.clock(1, 5);
		k.run(s, n);
		k.drain();
		EXPECT_EQ(k.row(SPAN_1S, 0).trades, 1u);
		EXPECT_EQ(k.find(SPAN_1S, 0, 1) != nullptr, joins);
	}
}

// A line that opened a channel of its own proves to be of another one: nothing waits for it any longer.
TEST(first, an_opening_that_is_taken_back_holds_nothing_up)
{
	Script s = Script::of({ NASDAQ });
	Engine k;

	s.trade(0, 0, 0.5, 10, 100);
	s.put(EV_OPEN, 1, INSTR_NONE, 0.6).ref2 = IEX;
	s.clock(0, 2.5);
	k.run(s);
	EXPECT_TRUE(k.bars.empty());
	size_t n = s.ev.size();
	s.put(EV_OPEN, 1, INSTR_NONE, 2.5).ref = 1;
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_1S, 0).trades, 1u);
	n = s.ev.size();
	s.put(EV_OPEN, 1, INSTR_NONE, 2.6).ref = 1; // of no opening
	s.trade(0, 0, 3.5, 10, 100);
	s.clock(0, 5);
	k.run(s, n);
	EXPECT_EQ(k.row(SPAN_1S, 3).trades, 1u);
}

// Breaks of prints that are not remembered, by why.
TEST(first, breaks_of_prints_that_nobody_has)
{
	struct { bool midstream; int prints; ledger_id want; } cases[] = {
		{ false, 10, LEDGER_breaks_unknown },
		{ true, 10, LEDGER_breaks_before_join },
		{ false, 1100, LEDGER_breaks_forgotten },
		{ true, 1100, LEDGER_breaks_forgotten },
	};
	for (auto &c : cases) {
		engine_conf conf = Engine::conf();
		Script s;

		conf.prints = 1024;
		Engine k(conf);
		s.join(0, NASDAQ, 0, c.midstream);
		s.clock(0, 0.1);
		for (int i = 0; i < c.prints; i++)
			s.trade(0, 0, 0.2 + i * 0.001, 10, 100, 0, 5000 + (uint64_t)i);
		s.brk(0, 3, 77);
		k.all(s);
		for (ledger_id id : { LEDGER_breaks_unknown, LEDGER_breaks_before_join, LEDGER_breaks_forgotten })
			EXPECT_EQ(k.count(id), id == c.want ? 1u : 0u) << ledger_rows[id].name;
	}
}

TEST(first, a_break_told_by_a_feed_that_does_not_print_is_no_loss)
{
	Script s = Script::of({ IEX, IEX });
	Engine k;
	static int a, b;

	engine_join_feed(&k.e, 0, &a);
	engine_join_feed(&k.e, 1, &b);
	s.trade(0, 0, 0.5, 10, 100, 0, 7);
	s.trade(1, 0, 0.5, 10, 100, 0, 7);
	s.brk(0, 0.6, 7);
	s.brk(1, 0.6, 7);
	k.all(s);
	EXPECT_EQ(k.count(LEDGER_breaks_unknown), 0u);
}
