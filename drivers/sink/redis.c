/* SPDX-License-Identifier: BSD-3-Clause */
// redis.c: the sink for a Redis server. hiredis without its event interface, which has no timeouts and frees
// contexts within callbacks (hiredis#358, #931): connecting, waiting and giving up are ours, by the time that
// poll is given. What may be in flight is bounded, so the library's buffers are.
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <hiredis/hiredis.h>

#include "drivers/sink/breaker.h"
#include "drivers/sink/redis_link.h"
#include "drivers/sink/redis_mark.h"
#include "drivers/sink/redis_words.h"
#include "lcore/base/clock.h"
#include "lcore/base/hist.h"

enum { EXPECTED = 128, PASSWORD = 256 }; // answers outstanding, ours and those of the outbox
enum { ANSWER_BYTES = 256 * 1024 };      // of one; none to us has more
// An entry and the values before it leave at once when they are so many bytes; nothing more is made while as
// many as OUT_FULL could not be written, so that values are as new as they can be.
enum { OUT_FLUSH = 16 * 1024, OUT_FULL = 128 * 1024 };
#define ANSWERS_NS (200 * NS_PER_US) // between two looks for answers that nothing waits for
_Static_assert(EXPECTED > OUTBOX_SLOTS + 1 && EXPECTED > SINK_STREAMS + 2,
	       "the window and a hello; a greeting");

enum state { DOWN, CONNECTING, GREETING, UP };
enum expects { EXPECT_OUTBOX, EXPECT_AUTH, EXPECT_HELLO, EXPECT_TOP };

struct redis {
	const struct sink_world *world;
	const struct conf_redis *conf;
	struct outbox box;
	struct breaker breaker;
	struct redis_words words;
	struct redis_link link;
	enum state state;
	struct {
		uint8_t what, stream;
	} expected[EXPECTED];
	uint32_t expected_head, expected_n;
	uint64_t since_ns;  // of the state; then, when it was last heard, or had nothing to say
	uint64_t looked_ns; // at the connection, idle
	uint64_t hello_ns;  // last sent
	uint64_t hello_n;   // sum of the streams' numbers in it
	bool hello_out;     // one is in flight
	bool held;          // what waits may not be sent before there are answers
	uint64_t handed_ns[OUTBOX_WINDOW]; // of entries in link.out, as far as there is room
	uint32_t in_out;
	size_t unread; // bytes of the answer that is not whole yet
	char password[PASSWORD];
};

static void disconnect(struct redis *r)
{
	redis_link_stop(&r->link);
	r->state = DOWN;
	r->expected_n = r->expected_head = 0;
	r->held = r->hello_out = false;
	r->unread = 0;
	r->in_out = 0;
	outbox_lost(&r->box);
}

static void fail(struct redis *r, const char *why, uint64_t now_ns)
{
	breaker_why(&r->breaker, why, strlen(why));
	disconnect(r);
	breaker_failed(&r->breaker, now_ns);
}

static void stop(struct redis *r, const char *why, size_t n, uint64_t now_ns)
{
	breaker_refuse(&r->breaker, "redis", why, n, now_ns);
	disconnect(r);
}

// Without memory nothing more leaves on this connection, and it is given up (write_out).
static void send_command(struct redis *r, const struct redis_command *c, enum expects what, unsigned stream)
{
	uint32_t at = (r->expected_head + r->expected_n++) % EXPECTED;

	r->expected[at].what = (uint8_t)what;
	r->expected[at].stream = (uint8_t)stream;
	r->hello_out |= what == EXPECT_HELLO;
	redis_out_add(&r->link.out, c);
}

static void greet(struct redis *r, uint64_t now_ns)
{
	r->state = GREETING;
	r->since_ns = now_ns;
	if (r->password[0])
		send_command(r, redis_say_auth(&r->words, r->conf->user, r->password), EXPECT_AUTH, 0);
	for (unsigned i = 0; i < SINK_STREAMS; i++)
		send_command(r, redis_say_top(&r->words, (enum sink_stream)i), EXPECT_TOP, i);
	send_command(r, redis_say_hello(&r->words), EXPECT_HELLO, 0);
	r->hello_ns = now_ns;
}

static void start(struct redis *r, uint64_t now_ns)
{
	const char *why = redis_link_start(&r->link);

	if (why) {
		fail(r, why, now_ns);
		return;
	}
	r->state = CONNECTING;
	r->since_ns = now_ns;
}

