/* SPDX-License-Identifier: BSD-3-Clause */
// jetstream.c: the sink for a NATS server with JetStream, or a cluster of them. The protocol is spoken here:
// the C client has threads of its own, which would be bound to the gateway's cpu, and waits to connect, to
// make a stream, and when much is outstanding.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "drivers/sink/breaker.h"
#include "drivers/sink/js_words.h"
#include "drivers/sink/nats_link.h"
#include "drivers/wire/json_find.h"
#include "lcore/model/bar.h"

enum { OUT_PARCELS = 8 }; // parcels that there is room to send

// GREETED: it has said what it is (SECURING: TLS begins then), and is told who we are. JOINING: the stream is
// asked for. MAKING: it is made.
enum state { DOWN, CONNECTING, GREETING, SECURING, GREETED, JOINING, MAKING, UP };

struct jetstream {
	const struct sink_world *world;
	const struct conf_jetstream *conf;
	struct lanes lanes;
	struct breaker breaker;
	struct js_words words;
	struct nats_link link;
	enum state state;
	struct conf_address server[CONF_NATS_MAX];
	int servers, at;    // at: the one that is used, or tried next
	uint32_t rows;      // of a parcel
	uint64_t since_ns;  // of the state; then, when it was last heard, or had nothing to say
	uint64_t looked_ns; // at the connection, idle
	uint64_t hello_ns;  // last sent
	uint64_t hello_sum; // of what it said
	bool hello_out, pinged;
	bool made;                 // the stream was to be made, on this connection
	bool unfit[CONF_NATS_MAX]; // the server said that it cannot do what is needed, when it last said
				   // anything
	struct js_login login;
};

static void disconnect(struct jetstream *j)
{
	nats_link_stop(&j->link);
	j->state = DOWN;
	if (j->hello_out)
		j->hello_sum = UINT64_MAX; // it is said again
	j->pinged = j->hello_out = j->made = false;
	lanes_lost(&j->lanes);
}

// The next attempt is at the next server of the list.
static void fail_said(struct jetstream *j, const char *why, size_t n, uint64_t now_ns)
{
	breaker_why(&j->breaker, why, n);
	disconnect(j);
	j->at = (j->at + 1) % j->servers;
	breaker_failed(&j->breaker, now_ns);
}

static void fail(struct jetstream *j, const char *why, uint64_t now_ns)
{
	fail_said(j, why, strlen(why), now_ns);
}

static void stop(struct jetstream *j, const char *why, size_t n, uint64_t now_ns)
{
	breaker_refuse(&j->breaker, "jetstream", why, n, now_ns);
	disconnect(j);
}

static void enter(struct jetstream *j, enum state state, uint64_t now_ns)
{
	j->state = state;
	j->since_ns = now_ns;
}

static void say_word(struct jetstream *j, const char *word)
{
	if (!nats_link_fits(&j->link, JS_REQUEST))
		return;
	memcpy(nats_link_at(&j->link), word, strlen(word));
	nats_link_add(&j->link, strlen(word));
}

static void start(struct jetstream *j, uint64_t now_ns)
{
	const char *why = nats_link_start(&j->link, &j->server[j->at]);

	if (why)
		fail(j, why, now_ns);
	else
		enter(j, CONNECTING, now_ns);
}

// It is passed over for the next one, as one that is down, and counted as that; it may be another when its
// turn comes again. When none of the list is fit nothing can work.
static void pass_over(struct jetstream *j, const char *why, uint64_t now_ns)
{
	int fit = 0;

	if (!j->unfit[j->at] && j->servers > 1)
		fprintf(stderr, "wirebar: jetstream: server %d of %d: %s: passed over\n", j->at + 1,
			j->servers, why);
	j->unfit[j->at] = true;
	for (int i = 0; i < j->servers; i++)
		fit += !j->unfit[i];
	if (fit)
		fail(j, why, now_ns);
	else
		stop(j, why, strlen(why), now_ns);
}

static void say_who(struct jetstream *j, uint64_t now_ns)
{
	nats_link_add(&j->link, js_say_connect(&j->words, &j->login, nats_link_at(&j->link)));
	enter(j, GREETED, now_ns);
}

// What the server says first: what it can do.
static void take_info(struct jetstream *j, const struct nats_said *said, uint64_t now_ns)
{
	const char *unfit = js_login_info(&j->login, said);
	uint64_t most = json_find_u64(said->data, said->data_bytes, "max_payload", 0);

	j->rows = js_rows_of(&j->words, most);
	if (!unfit && !j->rows)
		unfit = "the server's max_payload is too small";
	if (unfit)
		return pass_over(j, unfit, now_ns);
	if (j->state != GREETING)
		return;
	j->unfit[j->at] = false;
	if (!j->conf->tls)
		return say_who(j, now_ns);
	const char *why = nats_link_secure(&j->link);

	if (why)
		fail(j, why, now_ns);
	else
		enter(j, SECURING, now_ns);
}

