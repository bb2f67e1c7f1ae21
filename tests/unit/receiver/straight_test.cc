/* SPDX-License-Identifier: BSD-3-Clause */
// The straight way of the receiver against the ordinary one (ordinary.c), over hundreds of seeds: lines that
// lose, double, swap and lag, sessions and numbers that begin anew, damaged headers, tags, padding, cut
// frames, datagrams of several packets, and recovery. Events, the ledger, all that is counted and what is
// remembered must be the same.
extern "C" {
#include "drivers/receiver/receiver.h"

unsigned ordinary_push(struct receiver *r, const struct frame_in *frame, unsigned n, struct event *out,
		       unsigned max, unsigned *used);
extern uint64_t ordinary_asked;
}

static bool ordinary;

static unsigned push_either(struct receiver *r, const struct frame_in *frame, unsigned n, struct event *out,
			    unsigned max, unsigned *used)
{
	return (ordinary ? ordinary_push : receiver_push)(r, frame, n, out, max, used);
}

#define receiver_push push_either // by the kit
#include "tests/unit/lines_kit.h"
#include "tests/unit/sanitized.h"

using namespace kit;

namespace
{

// A frame as a port hands it out.
struct Heard {
	Packet packet;
	uint32_t missing = 0; // bytes that the capture left out
	bool bad = false, segmented = false;
};

struct Story {
	uint64_t seed;
	FeedKind feed;
	unsigned lines, eras;
	double damage;
};

class Wire
{
public:
	explicit Wire(const Story &what) : story(what), rng(what.seed)
	{
		Case c = { story.feed, story.lines, 150, 0.1, 0.05, 0.1 };
		for (unsigned e = 0; e < story.eras; e++) {
			c.era = e;
			c.session += e && story.feed != PILLAR && chance(0.5);
			market.push_back(std::make_unique<Market>(story.seed * 10 + e, c));
			c.after_ns = market.back()->sent.back() - morning_ns() + 5 * NS_PER_S;
		}
		std::vector<std::vector<Packet>> lines;
		for (uint8_t i = 0; i < story.lines; i++)
			lines.push_back(line(i));
		for (Packet &p : merge_lines(lines))
			heard.push_back(on_the_way({ std::move(p) }));
	}
	std::vector<std::unique_ptr<Market>> market;
	std::vector<Heard> heard;

private:
	uint64_t below(uint64_t n) { return std::uniform_int_distribution<uint64_t>(0, n - 1)(rng); }
	bool chance(double p) { return std::uniform_real_distribution<double>(0, 1)(rng) < p; }
	std::vector<Packet> line(uint8_t number)
	{
		std::vector<Packet> out;
		uint64_t lag_ns = number * below(NS_PER_MS);
		for (auto &m : market)
			for (Packet &p : glued(m->fault(m->cut(number)))) {
				p.rx_ns += lag_ns;
				out.push_back(std::move(p));
			}
		return out;
	}
	// Some datagrams hold the next packet, too.
	std::vector<Packet> glued(const std::vector<Packet> &in)
	{
		std::vector<Packet> out;
		for (size_t i = 0; i < in.size(); i++) {
			out.push_back(in[i]);
			if (i + 1 == in.size() || !chance(story.damage / 2))
				continue;
			Net net;
			net.dst_ip += in[i].line + 16u * story.feed;
			Bytes both(in[i].bytes.begin() + 42, in[i].bytes.end());
			both.insert(both.end(), in[i + 1].bytes.begin() + 42, in[i + 1].bytes.end());
			out.back().bytes = frame(both, net);
			out.back().rx_ns = in[++i].rx_ns;
		}
		return out;
	}
	Heard on_the_way(Heard h)
	{
		Bytes &b = h.packet.bytes;
		if (!chance(story.damage))
			return h;
		switch (below(8)) {
		case 0: b.resize(b.size() - 1 - below(20)), h.missing = 20; break;
		case 1: h.bad = true; break;
		case 2: h.segmented = true; break;
		case 3: b.resize(b.size() + below(30), 0xee); break;
		case 4: { // a tag
			const Bytes tag = { 0x81, 0, 0, 141 };
			b.insert(b.begin() + 12, tag.begin(), tag.end());
			break;
		}
		case 5: // says that it is sent again, a snapshot, or another kind
			b[story.feed == PILLAR ? 44 : below(b.size())] = (uint8_t)(10 + below(12));
			break;
		default: b[below(std::min<uint64_t>(b.size(), 80))] ^= (uint8_t)(1 + below(255)); break;
		}
		return h;
	}
	const Story story;
	std::mt19937_64 rng;
};

Run play_way(bool by_ordinary, const Wire &wire, const Play &how)
{
	Run run;
	ordinary = by_ordinary;
	run.rig = std::make_unique<Rig>(64, how.conf);
	run.rig->keeps_held = true;
	for (size_t at = 0; at < wire.heard.size(); at += how.burst) {
		std::vector<frame_in> in;
		for (size_t i = at; i < std::min(wire.heard.size(), at + how.burst); i++) {
			const Heard &h = wire.heard[i];
			uint32_t bytes = (uint32_t)h.packet.bytes.size();
			in.push_back({ h.packet.bytes.data(), bytes, bytes + h.missing, h.packet.rx_ns, h.bad,
				       h.segmented, h.packet.line });
		}
		keep(run, run.rig->push_in(in, how.max), in, 0);
		if (how.recovery)
			recover(run, *how.recovery, in.back().rx_ns, how.max);
	}
	keep(run, run.rig->flush(UINT64_MAX, how.max), {}, 0);
	EXPECT_TRUE(run.rig->balanced());
	counts_publish(run.rig->r.get());
	return run;
}

void same_channel(const receiver_channel &a, const receiver_channel &b)
{
	EXPECT_EQ(memcmp(a.counts, b.counts, sizeof *a.counts), 0);
	EXPECT_EQ(memcmp(a.past, b.past, sizeof a.past), 0);
	EXPECT_EQ(memcmp(a.stranger, b.stranger, sizeof a.stranger), 0);
	EXPECT_EQ(memcmp(a.mark, b.mark, sizeof a.mark), 0);
	EXPECT_EQ(memcmp(a.arrival, b.arrival, sizeof a.arrival), 0);
	EXPECT_EQ(a.n_marks, b.n_marks);
	EXPECT_EQ(a.n_arrivals, b.n_arrivals);
	EXPECT_EQ(a.numbering, b.numbering);
	EXPECT_EQ(a.pos, b.pos);
	EXPECT_EQ(a.last_send_ns, b.last_send_ns);
	EXPECT_EQ(a.newest_ns, b.newest_ns);
	EXPECT_EQ(a.fresh_rx_ns, b.fresh_rx_ns);
	EXPECT_EQ(a.reset_ns, b.reset_ns);
	EXPECT_EQ(a.decode.send_ns, b.decode.send_ns);
	EXPECT_EQ(a.decode.horizon_ns, b.decode.horizon_ns);
	EXPECT_EQ(a.missing.n, b.missing.n);
	for (unsigned i = 0; i < a.n_lines; i++) {
		EXPECT_EQ(a.line[i].next_seq, b.line[i].next_seq);
		EXPECT_EQ(a.line[i].old_next_seq, b.line[i].old_next_seq);
		EXPECT_EQ(a.line[i].numbering, b.line[i].numbering);
		EXPECT_EQ(a.line[i].missing.n, b.line[i].missing.n);
	}
}

void same_runs(const Run &a, const Run &b)
{
	ASSERT_EQ(a.events.size(), b.events.size());
	for (size_t i = 0; i < a.events.size(); i++)
		ASSERT_EQ(memcmp(&a.events[i], &b.events[i], sizeof(event)), 0) << i;
	EXPECT_EQ(a.rx, b.rx);
	EXPECT_EQ(memcmp(&a.rig->ledger, &b.rig->ledger, sizeof a.rig->ledger), 0);
	EXPECT_EQ(a.rig->r->counts->n_holes, b.rig->r->counts->n_holes);
	ASSERT_EQ(a.rig->r->n_channels, b.rig->r->n_channels);
	for (unsigned i = 0; i < a.rig->r->n_channels; i++)
		same_channel(a.rig->r->channel[i], b.rig->r->channel[i]);
}

void check(const Story &s)
{
	SCOPED_TRACE("seed " + std::to_string(s.seed) + " feed " + std::to_string(s.feed));
	Wire wire(s);
	Play patient, hasty, helped;
	hasty.conf.hold_packets = (uint32_t)(s.seed % 8);
	hasty.conf.hold_ns = 1 + s.seed % 30000;
	hasty.burst = 1 + (unsigned)(s.seed % 40);
	hasty.max = 8 + (unsigned)(s.seed % 9);
	for (const Play &how : { patient, hasty })
		same_runs(play_way(false, wire, how), play_way(true, wire, how));
	if (s.eras > 1) // no more holes than one market can fill
		return;
	Market first = *wire.market[0], again = first; // what is drawn for an answer is drawn alike
	helped.recovery = &first;
	Run straight = play_way(false, wire, helped);
	helped.recovery = &again;
	same_runs(straight, play_way(true, wire, helped));
}

} // namespace

