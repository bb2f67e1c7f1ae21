/* SPDX-License-Identifier: BSD-3-Clause */
// Venues spread over two engines give what one engine gives: IEX is kept by an engine that relays, whose instruments have
// other ids, and its records are applied by the owner in the order in which the packets were received.
#include <sstream>

#include "tests/unit/engine_script.h"

using namespace kit;

namespace {

// The first line in which two texts differ.
std::string difference(const std::string &a, const std::string &b)
{
	std::istringstream x(a), y(b);
	std::string p, q;

	while (std::getline(x, p), std::getline(y, q), x || y)
		if (p != q || !x != !y)
			return "one engine: " + p + "\ntwo: " + q;
	return "";
}

enum : uint8_t { BASE = 16 };

// Both engines' counters: what one engine would have counted.
ledger sum(const Engine &a, const Engine &b)
{
	ledger all = {};

	for (int i = 0; i < LEDGER_COUNT; i++)
		all.v[i] = a.counts.v[i] + b.counts.v[i];
	return all;
}

struct Pair {
	Engine owner, remote;

	static engine_conf relaying()
	{
		engine_conf c = Engine::conf();

		c.relays = true;
		return c;
	}
	Pair() : remote(relaying(), true) {}

	// The relaying engine runs ahead as far as it likes; the owner merges by receive time.
	void run(const Script &s, uint8_t away, unsigned budget)
	{
		size_t told = 0;

		for (size_t i = 0; i < s.ev.size(); i++) {
			event ev = s.ev[i];

			if (ev.channel != away)
				continue;
			ev.frame = 0;
			ev.channel = 0;
			if (ev.instr != INSTR_NONE)
				ev.instr = Engine::conf().instruments - 1 - ev.instr;
			engine_apply(&remote.e, &ev, 1, &s.rx[i]);
			engine_seal(&remote.e, budget);
			relay_progress(&remote.e, s.rx[i]);
			ASSERT_STREQ(nullptr, engine_check(&remote.e)) << "relaying, after event " << i;
		}
		engine_relay_end(&remote.e);
		for (size_t i = 1; i < remote.records.size(); i++)
			ASSERT_LE(remote.records[i - 1].rx_ns, remote.records[i].rx_ns) << "record " << i;
		for (size_t i = 0; i < s.ev.size(); i++) {
			event ev = s.ev[i];

			ev.frame = 0;
			if (ev.channel == away)
				continue;
			take(told, s.rx[i], budget);
			engine_apply(&owner.e, &ev, 1, &s.rx[i]);
			engine_seal(&owner.e, budget);
		}
		take(told, UINT64_MAX, budget);
		owner.drain();
	}
	void take(size_t &told, uint64_t before_rx_ns, unsigned budget)
	{
		for (; told < remote.records.size() && remote.records[told].rx_ns < before_rx_ns; told++) {
			relay_apply(&owner.e, &remote.records[told], BASE);
			ASSERT_STREQ(nullptr, engine_check(&owner.e)) << "after record " << told;
			engine_seal(&owner.e, budget);
			ASSERT_STREQ(nullptr, engine_check(&owner.e)) << "sealed after record " << told;
		}
	}
};

} // namespace

class two_engines : public testing::TestWithParam<unsigned> {};

TEST_P(two_engines, give_what_one_gives)
{
	Script s = random_script(GetParam());
	Engine one;

	for (size_t i = 1; i < s.rx.size(); i++) // in order, several events a packet, no two packets at the same nanosecond
		s.rx[i] = s.ev[i].channel == s.ev[i - 1].channel && i % 3 ? s.rx[i - 1] : std::max(s.rx[i], s.rx[i - 1] + 1);
	one.all(s);
	for (uint8_t away : { (uint8_t)1, (uint8_t)0 }) {
		Pair two;

		two.run(s, away, away ? 1000 : 1);
		EXPECT_EQ(difference(one.text(), two.owner.text()), "") << "channel " << (int)away << " relayed";
		ledger all = sum(two.owner, two.remote);
		for (int i = 0; i < LEDGER_COUNT; i++)
			EXPECT_EQ(all.v[i], one.counts.v[i]) << ledger_rows[i].name << ", channel " << (int)away << " relayed";
		EXPECT_TRUE(two.remote.bars.empty());
	}
}

INSTANTIATE_TEST_SUITE_P(seeds, two_engines, testing::Range(1u, 61u));

// What the owner's rows say of a channel that is kept elsewhere: the script on one engine and on two.
static void same_on_two(const Script &s, uint64_t flag)
{
	Engine one;

	one.all(s);
	EXPECT_TRUE(std::any_of(one.bars.begin(), one.bars.end(), [&](const bar &b) { return b.flags & flag; }));
	for (uint8_t away : { (uint8_t)0, (uint8_t)1 }) {
		Pair two;

		two.run(s, away, 1000);
		EXPECT_EQ(difference(one.text(), two.owner.text()), "") << "channel " << (int)away << " relayed";
	}
}

