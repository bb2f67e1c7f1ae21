/* SPDX-License-Identifier: BSD-3-Clause */
// peel_time.c: times that capture hardware writes in front of frames (EtherType 0xD28B) and behind them
// (Metamako's and Exablaze's trailers).
#include "drivers/receiver/peel_parts.h"
#include "lcore/base/bytes.h"
#include "lcore/base/num.h"

#define DAY_NS (86400 * NS_PER_S)

// International atomic time is ahead of UTC by these seconds, from the UTC second on (IERS Bulletin C).
static const struct {
	uint64_t from_s;
	uint32_t ahead_s;
} leaps[] = {
	{ 1483228800, 37 },
	{ 1435708800, 36 },
	{ 1341100800, 35 },
	{ 0, 34 },
};

static uint64_t utc_s(uint64_t tai_s)
{
	for (unsigned i = 0; i < sizeof leaps / sizeof *leaps; i++)
		if (tai_s >= leaps[i].from_s + leaps[i].ahead_s)
			return tai_s - leaps[i].ahead_s;
	return tai_s;
}

static uint64_t apart(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

// A clock that was never set counts from 1970 or from when it was switched on.
static uint64_t believe(uint64_t ns, uint64_t near_ns)
{
	return near_ns == 0 || apart(ns, near_ns) <= DAY_NS ? ns : 0;
}

// Of the seconds there are the low 16 bits: the nearest such second to the time known otherwise.
static uint64_t whole_s(uint16_t low, uint64_t near_s)
{
	uint64_t s = (near_s & ~UINT64_C(0xffff)) | low;

	if (s > near_s + 0x8000 && s >= 0x10000)
		return s - 0x10000;
	return s + 0x8000 < near_s ? s + 0x10000 : s;
}

// Versions of the time: 0x0?0 TAI, 0x1?0 UTC; 0x01? 64 bits (32 of seconds), 0x02? 48 bits (16 of seconds);
// the last digit tells the series of switch.
static bool timestamp(struct peel *s, const uint8_t *p, uint16_t version)
{
	bool utc = version & 0x0100, whole = (version & 0x00f0) == 0x0010;
	uint32_t ns = be32(p + (whole ? 4 : 2));
	uint64_t near_s = s->near_ns / NS_PER_S, sec;

	if (whole)
		sec = utc ? be32(p) : utc_s(be32(p));
	else if (utc)
		sec = whole_s(be16(p), near_s);
	else
		sec = utc_s(whole_s(be16(p), near_s + leaps[0].ahead_s));
	if (ns < NS_PER_S && (whole || s->near_ns)) {
		uint64_t time_ns = believe(sec * NS_PER_S + ns, s->near_ns);

		s->time_ns = time_ns ? time_ns : s->time_ns;
	}
	return true;
}

static bool known_version(uint16_t version)
{
	uint16_t format = version & 0x00f0;

	return (version & 0xfe0e) == 0 && (format == 0x0010 || format == 0x0020);
}

// Subtypes: 1 a time in front of the frame; 7 to 9 in a GRE tunnel, in front of a whole frame: ports and
// policies, 9 with a time of 64 bits.
bool peel_arista(struct peel *s)
{
	static const struct {
		uint16_t subtype;
		uint8_t bytes;
	} tunnel[] = { { 7, 12 }, { 8, 8 }, { 9, 20 } };
	uint32_t bytes = 0;

	s->why = s->cut ? LEDGER_frames_cut : LEDGER_frames_short;
	if (s->left < 4)
		return false;
	uint16_t subtype = be16(s->p), version = be16(s->p + 2);

	for (unsigned i = 0; i < sizeof tunnel / sizeof *tunnel; i++)
		if (subtype == tunnel[i].subtype)
			bytes = tunnel[i].bytes;
	bool in_front = subtype == 1 && known_version(version);

	if (in_front)
		bytes = 4 + ((version & 0x00f0) == 0x0010 ? 8 : 6) + 2;
	if (bytes == 0) {
		s->why = LEDGER_frames_not_ipv4;
		return false;
	}
	if (s->left < bytes)
		return false;
	if (in_front)
		timestamp(s, s->p + 4, version);
	else if (subtype == 9)
		timestamp(s, s->p + 12, version);
	s->type = in_front ? be16(s->p + bytes - 2) : TYPE_ETHERNET;
	s->p += bytes;
	s->left -= bytes;
	return true;
}

// Original check sequence (4), extensions, seconds (4), nanoseconds (4), flags (1), device (2), port (1).
static uint64_t metamako_ns(const uint8_t *end)
{
	uint32_t ns = be32(end - 8);

	return ns < NS_PER_S ? be32(end - 12) * NS_PER_S + ns : 0;
}

// Original check sequence (4), device (1), port (1), seconds (4), a binary fraction of the second (5),
// reserved (1).
static uint64_t exablaze_ns(const uint8_t *end)
{
	uint64_t fraction = (uint64_t)be32(end - 6) << 8 | end[-2];

	return be32(end - 10) * NS_PER_S + (uint64_t)((unsigned __int128)fraction * NS_PER_S >> 40);
}

uint64_t peel_trailer_ns(enum peel_trailer trailer, const uint8_t *data, uint32_t bytes, uint64_t near_ns)
{
	enum { TRAILER_BYTES = 16, CHECK_BYTES = 4, ETHER_BYTES = 14 };

	for (uint32_t behind = 0; behind <= CHECK_BYTES && trailer; behind += CHECK_BYTES) {
		if (bytes < ETHER_BYTES + TRAILER_BYTES + behind)
			return 0;
		const uint8_t *end = data + bytes - behind;
		uint64_t ns = trailer == PEEL_TRAILER_METAMAKO ? metamako_ns(end) : exablaze_ns(end);

		if (ns && near_ns && believe(ns, near_ns))
			return ns;
	}
	return 0;
}