// Returns true when the connection has been made.
static bool connected(struct redis *r, uint64_t now_ns)
{
	const char *why;

	if (redis_link_ready(&r->link, &why))
		return true;
	if (!why && now_ns - r->since_ns > r->conf->answer_ns)
		why = "no connection in time";
	if (why)
		fail(r, why, now_ns);
	return false;
}

static void take_top(struct redis *r, const redisReply *reply, unsigned stream)
{
	struct entry_id id;

	for (size_t i = 0; i + 1 < reply->elements; i += 2)
		if (reply->element[i]->type == REDIS_REPLY_STRING &&
		    reply->element[i + 1]->type == REDIS_REPLY_STRING &&
		    !strcmp(reply->element[i]->str, "last-generated-id") &&
		    entry_id_read(reply->element[i + 1]->str, &id))
			outbox_floor(&r->box, (enum sink_stream)stream, id);
}

// An error in answer to what is no part of the outbox. Returns false if the connection is gone.
static bool greeting_error(struct redis *r, enum expects what, enum redis_error error,
			   const redisReply *reply, uint64_t now_ns)
{
	if (error == REDIS_ABSENT && what == EXPECT_TOP)
		return true;
	if (error == REDIS_REFUSES && what == EXPECT_HELLO)
		return true; // it is said again
	if (error == REDIS_NEVER)
		stop(r, reply->str, reply->len, now_ns);
	else
		fail(r, reply->str, now_ns);
	return false;
}

// Another type belongs to another command, or to no Redis.
static bool is_answer(const struct redis *r, enum expects what, const redisReply *reply)
{
	const struct outbox_sent *s = outbox_oldest(&r->box);

	switch (what) {
	case EXPECT_AUTH: return reply->type == REDIS_REPLY_STATUS;
	case EXPECT_HELLO: return reply->type == REDIS_REPLY_INTEGER;
	case EXPECT_TOP: return reply->type == REDIS_REPLY_ARRAY;
	case EXPECT_OUTBOX:
		return reply->type == (s->there               ? REDIS_REPLY_ARRAY
				       : !s->is_key           ? REDIS_REPLY_STRING
				       : s->key <= KEY_BUNDLE ? REDIS_REPLY_STATUS
							      : REDIS_REPLY_INTEGER);
	}
	return false;
}

static bool outbox_error(struct redis *r, enum redis_error error, const redisReply *reply, uint64_t now_ns)
{
	if (error == REDIS_NEVER) {
		stop(r, reply->str, reply->len, now_ns);
		return false;
	}
	// What an earlier connection had sent was taken after this one began, or another writer is there. The
	// next one asks. A question that is not answered stays one.
	if (error == REDIS_ALREADY || outbox_oldest(&r->box)->there) {
		fail(r, error == REDIS_ALREADY ? "an id of ours is taken" : reply->str, now_ns);
		return false;
	}
	breaker_why(&r->breaker, reply->str, reply->len);
	outbox_answered(&r->box, error == REDIS_WAIT ? OUTBOX_LATER : OUTBOX_REFUSED);
	breaker_refused(&r->breaker, now_ns);
	return true;
}

// Returns false if the connection is gone.
static bool take_reply(struct redis *r, const redisReply *reply, uint64_t now_ns)
{
	enum expects what = (enum expects)r->expected[r->expected_head].what;
	unsigned stream = r->expected[r->expected_head].stream;

	r->expected_head = (r->expected_head + 1) % EXPECTED;
	r->expected_n--;
	r->since_ns = now_ns;
	if (what == EXPECT_HELLO)
		r->hello_out = false;
	if (reply->type == REDIS_REPLY_ERROR) {
		enum redis_error error = redis_error_of(reply->str, reply->len);

		return what == EXPECT_OUTBOX ? outbox_error(r, error, reply, now_ns)
					     : greeting_error(r, what, error, reply, now_ns);
	}
	if (!is_answer(r, what, reply)) {
		fail(r, "an answer that is none of Redis", now_ns);
		return false;
	}
	if (what == EXPECT_TOP)
		take_top(r, reply, stream);
	if (what == EXPECT_OUTBOX) {
		const struct outbox_sent *s = outbox_oldest(&r->box);

		outbox_answered(&r->box, !s->there                          ? OUTBOX_ACKED
					 : redis_is_there(reply, &s->entry) ? OUTBOX_ALREADY
									    : OUTBOX_LATER);
		breaker_taken(&r->breaker, now_ns);
	}
	if (r->state == GREETING && !r->expected_n) {
		r->state = UP;
		breaker_why(&r->breaker, "", 0);
		breaker_worked(&r->breaker, now_ns);
	}
	return true;
}

