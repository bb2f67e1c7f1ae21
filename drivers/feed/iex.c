/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/iex.h"

#include "drivers/feed/blocks.h"
#include "drivers/feed/seq.h"
#include "lcore/base/bytes.h"

// Every message begins: type, one byte of its own, i64 event time (ns since the epoch, UTC); all but S then
// carry the symbol.
enum { DETAIL = 1, TIMESTAMP = 2, SYMBOL = 10 };

static const uint8_t deep10_length[256] = {
	['S'] = 10, ['D'] = 31, ['H'] = 22, ['I'] = 18, ['O'] = 18, ['P'] = 19, ['E'] = 18,
	['8'] = 30, ['5'] = 30, ['T'] = 38, ['X'] = 26, ['B'] = 38, ['A'] = 80,
};
static const uint8_t tops16_length[256] = {
	['S'] = 10, ['D'] = 31, ['H'] = 22, ['I'] = 18, ['O'] = 18, ['P'] = 19,
	['Q'] = 42, ['T'] = 38, ['X'] = 26, ['B'] = 38, ['A'] = 80,
};

// price4 reads a price of four decimals; false when it is negative or too large for ours.
static inline bool price4(const uint8_t *p, int64_t *out)
{
	int64_t wire = (int64_t)le64(p);

	*out = 0;
	if (unlikely(wire < 0 || wire > INT64_MAX / PX_PER_E4))
		return false;
	*out = wire * PX_PER_E4;
	return true;
}

static inline enum ledger_id by_symbol(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->instr = symtab_intern(channel->symtab, le64(m + SYMBOL));
	if (likely(e->instr != INSTR_NONE))
		return LEDGER_messages_applied;
	return channel->symtab->n == channel->symtab->max ? LEDGER_messages_no_room
							  : LEDGER_messages_bad_value;
}

static inline enum ledger_id level(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_LEVEL;
	e->side = m[0] == '8' ? SIDE_BUY : SIDE_SELL;
	e->flags = m[DETAIL] & 1 ? 0 : EVF_PARTIAL;
	e->qty = le32(m + 18);
	if (!price4(m + 22, &e->price))
		return LEDGER_messages_bad_value;
	return by_symbol(channel, m, e);
}

static inline enum ledger_id quote(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_QUOTE;
	e->qty = le32(m + 18);
	e->qty2 = le32(m + 38); // on the ask side, the price comes before the size
	if (!price4(m + 22, &e->price) || !price4(m + 30, &e->price2))
		return LEDGER_messages_bad_value;
	return by_symbol(channel, m, e);
}

uint16_t iex_sale_flags(uint8_t wire)
{
	return (uint16_t)((wire & 0x80 ? EVF_ISO : 0) | (wire & 0x40 ? EVF_EXT_HOURS : 0) |
			  (wire & 0x20 ? EVF_ODD_LOT : 0) | (wire & 0x10 ? EVF_TT_EXEMPT : 0) |
			  (wire & 0x08 ? EVF_AUCTION : 0));
}

// Trade Report and Trade Break have one layout.
static enum ledger_id trade(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = m[0] == 'T' ? EV_TRADE : EV_BREAK;
	e->flags = iex_sale_flags(m[DETAIL]);
	e->qty = le32(m + 18);
	e->ref2 = le64(m + 30);
	if (!price4(m + 22, &e->price))
		return LEDGER_messages_bad_value;
	return by_symbol(channel, m, e);
}

static enum ledger_id trading_status(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_STATUS;
	switch (m[DETAIL]) {
	case 'H': e->side = STATUS_HALTED; break;
	case 'P': e->side = STATUS_PAUSED; break;
	case 'O': e->side = STATUS_QUOTE_ONLY; break; // order acceptance before an auction
	case 'T': e->side = STATUS_TRADING; break;
	default: return LEDGER_messages_bad_value;
	}
	e->ref2 = be32(m + 18);
	return by_symbol(channel, m, e);
}

static enum ledger_id operational_halt(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	if (m[DETAIL] != 'O' && m[DETAIL] != 'N')
		return LEDGER_messages_bad_value;
	e->kind = EV_STATUS;
	e->ref = 1;
	e->side = m[DETAIL] == 'O' ? STATUS_HALTED : STATUS_TRADING;
	return by_symbol(channel, m, e);
}

static enum ledger_id auction(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_IMBALANCE;
	e->ref = m[DETAIL];
	e->qty = le32(m + 18);
	e->qty2 = le32(m + 38);
	e->side = m[42] == 'B' ? SIDE_BUY : m[42] == 'S' ? SIDE_SELL : SIDE_NONE;
	if (!price4(m + 22, &e->price) || !price4(m + 30, &e->price2))
		return LEDGER_messages_bad_value;
	return by_symbol(channel, m, e);
}

// without_effect decodes a message that changes neither books nor bars nor status.
static enum ledger_id without_effect(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_ADMIN;
	if (m[0] == 'S') {
		e->kind = EV_SYSTEM;
		e->side = m[DETAIL];
		return LEDGER_messages_admin;
	}
	if (m[0] == 'D') {
		e->kind = EV_DIRECTORY;
		e->qty = le32(m + 18);
		e->flags = m[DETAIL] & 0x80 ? EVF_TEST : 0;
	}
	enum ledger_id end = by_symbol(channel, m, e);

	return end == LEDGER_messages_applied ? LEDGER_messages_admin : end;
}

static enum ledger_id short_sale(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	if (m[DETAIL] > 1)
		return without_effect(channel, m, e);
	e->kind = EV_SHORT;
	e->ref = m[18];
	e->qty = m[DETAIL];
	return by_symbol(channel, m, e);
}

