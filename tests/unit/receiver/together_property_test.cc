/* SPDX-License-Identifier: BSD-3-Clause */
// All that can happen to a channel, together, over hundreds of seeds: two or three lines up to ten seconds apart, each
// losing, doubling and swapping by itself; numberings that begin anew, by session, within one, or by a packet that says so;
// and strangers on the same groups and beside them. The truth is what the generator knows: each message that reached a line
// in time is applied exactly once and in order, nothing of a stranger ever, and what is given up is counted.
#include "tests/unit/lines_kit.h"
#include "tests/unit/sanitized.h"

#include <cmath>

using namespace kit;

namespace
{

struct Story {
	FeedKind feed;
	unsigned lines, eras;
	uint64_t seed, step_ns, lag_ns;
	bool tight; // the next numbering begins before the lines have caught up
};

// Foreign makes the packets of strangers: never two in order with nothing of the truth between.
class Foreign
{
public:
	Foreign(const Story &what, std::mt19937_64 &random) : story(what), rng(random)
	{
	}
	unsigned refused = 0, numbered = 0; // of another session; of the channel's own

	// beside puts strangers between a line's packets.
	std::vector<Packet> beside(const std::vector<Packet> &line, const std::vector<std::unique_ptr<Market>> &market, double often)
	{
		std::vector<Packet> out;
		unsigned of_era = 0;
		for (size_t i = 0; i < line.size(); i++) {
			out.push_back(line[i]);
			of_era = i && line[i - 1].era == line[i].era ? of_era + 1 : 0;
			bool steady = of_era > 3 && i + 1 < line.size() && line[i + 1].era == line[i].era && line[i].count;
			if (steady && chance(often))
				out.push_back(one(line, i, market[line[i].era]->c.session));
		}
		return out;
	}

private:
	uint64_t below(uint64_t n)
	{
		return std::uniform_int_distribution<uint64_t>(0, n - 1)(rng);
	}
	bool chance(double p)
	{
		return std::uniform_real_distribution<double>(0, 1)(rng) < p;
	}
	Bytes content(uint64_t ns)
	{
		uint64_t tod = ns - morning_ns() + 36000 * NS_PER_S;
		switch (story.feed) {
		case ITCH: return itch_add(9, "ZZZ", 1 + below(1000), 'B', 1, 1, tod);
		case IEX_TP: return iex_trade('T', 0, ns, "ZZZ", 1, 1, below(1000));
		default: return pillar_add(1, below(1000), 'B', 1, 1, 5, 8);
		}
	}
	Packet one(const std::vector<Packet> &line, size_t i, unsigned session)
	{
		const Packet &at = line[i];
		Net net;
		net.dst_ip += at.line + 16u * story.feed;
		Packet p = { at.rx_ns, story.feed, at.line, 0, 0, {}, at.era, true };
		uint64_t kind = below(4), seq = 0;
		if (kind == 0) { // of no feed
			p.bytes = frame(Bytes(5 + below(40), (uint8_t)below(256)), net);
			return p;
		}
		if (kind == 1 || story.feed == PILLAR) { // damaged: the channel's own session, numbered back, at this time
			size_t back = i - below(std::min<uint64_t>(i, 40));
			while (line[back].era != at.era || line[back].count == 0)
				back++;
			numbered++;
			p.bytes = frame(payload(own(session), line[back].first, at.rx_ns), net);
			return p;
		}
		if (kind == 2 && story.feed == IEX_TP) // on a group of its own
			net.dst_ip += 8;
		seq = chance(0.5) ? next : 1 + below(100000);
		next = seq + 1;
		refused++;
		p.bytes = frame(payload("X", seq, at.rx_ns), net);
		return p;
	}
	static std::string own(unsigned session)
	{
		return "S" + std::to_string(session);
	}
	Bytes payload(const std::string &session, uint64_t seq, uint64_t ns)
	{
		switch (story.feed) {
		case ITCH: return mold(session, seq, { content(ns) });
		case IEX_TP: return iex(IEX_DEEP10, session == "X" ? 77 : 9 + (unsigned)(session[1] - '0'), seq, ns, { content(ns) });
		default: return pillar(11, (uint32_t)seq, { content(ns) }, ns);
		}
	}
	const Story story;
	std::mt19937_64 &rng;
	uint64_t next = 1;
};

struct Told {
	std::vector<std::unique_ptr<Market>> market;
	std::vector<Packet> clean, heard;
	std::vector<uint64_t> base; // of each era's messages among all
	uint64_t known = 0;	    // messages that somebody told of
	std::set<uint64_t> in_time; // messages that reached a line before the next era did
	unsigned refused = 0, numbered = 0;
};

void make_markets(const Story &s, std::mt19937_64 &rng, Told &t)
{
	Case c = { s.feed, s.lines, 120 + (unsigned)(rng() % 80), 0.2, 0.1, 0.1, s.step_ns };
	for (unsigned e = 0; e < s.eras; e++) {
		c.era = e;
		c.session += e && s.feed != PILLAR && rng() % 2;
		t.base.push_back(e ? t.base.back() + t.market.back()->last() : 0);
		t.market.push_back(std::make_unique<Market>(s.seed * 10 + e, c));
		c.after_ns = t.market.back()->sent.back() - morning_ns() + (s.tight ? 1 + rng() % NS_PER_S : 15 * NS_PER_S);
	}
}

// of_line is what one line brings of all eras; a heartbeat never comes after the next era began.
std::vector<Packet> of_line(const Story &s, Told &t, uint8_t number, bool faults)
{
	std::vector<Packet> out;
	for (unsigned e = 0; e < s.eras; e++) {
		Market &m = *t.market[e];
		std::vector<Packet> cut = m.cut(number);
		uint64_t end_ns = e + 1 < s.eras ? t.market[e + 1]->sent[1] : UINT64_MAX;
		while (cut.back().count == 0 && cut.back().rx_ns >= end_ns)
			cut.pop_back();
		if (faults)
			cut = m.fault(cut);
		out.insert(out.end(), cut.begin(), cut.end());
	}
	for (Packet &p : out)
		p.rx_ns += faults ? number * s.lag_ns : 0;
	for (size_t i = 1; i < out.size(); i++)
		out[i].rx_ns = std::max(out[i].rx_ns, out[i - 1].rx_ns);
	return out;
}

Told make(const Story &s)
{
	std::mt19937_64 rng(s.seed);
	Told t;
	make_markets(s, rng, t);
	t.clean = of_line(s, t, 0, false);
	std::vector<std::vector<Packet>> lines;
	Foreign foreign(s, rng);
	for (uint8_t i = 0; i < s.lines; i++) {
		std::vector<Packet> line = of_line(s, t, i, true);
		lines.push_back(foreign.beside(line, t.market, i % 2 ? 0.02 : 0.1));
	}
	t.refused = foreign.refused, t.numbered = foreign.numbered;
	t.heard = merge_lines(lines);
	std::vector<uint64_t> told(s.eras);
	std::vector<bool> begun(s.eras + 1);
	for (const Packet &p : t.heard) {
		if (p.foreign)
			continue;
		begun[p.era] = true;
		told[p.era] = std::max(told[p.era], p.first + p.count - 1);
		for (uint64_t k = 0; k < p.count && !begun[p.era + 1]; k++)
			t.in_time.insert(t.base[p.era] + p.first + k - 1);
	}
	for (uint64_t n : told)
		t.known += n;
	return t;
}

bool same(event a, event b)
{
	a.frame = b.frame = 0;
	a.pos = b.pos = 0; // what is told lost of an old numbering moves those of the new one
	a.flags &= (uint16_t)~EVF_PACKET;
	b.flags &= (uint16_t)~EVF_PACKET;
	return memcmp(&a, &b, sizeof a) == 0;
}

uint64_t lost_in(const Run &run)
{
	uint64_t lost = 0;
	for (const event &g : run.gaps)
		lost += g.ref;
	return lost;
}

// applied tells which of the true messages came out. Fails when one came twice, out of order, or of a stranger.
void applied(const Run &run, const Run &clean, std::vector<bool> &out)
{
	size_t k = 0;
	out.assign(clean.messages.size(), false);
	for (const event &e : run.messages) {
		while (k < clean.messages.size() && !same(e, clean.messages[k]))
			k++;
		ASSERT_LT(k, clean.messages.size()) << "not the truth's, or not in its order";
		out[k++] = true;
	}
}

void check_ledger(const Run &run, const Told &t)
{
	EXPECT_EQ(run.rig->count(LEDGER_gap_messages), lost_in(run));
	EXPECT_EQ(lost_in(run) + run.messages.size(), t.known);
	EXPECT_GE(run.rig->count(LEDGER_packets_stranger), t.refused);
	EXPECT_LE(run.rig->count(LEDGER_packets_stranger), t.refused + t.numbered);
	EXPECT_EQ(run.rig->r->n_channels, 1u);
}

void check_same(const Run &a, const Run &b)
{
	ASSERT_EQ(a.events.size(), b.events.size());
	for (size_t i = 0; i < a.events.size(); i++) {
		event x = a.events[i], y = b.events[i];
		x.frame = y.frame = 0;
		ASSERT_EQ(memcmp(&x, &y, sizeof x), 0) << i;
	}
	EXPECT_EQ(memcmp(&a.rig->ledger, &b.rig->ledger, sizeof a.rig->ledger), 0);
}

// play_two plays twice, cut differently.
Run play_two(const Told &t, Play how)
{
	Run a = play(t.heard, how);
	how.burst = 1 + (unsigned)t.market[0]->below(40);
	how.max = 8 + (unsigned)t.market[0]->below(9);
	check_same(a, play(t.heard, how));
	return a;
}

void check(const Story &s)
{
	SCOPED_TRACE("seed " + std::to_string(s.seed) + " feed " + std::to_string(s.feed) + " lag " + std::to_string(s.lag_ns) +
		     (s.tight ? " tight" : ""));
	Told t = make(s);
	Play plain, patient, hasty;
	plain.conf.hold_packets = 0;
	Run clean = play(t.clean, plain);
	ASSERT_EQ(clean.messages.size(), t.base.back() + t.market.back()->last());
	ASSERT_TRUE(clean.gaps.empty());
	patient.conf.hold_packets = 600;
	hasty.conf.hold_packets = 1 + (uint32_t)t.market[0]->below(8);
	hasty.conf.hold_ns = 1 + t.market[0]->below(s.step_ns * 20);
	std::vector<bool> got;
	for (const Play &how : { patient, hasty }) {
		SCOPED_TRACE(how.conf.hold_packets == 600 ? "patient" : "hasty");
		Run run = play_two(t, how);
		applied(run, clean, got);
		check_ledger(run, t);
		for (uint64_t i : t.in_time)
			ASSERT_TRUE(got[i] || how.conf.hold_packets != 600) << "message " << i << " reached a line";
	}
}

Story story(uint64_t seed, bool tight)
{
	std::mt19937_64 rng(seed);
	uint64_t step_ns = 1000u << rng() % 15, lag_ns = 1000 * (uint64_t)pow(10, (double)(rng() % 700) / 100);
	return { (FeedKind)(seed % 3), 1 + (unsigned)(rng() % 3), 1 + (unsigned)(rng() % 3), seed, step_ns, lag_ns, tight };
}

} // namespace

TEST(Together, LinesCatchUpBeforeTheNextNumbering)
{
	for (uint64_t seed = 1; seed <= seeds(500) && !HasFailure(); seed++)
		check(story(seed, false));
}

TEST(Together, TheNextNumberingOvertakesLines)
{
	for (uint64_t seed = 1001; seed <= 1000 + seeds(500) && !HasFailure(); seed++)
		check(story(seed, true));
}
