/* SPDX-License-Identifier: BSD-3-Clause */
// Source: librdkafka, INTRODUCTION.md ("Idempotent Producer", "Error handling") and CONFIGURATION.md.
#include "drivers/sink/kafka_link.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/std.h"

// SYNC: two for each message that may be out beside the hello, and its own.
enum { ID = 96, SYNC = 2 * KAFKA_ASKS + 2 };

struct ask {
	rd_kafka_topic_t *topic; // NULL: free
	int32_t partition;
	uint64_t tag;
	char id[ID];
};

// said: what was known at once, in the order in which it was; full: more than there was room for.
struct kafka_link {
	const struct conf_kafka *conf;
	const struct kafka_pem *pem;
	rd_kafka_t *producer, *reader; // reader NULL: nothing was asked for so far
	rd_kafka_queue_t *events, *found;
	rd_kafka_event_t *event; // of several reports, in hand
	struct ask ask[KAFKA_ASKS];
	unsigned asks;
	struct kafka_said said[SYNC];
	unsigned head, n;
	bool full;
};

// Of OpenSSL's "error:0A000086:SSL routines::certificate verify failed" the words alone: there is room for no
// more.
static void explain(struct kafka_said *said, enum kafka_what what, uint64_t tag, const char *why)
{
	const char *code = strstr(why, "error:"), *words = code ? strstr(code, "::") : NULL;
	size_t n = words ? (size_t)(code - why) : 0;

	said->what = what;
	said->tag = tag;
	n = n < sizeof said->why ? n : sizeof said->why - 1;
	memcpy(said->why, why, n);
	snprintf(said->why + n, sizeof said->why - n, "%.*s", KAFKA_WHY - 1 - (int)n,
		 words ? words + 2 : why);
}

static void at_once(struct kafka_link *k, enum kafka_what what, uint64_t tag, const char *why)
{
	if (k->n < SYNC)
		explain(&k->said[(k->head + k->n++) % SYNC], what, tag, why);
	else
		k->full = true;
}

static enum kafka_what meaning(rd_kafka_resp_err_t error)
{
	switch (error) {
	case RD_KAFKA_RESP_ERR_NO_ERROR: return KAFKA_TAKEN;
	case RD_KAFKA_RESP_ERR__FATAL: return KAFKA_LOST;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
	case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
	case RD_KAFKA_RESP_ERR__PURGE_QUEUE:
	case RD_KAFKA_RESP_ERR__PURGE_INFLIGHT: return KAFKA_LATER;
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED: return KAFKA_NEVER;
	default: return KAFKA_REFUSED;
	}
}

// What ended the producer says whether another one can do better.
static enum kafka_what fatal_meaning(const struct kafka_link *k, char why[KAFKA_WHY])
{
	rd_kafka_resp_err_t error = rd_kafka_fatal_error(k->producer, why, KAFKA_WHY);

	return meaning(error) == KAFKA_NEVER ? KAFKA_NEVER : KAFKA_LOST;
}

// A topic that is gone is made again, and the message waits for it.
static void message_said(struct kafka_link *k, rd_kafka_resp_err_t error, const char *topic, uint64_t tag,
			 struct kafka_said *said)
{
	bool gone = error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
		    error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	char why[2 * KAFKA_WHY];

	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		enum kafka_what what = fatal_meaning(k, why);

		explain(said, what, tag, why);
		return;
	}
	if (error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
		snprintf(why, sizeof why, "%.60s: found fewer partitions, allowed: 16", topic);
	else
		snprintf(why, sizeof why, "%s", rd_kafka_err2str(error));
	explain(said, gone ? KAFKA_LATER : meaning(error), tag, why);
	if (gone)
		at_once(k, KAFKA_NOT_MADE, 0, why);
}

static bool set(rd_kafka_conf_t *conf, const char *name, const char *value, char err[KAFKA_WHY])
{
	return rd_kafka_conf_set(conf, name, value, err, KAFKA_WHY) == RD_KAFKA_CONF_OK;
}

static bool set_number(rd_kafka_conf_t *conf, const char *name, uint64_t value, char err[KAFKA_WHY])
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, value);
	return set(conf, name, text, err);
}

