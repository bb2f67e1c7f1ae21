/* SPDX-License-Identifier: BSD-3-Clause */
// Requests and answers of the recovery servers, against bytes written field by field from the protocols' tables.
#include <gtest/gtest.h>

#include "tests/unit/pillar_kit.h"

extern "C" {
#include "drivers/feed/iex.h"
#include "drivers/feed/itch50.h"
#include "drivers/feed/recover.h"
}

using namespace kit;

namespace
{

recover_ask ask_of(const struct feed *feed, uint64_t first, uint64_t last)
{
	recover_ask ask = {};
	ask.feed = feed;
	ask.first_seq = first;
	ask.last_seq = last;
	return ask;
}

recover_ask mold_ask(const std::string &session, uint64_t first, uint64_t last)
{
	recover_ask ask = ask_of(&itch50_feed, first, last);
	Bytes s = text(session, 10);
	for (int i = 0; i < 8; i++)
		ask.session[0] |= (uint64_t)s[(size_t)i] << (8 * i);
	ask.session[1] = (uint64_t)s[8] | (uint64_t)s[9] << 8;
	return ask;
}

recover_ask iex_ask(uint64_t first, uint64_t last)
{
	recover_ask ask = ask_of(&iex_deep10, first, last);
	ask.session[0] = 0x42870000;
	ask.stream = 1;
	return ask;
}

recover_ask pillar_ask(uint64_t first, uint64_t last)
{
	recover_ask ask = ask_of(&pillar_feed, first, last);
	strcpy(ask.source_id, "WIREBAR01");
	ask.product = 157;
	ask.channel = 3;
	ask.own_seq = 9;
	ask.now_ns = kPillarSend;
	return ask;
}

Bytes request(const struct recover_protocol &p, const recover_ask &ask)
{
	Bytes out(RECOVER_REQUEST_MAX, 0xaa);
	out.resize(p.request(&ask, out.data()));
	return out;
}

recover_answer answer(const struct recover_protocol &p, const recover_ask &ask, const Bytes &bytes)
{
	recover_answer out;
	Bytes exact(bytes); // its own allocation, so that sanitizers see a read beyond it
	exact.shrink_to_fit();
	p.answer(&ask, exact.data(), exact.size(), &out);
	return out;
}

Bytes pillar_response(char status, uint32_t request_seq = 9, const std::string &source = "WIREBAR01",
		      uint8_t product = 157, uint8_t channel = 3)
{
	return pillar(11, 4, { pillar_message(11, little(request_seq, 4) + little(100, 4) + little(149, 4) +
							  nul_text(source, 10) +
							  Bytes{ product, channel, (uint8_t)status }) });
}

} // namespace

TEST(RecoverMold64, Request)
{
	Bytes want = text("000010059B", 10) + big(1234567, 8) + big(50, 2);
	EXPECT_EQ(request(recover_mold64, mold_ask("000010059B", 1234567, 1234616)), want);
	recover_asked asked;
	ASSERT_EQ(recover_mold64_asked(want.data(), want.size(), &asked), RECOVER_MESSAGES);
	EXPECT_EQ(asked.session[0], mold_ask("000010059B", 1, 1).session[0]);
	EXPECT_EQ(asked.session[1], mold_ask("000010059B", 1, 1).session[1]);
	EXPECT_EQ(asked.range[0].first_seq, 1234567u);
	EXPECT_EQ(asked.range[0].last_seq, 1234616u);
}

TEST(RecoverMold64, BadRequests)
{
	recover_asked asked;
	Bytes good = text("S", 10) + big(5, 8) + big(1, 2);
	for (size_t n = 0; n < good.size(); n++)
		EXPECT_EQ(recover_mold64_asked(good.data(), n, &asked), RECOVER_BROKEN);
	for (const Bytes &bad : { text("S", 10) + big(0, 8) + big(1, 2), text("S", 10) + big(5, 8) + big(0, 2),
				  text("S", 10) + big(5, 8) + big(0xffff, 2), text("S", 10) + big(UINT64_MAX, 8) + big(9, 2) })
		EXPECT_EQ(recover_mold64_asked(bad.data(), bad.size(), &asked), RECOVER_BROKEN);
}

