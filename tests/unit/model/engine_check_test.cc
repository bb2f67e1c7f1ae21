/* SPDX-License-Identifier: BSD-3-Clause */
// Each invariant of engine_check.h is told by name when it is broken by hand, and none of a sound engine.
#include "tests/unit/engine_kit.h"

using namespace kit;

namespace {

// Two venues, one of which leaves seconds open for late prints; a watched instrument; nothing broken.
void sound(Engine &k)
{
	Script s = Script::of({ VENUE_NASDAQ, VENUE_IEX });

	for (int i = 0; i < 4; i++) {
		s.trade(0, 1, 1 + i, 10, 100);
		s.trade(1, 1, 1.1 + i, 10, 100);
		s.trade(1, 2, 1.2 + i, 20, 100);
	}
	ASSERT_EQ(engine_watch(&k.e, 2, true), 0);
	k.run(s);
	ASSERT_STREQ(nullptr, engine_check(&k.e));
}

strand &first_strand(engine &e) { return e.strand[e.instr[1].strand[0]]; }
strand &waiting(engine &e) { return e.strand[e.instr[1].strand[1]]; }

struct Break {
	const char *words;
	void (*by)(engine &e);
};

const Break breaks[] = {
	{ "a channel's due_ns is due_sec in ns", [](engine &e) { e.chan[0].due_ns++; } },
	{ "even: the channel is live and nothing of it is open", [](engine &e) { e.chan[0].even = true, e.chan[0].reset_due = true; } },
	{ "an instrument with channels has a group", [](engine &e) { e.instr[1].group = (uint16_t)e.n_groups; } },
	{ "a group has the channels of its instruments", [](engine &e) { e.instr[1].mask ^= 1; } },
	{ "rows with news are due only while a pass is active",
	  [](engine &e) { e.pass_active = false, e.instr[1].next_sec = e.group[e.instr[1].group].due_sec - 1; } },
	{ "a group counts its instruments that have rows to come", [](engine &e) { e.instr[1].finished = true; } },
	{ "an instrument's strands are its own", [](engine &e) { first_strand(e).instr = 2; } },
	{ "a channel finds its strands", [](engine &e) { e.chan[0].strand_of[1] = 0; } },
	{ "strands are sorted by venue, then channel", [](engine &e) { std::swap(e.instr[1].strand[0], e.instr[1].strand[1]); } },
	{ "cur collects the second that begins at epoch_ns", [](engine &e) { first_strand(e).epoch_ns++; } },
	{ "each strand is one instrument's", [](engine &e) { e.instr[2].n_strands = 0; } },
	{ "waiting fragments are sorted by second", [](engine &e) { e.pool[waiting(e).pending - 1].end_sec = 1; } },
	{ "each fragment of the pool waits or is free", [](engine &e) { waiting(e).pending = 0; } },
	{ "what waits is before what cur collects", [](engine &e) { waiting(e).cur.sec = 1, waiting(e).epoch_ns = UINT64_MAX; } },
	{ "a free fragment of the pool is free once", [](engine &e) { e.pool_free = waiting(e).pending; } },
	{ "each dirty strand is listed once", [](engine &e) { first_strand(e).dirty = true; } },
	{ "flow of an older second is relayed with its event", [](engine &e) { e.older_strand = 1; } },
	{ "what is on the watch list is watched", [](engine &e) { e.instr[2].watched = false; } },
};

TEST(EngineCheck, NamesTheInvariantThatIsBroken)
{
	for (const Break &b : breaks) {
		Engine k;

		sound(k);
		ASSERT_NE(waiting(k.e).pending, 0u);
		b.by(k.e);
		EXPECT_STREQ(engine_check(&k.e), b.words);
	}
}

// What a release finds by itself, and counts.
const Break counted[] = {
	{ "due_ns", [](engine &e) { e.chan[0].due_ns++; } },
	{ "one instrument too few", [](engine &e) { e.group[e.instr[1].group].n = 0; } },
	{ "one instrument too many", [](engine &e) { e.group[e.instr[1].group].n++; } },
	{ "a mark too early", [](engine &e) { e.watermark_ns = UINT64_MAX - 1; } },
	{ "more bought than traded", [](engine &e) { first_strand(e).cur.buy_volume += 1000; } },
	{ "a free fragment outside the pool", [](engine &e) { e.pool_free = e.pool_bump + 1; } },
};

TEST(EngineCheck, AReleaseCountsWhatItFindsBroken)
{
	for (const Break &b : counted) {
		Engine k;
		Script more;

		sound(k);
		ASSERT_EQ(k.count(LEDGER_invariants_broken), 0u);
		ASSERT_FALSE(ledger_damaged(&k.counts));
		b.by(k.e);
		for (int i = 4; i < 8; i++) {
			more.trade(0, 1, 1 + i, 10, 100);
			more.trade(1, 1, 1.1 + i, 10, 100);
			more.clock(0, 1.2 + i);
			more.clock(1, 1.2 + i);
		}
		for (size_t i = 0; i < more.ev.size(); i++)
			engine_apply(&k.e, &more.ev[i], 1, &more.rx[i]);
		engine_drain(&k.e);
		EXPECT_GT(k.count(LEDGER_invariants_broken), 0u) << b.words;
		EXPECT_TRUE(ledger_damaged(&k.counts)) << b.words; // exit code 3
	}
}

TEST(EngineCheck, NamesWhatIsWrongOfARow)
{
	Engine k;

	sound(k);
	k.drain();
	ASSERT_FALSE(k.bars.empty());
	bar b = k.bars[0];

	EXPECT_STREQ(engine_check_row(&b), nullptr);
	b.volume++;
	EXPECT_STREQ(engine_check_row(&b), "volume is bought, sold or unsigned");
	b = k.bars[0], b.close_ts++;
	EXPECT_STREQ(engine_check_row(&b), "a row covers its span, from a multiple of it");
	b = k.bars[0], b.flags ^= BAR_FILL;
	EXPECT_STREQ(engine_check_row(&b), "a row without trades is a FILL");
}

} // namespace
