/* SPDX-License-Identifier: BSD-3-Clause */
// datagram.h: reads the IPv4 and UDP headers, for frame.c and datagram.c: inlined on the path of each frame.
#ifndef WB_FEED_DATAGRAM_H
#define WB_FEED_DATAGRAM_H

#include "drivers/receiver/frame.h"
#include "lcore/base/bytes.h"

enum {
	IPV4_BYTES = 20,
	UDP_BYTES = 8,
	PROTOCOL_UDP = 17,
	FRAGMENT_BITS = 0x3fff, // more-fragments and the offset; don't-fragment is allowed
};

// datagram_sums returns whether the IPv4 header's sum is right, and the UDP sum unless it was not computed
// (zero).
bool datagram_sums(const uint8_t *ip, uint32_t header_bytes, const uint8_t *udp, uint32_t udp_bytes);

// datagram_view is frame_datagram, inlined.
static inline __attribute__((always_inline)) enum ledger_id
datagram_view(const uint8_t *ip, uint32_t bytes, bool cut, bool verify, struct frame_view *out)
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
		return LEDGER_frames_not_udp; // or a tunnel, or a known bystander: peel.c decides
	if (total - header_bytes < UDP_BYTES)
		return LEDGER_frames_short;
	const uint8_t *udp = ip + header_bytes;
	uint32_t udp_bytes = be16(udp + 4);

	if (udp_bytes < UDP_BYTES || udp_bytes > total - header_bytes)
		return LEDGER_frames_bad_udp;
	if (verify && !datagram_sums(ip, header_bytes, udp, udp_bytes))
		return LEDGER_frames_bad_checksum;
	*out = (struct frame_view){
		.payload = udp + UDP_BYTES,
		.bytes = udp_bytes - UDP_BYTES,
		.dst_ip = be32(ip + 16),
		.dst_port = be16(udp + 2),
	};
	return FRAME_OK;
}

#endif