TEST(RecoverMold64, Answers)
{
	recover_ask ask = mold_ask("SESSION001", 7, 9);
	recover_answer a = answer(recover_mold64, ask, mold("SESSION001", 7, { itch_system('O'), {} }));
	EXPECT_EQ(a.kind, RECOVER_MESSAGES);
	EXPECT_EQ(a.first_seq, 7u);
	EXPECT_EQ(a.count, 2u);
	EXPECT_EQ(answer(recover_mold64, ask, mold("SESSION002", 7, { {} })).kind, RECOVER_ALIEN);
	EXPECT_EQ(answer(recover_mold64, ask, mold("SESSION001", 7, {})).kind, RECOVER_NOTHING);
	EXPECT_EQ(answer(recover_mold64, ask, mold("SESSION001", 7, {}, 0xffff)).kind, RECOVER_NOTHING);
	EXPECT_EQ(answer(recover_mold64, ask, mold("SESSION001", 0, { {} })).kind, RECOVER_BROKEN);
	// Messages that are announced must be there: the numbering would go past them.
	EXPECT_EQ(answer(recover_mold64, ask, mold("SESSION001", 7, { {}, {} }, 3)).kind, RECOVER_BROKEN);
	Bytes cut = mold("SESSION001", 7, { itch_system('O'), itch_system('S') });
	for (size_t n = 0; n < cut.size(); n++)
		EXPECT_EQ(answer(recover_mold64, ask, Bytes(cut.begin(), cut.begin() + (long)n)).kind, RECOVER_BROKEN) << n;
	EXPECT_EQ(answer(recover_mold64, ask, cut + Bytes{ 0 }).kind, RECOVER_BROKEN);
	EXPECT_EQ(answer(recover_mold64, ask, mold("SESSION001", 7, { Bytes(2000, 1) })).kind, RECOVER_BROKEN);
}

TEST(RecoverIex, Request)
{
	Bytes want = Bytes{ 1, 1 } + little(0x8004, 2) + little(1, 4) + little(0x42870000, 4) + little(1, 4) +
		     little(50122, 8) + little(50171, 8);
	EXPECT_EQ(request(recover_iex_udp, iex_ask(50122, 50171)), want);
	EXPECT_EQ(request(recover_iex_tcp, iex_ask(50122, 50171)), want);
	recover_asked asked;
	ASSERT_EQ(recover_iex_asked(want.data(), want.size(), &asked), RECOVER_MESSAGES);
	EXPECT_EQ(asked.bytes, want.size());
	EXPECT_EQ(asked.protocol, 0x8004);
	EXPECT_EQ(asked.session[0], 0x42870000u);
	EXPECT_EQ(asked.range[0].first_seq, 50122u);
	EXPECT_EQ(asked.range[0].last_seq, 50171u);
	for (size_t n = 0; n < want.size(); n++)
		EXPECT_EQ(recover_iex_asked(want.data(), n, &asked), RECOVER_PART) << n;
}

TEST(RecoverIex, Ranges)
{
	auto ranges = [](const std::vector<std::pair<uint64_t, uint64_t>> &list, uint32_t n) {
		Bytes out = Bytes{ 1, 1 } + little(0x8004, 2) + little(1, 4) + little(5, 4) + little(n, 4);
		for (auto &r : list)
			out = out + little(r.first, 8) + little(r.second, 8);
		recover_asked asked;
		return recover_iex_asked(out.data(), out.size(), &asked);
	};
	EXPECT_EQ(ranges({}, 0), RECOVER_NOTHING); // whether anybody is there
	EXPECT_EQ(ranges({ { 1, 5 }, { 6, 6 }, { 9, 20 } }, 3), RECOVER_MESSAGES);
	EXPECT_EQ(ranges({ { 1, 5 }, { 5, 6 } }, 2), RECOVER_BROKEN); // overlapping
	EXPECT_EQ(ranges({ { 10, 15 }, { 1, 6 } }, 2), RECOVER_BROKEN);
	EXPECT_EQ(ranges({ { 5, 4 } }, 1), RECOVER_BROKEN);
	EXPECT_EQ(ranges({ { 0, 4 } }, 1), RECOVER_BROKEN);
	EXPECT_EQ(ranges({ { 1, UINT64_MAX } }, 1), RECOVER_BROKEN);
	EXPECT_EQ(ranges({}, 1000), RECOVER_BROKEN);
}