// Who is not who it should be may be mended there: it is tried again.
static void secure(struct jetstream *j, uint64_t now_ns)
{
	int done = nats_link_secured(&j->link);

	if (done < 0)
		fail(j, j->link.tls.why, now_ns);
	else if (done)
		say_who(j, now_ns);
}

// A server that does not read what is said to it, but goes on asking, is given up.
static void request(struct jetstream *j, size_t (*say)(const struct js_words *w, char *out), enum state next,
		    uint64_t now_ns)
{
	if (!nats_link_fits(&j->link, JS_REQUEST))
		return fail(j, "nothing is read there", now_ns);
	nats_link_add(&j->link, say(&j->words, nats_link_at(&j->link)));
	enter(j, next, now_ns);
}

static void join(struct jetstream *j, uint64_t now_ns) { request(j, js_say_stream, JOINING, now_ns); }

static void is_up(struct jetstream *j, const struct nats_said *said, uint64_t now_ns)
{
	uint64_t window = json_find_u64(said->data, said->data_bytes, "config.duplicate_window", 0);

	// Half of it: clocks differ, and what is sent takes its time.
	j->lanes.conf.forgets_ns = window / 2;
	enter(j, UP, now_ns);
	breaker_why(&j->breaker, "", 0);
	breaker_worked(&j->breaker, now_ns);
}

// The answer about the stream.
static void take_stream(struct jetstream *j, const struct nats_said *said, uint64_t now_ns)
{
	const char *why;
	size_t n;
	enum js_error error = js_error_of(said, &why, &n);

	if (j->state != JOINING && j->state != MAKING)
		return;
	if (error == JS_FINE) {
		is_up(j, said, now_ns);
	} else if (error == JS_ABSENT && j->state == JOINING && !j->made) {
		j->made = true;
		request(j, js_say_create, MAKING, now_ns);
	} else if (error == JS_TAKEN && j->state == MAKING) {
		join(j, now_ns);
	} else if (error == JS_NEVER) {
		stop(j, why, n, now_ns);
	} else {
		fail_said(j, why, n, now_ns);
	}
}

// The answer to a parcel, or to the question whether it is there.
static void take_parcel(struct jetstream *j, const struct nats_said *said, enum js_asked asked, uint32_t lane,
			uint32_t number, uint64_t now_ns)
{
	const char *why;
	size_t n;
	enum js_error error = js_error_of(said, &why, &n);
	bool there = asked == JS_ASK && error == JS_FINE && lane < LANES && j->lanes.lane[lane].parcel &&
		     js_is_parcel(&j->words, &j->lanes, &j->lanes.lane[lane], said);

	if (error == JS_FINE && asked == JS_PARCEL && !js_is_ack(&j->words, said))
		return fail(j, "an answer that acknowledges nothing", now_ns);
	if (error == JS_NEVER)
		return stop(j, why, n, now_ns);
	if (error == JS_FINE || (error == JS_ABSENT && asked == JS_ASK)) {
		bool twice = json_find_true(said->data, said->data_bytes, "duplicate");

		lanes_answered(&j->lanes, lane, number,
			       asked == JS_ASK ? (there ? LANES_ALREADY : LANES_ABSENT)
			       : twice         ? LANES_ALREADY
					       : LANES_ACKED);
		return breaker_taken(&j->breaker, now_ns);
	}
	// The stream is gone, or has no leader: it is asked for anew.
	if (error != JS_REFUSES)
		return fail_said(j, why, n, now_ns);
	breaker_why(&j->breaker, why, n);
	lanes_answered(&j->lanes, lane, number, LANES_REFUSED);
	breaker_refused(&j->breaker, now_ns);
}

static void take_message(struct jetstream *j, const struct nats_said *said, uint64_t now_ns)
{
	uint32_t lane, number;
	enum js_asked asked = js_asked_of(&j->words, said, &lane, &number);

	switch (asked) {
	case JS_STREAM: take_stream(j, said, now_ns); break;
	case JS_PARCEL:
	case JS_ASK:
		if (j->state == UP)
			take_parcel(j, said, asked, lane, number, now_ns);
		break;
	case JS_HELLO: j->hello_out = false; break;
	case JS_NOTHING: break;
	}
}

