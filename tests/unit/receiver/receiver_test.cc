/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/receiver/frame.h"
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
}

using namespace kit;

static const uint64_t kSend = UINT64_C(1493132621826547470);

// add makes the n-th message of a stream: an order whose reference is n.
static Bytes add(uint64_t n)
{
	return itch_add(1, "ABC", n, 'B', 100, 10000);
}

static Bytes adds(uint64_t first, unsigned count, const std::string &session = "S", const Net &net = Net())
{
	std::vector<Bytes> m;
	for (unsigned i = 0; i < count; i++)
		m.push_back(add(first + i));
	return frame(mold(session, first, m), net);
}

static Bytes trades(uint64_t first, unsigned count, uint64_t send_ns, uint32_t session = 9)
{
	std::vector<Bytes> m;
	for (unsigned i = 0; i < count; i++)
		m.push_back(iex_trade('T', 0, kSend, "ABC", 1, 1, first + i));
	return frame(iex(IEX_DEEP10, session, first, send_ns, m));
}

static std::vector<uint64_t> refs(const std::vector<event> &events)
{
	std::vector<uint64_t> out;
	for (const event &e : events)
		if (e.kind == EV_ADD)
			out.push_back(e.ref);
	return out;
}

static std::vector<uint64_t> range(uint64_t first, uint64_t last)
{
	std::vector<uint64_t> out;
	for (; first <= last; first++)
		out.push_back(first);
	return out;
}

class Receiver : public testing::Test
{
protected:
	void TearDown() override
	{
		EXPECT_TRUE(rig.balanced());
	}
	Rig rig;
};

TEST_F(Receiver, Join)
{
	rig.rx_ns = 5;
	std::vector<event> e = rig.push({ adds(1, 2) });
	ASSERT_EQ(kinds(e), "join add add");
	EXPECT_EQ(e[0].ref, 1u);
	EXPECT_EQ(e[0].ref2, (uint64_t)VENUE_NASDAQ);
	EXPECT_EQ(e[0].flags, 0);
	EXPECT_EQ(e[0].instr, INSTR_NONE);
	EXPECT_EQ(e[0].pos, 0u);
	EXPECT_EQ(e[2].pos, 1u);
	EXPECT_EQ(rig.count(LEDGER_midstream_joins), 0u);
	EXPECT_EQ(rig.r->counts->channel[0].last_rx_ns, 5u);
	e = rig.push({ trades(44, 1, kSend) });
	ASSERT_EQ(kinds(e), "join clock trade");
	EXPECT_EQ(e[0].ref, 44u);
	EXPECT_EQ(e[0].ref2, (uint64_t)VENUE_IEX);
	EXPECT_EQ(e[0].flags, EVF_MIDSTREAM);
	EXPECT_EQ(e[0].ts_ns, kSend);
	EXPECT_EQ(e[1].ts_ns, kSend);
	EXPECT_EQ(e[0].channel, 1);
	EXPECT_EQ(rig.count(LEDGER_channel_joins), 2u);
	EXPECT_EQ(rig.count(LEDGER_midstream_joins), 1u);
}

TEST_F(Receiver, GapDuplicateOverlap)
{
	rig.rx_ns = 1000;
	rig.push({ adds(1, 3) });
	rig.rx_ns = 2000;
	std::vector<event> e = rig.push({ adds(6, 2) });
	ASSERT_EQ(kinds(e), "gap add add");
	EXPECT_EQ(e[0].ref, 2u);
	EXPECT_EQ(e[0].pos, 3u);
	EXPECT_EQ(e[1].pos, 5u);
	ASSERT_EQ(rig.r->counts->n_holes, 1u);
	EXPECT_EQ(rig.r->counts->hole[0].first_seq, 4u);
	EXPECT_EQ(rig.r->counts->hole[0].last_seq, 5u);
	EXPECT_EQ(rig.r->counts->hole[0].from_rx_ns, 1000u);
	EXPECT_EQ(rig.r->counts->hole[0].to_rx_ns, 2000u);
	EXPECT_TRUE(rig.push({ adds(3, 3) }).empty()); // 3 is known, 4 and 5 come too late
	EXPECT_EQ(rig.count(LEDGER_late_messages), 2u);
	EXPECT_EQ(refs(rig.push({ adds(7, 3) })), range(8, 9));
	EXPECT_EQ(rig.count(LEDGER_overlaps), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 4u);
	EXPECT_EQ(rig.count(LEDGER_gap_messages), 2u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 1u);
	EXPECT_EQ(rig.r->channel[0].pos, 9u);
	EXPECT_EQ(rig.r->channel[0].next_seq, 10u);
}