TEST(RecoverIex, Answers)
{
	recover_ask ask = iex_ask(10, 12);
	Bytes three = iex(0x8004, 0x42870000, 10, 99, { { 'S' }, {}, { 'x', 'y' } });
	for (const struct recover_protocol *p : { &recover_iex_udp, &recover_iex_tcp }) {
		recover_answer a = answer(*p, ask, three);
		EXPECT_EQ(a.kind, RECOVER_MESSAGES);
		EXPECT_EQ(a.first_seq, 10u);
		EXPECT_EQ(a.count, 3u);
		EXPECT_EQ(a.bytes, three.size());
		EXPECT_EQ(answer(*p, ask, iex(0x8004, 1, 10, 99, { {} })).kind, RECOVER_ALIEN);
		EXPECT_EQ(answer(*p, ask, iex(0x8003, 0x42870000, 10, 99, { {} })).kind, RECOVER_ALIEN);
		EXPECT_EQ(answer(*p, ask, iex(0x8004, 0x42870000, 10, 99, { {} }, 2)).kind, RECOVER_ALIEN);
		EXPECT_EQ(answer(*p, ask, iex(0x8004, 0x42870000, 13, 99, {})).kind, RECOVER_NOTHING);
	}
	Bytes lies = three;
	lies[14] = 4; // messages
	EXPECT_EQ(answer(recover_iex_udp, ask, lies).kind, RECOVER_BROKEN);
	EXPECT_EQ(answer(recover_iex_tcp, ask, lies).kind, RECOVER_BROKEN);
	for (size_t n = 0; n < three.size(); n++) {
		Bytes head(three.begin(), three.begin() + (long)n);
		EXPECT_EQ(answer(recover_iex_udp, ask, head).kind, RECOVER_BROKEN) << n;
		EXPECT_EQ(answer(recover_iex_tcp, ask, head).kind, RECOVER_PART) << n;
	}
	EXPECT_EQ(answer(recover_iex_tcp, ask, Bytes{ 'H', 'T', 'T', 'P' }).kind, RECOVER_BROKEN);
	recover_answer first = answer(recover_iex_tcp, ask, three + three);
	EXPECT_EQ(first.kind, RECOVER_MESSAGES);
	EXPECT_EQ(first.bytes, three.size());
}

// A segment of a TCP answer may be of 64 KB; what is handed on fits a packet, and holds the same messages.
TEST(RecoverIex, LargeSegmentsAreCut)
{
	std::vector<Bytes> messages;
	for (int i = 0; i < 900; i++)
		messages.push_back(Bytes((size_t)(i % 60), (uint8_t)i));
	Bytes whole = iex(0x8004, 0x42870000, 501, 77, messages);
	ASSERT_EQ(answer(recover_iex_tcp, iex_ask(501, 1400), whole).kind, RECOVER_MESSAGES);
	recover_cut cut;
	Bytes out(RECOVER_PACKET_MAX);
	size_t n, seen = 0, pieces = 0;
	uint64_t offset = 0;

	recover_cut_begin(&cut, whole.data());
	while ((n = recover_cut_next(&cut, whole.data(), out.data())) > 0) {
		struct packet packet;
		ASSERT_TRUE(iex_header(out.data(), n, &packet, 0x8004));
		ASSERT_TRUE(recover_whole(&packet, false));
		EXPECT_EQ(packet.first_seq, 501 + seen);
		EXPECT_EQ(packet.send_ns, 77u);
		EXPECT_EQ(out[16] | out[17] << 8 | out[18] << 16, (int)offset);
		const uint8_t *p = packet.body;
		for (uint32_t i = 0; i < packet.count; i++, seen++) {
			ASSERT_EQ(Bytes(p + 2, p + 2 + (p[0] | p[1] << 8)), messages[seen]);
			p += 2 + (p[0] | p[1] << 8);
		}
		offset += (uint64_t)(packet.end - packet.body);
		pieces++;
	}
	EXPECT_EQ(seen, messages.size());
	EXPECT_GT(pieces, 15u);
	// A message that no packet could hold ends the cutting; it is not cut itself.
	Bytes big_one = iex(0x8004, 0x42870000, 1, 77, { { 'a' }, Bytes(3000, 1) });
	recover_cut_begin(&cut, big_one.data());
	EXPECT_EQ(recover_cut_next(&cut, big_one.data(), out.data()), 40u + 3);
	EXPECT_EQ(recover_cut_next(&cut, big_one.data(), out.data()), 0u);
	EXPECT_EQ(cut.left, 1u);
}

