/* SPDX-License-Identifier: BSD-3-Clause */
// kafka.c: the sink for Kafka's brokers: the lanes of lanes.h, each a partition of a topic; what is said to
// brokers, and how often, is librdkafka's (kafka_link.h).
//
// A parcel that was handed to a link stays out until the link says what became of it: librdkafka sends it
// again itself. Only what is out when a link is lost, or when the process ends, is asked for before it is
// sent again: it can only be the last message of its partition.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/sink/breaker.h"
#include "drivers/sink/kafka_link.h"
#include "drivers/sink/parcel.h"
#include "drivers/sink/tls.h"

#define HELLO_NS  (200 * NS_PER_MS) // between two hellos, if anything has changed
#define HELLO_TAG UINT64_MAX

// MAKING: topics are asked for.
enum state { DOWN, UNMADE, MAKING, UP };

struct kafka {
	const struct sink_world *world;
	const struct conf_kafka *conf;
	struct kafka_pem pem;
	struct lanes lanes;
	struct breaker breaker;
	struct parcel parcel;
	struct kafka_link *link; // of every state but DOWN
	enum state state;
	uint64_t late_ns; // what is out was last looked at
	uint64_t hello_ns, hello_sum;
	bool hello_out;
};

static void disconnect(struct kafka *k)
{
	kafka_link_close(k->link);
	k->link = NULL;
	k->state = DOWN;
	if (k->hello_out)
		k->hello_sum = UINT64_MAX; // it is said again
	k->hello_out = false;
	lanes_lost(&k->lanes);
}

static void failed(struct kafka *k, const char *why, uint64_t now_ns)
{
	if (why[0])
		breaker_why(&k->breaker, why, strlen(why));
	breaker_refused(&k->breaker, now_ns);
}

static void stop(struct kafka *k, const char *why, uint64_t now_ns)
{
	breaker_why(&k->breaker, why, strlen(why));
	fprintf(stderr, "wirebar: kafka: %s: nothing is handed on any more until a restart\n",
		k->breaker.why);
	disconnect(k);
	breaker_stop(&k->breaker, now_ns);
}

static void topic_of(const struct kafka *k, const char *stream, const char *span, char out[KAFKA_TOPIC])
{
	snprintf(out, KAFKA_TOPIC, "%.32s.%.24s.%s%s%s", k->conf->topic, k->conf->site, stream,
		 span[0] ? "." : "", span);
}

static void lane_topic(const struct kafka *k, uint32_t index, char out[KAFKA_TOPIC])
{
	enum sink_stream stream = lane_stream(index);

	topic_of(k, sink_stream_name[stream], stream == SINK_NEW_BAR ? bar_span_name[lane_span(index)] : "",
		 out);
}

static void make_topics(struct kafka *k)
{
	char topic[KAFKA_TOPICS][KAFKA_TOPIC];
	uint32_t partitions[KAFKA_TOPICS];

	_Static_assert(LANE_KINDS + 1 <= KAFKA_TOPICS, "one for each, and for hello");
	for (unsigned i = 0; i < LANE_KINDS; i++) {
		lane_topic(k, i * LANE_PARTS, topic[i]);
		partitions[i] = LANE_PARTS;
	}
	topic_of(k, "hello", "", topic[LANE_KINDS]);
	partitions[LANE_KINDS] = 1;
	kafka_link_make(k->link, LANE_KINDS + 1, topic, partitions);
	k->state = MAKING;
}

// On the gateway's own lcore, so that librdkafka's threads are bound to its cpu.
static void start(struct kafka *k, uint64_t now_ns)
{
	char why[KAFKA_WHY];

	k->link = kafka_link_open(k->conf, &k->pem, why);
	if (!k->link)
		return failed(k, why, now_ns);
	k->state = UNMADE;
}

static void taken(struct kafka *k, uint64_t now_ns)
{
	if (!k->breaker.in_a_row)
		return;
	breaker_taken(&k->breaker, now_ns);
	if (!k->breaker.in_a_row && !k->lanes.overdue)
		breaker_why(&k->breaker, "", 0);
}

static void answered(struct kafka *k, const struct kafka_said *said, enum lanes_answer answer)
{
	lanes_answered(&k->lanes, (uint32_t)(said->tag >> 32), (uint32_t)said->tag, answer);
}

static void hello_answered(struct kafka *k, const struct kafka_said *said)
{
	k->hello_out = false;
	if (said->what != KAFKA_TAKEN)
		k->hello_sum = UINT64_MAX;
}