TEST_F(Receiver, TwoLinesCutDifferentlyGiveOneStream)
{
	Net b;
	b.dst_ip = 0xe9360c70;
	b.dst_port = 26478;
	std::vector<event> e = rig.push({ adds(1, 3), adds(1, 2, "S", b), adds(3, 4, "S", b), adds(4, 1),
					  adds(7, 2, "S", b), adds(5, 5) });
	EXPECT_EQ(refs(e), range(1, 9));
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(rig.r->n_channels, 1u);
	const struct receiver_channel &c = rig.r->channel[0];
	ASSERT_EQ(c.n_lines, 2);
	EXPECT_EQ(c.counts->line[0].packets, 3u);
	EXPECT_EQ(c.counts->line[0].first + c.counts->line[1].first, 9u);
	EXPECT_EQ(c.counts->line[0].duplicate + c.counts->line[1].duplicate, rig.count(LEDGER_messages_duplicate));
	EXPECT_EQ(c.line[1].dst_port, 26478);
}

TEST_F(Receiver, HeartbeatRevealsATailGap)
{
	rig.push({ adds(1, 2) });
	EXPECT_EQ(kinds(rig.push({ frame(mold("S", 3, {})) })), "clock");
	std::vector<event> e = rig.push({ frame(mold("S", 6, {})) });
	ASSERT_EQ(kinds(e), "gap clock");
	EXPECT_EQ(e[0].ref, 3u);
	EXPECT_EQ(kinds(rig.push({ frame(mold("S", 6, {})), frame(mold("S", 4, {})) })), "clock"); // 4 is behind
	EXPECT_EQ(kinds(rig.push({ adds(6, 1) })), "add");
	EXPECT_EQ(rig.count(LEDGER_frames_heartbeat), 4u);
}

TEST_F(Receiver, EndOfSessionOnce)
{
	rig.push({ adds(1, 2) });
	Bytes end = frame(mold("S", 4, {}, 0xffff));
	EXPECT_EQ(kinds(rig.push({ end, end, end })), "gap end");
	EXPECT_EQ(rig.r->channel[0].state, CHANNEL_ENDED);
	EXPECT_EQ(rig.count(LEDGER_frames_session_end), 3u);
	std::vector<event> e = rig.push({ adds(1, 1, "T") });
	EXPECT_EQ(kinds(e), "reset add");
	EXPECT_EQ(rig.r->channel[0].state, CHANNEL_OPEN);
}

TEST_F(Receiver, NewSessionOnTheSameLine)
{
	rig.push({ adds(1, 5) });
	EXPECT_TRUE(rig.push({ adds(3, 2, "T") }).empty()); // one packet proves nothing
	std::vector<event> e = rig.push({ adds(5, 1, "T") });
	ASSERT_EQ(kinds(e), "reset gap add add add");
	EXPECT_EQ(e[0].ref, 3u);
	EXPECT_EQ(e[0].flags, EVF_MIDSTREAM);
	EXPECT_EQ(e[1].ref, 2u); // it was being listened to: what came before is lost
	EXPECT_EQ(e[2].pos, 7u);
	EXPECT_EQ(rig.count(LEDGER_session_changes), 1u);
	EXPECT_EQ(rig.r->n_channels, 1u);
	// The other line still sends the old session's tail.
	EXPECT_TRUE(rig.push({ adds(4, 2), frame(mold("S", 6, {})) }).empty());
	EXPECT_EQ(rig.count(LEDGER_messages_duplicate), 2u);
	EXPECT_EQ(refs(rig.push({ adds(6, 1, "T") })), range(6, 6));
	EXPECT_EQ(rig.count(LEDGER_session_changes), 1u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 0u);
}

