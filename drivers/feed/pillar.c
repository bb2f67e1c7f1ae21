/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/feed/pillar.h"

#include "lcore/base/bytes.h"

// Offsets of the fields. Frequent messages carry only the nanoseconds of their source time; some carry all of
// it.
enum { TYPE = 2, NS = 4, INDEX = 8, SEQ = 12, ORDER = 16 };
enum { FULL_S = 4, FULL_NS = 8, FULL_INDEX = 12, FULL_SEQ = 16 };

// about finds the symbol that a message names.
static inline enum ledger_id about(const struct feed_channel *channel, uint32_t index,
				   struct feed_symbol **symbol, struct event *e)
{
	if (unlikely(index >= channel->n_symbols))
		return LEDGER_messages_index_range;
	*symbol = &channel->symbols[index];
	if (unlikely(!(*symbol)->scale))
		return LEDGER_messages_no_symbol;
	e->instr = (*symbol)->instr;
	return LEDGER_messages_applied;
}

// follow checks the symbol's own numbers. They only show that something is missing, not what: the channel's
// numbers decide what is new. Security status is repeated with an old number when a publisher starts anew.
static inline void follow(const struct feed_channel *channel, struct feed_symbol *symbol, uint32_t seq,
			  bool repeats)
{
	uint32_t last = symbol->seq;

	if (unlikely(repeats && seq <= last))
		return;
	symbol->seq = seq;
	if (likely(seq == last + 1 || last == 0 || seq <= last))
		return;
	LEDGER_INC(channel->ledger, symbol_gaps);
	LEDGER_ADD(channel->ledger, symbol_gap_messages, seq - last - 1);
}

static inline bool plausible(const struct feed_channel *channel, uint64_t ts_ns)
{
	return ts_ns <= INT64_MAX && (!channel->horizon_ns || ts_ns <= channel->horizon_ns);
}

// dated completes nanoseconds with the last second that the symbol's partition sent, or else with that of the
// channel. When the channel has none (after a join, or a loss), the second is chosen so that the event is
// nearest to the packet's send time.
static inline bool dated(const struct feed_channel *channel, uint8_t system, uint32_t ns, struct event *e)
{
	const struct feed_source *source = channel->source;
	uint32_t s = source->second_s[system] ? source->second_s[system] : source->latest_s;

	if (likely(s)) {
		e->ts_ns = s * NS_PER_S + ns;
	} else {
		e->ts_ns = channel->send_ns - channel->send_ns % NS_PER_S + ns;
		if (e->ts_ns > channel->send_ns + NS_PER_S / 2)
			e->ts_ns -= NS_PER_S;
		else if (e->ts_ns + NS_PER_S / 2 < channel->send_ns)
			e->ts_ns += NS_PER_S;
	}
	return likely(ns < NS_PER_S && plausible(channel, e->ts_ns));
}

static bool full_time(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	uint32_t ns = le32(m + FULL_NS);

	e->ts_ns = le32(m + FULL_S) * NS_PER_S + ns;
	return likely(ns < NS_PER_S && plausible(channel, e->ts_ns));
}

// brief reads the beginning of the frequent messages: source time, symbol, the symbol's number.
static inline enum ledger_id brief(const struct feed_channel *channel, const uint8_t *m,
				   struct feed_symbol **symbol, struct event *e)
{
	enum ledger_id end = about(channel, le32(m + INDEX), symbol, e);

	if (unlikely(end != LEDGER_messages_applied))
		return end;
	follow(channel, *symbol, le32(m + SEQ), false);
	return likely(dated(channel, (*symbol)->system, le32(m + NS), e)) ? end : LEDGER_messages_bad_value;
}

static enum ledger_id full(const struct feed_channel *channel, const uint8_t *m, struct feed_symbol **symbol,
			   struct event *e)
{
	enum ledger_id end = about(channel, le32(m + FULL_INDEX), symbol, e);

	return end == LEDGER_messages_applied && !full_time(channel, m, e) ? LEDGER_messages_bad_value : end;
}

static inline int64_t price(const struct feed_symbol *symbol, const uint8_t *p)
{
	return (int64_t)le32(p) * symbol->scale;
}

static inline uint64_t trade_key(uint32_t index, uint32_t id) { return (uint64_t)index << 32 | id; }