// decode_one fills *e from a message of known type and sufficient length and returns the message's end; the
// event is used when that is applied or admin.
static inline enum ledger_id decode_one(struct feed_channel *channel, uint64_t pos, uint16_t frame,
					const uint8_t *m, struct event *e)
{
	uint64_t ts_ns = le64(m + TIMESTAMP);

	*e = (struct event){
		.ts_ns = ts_ns,
		.pos = pos,
		.instr = INSTR_NONE,
		.frame = frame,
		.channel = channel->index,
	};
	if (unlikely(ts_ns > INT64_MAX || (channel->horizon_ns && ts_ns > channel->horizon_ns)))
		return LEDGER_messages_bad_value;
	switch (m[0]) {
	case '8':
	case '5': return level(channel, m, e);
	case 'Q': return quote(channel, m, e);
	case 'T':
	case 'B': return trade(channel, m, e);
	case 'H': return trading_status(channel, m, e);
	case 'O': return operational_halt(channel, m, e);
	case 'A': return auction(channel, m, e);
	case 'P': return short_sale(channel, m, e);
	default: return without_effect(channel, m, e);
	}
}

enum ledger_id iex_message(struct feed_channel *channel, uint64_t pos, uint16_t frame, const uint8_t *m,
			   struct event *e)
{
	return decode_one(channel, pos, frame, m, e);
}

static unsigned deep10_decode(struct feed_channel *channel, struct feed_walk *walk, struct event *out,
			      unsigned max)
{
	return blocks_decode(channel, walk, out, max, deep10_length, le16, decode_one);
}

static unsigned tops16_decode(struct feed_channel *channel, struct feed_walk *walk, struct event *out,
			      unsigned max)
{
	return blocks_decode(channel, walk, out, max, tops16_length, le16, decode_one);
}

// Header: u8 version, u8 reserved, u16 protocol, u32 channel, u32 session, u16 payload length, u16 message
// count, i64 stream offset, i64 number of the first message, i64 send time. A segment without payload
// and messages is a heartbeat.
bool iex_header(const uint8_t *payload, size_t len, struct packet *out, uint16_t protocol)
{
	if (len < IEX_HEADER_BYTES || payload[0] != 1 || le16(payload + 2) != protocol)
		return false;
	uint32_t body_bytes = le16(payload + 12);
	uint32_t count = le16(payload + 14);

	*out = (struct packet){
		.body = payload + IEX_HEADER_BYTES,
		.end = payload + IEX_HEADER_BYTES + body_bytes,
		.session = { le32(payload + 8), 0 },
		.first_seq = le64(payload + 24),
		.send_ns = le64(payload + 32),
		.count = count,
		.stream = le32(payload + 4),
		.kind = count ? PACKET_DATA : PACKET_HEARTBEAT,
	};
	return body_bytes <= len - IEX_HEADER_BYTES && count * 2 <= body_bytes && (count || !body_bytes) &&
	       out->first_seq <= SEQ_MAX - count && out->send_ns <= INT64_MAX;
}

const uint8_t *iex_past(const uint8_t *p, const uint8_t *end, uint32_t n)
{
	return blocks_past(p, end, n, le16);
}

static bool deep10_header(const uint8_t *payload, size_t len, struct packet *out)
{
	return iex_header(payload, len, out, IEX_DEEP10);
}

static bool tops16_header(const uint8_t *payload, size_t len, struct packet *out)
{
	return iex_header(payload, len, out, IEX_TOPS16);
}

// The blocks must fill the payload exactly, and the payload the datagram.
bool iex_probe(const uint8_t *payload, size_t len, uint16_t protocol)
{
	struct packet packet;

	if (!iex_header(payload, len, &packet, protocol) || packet.end != payload + len)
		return false;
	return blocks_past(packet.body, packet.end, packet.count, le16) == packet.end;
}

static bool deep10_probe(const uint8_t *payload, size_t len) { return iex_probe(payload, len, IEX_DEEP10); }

static bool tops16_probe(const uint8_t *payload, size_t len) { return iex_probe(payload, len, IEX_TOPS16); }

void iex_write_header(uint8_t *out, uint16_t protocol, uint32_t session, uint64_t first_seq, uint16_t count,
		      uint16_t payload_bytes, uint64_t stream_offset, uint64_t send_ns)
{
	out[0] = 1;
	out[1] = 0;
	put_le16(out + 2, protocol);
	put_le32(out + 4, 1);
	put_le32(out + 8, session);
	put_le16(out + 12, payload_bytes);
	put_le16(out + 14, count);
	put_le64(out + 16, stream_offset);
	put_le64(out + 24, first_seq);
	put_le64(out + 32, send_ns);
}

const struct feed iex_deep10 = {
	.name = "deep10",
	.title = "IEX DEEP 1.0",
	.venue = VENUE_IEX,
	.flags = FEED_CLOCK_IN_HEADER | FEED_LEVELS,
	.lateness_ns = 5 * NS_PER_MS,
	.heartbeat_ns = NS_PER_S,
	.probe = deep10_probe,
	.header = deep10_header,
	.decode = deep10_decode,
	.past = iex_past,
};

const struct feed iex_tops16 = {
	.name = "tops16",
	.title = "IEX TOPS 1.6",
	.venue = VENUE_IEX,
	.flags = FEED_CLOCK_IN_HEADER | FEED_QUOTES,
	.lateness_ns = 5 * NS_PER_MS,
	.heartbeat_ns = NS_PER_S,
	.probe = tops16_probe,
	.header = tops16_header,
	.decode = tops16_decode,
	.past = iex_past,
};