TEST_F(Receiver, ADamagedSessionIdChangesNothing)
{
	rig.push({ adds(1, 5), adds(1, 1, "X") });
	EXPECT_EQ(kinds(rig.push({ adds(6, 2), adds(2, 1, "X"), frame(mold("S", 8, { itch_delete(1, 6) })) })),
		  "add add delete"); // the second in order, but the old session went on between
	EXPECT_TRUE(rig.flush().empty());
	EXPECT_EQ(rig.count(LEDGER_session_changes), 0u);
	EXPECT_EQ(rig.count(LEDGER_packets_stranger), 2u);
	EXPECT_EQ(rig.count(LEDGER_frames_stranger), 2u);
	EXPECT_EQ(rig.count(LEDGER_messages_stranger), 2u);
}

TEST_F(Receiver, OtherSessionElsewhereIsAnotherChannel)
{
	Net other;
	other.dst_port = 1;
	std::vector<event> e =
		rig.push({ adds(1, 1), adds(1, 1, "T", other), adds(2, 1), adds(2, 1, "T", other) });
	EXPECT_EQ(kinds(e), "join add join add add add");
	EXPECT_EQ(e[5].channel, 1);
}

TEST_F(Receiver, IexStreamIsProtocolAndChannelId)
{
	rig.push({ trades(1, 1, kSend) });
	std::vector<event> e = rig.push({ trades(1, 1, kSend + 1, 10), trades(2, 1, kSend + 2, 10) });
	EXPECT_EQ(kinds(e), "reset clock trade clock trade");
	Bytes second = frame(iex(IEX_DEEP10, 10, 1, kSend, {}, 2));
	EXPECT_EQ(kinds(rig.push({ second })), "join clock");
	EXPECT_EQ(rig.r->n_channels, 2u);
}

static Bytes later(uint64_t first, uint64_t tod)
{
	return frame(mold("S", first, { itch_add(1, "ABC", first, 'B', 100, 10000, tod) }));
}

TEST_F(Receiver, SequenceRestart)
{
	rig.push({ adds(5000, 2) });
	EXPECT_TRUE(rig.push({ adds(5000, 2) }).empty()); // sent again, its time is not later
	EXPECT_TRUE(rig.push({ later(1, kTimeOfDay + 1) }).empty());
	std::vector<event> e = rig.push({ later(2, kTimeOfDay + 1) });
	ASSERT_EQ(kinds(e), "reset add add");
	EXPECT_EQ(e[0].flags, 0);
	EXPECT_EQ(e[0].ref, 1u);
	EXPECT_EQ(e[1].pos, 2u);
	EXPECT_EQ(rig.count(LEDGER_sequence_restarts), 1u);
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
	EXPECT_EQ(kinds(rig.push({ later(3, kTimeOfDay + 2) })), "add");
}

TEST_F(Receiver, MessagesThatAreNotThereAreAGap)
{
	Bytes p = mold("S", 1, { add(1), add(2), add(3) });
	p.resize(p.size() - 10); // the last message is cut
	rig.push({ adds(1, 1, "S") });
	std::vector<event> e = rig.push({ frame(p) });
	ASSERT_EQ(kinds(e), "add gap");
	EXPECT_EQ(e[1].ref, 1u);
	EXPECT_EQ(e[1].pos, 2u);
	EXPECT_EQ(rig.count(LEDGER_messages_cut), 1u);
	EXPECT_EQ(rig.r->counts->hole[0].first_seq, 3u);
	EXPECT_EQ(rig.r->counts->hole[0].last_seq, 3u);
	EXPECT_EQ(kinds(rig.push({ adds(4, 1) })), "add");
	EXPECT_EQ(rig.r->channel[0].pos, 4u);
}

TEST_F(Receiver, UnsequencedMessagesPassAndAreMarked)
{
	const std::string zero(10, '\0');
	std::vector<event> e =
		rig.push({ frame(mold(zero, 0, { add(1) })), frame(mold(zero, 0, { add(2) })) });
	ASSERT_EQ(kinds(e), "join add add");
	EXPECT_EQ(e[0].flags, EVF_MIDSTREAM | EVF_UNSEQUENCED);
	EXPECT_EQ(e[1].flags, EVF_CLOCK | EVF_UNSEQUENCED | EVF_PACKET);
	EXPECT_EQ(e[2].pos, 1u);
	EXPECT_EQ(rig.count(LEDGER_unsequenced_messages), 2u);
	// The numbered stream begins wherever it begins, and goes on around unnumbered packets.
	e = rig.push({ adds(50, 1, zero), frame(mold(zero, 0, { add(3) })), adds(51, 1, zero) });
	EXPECT_EQ(kinds(e), "add add add");
	EXPECT_EQ(rig.count(LEDGER_gaps), 0u);
}

