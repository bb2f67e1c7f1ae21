/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/frame.h"

#include "drivers/feed/peel_parts.h"
#include "lcore/base/bytes.h"

enum {
	ETHER_BYTES = 14,
	IPV4_BYTES = 20,
	UDP_BYTES = 8,
	PROTOCOL_UDP = 17,
	FRAGMENT_BITS = 0x3fff, // more-fragments and the offset; don't-fragment is allowed
};

// Ones' complement sums do not care how wide the addends are, so add words of 32 bits into 64: no carry gets
// lost below 2^32 words.
static uint64_t sum_words(const uint8_t *p, size_t bytes)
{
	uint64_t sum = 0;

	for (; bytes >= 8; p += 8, bytes -= 8)
		sum += (uint64_t)le32(p) + le32(p + 4);
	if (bytes >= 4) {
		sum += le32(p);
		p += 4;
		bytes -= 4;
	}
	if (bytes >= 2) {
		sum += le16(p);
		p += 2;
		bytes -= 2;
	}
	return bytes ? sum + *p : sum;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t frame_sum(const uint8_t *data, size_t bytes)
{
	return fold(sum_words(data, bytes));
}

static bool sums_right(const uint8_t *ip, uint32_t header_bytes, const uint8_t *udp, uint32_t udp_bytes)
{
	if (frame_sum(ip, header_bytes) != 0xffff)
		return false;
	if (le16(udp + 6) == 0)
		return true;
	// The pseudo header: both addresses, the protocol and the UDP length, in network order.
	uint64_t sum = sum_words(ip + 12, 8) + ((uint64_t)PROTOCOL_UDP << 8) +
		       __builtin_bswap16((uint16_t)udp_bytes);

	return fold(sum + sum_words(udp, udp_bytes)) == 0xffff;
}

bool frame_quiet_port(uint16_t port)
{
	switch (port) {
	case 53:		// names
	case 67: case 68:	// addresses
	case 123:		// NTP
	case 137: case 138:	// NetBIOS
	case 319: case 320:	// PTP
	case 546: case 547:	// addresses, IPv6
	case 1900:		// discovery of services
	case 1985:		// HSRP
	case 5353: case 5355:	// names on the link
		return true;
	default: return false;
	}
}

static inline __attribute__((always_inline)) enum ledger_id datagram(const uint8_t *ip, uint32_t bytes, bool cut,
								     bool verify, struct frame_view *out)
{
	if (bytes < IPV4_BYTES)
		return cut ? LEDGER_frames_cut : LEDGER_frames_short;
	uint32_t header_bytes = (ip[0] & 0x0fu) * 4;
	uint32_t total = be16(ip + 2);

	if (ip[0] >> 4 != 4 || header_bytes < IPV4_BYTES || total < header_bytes)
		return LEDGER_frames_bad_ip;
	if (total > bytes)
		return cut ? LEDGER_frames_cut : LEDGER_frames_bad_ip;
	if (be16(ip + 6) & FRAGMENT_BITS)
		return LEDGER_frames_fragment;
	if (unlikely(ip[9] != PROTOCOL_UDP))
		return LEDGER_frames_not_udp; // or a tunnel, or a known bystander: peel.c tells
	if (total - header_bytes < UDP_BYTES)
		return LEDGER_frames_short;
	const uint8_t *udp = ip + header_bytes;
	uint32_t udp_bytes = be16(udp + 4);

	if (udp_bytes < UDP_BYTES || udp_bytes > total - header_bytes)
		return LEDGER_frames_bad_udp;
	if (verify && !sums_right(ip, header_bytes, udp, udp_bytes))
		return LEDGER_frames_bad_checksum;
	*out = (struct frame_view){
		.payload = udp + UDP_BYTES,
		.bytes = udp_bytes - UDP_BYTES,
		.dst_ip = be32(ip + 16),
		.dst_port = be16(udp + 2),
	};
	return FRAME_OK;
}

enum ledger_id frame_datagram(const uint8_t *ip, uint32_t bytes, bool cut, bool verify, struct frame_view *out)
{
	return datagram(ip, bytes, cut, verify, out);
}

enum ledger_id frame_parse(const uint8_t *data, uint32_t bytes, uint32_t wire_bytes, bool verify_checksum,
			   struct frame_view *out)
{
	if (likely(bytes >= ETHER_BYTES && be16(data + ETHER_BYTES - 2) == TYPE_IPV4)) {
		enum ledger_id why = datagram(data + ETHER_BYTES, bytes - ETHER_BYTES, wire_bytes > bytes,
					      verify_checksum, out);

		if (likely(why == FRAME_OK ? out->dst_port != VXLAN_PORT : why != LEDGER_frames_not_udp))
			return why;
	}
	return frame_peel(FRAME_ETHERNET, data, bytes, wire_bytes, verify_checksum, out);
}
