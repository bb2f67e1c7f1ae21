/* SPDX-License-Identifier: BSD-3-Clause */
// pillar_kit.h: Pillar packets and messages for tests, field by field from the client specifications' tables.
#ifndef WB_TESTS_PILLAR_KIT_H
#define WB_TESTS_PILLAR_KIT_H

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/feed/pillar.h"
}

namespace kit
{

constexpr uint64_t kPillarSecond = UINT64_C(1645642927);
constexpr uint64_t kPillarSend = kPillarSecond * 1000000000 + 177446400;
constexpr uint32_t kPillarNs = 177431552;
constexpr uint32_t kIndex = 4966;

inline Bytes nul_text(const std::string &s, size_t n)
{
	Bytes out(s.begin(), s.end());
	out.resize(n, 0);
	return out;
}

// message puts size and type before the fields.
inline Bytes pillar_message(unsigned type, const Bytes &fields)
{
	return little(4 + fields.size(), 2) + little(type, 2) + fields;
}

inline Bytes pillar(uint8_t delivery, uint32_t seq, const std::vector<Bytes> &messages,
		    uint64_t send_ns = kPillarSend)
{
	Bytes body;
	for (const Bytes &m : messages)
		body = body + m;
	return little(16 + body.size(), 2) + Bytes{ delivery, (uint8_t)messages.size() } + little(seq, 4) +
	       little(send_ns / 1000000000, 4) + little(send_ns % 1000000000, 4) + body;
}

// brief: nanoseconds, symbol index, the symbol's number. full: seconds as well.
inline Bytes brief(uint32_t seq, uint32_t ns = kPillarNs, uint32_t index = kIndex)
{
	return little(ns, 4) + little(index, 4) + little(seq, 4);
}

inline Bytes full(uint32_t seq, uint32_t index = kIndex)
{
	return little(kPillarSecond, 4) + little(kPillarNs, 4) + little(index, 4) + little(seq, 4);
}

inline Bytes pillar_reset(uint32_t source_s = kPillarSecond - 100, uint8_t product = 157, uint8_t channel = 3)
{
	return pillar_message(1, little(source_s, 4) + little(5, 4) + Bytes{ product, channel });
}

inline Bytes pillar_time(uint32_t second = kPillarSecond, uint32_t id = 1)
{
	return pillar_message(2, little(id, 4) + little(0, 4) + little(second, 4));
}

inline Bytes pillar_mapping(uint32_t index = kIndex, const std::string &symbol = "SPY", uint8_t scale = 6,
			    uint16_t market = 3, uint8_t system = 1)
{
	return pillar_message(3, little(index, 4) + nul_text(symbol, 11) + Bytes{ 0 } + little(market, 2) +
					 Bytes{ system, 'P', scale, 'E' } + little(100, 2) +
					 little(10000000, 4) + little(500, 4) + Bytes{ 5, 'Y' } +
					 little(1, 2) + little(1, 2) + little(0, 2));
}

inline Bytes pillar_add(uint32_t seq, uint64_t order, char side = 'B', uint32_t price = 10010000,
			uint32_t volume = 1200, uint32_t ns = kPillarNs, uint32_t index = kIndex)
{
	return pillar_message(100, brief(seq, ns, index) + little(order, 8) + little(price, 4) +
					   little(volume, 4) + Bytes{ (uint8_t)side } + text("", 5) +
					   Bytes{ 0 });
}

inline Bytes pillar_execution(uint32_t seq, uint8_t printable, const std::string &conditions)
{
	return pillar_message(103, brief(seq) + little(77, 8) + little(9001, 4) + little(10020000, 4) +
					   little(300, 4) + Bytes{ printable, 0 } + nul_text(conditions, 4));
}

inline Bytes pillar_hidden(uint32_t seq, uint8_t printable, const std::string &conditions)
{
	return pillar_message(110, brief(seq) + little(9002, 4) + little(10030000, 4) + little(40, 4) +
					   Bytes{ printable } + nul_text(conditions, 4));
}

inline Bytes pillar_status(uint32_t seq, char status, char condition = '~')
{
	return pillar_message(34, full(seq) + Bytes{ (uint8_t)status, (uint8_t)condition } + little(0, 4) +
					  little(0, 4) + little(0, 4) + Bytes{ ' ' } + little(0, 4) +
					  little(93000000, 4) + Bytes{ '~', 'O', 0 });
}

} // namespace kit

#endif
