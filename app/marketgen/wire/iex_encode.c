/* SPDX-License-Identifier: BSD-3-Clause */
// iex_encode.c: each message field after field, in the order of the specification; the closing check of every
// function is the specified length.
#include "app/marketgen/wire/iex_encode.h"

#include "app/marketgen/wire/put.h"
#include "lcore/base/bytes.h"

#include <assert.h>
#include <stdio.h>

// Type, one byte of flags or status, time: the beginning of every DEEP message.
static uint8_t *put_head(uint8_t *p, char type, uint8_t second, uint64_t utc_ns)
{
	p = put_le(p, (uint8_t)type, 1);
	p = put_le(p, second, 1);
	return put_le(p, utc_ns, 8);
}

static size_t done(const uint8_t *out, const uint8_t *end, size_t specified)
{
	assert((size_t)(end - out) == specified);
	(void)out;
	(void)end;
	return specified;
}

size_t iex_encode_system(uint8_t *out, uint64_t utc_ns, char event)
{
	return done(out, put_head(out, 'S', (uint8_t)event, utc_ns), 10);
}

size_t iex_encode_directory(uint8_t *out, uint64_t utc_ns, const char *symbol, uint8_t flags,
			    uint32_t close_e4)
{
	uint8_t *p = put_head(out, 'D', flags, utc_ns);

	p = put_text(p, symbol, 8);
	p = put_le(p, 100, 4); // round lot
	p = put_le(p, close_e4, 8);
	p = put_le(p, 1, 1); // LULD tier
	return done(out, p, 31);
}

size_t iex_encode_status(uint8_t *out, uint64_t utc_ns, const char *symbol, char status, const char *reason)
{
	uint8_t *p = put_head(out, 'H', (uint8_t)status, utc_ns);

	p = put_text(p, symbol, 8);
	p = put_text(p, reason, 4);
	return done(out, p, 22);
}

size_t iex_encode_operational(uint8_t *out, uint64_t utc_ns, const char *symbol, char status)
{
	uint8_t *p = put_head(out, 'O', (uint8_t)status, utc_ns);

	return done(out, put_text(p, symbol, 8), 18);
}

size_t iex_encode_short_sale(uint8_t *out, uint64_t utc_ns, const char *symbol, uint8_t status, char detail)
{
	uint8_t *p = put_head(out, 'P', status, utc_ns);

	p = put_text(p, symbol, 8);
	p = put_le(p, (uint8_t)detail, 1);
	return done(out, p, 19);
}

size_t iex_encode_security(uint8_t *out, uint64_t utc_ns, const char *symbol, char event)
{
	uint8_t *p = put_head(out, 'E', (uint8_t)event, utc_ns);

	return done(out, put_text(p, symbol, 8), 18);
}

size_t iex_encode_level(uint8_t *out, uint64_t utc_ns, const char *symbol, bool buy, bool complete,
			uint32_t size, uint32_t price_e4)
{
	uint8_t *p = put_head(out, buy ? '8' : '5', complete, utc_ns);

	p = put_text(p, symbol, 8);
	p = put_le(p, size, 4);
	p = put_le(p, price_e4, 8);
	return done(out, p, 30);
}

static size_t put_trade(uint8_t *out, char type, const struct iex_encode_trade *t)
{
	uint8_t *p = put_head(out, type, t->flags, t->utc_ns);

	p = put_text(p, t->symbol, 8);
	p = put_le(p, t->size, 4);
	p = put_le(p, t->price_e4, 8);
	p = put_le(p, t->id, 8);
	return done(out, p, 38);
}

size_t iex_encode_trade(uint8_t *out, const struct iex_encode_trade *t) { return put_trade(out, 'T', t); }

size_t iex_encode_break(uint8_t *out, const struct iex_encode_trade *t) { return put_trade(out, 'B', t); }

size_t iex_encode_official(uint8_t *out, uint64_t utc_ns, const char *symbol, char price_type,
			   uint32_t price_e4)
{
	uint8_t *p = put_head(out, 'X', (uint8_t)price_type, utc_ns);

	p = put_text(p, symbol, 8);
	p = put_le(p, price_e4, 8);
	return done(out, p, 26);
}

static uint32_t session_of(const struct packets *p)
{
	const struct packets_session *session = &p->spec.session;

	return (0x42000000 + (session->index << 24)) | ((uint32_t)session->day & 0xffff) << 8 |
	       (uint32_t)(session->seed & 0xff);
}

static void put_tp(struct packets *p, uint8_t *head, uint64_t utc_ns, uint16_t count)
{
	head[0] = 1; // version
	head[1] = 0;
	put_le16(head + 2, 0x8004); // DEEP
	put_le32(head + 4, 1);      // channel
	put_le32(head + 8, session_of(p));
	put_le16(head + 12, (uint16_t)(p->payload_bytes - 40));
	put_le16(head + 14, count);
	put_le64(head + 16, p->stream_offset);
	put_le64(head + 24, packets_number(p));
	put_le64(head + 32, utc_ns);
}

static void put_session(struct packets *p, char *out, size_t room)
{
	snprintf(out, room, "\"session\": %u", session_of(p));
}

static void disguise(uint8_t *head, uint64_t number)
{
	put_le32(head + 8, 0x7e570001);
	put_le64(head + 16, 40 * number);
	put_le64(head + 24, number);
}

const struct packets_format iex_encode_tp = {
	.head_bytes = 40,
	.block = PACKETS_LE16,
	.type_is_text = true,
	.put_head = put_tp,
	.put_session = put_session,
	.disguise = disguise,
};