TEST_F(Receiver, ClockIsMovedByNewsOnly)
{
	rig.push({ trades(1, 2, kSend) });
	EXPECT_TRUE(rig.push({ trades(1, 2, kSend + 1000) }).empty());                     // again
	EXPECT_TRUE(rig.push({ frame(iex(IEX_DEEP10, 9, 2, kSend + 2000, {})) }).empty()); // behind
	EXPECT_EQ(kinds(rig.push({ frame(iex(IEX_DEEP10, 9, 3, kSend + 3000, {})) })), "clock");
	EXPECT_TRUE(rig.push({ frame(iex(IEX_DEEP10, 9, 3, kSend + 3000, {})) }).empty()); // the other line's
	EXPECT_EQ(kinds(rig.push({ trades(3, 1, kSend + 2500) })), "trade"); // a clock does not go back
	std::vector<event> e = rig.push({ trades(6, 1, kSend + 4000) });
	ASSERT_EQ(kinds(e), "gap clock trade"); // what is lost is known before anything is sealed
	EXPECT_EQ(e[1].ts_ns, kSend + 4000);
	EXPECT_EQ(kinds(rig.push({ trades(6, 2, kSend + 5000) })), "clock trade");
}

TEST_F(Receiver, ALeapOfTheClockIsBelievedWhenTheNextPacketAgrees)
{
	rig.push({ trades(1, 1, kSend) });
	EXPECT_EQ(kinds(rig.push({ trades(2, 1, kSend + NS_PER_DAY + 1) })), "trade");
	EXPECT_EQ(kinds(rig.push({ trades(3, 1, kSend + 5) })), "clock trade");
	EXPECT_EQ(rig.count(LEDGER_clock_steps), 1u);
	EXPECT_EQ(kinds(rig.push({ trades(4, 1, kSend + 3600 * NS_PER_S) })), "trade");
	EXPECT_EQ(kinds(rig.push({ trades(5, 1, kSend + 3600 * NS_PER_S + 1) })), "clock trade");
	EXPECT_EQ(rig.count(LEDGER_clock_steps), 1u);
	// After a weekend the receive time vouches for it.
	rig.rx_ns = kSend + 3 * NS_PER_DAY;
	EXPECT_EQ(kinds(rig.push({ trades(6, 1, kSend + 3 * NS_PER_DAY) })), "clock trade");
}

TEST_F(Receiver, ResumesInThePacket)
{
	std::vector<Bytes> frames = { adds(1, 30),
				      adds(40, 25),
				      adds(20, 60),
				      trades(1, 20, kSend),
				      adds(80, 7),
				      trades(30, 20, kSend + 1),
				      frame(mold("S", 90, {}, 0xffff)) };
	Bytes cut = mold("S", 95, { add(95), add(96), add(97), add(98) });
	cut.resize(cut.size() - 40);
	frames.push_back(frame(cut));
	std::vector<event> whole = rig.push(frames);
	EXPECT_GT(whole.size(), 100u);
	for (unsigned max = 8; max < 40; max++) {
		Rig other;
		std::vector<event> parts = other.push(frames, max);
		ASSERT_EQ(parts.size(), whole.size()) << max;
		for (size_t i = 0; i < whole.size(); i++)
			ASSERT_EQ(memcmp(&parts[i], &whole[i], sizeof(event)), 0) << max << " " << i;
		EXPECT_EQ(memcmp(&other.ledger, &rig.ledger, sizeof rig.ledger), 0);
	}
}

TEST_F(Receiver, RefusedFrames)
{
	Bytes good = adds(1, 1);
	uint32_t n = (uint32_t)good.size();
	rig.push_in({ { good.data(), n, n, 0, true, false },
		      { good.data(), n, n, 0, false, true },
		      { good.data(), n - 1, n, 0, false, false },
		      { good.data(), 10, 10, 0, false, false } });
	EXPECT_EQ(rig.count(LEDGER_frames_bad_checksum), 1u);
	EXPECT_EQ(rig.count(LEDGER_frames_segmented), 1u);
	EXPECT_EQ(rig.count(LEDGER_frames_cut), 1u);
	EXPECT_EQ(rig.count(LEDGER_frames_short), 1u);
	EXPECT_EQ(rig.count(LEDGER_frames_rx), 4u);
	EXPECT_EQ(rig.count(LEDGER_messages_rx), 0u);
}

