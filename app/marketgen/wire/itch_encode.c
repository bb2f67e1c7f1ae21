/* SPDX-License-Identifier: BSD-3-Clause */
// itch_encode.c: each message is written field after field, in the order of the specification; the closing
// check of every function is the specified length.
#include "app/marketgen/wire/itch_encode.h"

#include "app/marketgen/wire/put.h"
#include "lcore/base/bytes.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static uint8_t *put_head(uint8_t *p, char type, struct itch_encode_head head)
{
	p = put_be(p, (uint8_t)type, 1);
	p = put_be(p, head.locate, 2);
	p = put_be(p, head.tracking, 2);
	return put_be(p, head.ns, 6);
}

static size_t done(const uint8_t *out, const uint8_t *end, size_t specified)
{
	assert((size_t)(end - out) == specified);
	(void)out;
	(void)end;
	return specified;
}

size_t itch_encode_system(uint8_t *out, struct itch_encode_head head, char event)
{
	uint8_t *p = put_head(out, 'S', head);

	p = put_be(p, (uint8_t)event, 1);
	return done(out, p, 12);
}

size_t itch_encode_directory(uint8_t *out, struct itch_encode_head head,
			     const struct itch_encode_directory *d)
{
	uint8_t *p = put_head(out, 'R', head);

	p = put_text(p, d->symbol, 8);
	p = put_be(p, (uint8_t)d->category, 1);
	p = put_text(p, "N", 1); // financial status
	p = put_be(p, 100, 4);   // round lot
	p = put_text(p, "N", 1); // round lots only
	p = put_text(p, d->etf ? "Q" : "C", 1);
	p = put_text(p, d->etf ? "E " : "Z ", 2);
	p = put_text(p, "PN ", 3); // live, no short sale threshold, no IPO flag
	p = put_be(p, (uint8_t)d->tier, 1);
	p = put_text(p, d->etf ? "Y" : "N", 1);
	p = put_be(p, d->etf ? 1 : 0, 4); // leverage
	p = put_text(p, "N", 1);          // inverse
	return done(out, p, 39);
}

size_t itch_encode_action(uint8_t *out, struct itch_encode_head head, const char *symbol, char state,
			  const char *reason)
{
	uint8_t *p = put_head(out, 'H', head);

	p = put_text(p, symbol, 8);
	p = put_be(p, (uint8_t)state, 1);
	p = put_text(p, " ", 1);
	p = put_text(p, reason, 4);
	return done(out, p, 25);
}

size_t itch_encode_regsho(uint8_t *out, struct itch_encode_head head, const char *symbol, char action)
{
	uint8_t *p = put_head(out, 'Y', head);

	p = put_text(p, symbol, 8);
	p = put_be(p, (uint8_t)action, 1);
	return done(out, p, 20);
}

size_t itch_encode_position(uint8_t *out, struct itch_encode_head head, const char *symbol, const char *mpid)
{
	uint8_t *p = put_head(out, 'L', head);

	p = put_text(p, mpid, 4);
	p = put_text(p, symbol, 8);
	p = put_text(p, "YNA", 3); // primary, normal mode, active
	return done(out, p, 26);
}

size_t itch_encode_add(uint8_t *out, struct itch_encode_head head, const struct itch_encode_order *o)
{
	uint8_t *p = put_head(out, o->mpid ? 'F' : 'A', head);

	p = put_be(p, o->ref, 8);
	p = put_be(p, (uint8_t)o->side, 1);
	p = put_be(p, o->shares, 4);
	p = put_text(p, o->symbol, 8);
	p = put_be(p, o->price_e4, 4);
	if (o->mpid)
		p = put_text(p, o->mpid, 4);
	return done(out, p, o->mpid ? 40 : 36);
}

size_t itch_encode_executed(uint8_t *out, struct itch_encode_head head, uint64_t ref, uint32_t shares,
			    uint64_t match)
{
	uint8_t *p = put_head(out, 'E', head);

	p = put_be(p, ref, 8);
	p = put_be(p, shares, 4);
	p = put_be(p, match, 8);
	return done(out, p, 31);
}

size_t itch_encode_executed_at(uint8_t *out, struct itch_encode_head head, uint64_t ref, uint32_t shares,
			       uint64_t match, bool printable, uint32_t price_e4)
{
	uint8_t *p = put_head(out, 'C', head);

	p = put_be(p, ref, 8);
	p = put_be(p, shares, 4);
	p = put_be(p, match, 8);
	p = put_text(p, printable ? "Y" : "N", 1);
	p = put_be(p, price_e4, 4);
	return done(out, p, 36);
}

