/* SPDX-License-Identifier: BSD-3-Clause */
// iex.h: IEX-TP 1.x with the messages of DEEP 1.0 (protocol 0x8004) and TOPS 1.6 (0x8003); all little-endian.
// Facts from the IEX Transport specification 1.26, DEEP 1.08 and TOPS 1.66. DEEP+ (0x8005)
// is deepplus.h, which uses the transport and the shared messages from here.
// PURE; state is the caller's struct feed_channel, one lcore.
#ifndef WB_FEED_IEX_H
#define WB_FEED_IEX_H

#include "drivers/feed/feed.h"

#define IEX_HEADER_BYTES 40
#define IEX_TOPS16       UINT16_C(0x8003)
#define IEX_DEEP10       UINT16_C(0x8004)
#define IEX_DEEPPLUS10   UINT16_C(0x8005)

extern const struct feed iex_deep10;
extern const struct feed iex_tops16;

// iex_header parses a segment header of that protocol. False when it contradicts itself or len.
bool iex_header(const uint8_t *payload, size_t len, struct packet *out, uint16_t protocol);
// iex_probe returns whether the payload is a whole segment of that protocol.
bool iex_probe(const uint8_t *payload, size_t len, uint16_t protocol);
// iex_message fills *e from a message that all protocols share (S D H I O P E T B) and returns the message's
// end; the event is used when that is applied or admin. Assumes the message is as long as its type.
enum ledger_id iex_message(struct feed_channel *channel, uint64_t pos, uint16_t frame, const uint8_t *m,
			   struct event *e);
// iex_sale_flags returns the event flags (enum ev_flag) of the sale condition flags of a trade.
uint16_t iex_sale_flags(uint8_t wire);

// iex_past is feed.past of all feeds over IEX-TP.
const uint8_t *iex_past(const uint8_t *p, const uint8_t *end, uint32_t n);
// iex_write_header writes a segment header (IEX_HEADER_BYTES) of channel 1.
void iex_write_header(uint8_t *out, uint16_t protocol, uint32_t session, uint64_t first_seq, uint16_t count,
		      uint16_t payload_bytes, uint64_t stream_offset, uint64_t send_ns);

#endif
