/* SPDX-License-Identifier: BSD-3-Clause */
// lines_kit.h: for properties of lines: a market of one feed, cut into packets for several lines, which lose,
// duplicate and reorder as networks do; and a receiver that plays it, with or without a recovery that answers
// what is wanted.
#ifndef WB_TESTS_LINES_KIT_H
#define WB_TESTS_LINES_KIT_H

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
}

namespace kit
{

enum FeedKind { ITCH, IEX_TP, PILLAR };
constexpr unsigned kDisplaced = 6;          // packets that a reordered one is overtaken by, at most
constexpr unsigned kMost = 12;              // messages in a packet, at most
constexpr uint64_t kSpanNs = NS_PER_MS / 2; // of a packet, at most: less than any lateness
constexpr int32_t kDay = 20522;             // 2026-03-10

struct Packet {
	uint64_t rx_ns;
	FeedKind feed;
	uint8_t line;
	uint64_t first, count;
	Bytes bytes;
	unsigned era = 0;     // which of the markets that follow one another
	bool foreign = false; // a stranger's
};

struct Case {
	FeedKind feed;
	unsigned lines, messages;
	double loss, dup, reorder;
	uint64_t step_ns = 1500; // between messages, on average
	unsigned symbol = 0;     // number of the first of its three symbols
	unsigned era = 0;        // of its numbering: goes up with each restart and session
	unsigned session = 0;
	uint64_t after_ns = 0; // when it begins, after the morning
};

inline uint64_t morning_ns()
{
	calendar_day day;
	static const int loaded = calendar_load();

	if (loaded < 0)
		abort();
	calendar_day_by_date(kDay, &day);
	return day.rth_ns + 1800 * NS_PER_S;
}

// Messages are numbered from 1. The first ones name the symbols and get lost nowhere: nobody can miss what
// came before the join.
class Market
{
public:
	Market(uint64_t seed, const Case &with) : c(with), rng(seed)
	{
		add(0, Bytes()); // numbers start at 1
		uint64_t ns = morning_ns() + c.after_ns;
		if (c.feed == PILLAR) {
			add(ns, pillar_reset((uint32_t)kPillarSecond - 100 + c.era));
			add(ns, pillar_time((uint32_t)(ns / NS_PER_S)));
		}
		for (unsigned k = 0; k < 3; k++)
			add(ns, c.feed == PILLAR ? pillar_mapping(7 + k, name(k)) : trade(k, ns));
		head = (unsigned)message.size() - 1;
		while (message.size() <= c.messages) {
			uint64_t second = ns / NS_PER_S;
			ns += chance(0.1) ? below(20 * c.step_ns) : below(1 + c.step_ns / 200); // in bursts
			if (c.feed == PILLAR && ns / NS_PER_S > second)
				add(ns, pillar_time((uint32_t)(ns / NS_PER_S)));
			else
				add(ns, random_message(ns));
		}
	}
	uint64_t below(uint64_t n) { return std::uniform_int_distribution<uint64_t>(0, n - 1)(rng); }
	bool chance(double p) { return std::uniform_real_distribution<double>(0, 1)(rng) < p; }
	uint64_t last() const { return message.size() - 1; }
	// payload is a transport packet of n messages; again: as recovery answers.
	Bytes payload(uint64_t first, uint64_t n, uint64_t send_ns, bool again = false) const
	{
		std::vector<Bytes> part(message.begin() + (long)first, message.begin() + (long)(first + n));
		switch (c.feed) {
		case ITCH: return mold("S" + std::to_string(c.session), first, part);
		case IEX_TP: return iex(IEX_DEEP10, 9 + c.session, first, send_ns, part);
		default:
			return pillar(n == 0       ? 1
				      : first == 1 ? 12
				      : again      ? 15
						   : 11,
				      (uint32_t)first, part, send_ns);
		}
	}
	// cut makes the packets of one line, and heartbeats behind the last of them.
	std::vector<Packet> cut(uint8_t line)
	{
		std::vector<Packet> out;
		uint64_t most = 1 + below(kMost), at = 1;
		auto put = [&](uint64_t first, uint64_t n, uint64_t send_ns) {
			Net net;
			net.dst_ip += line + 16u * c.feed;
			out.push_back({ send_ns + 100 * line, c.feed, line, first, n,
					frame(payload(first, n, send_ns), net), c.era });
		};
		if (c.feed == PILLAR)
			put(at++, 1, sent[1]);
		put(at, head + 1 - at, sent[head]);
		for (uint64_t n, first = head + 1; first <= last(); first += n) {
			n = std::min<uint64_t>(1 + below(most), last() + 1 - first);
			while (sent[first + n - 1] - sent[first] > kSpanNs)
				n--;
			put(first, n, sent[first + n - 1]);
		}
		for (unsigned i = 1; i <= 3; i++)
			put(last() + 1, 0, sent[last()] + i * NS_PER_S);
		return out;
	}
	// fault does to a line what networks do. Its first packets and the heartbeats survive.
	std::vector<Packet> fault(const std::vector<Packet> &line)
	{
		std::vector<Packet> out;
		std::vector<std::pair<unsigned, Packet>> displaced;
		double loss = c.loss * (double)below(101) / 100;
		for (const Packet &p : line) {
			bool safe = p.first <= head || p.count == 0;
			if (!safe && chance(loss))
				continue;
			if (!safe && chance(c.reorder))
				displaced.push_back({ 1 + (unsigned)below(kDisplaced), p });
			else
				out.push_back(p);
			for (unsigned k = 0; k < 2; k++)
				if (chance(c.dup / 2))
					out.push_back(p);
			for (auto &d : displaced)
				if (--d.first == 0)
					out.push_back(d.second);
			displaced.erase(std::remove_if(displaced.begin(), displaced.end(),
						       [](auto &d) { return d.first == 0; }),
					displaced.end());
		}
		for (auto &d : displaced)
			out.push_back(d.second);
		for (size_t i = 1; i < out.size(); i++) // what is overtaken arrives later
			out[i].rx_ns = std::max(out[i].rx_ns, out[i - 1].rx_ns);
		return out;
	}

