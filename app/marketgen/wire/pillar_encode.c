/* SPDX-License-Identifier: BSD-3-Clause */
// pillar_encode.c: each message field after field, in the order of the specification; the closing check of
// every function is the specified length.
#include "app/marketgen/wire/pillar_encode.h"

#include "app/marketgen/wire/put.h"
#include "lcore/base/bytes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static uint8_t *put_head(uint8_t *p, uint32_t type, uint32_t size)
{
	return put_le(put_le(p, size, 2), type, 2);
}

// Nanoseconds, symbol, its number: the beginning of frequent messages.
static uint8_t *put_brief(uint8_t *p, uint32_t type, uint32_t size, struct pillar_encode_about a)
{
	p = put_head(p, type, size);
	p = put_le(p, a.utc_ns % NS_PER_S, 4);
	p = put_le(p, a.index, 4);
	return put_le(p, a.seq, 4);
}

static uint8_t *put_time(uint8_t *p, uint64_t utc_ns)
{
	return put_le(put_le(p, utc_ns / NS_PER_S, 4), utc_ns % NS_PER_S, 4);
}

// Both parts of the time, symbol; its number follows in most.
static uint8_t *put_full(uint8_t *p, uint32_t type, uint32_t size, struct pillar_encode_about a)
{
	return put_le(put_time(put_head(p, type, size), a.utc_ns), a.index, 4);
}

static size_t done(const uint8_t *out, const uint8_t *end)
{
	assert((size_t)(end - out) == le16(out));
	return (size_t)(end - out);
}

void pillar_encode_name(char out[PILLAR_ENCODE_SYMBOL_BYTES], const char *symbol)
{
	static const struct {
		char mark;
		const char *nyse;
	} marks[] = {
		{ '.', " " }, { '-', " PR" }, { '+', " WS" }, { '=', " U" }, { '^', " RT" },
	};
	char text[2 * PILLAR_ENCODE_SYMBOL_BYTES] = "";
	size_t n = 0;

	for (int i = 0; i < 8 && symbol[i] != ' '; i++) {
		const char *more = NULL;

		for (size_t m = 0; m < sizeof marks / sizeof *marks; m++)
			more = marks[m].mark == symbol[i] ? marks[m].nyse : more;
		if (more == NULL)
			text[n++] = symbol[i];
		else
			n += strlen(strcpy(text + n, more));
	}
	assert(n <= PILLAR_ENCODE_SYMBOL_BYTES);
	memcpy(out, text, PILLAR_ENCODE_SYMBOL_BYTES);
}

size_t pillar_encode_reset(uint8_t *out, uint64_t utc_ns)
{
	uint8_t *p = put_time(put_head(out, 1, 14), utc_ns);

	p = put_le(p, PILLAR_ENCODE_PRODUCT, 1);
	return done(out, put_le(p, PILLAR_ENCODE_CHANNEL, 1));
}

size_t pillar_encode_time(uint8_t *out, uint32_t system, uint32_t utc_s)
{
	uint8_t *p = put_le(put_head(out, 2, 16), system, 4);

	p = put_le(p, 0, 4); // symbol_seq, without meaning
	return done(out, put_le(p, utc_s, 4));
}

size_t pillar_encode_mapping(uint8_t *out, const struct pillar_encode_symbol *s)
{
	uint8_t *p = put_le(put_head(out, 3, 44), s->index, 4);

	p = put_text(p, s->symbol, sizeof s->symbol);
	p = put_le(p, 0, 1);
	p = put_le(p, 3, 2); // market: Arca
	p = put_le(p, s->system, 1);
	p = put_le(p, (uint8_t)s->listing, 1);
	p = put_le(p, s->scale, 1);
	p = put_le(p, 'C', 1); // security type: common stock
	p = put_le(p, 100, 2); // lot
	p = put_le(p, s->close_price, 4);
	p = put_le(p, s->close_volume, 4);
	p = put_le(p, 0, 1);   // price resolution
	p = put_le(p, 'Y', 1); // round lots
	p = put_le(p, 1, 2);   // minimum price variation
	p = put_le(p, 1, 2);   // unit of trade
	return done(out, put_le(p, 0, 2));
}

size_t pillar_encode_clear(uint8_t *out, struct pillar_encode_about a)
{
	return done(out, put_le(put_full(out, 32, 20, a), a.seq, 4));
}

size_t pillar_encode_security(uint8_t *out, struct pillar_encode_about a,
			      const struct pillar_encode_status *s)
{
	uint8_t *p = put_le(put_full(out, 34, 46, a), a.seq, 4);

	p = put_le(p, (uint8_t)s->status, 1);
	p = put_le(p, (uint8_t)s->condition, 1);
	p = put_le(p, 0, 4);
	p = put_le(p, 0, 4); // indication, low
	p = put_le(p, 0, 4); // and high
	p = put_le(p, ' ', 1);
	p = put_le(p, 0, 4); // trigger volume
	p = put_le(p, 0, 4); // trigger time
	p = put_le(p, '~', 1);
	p = put_le(p, (uint8_t)s->market_state, 1);
	return done(out, put_le(p, 0, 1));
}

size_t pillar_encode_add(uint8_t *out, struct pillar_encode_about a, const struct pillar_encode_order *o)
{
	uint8_t *p = put_le(put_brief(out, 100, 39, a), o->ref, 8);

	p = put_le(p, o->price, 4);
	p = put_le(p, o->volume, 4);
	p = put_le(p, (uint8_t)o->side, 1);
	p = put_text(p, "     ", 5); // firm, not told
	return done(out, put_le(p, 0, 1));
}