TEST_F(Receiver, StrangersAndDamage)
{
	Net elsewhere;
	elsewhere.dst_port = 9;
	rig.push({ frame(Bytes(100, 7)) });
	EXPECT_EQ(rig.count(LEDGER_frames_unknown_feed), 1u);
	rig.push({ adds(1, 1), frame(Bytes(100, 7)), frame(Bytes(100, 7), elsewhere) });
	EXPECT_EQ(rig.count(LEDGER_frames_bad_transport), 1u); // on a line that is known
	EXPECT_EQ(rig.count(LEDGER_frames_unknown_feed), 2u);
	EXPECT_EQ(rig.r->n_channels, 1u);
}

static enum ledger_id end_of(const struct receiver_conf &conf, const Net &net, uint16_t src_port = 5000)
{
	Rig rig(64, conf);
	Bytes f = frame(Bytes(100, 7), net);
	f[34] = (uint8_t)(src_port >> 8), f[35] = (uint8_t)src_port;
	rig.push({ f });
	for (int i = LEDGER_frames_rx + 1; i < LEDGER_messages_rx; i++)
		if (rig.count((enum ledger_id)i))
			return (enum ledger_id)i;
	return LEDGER_frames_rx;
}

TEST(ReceiverConf, OtherUdpIsAFactOnlyWhereItIsKnownNotToMatter)
{
	static const uint32_t only[] = { 0xe9360c6f, 0xe9360c70 };
	struct receiver_conf all = { nullptr, false, 1000, 17000 }, some = all;
	some.only = only;
	some.n_only = 2;
	Net net;
	EXPECT_EQ(end_of(all, net), LEDGER_frames_unknown_feed);
	EXPECT_EQ(end_of(some, net), LEDGER_frames_unknown_feed); // to a group that is listened to
	net.dst_ip = 0xe9360c71;
	EXPECT_EQ(end_of(all, net), LEDGER_frames_unknown_feed);
	EXPECT_EQ(end_of(some, net), LEDGER_frames_bystander_udp);
	for (uint16_t port : { 53, 67, 68, 123, 319, 320, 5353, 137, 138, 1900, 1985, 5355, 546, 547 }) {
		net.dst_port = port;
		EXPECT_EQ(end_of(all, net), LEDGER_frames_bystander_udp) << port;
	}
	Bytes v6 = Bytes(12, 1) + big(0x86dd, 2) + big(0x60000000, 4) + big(48, 2) + Bytes{ 17, 1 } + Bytes(32, 2) + big(9, 2) +
		   big(9, 2) + big(48, 2) + big(0, 2) + Bytes(40, 7);
	for (auto &conf : { all, some }) {
		Rig rig(64, conf);
		rig.push({ v6 });
		EXPECT_EQ(rig.count(conf.n_only ? LEDGER_frames_bystander_udp : LEDGER_frames_ipv6), 1u);
	}
	net.dst_port = 40000; // an answer of a name server comes to any port of the host that asked
	EXPECT_EQ(end_of(all, net, 53), LEDGER_frames_unknown_feed);
	net.dst_ip = 0x0a000005;
	EXPECT_EQ(end_of(all, net, 53), LEDGER_frames_bystander_udp);
	EXPECT_EQ(end_of(all, net, 54), LEDGER_frames_unknown_feed);
}

TEST(ReceiverConf, AFrameBeginsAsItsLinkSays)
{
	Rig rig(64, { nullptr, false, 1000, 17000 });
	Bytes f = adds(1, 1);
	uint32_t n = (uint32_t)f.size() - 14;
	struct frame_in in = { f.data() + 14, n, n, 0 };
	in.link = FRAME_IP;
	rig.push_in({ in });
	EXPECT_EQ(rig.count(LEDGER_frames_data), 1u);
	EXPECT_EQ(rig.count(LEDGER_messages_rx), 1u);
}

TEST_F(Receiver, ChannelTableFull)
{
	for (uint32_t i = 0; i < RECEIVER_CHANNELS + 3; i++)
		rig.push({ frame(iex(IEX_DEEP10, 9, 1, kSend, {}, i + 1)) });
	EXPECT_EQ(rig.r->n_channels, (uint32_t)RECEIVER_CHANNELS);
	EXPECT_EQ(rig.count(LEDGER_frames_no_channel), 3u);
}

