/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/datagram.h"

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

uint16_t frame_sum(const uint8_t *data, size_t bytes) { return fold(sum_words(data, bytes)); }

bool datagram_sums(const uint8_t *ip, uint32_t header_bytes, const uint8_t *udp, uint32_t udp_bytes)
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
	case 53: // names
	case 67:
	case 68:  // addresses
	case 123: // NTP
	case 137:
	case 138: // NetBIOS
	case 319:
	case 320: // PTP
	case 546:
	case 547:  // addresses, IPv6
	case 1900: // discovery of services
	case 1985: // HSRP
	case 5353:
	case 5355: // names on the link
		return true;
	default: return false;
	}
}

enum ledger_id frame_datagram(const uint8_t *ip, uint32_t bytes, bool cut, bool verify,
			      struct frame_view *out)
{
	return datagram_view(ip, bytes, cut, verify, out);
}
