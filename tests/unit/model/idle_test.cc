// SPDX-License-Identifier: BSD-3-Clause
// Rows are made of intervals with news; all others are idle, and follow from the last row in closed form: the
// same whether they are asked for, written (engine_conf.fill), or passed over.
#include <cinttypes>
#include <cstdio>
#include <map>
#include <random>

#include "tests/unit/engine_kit.h"

extern "C" {
#include "lcore/model/ind.h"
}

using namespace kit;

namespace
{

// The state after n idle intervals in long double, one after the other.
struct Slow {
	long double ema9, ema21, d12, d26, signal, gain, loss, delta, obi;

	explicit Slow(const ind &i)
		: ema9(i.ema9), ema21(i.ema21), d12(i.d12), d26(i.d26), signal(i.signal), gain(i.gain), loss(i.loss),
		  delta(i.delta_ema), obi(i.obi_ema)
	{
	}
	void step(long double x, long double o)
	{
		auto ema = [](long double y, long double in, int n) { return y + (in - y) * 2 / (n + 1); };

		ema9 = ema(ema9, x, 9), ema21 = ema(ema21, x, 21);
		d12 = d12 * 11 / 13, d26 = d26 * 25 / 27;
		signal = ema(signal, d12 - d26, 9);
		gain = gain * 13 / 14, loss = loss * 13 / 14;
		delta = ema(delta, 0, 9), obi = ema(obi, o, 9);
	}
};

bar row_of(double close, uint64_t volume, double obi)
{
	bar b = {};

	b.close = close > 0 ? px(close) : PX_NULL, b.volume = b.buy_volume = volume, b.delta = (int64_t)volume;
	b.obi = obi, b.trades = volume > 0;
	return b;
}

// A market of three instruments with gaps of every length, halts, silences, doubt and a session's edge.
Script market(unsigned seed)
{
	std::mt19937 rng(seed);
	auto pick = [&](unsigned n) { return (unsigned)(rng() % n); };
	Script s = Script::of({ NASDAQ, IEX });
	double t = 0.2;

	for (uint32_t i = 0; i < 3; i++)
		s.trade((uint8_t)(i % 2), i, 0.3, 10 + i, 100);
	while (t < 2400) {
		uint32_t instr = pick(3);
		uint8_t channel = (uint8_t)pick(2);
		double gap = pick(4) == 0 ? pick(400) : pick(3);

		for (double to = t + gap; t + 1 < to; t += 1) // both channels beat
			for (uint8_t c = 0; c < 2; c++)
				s.clock(c, t);
		t += 0.013;
		s.clock(0, t), s.clock(1, t);
		switch (pick(8)) {
		case 0: s.status(channel, instr, t, pick(2) ? STATUS_HALTED : STATUS_TRADING); break;
		case 1: s.gap(channel, t); break;
		case 2: s.order(EV_EXEC, channel, instr, t, 999999); break; // an unknown order
		case 3:
		case 4: s.trade(channel, instr, t, 10 + instr + 0.01 * pick(40), 100 + pick(5)); break;
		default:
			s.level(channel, instr, t, (uint8_t)(SIDE_BUY + pick(2)), 9 + pick(3), 100 * pick(4));
			break;
		}
		t += 0.001 * pick(900);
	}
	s.clock(0, t + 1), s.clock(1, t + 1);
	return s;
}

std::string line_of(const bar &b)
{
	char text[BAR_LINE_BYTES];

	return std::string(text, bar_csv_row(&b, text));
}

} // namespace

TEST(idle, closed_form_is_what_one_step_after_the_other_gives)
{
	std::mt19937 rng(1);
	static ind_left left;

	for (int seed = 0; seed < 20; seed++) {
		ind made;

		ind_init(&made);
		for (unsigned n = 1 + rng() % 40, i = 0; i < n; i++) {
			bar b = row_of(10 + 0.01 * (rng() % 900), rng() % 3 * 100, 0.25);

			ind_seal(&made, &b, 1, 0, 0, 0);
		}
		Slow slow(made);
		double x = (double)made.last_close / PX_ONE;
		uint32_t seeded = made.n_close - 1 >= 14;

		for (uint32_t k = 1; k <= 20000; k++) {
			slow.step(x, -0.5);
			if (k > 50 && k % 997)
				continue;
			ind i = made;
			bar b = {};

			ind_skip(&i, k, -0.5, &left);
			ind_idle(&i, &b);
			EXPECT_NEAR(b.ema9, (double)slow.ema9, 1e-13) << k;
			EXPECT_NEAR(b.ema21, (double)slow.ema21, 1e-13) << k;
			EXPECT_NEAR(b.macd, (double)(slow.d12 - slow.d26), 1e-13) << k;
			EXPECT_NEAR(b.macd_signal, (double)slow.signal, 1e-12) << k;
			EXPECT_NEAR(b.delta_ema9, (double)slow.delta, 1e-10) << k;
			EXPECT_NEAR(b.obi_ema9, (double)slow.obi, 1e-13) << k;
			EXPECT_EQ(b.delta_price, 0);
			EXPECT_EQ(b.warm_count, made.n_close + k);
			if (seeded && slow.gain + slow.loss > 1e-100L) {
				EXPECT_NEAR(b.rsi14, (double)(100 * slow.gain / (slow.gain + slow.loss)), 1e-9) << k;
			}
			EXPECT_TRUE(b.delta_ema9 == 0 || std::fabs(b.delta_ema9) > 1e-200) << "subnormal at " << k;
		}
	}
}

