/* SPDX-License-Identifier: BSD-3-Clause */
// Arbitration as a property, over hundreds of seeds: one stream of messages, cut into different packets for two or
// three lines, each line losing, duplicating and reordering up to 20 % of its packets by itself. What comes out is the
// lossless run's whenever each message survived on one line or in recovery; otherwise it is that without the lost ones,
// and these are counted exactly.
#include "tests/unit/lines_kit.h"
#include "tests/unit/sanitized.h"

using namespace kit;

namespace
{

bool same(event a, event b)
{
	a.frame = b.frame = 0;
	a.flags &= (uint16_t)~EVF_PACKET; // lines may cut the stream differently
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

void check_lines(const Run &run, const Market &market, const std::vector<Packet> &packets)
{
	counts_publish(run.rig->r.get());
	const channel_counts &ch = *run.rig->r->channel[0].counts;
	uint64_t first = 0, duplicate = 0, late = 0;
	for (unsigned i = 0; i < ch.n_lines; i++) {
		const line_counts &l = ch.line[i];
		uint8_t line = (uint8_t)(l.dst_ip - Net().dst_ip) % 16;
		uint64_t announced = 0;
		for (const Packet &p : packets)
			announced += p.line == line ? p.count : 0;
		first += l.first, duplicate += l.duplicate, late += l.late;
		EXPECT_EQ(l.first + l.duplicate, announced);
		EXPECT_LE(l.skew.count, l.packets);
		EXPECT_EQ(l.lost, market.last() - brought(packets, market.c.feed, line).size()) << "line " << (int)line;
	}
	EXPECT_EQ(first + run.rig->count(LEDGER_recovered_messages), ch.messages);
	EXPECT_LE(duplicate, ch.duplicates);
	if (!run.rig->count(LEDGER_recovered_packets)) {
		EXPECT_EQ(duplicate, ch.duplicates);
	}
	EXPECT_EQ(late, run.rig->count(LEDGER_late_messages));
	EXPECT_EQ(ch.messages + ch.duplicates, run.rig->count(LEDGER_messages_rx));
}

// Patient enough for everything: nothing is lost but what no line brought.
void check_patient(const Market &market, const std::vector<Packet> &packets, const Run &clean)
{
	Run run = play(packets, Play());
	std::set<uint64_t> survivors = brought(packets, market.c.feed, -1);
	size_t k = 0;
	for (uint64_t i : survivors) {
		ASSERT_LT(k, run.messages.size());
		ASSERT_TRUE(same(run.messages[k], clean.messages[i - 1])) << "message " << i;
		k++;
	}
	EXPECT_EQ(k, run.messages.size());
	EXPECT_EQ(lost_in(run), market.last() - survivors.size());
	EXPECT_EQ(run.rig->count(LEDGER_gap_messages), lost_in(run));
	EXPECT_EQ(run.rig->count(LEDGER_gaps), run.gaps.size());
	EXPECT_EQ(run.rig->count(LEDGER_late_messages), 0u);
	EXPECT_EQ(run.rig->r->channel[0].next_seq, market.last() + 1);
	for (unsigned i = 0; i < run.rig->r->counts->n_holes; i++)
		for (uint64_t n = run.rig->r->counts->hole[i].first_seq; n <= run.rig->r->counts->hole[i].last_seq; n++)
			EXPECT_FALSE(survivors.count(n)) << n;
	check_lines(run, market, packets);
}

// Recovery answers every hole: nothing is lost at all.
void check_recovered(Market &market, const std::vector<Packet> &packets, const Run &clean)
{
	Play how;
	how.recovery = &market;
	how.burst = 1 + (unsigned)market.below(40);
	how.max = 8 + (unsigned)market.below(100);
	Run run = play(packets, how);
	ASSERT_EQ(run.messages.size(), clean.messages.size());
	for (size_t i = 0; i < clean.messages.size(); i++)
		ASSERT_TRUE(same(run.messages[i], clean.messages[i])) << "message " << i + 1;
	EXPECT_TRUE(run.gaps.empty());
	check_lines(run, market, packets);
}

// Of short patience: more may be lost, but it is counted, in order, and the same however it is pushed.
void check_hasty(Market &market, const std::vector<Packet> &packets, const Run &clean)
{
	Play how, other;
	how.conf.hold_packets = 1 + (uint32_t)market.below(8);
	how.conf.hold_ns = 1 + market.below(30000);
	other = how;
	other.burst = 1 + (unsigned)market.below(40);
	other.max = 8 + (unsigned)market.below(9);
	Run a = play(packets, how), b = play(packets, other);
	EXPECT_EQ(lost_in(a) + a.messages.size(), market.last());
	EXPECT_EQ(a.rig->count(LEDGER_gap_messages), lost_in(a));
	for (size_t i = 0; i < a.messages.size(); i++)
		ASSERT_TRUE(same(a.messages[i], clean.messages[a.messages[i].pos])) << i;
	check_lines(a, market, packets);
	ASSERT_EQ(a.events.size(), b.events.size());
	for (size_t i = 0; i < a.events.size(); i++)
		ASSERT_TRUE(same(a.events[i], b.events[i])) << i;
	EXPECT_EQ(memcmp(&a.rig->ledger, &b.rig->ledger, sizeof a.rig->ledger), 0);
}

void check(uint64_t seed, const Case &c)
{
	SCOPED_TRACE("seed " + std::to_string(seed) + " feed " + std::to_string(c.feed));
	Market market(seed, c);
	std::vector<std::vector<Packet>> lines;
	for (uint8_t i = 0; i < c.lines; i++)
		lines.push_back(market.fault(market.cut(i)));
	std::vector<Packet> packets = merge_lines(lines);
	Play plain;
	plain.conf.hold_packets = 0;
	Run clean = play(market.cut(0), plain);
	ASSERT_EQ(clean.messages.size(), market.last());
	ASSERT_TRUE(clean.gaps.empty());
	check_patient(market, packets, clean);
	check_recovered(market, packets, clean);
	check_hasty(market, packets, clean);
}

FeedKind feed_of(uint64_t seed)
{
	return (FeedKind)(seed % 3);
}

} // namespace

TEST(ArbiterProperty, LightFaults)
{
	for (uint64_t seed = 1; seed <= seeds(150) && !HasFailure(); seed++)
		check(seed, { feed_of(seed), seed % 5 ? 2u : 3u, 300, 0.02, 0.02, 0.02 });
}

TEST(ArbiterProperty, HeavyFaults)
{
	for (uint64_t seed = 1000; seed < 1000 + seeds(240) && !HasFailure(); seed++)
		check(seed, { feed_of(seed), seed / 3 % 3 ? 2u : 3u, 300, 0.2, 0.2, 0.2 });
}

TEST(ArbiterProperty, ReorderAloneOnOneLine)
{
	for (uint64_t seed = 2000; seed < 2000 + seeds(60) && !HasFailure(); seed++)
		check(seed, { feed_of(seed), 1, 300, 0, 0.1, 0.2 });
}
