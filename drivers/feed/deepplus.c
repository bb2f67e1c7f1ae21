/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/deepplus.h"

#include "drivers/feed/blocks.h"
#include "drivers/feed/iex.h"
#include "lcore/base/bytes.h"

// Every message begins as in DEEP: type, one byte of its own, i64 event time; all but S then carry the
// symbol.
enum { DETAIL = 1, TIMESTAMP = 2, SYMBOL = 10, ORDER = 18, SIZE = 26, PRICE = 30, TRADE = 38 };

static const uint8_t length_of[256] = {
	['S'] = 10, ['D'] = 31, ['H'] = 22, ['I'] = 18, ['O'] = 18, ['P'] = 19, ['E'] = 18,
	['a'] = 38, ['M'] = 38, ['R'] = 26, ['L'] = 46, ['T'] = 38, ['B'] = 38, ['C'] = 18,
};

// size_price reads the size and the price of four decimals; false when the price is negative or too large.
static inline bool size_price(const uint8_t *m, struct event *e)
{
	int64_t wire = (int64_t)le64(m + PRICE);

	if (unlikely(wire < 0 || wire > INT64_MAX / PX_PER_E4))
		return false;
	e->qty = le32(m + SIZE);
	e->price = wire * PX_PER_E4;
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

// order decodes a message that acts on an order. A modified order keeps its reference and gets a new size and
// price: for the book, the order replaces itself.
static inline enum ledger_id order(struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	e->ref = le64(m + ORDER);
	switch (m[0]) {
	case 'a':
		e->kind = EV_ADD;
		e->side = m[DETAIL] == '8' ? SIDE_BUY : SIDE_SELL;
		if (unlikely((m[DETAIL] != '8' && m[DETAIL] != '5') || !size_price(m, e)))
			return LEDGER_messages_bad_value;
		break;
	case 'M':
		e->kind = EV_REPLACE;
		e->ref2 = e->ref;
		e->detail = m[DETAIL] & 1; // 1: maintain priority
		if (unlikely(!size_price(m, e)))
			return LEDGER_messages_bad_value;
		break;
	case 'L':
		e->kind = EV_EXEC_PX;
		e->flags = iex_sale_flags(m[DETAIL]);
		e->ref2 = le64(m + TRADE);
		if (unlikely(!size_price(m, e)))
			return LEDGER_messages_bad_value;
		break;
	default: e->kind = EV_DELETE; break;
	}
	return by_symbol(channel, m, e);
}

// decode_one fills *e from a message of known type and sufficient length and returns the message's end; the
// event is used when that is applied or admin.
static inline enum ledger_id decode_one(struct feed_channel *channel, uint64_t pos, uint16_t frame,
					const uint8_t *m, struct event *e)
{
	uint64_t ts_ns = le64(m + TIMESTAMP);

	if (m[0] != 'a' && m[0] != 'M' && m[0] != 'R' && m[0] != 'L' && m[0] != 'C')
		return iex_message(channel, pos, frame, m, e);
	*e = (struct event){
		.ts_ns = ts_ns,
		.pos = pos,
		.instr = INSTR_NONE,
		.frame = frame,
		.channel = channel->index,
	};
	if (unlikely(ts_ns > INT64_MAX || (channel->horizon_ns && ts_ns > channel->horizon_ns)))
		return LEDGER_messages_bad_value;
	if (likely(m[0] != 'C'))
		return order(channel, m, e);
	e->kind = EV_SYMBOL_CLEAR;
	return by_symbol(channel, m, e);
}

static unsigned deepplus10_decode(struct feed_channel *channel, struct feed_walk *walk, struct event *out,
				  unsigned max)
{
	return blocks_decode(channel, walk, out, max, length_of, le16, decode_one);
}

static bool deepplus10_header(const uint8_t *payload, size_t len, struct packet *out)
{
	return iex_header(payload, len, out, IEX_DEEPPLUS10);
}

static bool deepplus10_probe(const uint8_t *payload, size_t len)
{
	return iex_probe(payload, len, IEX_DEEPPLUS10);
}

const struct feed deepplus_feed = {
	.name = "deepplus10",
	.title = "IEX DEEP+ 1.0",
	.venue = VENUE_IEX,
	.flags = FEED_CLOCK_IN_HEADER | FEED_ORDERS,
	.lateness_ns = 5 * NS_PER_MS,
	.heartbeat_ns = NS_PER_S,
	.probe = deepplus10_probe,
	.header = deepplus10_header,
	.decode = deepplus10_decode,
	.past = iex_past,
};