// Something goes on when they come.
static bool awaits_answers(const struct redis *r)
{
	return r->expected_n && (r->state == GREETING || r->held || r->world->wait);
}

static unsigned receive(struct redis *r, uint64_t now_ns)
{
	void *reply = NULL;
	unsigned work = 0;

	if (!awaits_answers(r) && now_ns - r->looked_ns < (r->expected_n ? ANSWERS_NS : SINK_LOOK_NS))
		return 0;
	r->looked_ns = now_ns;
	const redisReader *reader = r->link.c->reader;
	size_t had = reader->len;
	const char *why = redis_link_read(&r->link);

	if (why) {
		fail(r, why, now_ns);
		return 0;
	}
	r->unread += reader->len - had;
	for (;; work++) {
		if (redisGetReplyFromReader(r->link.c, &reply) != REDIS_OK || (reply && !r->expected_n)) {
			freeReplyObject(reply);
			fail(r, "an answer that is none of Redis", now_ns);
			return work;
		}
		if (!reply)
			break;
		r->unread = reader->len - reader->pos;
		bool on = take_reply(r, reply, now_ns);

		freeReplyObject(reply);
		if (!on)
			return work;
	}
	if (r->unread > ANSWER_BYTES)
		fail(r, "an answer without end", now_ns);
	return work;
}

static void say_hello(struct redis *r, uint64_t now_ns)
{
	uint64_t sum = 0;

	if (r->hello_out || now_ns - r->hello_ns < SINK_HELLO_NS)
		return;
	for (int i = 0; i < SINK_STREAMS; i++)
		sum += r->world->n[i];
	r->hello_ns = now_ns;
	if (sum == r->hello_n)
		return;
	r->hello_n = sum;
	send_command(r, redis_say_hello(&r->words), EXPECT_HELLO, 0);
}

// They are written.
static void tell_waits(struct redis *r)
{
	uint64_t now_ns = clock_utc_ns();

	for (uint32_t i = 0; i < r->in_out && r->world->wait_ns; i++)
		hist_record(r->world->wait_ns, now_ns > r->handed_ns[i] ? now_ns - r->handed_ns[i] : 0);
	r->in_out = 0;
}

static void write_out(struct redis *r, uint64_t now_ns)
{
	const char *why = redis_link_write(&r->link);

	if (why)
		fail(r, why, now_ns);
	if (!redis_out_bytes(&r->link.out) && r->in_out)
		tell_waits(r);
}

static void send_next(struct redis *r, const struct outbox_sent *s)
{
	send_command(r,
		     s->is_key  ? redis_say_key(&r->words, s->instr, (enum outbox_key)s->key)
		     : s->there ? redis_say_look(&r->words, &s->entry)
				: redis_say_entry(&r->words, &s->entry),
		     EXPECT_OUTBOX, 0);
	if (!s->is_key && !s->there && r->in_out < OUTBOX_WINDOW)
		r->handed_ns[r->in_out++] = entry_handed_ns(&s->entry);
}

// After a refusal one command at a time, until one is taken.
static unsigned send_more(struct redis *r, uint64_t now_ns)
{
	const struct outbox_sent *s = NULL;
	unsigned work = 0;
	bool probes = r->breaker.in_a_row > 0;

	if ((probes && r->box.sent.n) || !breaker_may(&r->breaker, now_ns))
		return 0;
	while ((!probes || !work) && redis_out_bytes(&r->link.out) < OUT_FULL &&
	       (s = outbox_next(&r->box)) != NULL) {
		bool last = !s->is_key;

		send_next(r, s);
		work++;
		if (last && redis_out_bytes(&r->link.out) >= OUT_FLUSH)
			write_out(r, now_ns);
		if (r->state != UP)
			return work;
	}
	r->held = !s && outbox_waits(&r->box);
	say_hello(r, now_ns);
	return work;
}