// order decodes a message that changes the book and is no trade. A modified order keeps its id: for the book,
// the order replaces itself. The book knows the side of the order that it replaces.
static inline enum ledger_id order(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = brief(channel, m, &symbol, e);

	if (unlikely(end != LEDGER_messages_applied))
		return end;
	const uint8_t *at = m + 24; // price, volume

	e->ref = le64(m + ORDER);
	switch (m[TYPE]) {
	case PILLAR_DELETE: e->kind = EV_DELETE; return end;
	case PILLAR_ADD:
		e->kind = EV_ADD;
		if (!feed_side(m[32], e))
			return LEDGER_messages_bad_value;
		break;
	case PILLAR_MODIFY:
		e->kind = EV_REPLACE;
		e->ref2 = e->ref;
		e->detail = m[32] == 0; // 1: position lost
		break;
	default:
		e->kind = EV_REPLACE;
		e->ref2 = le64(m + 24);
		at = m + 32;
		break;
	}
	e->price = price(symbol, at);
	e->qty = le32(at + 4);
	return end;
}

// conditions turns the four sale conditions into flags. Returns false when they are no text: NYSE's older XDP
// format, which is the same in every other byte, has a number there.
static bool conditions(const uint8_t *c, struct event *e)
{
	if (c[0] < ' ' || c[0] > '~')
		return false;
	for (int i = 1; i < 4; i++)
		if (c[i] > '~' || (c[i] && c[i] < ' '))
			return false;
	if (c[0] == 'C') // cash
		e->flags |= EVF_VOLUME_ONLY;
	if (c[1] == 'F')
		e->flags |= EVF_ISO;
	else if (c[1] == 'O' || c[1] == '5' || c[1] == '6') // open, reopen, close
		e->flags |= EVF_AUCTION;
	else if (c[1] == '7') // qualified contingent
		e->flags |= EVF_VOLUME_ONLY;
	if (c[2] == 'T')
		e->flags |= EVF_EXT_HOURS;
	else if (c[2] == 'U' || c[2] == 'Z') // out of sequence
		e->flags |= EVF_HL_ONLY;
	if (c[3] == 'I')
		e->flags |= EVF_ODD_LOT;
	else if (c[3] == 'V') // contingent
		e->flags |= EVF_VOLUME_ONLY;
	return true;
}

// trade decodes an execution of an order (103) or a trade of two hidden ones (110).
static enum ledger_id trade(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = brief(channel, m, &symbol, e);
	bool executed = m[TYPE] == PILLAR_EXECUTION;
	const uint8_t *at = m + (executed ? 24 : 16); // trade id, price, volume, printable

	if (unlikely(end != LEDGER_messages_applied))
		return end;
	e->kind = executed ? EV_EXEC_PX : EV_TRADE;
	e->ref = executed ? le64(m + ORDER) : 0;
	e->ref2 = trade_key(le32(m + INDEX), le32(at));
	e->price = price(symbol, at + 4);
	e->qty = le32(at + 8);
	e->flags = at[12] ? 0 : EVF_NONPRINT;
	return at[12] <= 1 && conditions(at + (executed ? 14 : 13), e) ? end : LEDGER_messages_bad_value;
}

static enum ledger_id cross(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = brief(channel, m, &symbol, e);

	if (unlikely(end != LEDGER_messages_applied))
		return end;
	e->ref2 = trade_key(le32(m + INDEX), le32(m + 16));
	switch (m[TYPE]) {
	case PILLAR_TRADE_CANCEL: e->kind = EV_BREAK; break;
	case PILLAR_CROSS_CORRECTION:
		e->kind = EV_CORRECT;
		e->ref2 |= PILLAR_CROSS;
		e->qty = le32(m + 20);
		break;
	default:
		e->kind = EV_CROSS;
		e->flags = EVF_AUCTION;
		e->ref2 |= PILLAR_CROSS;
		e->price = price(symbol, m + 20);
		e->qty = le32(m + 24);
		break;
	}
	return end;
}

static enum ledger_id add_refresh(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = full(channel, m, &symbol, e);

	if (end != LEDGER_messages_applied)
		return end;
	e->kind = EV_ADD;
	e->detail = 1;
	e->ref = le64(m + 20);
	e->price = price(symbol, m + 28);
	e->qty = le32(m + 32);
	return feed_side(m[36], e) ? end : LEDGER_messages_bad_value;
}

