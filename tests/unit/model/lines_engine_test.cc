/* SPDX-License-Identifier: BSD-3-Clause */
// Bars of faulty lines, over hundreds of seeds: where every message survived on a line or in recovery, the bars are the
// lossless run's, byte for byte. Where messages were lost on all lines,
//
//   affected   is a bar of an instrument that the channel carries (nobody can know whose the lost messages were) into
//              whose interval the time of a lost message falls: it is flagged GAP;
//   touched    is a bar that reaches into the span from the channel's clock before the hole, less its lateness, to its
//              clock behind it: no other bar may be flagged GAP. ITCH's clock is the message's own time; that of the
//              others is the packet's, known here to within kMost messages on either side, and it stands still during
//              a hole;
//   suspect    is a bar that closes behind a hole: BOOK_SUSPECT, for good where the book is of orders. A bar that closed
//              before the first hole, and each bar of instruments on other channels only, is the same row.
#include <map>
#include <tuple>

#include "tests/unit/engine_kit.h"
#include "tests/unit/lines_kit.h"
#include "tests/unit/sanitized.h"

using namespace kit;

namespace
{

using Key = std::tuple<uint64_t, unsigned, uint32_t>; // open_ts, span, instrument

struct Bars {
	std::map<Key, bar> row;
	std::string text;
};

// Rows that close behind the last message are left out: how far they go is decided by heartbeats, and by when they came
// where they carry no time.
Bars bars_of(const Run &run, uint64_t last_ns)
{
	Script s;
	s.ev = run.events;
	s.rx = run.rx;
	engine_conf conf = Engine::conf();
	conf.silence_ns = 3600 * NS_PER_S; // how long a hole may be waited for is not this test's subject
	conf.pace[VENUE_ARCA].lateness_ns = NS_PER_MS;
	Engine e(conf);
	e.run(s, 0, SIZE_MAX, 16);
	e.drain();
	Bars out;
	e.bars.erase(std::remove_if(e.bars.begin(), e.bars.end(), [&](const bar &b) { return b.close_ts > last_ns; }), e.bars.end());
	for (const bar &b : e.bars)
		out.row[{ b.open_ts, b.span, b.instr }] = b;
	out.text = e.text();
	return out;
}

std::string line_of_csv(const bar &b)
{
	char line[BAR_LINE_BYTES];
	return std::string(line, bar_csv_row(&b, line));
}

bool same_prints(const bar &a, const bar &b)
{
	return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close && a.volume == b.volume &&
	       a.trades == b.trades;
}

// One channel's holes, as its market knows them.
struct Holes {
	Holes(const Market &m, const std::vector<Packet> &packets, const Rig &rig) : market(m)
	{
		std::set<uint64_t> survivors = brought(packets, m.c.feed, -1);
		for (uint64_t i = 1; i <= m.last(); i++) {
			if (survivors.count(i))
				continue;
			if (hole.empty() || hole.back().second + 1 != i)
				hole.push_back({ i, i });
			hole.back().second = i;
			lost++;
		}
		lateness_ns = m.c.feed == IEX_TP ? 5 * NS_PER_MS : m.c.feed == PILLAR ? NS_PER_MS : 0;
		for (unsigned k = 0; k < 3; k++)
			instr.insert(rig.id(std::string(1, (char)('A' + m.c.symbol + k))));
	}
	uint64_t low(uint64_t first) const
	{
		uint64_t slack = market.c.feed == ITCH ? 1 : 2 * kMost;
		return market.sent[first > slack ? first - slack : 1] - lateness_ns;
	}
	uint64_t high(uint64_t last) const
	{
		uint64_t to = last + (market.c.feed == ITCH ? 1 : 2 * kMost);
		return to <= market.last() ? market.sent[to] : UINT64_MAX; // the end, or a heartbeat behind it
	}
	bool carries(const bar &b) const
	{
		return instr.count(b.instr) > 0;
	}
	bool affected(const bar &b) const
	{
		for (auto &h : hole)
			for (uint64_t i = h.first; i <= h.second && carries(b); i++)
				if (market.sent[i] >= b.open_ts && market.sent[i] < b.close_ts)
					return true;
		return false;
	}
	bool touched(const bar &b) const
	{
		for (auto &h : hole)
			if (carries(b) && low(h.first) < b.close_ts && high(h.second) >= b.open_ts)
				return true;
		return false;
	}
	// behind: surely closes behind a hole. maybe: perhaps.
	bool behind(const bar &b, bool maybe) const
	{
		return !hole.empty() && carries(b) &&
		       (maybe ? b.close_ts > low(hole[0].first) : high(hole[0].second) < b.open_ts);
	}
	const Market &market;
	std::vector<std::pair<uint64_t, uint64_t>> hole;
	uint64_t lost = 0, lateness_ns;
	std::set<uint32_t> instr;
};

template <class F> bool any(const std::vector<Holes> &holes, F of)
{
	return std::any_of(holes.begin(), holes.end(), of);
}

std::string what(const bar &b)
{
	return line_of_csv(b).substr(0, 60);
}

void check_flags(const std::vector<Holes> &holes, const Bars &clean, const Bars &got)
{
	for (auto &row : got.row) {
		const auto &key = row.first;
		const auto &b = row.second;

		bool gap = b.flags & BAR_GAP, suspect = b.flags & BAR_BOOK_SUSPECT;
		bool maybe = any(holes, [&](const Holes &h) { return h.behind(b, true); });
		EXPECT_TRUE(gap || !any(holes, [&](const Holes &h) { return h.affected(b); })) << "not GAP: " << what(b);
		EXPECT_TRUE(!gap || any(holes, [&](const Holes &h) { return h.touched(b); })) << "GAP: " << what(b);
		EXPECT_TRUE(!suspect || maybe) << "BOOK_SUSPECT: " << what(b);
		EXPECT_TRUE(suspect || !any(holes, [&](const Holes &h) {
			return h.market.c.feed != IEX_TP && h.behind(b, false);
		})) << "not BOOK_SUSPECT: " << what(b);
		auto was = clean.row.find(key);
		if (was == clean.row.end()) {
			EXPECT_TRUE(gap || suspect) << "of its own: " << what(b);
			continue;
		}
		EXPECT_TRUE(gap || suspect || same_prints(b, was->second)) << "other prints: " << what(b);
		EXPECT_TRUE(maybe || line_of_csv(b) == line_of_csv(was->second)) << line_of_csv(b) << line_of_csv(was->second);
	}
	for (auto &row : clean.row) {
		const auto &key = row.first;
		const auto &b = row.second;

		EXPECT_TRUE(got.row.count(key) || any(holes, [&](const Holes &h) { return h.behind(b, true); }))
			<< "missing: " << what(b);
	}
}

struct Feed {
	FeedKind feed;
	unsigned symbol;
};

void check(uint64_t seed, const std::vector<Feed> &feeds, double faults, unsigned messages, unsigned *n_lossless)
{
	SCOPED_TRACE("seed " + std::to_string(seed));
	std::vector<std::unique_ptr<Market>> markets;
	std::vector<std::vector<Packet>> whole, lines;
	for (const Feed &f : feeds) {
		Case c = { f.feed, seed % 5 ? 2u : 3u, messages, faults, faults, faults, 15 * NS_PER_S / messages, f.symbol };
		markets.push_back(std::make_unique<Market>(seed * 10 + f.feed, c));
		whole.push_back(markets.back()->cut(0));
		for (uint8_t i = 0; i < c.lines; i++)
			lines.push_back(markets.back()->fault(markets.back()->cut(i)));
	}
	std::vector<Packet> packets = merge_lines(lines);
	Play how;
	Run lossless = play(merge_lines(whole), how), run = play(packets, how);
	uint64_t last_ns = UINT64_MAX;
	for (auto &m : markets)
		last_ns = std::min(last_ns, m->sent.back());
	Bars clean = bars_of(lossless, last_ns), got = bars_of(run, last_ns);
	ASSERT_GT(clean.row.size(), 10u);
	std::vector<Holes> holes;
	uint64_t lost = 0;
	for (auto &m : markets)
		holes.emplace_back(*m, packets, *run.rig);
	for (auto &h : holes)
		lost += h.lost;
	EXPECT_EQ(run.rig->count(LEDGER_gap_messages), lost);
	*n_lossless += !lost;
	EXPECT_TRUE(lost || got.text == clean.text);
	if (lost)
		check_flags(holes, clean, got);
	if (feeds.size() > 1)
		return;
	how.recovery = markets[0].get();
	EXPECT_EQ(bars_of(play(packets, how), last_ns).text, clean.text) << "recovered";
}

} // namespace

TEST(LinesEngine, OneChannel)
{
	unsigned n_lossless = 0, n = 0;
	for (uint64_t seed = 1; seed <= seeds(120) && !HasFailure(); seed++, n++)
		check(seed, { { (FeedKind)(seed % 3), 0 } }, seed % 2 ? 0.05 : 0.2, 400, &n_lossless);
	EXPECT_GT(n_lossless, n / 10); // both kinds were seen
	EXPECT_LT(n_lossless, n - n / 4);
}

// B and C are on two channels each, A and E on one: a hole of one venue says nothing about what only another carries.
TEST(LinesEngine, VenuesTogether)
{
	unsigned n_lossless = 0, n = 0;
	for (uint64_t seed = 201; seed <= 200 + seeds(100) && !HasFailure(); seed++, n++)
		check(seed, { { ITCH, 0 }, { IEX_TP, 1 }, { PILLAR, 2 } }, seed % 2 ? 0.04 : 0.2, 250, &n_lossless);
	EXPECT_GT(n_lossless, n / 10); // both kinds were seen
	EXPECT_LT(n_lossless, n - n / 4);
}