size_t itch_encode_cancel(uint8_t *out, struct itch_encode_head head, uint64_t ref, uint32_t shares)
{
	uint8_t *p = put_head(out, 'X', head);

	p = put_be(p, ref, 8);
	p = put_be(p, shares, 4);
	return done(out, p, 23);
}

size_t itch_encode_delete(uint8_t *out, struct itch_encode_head head, uint64_t ref)
{
	uint8_t *p = put_head(out, 'D', head);

	p = put_be(p, ref, 8);
	return done(out, p, 19);
}

size_t itch_encode_replace(uint8_t *out, struct itch_encode_head head, uint64_t old_ref, uint64_t new_ref,
			   uint32_t shares, uint32_t price_e4)
{
	uint8_t *p = put_head(out, 'U', head);

	p = put_be(p, old_ref, 8);
	p = put_be(p, new_ref, 8);
	p = put_be(p, shares, 4);
	p = put_be(p, price_e4, 4);
	return done(out, p, 35);
}

// Order reference 0 and side B always, as Nasdaq sends P since 2010 and 2014.
size_t itch_encode_trade(uint8_t *out, struct itch_encode_head head, const char *symbol, uint32_t shares,
			 uint32_t price_e4, uint64_t match)
{
	uint8_t *p = put_head(out, 'P', head);

	p = put_be(p, 0, 8);
	p = put_text(p, "B", 1);
	p = put_be(p, shares, 4);
	p = put_text(p, symbol, 8);
	p = put_be(p, price_e4, 4);
	p = put_be(p, match, 8);
	return done(out, p, 44);
}

size_t itch_encode_cross(uint8_t *out, struct itch_encode_head head, const char *symbol, uint64_t shares,
			 uint32_t price_e4, uint64_t match, char cross_type)
{
	uint8_t *p = put_head(out, 'Q', head);

	p = put_be(p, shares, 8);
	p = put_text(p, symbol, 8);
	p = put_be(p, price_e4, 4);
	p = put_be(p, match, 8);
	p = put_be(p, (uint8_t)cross_type, 1);
	return done(out, p, 40);
}

size_t itch_encode_broken(uint8_t *out, struct itch_encode_head head, uint64_t match)
{
	uint8_t *p = put_head(out, 'B', head);

	p = put_be(p, match, 8);
	return done(out, p, 19);
}

size_t itch_encode_noii(uint8_t *out, struct itch_encode_head head, const struct itch_encode_noii *n)
{
	uint8_t *p = put_head(out, 'I', head);

	p = put_be(p, n->paired, 8);
	p = put_be(p, n->imbalance, 8);
	p = put_be(p, (uint8_t)n->direction, 1);
	p = put_text(p, n->symbol, 8);
	p = put_be(p, n->far_e4, 4);
	p = put_be(p, n->near_e4, 4);
	p = put_be(p, n->ref_e4, 4);
	p = put_be(p, (uint8_t)n->cross_type, 1);
	p = put_be(p, (uint8_t)n->variation, 1);
	return done(out, p, 50);
}

// The session's ten characters.
static const char *session_of(struct packets *p)
{
	struct packets_session *session = &p->spec.session;

	if (session->text[0] == '\0')
		snprintf(session->text, sizeof session->text, "%04u%05u%c",
			 (unsigned int)(session->seed % 10000),
			 (unsigned int)(session->day % 100000 + 100000) % 100000,
			 (char)('A' + session->index));
	return session->text;
}

static void put_mold(struct packets *p, uint8_t *head, uint64_t utc_ns, uint16_t count)
{
	(void)utc_ns;
	memcpy(head, session_of(p), 10);
	put_be64(head + 10, packets_number(p));
	put_be16(head + 18, count);
}

static void put_session(struct packets *p, char *out, size_t room)
{
	snprintf(out, room, "\"session\": \"%s\"", session_of(p));
}

static void disguise(uint8_t *head, uint64_t number)
{
	memcpy(head, "TESTPUBLSH", 10);
	put_be64(head + 10, number);
}

const struct packets_format itch_encode_mold = {
	.head_bytes = 20,
	.block = PACKETS_BE16,
	.type_is_text = true,
	.says_end = true,
	.put_head = put_mold,
	.put_session = put_session,
	.disguise = disguise,
};
