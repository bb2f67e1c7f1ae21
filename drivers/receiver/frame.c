/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/frame.h"

#include "drivers/receiver/datagram.h"
#include "drivers/receiver/peel_parts.h"
#include "lcore/base/bytes.h"

enum { ETHER_BYTES = 14 };

// plain finds the payload of nearly all frames: IPv4 without options and not in fragments, with UDP in it.
// False: another one, or a damaged one.
static inline bool plain(const uint8_t *ip, uint32_t bytes, struct frame_view *out)
{
	const uint64_t version_and_fragment = UINT64_C(0xff3f0000000000ff), plain_ip = 0x45;
	uint32_t total = be16(ip + 2), udp_bytes = be16(ip + IPV4_BYTES + 4);
	uint16_t dst_port = be16(ip + IPV4_BYTES + 2);

	if (unlikely((le64(ip) & version_and_fragment) != plain_ip || ip[9] != PROTOCOL_UDP ||
		     total > bytes || udp_bytes < UDP_BYTES || udp_bytes + IPV4_BYTES > total ||
		     dst_port == VXLAN_PORT))
		return false;
	*out = (struct frame_view){ .payload = ip + IPV4_BYTES + UDP_BYTES,
				    .bytes = udp_bytes - UDP_BYTES,
				    .dst_ip = be32(ip + 16),
				    .dst_port = dst_port };
	return true;
}

static __attribute__((noinline)) enum ledger_id parse_other(const uint8_t *data, uint32_t bytes,
							    uint32_t wire_bytes, bool verify_checksum,
							    struct frame_view *out)
{
	if (bytes >= ETHER_BYTES && be16(data + ETHER_BYTES - 2) == TYPE_IPV4) {
		enum ledger_id why = datagram_view(data + ETHER_BYTES, bytes - ETHER_BYTES,
						   wire_bytes > bytes, verify_checksum, out);

		if (likely(why == FRAME_OK ? out->dst_port != VXLAN_PORT : why != LEDGER_frames_not_udp))
			return why;
	}
	return frame_peel(FRAME_ETHERNET, data, bytes, wire_bytes, verify_checksum, out);
}

enum ledger_id frame_parse(const uint8_t *data, uint32_t bytes, uint32_t wire_bytes, bool verify_checksum,
			   struct frame_view *out)
{
	if (likely(!verify_checksum && bytes >= ETHER_BYTES + IPV4_BYTES + UDP_BYTES &&
		   be16(data + ETHER_BYTES - 2) == TYPE_IPV4 &&
		   plain(data + ETHER_BYTES, bytes - ETHER_BYTES, out)))
		return FRAME_OK;
	return parse_other(data, bytes, wire_bytes, verify_checksum, out);
}
