/* SPDX-License-Identifier: BSD-3-Clause */
// iex.h: IEX-TP 1.x with the messages of DEEP 1.0 (protocol 0x8004) and TOPS 1.6 (0x8003); all little-endian.
// Facts from the IEX Transport specification 1.26, DEEP 1.08 and TOPS 1.66. DEEP+ (0x8005) is not decoded.
// PURE; state is the caller's struct feed_channel, one lcore.
#ifndef WB_FEED_IEX_H
#define WB_FEED_IEX_H

#include "drivers/feed/feed.h"

#define IEX_HEADER_BYTES 40
#define IEX_TOPS16 UINT16_C(0x8003)
#define IEX_DEEP10 UINT16_C(0x8004)

extern const struct feed iex_deep10;
extern const struct feed iex_tops16;

// iex_write_header writes a segment header (IEX_HEADER_BYTES) of channel 1.
void iex_write_header(uint8_t *out, uint16_t protocol, uint32_t session, uint64_t first_seq, uint16_t count,
		      uint16_t payload_bytes, uint64_t stream_offset, uint64_t send_ns);

#endif