static void take(struct jetstream *j, const struct nats_said *said, uint64_t now_ns)
{
	switch (said->what) {
	case NATS_INFO: take_info(j, said, now_ns); break;
	case NATS_MSG: take_message(j, said, now_ns); break;
	case NATS_PING: say_word(j, "PONG\r\n"); break;
	case NATS_PONG:
		j->pinged = false;
		if (j->state == GREETED)
			join(j, now_ns);
		break;
	case NATS_OK: break;
	case NATS_ERR:
		if (js_refusal_of(said->data, said->data_bytes) == JS_NEVER)
			stop(j, said->data, said->data_bytes, now_ns);
		else
			fail_said(j, said->data, said->data_bytes, now_ns);
		break;
	}
}

static unsigned receive(struct jetstream *j, uint64_t now_ns)
{
	struct nats_said said;
	unsigned work = 0;
	long n;

	if (j->state == UP && !j->lanes.out && !j->hello_out && now_ns - j->looked_ns < SINK_LOOK_NS)
		return 0;
	j->looked_ns = now_ns;
	if (j->state == SECURING)
		return secure(j, now_ns), 0;
	const char *why = nats_link_read(&j->link);

	while (j->state > CONNECTING && j->state != SECURING && (n = nats_link_next(&j->link, &said)) != 0) {
		if (n < 0) {
			fail(j, "an answer that is none of NATS", now_ns);
			return work;
		}
		if (j->state == UP)
			j->since_ns = now_ns;
		take(j, &said, now_ns);
		work++;
	}
	if (why && j->state > CONNECTING)
		fail(j, why, now_ns);
	return work;
}

static uint64_t hello_sum(const struct jetstream *j)
{
	return parcel_hello_sum(&j->words.parcel, j->lanes.count);
}

static void say_hello(struct jetstream *j, uint64_t now_ns)
{
	uint64_t sum = hello_sum(j);

	if (j->hello_out && now_ns - j->hello_ns > j->conf->answer_ns) {
		j->hello_out = false; // and is said again
		j->hello_sum = UINT64_MAX;
	}
	if (j->hello_out || sum == j->hello_sum || now_ns - j->hello_ns < SINK_HELLO_NS ||
	    !nats_link_fits(&j->link, JS_REQUEST))
		return;
	j->hello_ns = now_ns;
	j->hello_sum = sum;
	j->hello_out = true;
	nats_link_add(&j->link, js_say_hello(&j->words, j->lanes.count, sum, nats_link_at(&j->link)));
}

// A parcel was begun with a server that takes more. The next one of the list may take it, too; one that none
// takes is given up, so that it does not hold up all others.
static void too_large(struct jetstream *j, const struct lane *lane, uint64_t now_ns)
{
	lanes_answered(&j->lanes, lanes_index(&j->lanes, lane), lane->number, LANES_REFUSED);
	fail(j, "the server's max_payload is too small for what was begun with another", now_ns);
}

// After a failure one parcel at a time, until one is taken.
static unsigned send_more(struct jetstream *j, uint64_t now_ns)
{
	bool probes = j->breaker.in_a_row > 0, ask;
	struct lane *lane;
	unsigned work = 0;

	if ((probes && j->lanes.out) || !breaker_may(&j->breaker, now_ns))
		return 0;
	while ((!probes || !work) && nats_link_fits(&j->link, js_parcel_room(&j->words) + JS_REQUEST) &&
	       (lane = lanes_next(&j->lanes, now_ns, j->rows, &ask)) != NULL) {
		if (lane->parcel > j->rows && !ask) {
			too_large(j, lane, now_ns);
			return work;
		}
		nats_link_add(&j->link,
			      ask ? js_say_ask(&j->words, &j->lanes, lane, nats_link_at(&j->link))
				  : js_say_parcel(&j->words, &j->lanes, lane, nats_link_at(&j->link)));
		work++;
	}
	say_hello(j, now_ns);
	return work;
}

// A server that is silent is asked whether it is there; a parcel without an answer is sent again.
static void watch(struct jetstream *j, uint64_t now_ns)
{
	static const char late[] = "no acknowledgement in time";
	uint64_t silent_ns = now_ns - j->since_ns, answer_ns = j->conf->answer_ns;

	if (j->state == CONNECTING && silent_ns > answer_ns)
		return fail(j, "no connection in time", now_ns);
	if (j->state > CONNECTING && silent_ns > answer_ns)
		return fail(j, "no answer in time", now_ns);
	if (j->state != UP)
		return;
	if (!j->pinged && silent_ns > answer_ns / 2) {
		say_word(j, "PING\r\n");
		j->pinged = true;
	}
	if (lanes_late(&j->lanes, now_ns - answer_ns)) {
		breaker_why(&j->breaker, late, strlen(late));
		breaker_failed(&j->breaker, now_ns);
	}
}

