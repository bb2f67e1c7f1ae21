/* SPDX-License-Identifier: BSD-3-Clause */
// Determinism of the engine itself: any cut of the array of events into calls, and any budget of the sweep between
// them, give the same rows, revisions and sweeps, over random scripts with losses, resets, silences, breaks and
// late prints. And what was emitted adds up to what was printed.
#include <map>

#include "tests/unit/engine_script.h"

using namespace kit;

namespace {

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
	for (uint64_t i = 0; i < std::min<uint64_t>(k.e.tape.n, k.e.tape.mask); i++)
		if (!k.e.tape.ring[i].broken)
			printed += k.e.tape.ring[i].p.qty;
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
