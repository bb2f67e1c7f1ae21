/* SPDX-License-Identifier: BSD-3-Clause */
#include <gtest/gtest.h>

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/receiver/frame.h"
}

using namespace kit;

static enum ledger_id parse(const Bytes &f, struct frame_view *view, bool verify = false,
			    uint32_t wire_bytes = 0)
{
	// An exact copy on the heap, so that the sanitizers see a read beyond it.
	std::unique_ptr<uint8_t[]> copy(new uint8_t[f.size()]);
	std::copy(f.begin(), f.end(), copy.get());
	enum ledger_id why = frame_parse(copy.get(), (uint32_t)f.size(),
					 wire_bytes ? wire_bytes : (uint32_t)f.size(), verify, view);
	if (why == FRAME_OK) {
		EXPECT_GE(view->payload, copy.get());
		EXPECT_LE(view->payload + view->bytes, copy.get() + f.size());
	}
	return why;
}

static enum ledger_id refusal(const Bytes &f, bool verify = false, uint32_t wire_bytes = 0)
{
	struct frame_view view;
	return parse(f, &view, verify, wire_bytes);
}

TEST(Frame, PlainAndTagged)
{
	for (int vlans = 0; vlans <= 4; vlans++)
		for (uint16_t type : { 0x8100, 0x88a8, 0x9100 }) {
			Net net;
			net.vlans = vlans;
			net.vlan_type = type;
			net.padding = 18;
			struct frame_view view;
			ASSERT_EQ(parse(frame({ 1, 2, 3 }, net), &view), FRAME_OK);
			EXPECT_EQ(view.bytes, 3u);
			EXPECT_EQ(view.dst_ip, 0xe9360c6fu);
			EXPECT_EQ(view.dst_port, 26477);
		}
	Net net;
	net.vlans = 5;
	EXPECT_EQ(refusal(frame({ 1 }, net)), LEDGER_frames_vlan_depth);
}

TEST(Frame, IpOptions)
{
	for (int words = 0; words <= 10; words++) {
		Net net;
		net.option_words = words;
		net.sums = true;
		EXPECT_EQ(refusal(frame({ 1, 2, 3, 4 }, net), true), FRAME_OK) << words;
	}
}

TEST(Frame, EveryTruncationIsRefused)
{
	Bytes f = frame({ 1, 2, 3, 4, 5 });
	for (uint32_t n = 0; n < f.size(); n++) {
		Bytes part(f.begin(), f.begin() + n);
		// The wire lost it: short up to the IPv4 header, a contradiction beyond.
		EXPECT_EQ(refusal(part), n < 34 ? LEDGER_frames_short : LEDGER_frames_bad_ip) << n;
		// The capture lost it.
		EXPECT_EQ(refusal(part, false, (uint32_t)f.size()), LEDGER_frames_cut) << n;
	}
}

TEST(Frame, CutPaddingIsHarmless)
{
	Net net;
	net.padding = 20;
	Bytes f = frame({ 1, 2, 3 }, net);
	f.resize(f.size() - 20);
	EXPECT_EQ(refusal(f, false, (uint32_t)f.size() + 20), FRAME_OK);
}

TEST(Frame, Ipv4HeaderFields)
{
	struct {
		size_t at;
		uint8_t value;
		enum ledger_id why;
	} cases[] = {
		{ 12, 0x86, LEDGER_frames_not_ipv4 }, { 14, 0x65, LEDGER_frames_bad_ip },
		{ 14, 0x44, LEDGER_frames_bad_ip },   { 14, 0x4f, LEDGER_frames_bad_ip },
		{ 17, 19, LEDGER_frames_bad_ip },     { 16, 0xff, LEDGER_frames_bad_ip },
		{ 17, 27, LEDGER_frames_short },      { 20, 0x20, LEDGER_frames_fragment },
		{ 21, 0x01, LEDGER_frames_fragment }, { 23, 6, LEDGER_frames_bystander },
		{ 39, 7, LEDGER_frames_bad_udp },     { 39, 14, LEDGER_frames_bad_udp },
		{ 38, 0xff, LEDGER_frames_bad_udp },  { 39, 0, LEDGER_frames_bad_udp },
	};
	for (auto &c : cases) {
		Bytes f = frame({ 1, 2, 3, 4, 5 });
		f[c.at] = c.value;
		EXPECT_EQ(refusal(f), c.why) << c.at << " " << (int)c.value;
	}
}

// Whatever one byte of the IPv4 and UDP headers says, and however long the frame is, the quick look at plain frames
// finds what the full one does.
TEST(Frame, EveryByteOfPlainHeaders)
{
	const Bytes plain = frame({ 1, 2, 3, 4, 5 });

	for (size_t at = 14; at < 42; at++)
		for (unsigned value = 0; value < 256; value++)
			for (size_t size : { plain.size() - 1, plain.size(), plain.size() + 6 }) {
				Bytes f = plain;
				f[at] = (uint8_t)value;
				f.resize(size);
				struct frame_view full = {}, view = {};
				enum ledger_id why = frame_datagram(f.data() + 14, (uint32_t)size - 14, false, false, &full);

				if (why == LEDGER_frames_not_udp || full.dst_port == 4789) // which peel.c decides
					continue;
				ASSERT_EQ(frame_parse(f.data(), (uint32_t)size, (uint32_t)size, false, &view), why) << at << " " << value;
				if (why != FRAME_OK)
					continue;
				EXPECT_EQ(view.bytes, full.bytes);
				EXPECT_EQ(view.dst_ip, full.dst_ip);
				EXPECT_EQ(view.dst_port, full.dst_port);
				EXPECT_EQ(view.payload, full.payload);
			}
}

TEST(Frame, UdpShorterThanDatagramIsItsOwnLength)
{
	Bytes f = frame({ 1, 2, 3, 4, 5 });
	f[39] = 8 + 2;
	struct frame_view view;
	ASSERT_EQ(parse(f, &view), FRAME_OK);
	EXPECT_EQ(view.bytes, 2u);
}

TEST(Frame, ChecksumFindsEveryFlippedBit)
{
	Net net;
	net.sums = true;
	Bytes payload;
	for (int i = 0; i < 37; i++)
		payload.push_back((uint8_t)(i * 41));
	Bytes f = frame(payload, net);
	ASSERT_EQ(refusal(f, true), FRAME_OK);
	for (size_t at = 34; at < f.size(); at++)
		for (int bit = 0; bit < 8; bit++) {
			Bytes bad = f;
			bad[at] ^= (uint8_t)(1 << bit);
			if (bad[40] == 0 && bad[41] == 0)
				continue;
			EXPECT_NE(refusal(bad, true), FRAME_OK) << at;
		}
	Bytes bad = f;
	bad[22] ^= 1; // time to live: only the header's own sum covers it
	EXPECT_EQ(refusal(bad, true), LEDGER_frames_bad_checksum);
	EXPECT_EQ(refusal(bad, false), FRAME_OK);
	bad = f;
	bad[40] = bad[41] = 0; // not computed
	bad[50] ^= 1;
	EXPECT_EQ(refusal(bad, true), FRAME_OK);
}

TEST(Frame, SumOfAllLengths)
{
	Bytes b;
	for (int n = 0; n < 70; n++) {
		uint16_t got = frame_sum(b.data(), b.size());
		EXPECT_EQ((uint16_t)~__builtin_bswap16(got), sum16(b)) << n;
		b.push_back((uint8_t)(0xff - n * 7));
	}
}
