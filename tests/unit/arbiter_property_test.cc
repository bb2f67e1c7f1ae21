/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitration as a property, over hundreds of seeds: one stream of messages, cut into different packets for two or
// three lines, each line losing, duplicating and reordering up to 20 % of its packets by itself. What comes out is the
// lossless run's whenever each message survived on one line; otherwise it is that without the lost ones, and these are
// counted exactly.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
}

using namespace kit;

namespace
{

constexpr uint64_t kStart = UINT64_C(1493132621826547470);
constexpr unsigned kDisplaced = 6; // packets that a reordered one is overtaken by, at most

struct Packet {
	uint64_t rx_ns;
	uint8_t line;
	uint64_t first, count;
	Bytes bytes;
};

struct Case {
	bool iex;
	unsigned lines, messages;
	double loss, dup, reorder;
};

class Market
{
public:
	Market(uint64_t seed, const Case &with) : c(with), rng(seed)
	{
		for (unsigned i = 0; i < c.messages; i++) {
			sent.push_back(i ? sent.back() + below(3000) : kStart);
			if (c.iex)
				message.push_back(iex_trade('T', 0, sent[i], "ABC", 1 + i, 10000 + i, i + 1));
			else
				message.push_back(itch_add(1, "ABC", i + 1, i % 2 ? 'B' : 'S', 100 + i, 10000, kTimeOfDay + i));
		}
	}
	uint64_t below(uint64_t n)
	{
		return std::uniform_int_distribution<uint64_t>(0, n - 1)(rng);
	}
	bool chance(double p)
	{
		return std::uniform_real_distribution<double>(0, 1)(rng) < p;
	}
	// cut makes the packets of one line, and heartbeats behind the last of them.
	std::vector<Packet> cut(uint8_t line)
	{
		std::vector<Packet> out;
		Net net;
		net.dst_ip += line;
		unsigned most = 1 + (unsigned)below(12);
		for (uint64_t at = 0, n; at < c.messages; at += n) {
			n = std::min<uint64_t>(1 + below(most), c.messages - at);
			out.push_back({ sent[at + n - 1] + 100 * line, line, at + 1, n, wrap(at + 1, n, sent[at + n - 1], net) });
		}
		for (unsigned i = 0; i < 3; i++)
			out.push_back({ sent.back() + (i + 1) * NS_PER_S, line, c.messages + 1, 0,
					wrap(c.messages + 1, 0, sent.back() + (i + 1) * NS_PER_S, net) });
		return out;
	}
	// fault does to a line what networks do. The first packet and the heartbeats survive: nobody can miss what
	// came before the join, nor behind the end.
	std::vector<Packet> fault(const std::vector<Packet> &line)
	{
		std::vector<Packet> out;
		std::vector<std::pair<unsigned, Packet>> displaced;
		double loss = c.loss * (double)below(101) / 100, dup = c.dup, reorder = c.reorder;
		for (size_t i = 0; i < line.size(); i++) {
			bool safe = i == 0 || line[i].count == 0;
			if (!safe && chance(loss))
				continue;
			if (!safe && chance(reorder))
				displaced.push_back({ 1 + (unsigned)below(kDisplaced), line[i] });
			else
				out.push_back(line[i]);
			for (unsigned k = 0; k < 1 + chance(dup) * below(2); k++)
				if (chance(dup))
					out.push_back(line[i]);
			for (auto &d : displaced)
				if (--d.first == 0)
					out.push_back(d.second);
			displaced.erase(std::remove_if(displaced.begin(), displaced.end(), [](auto &d) { return d.first == 0; }),
					displaced.end());
		}
		for (auto &d : displaced)
			out.push_back(d.second);
		for (size_t i = 1; i < out.size(); i++) // what is overtaken arrives later
			out[i].rx_ns = std::max(out[i].rx_ns, out[i - 1].rx_ns);
		return out;
	}

