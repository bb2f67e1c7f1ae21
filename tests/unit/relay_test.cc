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
			engine_relay_progress(&remote.e, s.rx[i]);
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
			engine_relay(&owner.e, &remote.records[told], BASE);
			engine_seal(&owner.e, budget);
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

// A record costs the links: what nobody needs is not told.
TEST(relay, tells_a_leg_once_a_second)
{
	engine_conf c = Engine::conf();
	c.relays = true;
	Engine remote(c);
	Script s = Script::of({ IEX });

	for (int i = 1; i <= 1000; i++)
		s.quote(0, 0, 1 + i * 0.0005, 10, (uint32_t)i, 10.01, 100);
	s.clock(0, 3);
	remote.run(s);
	size_t legs = 0;
	for (const relay &r : remote.records)
		legs += r.kind == RELAY_ROLL || r.kind == RELAY_LEG;
	EXPECT_LE(legs, 2u);
	EXPECT_LE(remote.records.size(), 20u);
}