TEST(Straight, LinesThatLose)
{
	for (uint64_t seed = 1; seed <= seeds(270) && !HasFailure(); seed++)
		check({ seed, (FeedKind)(seed % 3), 1 + (unsigned)(seed / 3 % 3),
			1 + (unsigned)(seed / 9 % 3), 0 });
	EXPECT_GT(ordinary_asked, seeds(10000)); // it would have gone straight
}

TEST(Straight, LinesThatDamage)
{
	for (uint64_t seed = 1000; seed < 1000 + seeds(270) && !HasFailure(); seed++)
		check({ seed, (FeedKind)(seed % 3), 1 + (unsigned)(seed / 3 % 3), 2, 0.1 });
}

static unsigned parsed;

static bool counted_header(const uint8_t *payload, size_t bytes, struct packet *out)
{
	parsed++;
	return feed_by_name("itch50")->header(payload, bytes, out);
}

TEST(Straight, HeadersOfALineBehindAreParsedOnce)
{
	struct feed feed = *feed_by_name("itch50");
	feed.header = counted_header;
	Rig rig(64, { &feed, false, 1000, 17000 });
	const Net a, b = { a.dst_ip + 1 };
	auto one = [](uint64_t seq) { return mold("S", seq, { itch_add(1, "A", seq, 'B', 1, 1) }); };
	for (const Net &net : { a, b }) // who they are
		rig.push({ frame(one(1), net) });
	rig.push({ frame(one(2), a), frame(one(3), a) });
	parsed = 0;
	for (uint64_t seq = 2; seq < 50; seq++)
		rig.push({ frame(one(seq), b), frame(one(seq + 2), a) });
	EXPECT_EQ(parsed, 2u * 48);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 49u);
	EXPECT_EQ(rig.r->channel[0].next_seq, 52u);
}