TEST(RecoverPillar, Request)
{
	Bytes want = pillar(11, 9, { pillar_message(10, little(100, 4) + little(149, 4) + nul_text("WIREBAR01", 10) +
								 Bytes{ 157, 3 }) });
	EXPECT_EQ(want.size(), 16u + 24);
	EXPECT_EQ(request(recover_pillar, pillar_ask(100, 149)), want);
	recover_asked asked;
	ASSERT_EQ(recover_pillar_asked(want.data(), want.size(), &asked), RECOVER_MESSAGES);
	EXPECT_EQ(asked.own_seq, 9u);
	EXPECT_EQ(asked.range[0].first_seq, 100u);
	EXPECT_EQ(asked.range[0].last_seq, 149u);
	EXPECT_STREQ(asked.source_id, "WIREBAR01");
	EXPECT_EQ(asked.product, 157);
	EXPECT_EQ(asked.channel, 3);
	for (size_t n = 0; n < want.size(); n++)
		EXPECT_EQ(recover_pillar_asked(want.data(), n, &asked), RECOVER_PART) << n;
	want[16] = 23; // the message's own size
	EXPECT_EQ(recover_pillar_asked(want.data(), want.size(), &asked), RECOVER_REFUSED);
	want[16] = 25;
	EXPECT_EQ(recover_pillar_asked(want.data(), want.size(), &asked), RECOVER_BROKEN);
}

TEST(RecoverPillar, HeartbeatIsAnswered)
{
	recover_ask ask = pillar_ask(1, 1);
	EXPECT_EQ(answer(recover_pillar, ask, pillar(1, 1, {})).kind, RECOVER_ALIVE);
	Bytes out(RECOVER_REQUEST_MAX);
	out.resize(recover_pillar.alive(&ask, out.data()));
	EXPECT_EQ(out, pillar(11, 9, { pillar_message(12, nul_text("WIREBAR01", 10)) }));
	recover_asked asked;
	EXPECT_EQ(recover_pillar_asked(out.data(), out.size(), &asked), RECOVER_NOTHING);
	EXPECT_STREQ(asked.source_id, "WIREBAR01");
	Bytes beat(RECOVER_REQUEST_MAX);
	beat.resize(recover_pillar_heartbeat(7, kPillarSend, beat.data()));
	EXPECT_EQ(beat, pillar(1, 7, {}));
}

TEST(RecoverPillar, Responses)
{
	recover_ask ask = pillar_ask(100, 149);
	Bytes yes = pillar_response('0');
	EXPECT_EQ(yes.size(), 16u + 29);
	EXPECT_EQ(answer(recover_pillar, ask, yes).kind, RECOVER_ACCEPTED);
	for (char status : std::string("1345678 9")) {
		recover_answer a = answer(recover_pillar, ask, pillar_response(status));
		EXPECT_EQ(a.kind, RECOVER_REFUSED);
		EXPECT_EQ(a.status, status);
		EXPECT_NE(a.why, nullptr);
		EXPECT_EQ(a.daily, status == '4' || status == '5');
	}
	EXPECT_EQ(answer(recover_pillar, ask, pillar_response('0', 8)).kind, RECOVER_ALIEN);
	EXPECT_EQ(answer(recover_pillar, ask, pillar_response('0', 9, "SOMEONE")).kind, RECOVER_ALIEN);
	EXPECT_EQ(answer(recover_pillar, ask, pillar_response('0', 9, "WIREBAR01", 11)).kind, RECOVER_ALIEN);
	EXPECT_EQ(answer(recover_pillar, ask, pillar_response('0', 9, "WIREBAR01", 157, 4)).kind, RECOVER_ALIEN);
	for (size_t n = 0; n < yes.size(); n++)
		EXPECT_EQ(answer(recover_pillar, ask, Bytes(yes.begin(), yes.begin() + (long)n)).kind, RECOVER_PART) << n;
	EXPECT_EQ(answer(recover_pillar, ask, Bytes{ 3, 0 }).kind, RECOVER_BROKEN);
	EXPECT_EQ(answer(recover_pillar, ask, Bytes{ 0xff, 0xff }).kind, RECOVER_BROKEN);
	// The server's side writes the same bytes.
	recover_asked asked;
	Bytes bytes = request(recover_pillar, ask), out(RECOVER_REQUEST_MAX);
	ASSERT_EQ(recover_pillar_asked(bytes.data(), bytes.size(), &asked), RECOVER_MESSAGES);
	out.resize(recover_pillar_response(&asked, 4, '0', kPillarSend, out.data()));
	EXPECT_EQ(out, yes);
}

TEST(Recover, WhatCarriesWhat)
{
	EXPECT_TRUE(recover_carries(&recover_mold64, &itch50_feed));
	EXPECT_FALSE(recover_carries(&recover_mold64, &iex_deep10));
	EXPECT_TRUE(recover_carries(&recover_iex_tcp, &iex_tops16));
	EXPECT_FALSE(recover_carries(&recover_iex_udp, &pillar_feed));
	EXPECT_TRUE(recover_carries(&recover_pillar, &pillar_feed));
}
