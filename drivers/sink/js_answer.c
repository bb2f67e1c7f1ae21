/* SPDX-License-Identifier: BSD-3-Clause */
// js_answer.c: what a JetStream server's answers mean.
#include <string.h>

#include "drivers/sink/js_words.h"
#include "drivers/wire/json_find.h"

static int sextet(char c)
{
	static const char of[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c ? strchr(of, c) : NULL;

	return p ? (int)(p - of) : -1;
}

// Base64 (RFC 4648), up to the first character that is none of it.
static size_t decoded(const char *in, size_t n, char *out, size_t room)
{
	uint32_t word = 0;
	unsigned bits = 0;
	size_t used = 0;

	for (size_t i = 0; i < n && used < room; i++) {
		int v = sextet(in[i]);

		if (v < 0)
			break;
		word = word << 6 | (uint32_t)v;
		bits += 6;
		if (bits >= 8)
			out[used++] = (char)(word >> (bits -= 8) & 255);
	}
	return used;
}

bool js_is_parcel(const struct js_words *w, const struct lanes *l, const struct lane *lane,
		  const struct nats_said *said)
{
	char headers[1024], id[PARCEL_ID];
	struct json_text text;
	const char *value;

	if (!json_find(said->data, said->data_bytes, "message.hdrs", &text))
		return false;
	size_t n = decoded(text.at, text.bytes, headers, sizeof headers);

	parcel_id(&w->parcel, l, lane, id);
	n = nats_header(headers, n, "Nats-Msg-Id", &value);
	return n == strlen(id) && !memcmp(value, id, n);
}

bool js_is_ack(const struct js_words *w, const struct nats_said *said)
{
	struct json_text stream;

	return json_find(said->data, said->data_bytes, "stream", &stream) && stream.string &&
	       stream.bytes == strlen(w->conf->stream) && !memcmp(stream.at, w->conf->stream, stream.bytes) &&
	       json_find_u64(said->data, said->data_bytes, "seq", 0) > 0;
}

enum js_error js_error_of(const struct nats_said *said, const char **why, size_t *bytes)
{
	static const struct {
		uint64_t err_code;
		enum js_error is;
	} known[] = { { 10039, JS_NEVER },     // JetStream not enabled for account
		      { 10058, JS_TAKEN },     // stream name already in use
		      { 10060, JS_NEVER },     // expected stream does not match
		      { 10065, JS_NEVER },     // subjects overlap with an existing stream
		      { 10074, JS_NEVER },     // replicas > 1 not supported in non-clustered mode
		      { 10077, JS_REFUSES } }; // the store failed: a limit is reached
	unsigned status = nats_status(said);
	struct json_text text;

	*why = status == 503 ? "no stream takes what is sent, or its leader is gone"
			     : "an answer that says nothing";
	*bytes = strlen(*why);
	if (status)
		return JS_WAIT;
	if (!json_find(said->data, said->data_bytes, "error", &text))
		return JS_FINE;
	uint64_t code = json_find_u64(text.at, text.bytes, "code", 0);
	uint64_t err_code = json_find_u64(text.at, text.bytes, "err_code", 0);
	struct json_text description;

	if (json_find(text.at, text.bytes, "description", &description)) {
		*why = description.at;
		*bytes = description.bytes;
	}
	for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].err_code == err_code)
			return known[i].is;
	return code == 404 ? JS_ABSENT : code == 503 || code == 408 ? JS_WAIT : JS_REFUSES;
}

enum js_error js_refusal_of(const char *text, size_t bytes)
{
	static const char *const never[] = { "Authorization Violation", "Permissions Violation",
					     "User Authentication Expired",
					     "Secure Connection - TLS Required" };

	for (unsigned i = 0; i < sizeof never / sizeof *never; i++)
		if (bytes >= strlen(never[i]) && !strncasecmp(text, never[i], strlen(never[i])))
			return JS_NEVER;
	return JS_WAIT;
}