// clear decodes a symbol clear: the symbol's book and its numbers begin anew.
static enum ledger_id clear(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = full(channel, m, &symbol, e);

	if (end != LEDGER_messages_applied)
		return end;
	e->kind = EV_SYMBOL_CLEAR;
	symbol->seq = le32(m + 16) ? le32(m + 16) - 1 : 0;
	return end;
}

// Security status: halt (4, with condition M a volatility pause), resume (5), no open or no resume (6). When
// a symbol closes (X), its orders end without messages of their own. Short sale restrictions (A, C, D)
// come with the state that holds from now on. Sessions and indications are known and have no effect.
static enum ledger_id security_status(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = full(channel, m, &symbol, e);

	if (end != LEDGER_messages_applied)
		return end;
	follow(channel, symbol, le32(m + FULL_SEQ), true);
	e->kind = EV_STATUS;
	e->detail = m[20];
	e->ref2 = m[21] == '~' ? 0 : (uint64_t)m[21] << 24;
	switch (m[20]) {
	case '4': e->side = m[21] == 'M' ? STATUS_PAUSED : STATUS_HALTED; return end;
	case '5': e->side = STATUS_TRADING; return end;
	case '6': e->side = STATUS_HALTED; return end;
	case 'X': e->kind = EV_SYMBOL_CLEAR; break;
	case 'A':
	case 'C':
	case 'D':
		e->kind = EV_SHORT;
		e->ref = m[20];
		e->qty = m[43] == 'E';
		break;
	default: e->kind = EV_ADMIN; end = LEDGER_messages_admin;
	}
	e->ref2 = 0;
	return end;
}

static enum ledger_id imbalance(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end = full(channel, m, &symbol, e);

	if (end != LEDGER_messages_applied)
		return end;
	follow(channel, symbol, le32(m + FULL_SEQ), false);
	e->kind = EV_IMBALANCE;
	e->ref = m[38];
	e->price = price(symbol, m + 20);
	e->price2 = price(symbol, m + 52);
	e->qty = le32(m + 24);
	e->qty2 = le32(m + 28);
	if (m[39] == 'B' || m[39] == 'S')
		feed_side(m[39], e);
	return end;
}

