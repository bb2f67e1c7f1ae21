/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/redis_words.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "lcore/base/decimal.h"
#include "lcore/base/symtab.h"
#include "lcore/trade/order.h"

static struct redis_command *begin(struct redis_words *w)
{
	w->command.n = 0;
	w->command.used = 0;
	return &w->command;
}

static void add_bytes(struct redis_command *c, const char *data, size_t n)
{
	if (c->n == REDIS_ARGS)
		return;
	c->word[c->n] = data;
	c->bytes[c->n++] = n;
}

static void add(struct redis_command *c, const char *word) { add_bytes(c, word, strlen(word)); }

static __attribute__((format(printf, 2, 3))) void add_made(struct redis_command *c, const char *format, ...)
{
	char *at = c->text + c->used;
	size_t room = sizeof c->text - c->used;
	va_list args;

	va_start(args, format);
	int n = vsnprintf(at, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		return;
	c->used += (size_t)n + 1;
	add_bytes(c, at, (size_t)n);
}

const struct redis_command *redis_say_entry(struct redis_words *w, const struct sink_entry *e)
{
	struct redis_command *c = begin(w);
	const char *field[2 * ENTRY_FIELDS];
	unsigned n = entry_fields(e, field);

	add(c, "XADD");
	add_made(c, "%sstream:%s", w->prefix, sink_stream_name[e->stream]);
	add(c, "MAXLEN");
	add(c, "~");
	add_made(c, "%" PRIu64, w->maxlen);
	add_made(c, "%" PRIu64 "-%" PRIu64, e->id.ms, e->id.seq);
	for (unsigned i = 0; i < n; i++)
		add(c, field[i]);
	return c;
}

static void add_number(struct redis_command *c, const char *name, uint64_t v)
{
	add(c, name);
	add_made(c, "%" PRIu64, v);
}

static void add_price(struct redis_command *c, const char *name, int64_t px)
{
	char text[BAR_TEXT_BYTES];

	bar_px(px, text);
	add(c, name);
	add_made(c, "%s", text);
}

static void say_quote(struct redis_words *w, struct redis_command *c, uint32_t instr)
{
	struct bar bar;
	char flags[BAR_TEXT_BYTES] = "";
	bool known = tables_latest(w->world->tables, instr, SPAN_1S, &bar);

	if (!known)
		bar = (struct bar){ .bid = PX_NULL, .ask = PX_NULL };
	else
		bar_format(&bar, COL_flags, flags);
	add_price(c, "bid", bar.bid);
	add_number(c, "bid_size", bar.bid_size);
	add_price(c, "ask", bar.ask);
	add_number(c, "ask_size", bar.ask_size);
	add_number(c, "ts_ns", bar.close_ts);
	add(c, "flags");
	add_made(c, "%s", flags);
}

static enum order_engine engine_of(const struct sink_engine *e, bool orders)
{
	if (e->in)
		return e->size || !orders ? ENGINE_OPEN : ENGINE_ENTERING;
	return e->size ? ENGINE_EXITING : ENGINE_FLAT;
}

static void say_engine(struct redis_words *w, struct redis_command *c, uint32_t instr, unsigned side)
{
	const struct sink_engine *e = &w->world->engine[2 * (size_t)instr + side];

	add(c, "state");
	add(c, order_engine_name[engine_of(e, w->world->conf->orders.enabled)]);
	add_number(c, "since_ns", e->since_ns);
	add_price(c, "entry_px", e->size ? (int64_t)(e->cost / e->size) : e->in ? e->price : PX_NULL);
	add_number(c, "size", e->size);
	add_number(c, "fire_id", e->nth);
}

const struct redis_command *redis_say_look(struct redis_words *w, const struct sink_entry *e)
{
	struct redis_command *c = begin(w);

	add(c, "XRANGE");
	add_made(c, "%sstream:%s", w->prefix, sink_stream_name[e->stream]);
	add_made(c, "%" PRIu64 "-%" PRIu64, e->id.ms, e->id.seq);
	add_made(c, "%" PRIu64 "-%" PRIu64, e->id.ms, e->id.seq);
	return c;
}

// The answer is a list of entries, each an id and a list of names and values in turn.
bool redis_is_there(const struct redisReply *reply, const struct sink_entry *e)
{
	const char *field[2 * ENTRY_FIELDS];
	unsigned n = entry_fields(e, field);

	if (reply->elements != 1 || reply->element[0]->type != REDIS_REPLY_ARRAY ||
	    reply->element[0]->elements != 2)
		return false;
	const redisReply *has = reply->element[0]->element[1];

	if (has->type != REDIS_REPLY_ARRAY || has->elements != n)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (has->element[i]->type != REDIS_REPLY_STRING || has->element[i]->len != strlen(field[i]) ||
		    memcmp(has->element[i]->str, field[i], has->element[i]->len))
			return false;
	return true;
}

const struct redis_command *redis_say_key(struct redis_words *w, uint32_t instr, enum outbox_key key)
{
	const struct tables *t = w->world->tables;
	struct redis_command *c = begin(w);
	char symbol[SYMBOL_BYTES + 1];
	size_t bytes;

	symtab_text(tables_symbol(t, instr), symbol);
	add(c, key <= KEY_BUNDLE ? "SET" : "HSET");
	if (key < KEY_BUNDLE) {
		add_made(c, "%sbars:%s:%s", w->prefix, symbol, bar_span_name[key - KEY_BARS]);
		const char *data = window_bars(w->window, t, instr, (enum bar_span)(key - KEY_BARS), &bytes);

		add_bytes(c, data, bytes);
	} else if (key == KEY_BUNDLE) {
		add_made(c, "%sbundle:%s", w->prefix, symbol);
		const char *data = window_bundle(w->window, t, instr, &bytes);

		add_bytes(c, data, bytes);
	} else if (key == KEY_QUOTE) {
		add_made(c, "%squote:%s", w->prefix, symbol);
		say_quote(w, c, instr);
	} else {
		add_made(c, "%sengine_state:%s:%s", w->prefix, symbol, key == KEY_ENGINE ? "long" : "short");
		say_engine(w, c, instr, key - KEY_ENGINE);
	}
	return c;
}

const struct redis_command *redis_say_hello(struct redis_words *w)
{
	struct redis_command *c = begin(w);

	add(c, "HSET");
	add_made(c, "%swirebar:hello", w->prefix);
	add(c, "schema");
	add_made(c, "%016" PRIx64, tables_layout());
	add(c, "boot");
	add_made(c, "%016" PRIx64, w->world->boot);
	add_number(c, "started_ns", w->world->started_ns);
	for (int i = 0; i < SINK_STREAMS; i++) {
		add_made(c, "n_%s", sink_stream_name[i]);
		add_made(c, "%" PRIu64, w->world->n[i]);
	}
	return c;
}

const struct redis_command *redis_say_auth(struct redis_words *w, const char *user, const char *password)
{
	struct redis_command *c = begin(w);

	add(c, "AUTH");
	if (user[0])
		add(c, user);
	add(c, password);
	return c;
}

const struct redis_command *redis_say_top(struct redis_words *w, enum sink_stream stream)
{
	struct redis_command *c = begin(w);

	add(c, "XINFO");
	add(c, "STREAM");
	add_made(c, "%sstream:%s", w->prefix, sink_stream_name[stream]);
	return c;
}

enum redis_error redis_error_of(const char *text, size_t bytes)
{
	static const struct {
		const char *begins;
		enum redis_error is;
	} known[] = { { "LOADING", REDIS_WAIT },          { "READONLY", REDIS_WAIT },
		      { "MASTERDOWN", REDIS_WAIT },       { "TRYAGAIN", REDIS_WAIT },
		      { "CLUSTERDOWN", REDIS_WAIT },      { "OOM", REDIS_REFUSES },
		      { "MISCONF", REDIS_REFUSES },       { "NOAUTH", REDIS_NEVER },
		      { "WRONGPASS", REDIS_NEVER },       { "NOPERM", REDIS_NEVER },
		      { "WRONGTYPE", REDIS_NEVER },       { "ERR AUTH", REDIS_NEVER },
		      { "ERR no such key", REDIS_ABSENT } };

	for (unsigned i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].begins);

		if (bytes >= n && !memcmp(text, known[i].begins, n))
			return known[i].is;
	}
	return memmem(text, bytes, "equal or smaller", 16) ? REDIS_ALREADY : REDIS_REFUSES;
}

#if HIREDIS_MAJOR < 1
typedef int elements;
#else
typedef size_t elements;
#endif

static redisReplyObjectFunctions made_by;

static void *array_of(const redisReadTask *task, elements n)
{
	return n > REDIS_ELEMENTS ? NULL : made_by.createArray(task, n);
}

void redis_bound(struct redisReader *reader)
{
	static redisReplyObjectFunctions bounded;

	made_by = *reader->fn;
	bounded = made_by;
	bounded.createArray = array_of;
	reader->fn = &bounded;
}
