/* SPDX-License-Identifier: BSD-3-Clause */
// js_words.h: what is said to a JetStream server, and what its answers mean. Names are contract:
// docs/jetstream.md. Pure. One thread.
//
// Source: nats-architecture-and-design, ADR-2 (the API's JSON), ADR-1 (errors); nats-server 2.9,
// server/errors.json (err_code), server/jetstream_api.go (subjects).
#ifndef WB_SINK_JS_WORDS_H
#define WB_SINK_JS_WORDS_H

#include "drivers/sink/nkey.h"
#include "drivers/sink/parcel.h"
#include "drivers/wire/nats.h"

enum { JS_SUBJECT = 128, JS_HEAD = 1024, JS_REQUEST = 2048, JS_INBOX = 64 };

struct js_words {
	const struct sink_world *world;
	const struct conf_jetstream *conf;
	struct parcel parcel;
	char inbox[JS_INBOX]; // what answers are sent to begins so
};

// Who we are: a password or token, a key, or nobody. nonce: what a server has made up to be signed.
struct js_login {
	const struct conf_jetstream *conf;
	struct nkey key;
	char password[256], nonce[128];
};

// js_login_open reads the files. Returns 0, or -EINVAL with a text in err. js_login_close forgets all of it.
int js_login_open(struct js_login *l, const struct conf_jetstream *c, char *err, size_t err_len);
void js_login_close(struct js_login *l);
// js_login_info takes what a server says first of itself. Returns why it cannot be used, or NULL.
const char *js_login_info(struct js_login *l, const struct nats_said *said);

// js_words_open makes it for a world. secret: of this process alone, random. Whoever reads the stream knows
// its boot, and could acknowledge what is not there if answers went to a subject that the boot names. Returns
// false: no memory. js_words_close accepts a zeroed one.
bool js_words_open(struct js_words *w, const struct sink_world *world, uint64_t secret);
void js_words_close(struct js_words *w);
// js_parcel_room returns how many bytes a parcel of up to PARCEL_ROWS rows has at most, with all around it.
size_t js_parcel_room(const struct js_words *w);
// js_rows_of returns how many rows fit into a message of max_payload bytes; 0: none.
uint32_t js_rows_of(const struct js_words *w, uint64_t max_payload);

// Each writes one request or message and returns its bytes; out holds JS_REQUEST, of a parcel js_parcel_room.
// js_say_connect: who we are, where answers go to, and PING, whose PONG says that all was well.
size_t js_say_connect(const struct js_words *w, const struct js_login *l, char *out);
// js_say_stream asks for the stream's configuration; js_say_create makes it.
size_t js_say_stream(const struct js_words *w, char *out);
size_t js_say_create(const struct js_words *w, char *out);
// js_say_parcel: what a lane has to say, with its id. js_say_ask asks for the last message of its subject.
size_t js_say_parcel(struct js_words *w, const struct lanes *l, const struct lane *lane, char *out);
size_t js_say_ask(const struct js_words *w, const struct lanes *l, const struct lane *lane, char *out);
// js_say_hello: how far the streams' numbers have come. sum makes its id.
size_t js_say_hello(const struct js_words *w, const uint64_t *count, uint64_t sum, char *out);

// What an answer is to.
enum js_asked { JS_STREAM, JS_PARCEL, JS_ASK, JS_HELLO, JS_NOTHING };
// js_asked_of reads that, and for a parcel which lane's and its number, from the subject of an answer.
enum js_asked js_asked_of(const struct js_words *w, const struct nats_said *said, uint32_t *lane,
			  uint32_t *number);
// js_is_parcel returns whether the message that the answer to js_say_ask holds is the lane's parcel.
bool js_is_parcel(const struct js_words *w, const struct lanes *l, const struct lane *lane,
		  const struct nats_said *said);

// js_is_ack returns whether an answer without an error says that our stream holds the message.
bool js_is_ack(const struct js_words *w, const struct nats_said *said);

enum js_error {
	JS_FINE,
	JS_WAIT,    // nobody is there to take it now: no leader, no stream yet
	JS_REFUSES, // it cannot be taken now: full, too large, and what nobody knows
	JS_NEVER,   // as things are configured
	JS_TAKEN,   // another one has made the stream, differently
	JS_ABSENT   // no such stream, or message
};
// js_error_of says what an answer means; *why: its text, of *bytes.
enum js_error js_error_of(const struct nats_said *said, const char **why, size_t *bytes);
// js_refusal_of says what a line "-ERR" means: NEVER, or WAIT: the connection is given up.
enum js_error js_refusal_of(const char *text, size_t bytes);

#endif
