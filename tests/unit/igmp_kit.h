/* SPDX-License-Identifier: BSD-3-Clause */
// igmp_kit.h: IGMP frames for tests, byte by byte from the RFCs and not by the code under test.
#ifndef WB_TESTS_IGMP_KIT_H
#define WB_TESTS_IGMP_KIT_H

#include "tests/unit/feed_kit.h"

extern "C" {
#include "drivers/member/member.h"
}

namespace kit
{

// The message's checksum (bytes 2 and 3) is filled in.
inline Bytes igmp_frame(Bytes message, uint32_t to, uint32_t from = 0x0a0000fe, Bytes mac = Bytes(6, 0x22))
{
	uint16_t s = sum16(message);

	message[2] = (uint8_t)(s >> 8), message[3] = (uint8_t)s;
	Bytes ip = Bytes{ 0x46, 0xc0 } + big(24 + message.size(), 2) + big(0, 2) + big(0x4000, 2) +
		   Bytes{ 1, 2 } + big(0, 2) + big(from, 4) + big(to, 4) + Bytes{ 0x94, 4, 0, 0 };

	s = sum16(ip);
	ip[10] = (uint8_t)(s >> 8), ip[11] = (uint8_t)s;
	Bytes out = Bytes{ 1, 0, 0x5e } + big(to & 0x7fffff, 3) + mac + big(0x0800, 2) + ip + message;

	if (out.size() < 60)
		out.resize(60);
	return out;
}

inline Bytes igmp_query2(uint32_t group, uint8_t tenths)
{
	return igmp_frame(Bytes{ 0x11, tenths, 0, 0 } + big(group, 4), group ? group : 0xe0000001);
}

inline Bytes igmp_query3(uint32_t group, uint8_t code, uint8_t robustness = 2)
{
	return igmp_frame(Bytes{ 0x11, code, 0, 0 } + big(group, 4) + Bytes{ robustness, 125, 0, 0 },
			  group ? group : 0xe0000001);
}

} // namespace kit

#endif