// A name is refused here: this runs in a thread of librdkafka, bound to what a running process may do, and
// that is neither to read how names are looked up nor to ask. Without node and service: frees.
static int resolve(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **res,
		   void *opaque)
{
	struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };

	(void)opaque;
	if (!node && !service) {
		freeaddrinfo(*res);
		return 0;
	}
	if (hints) {
		numeric.ai_family = hints->ai_family;
		numeric.ai_socktype = hints->ai_socktype;
		numeric.ai_protocol = hints->ai_protocol;
	}
	return getaddrinfo(node, service, &numeric, res);
}

// A broker's certificate must have the address that the broker was reached at: by OpenSSL 3, SSL_set1_host
// takes a text that is an IP address as one.
static bool secure(rd_kafka_conf_t *conf, const struct kafka_pem *pem, char err[KAFKA_WHY])
{
	return !pem->ca ||
	       (set(conf, "security.protocol", "ssl", err) && set(conf, "ssl.ca.pem", pem->ca, err) &&
		set(conf, "ssl.endpoint.identification.algorithm", "https", err) &&
		(!pem->cert || (set(conf, "ssl.certificate.pem", pem->cert, err) &&
				set(conf, "ssl.key.pem", pem->key, err))));
}

// The pauses are the breaker's own; what it writes to its log comes as events, too.
static rd_kafka_conf_t *common(const struct conf_kafka *c, const struct kafka_pem *pem, char err[KAFKA_WHY])
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set_log_cb(conf, NULL);
	rd_kafka_conf_set_resolve_cb(conf, resolve);
	if (set(conf, "bootstrap.servers", c->servers, err) && set(conf, "client.id", "wirebar", err) &&
	    set(conf, "socket.nagle.disable", "true", err) &&
	    set(conf, "socket.keepalive.enable", "true", err) &&
	    set(conf, "reconnect.backoff.ms", "50", err) &&
	    set(conf, "reconnect.backoff.max.ms", "1000", err) &&
	    set_number(conf, "socket.timeout.ms", c->answer_ns / NS_PER_MS, err) && secure(conf, pem, err))
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

// message.timeout.ms 0: for as long as it takes.
static rd_kafka_t *open_producer(const struct conf_kafka *c, const struct kafka_pem *pem, char err[KAFKA_WHY])
{
	rd_kafka_conf_t *conf = common(c, pem, err);
	rd_kafka_t *rk = NULL;

	if (!conf)
		return NULL;
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	if (set(conf, "enable.idempotence", "true", err) && set(conf, "message.timeout.ms", "0", err) &&
	    set(conf, "queue.buffering.max.ms", "0", err) && set(conf, "retry.backoff.ms", "50", err) &&
	    set_number(conf, "request.timeout.ms", c->answer_ns / NS_PER_MS, err))
		rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, err, KAFKA_WHY);
	if (!rk)
		rd_kafka_conf_destroy(conf);
	return rk;
}

static rd_kafka_t *open_reader(const struct conf_kafka *c, const struct kafka_pem *pem, char err[KAFKA_WHY])
{
	rd_kafka_conf_t *conf = common(c, pem, err);
	rd_kafka_t *rk = NULL;

	if (!conf)
		return NULL;
	if (set(conf, "enable.partition.eof", "true", err) && set(conf, "fetch.wait.max.ms", "10", err) &&
	    set(conf, "topic.metadata.propagation.max.ms", "0", err))
		rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, err, KAFKA_WHY);
	if (!rk)
		rd_kafka_conf_destroy(conf);
	return rk;
}

struct kafka_link *kafka_link_open(const struct conf_kafka *conf, const struct kafka_pem *pem,
				   char err[KAFKA_WHY])
{
	struct kafka_link *k = calloc(1, sizeof *k);

	snprintf(err, KAFKA_WHY, "no memory");
	if (!k)
		return NULL;
	k->conf = conf;
	k->pem = pem;
	k->producer = open_producer(conf, pem, err);
	if (!k->producer) {
		free(k);
		return NULL;
	}
	k->events = rd_kafka_queue_get_main(k->producer);
	return k;
}

static void end_ask(struct kafka_link *k, struct ask *a)
{
	rd_kafka_consume_stop(a->topic, a->partition);
	rd_kafka_topic_destroy(a->topic);
	a->topic = NULL;
	k->asks--;
}