static Script silent_then(bool gap)
{
	Script s = Script::of({ NASDAQ, IEX });

	for (int i = 0; i < 40; i++) {
		double t = 0.5 + i;

		s.trade(1, 0, t, 10, 100);
		s.clock(1, t + 0.2);
		if (i < 2)
			s.trade(0, 0, t + 0.21, 10, 100).flags |= EVF_CLOCK;
		if (i == 20 && gap)
			s.gap(0, t + 0.25);
		if (i < 5 || i >= 20) // MoldUDP64: its heartbeats carry no time
			s.beat(0, t + 0.25, false);
		if (i > 30)
			s.trade(0, 0, t + 0.3, 10, 100).flags |= EVF_CLOCK;
	}
	return s;
}

TEST(relay, tells_how_a_heartbeat_ends_a_silence) { same_on_two(silent_then(false), BAR_STALE); }
TEST(relay, tells_how_a_heartbeat_ends_a_hole) { same_on_two(silent_then(true), BAR_GAP); }

TEST(relay, tells_resets_and_joins_in_mid_stream)
{
	for (bool midstream : { false, true }) {
		Script s = Script::of({ NASDAQ, IEX });

		for (int i = 0; i < 20; i++) {
			double t = 0.5 + i;

			s.order(EV_ADD, 0, 0, t, (uint64_t)i + 1, SIDE_BUY, 9.9 + 0.001 * i, 100).flags = EVF_CLOCK;
			s.trade(0, 0, t + 0.01, 10, 100).flags |= EVF_CLOCK;
			s.quote(1, 0, t + 0.1, 9.9, 100, 10.1, 100);
			s.trade(1, 0, t + 0.2, 10, 100);
			s.clock(1, t + 0.3);
			if (i == 9) {
				s.gap(1, t + 0.31);
				s.reset(0, t + 0.31);
				s.ev.back().flags = midstream ? EVF_MIDSTREAM : 0;
			}
		}
		same_on_two(s, midstream ? BAR_PARTIAL_FIRST : BAR_GAP);
	}
}

// A print that is late only because the owner sealed its second without the channel is in no sweep.
TEST(relay, leaves_sweeps_to_the_owner)
{
	Script s = Script::of({ NASDAQ, IEX });

	s.trade(0, 0, 0.5, 10, 100).flags |= EVF_CLOCK;
	s.trade(1, 0, 0.6, 10, 100);
	s.beat(0, 0.7, false);
	s.clock(1, 1);
	for (int i = 2; i < 12; i++)
		s.clock(1, i + 0.5);
	for (int i = 0; i < 4; i++) { // sent before the silence of its channel, received behind it
		event &e = s.trade(0, 0, 4.5 + 0.001 * i, 10 + 0.01 * i, 100, EVF_ISO);

		e.side = SIDE_BUY;
		s.rx.back() = at(11.6);
	}
	s.clock(1, 14);
	s.trade(0, 0, 14.1, 10, 100).flags |= EVF_CLOCK;
	same_on_two(s, BAR_STALE);
}

// Records that a full link refused: what the owner then has is a hole, which ends as the relaying lcore's does.
TEST(relay, steps_that_were_lost_are_made_good)
{
	for (int lost = 0; lost < 2; lost++) { // the opening of a hole, or its end
		Pair two;
		Script s = Script::of({ IEX });
		size_t told = 0;

		s.trade(0, 0, 0.5, 10, 100);
		s.gap(0, 0.6);
		s.clock(0, 1.5);
		two.remote.run(s);
		for (size_t i = 0; i < two.remote.records.size(); i++) {
			const relay &r = two.remote.records[i];

			if (r.kind == RELAY_FACT && r.step == (lost ? FACT_STEP_CLOSE : FACT_STEP_OPEN))
				continue;
			relay_apply(&two.owner.e, &r, BASE);
		}
		told = two.remote.records.size();
		engine_relay_lost(&two.remote.e);
		Script more;
		for (int t = 2; t < 8; t++)
			more.clock(0, t);
		two.remote.run(more);
		two.take(told, UINT64_MAX, 1000);
		two.owner.drain();
		EXPECT_TRUE(two.owner.row(SPAN_1S, 1, 63).flags & BAR_GAP);
		EXPECT_FALSE(two.owner.row(SPAN_1S, 5, 63).flags & BAR_GAP);
	}
}

// A record costs the links: what nobody needs is not told.
TEST(relay, tells_a_strand_once_a_second)
{
	engine_conf c = Engine::conf();
	c.relays = true;
	Engine remote(c);
	Script s = Script::of({ IEX });

	for (int i = 1; i <= 1000; i++)
		s.quote(0, 0, 1 + i * 0.0005, 10, (uint32_t)i, 10.01, 100);
	s.clock(0, 3);
	remote.run(s);
	size_t strands = 0;
	for (const relay &r : remote.records)
		strands += r.kind == RELAY_ROLL || r.kind == RELAY_STRAND;
	EXPECT_LE(strands, 2u);
	EXPECT_LE(remote.records.size(), 20u);
}
