/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/frame.h"

#include "drivers/receiver/datagram.h"
#include "drivers/receiver/peel_parts.h"
#include "lcore/base/bytes.h"

enum { ETHER_BYTES = 14 };

enum ledger_id frame_parse(const uint8_t *data, uint32_t bytes, uint32_t wire_bytes, bool verify_checksum,
			   struct frame_view *out)
{
	if (likely(bytes >= ETHER_BYTES && be16(data + ETHER_BYTES - 2) == TYPE_IPV4)) {
		enum ledger_id why = datagram_view(data + ETHER_BYTES, bytes - ETHER_BYTES,
						   wire_bytes > bytes, verify_checksum, out);

		if (likely(why == FRAME_OK ? out->dst_port != VXLAN_PORT : why != LEDGER_frames_not_udp))
			return why;
	}
	return frame_peel(FRAME_ETHERNET, data, bytes, wire_bytes, verify_checksum, out);
}