void kafka_link_close(struct kafka_link *k)
{
	if (!k)
		return;
	for (unsigned i = 0; i < KAFKA_ASKS; i++)
		if (k->ask[i].topic)
			end_ask(k, &k->ask[i]);
	if (k->found)
		rd_kafka_queue_destroy(k->found);
	if (k->reader)
		rd_kafka_destroy(k->reader);
	if (k->event)
		rd_kafka_event_destroy(k->event);
	rd_kafka_purge(k->producer,
		       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
	rd_kafka_queue_destroy(k->events);
	rd_kafka_destroy(k->producer);
	free(k);
}

void kafka_link_make(struct kafka_link *k, unsigned n, const char (*topic)[KAFKA_TOPIC],
		     const uint32_t *partitions)
{
	rd_kafka_NewTopic_t *made[KAFKA_TOPICS];
	rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(k->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	char age[24], why[KAFKA_WHY];

	snprintf(age, sizeof age, "%" PRIu64, k->conf->max_age_ns / NS_PER_MS);
	for (unsigned i = 0; i < n; i++) {
		made[i] = rd_kafka_NewTopic_new(topic[i], (int)partitions[i], (int)k->conf->replicas, why,
						sizeof why);
		rd_kafka_NewTopic_set_config(made[i], "retention.ms", k->conf->max_age_ns ? age : "-1");
	}
	rd_kafka_CreateTopics(k->producer, made, n, o, k->events);
	rd_kafka_NewTopic_destroy_array(made, n);
	rd_kafka_AdminOptions_destroy(o);
}

void kafka_link_send(struct kafka_link *k, const struct kafka_message *m)
{
	const char *key = m->key[0] ? m->key : NULL;
	struct kafka_said said;
	char rows[12];
	int n = snprintf(rows, sizeof rows, "%u", m->rows);
	rd_kafka_headers_t *headers = rd_kafka_headers_new(3);

	rd_kafka_header_add(headers, "Wirebar-Id", -1, m->id, -1);
	rd_kafka_header_add(headers, "Wirebar-Boot", -1, m->boot, -1);
	if (m->rows)
		rd_kafka_header_add(headers, "Wirebar-Rows", -1, rows, n);
	rd_kafka_resp_err_t error = rd_kafka_producev(
		k->producer, RD_KAFKA_V_TOPIC(m->topic), RD_KAFKA_V_PARTITION((int32_t)m->partition),
		RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)m->data, m->bytes), RD_KAFKA_V_KEY(key, strlen(m->key)),
		RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE((void *)(uintptr_t)m->tag), RD_KAFKA_V_END);

	if (!error)
		return; // the headers are the message's
	rd_kafka_headers_destroy(headers);
	message_said(k, error, m->topic, m->tag, &said);
	at_once(k, said.what, said.tag, said.why);
}

void kafka_link_ask(struct kafka_link *k, const struct kafka_message *m)
{
	struct ask *a = k->ask;
	char why[KAFKA_WHY] = "";

	if (!k->reader && (k->reader = open_reader(k->conf, k->pem, why)) != NULL)
		k->found = rd_kafka_queue_new(k->reader);
	while (a < k->ask + KAFKA_ASKS && a->topic)
		a++;
	if (!k->reader || a == k->ask + KAFKA_ASKS)
		return at_once(k, KAFKA_LATER, m->tag, why);
	a->topic = rd_kafka_topic_new(k->reader, m->topic, NULL);
	a->partition = (int32_t)m->partition;
	a->tag = m->tag;
	snprintf(a->id, sizeof a->id, "%s", m->id);
	k->asks++;
	if (rd_kafka_consume_start_queue(a->topic, a->partition, RD_KAFKA_OFFSET_TAIL(1), k->found)) {
		rd_kafka_topic_destroy(a->topic);
		a->topic = NULL;
		k->asks--;
		at_once(k, KAFKA_UNREAD, m->tag, "no message can be asked for");
	}
}

static bool has_id(const rd_kafka_message_t *m, const char *id)
{
	rd_kafka_headers_t *headers;
	const void *value;
	size_t n;

	return !rd_kafka_message_headers(m, &headers) &&
	       !rd_kafka_header_get_last(headers, "Wirebar-Id", &value, &n) && n == strlen(id) &&
	       !memcmp(value, id, n);
}

// Who may not read sends again what may be there: a consumer knows it by its id.
static enum kafka_what found_what(const rd_kafka_message_t *m, const char *id)
{
	switch (m->err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR: return has_id(m, id) ? KAFKA_THERE : KAFKA_ABSENT;
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED: return KAFKA_ABSENT;
	default: return KAFKA_UNREAD;
	}
}