static void take(struct kafka *k, const struct kafka_said *said, uint64_t now_ns)
{
	if (said->tag == HELLO_TAG)
		hello_answered(k, said);
	switch (said->what) {
	case KAFKA_TAKEN:
		answered(k, said, LANES_ACKED);
		taken(k, now_ns);
		break;
	case KAFKA_THERE: answered(k, said, LANES_ALREADY); break;
	case KAFKA_ABSENT: answered(k, said, LANES_ABSENT); break;
	case KAFKA_UNREAD:
		answered(k, said, LANES_UNREAD);
		failed(k, said->why, now_ns);
		break;
	case KAFKA_REFUSED:
		answered(k, said, LANES_REFUSED);
		failed(k, said->why, now_ns);
		break;
	case KAFKA_LATER:
		answered(k, said, LANES_LATER);
		failed(k, said->why, now_ns);
		break;
	case KAFKA_MADE: k->state = UP; break;
	case KAFKA_NOT_MADE:
		k->state = UNMADE;
		failed(k, said->why, now_ns);
		break;
	case KAFKA_NEWS: breaker_why(&k->breaker, said->why, strlen(said->why)); break;
	case KAFKA_AWAY: failed(k, k->breaker.why[0] ? "" : said->why, now_ns); break;
	case KAFKA_LOST:
		failed(k, said->why, now_ns);
		disconnect(k);
		break;
	case KAFKA_NEVER: stop(k, said->why, now_ns); break;
	}
}

static unsigned hear(struct kafka *k, uint64_t now_ns)
{
	struct kafka_said said;
	unsigned work = 0;

	for (; k->link && kafka_link_next(k->link, &said); work++)
		take(k, &said, now_ns);
	return work;
}

static void say_parcel(struct kafka *k, const struct lane *lane, bool ask)
{
	uint32_t index = lanes_index(&k->lanes, lane);
	bool rows = lane_stream(index) == SINK_NEW_BAR;
	char topic[KAFKA_TOPIC], id[PARCEL_ID];
	struct kafka_message m = { .topic = topic,
				   .key = parcel_symbol(&k->lanes, lane),
				   .id = id,
				   .boot = k->parcel.boot,
				   .partition = lane_part(index),
				   .rows = rows ? lane->parcel : 0,
				   .tag = (uint64_t)index << 32 | lane->number };

	lane_topic(k, index, topic);
	parcel_id(&k->parcel, &k->lanes, lane, id);
	if (ask)
		return kafka_link_ask(k->link, &m);
	m.bytes = parcel_put(&k->parcel, &k->lanes, lane);
	m.data = k->parcel.data;
	kafka_link_send(k->link, &m);
}

static void say_hello(struct kafka *k, uint64_t now_ns)
{
	uint64_t sum = parcel_hello_sum(&k->parcel, k->lanes.count);
	char topic[KAFKA_TOPIC], data[PARCEL_HELLO];

	if (k->hello_out || sum == k->hello_sum || now_ns - k->hello_ns < HELLO_NS)
		return;
	k->hello_ns = now_ns;
	k->hello_sum = sum;
	k->hello_out = true;
	topic_of(k, "hello", "", topic);
	struct kafka_message m = { .topic = topic,
				   .key = k->conf->site,
				   .id = "",
				   .boot = k->parcel.boot,
				   .data = data,
				   .bytes = parcel_hello(&k->parcel, k->lanes.count, data),
				   .tag = HELLO_TAG };

	kafka_link_send(k->link, &m);
}

// After a failure one parcel at a time beside those that are overdue, until one is taken: a partition
// without a leader is not to stop the others. The library would take thousands: what it has is
// out, and what is not can still be dropped by its rule.
static unsigned send_more(struct kafka *k, uint64_t now_ns)
{
	bool probes = k->breaker.in_a_row > 0, ask;
	struct lane *lane;
	unsigned work = 0;

	if ((probes && k->lanes.out > k->lanes.overdue) || !breaker_may(&k->breaker, now_ns))
		return 0;
	while ((!probes || !work) && (lane = lanes_next(&k->lanes, now_ns, PARCEL_ROWS, &ask)) != NULL) {
		say_parcel(k, lane, ask);
		work++;
	}
	say_hello(k, now_ns);
	return work;
}

// What is out stays out, but not unseen.
static void watch(struct kafka *k, uint64_t now_ns)
{
	if (now_ns - k->late_ns < k->conf->answer_ns / 4)
		return;
	k->late_ns = now_ns;
	if (lanes_overdue(&k->lanes, now_ns - 2 * k->conf->answer_ns))
		failed(k, k->breaker.why[0] ? "" : "no acknowledgement in time", now_ns);
}