	const Case c;
	unsigned head; // messages in the packets that survive on all lines
	std::vector<uint64_t> sent;
	std::vector<Bytes> message;

private:
	void add(uint64_t ns, const Bytes &m)
	{
		sent.push_back(ns);
		message.push_back(m);
	}
	std::string name(unsigned k) const { return std::string(1, (char)('A' + c.symbol + k)); }
	uint64_t tod(uint64_t ns) const { return ns - morning_ns() + 36000 * NS_PER_S; }
	Bytes trade(unsigned k, uint64_t ns)
	{
		uint32_t price = 1000000 + (uint32_t)below(50) * 100, id = (uint32_t)message.size(),
			 n = 1 + (uint32_t)below(500);
		switch (c.feed) {
		case ITCH:
			return itch_head('P', (uint16_t)(k + 1), tod(ns)) + big(0, 8) + Bytes{ 'B' } +
			       big(n, 4) + text(name(k), 8) + big(price, 4) + big(id, 8);
		case IEX_TP: return iex_trade('T', 0, ns, name(k), n, price, id);
		default:
			return pillar_message(110, brief(++symbol_seq[k], (uint32_t)(ns % NS_PER_S), 7 + k) +
							   little(id, 4) + little(price * 100ul, 4) +
							   little(n, 4) + Bytes{ 1 } + nul_text("@", 4));
		}
	}
	Bytes random_message(uint64_t ns)
	{
		unsigned k = (unsigned)below(3);
		bool buy = chance(0.5);
		uint32_t price = (buy ? 999000 : 1001000) + (uint32_t)below(20) * 100,
			 n = 1 + (uint32_t)below(500);
		if (chance(0.4))
			return trade(k, ns);
		if (c.feed == IEX_TP)
			return iex_level(buy ? '8' : '5', 1, ns, name(k), chance(0.3) ? 0 : n, price);
		if (!live[k].empty() && chance(0.4)) {
			uint64_t ref = live[k].back();
			live[k].pop_back();
			if (c.feed == PILLAR)
				return pillar_message(
					102, brief(++symbol_seq[k], (uint32_t)(ns % NS_PER_S), 7 + k) +
						     little(ref, 8) + Bytes{ 0 });
			return chance(0.5) ? itch_head('D', (uint16_t)(k + 1), tod(ns)) + big(ref, 8)
					   : itch_head('E', (uint16_t)(k + 1), tod(ns)) + big(ref, 8) +
						     big(1, 4) + big(ref, 8);
		}
		live[k].push_back(message.size());
		return c.feed == PILLAR ? pillar_add(++symbol_seq[k], message.size(), buy ? 'B' : 'S',
						     price * 100, n, (uint32_t)(ns % NS_PER_S), 7 + k)
					: itch_add((uint16_t)(k + 1), name(k), message.size(),
						   buy ? 'B' : 'S', n, price, tod(ns));
	}
	std::mt19937_64 rng;
	std::vector<uint64_t> live[3];
	uint32_t symbol_seq[3] = {};
};

inline std::vector<Packet> merge_lines(const std::vector<std::vector<Packet>> &lines)
{
	std::vector<Packet> all;
	for (auto &l : lines)
		all.insert(all.end(), l.begin(), l.end());
	std::stable_sort(all.begin(), all.end(), [](auto &a, auto &b) { return a.rx_ns < b.rx_ns; });
	return all;
}

// brought tells which messages a line brought; line -1: any.
inline std::set<uint64_t> brought(const std::vector<Packet> &packets, FeedKind feed, int line)
{
	std::set<uint64_t> out;
	for (const Packet &p : packets)
		for (uint64_t i = 0; i < p.count && p.feed == feed && (line < 0 || p.line == line); i++)
			out.insert(p.first + i);
	return out;
}

inline bool is_control(const event &e)
{
	return e.kind == EV_CLOCK || e.kind == EV_JOIN || e.kind == EV_GAP || e.kind == EV_RESET ||
	       e.kind == EV_END || e.kind == EV_HELD;
}

struct Run {
	std::unique_ptr<Rig> rig;
	std::vector<event> events, messages, gaps;
	std::vector<uint64_t> rx; // of each event
};

struct Play {
	receiver_conf conf = { nullptr, false, 100000, kDay, 400, 3600 * NS_PER_S };
	unsigned burst = 32, max = 4096;
	Market *recovery = nullptr; // answers what channel 0 wants, between bursts, some of it at a time
};

inline void keep(Run &run, const std::vector<event> &events, const std::vector<frame_in> &in, uint64_t rx_ns)
{
	for (const event &e : events) {
		run.events.push_back(e);
		run.rx.push_back(in.empty() ? rx_ns : in[e.frame].rx_ns);
		if (e.kind == EV_GAP)
			run.gaps.push_back(e);
		if (!is_control(e))
			run.messages.push_back(e);
	}
}

inline void recover(Run &run, Market &market, uint64_t rx_ns, unsigned max)
{
	uint64_t first, last;
	while (receiver_wanted(run.rig->r.get(), 0, &first, &last)) {
		uint64_t n = std::min(last + 1 - first, 1 + market.below(kMost));
		Bytes b = market.payload(first, n, rx_ns, true); // sent again: much later
		std::vector<frame_in> in(1 + market.below(2),
					 { b.data(), (uint32_t)b.size(), (uint32_t)b.size(), rx_ns, false,
					   false, 0, true, 0 });
		keep(run, run.rig->push_in(in, max), in, rx_ns);
	}
}

// play pushes in bursts, flushes, and checks what holds of every run.
inline Run play(const std::vector<Packet> &packets, const Play &how)
{
	Run run;
	run.rig = std::make_unique<Rig>(64, how.conf);
	run.rig->keeps_held = true;
	for (size_t at = 0; at < packets.size(); at += how.burst) {
		std::vector<frame_in> in;
		for (size_t i = at; i < std::min(packets.size(), at + how.burst); i++) {
			const Bytes &b = packets[i].bytes;
			in.push_back({ b.data(), (uint32_t)b.size(), (uint32_t)b.size(), packets[i].rx_ns,
				       false, false });
		}
		keep(run, run.rig->push_in(in, how.max), in, 0);
		if (how.recovery)
			recover(run, *how.recovery, in.back().rx_ns, how.max);
		EXPECT_TRUE(run.rig->balanced()); // while packets are held, too
	}
	keep(run, run.rig->flush(UINT64_MAX, how.max), {}, packets.back().rx_ns);
	EXPECT_TRUE(run.rig->balanced());
	std::vector<uint64_t> pos(RECEIVER_CHANNELS), clock_ns(RECEIVER_CHANNELS);
	for (const event &e : run.events) {
		EXPECT_GE(e.pos, pos[e.channel]);
		pos[e.channel] = e.pos;
		if (e.kind != EV_CLOCK || !e.ts_ns)
			continue;
		EXPECT_GT(e.ts_ns, clock_ns[e.channel]);
		clock_ns[e.channel] = e.ts_ns;
	}
	return run;
}

} // namespace kit

#endif
