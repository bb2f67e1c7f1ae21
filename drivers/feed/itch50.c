/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/itch50.h"

#include <string.h>

#include "drivers/feed/blocks.h"
#include "drivers/feed/mold64.h"
#include "lcore/base/bytes.h"

// Every message begins: type, u16 stock locate, u16 tracking number, u48 nanoseconds since New York midnight.
enum { LOCATE = 1, TIMESTAMP = 5, BODY = 11 };

static const uint8_t length_of[256] = {
	['S'] = 12, ['R'] = 39, ['H'] = 25, ['Y'] = 20, ['L'] = 26, ['V'] = 35, ['W'] = 12, ['K'] = 28,
	['J'] = 35, ['h'] = 21, ['A'] = 36, ['F'] = 40, ['E'] = 31, ['C'] = 36, ['X'] = 23, ['D'] = 19,
	['U'] = 35, ['P'] = 44, ['Q'] = 40, ['B'] = 19, ['I'] = 50, ['N'] = 20, ['O'] = 48,
};

unsigned itch50_length(uint8_t type) { return length_of[type]; }

// introduce records which symbol a locate code names, from a message that carries both.
static enum ledger_id introduce(struct feed_channel *channel, uint16_t locate, uint64_t symbol,
				struct event *e)
{
	e->instr = symtab_intern(channel->symtab, symbol);
	if (e->instr == INSTR_NONE)
		return channel->symtab->n == channel->symtab->max ? LEDGER_messages_no_room
								  : LEDGER_messages_bad_value;
	if (locate) // 0 is "not about one stock"
		channel->locate[locate] = e->instr;
	return LEDGER_messages_applied;
}

// by_symbol finds the instrument of a message that carries its symbol. The symbol is compared even if the
// locate code is known, since codes are assigned anew each day.
static inline enum ledger_id by_symbol(struct feed_channel *channel, const uint8_t *m, const uint8_t *stock,
				       struct event *e)
{
	uint16_t locate = be16(m + LOCATE);
	uint64_t symbol = le64(stock);
	uint32_t id = channel->locate[locate];

	if (unlikely(id == INSTR_NONE || channel->symtab->symbol[id] != symbol))
		return introduce(channel, locate, symbol, e);
	e->instr = id;
	return LEDGER_messages_applied;
}

// by_locate finds the instrument of a message that carries the locate code only.
static inline enum ledger_id by_locate(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->instr = channel->locate[be16(m + LOCATE)];
	return unlikely(e->instr == INSTR_NONE) ? LEDGER_messages_no_symbol : LEDGER_messages_applied;
}

static inline int64_t price4(const uint8_t *p) { return (int64_t)be32(p) * PX_PER_E4; }

static inline enum ledger_id add_order(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_ADD;
	e->ref = be64(m + 11);
	e->qty = be32(m + 20);
	e->price = price4(m + 32);
	if (!feed_side(m[19], e))
		return LEDGER_messages_bad_value;
	return by_symbol(channel, m, m + 24, e);
}

static inline enum ledger_id executed(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_EXEC;
	e->ref = be64(m + 11);
	e->qty = be32(m + 19);
	e->ref2 = be64(m + 23);
	return by_locate(channel, m, e);
}

static inline enum ledger_id executed_price(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_EXEC_PX;
	e->ref = be64(m + 11);
	e->qty = be32(m + 19);
	e->ref2 = be64(m + 23);
	e->price = price4(m + 32);
	if (m[31] == 'N')
		e->flags |= EVF_NONPRINT;
	else if (unlikely(m[31] != 'Y'))
		return LEDGER_messages_bad_value;
	return by_locate(channel, m, e);
}

static inline enum ledger_id replaced(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_REPLACE;
	e->ref = be64(m + 11);
	e->ref2 = be64(m + 19);
	e->qty = be32(m + 27);
	e->price = price4(m + 31);
	return by_locate(channel, m, e);
}

// The side of a P message has been 'B' since 2014 for every trade, so it is not read.
static enum ledger_id trade(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_TRADE;
	e->ref = be64(m + 11);
	e->qty = be32(m + 20);
	e->price = price4(m + 32);
	e->ref2 = be64(m + 36);
	return by_symbol(channel, m, m + 24, e);
}