static unsigned jetstream_poll(void *sink, uint64_t now_ns)
{
	struct jetstream *j = sink;
	unsigned work = 0;
	const char *why = NULL;

	if (j->state == DOWN && breaker_may(&j->breaker, now_ns))
		start(j, now_ns);
	if (j->state == CONNECTING && sink_connected(j->link.fd, &why))
		enter(j, GREETING, now_ns);
	if (why)
		fail(j, why, now_ns);
	if (j->state > CONNECTING)
		work += receive(j, now_ns);
	if (j->state == UP) {
		if (!j->lanes.out && !j->hello_out)
			j->since_ns = now_ns;
		work += send_more(j, now_ns);
	}
	why = j->state > CONNECTING ? nats_link_write(&j->link) : NULL;
	if (why)
		fail(j, why, now_ns);
	if (j->state != DOWN)
		watch(j, now_ns);
	return work;
}

static void jetstream_offer(void *sink, const struct sink_item *item, unsigned n)
{
	struct jetstream *j = sink;
	struct sink_entry e;

	for (unsigned i = 0; i < n; i++) {
		if (item[i].stream == SINK_NEW_BAR) {
			(item[i].again ? lanes_row_again : lanes_row)(&j->lanes, item[i].record, item[i].n);
			continue;
		}
		entry_make(&e, &item[i], j->world->boot, j->world->conf->orders.instance);
		(item[i].again ? lanes_entry_again : lanes_entry)(&j->lanes, &e);
	}
}

// Stopped, it never has room again: who waits for it would wait for ever.
static bool jetstream_ready(const void *sink, uint64_t now_ns)
{
	const struct jetstream *j = sink;

	return (void)now_ns, j->breaker.state == BREAKER_STOPPED || lanes_room(&j->lanes);
}

// The last hello says how far the numbers went.
static bool jetstream_idle(const void *sink)
{
	const struct jetstream *j = sink;

	return j->breaker.state == BREAKER_STOPPED ||
	       (!j->lanes.count[SINK_WAITING] &&
		(j->state != UP || (!j->hello_out && j->hello_sum == hello_sum(j))));
}

static void jetstream_look(const void *sink, struct sink_view *out)
{
	breaker_look(&((const struct jetstream *)sink)->breaker, out);
}

static void jetstream_close(void *sink)
{
	struct jetstream *j = sink;

	if (!j)
		return;
	nats_link_close(&j->link);
	lanes_close(&j->lanes);
	js_words_close(&j->words);
	js_login_close(&j->login);
	free(j);
}

static void *jetstream_open(const struct sink_world *world, uint64_t *count, char *err, size_t err_len)
{
	const struct conf *c = world->conf;
	struct jetstream *j = calloc(1, sizeof *j);
	const struct lanes_conf lanes = { .newest = (uint32_t)c->gateway.queue,
					  .all = (uint32_t)c->gateway.keep,
					  .refusals = (uint32_t)c->jetstream.refusals,
					  .dir = world->dir,
					  .name = "jetstream",
					  .boot = world->boot,
					  .memory = world->memory ? &world->memory[SINK_JETSTREAM] : NULL };
	struct conf_error bad;
	uint64_t secret;

	snprintf(err, err_len, "no memory for the jetstream sink, or no random numbers");
	if (!j)
		return NULL;
	j->world = world;
	j->conf = &c->jetstream;
	j->servers = conf_jetstream_servers(c, j->server, &bad);
	j->hello_sum = UINT64_MAX;
	breaker_init(&j->breaker, world->boot, world->started_ns);
	if (j->servers < 0 || getrandom(&secret, sizeof secret, 0) != sizeof secret ||
	    !js_words_open(&j->words, world, secret) ||
	    !nats_link_open(&j->link, j->conf, OUT_PARCELS * js_parcel_room(&j->words), err, err_len) ||
	    js_login_open(&j->login, j->conf, err, err_len) ||
	    lanes_open(&j->lanes, &lanes, count, err, err_len)) {
		jetstream_close(j);
		return NULL;
	}
	return j;
}

static void jetstream_alone(const void *sink, uint64_t first[SINK_STREAMS])
{
	lanes_alone(&((const struct jetstream *)sink)->lanes, first);
}

static bool jetstream_wanted(const struct conf *conf) { return conf->jetstream.enabled; }

const struct sink_ops sink_jetstream = { "jetstream",     jetstream_wanted, jetstream_open, jetstream_ready,
					 jetstream_offer, jetstream_poll,   jetstream_idle, jetstream_look,
					 jetstream_close, jetstream_alone };
