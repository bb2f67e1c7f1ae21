/* SPDX-License-Identifier: BSD-3-Clause */
// Heartbeats that are merged (receiver_conf.merges_beats) against the same one by one: over random hours of two
// channels with copies on a second line, in bursts of 1 to 64 frames, all that is counted, what the receiver and the
// engine know and the rows that they make must be the same.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/engine_kit.h"
#include "tests/unit/pillar_kit.h"

extern "C" {
#include "lcore/model/engine_hash.h"
#include "tests/unit/sanitized.h"
}

using namespace kit;

namespace
{

struct Heard {
	Bytes bytes;
	frame_in in;
};

// What lines bring: mostly the same heartbeat again and again, as no exchange sends them so close together.
class Hour
{
public:
	explicit Hour(uint64_t seed) : rng(seed)
	{
		put(data(), a);
		for (uint64_t frames = 200 + below(400); heard.size() < frames;)
			speak();
		for (Heard &h : heard)
			h.in.data = h.bytes.data();
	}
	std::vector<Heard> heard;

private:
	uint64_t below(uint64_t n) { return std::uniform_int_distribution<uint64_t>(0, n - 1)(rng); }
	Bytes beat(uint64_t at) { return mold(session, at, {}); }
	Bytes data()
	{
		uint64_t of_day = 36000 * NS_PER_S + (ns - base_ns());
		Bytes m = itch_head('P', 3, of_day) + big(0, 8) + Bytes{ 'B' } + big(100, 4) + text("AB", 8) +
			  big(100000 + below(100) * 100, 4) + big(seq, 8);

		return mold(session, seq++, { m });
	}
	void put(const Bytes &payload, Net net)
	{
		net.padding = below(8) ? 0 : (int)below(20);
		put_frame(frame(payload, net), (uint8_t)(net.dst_ip == b.dst_ip));
	}
	void put_frame(Bytes bytes, uint8_t source)
	{
		if (bytes.size() > 41) { // what each datagram has anew
			bytes[18] = (uint8_t)below(256), bytes[19] = (uint8_t)below(256);
			bytes[24] = (uint8_t)below(256), bytes[41] = (uint8_t)below(256);
		}
		uint32_t n = (uint32_t)bytes.size();
		heard.push_back({ bytes, { nullptr, n, n, ns, false, false, source } });
		step();
	}
	void step()
	{
		static const uint64_t steps[] = { 0,
						  1000,
						  1000,
						  NS_PER_MS,
						  60 * NS_PER_MS,
						  400 * NS_PER_MS,
						  NS_PER_S,
						  7 * NS_PER_S };

		if (below(6) == 0)
			ns += steps[below(8)] + below(1000);
		else if (below(40) == 0)
			ns -= below(50) * 1000; // ports do not agree on the time
		else
			ns += 1000;
	}
	void speak()
	{
		uint64_t n = 1 + below(80);

		switch (below(16)) {
		case 0: put(data(), a); break;
		case 1: // on both lines
			put(data(), a);
			put(mold(session, seq - 1, {}, 0), b);
			break;
		case 2: data(); break; // lost: the next one is behind a hole
		case 3: put(iex(0x8004, 9, 1, ns, {}), c); break;
		case 4: put(mold(session, seq, {}, 0xffff), a); break; // ends
		case 5: session = below(2) ? "S" : "T"; break;
		case 6: put(beat(seq - below(2)), b); break;
		case 7: damage(); break;
		default:
			for (const Net &net = below(4) ? a : b; n; n--)
				put(beat(seq), net);
		}
	}
	void damage()
	{
		Bytes f = frame(beat(seq), a);

		put_frame(f, 0);
		switch (below(7)) {
		case 0: put_frame(f, 0), heard.back().in.checksum_bad = true; break;
		case 1: put_frame(f, 0), heard.back().in.segmented = true; break;
		case 2: put_frame(f, 3); break; // another port: another line
		case 3: f.resize(f.size() - 1 - below(20)), put_frame(f, 0); break;
		case 4: put_frame(f, 0), heard.back().in.link = FRAME_IP; break;
		case 5: // bytes behind the UDP datagram are of IPv4's: the second one is cut inside that
			f.resize(74), f[17] = 60;
			put_frame(f, 0);
			f.resize(64 + below(10)), put_frame(f, 0);
			break;
		default: f[below(f.size())] ^= (uint8_t)(1 << below(8)), put_frame(f, 0); break;
		}
		put_frame(frame(beat(seq), a), 0);
	}
	std::mt19937_64 rng;
	uint64_t ns = base_ns(), seq = 1;
	std::string session = "S";
	const Net a, b = { a.dst_ip + 1 }, c = { a.dst_ip + 2 };
};

struct Ran {
	std::unique_ptr<Rig> rig;
	std::unique_ptr<Engine> engine;
	std::vector<event> events; // merged ones taken apart
	std::vector<uint64_t> rx;
	unsigned merged = 0;
};

void apply(Ran &ran, const std::vector<event> &ev, const uint64_t *rx)
{
	for (const event &e : ev) {
		unsigned more = e.kind == EV_CLOCK && !e.ts_ns ? e.qty : 0;

		ran.merged += more;
		for (unsigned k = 0; k <= more; k++) {
			ran.events.push_back(e);
			ran.rx.push_back(rx[e.frame + k]);
			ran.events.back().frame = 0;
			if (more)
				ran.events.back().qty = 0;
		}
	}
	for (uint8_t i = 0; i < ran.rig->r->n_channels; i++)
		engine_join_feed(&ran.engine->e, i, ran.rig->r->channel[i].feed);
	if (!ev.empty())
		engine_apply(&ran.engine->e, ev.data(), (unsigned)ev.size(), rx);
	ASSERT_STREQ(nullptr, engine_check(&ran.engine->e));
}

void flush(Ran &ran, uint64_t now_ns)
{
	std::vector<event> out(64);

	while (ran.rig->r->expiry_ns <= now_ns || now_ns == UINT64_MAX) {
		unsigned n = receiver_flush(ran.rig->r.get(), now_ns, out.data(), 64);

		if (!n)
			break;
		apply(ran, { out.begin(), out.begin() + n }, &ran.rig->r->expired_ns);
	}
}

void play(Ran &ran, const Hour &hour, bool merges, bool stops, uint64_t burst_seed)
{
	std::mt19937_64 rng(burst_seed);
	receiver_conf conf = { nullptr, false, 1000, 20522, 8, 50 * NS_PER_MS };

	conf.merges_beats = merges;
	conf.stops_at_expiry = stops;
	ran.rig = std::make_unique<Rig>(64, conf);
	ran.engine = std::make_unique<Engine>();
	for (size_t at = 0, n; at < hour.heard.size(); at += n) {
		std::vector<frame_in> in;
		std::vector<uint64_t> rx;

		n = burst_seed ? std::uniform_int_distribution<size_t>(1, 64)(rng) : 1;
		n = std::min(n, hour.heard.size() - at);
		for (size_t i = 0; i < n; i++) {
			in.push_back(hour.heard[at + i].in);
			rx.push_back(in.back().rx_ns);
		}
		for (unsigned done = 0, used; done < n; done += used) {
			std::vector<event> out(256);

			flush(ran, rx[done]);
			out.resize(receiver_push(ran.rig->r.get(), in.data() + done, (unsigned)n - done,
						 out.data(), 256, &used));
			apply(ran, out, rx.data() + done);
		}
		ASSERT_TRUE(ran.rig->balanced());
	}
	flush(ran, UINT64_MAX);
	while (engine_seal(&ran.engine->e, 1000))
		;
}

void same(const Ran &a, const Ran &b)
{
	ASSERT_EQ(a.events.size(), b.events.size());
	for (size_t i = 0; i < a.events.size(); i++)
		ASSERT_EQ(memcmp(&a.events[i], &b.events[i], sizeof(event)), 0) << i;
	EXPECT_EQ(a.rx, b.rx);
	EXPECT_EQ(memcmp(&a.rig->ledger, &b.rig->ledger, sizeof a.rig->ledger), 0);
	ASSERT_EQ(a.rig->r->n_channels, b.rig->r->n_channels);
	for (unsigned i = 0; i < a.rig->r->n_channels; i++) {
		const receiver_channel &x = a.rig->r->channel[i], &y = b.rig->r->channel[i];
		const chan &u = a.engine->e.chan[i], &v = b.engine->e.chan[i];

		EXPECT_EQ(memcmp(x.counts, y.counts, sizeof *x.counts), 0);
		EXPECT_EQ(x.next_seq, y.next_seq);
		EXPECT_EQ(x.fresh_rx_ns, y.fresh_rx_ns);
		EXPECT_EQ(x.last_send_ns, y.last_send_ns);
		EXPECT_EQ(x.decode.send_ns, y.decode.send_ns);
		for (unsigned k = 0; k < x.n_lines; k++)
			EXPECT_EQ(x.line[k].next_seq, y.line[k].next_seq);
		EXPECT_EQ(u.clock_ns, v.clock_ns);
		EXPECT_EQ(u.spoke_rx_ns, v.spoke_rx_ns);
		EXPECT_EQ(u.idle_ns, v.idle_ns);
		EXPECT_EQ(u.leap_rx_ns, v.leap_rx_ns);
		EXPECT_EQ(u.state, v.state);
	}
	EXPECT_EQ(a.engine->e.rx_ns, b.engine->e.rx_ns);
	EXPECT_EQ(engine_hash(&a.engine->e), engine_hash(&b.engine->e));
	EXPECT_EQ(memcmp(&a.engine->counts, &b.engine->counts, sizeof a.engine->counts), 0);
	EXPECT_EQ(a.engine->text(), b.engine->text());
}

} // namespace

TEST(Repeat, MergedOrOneByOne)
{
	unsigned merged = 0;

	for (uint64_t seed = 1; seed <= seeds(200) && !HasFailure(); seed++) {
		SCOPED_TRACE("seed " + std::to_string(seed));
		Hour hour(seed);
		Ran single, bursts;

		play(single, hour, false, true, 0);
		play(bursts, hour, true, true, seed);
		same(single, bursts);
		merged += bursts.merged;
	}
	EXPECT_GT(merged, seeds(20000));
}

TEST(Repeat, OneEventOfABurst)
{
	receiver_conf conf = { nullptr, false, 1000, 17000 };

	conf.merges_beats = true;
	Rig rig(64, conf);

	rig.push({ frame(mold("S", 1, { itch_system('O') })) });
	std::vector<event> e = rig.push(std::vector<Bytes>(32, frame(mold("S", 2, {}))));
	ASSERT_EQ(e.size(), 1u);
	EXPECT_EQ(e[0].kind, EV_CLOCK);
	EXPECT_EQ(e[0].qty, 31u);
	EXPECT_EQ(rig.count(LEDGER_frames_heartbeat), 32u);
	EXPECT_EQ(rig.r->channel[0].counts->line[0].packets, 33u);
}