size_t pillar_encode_modify(uint8_t *out, struct pillar_encode_about a, const struct pillar_encode_order *o,
			    bool lost)
{
	uint8_t *p = put_le(put_brief(out, 101, 35, a), o->ref, 8);

	p = put_le(p, o->price, 4);
	p = put_le(p, o->volume, 4);
	p = put_le(p, lost, 1);
	p = put_le(p, (uint8_t)o->side, 1);
	return done(out, put_le(p, 0, 1));
}

size_t pillar_encode_delete(uint8_t *out, struct pillar_encode_about a, uint64_t ref)
{
	return done(out, put_le(put_le(put_brief(out, 102, 25, a), ref, 8), 0, 1));
}

// What 103 and 110 have in common; between printable and conditions 103 has a reserved byte.
static uint8_t *put_deal(uint8_t *p, const struct pillar_encode_trade *t, int n_reserved)
{
	p = put_le(p, t->id, 4);
	p = put_le(p, t->price, 4);
	p = put_le(p, t->volume, 4);
	p = put_le(p, t->printable, 1);
	p = put_le(p, 0, n_reserved);
	return put_text(p, t->conditions, 4);
}

size_t pillar_encode_execution(uint8_t *out, struct pillar_encode_about a,
			       const struct pillar_encode_trade *t)
{
	return done(out, put_deal(put_le(put_brief(out, 103, 42, a), t->ref, 8), t, 1));
}

size_t pillar_encode_replace(uint8_t *out, struct pillar_encode_about a, uint64_t old_ref,
			     const struct pillar_encode_order *o)
{
	uint8_t *p = put_le(put_brief(out, 104, 42, a), old_ref, 8);

	p = put_le(p, o->ref, 8);
	p = put_le(p, o->price, 4);
	p = put_le(p, o->volume, 4);
	p = put_le(p, (uint8_t)o->side, 1);
	return done(out, put_le(p, 0, 1));
}

size_t pillar_encode_imbalance(uint8_t *out, struct pillar_encode_about a,
			       const struct pillar_encode_imbalance *i)
{
	uint8_t *p = put_le(put_full(out, 105, 73, a), a.seq, 4);

	p = put_le(p, i->reference, 4);
	p = put_le(p, i->paired, 4);
	p = put_le(p, i->total, 4);
	p = put_le(p, i->market, 4);
	p = put_le(p, i->auction_time, 2);
	p = put_le(p, (uint8_t)i->type, 1);
	p = put_le(p, (uint8_t)i->side, 1);
	p = put_le(p, i->clearing, 4); // continuous book
	p = put_le(p, i->clearing, 4); // auction only
	p = put_le(p, 0, 4);           // short sale filing
	p = put_le(p, i->indicative, 4);
	p = put_le(p, i->upper, 4);
	p = put_le(p, i->lower, 4);
	p = put_le(p, 0, 3); // auction status, freeze status, extensions
	p = put_le(p, i->total, 4);
	p = put_le(p, (uint8_t)i->side, 1);
	return done(out, put_le(p, 0, 1));
}

size_t pillar_encode_hidden(uint8_t *out, struct pillar_encode_about a, const struct pillar_encode_trade *t)
{
	return done(out, put_deal(put_brief(out, 110, 33, a), t, 0));
}

size_t pillar_encode_cross(uint8_t *out, struct pillar_encode_about a, uint32_t id, uint32_t price,
			   uint32_t volume, char type)
{
	uint8_t *p = put_le(put_brief(out, 111, 29, a), id, 4);

	p = put_le(p, price, 4);
	p = put_le(p, volume, 4);
	return done(out, put_le(p, (uint8_t)type, 1));
}

size_t pillar_encode_cancel(uint8_t *out, struct pillar_encode_about a, uint32_t id)
{
	return done(out, put_le(put_brief(out, 112, 20, a), id, 4));
}

size_t pillar_encode_correction(uint8_t *out, struct pillar_encode_about a, uint32_t id, uint32_t volume)
{
	return done(out, put_le(put_le(put_brief(out, 113, 24, a), id, 4), volume, 4));
}

size_t pillar_encode_retail(uint8_t *out, struct pillar_encode_about a, char rpi)
{
	return done(out, put_le(put_brief(out, 114, 17, a), (uint8_t)rpi, 1));
}

size_t pillar_encode_summary(uint8_t *out, struct pillar_encode_about a,
			     const struct pillar_encode_summary *s)
{
	uint8_t *p = put_full(out, 223, 36, a);

	p = put_le(p, s->high, 4);
	p = put_le(p, s->low, 4);
	p = put_le(p, s->open, 4);
	p = put_le(p, s->close, 4);
	return done(out, put_le(p, s->volume, 4));
}

enum { HEARTBEAT = 1, ORIGINAL = 11, RESET = 12 };

static void put_packet(struct packets *p, uint8_t *head, uint64_t utc_ns, uint16_t count)
{
	bool reset = count == 1 && le16(head + 16 + 2) == 1;

	put_le16(head, (uint16_t)p->payload_bytes);
	head[2] = count == 0 ? HEARTBEAT : reset ? RESET : ORIGINAL;
	head[3] = (uint8_t)count;
	put_le32(head + 4, (uint32_t)packets_number(p));
	put_le32(head + 8, (uint32_t)(utc_ns / NS_PER_S));
	put_le32(head + 12, (uint32_t)(utc_ns % NS_PER_S));
}

static void put_session(struct packets *p, char *out, size_t room)
{
	(void)p;
	snprintf(out, room, "\"product\": %d,\n      \"channel\": %d", PILLAR_ENCODE_PRODUCT,
		 PILLAR_ENCODE_CHANNEL);
}

const struct packets_format pillar_encode_packets = {
	.head_bytes = 16,
	.type_at = 2,
	.block = PACKETS_BARE,
	.put_head = put_packet,
	.put_session = put_session,
};
