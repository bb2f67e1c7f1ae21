/* SPDX-License-Identifier: BSD-3-Clause */
// js_login.c: who we are, said to a server that has said what it is.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/sink/js_words.h"
#include "drivers/wire/json_find.h"

int js_login_open(struct js_login *l, const struct conf_jetstream *c, char *err, size_t err_len)
{
	char seed[2 * NKEY_SEED] = "";

	*l = (struct js_login){ .conf = c };
	if (sink_password("jetstream", "password_file", c->password_file, l->password, sizeof l->password,
			  err, err_len) ||
	    sink_password("jetstream", "nkey_file", c->nkey_file, seed, sizeof seed, err, err_len))
		return -EINVAL;
	bool good = !c->nkey_file[0] || nkey_read(&l->key, seed);

	explicit_bzero(seed, sizeof seed);
	if (!good)
		snprintf(err, err_len,
			 "[jetstream] nkey_file: %.200s: found no seed of a user's NKEY, allowed: SU...",
			 c->nkey_file);
	return good ? 0 : -EINVAL;
}

void js_login_close(struct js_login *l)
{
	nkey_close(&l->key);
	explicit_bzero(l->password, sizeof l->password);
}

const char *js_login_info(struct js_login *l, const struct nats_said *said)
{
	struct json_text nonce;
	bool must = json_find_true(said->data, said->data_bytes, "tls_required"),
	     may = must || json_find_true(said->data, said->data_bytes, "tls_available");

	if (must && !l->conf->tls)
		return "the server wants TLS (jetstream.tls)";
	if (l->conf->tls && !may)
		return "the server speaks no TLS";
	if (!json_find_true(said->data, said->data_bytes, "headers"))
		return "the server knows no headers";
	l->nonce[0] = '\0';
	if (json_find(said->data, said->data_bytes, "nonce", &nonce) && nonce.bytes < sizeof l->nonce) {
		memcpy(l->nonce, nonce.at, nonce.bytes);
		l->nonce[nonce.bytes] = '\0';
	}
	return l->key.pair && !l->nonce[0] ? "the server asks for no NKEY" : NULL;
}

// A string of JSON, as somebody has written it into a file.
static void quoted(const char *s, char *out, size_t room)
{
	char *end = out + room - 8;

	for (; *s && out < end; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\' || c < ' ')
			out += sprintf(out, "\\u%04x", c);
		else
			*out++ = (char)c;
	}
	*out = '\0';
}

// Without a user the password is a token. Of a key, what the server has made up is signed.
size_t js_say_connect(const struct js_words *w, const struct js_login *l, char *out)
{
	char who[2][512], auth[1100] = "", signature[NKEY_SIGNATURE] = "";

	quoted(w->conf->user, who[0], sizeof who[0]);
	quoted(l->password, who[1], sizeof who[1]);
	if (l->key.pair && nkey_sign(&l->key, l->nonce, strlen(l->nonce), signature))
		snprintf(auth, sizeof auth, ",\"nkey\":\"%s\",\"sig\":\"%s\"", l->key.name, signature);
	else if (w->conf->user[0])
		snprintf(auth, sizeof auth, ",\"user\":\"%s\",\"pass\":\"%s\"", who[0], who[1]);
	else if (l->password[0])
		snprintf(auth, sizeof auth, ",\"auth_token\":\"%s\"", who[1]);
	int n = snprintf(
		out, JS_REQUEST,
		"CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":%s,\"lang\":\"C\",\"version\":\"1\","
		"\"protocol\":1,\"headers\":true,\"no_responders\":true,\"name\":\"wirebar %.24s\"%s}"
		"\r\nSUB %s.> 1\r\nPING\r\n",
		w->conf->tls ? "true" : "false", w->conf->site, auth, w->inbox);

	explicit_bzero(auth, sizeof auth);
	explicit_bzero(who, sizeof who);
	return (size_t)n;
}
