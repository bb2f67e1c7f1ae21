/* SPDX-License-Identifier: BSD-3-Clause */
// redis_words.h: what is said to a Redis server, and what its answers mean. Names are contract:
// docs/redis.md. Pure. One thread.
#ifndef WB_SINK_REDIS_WORDS_H
#define WB_SINK_REDIS_WORDS_H

#include "drivers/sink/outbox.h"
#include "drivers/sink/redis_out.h"
#include "drivers/sink/window.h"

struct redis_words {
	const struct sink_world *world;
	struct window *window;
	const char *prefix;
	uint64_t maxlen;
	struct redis_command command;
};

// redis_say_entry makes XADD of an entry, redis_say_key SET or HSET of the latest values of a key.
const struct redis_command *redis_say_entry(struct redis_words *w, const struct sink_entry *e);
const struct redis_command *redis_say_key(struct redis_words *w, uint32_t instr, enum outbox_key key);
// redis_say_look makes XRANGE of an entry's id; redis_is_there returns whether the answer holds this entry:
// by all its fields, n and boot among them, so that another writer's is none of ours.
const struct redis_command *redis_say_look(struct redis_words *w, const struct sink_entry *e);
struct redisReply;
bool redis_is_there(const struct redisReply *reply, const struct sink_entry *e);
// redis_say_hello makes HSET of wirebar:hello, redis_say_auth AUTH (user "": the default one), redis_say_top
// XINFO STREAM, whose answer has the last id.
const struct redis_command *redis_say_hello(struct redis_words *w);
const struct redis_command *redis_say_auth(struct redis_words *w, const char *user, const char *password);
const struct redis_command *redis_say_top(struct redis_words *w, enum sink_stream stream);

// What an answer that is an error means.
enum redis_error {
	REDIS_ALREADY, // an entry of this id, or a later one, is there
	REDIS_WAIT,    // the server is not ready: LOADING, READONLY, MASTERDOWN, CLUSTERDOWN, TRYAGAIN
	REDIS_REFUSES, // it cannot take it now: OOM, MISCONF, and what nobody knows
	REDIS_NEVER,   // as things are configured: NOAUTH, WRONGPASS, NOPERM, WRONGTYPE
	REDIS_ABSENT   // no such key
};
enum redis_error redis_error_of(const char *text, size_t bytes);
// redis_bound makes a reader of the library refuse an array of more elements than any answer to us has: it
// takes room for as many as are said to come.
enum { REDIS_ELEMENTS = 4096 };
struct redisReader;
void redis_bound(struct redisReader *reader);

#endif