static unsigned redis_poll(void *sink, uint64_t now_ns)
{
	struct redis *r = sink;
	unsigned work = 0;

	if (r->state == DOWN && breaker_may(&r->breaker, now_ns))
		start(r, now_ns);
	if (r->state == CONNECTING && connected(r, now_ns))
		greet(r, now_ns);
	if (r->state >= GREETING)
		work += receive(r, now_ns);
	if (r->state == UP) {
		if (!r->expected_n)
			r->since_ns = now_ns;
		work += send_more(r, now_ns);
	}
	if (r->state >= GREETING)
		write_out(r, now_ns);
	if (r->state >= GREETING && r->expected_n && now_ns - r->since_ns > r->conf->answer_ns)
		fail(r, "no answer in time", now_ns);
	return work;
}

static void redis_offer(void *sink, const struct sink_item *item, unsigned n)
{
	struct redis *r = sink;
	struct sink_entry e;

	for (unsigned i = 0; i < n; i++) {
		const struct sink_item *it = &item[i];

		if (!it->again)
			redis_mark(&r->box, r->world->tables, it);
		entry_make(&e, it, r->world->boot, r->world->conf->orders.instance);
		e.keys = redis_keys(it);
		(it->again ? outbox_again : outbox_take)(&r->box, &e);
	}
}

// Stopped, it never has room again: who waits for it would wait for ever.
static bool redis_ready(const void *sink, uint64_t now_ns)
{
	const struct redis *r = sink;

	return (void)now_ns, r->breaker.state == BREAKER_STOPPED || outbox_room(&r->box);
}

static bool redis_idle(const void *sink)
{
	const struct redis *r = sink;

	return r->breaker.state == BREAKER_STOPPED || !r->box.count[SINK_WAITING];
}

static void redis_look(const void *sink, struct sink_view *out)
{
	breaker_look(&((const struct redis *)sink)->breaker, out);
}

static bool redis_waits(const void *sink, struct pollfd *fd)
{
	const struct redis *r = sink;

	if (r->state < GREETING)
		return false;
	fd->fd = r->link.c->fd;
	fd->events =
		(short)((redis_out_bytes(&r->link.out) ? POLLOUT : 0) | (awaits_answers(r) ? POLLIN : 0));
	return fd->events;
}

static void redis_close(void *sink)
{
	struct redis *r = sink;

	if (!r)
		return;
	disconnect(r);
	outbox_close(&r->box);
	window_close(r->words.window);
	redis_link_close(&r->link);
	explicit_bzero(r->password, sizeof r->password);
	free(r);
}

static void *redis_open(const struct sink_world *world, uint64_t *count, char *err, size_t err_len)
{
	const struct conf *c = world->conf;
	struct redis *r = calloc(1, sizeof *r);
	const struct outbox_conf box = { .instruments = (uint32_t)c->bars.instruments,
					 .newest = (uint32_t)c->gateway.queue,
					 .all = (uint32_t)c->gateway.keep,
					 .refusals = (uint32_t)c->redis.refusals,
					 .dir = world->dir,
					 .name = "redis",
					 .boot = world->boot,
					 .memory = world->memory ? &world->memory[SINK_REDIS] : NULL };

	snprintf(err, err_len, "no memory for the redis sink");
	if (!r)
		return NULL;
	r->world = world;
	r->conf = &c->redis;
	r->words = (struct redis_words){
		.world = world, .window = window_open(), .prefix = c->redis.prefix, .maxlen = c->redis.maxlen
	};
	breaker_init(&r->breaker, world->boot, world->started_ns);
	if (!r->words.window || !redis_link_open(&r->link, r->conf, err, err_len) ||
	    sink_password("redis", "password_file", r->conf->password_file, r->password, PASSWORD, err,
			  err_len) ||
	    outbox_open(&r->box, &box, count, err, err_len)) {
		redis_close(r);
		return NULL;
	}
	if (world->again)
		redis_mark_all(&r->box, r->world);
	return r;
}

static void redis_alone(const void *sink, uint64_t first[SINK_STREAMS])
{
	outbox_alone(&((const struct redis *)sink)->box, first);
}

static bool redis_wanted(const struct conf *conf) { return conf->redis.enabled; }

const struct sink_ops sink_redis = { "redis",     redis_wanted, redis_open, redis_ready,
				     redis_offer, redis_poll,   redis_idle, redis_look,
				     redis_close, redis_alone,  redis_waits };