	const Case c;
	std::vector<uint64_t> sent;
	std::vector<Bytes> message;

private:
	Bytes wrap(uint64_t first, uint64_t n, uint64_t send_ns, const Net &net) const
	{
		std::vector<Bytes> part(message.begin() + (long)first - 1, message.begin() + (long)(first - 1 + n));
		return frame(c.iex ? iex(IEX_DEEP10, 9, first, send_ns, part) : mold("S", first, part), net);
	}
	std::mt19937_64 rng;
};

std::vector<Packet> merge(const std::vector<std::vector<Packet>> &lines)
{
	std::vector<Packet> all;
	for (auto &l : lines)
		all.insert(all.end(), l.begin(), l.end());
	std::stable_sort(all.begin(), all.end(), [](auto &a, auto &b) { return a.rx_ns < b.rx_ns; });
	return all;
}

struct Run {
	std::unique_ptr<Rig> rig;
	std::vector<event> events, messages, gaps;
};

bool is_control(const event &e)
{
	return e.kind >= EV_CLOCK;
}

// play pushes in bursts and through arrays of the given sizes, flushes, and checks what holds of every run.
Run play(const std::vector<Packet> &packets, const receiver_conf &conf, unsigned burst = 32, unsigned max = 4096)
{
	Run run;
	run.rig = std::make_unique<Rig>(64, conf);
	for (size_t at = 0; at < packets.size(); at += burst) {
		std::vector<frame_in> in;
		for (size_t i = at; i < std::min(packets.size(), at + burst); i++) {
			const Bytes &b = packets[i].bytes;
			in.push_back({ b.data(), (uint32_t)b.size(), (uint32_t)b.size(), packets[i].rx_ns, false, false });
		}
		for (event e : run.rig->push_in(in, max)) {
			e.frame = (uint16_t)(e.frame + at);
			run.events.push_back(e);
		}
		EXPECT_TRUE(run.rig->balanced()); // while packets are held, too
	}
	for (const event &e : run.rig->flush(UINT64_MAX, max))
		run.events.push_back(e);
	EXPECT_TRUE(run.rig->balanced());
	uint64_t pos = 0, clock_ns = 0;
	for (const event &e : run.events) {
		EXPECT_GE(e.pos, pos);
		pos = e.pos;
		if (e.kind == EV_CLOCK) {
			EXPECT_GT(e.ts_ns, clock_ns);
			clock_ns = e.ts_ns;
		}
		if (e.kind == EV_GAP)
			run.gaps.push_back(e);
		if (!is_control(e))
			run.messages.push_back(e);
	}
	return run;
}

// number of a message, 1 and up, as its bytes carry it.
uint64_t number(const event &e)
{
	return e.kind == EV_TRADE ? e.ref2 : e.ref;
}

bool same(event a, event b)
{
	a.frame = b.frame = 0;
	return memcmp(&a, &b, sizeof a) == 0;
}

// lost_by tells what a line did not bring, and what none did.
std::set<uint64_t> brought(const std::vector<Packet> &packets, int line)
{
	std::set<uint64_t> out;
	for (const Packet &p : packets)
		for (uint64_t i = 0; i < p.count && (line < 0 || p.line == line); i++)
			out.insert(p.first + i);
	return out;
}

void check_lines(const Run &run, const std::vector<Packet> &packets)
{
	const receiver_channel &ch = run.rig->r->channel[0];
	uint64_t first = 0, duplicate = 0, late = 0;
	for (unsigned i = 0; i < ch.n_lines; i++) {
		const receiver_line &l = ch.line[i];
		uint8_t line = (uint8_t)(l.dst_ip - Net().dst_ip);
		uint64_t announced = 0;
		for (const Packet &p : packets)
			announced += p.line == line ? p.count : 0;
		first += l.first, duplicate += l.duplicate, late += l.late;
		EXPECT_EQ(l.first + l.duplicate, announced);
		EXPECT_LE(l.skew->count, l.packets);
		EXPECT_EQ(l.lost, ch.next_seq - 1 - brought(packets, line).size()) << "line " << (int)line;
	}
	EXPECT_EQ(first, ch.messages);
	EXPECT_EQ(duplicate, ch.duplicates);
	EXPECT_EQ(late, run.rig->count(LEDGER_late_messages));
	EXPECT_EQ(ch.messages + ch.duplicates, run.rig->count(LEDGER_messages_rx));
}

void check(uint64_t seed, const Case &c)
{
	SCOPED_TRACE("seed " + std::to_string(seed) + (c.iex ? " iex" : " itch"));
	Market market(seed, c);
	std::vector<std::vector<Packet>> lines;
	for (uint8_t i = 0; i < c.lines; i++)
		lines.push_back(market.fault(market.cut(i)));
	std::vector<Packet> packets = merge(lines);
	receiver_conf patient = { nullptr, false, 100000, 17000, 400, 3600 * NS_PER_S }, plain = { nullptr, false, 100000, 17000 };
	Run clean = play(market.cut(0), plain);
	ASSERT_EQ(clean.messages.size(), c.messages);
	ASSERT_TRUE(clean.gaps.empty());

	// Patient enough for everything: nothing is lost but what no line brought.
	Run run = play(packets, patient);
	std::set<uint64_t> survivors = brought(packets, -1);
	size_t k = 0;
	uint64_t lost = 0;
	for (uint64_t i = 1; i <= c.messages; i++) {
		if (!survivors.count(i))
			continue;
		ASSERT_LT(k, run.messages.size());
		ASSERT_TRUE(same(run.messages[k], clean.messages[i - 1])) << "message " << i;
		k++;
	}
	EXPECT_EQ(k, run.messages.size());
	for (const event &g : run.gaps)
		lost += g.ref;
	EXPECT_EQ(lost, c.messages - survivors.size());
	EXPECT_EQ(run.rig->count(LEDGER_gap_messages), lost);
	EXPECT_EQ(run.rig->count(LEDGER_gaps), run.gaps.size());
	EXPECT_EQ(run.rig->count(LEDGER_late_messages), 0u);
	EXPECT_EQ(run.rig->r->channel[0].next_seq, c.messages + 1);
	for (unsigned i = 0; i < run.rig->r->n_holes; i++)
		for (uint64_t n = run.rig->r->hole[i].first_seq; n <= run.rig->r->hole[i].last_seq; n++)
			EXPECT_FALSE(survivors.count(n)) << n;
	check_lines(run, packets);

	// Of short patience: more may be lost, but it is counted, in order, and the same however it is pushed.
	receiver_conf hasty = { nullptr, false, 100000, 17000, 1 + (uint32_t)market.below(8), 1 + market.below(30000) };
	Run a = play(packets, hasty), b = play(packets, hasty, 1 + (unsigned)market.below(40), 8 + (unsigned)market.below(9));
	lost = 0;
	for (const event &g : a.gaps)
		lost += g.ref;
	EXPECT_EQ(lost + a.messages.size(), c.messages);
	EXPECT_EQ(a.rig->count(LEDGER_gap_messages), lost);
	for (size_t i = 0; i < a.messages.size(); i++)
		ASSERT_TRUE(same(a.messages[i], clean.messages[number(a.messages[i]) - 1])) << i;
	check_lines(a, packets);
	ASSERT_EQ(a.events.size(), b.events.size());
	for (size_t i = 0; i < a.events.size(); i++)
		ASSERT_TRUE(same(a.events[i], b.events[i])) << i;
	EXPECT_EQ(memcmp(&a.rig->ledger, &b.rig->ledger, sizeof a.rig->ledger), 0);
}

} // namespace

TEST(ArbiterProperty, LightFaults)
{
	for (uint64_t seed = 1; seed <= 150 && !HasFailure(); seed++)
		check(seed, { seed % 2 == 0, seed % 5 ? 2u : 3u, 300, 0.02, 0.02, 0.02 });
}

TEST(ArbiterProperty, HeavyFaults)
{
	for (uint64_t seed = 1000; seed < 1250 && !HasFailure(); seed++)
		check(seed, { seed % 2 == 0, seed % 3 ? 2u : 3u, 300, 0.2, 0.2, 0.2 });
}

TEST(ArbiterProperty, ReorderAloneOnOneLine)
{
	for (uint64_t seed = 2000; seed < 2050 && !HasFailure(); seed++)
		check(seed, { seed % 2 == 0, 1, 300, 0, 0.1, 0.2 });
}