// mapping introduces a symbol index: the symbol, and what to multiply its prices with. Scales above six
// decimals would need rounding; equities have none.
static enum ledger_id mapping(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	static const uint32_t scale[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
	uint32_t index = le32(m + 4);
	uint64_t key;

	if (index >= channel->n_symbols)
		return LEDGER_messages_index_range;
	if (le16(m + 20) != PILLAR_MARKET_ARCA)
		return LEDGER_messages_other_market;
	if (!pillar_symbol(m + 8, &key))
		return LEDGER_messages_symbol_long;
	if (m[24] >= sizeof scale / sizeof *scale)
		return LEDGER_messages_bad_value;
	e->kind = EV_DIRECTORY;
	e->ts_ns = channel->send_ns;
	e->qty = le16(m + 26);
	e->flags = m[25] == 'T' ? EVF_TEST : 0; // security type
	e->instr = symtab_intern(channel->symtab, key);
	if (e->instr == INSTR_NONE)
		return channel->symtab->n == channel->symtab->max ? LEDGER_messages_no_room
								  : LEDGER_messages_bad_value;
	channel->symbols[index] = (struct feed_symbol){ .instr = e->instr,
							.scale = scale[m[24]],
							.system = m[22],
							.channel = (uint8_t)(channel->index + 1) };
	return LEDGER_messages_admin;
}

static void forget_time(struct feed_source *source)
{
	source->latest_s = 0;
	memset(source->second_s, 0, sizeof source->second_s);
}

static enum ledger_id source_time(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	uint32_t id = le32(m + 4), s = le32(m + 12);

	e->ts_ns = s * NS_PER_S;
	if (!plausible(channel, e->ts_ns))
		return LEDGER_messages_bad_value;
	if (id < 256)
		channel->source->second_s[id] = s;
	channel->source->latest_s = s;
	return LEDGER_messages_admin;
}

// rare decodes every message that is not order flow. Requests, responses and headers of refreshes are for
// recovery.
static enum ledger_id rare(const struct feed_channel *channel, const uint8_t *m, struct event *e)
{
	struct feed_symbol *symbol;
	enum ledger_id end;

	e->kind = EV_ADMIN;
	e->ts_ns = channel->send_ns;
	switch (m[TYPE]) {
	case PILLAR_ADD_REFRESH: return add_refresh(channel, m, e);
	case PILLAR_SYMBOL_CLEAR: return clear(channel, m, e);
	case PILLAR_SECURITY_STATUS: return security_status(channel, m, e);
	case PILLAR_IMBALANCE: return imbalance(channel, m, e);
	case PILLAR_SYMBOL_MAPPING: return mapping(channel, m, e);
	case PILLAR_SOURCE_TIME: return source_time(channel, m, e);
	case PILLAR_RETAIL_IMPROVEMENT:
		end = brief(channel, m, &symbol, e);
		return end == LEDGER_messages_applied ? LEDGER_messages_admin : end;
	case PILLAR_STOCK_SUMMARY:
		end = full(channel, m, &symbol, e);
		return end == LEDGER_messages_applied ? LEDGER_messages_admin : end;
	case PILLAR_SEQUENCE_RESET: forget_time(channel->source); return LEDGER_messages_admin;
	default: return LEDGER_messages_admin;
	}
}

// decode_one fills *e from a message of known type and sufficient size and returns the message's end; the
// event is used when that is applied or admin.
static inline enum ledger_id decode_one(const struct feed_channel *channel, const struct feed_walk *walk,
					const uint8_t *m, struct event *e)
{
	*e = (struct event){
		.pos = walk->pos,
		.instr = INSTR_NONE,
		.frame = walk->frame,
		.channel = channel->index,
	};
	switch (m[TYPE]) {
	case PILLAR_ADD:
	case PILLAR_MODIFY:
	case PILLAR_DELETE:
	case PILLAR_REPLACE: return order(channel, m, e);
	case PILLAR_EXECUTION:
	case PILLAR_HIDDEN_TRADE: return trade(channel, m, e);
	case PILLAR_CROSS_TRADE:
	case PILLAR_TRADE_CANCEL:
	case PILLAR_CROSS_CORRECTION: return cross(channel, m, e);
	default: return rare(channel, m, e);
	}
}

// A refresh header may have its long form.
static bool is_long(const uint8_t *m, unsigned known)
{
	return le16(m) > known && !(m[TYPE] == PILLAR_REFRESH_HEADER && le16(m) == 16);
}

static unsigned pillar_decode(struct feed_channel *channel, struct feed_walk *walk, struct event *out,
			      unsigned max)
{
	uint64_t *count = channel->ledger->v;
	unsigned n = 0;

	if (unlikely(walk->pos != channel->source->next_pos))
		forget_time(channel->source);
	while (walk->left && n < max) {
		const uint8_t *m = walk->p;

		// A size smaller than size and type themselves: the next message cannot be found.
		if (unlikely(walk->end - m < 4 || le16(m) < 4 || walk->end - m < le16(m))) {
			count[LEDGER_messages_cut] += walk->left;
			walk->left = 0;
			break;
		}
		walk->p = m + le16(m);
		walk->left--;
		if (unlikely(walk->skip)) {
			walk->skip--;
			count[LEDGER_messages_duplicate]++;
			continue;
		}
		unsigned known = pillar_size(le16(m + TYPE));
		enum ledger_id end;

		if (unlikely(known == 0)) {
			end = LEDGER_messages_unknown_type;
		} else if (unlikely(le16(m) < known)) {
			end = LEDGER_messages_short;
		} else {
			count[LEDGER_messages_long] += is_long(m, known);
			end = decode_one(channel, walk, m, out + n);
			n += end == LEDGER_messages_applied || end == LEDGER_messages_admin;
			channel->by_type[m[TYPE]] += end != LEDGER_messages_bad_value;
		}
		count[end]++;
		walk->pos++;
	}
	channel->source->next_pos = walk->pos;
	return n;
}

const struct feed pillar_feed = {
	.name = "pillar",
	.title = "NYSE Arca Integrated (Pillar)",
	.venue = VENUE_ARCA,
	.flags = FEED_CLOCK_IN_HEADER | FEED_ORDERS | FEED_SYMBOL_INDEX | FEED_BY_LINE,
	.lateness_ns = NS_PER_MS,
	.heartbeat_ns = NS_PER_S,
	.probe = pillar_probe,
	.header = pillar_header,
	.decode = pillar_decode,
	.past = pillar_past,
	.channel_of = pillar_channel_of,
	.mark = pillar_mark,
};