// In one step or in two: the first intervals of Wilder's seed, too.
TEST(idle, steps_may_be_cut_anywhere)
{
	static ind_left left;

	for (unsigned rows = 1; rows < 20; rows++)
		for (unsigned k = 1; k < 40; k++) {
			ind a, b;
			bar x = {}, y = {};

			ind_init(&a);
			for (unsigned i = 0; i < rows; i++) {
				bar r = row_of(10 + 0.1 * ((i * 7) % 5), 100, NAN);
				ind_seal(&a, &r, 1, 0, 0, 0);
			}
			b = a;
			ind_skip(&a, k + 3, NAN, &left);
			ind_skip(&b, k, NAN, &left), ind_skip(&b, 3, NAN, &left);
			ind_idle(&a, &x), ind_idle(&b, &y);
			EXPECT_EQ(std::isnan(x.rsi14), std::isnan(y.rsi14)) << rows << " " << k;
			if (!std::isnan(x.rsi14)) {
				EXPECT_NEAR(x.rsi14, y.rsi14, 1e-9);
			}
			EXPECT_NEAR(x.ema21, y.ema21, 1e-13);
			EXPECT_EQ(x.warm_count, y.warm_count);
		}
}

// A clock that goes on by a day, twice, with two packets that agree: work and rows are bounded by what happened.
TEST(idle, a_far_clock_makes_rows_at_the_edges_of_sessions_only)
{
	engine_conf conf = Engine::conf();
	conf.fill = false;
	Engine k(conf);
	Script s = Script::of({ NASDAQ });

	for (uint32_t i = 0; i < 60; i++)
		s.trade(0, i, 0.5, 10, 100);
	s.clock(0, 2);
	for (double hours : { 7.0, 24.0, 48.0, 2000.0 })
		for (int again = 0; again < 3; again++)
			s.clock(0, hours * 3600 + again);
	k.run(s);
	k.drain();
	// Each has its first second, the spans that hold it, and one row of each span where the evening session begins.
	EXPECT_EQ(k.bars.size(), 60u * 2 * SPAN_COUNT);
	EXPECT_GT(k.count(LEDGER_bars_idle), 60u * 20000);
}

// Who never prints has no rows, whatever its book does.
TEST(idle, quotes_before_the_first_print_make_no_rows)
{
	Engine k;
	Script s = Script::of({ NASDAQ });

	for (int i = 0; i < 50; i++)
		s.level(0, 1, 0.5 + i, SIDE_BUY, 9, 100 + (uint32_t)i);
	s.clock(0, 60);
	k.all(s);
	EXPECT_TRUE(k.bars.empty());
}

// What makes a row, one after the other; nothing else does.
TEST(idle, news_are_prints_touches_states_and_doubt)
{
	engine_conf conf = Engine::conf();
	conf.fill = false;
	Engine k(conf);
	Script s = Script::of({ NASDAQ });
	std::vector<int> want;

	s.trade(0, 0, 0.5, 10, 100);
	want.push_back(0);
	s.level(0, 0, 10.5, SIDE_BUY, 9, 100), want.push_back(10);	 // a touch
	s.level(0, 0, 20.5, SIDE_BUY, 8, 100);				 // behind it
	s.order(EV_ADD, 0, 0, 30.5, 77, SIDE_BUY, 7, 100);		 // further behind
	s.status(0, 0, 40.5, STATUS_HALTED), want.push_back(40);	 // a halt
	s.status(0, 0, 50.5, STATUS_TRADING), want.push_back(50);	 // its end
	s.order(EV_EXEC, 0, 0, 60.5, 999, 0, 0, 100), want.push_back(60); // an unknown order: doubt
	s.order(EV_EXEC, 0, 0, 70.5, 998, 0, 0, 100);			 // in doubt already
	s.gap(0, 80.5);							 // the channel's fact
	event &t = s.put(EV_SHORT, 0, 0, 90.5);
	t.qty = 1, want.push_back(90); // the short sale test
	s.clock(0, 100);
	k.run(s);
	std::vector<int> got;
	for (const bar &b : k.bars)
		if (b.span == SPAN_1S)
			got.push_back((int)((b.open_ts - base_ns()) / NS_PER_S));
	EXPECT_EQ(got, want);
}