static enum ledger_id cross(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	uint64_t shares = be64(m + 11);

	if (shares > UINT32_MAX)
		return LEDGER_messages_bad_value;
	e->kind = EV_CROSS;
	e->flags |= EVF_AUCTION;
	e->qty = (uint32_t)shares;
	e->price = price4(m + 27);
	e->ref2 = be64(m + 31);
	return by_symbol(channel, m, m + 19, e);
}

static enum ledger_id trading_action(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_STATUS;
	switch (m[19]) {
	case 'H': e->side = STATUS_HALTED; break;
	case 'P': e->side = STATUS_PAUSED; break;
	case 'Q': e->side = STATUS_QUOTE_ONLY; break;
	case 'T': e->side = STATUS_TRADING; break;
	default: return LEDGER_messages_bad_value;
	}
	e->ref2 = be32(m + 21);
	return by_symbol(channel, m, m + 11, e);
}

// admin decodes a message about a stock that changes nothing here, except that it may introduce the stock.
static enum ledger_id admin(struct feed_channel *channel, const uint8_t *m, unsigned stock, struct event *e)
{
	enum ledger_id end = by_symbol(channel, m, m + stock, e);

	e->kind = EV_ADMIN;
	return end == LEDGER_messages_applied ? LEDGER_messages_admin : end;
}

// An operational halt of Nasdaq's own market ('Q'); the other codes are sister markets that this feed does
// not carry.
static enum ledger_id operational_halt(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	if (m[20] != 'H' && m[20] != 'T')
		return LEDGER_messages_bad_value;
	if (m[19] != 'Q')
		return admin(channel, m, 11, e);
	e->kind = EV_STATUS;
	e->ref = 1;
	e->side = m[20] == 'H' ? STATUS_HALTED : STATUS_TRADING;
	return by_symbol(channel, m, m + 11, e);
}

static enum ledger_id directory(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	enum ledger_id end = admin(channel, m, 11, e);

	e->kind = EV_DIRECTORY;
	e->qty = be32(m + 21);
	e->flags |= m[29] == 'T' ? EVF_TEST : 0; // authenticity
	return end;
}

static uint32_t shares32(uint64_t shares) { return shares > UINT32_MAX ? UINT32_MAX : (uint32_t)shares; }

// Net order imbalance: the near price is where the cross would be now, continuous orders included.
static enum ledger_id imbalance(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->kind = EV_IMBALANCE;
	e->ref = m[48];
	e->qty = shares32(be64(m + 11));
	e->qty2 = shares32(be64(m + 19));
	e->side = m[27] == 'B' ? SIDE_BUY : m[27] == 'S' ? SIDE_SELL : SIDE_NONE;
	e->price = price4(m + 44);
	e->price2 = price4(m + 40);
	return by_symbol(channel, m, m + 28, e);
}

static enum ledger_id reg_sho(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	if (m[19] < '0' || m[19] > '2')
		return admin(channel, m, 11, e);
	e->kind = EV_SHORT;
	e->ref = m[19];
	e->qty = m[19] != '0';
	return by_symbol(channel, m, m + 11, e);
}

// rare decodes every message that is not order flow.
static enum ledger_id rare(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	switch (m[0]) {
	case 'P': return trade(channel, m, e);
	case 'Q': return cross(channel, m, e);
	case 'B': // matched by number: an unknown locate code does no harm
		e->kind = EV_BREAK;
		e->ref2 = be64(m + 11);
		by_locate(channel, m, e);
		return LEDGER_messages_applied;
	case 'S':
		e->kind = EV_SYSTEM;
		e->side = m[11];
		return LEDGER_messages_admin;
	case 'R': return directory(channel, m, e);
	case 'H': return trading_action(channel, m, e);
	case 'h': return operational_halt(channel, m, e);
	case 'L': return admin(channel, m, 15, e);
	case 'I': return imbalance(channel, m, e);
	case 'Y': return reg_sho(channel, m, e);
	case 'K':
	case 'J':
	case 'N':
	case 'O': return admin(channel, m, 11, e);
	default: // V W: not about one stock
		e->kind = EV_ADMIN;
		return LEDGER_messages_admin;
	}
}