TEST_F(Receiver, MoreLinesThanPlaces)
{
	for (uint32_t i = 0; i < RECEIVER_LINES + 4; i++) {
		Net net;
		net.dst_ip = 0xe9000000 + i;
		rig.push({ adds(1 + i, 1, "S", net) });
	}
	const struct receiver_channel &c = rig.r->channel[0];
	EXPECT_EQ(rig.r->n_channels, 1u);
	EXPECT_EQ(c.n_lines, RECEIVER_LINES);
	EXPECT_EQ(c.counts->line[RECEIVER_LINES - 1].packets, 5u);
	EXPECT_EQ(rig.count(LEDGER_lines_shared), 4u);
}

TEST(ReceiverConf, OneFeedOnly)
{
	Rig rig(64, { &itch50_feed, false, 1000, 17000 });
	EXPECT_EQ(kinds(rig.push({ trades(1, 1, kSend), adds(1, 1) })), "join add");
	EXPECT_EQ(rig.count(LEDGER_frames_unknown_feed), 1u);
	EXPECT_TRUE(rig.balanced());
}

TEST(ReceiverConf, ChecksumsAreVerifiedOnlyWhenAsked)
{
	Net net;
	net.sums = true;
	Bytes good = adds(1, 1, "S", net), bad = adds(2, 1, "S", net);
	bad.back() ^= 1;
	Rig strict(64, { nullptr, true, 1000, 17000 }), lax;
	strict.push({ good, bad });
	lax.push({ good, bad });
	EXPECT_EQ(strict.count(LEDGER_frames_bad_checksum), 1u);
	EXPECT_EQ(lax.count(LEDGER_messages_applied), 2u);
}

// The trade date of a feed that carries the time of day: as told, or the New York date of the packet.
TEST(ReceiverConf, TradeDate)
{
	Rig told;
	told.rx_ns = kSend;
	EXPECT_EQ(told.push({ adds(1, 1) })[1].ts_ns,
		  UINT64_C(17000) * NS_PER_DAY + 4 * 3600 * NS_PER_S + kTimeOfDay);
	Rig from_packet(64, { nullptr, false, 1000, INT32_MIN });
	from_packet.rx_ns = UINT64_C(1577671200) * NS_PER_S; // 2019-12-29 21:00 in New York
	EXPECT_EQ(from_packet.push({ adds(1, 1) })[1].ts_ns, UINT64_C(1577595600) * NS_PER_S + kTimeOfDay);
	from_packet.rx_ns += 12 * 3600 * NS_PER_S;
	EXPECT_EQ(from_packet.push({ adds(1, 1, "T"), adds(2, 1, "T") })[1].ts_ns,
		  UINT64_C(1577682000) * NS_PER_S + kTimeOfDay);
	Rig unknown(64, { nullptr, false, 1000, INT32_MIN });
	EXPECT_EQ(unknown.push({ adds(1, 1) })[1].ts_ns, 5 * 3600 * NS_PER_S + kTimeOfDay);
}

// Another ingest lcore may carry a stream already: asked when a channel opens, and when its session changes.
TEST(ReceiverConf, AStreamIsClaimedBeforeItIsOpened)
{
	struct Claims {
		std::string asked;
		bool mine = false;
		static bool claim(void *ctx, const feed *f, const uint64_t session[2], uint32_t)
		{
			Claims *c = (Claims *)ctx;
			c->asked += std::string(f->name) + ":" + (char)session[0] + " ";
			return c->mine;
		}
	} claims;
	receiver_conf conf = { nullptr, false, 1000, 17000 };
	conf.claim = Claims::claim;
	conf.claim_ctx = &claims;
	Rig rig(64, conf);
	EXPECT_EQ(kinds(rig.push({ adds(1, 1) })), "");
	EXPECT_EQ(rig.count(LEDGER_frames_other_lcore), 1u);
	EXPECT_EQ(rig.r->n_channels, 0u);
	claims.mine = true;
	EXPECT_EQ(kinds(rig.push({ adds(1, 1), adds(2, 1) })), "join add add");
	EXPECT_EQ(claims.asked, "itch50:S itch50:S ");
	EXPECT_TRUE(rig.balanced());
}
