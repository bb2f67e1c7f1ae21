/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/pillar.h"
#include "drivers/feed/seq.h"
#include "lcore/base/bytes.h"
#include "lcore/base/fnv.h"

// 2000-01-01: a number below it is not a send time.
#define EARLIEST_S UINT32_C(946684800)

static const uint8_t size_of[256] = {
	[PILLAR_SEQUENCE_RESET] = 14,
	[PILLAR_SOURCE_TIME] = 16,
	[PILLAR_SYMBOL_MAPPING] = 44,
	[PILLAR_RETRANS_REQUEST] = 24,
	[PILLAR_RESPONSE] = 29,
	[PILLAR_HEARTBEAT_RESPONSE] = 14,
	[PILLAR_MAPPING_REQUEST] = 21,
	[PILLAR_REFRESH_REQUEST] = 20,
	[PILLAR_MESSAGE_UNAVAILABLE] = 14,
	[PILLAR_SYMBOL_CLEAR] = 20,
	[PILLAR_SECURITY_STATUS] = 46,
	[PILLAR_REFRESH_HEADER] = 8,
	[PILLAR_ADD] = 39,
	[PILLAR_MODIFY] = 35,
	[PILLAR_DELETE] = 25,
	[PILLAR_EXECUTION] = 42,
	[PILLAR_REPLACE] = 42,
	[PILLAR_IMBALANCE] = 73,
	[PILLAR_ADD_REFRESH] = 43,
	[PILLAR_HIDDEN_TRADE] = 33,
	[PILLAR_CROSS_TRADE] = 29,
	[PILLAR_TRADE_CANCEL] = 20,
	[PILLAR_CROSS_CORRECTION] = 24,
	[PILLAR_RETAIL_IMPROVEMENT] = 17,
	[PILLAR_STOCK_SUMMARY] = 36,
};

unsigned pillar_size(unsigned type) { return type < 256 ? size_of[type] : 0; }

static bool kind_of(uint8_t delivery, enum packet_kind *kind)
{
	switch (delivery) {
	case PILLAR_HEARTBEAT: *kind = PACKET_HEARTBEAT; return true;
	case PILLAR_FAILOVER:
	case PILLAR_ORIGINAL:
	case PILLAR_RESET: *kind = PACKET_DATA; return true;
	case PILLAR_RESENT_ONE:
	case PILLAR_RESENT_PART: *kind = PACKET_RESENT; return true;
	case PILLAR_REFRESH_ONE:
	case PILLAR_REFRESH_START:
	case PILLAR_REFRESH_PART:
	case PILLAR_REFRESH_END:
	case PILLAR_UNAVAILABLE: // says that messages cannot be sent again; it replaces none of them
		*kind = PACKET_REFRESH;
		return true;
	default: return false;
	}
}

// A sequence reset is alone in its packet. Its source time is not that of the packet (in captures it is
// up to days older): it names the reset, and is repeated as it is while the venue primes its lines.
static void reset(const uint8_t *m, struct packet *out)
{
	if (out->end - m < 14 || le16(m) < 14 || le16(m + 2) != PILLAR_SEQUENCE_RESET)
		return;
	out->reset_ns = le32(m + 4) * NS_PER_S + le32(m + 8) % (uint32_t)NS_PER_S;
	out->stream = UINT32_C(1) << 16 | (uint32_t)m[12] << 8 | m[13];
}