static unsigned kafka_poll(void *sink, uint64_t now_ns)
{
	struct kafka *k = sink;
	unsigned work;

	if (k->state == DOWN && breaker_may(&k->breaker, now_ns))
		start(k, now_ns);
	if (k->state == UNMADE && !k->conf->make)
		k->state = UP;
	if (k->state == UNMADE && breaker_may(&k->breaker, now_ns))
		make_topics(k);
	work = hear(k, now_ns);
	if (k->state == UP)
		work += send_more(k, now_ns);
	watch(k, now_ns);
	return work;
}

static void kafka_offer(void *sink, const struct sink_item *item, unsigned n)
{
	struct kafka *k = sink;
	struct sink_entry e;

	for (unsigned i = 0; i < n; i++) {
		if (item[i].stream == SINK_NEW_BAR) {
			(item[i].again ? lanes_row_again : lanes_row)(&k->lanes, item[i].record, item[i].n);
			continue;
		}
		entry_make(&e, &item[i], k->world->boot, k->world->conf->orders.instance);
		(item[i].again ? lanes_entry_again : lanes_entry)(&k->lanes, &e);
	}
}

// Stopped, it never has room again: who waits for it would wait for ever.
static bool kafka_ready(const void *sink, uint64_t now_ns)
{
	const struct kafka *k = sink;

	return (void)now_ns, k->breaker.state == BREAKER_STOPPED || lanes_room(&k->lanes);
}

// The last hello says how far the numbers went.
static bool kafka_idle(const void *sink)
{
	const struct kafka *k = sink;

	return k->breaker.state == BREAKER_STOPPED ||
	       (!k->lanes.count[SINK_WAITING] &&
		(k->state != UP ||
		 (!k->hello_out && k->hello_sum == parcel_hello_sum(&k->parcel, k->lanes.count))));
}

static void kafka_look(const void *sink, struct sink_view *out)
{
	breaker_look(&((const struct kafka *)sink)->breaker, out);
}

static void kafka_close(void *sink)
{
	struct kafka *k = sink;

	if (!k)
		return;
	kafka_link_close(k->link);
	lanes_close(&k->lanes);
	parcel_close(&k->parcel);
	free(k->pem.ca);
	free(k->pem.cert);
	free(k->pem.key);
	free(k);
}

// What is wrong with the files is found at the start, and said by file, not when a broker is asked.
static bool read_pems(struct kafka *k, char *err, size_t err_len)
{
	const struct conf_kafka *c = k->conf;
	const struct tls_conf files = { "kafka", c->ca_file, c->cert_file, c->key_file };
	struct tls tried;

	if (!c->tls)
		return true;
	bool good = tls_open(&tried, &files, err, err_len);

	tls_close(&tried);
	return good && !sink_text("kafka", "ca_file", c->ca_file, &k->pem.ca, err, err_len) &&
	       !sink_text("kafka", "cert_file", c->cert_file, &k->pem.cert, err, err_len) &&
	       !sink_text("kafka", "key_file", c->key_file, &k->pem.key, err, err_len);
}

static void *kafka_open(const struct sink_world *world, uint64_t *count, char *err, size_t err_len)
{
	const struct conf *c = world->conf;
	struct kafka *k = calloc(1, sizeof *k);
	const struct lanes_conf lanes = { .newest = (uint32_t)c->gateway.queue,
					  .all = (uint32_t)c->gateway.keep,
					  .refusals = (uint32_t)c->kafka.refusals,
					  .dir = world->dir,
					  .name = "kafka",
					  .boot = world->boot,
					  .memory = world->memory ? &world->memory[SINK_KAFKA] : NULL };

	snprintf(err, err_len, "no memory for the kafka sink");
	if (!k)
		return NULL;
	k->world = world;
	k->conf = &c->kafka;
	k->hello_sum = UINT64_MAX;
	breaker_init(&k->breaker, world->boot, world->started_ns);
	if (!read_pems(k, err, err_len) || !parcel_open(&k->parcel, world, k->conf->site) ||
	    lanes_open(&k->lanes, &lanes, count, err, err_len)) {
		kafka_close(k);
		return NULL;
	}
	return k;
}

static void kafka_alone(const void *sink, uint64_t first[SINK_STREAMS])
{
	lanes_alone(&((const struct kafka *)sink)->lanes, first);
}

static bool kafka_wanted(const struct conf *conf) { return conf->kafka.enabled; }

const struct sink_ops sink_kafka = { "kafka",    kafka_wanted, kafka_open, kafka_ready, kafka_offer,
				     kafka_poll, kafka_idle,   kafka_look, kafka_close, kafka_alone };