// decode_one fills *e from a message of known type and sufficient length, at pos, and returns the message's
// end; the event is used when that is applied or admin.
static inline enum ledger_id decode_one(struct feed_channel *channel, uint64_t pos, uint16_t frame,
					const uint8_t *m, struct event *e)
{
	uint64_t since_midnight_ns = be64(m + TIMESTAMP - 2) << 16 >>
				     16; // shift the two bytes before the field out

	*e = (struct event){
		.ts_ns = channel->midnight_ns + since_midnight_ns,
		.pos = pos,
		.instr = INSTR_NONE,
		.flags = EVF_CLOCK,
		.frame = frame,
		.channel = channel->index,
	};
	if (unlikely(since_midnight_ns > NS_PER_DAY))
		return LEDGER_messages_bad_value;
	switch (m[0]) {
	case 'A':
	case 'F': return add_order(channel, m, e);
	case 'E': return executed(channel, m, e);
	case 'C': return executed_price(channel, m, e);
	case 'X':
		e->kind = EV_CANCEL;
		e->ref = be64(m + 11);
		e->qty = be32(m + 19);
		return by_locate(channel, m, e);
	case 'D':
		e->kind = EV_DELETE;
		e->ref = be64(m + 11);
		return by_locate(channel, m, e);
	case 'U': return replaced(channel, m, e);
	default: return rare(channel, m, e);
	}
}

static unsigned itch50_decode(struct feed_channel *channel, struct feed_walk *walk, struct event *out,
			      unsigned max)
{
	return blocks_decode(channel, walk, out, max, length_of, be16, decode_one);
}

// Blocks must fill the packet exactly; of the messages at least one must be known, and those that are known
// must be as long as they should be and carry a time of day. Session ids are text.
static bool itch50_probe(const uint8_t *payload, size_t len)
{
	struct packet packet;
	unsigned n_known = 0;

	if (!mold64_header(payload, len, &packet) || !mold64_session_plausible(payload))
		return false;
	if (packet.kind !=
	    PACKET_DATA) // only the header is there to judge: an anonymised one says too little
		return len == MOLD64_HEADER_BYTES && packet.session[0] && packet.first_seq;
	const uint8_t *p = packet.body;

	for (uint32_t i = 0; i < packet.count; i++) {
		if (packet.end - p < 2 || packet.end - p - 2 < be16(p))
			return false;
		unsigned bytes = be16(p), known = bytes ? length_of[p[2]] : 0;

		if (known && (bytes < known || be48(p + 2 + TIMESTAMP) > NS_PER_DAY))
			return false;
		n_known += known != 0;
		p += 2 + bytes;
	}
	return p == packet.end && n_known > 0;
}

static const uint8_t *itch50_past(const uint8_t *p, const uint8_t *end, uint32_t n)
{
	return blocks_past(p, end, n, be16);
}

static bool itch50_time_of_day(const struct packet *packet, uint64_t *ns)
{
	const uint8_t *p = packet->body;

	if (packet->count == 0 || packet->end - p < 2 + TIMESTAMP + 6 || be16(p) < TIMESTAMP + 6)
		return false;
	*ns = be48(p + 2 + TIMESTAMP);
	return *ns <= NS_PER_DAY;
}

// The three exchanges send the same bytes, and nothing in them names the exchange: sessions are numbers. A
// replay of raw files names sessions by the exchange in the file's name (files_raw.c); live, the
// configuration names it (feed.feed).
static bool bx_probe(const uint8_t *payload, size_t len)
{
	return len > 2 && !memcmp(payload, "BX", 2) && itch50_probe(payload, len);
}

static bool psx_probe(const uint8_t *payload, size_t len)
{
	return len > 3 && !memcmp(payload, "PSX", 3) && itch50_probe(payload, len);
}

#define ITCH50(name_, exchange_, venue_, probe_) \
	{ \
		.name = name_, .title = exchange_ " TotalView-ITCH 5.0 over MoldUDP64", .venue = venue_, \
		.flags = FEED_TIME_OF_DAY | FEED_LOCATE | FEED_ORDERS | FEED_OPEN_END, .lateness_ns = 0, \
		.heartbeat_ns = NS_PER_S, .probe = probe_, .header = mold64_header, .decode = itch50_decode, \
		.past = itch50_past, .time_of_day = itch50_time_of_day \
	}

const struct feed itch50_feed = ITCH50("itch50", "Nasdaq", VENUE_NASDAQ, itch50_probe);
const struct feed itch50_bx_feed = ITCH50("itch50_bx", "Nasdaq BX", VENUE_BX, bx_probe);
const struct feed itch50_psx_feed = ITCH50("itch50_psx", "Nasdaq PSX", VENUE_PSX, psx_probe);