class news : public testing::TestWithParam<unsigned> {};

// Rows with news are the same bytes with or without the idle rows, whatever the budget; nothing else is made.
TEST_P(news, rows_are_the_same_with_and_without_fill)
{
	Script s = market(GetParam());
	std::vector<std::string> want;
	Engine fill;
	fill.keeps_idle = true;

	fill.all(s);
	size_t idle = 0;
	for (const bar &b : fill.bars) {
		idle += (b.flags & BAR_IDLE) != 0;
		if (!(b.flags & BAR_IDLE))
			want.push_back(line_of(b));
	}
	std::sort(want.begin(), want.end());
	EXPECT_GT(idle, want.size());
	for (unsigned budget : { 1u, 3u, 1000u }) {
		engine_conf conf = Engine::conf();
		conf.fill = false;
		Engine lean(conf);
		std::vector<std::string> got;

		lean.keeps_idle = true;
		lean.run(s, 0, SIZE_MAX, 1, budget);
		lean.drain();
		for (const bar &b : lean.bars)
			got.push_back(line_of(b));
		std::sort(got.begin(), got.end());
		EXPECT_EQ(got, want) << "budget " << budget;
		EXPECT_EQ(lean.count(LEDGER_bars_sealed), fill.count(LEDGER_bars_sealed));
		EXPECT_EQ(lean.count(LEDGER_bars_idle), fill.count(LEDGER_bars_idle));
	}
}

// Who asks sees what would have been written: at random moments, of every span.
TEST_P(news, a_readers_question_gives_the_row_that_fill_writes)
{
	Script s = market(GetParam());
	std::map<std::string, std::string> written;
	Engine fill;
	fill.keeps_idle = true;

	fill.all(s);
	auto key = [](const bar &b) {
		char text[64];
		snprintf(text, sizeof text, "%u %u %" PRIu64, b.instr, (unsigned)b.span, b.close_ts);
		return std::string(text);
	};
	for (const bar &b : fill.bars)
		written[key(b)] = line_of(b);
	engine_conf conf = Engine::conf();
	conf.fill = false;
	Engine lean(conf);
	std::mt19937 rng(GetParam());
	size_t asked = 0, idle = 0;

	for (size_t i = 0; i < s.ev.size(); i++) {
		lean.run(s, i, i + 1, 1000);
		if (rng() % 50)
			continue;
		uint32_t instr = rng() % 3;
		engine_refresh(&lean.e, instr);
		for (int span = 0; span < SPAN_COUNT; span++) {
			bar b;
			if (!tables_latest(lean.shared, instr, (bar_span)span, &b))
				continue;
			asked++;
			idle += (b.flags & BAR_IDLE) != 0;
			EXPECT_EQ(line_of(b), written[key(b)]) << "after event " << i;
			// and it is the newest that there is
			uint64_t next = b.close_ts + bar_span_s[span] * NS_PER_S;
			EXPECT_GT(next, ns_of(lean.e.group[lean.e.instr[instr].group].due_sec)) << line_of(b);
		}
	}
	EXPECT_GT(idle, 100u);
	EXPECT_GT(asked, idle);
}

// Nobody asks: no idle row is made, however often instruments woke up. Then one asks for one instrument.
TEST_P(news, idle_rows_are_owed_until_a_reader_asks)
{
	Script s = market(GetParam());
	engine_conf conf = Engine::conf();
	conf.fill = false;
	Engine lean(conf);
	auto idle_of = [&](uint32_t instr) {
		size_t n = 0;

		for (int span = 0; span < SPAN_COUNT; span++) {
			bar b;
			n += tables_latest(lean.shared, instr, (bar_span)span, &b) && b.flags & BAR_IDLE;
		}
		return n;
	};

	s.clock(0, 3400), s.clock(1, 3400);
	s.clock(0, 3401), s.clock(1, 3401);
	lean.run(s, 0, SIZE_MAX, 1, 1000);
	for (uint32_t i = 0; i < 3; i++)
		EXPECT_EQ(idle_of(i), 0u);
	engine_refresh(&lean.e, 1);
	EXPECT_EQ(idle_of(0), 0u);
	EXPECT_EQ(idle_of(1), (size_t)SPAN_COUNT);
}

INSTANTIATE_TEST_SUITE_P(seeds, news, testing::Range(1u, 13u));
