/* SPDX-License-Identifier: BSD-3-Clause */
// Determinism of the engine itself: any cut of the array of events into calls, and any budget of the sweep between
// them, give the same rows, revisions and sweeps, over random scripts with losses, resets, silences, breaks and
// late prints. And what was emitted adds up to what was printed.
#include <map>
#include <random>

#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

struct Maker {
	Script s;
	std::mt19937 rng;
	double t = 0.5, clock[2] = {};
	uint64_t ref = 1, key = 1;
	uint64_t pick(uint64_t n) { return rng() % n; }

	void one(uint8_t c)
	{
		uint32_t instr = (uint32_t)pick(6);
		double price = 10 + (double)pick(40) * 0.01, when = c == 1 && pick(4) == 0 ? t - (double)pick(3000) / 1000 : t;
		uint8_t side = pick(2) ? SIDE_BUY : SIDE_SELL;

		when = std::max(when, 0.001);
		switch (pick(16)) {
		case 0: case 1: case 2: case 3:
			if (c == 0)
				s.order(EV_ADD, c, instr, t, ref++, side, price, 100 * (1 + (uint32_t)pick(5))).flags = EVF_CLOCK;
			else
				s.level(c, instr, t, side, price, (uint32_t)pick(3) * 100, pick(4) ? 0 : EVF_PARTIAL);
			break;
		case 4: case 5:
			s.order(EV_EXEC, 0, instr, t, 1 + pick(ref), 0, 0, 50).ref2 = key++;
			break;
		case 6:
			s.order(pick(2) ? EV_DELETE : EV_CANCEL, 0, instr, t, 1 + pick(ref), 0, 0, 30);
			break;
		case 7: case 8: case 9: case 10:
			s.trade(c, instr, when, price, 1 + (uint32_t)pick(300), pick(5) ? 0 : EVF_ODD_LOT, key++);
			break;
		case 11:
			s.brk(c, t, 1 + pick(key));
			break;
		case 12:
			s.status(c, instr, t, (uint8_t)pick(2));
			break;
		default:
			clock[c] = t, s.clock(c, t);
		}
	}
	// Channel-wide facts, rarely.
	void rare(uint8_t c)
	{
		switch (pick(4)) {
		case 0: s.gap(c, t); break;
		case 1: s.reset(c, t); break;
		default: t += (double)pick(5000) / 1000; // silence of both
		}
	}
};

Script random_script(unsigned seed)
{
	Maker m;
	m.rng.seed(seed);
	m.s = Script::of({ NASDAQ, IEX });
	bool quiet = false;

	for (int i = 0; i < 6000; i++) {
		uint8_t c = (uint8_t)m.pick(2);

		if (m.pick(800) == 0)
			quiet = !quiet; // IEX falls silent, comes back
		if (quiet)
			c = 0;
		m.t += (double)m.pick(20) / 1000;
		if (m.pick(300) == 0)
			m.rare(c);
		else
			m.one(c);
	}
	m.s.end(0, m.t);
	return m.s;
}

struct Cut { size_t events; unsigned budget; };

} // namespace

class cut : public testing::TestWithParam<unsigned> {};

TEST_P(cut, any_cut_and_budget_give_the_same)
{
	Script s = random_script(GetParam());
	std::string want;

	for (Cut c : { Cut{ 1, 1000 }, Cut{ 1, 0 }, Cut{ 7, 1 }, Cut{ 64, 2 }, Cut{ 1000, 1000 }, Cut{ 60000, 0 } }) {
		Engine k;

		k.run(s, 0, SIZE_MAX, c.events, c.budget);
		k.drain();
		if (want.empty()) {
			want = k.text();
			EXPECT_GT(k.bars.size(), 500u);
			EXPECT_GT(k.revisions.size(), 10u);
			EXPECT_GT(k.count(LEDGER_late_prints), 10u);
			EXPECT_GT(k.count(LEDGER_bars_stale) + k.count(LEDGER_bars_gap), 0u);
		}
		ASSERT_EQ(k.text() == want, true) << "events " << c.events << " budget " << c.budget;
		ledger_identity identities[LEDGER_IDENTITIES];
		EXPECT_TRUE(ledger_check(&k.counts, identities));
	}
}

TEST_P(cut, rows_and_revisions_add_up_to_the_prints)
{
	Script s = random_script(GetParam() + 100);
	Engine k;

	k.all(s);
	uint64_t printed = 0;
	for (uint64_t i = 0; i < std::min<uint64_t>(k.e.prints.n, k.e.prints.mask); i++)
		if (!k.e.prints.ring[i].broken)
			printed += k.e.prints.ring[i].p.qty;
	for (int span = 0; span < SPAN_COUNT; span++) {
		std::map<std::pair<uint32_t, uint64_t>, uint64_t> volume;

		for (const bar &b : k.bars)
			if ((int)b.span == span) {
				EXPECT_EQ(b.buy_volume + b.sell_volume + b.unsigned_volume, b.volume);
				EXPECT_TRUE(b.close == PX_NULL || (b.low <= b.close && b.close <= b.high));
				volume[{ b.instr, b.open_ts }] += b.volume;
			}
		for (const revision &r : k.revisions) // in order of numbers, per bar
			if (r.span == span) {
				ASSERT_TRUE(r.whole);
				uint64_t &v = volume[{ r.instr, r.open_ts }];
				EXPECT_EQ(v, r.before.volume) << bar_span_name[span] << " revision " << r.number;
				v = r.after.volume;
			}
		uint64_t sum = 0;
		for (auto &v : volume)
			sum += v.second;
		EXPECT_EQ(sum, printed) << bar_span_name[span];
	}
}

INSTANTIATE_TEST_SUITE_P(seeds, cut, testing::Range(1u, 13u));