bool pillar_header(const uint8_t *payload, size_t len, struct packet *out)
{
	enum packet_kind kind;

	if (len < PILLAR_HEADER_BYTES || !kind_of(payload[2], &kind))
		return false;
	uint32_t bytes = le16(payload), count = payload[3];
	uint32_t send_s = le32(payload + 8), send_ns = le32(payload + 12);

	if (bytes < PILLAR_HEADER_BYTES || bytes > len || send_ns >= NS_PER_S || send_s < EARLIEST_S)
		return false;
	*out = (struct packet){
		.body = payload + PILLAR_HEADER_BYTES,
		.end = payload + bytes,
		.first_seq = le32(payload + 4),
		.send_ns = send_s * NS_PER_S + send_ns,
		.count = count,
		.kind = kind,
	};
	if (count == 1 && kind == PACKET_DATA && payload[2] != PILLAR_ORIGINAL)
		reset(out->body, out);
	// Numbering starts at 1; a heartbeat, and nothing else, has no messages.
	return out->first_seq > 0 && (kind == PACKET_HEARTBEAT) == (count == 0) &&
	       count * 4 <= bytes - PILLAR_HEADER_BYTES && (count || bytes == PILLAR_HEADER_BYTES);
}

// Product ids of the Integrated feeds of NYSE, American, National, Arca and Texas.
static bool integrated(uint8_t product)
{
	return product == 11 || product == 59 || product == 109 || product == 157 || product == 209;
}

// The messages must fill the packet exactly, and the packet the datagram; at least one must be known, and
// those that are must be as long as they should be. NYSE's other products have the same packets: their
// messages are of other types or sizes, and a sequence reset names the product.
bool pillar_probe(const uint8_t *payload, size_t len)
{
	struct packet packet;
	unsigned n_known = 0;

	if (!pillar_header(payload, len, &packet) || packet.end != payload + len)
		return false;
	if (packet.kind == PACKET_HEARTBEAT)
		return true;
	const uint8_t *p = packet.body;

	for (uint32_t i = 0; i < packet.count; i++) {
		if (packet.end - p < 4 || le16(p) < 4 || packet.end - p < le16(p))
			return false;
		unsigned type = le16(p + 2), known = pillar_size(type);

		if (known && le16(p) < known)
			return false;
		if (type == PILLAR_SEQUENCE_RESET && !integrated(p[12]))
			return false;
		n_known += known != 0;
		p += le16(p);
	}
	return p == packet.end && n_known > 0;
}

const uint8_t *pillar_past(const uint8_t *p, const uint8_t *end, uint32_t n)
{
	for (; n; n--) {
		if (end - p < 4 || le16(p) < 4 || end - p < le16(p))
			return NULL;
		p += le16(p);
	}
	return p;
}

// The offset of a message's symbol index; 0: it has none.
static unsigned index_at(unsigned type)
{
	switch (type) {
	case PILLAR_SYMBOL_MAPPING: return 4;
	case PILLAR_SYMBOL_CLEAR:
	case PILLAR_SECURITY_STATUS:
	case PILLAR_ADD_REFRESH:
	case PILLAR_STOCK_SUMMARY: return 12;
	default: return type >= PILLAR_ADD && type <= PILLAR_RETAIL_IMPROVEMENT ? 8 : 0;
	}
}

unsigned pillar_channel_of(const struct feed_symbol *symbol, uint32_t n_symbols, const struct packet *packet)
{
	const uint8_t *m = packet->body;

	for (uint32_t i = 0; i < packet->count; i++, m += le16(m)) {
		if (packet->end - m < 4 || le16(m) < 4 || packet->end - m < le16(m))
			return 0;
		unsigned at = index_at(le16(m + 2));
		uint32_t index = at && le16(m) >= at + 4 ? le32(m + at) : n_symbols;

		if (index < n_symbols && symbol[index].channel)
			return symbol[index].channel;
	}
	return 0;
}

// Only messages that name a symbol distinguish channels: all channels carry the same clock messages. FNV-1a
// in words.
uint64_t pillar_mark(const uint8_t *p, const uint8_t *end)
{
	uint64_t hash = FNV_BASIS;

	if (end - p < 4 || le16(p) < 4 || end - p < le16(p) || !index_at(le16(p + 2)))
		return 0;
	const uint8_t *stop = p + le16(p);

	for (; stop - p >= 8; p += 8)
		hash = fnv_word(hash, le64(p));
	for (; p < stop; p++)
		hash = fnv_word(hash, *p);
	return hash | 1;
}
