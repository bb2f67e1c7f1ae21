/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/member/igmp.h"

#include "lcore/base/bytes.h"

enum {
	ETHER_BYTES = 14,
	IP_BYTES = 24,
	AT = ETHER_BYTES + IP_BYTES,
	FRAME_MIN = 60,
	PROTOCOL_IGMP = 2,
	TYPE_QUERY = 0x11,
	TYPE_REPORT1 = 0x12,
	TYPE_REPORT2 = 0x16,
	TYPE_LEAVE = 0x17,
	TYPE_REPORT3 = 0x22,
};

static uint16_t sum(const uint8_t *p, uint32_t bytes)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i + 1 < bytes; i += 2)
		s += be16(p + i);
	if (bytes & 1)
		s += (uint32_t)p[bytes - 1] << 8;
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)(s + (s >> 16));
}

// RFC 3376 section 4.1.1: from 128 on, a floating point number.
static uint32_t code(uint8_t c) { return c < 128 ? c : (uint32_t)((c & 15) | 16) << ((c >> 4 & 7) + 3); }

static enum igmp_kind parse_query(const uint8_t *p, uint32_t bytes, struct igmp_query *q)
{
	q->group = be32(p + 4);
	q->robustness = 0;
	if (q->group && q->group >> 28 != 0xe)
		return IGMP_BAD;
	if (bytes == 8) {
		q->version = p[1] ? 2 : 1;
		// Tenths of a second; version 1 has none and means 10 s (RFC 2236 section 4).
		q->max_response_ns = (p[1] ? p[1] : 100) * (NS_PER_S / 10);
		return IGMP_QUERY;
	}
	if (bytes < 12 || 12 + 4 * (uint32_t)be16(p + 10) > bytes)
		return IGMP_BAD;
	q->version = 3;
	q->robustness = p[8] & 7;
	q->max_response_ns = (uint64_t)code(p[1]) * (NS_PER_S / 10);
	return IGMP_QUERY;
}

static enum igmp_kind parse_igmp(const uint8_t *p, uint32_t bytes, struct igmp_query *query)
{
	if (bytes < 8 || sum(p, bytes) != 0xffff)
		return IGMP_BAD;
	switch (p[0]) {
	case TYPE_QUERY: return parse_query(p, bytes, query);
	case TYPE_REPORT1:
	case TYPE_REPORT2:
	case TYPE_LEAVE:
	case TYPE_REPORT3: return IGMP_REPORT;
	default: // others are ignored (RFC 3376 section 4)
		return IGMP_OTHER;
	}
}

enum igmp_kind igmp_parse(const uint8_t *frame, uint32_t bytes, struct igmp_query *query)
{
	uint32_t at = ETHER_BYTES;

	if (bytes < at)
		return IGMP_OTHER;
	for (int tags = 0; tags < 2 && (be16(frame + at - 2) == 0x8100 || be16(frame + at - 2) == 0x88a8);
	     tags++)
		if (bytes < (at += 4))
			return IGMP_OTHER;
	const uint8_t *ip = frame + at;

	bytes -= at;
	if (be16(ip - 2) != 0x0800 || bytes < 20 || ip[0] >> 4 != 4 || ip[9] != PROTOCOL_IGMP)
		return IGMP_OTHER;
	uint32_t header = (ip[0] & 15u) * 4, total = be16(ip + 2);

	if (header < 20 || total < header || total > bytes || be16(ip + 6) & 0x3fff ||
	    sum(ip, header) != 0xffff)
		return IGMP_BAD;
	query->source = be32(ip + 12);
	return parse_igmp(ip + header, total - header, query);
}

// Writes the headers before the message at AT, and the checksums.
static uint32_t finish(const struct igmp_from *from, uint32_t to, uint32_t message_bytes, uint8_t *out)
{
	uint8_t *ip = out + ETHER_BYTES;
	const uint8_t mac[6] = {
		0x01, 0x00, 0x5e, to >> 16 & 0x7f, to >> 8 & 0xff, to & 0xff
	}; // RFC 1112 section 6.4
	uint32_t bytes = AT + message_bytes;

	put_be16(out + AT + 2, 0);
	put_be16(out + AT + 2, (uint16_t)~sum(out + AT, message_bytes));
	memcpy(out, mac, 6);
	memcpy(out + 6, from->mac, 6);
	put_be16(out + 12, 0x0800);
	memset(ip, 0, IP_BYTES);
	ip[0] = 0x46;
	ip[1] = 0xc0;
	put_be16(ip + 2, (uint16_t)(IP_BYTES + message_bytes));
	put_be16(ip + 6, 0x4000); // don't fragment: the identification may stay 0 (RFC 6864)
	ip[8] = 1;
	ip[9] = PROTOCOL_IGMP;
	put_be32(ip + 12, from->address);
	put_be32(ip + 16, to);
	ip[20] = 0x94; // router alert
	ip[21] = 4;
	put_be16(ip + 10, (uint16_t)~sum(ip, IP_BYTES));
	if (bytes < FRAME_MIN)
		memset(out + bytes, 0, FRAME_MIN - bytes);
	return bytes < FRAME_MIN ? FRAME_MIN : bytes;
}

uint32_t igmp_report3(const struct igmp_from *from, const uint32_t *group, const enum igmp_record *record,
		      unsigned n, uint8_t out[IGMP_FRAME_BYTES])
{
	uint8_t *p = out + AT;

	memset(p, 0, 8 + 8 * (size_t)n);
	p[0] = TYPE_REPORT3;
	put_be16(p + 6, (uint16_t)n);
	for (unsigned i = 0; i < n; i++) {
		p[8 + 8 * i] = (uint8_t)record[i];
		put_be32(p + 12 + 8 * i, group[i]);
	}
	return finish(from, IGMP_ALL_V3, 8 + 8 * n, out);
}

static uint32_t small(const struct igmp_from *from, uint8_t type, uint32_t group, uint32_t to, uint8_t *out)
{
	memset(out + AT, 0, 8);
	out[AT] = type;
	put_be32(out + AT + 4, group);
	return finish(from, to, 8, out);
}

uint32_t igmp_report(const struct igmp_from *from, int version, uint32_t group, uint8_t out[IGMP_FRAME_BYTES])
{
	return small(from, version == 1 ? TYPE_REPORT1 : TYPE_REPORT2, group, group, out);
}

uint32_t igmp_leave(const struct igmp_from *from, uint32_t group, uint8_t out[IGMP_FRAME_BYTES])
{
	return small(from, TYPE_LEAVE, group, IGMP_ALL_ROUTERS, out);
}