static bool next_found(struct kafka_link *k, struct kafka_said *said)
{
	rd_kafka_message_t *m = k->asks ? rd_kafka_consume_queue(k->found, 0) : NULL;
	bool ours = false;

	if (k->reader) // its errors are the producer's, too
		rd_kafka_poll(k->reader, 0);
	if (!m)
		return false;
	for (unsigned i = 0; i < KAFKA_ASKS && !ours && m->rkt; i++) {
		struct ask *a = &k->ask[i];

		if (!a->topic || a->partition != m->partition ||
		    strcmp(rd_kafka_topic_name(a->topic), rd_kafka_topic_name(m->rkt)) != 0)
			continue;
		explain(said, found_what(m, a->id), a->tag, m->err ? rd_kafka_err2str(m->err) : "");
		ours = true;
		rd_kafka_message_destroy(m);
		end_ask(k, a);
	}
	if (!ours)
		rd_kafka_message_destroy(m);
	return ours;
}

static void take_error(const struct kafka_link *k, rd_kafka_event_t *e, struct kafka_said *said)
{
	rd_kafka_resp_err_t error = rd_kafka_event_error(e);
	char why[2 * KAFKA_WHY];

	if (error == RD_KAFKA_RESP_ERR__FATAL) {
		enum kafka_what what = fatal_meaning(k, why);

		explain(said, what, 0, why);
		return;
	}
	if (error == RD_KAFKA_RESP_ERR__RESOLVE) {
		snprintf(why, sizeof why, "brokers must advertise addresses: found %s",
			 rd_kafka_event_error_string(e));
		explain(said, KAFKA_NEWS, 0, why);
		return;
	}
	explain(said,
		meaning(error) == KAFKA_NEVER                  ? KAFKA_NEVER
		: error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ? KAFKA_AWAY
							       : KAFKA_NEWS,
		0, rd_kafka_event_error_string(e));
}

// Brokers without the request, and those that do not let us, have topics that somebody else makes.
static void take_made(rd_kafka_event_t *e, struct kafka_said *said)
{
	const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(e);
	rd_kafka_resp_err_t error = rd_kafka_event_error(e);
	size_t n = 0;
	const rd_kafka_topic_result_t **topic = error ? NULL
						      : rd_kafka_CreateTopics_result_topics(result, &n);

	explain(said, KAFKA_MADE, 0, "");
	if (error && error != RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
		explain(said, KAFKA_NOT_MADE, 0, rd_kafka_event_error_string(e));
	for (size_t i = 0; i < n; i++) {
		rd_kafka_resp_err_t of = rd_kafka_topic_result_error(topic[i]);

		if (!of || of == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ||
		    of == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		    of == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
			continue;
		explain(said, meaning(of) == KAFKA_NEVER ? KAFKA_NEVER : KAFKA_NOT_MADE, 0,
			rd_kafka_err2str(of));
		return;
	}
}

// Returns false: there is nothing in hand any more.
static bool next_report(struct kafka_link *k, struct kafka_said *said)
{
	const rd_kafka_message_t *m = k->event ? rd_kafka_event_message_next(k->event) : NULL;

	if (m) {
		message_said(k, m->err, rd_kafka_topic_name(m->rkt), (uintptr_t)m->_private, said);
		return true;
	}
	if (k->event)
		rd_kafka_event_destroy(k->event);
	k->event = NULL;
	return false;
}

bool kafka_link_next(struct kafka_link *k, struct kafka_said *said)
{
	rd_kafka_event_t *e;

	if (k->n) {
		*said = k->said[k->head];
		k->head = (k->head + 1) % SYNC;
		k->n--;
		return true;
	}
	if (k->full) {
		k->full = false;
		explain(said, KAFKA_LOST, 0, "more was refused at once than can be noted");
		return true;
	}
	if (next_report(k, said) || next_found(k, said))
		return true;
	while ((e = rd_kafka_queue_poll(k->events, 0)) != NULL) {
		switch (rd_kafka_event_type(e)) {
		case RD_KAFKA_EVENT_DR:
			k->event = e;
			if (next_report(k, said))
				return true;
			continue;
		case RD_KAFKA_EVENT_ERROR: take_error(k, e, said); break;
		case RD_KAFKA_EVENT_CREATETOPICS_RESULT: take_made(e, said); break;
		default: rd_kafka_event_destroy(e); continue;
		}
		rd_kafka_event_destroy(e);
		return true;
	}
	return false;
}
