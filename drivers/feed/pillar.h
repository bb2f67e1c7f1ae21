/* SPDX-License-Identifier: BSD-3-Clause */
// pillar.h: NYSE Pillar, the Integrated feed of NYSE Arca; all little-endian. A packet is a 16-byte header
// (size, delivery flag, number of messages, number of the first, send time) and messages that each begin with
// their own size and type; both sizes include themselves. Facts from the Pillar Common client specification
// 2.4p and the Integrated Feed client specification 2.5g. PURE; state is the caller's struct feed_channel,
// one lcore.
//
// Packets name no channel: it is found by the line (FEED_BY_LINE) or by a sequence reset, which names product
// and channel. Trade ids are unique per symbol: ref2 of prints and breaks is PILLAR_CROSS (crosses only) |
// index << 32 | id.
#ifndef WB_FEED_PILLAR_H
#define WB_FEED_PILLAR_H

#include "drivers/feed/feed.h"

#define PILLAR_HEADER_BYTES 16
#define PILLAR_SYMBOL_BYTES 11
#define PILLAR_MARKET_ARCA  3
#define PILLAR_CROSS        (UINT64_C(1) << 63)

enum pillar_delivery {
	PILLAR_HEARTBEAT = 1,
	PILLAR_FAILOVER = 10,
	PILLAR_ORIGINAL = 11,
	PILLAR_RESET = 12,
	PILLAR_RESENT_ONE = 13,
	PILLAR_RESENT_PART = 15,
	PILLAR_REFRESH_ONE = 17,
	PILLAR_REFRESH_START = 18,
	PILLAR_REFRESH_PART = 19,
	PILLAR_REFRESH_END = 20,
	PILLAR_UNAVAILABLE = 21,
};

enum pillar_type {
	PILLAR_SEQUENCE_RESET = 1,
	PILLAR_SOURCE_TIME = 2,
	PILLAR_SYMBOL_MAPPING = 3,
	PILLAR_RETRANS_REQUEST = 10,
	PILLAR_RESPONSE = 11,
	PILLAR_HEARTBEAT_RESPONSE = 12,
	PILLAR_MAPPING_REQUEST = 13,
	PILLAR_REFRESH_REQUEST = 15,
	PILLAR_MESSAGE_UNAVAILABLE = 31,
	PILLAR_SYMBOL_CLEAR = 32,
	PILLAR_SECURITY_STATUS = 34,
	PILLAR_REFRESH_HEADER = 35,
	PILLAR_ADD = 100,
	PILLAR_MODIFY = 101,
	PILLAR_DELETE = 102,
	PILLAR_EXECUTION = 103,
	PILLAR_REPLACE = 104,
	PILLAR_IMBALANCE = 105,
	PILLAR_ADD_REFRESH = 106,
	PILLAR_HIDDEN_TRADE = 110,
	PILLAR_CROSS_TRADE = 111,
	PILLAR_TRADE_CANCEL = 112,
	PILLAR_CROSS_CORRECTION = 113,
	PILLAR_RETAIL_IMPROVEMENT = 114,
	PILLAR_STOCK_SUMMARY = 223,
};

extern const struct feed pillar_feed;

// pillar_size returns the published size of a message of that type (the short form where it has two), or 0
// when the type is not known.
unsigned pillar_size(unsigned type);
// pillar_header parses the packet header. Returns false when it contradicts itself or len.
bool pillar_header(const uint8_t *payload, size_t len, struct packet *out);
// pillar_probe returns whether the payload is a whole packet of the Integrated feed.
bool pillar_probe(const uint8_t *payload, size_t len);
// pillar_past, pillar_channel_of and pillar_mark are feed.past, feed.channel_of and feed.mark.
const uint8_t *pillar_past(const uint8_t *p, const uint8_t *end, uint32_t n);
unsigned pillar_channel_of(const struct feed_symbol *symbol, uint32_t n_symbols, const struct packet *packet);
uint64_t pillar_mark(const uint8_t *p, const uint8_t *end);
// pillar_symbol turns NYSE's symbol (root, space, suffix; NUL padded) into the key under which the other
// venues know it: "BRK B" is "BRK.B", "BAC PRL" is "BAC-L", "ABC WS" is "ABC+". An unknown suffix stays
// as it is. Returns false when the result has more than eight characters.
bool pillar_symbol(const uint8_t wire[PILLAR_SYMBOL_BYTES], uint64_t *key);

#endif
