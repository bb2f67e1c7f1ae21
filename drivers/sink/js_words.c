/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/js_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { REPLY = JS_INBOX + 32, HEADERS = 512, TOKEN = 3 * 16 + 1 };

bool js_words_open(struct js_words *w, const struct sink_world *world, uint64_t secret)
{
	*w = (struct js_words){ .world = world, .conf = &world->conf->jetstream };
	snprintf(w->inbox, sizeof w->inbox, "_INBOX.%.24s-%016" PRIx64, w->conf->site, secret);
	return parcel_open(&w->parcel, world, w->conf->site);
}

void js_words_close(struct js_words *w) { parcel_close(&w->parcel); }

size_t js_parcel_room(const struct js_words *w) { return parcel_room(&w->parcel, PARCEL_ROWS) + JS_HEAD; }

uint32_t js_rows_of(const struct js_words *w, uint64_t max_payload)
{
	uint32_t rows = PARCEL_ROWS;

	while (rows && parcel_room(&w->parcel, rows) + JS_HEAD > max_payload)
		rows /= 2;
	return rows;
}

static size_t message(char *out, size_t room, const char *subject, const char *reply, const char *headers,
		      const char *data, size_t bytes)
{
	size_t n = nats_publish_head(out, room, subject, reply, headers, bytes);

	memcpy(out + n, data, bytes);
	memcpy(out + n + bytes, NATS_END, 2);
	return n + bytes + 2;
}

static size_t request(const struct js_words *w, const char *verb, const char *kind, const char *data,
		      char *out)
{
	char subject[JS_SUBJECT + 64], reply[REPLY];

	snprintf(subject, sizeof subject, "$JS.API.STREAM.%s.%.64s", verb, w->conf->stream);
	snprintf(reply, sizeof reply, "%s.%s", w->inbox, kind);
	return message(out, JS_REQUEST, subject, reply, NULL, data, strlen(data));
}

size_t js_say_stream(const struct js_words *w, char *out) { return request(w, "INFO", "s.0.0", "", out); }

size_t js_say_create(const struct js_words *w, char *out)
{
	const struct conf_jetstream *c = w->conf;
	char data[1024], bytes[24] = "-1";

	if (c->max_bytes)
		snprintf(bytes, sizeof bytes, "%" PRIu64, c->max_bytes);
	snprintf(
		data, sizeof data,
		"{\"name\":\"%.64s\",\"subjects\":[\"%.32s.>\"],\"retention\":\"limits\",\"discard\":\"old\","
		"\"storage\":\"file\",\"max_consumers\":-1,\"max_msgs\":-1,\"max_msgs_per_subject\":-1,"
		"\"max_msg_size\":-1,\"max_bytes\":%s,\"max_age\":%" PRIu64 ",\"num_replicas\":%" PRIu64
		",\"duplicate_window\":%" PRIu64 ",\"allow_direct\":true}",
		c->stream, c->subject, bytes, c->max_age_ns, c->replicas, c->window_ns);
	return request(w, "CREATE", "s.0.0", data, out);
}

static void subject_of(const struct js_words *w, const struct lanes *l, const struct lane *lane,
		       char out[JS_SUBJECT])
{
	uint32_t index = lanes_index(l, lane);
	enum sink_stream stream = lane_stream(index);
	const char *name = parcel_symbol(l, lane);
	char symbol[TOKEN] = "";

	if (stream == SINK_NEW_BAR) {
		snprintf(out, JS_SUBJECT, "%.32s.%.24s.new_bar.%s.%u", w->conf->subject, w->conf->site,
			 bar_span_name[lane_span(index)], lane_part(index));
		return;
	}
	if (strlen(name) <= 16)
		nats_token(name, symbol);
	snprintf(out, JS_SUBJECT, "%.32s.%.24s.%s.%s", w->conf->subject, w->conf->site,
		 sink_stream_name[stream], symbol[0] ? symbol : "-");
}

size_t js_say_parcel(struct js_words *w, const struct lanes *l, const struct lane *lane, char *out)
{
	char subject[JS_SUBJECT], id[PARCEL_ID], reply[REPLY], headers[HEADERS];
	size_t bytes = parcel_put(&w->parcel, l, lane);
	int n;

	subject_of(w, l, lane, subject);
	parcel_id(&w->parcel, l, lane, id);
	snprintf(reply, sizeof reply, "%s.p.%u.%u", w->inbox, lanes_index(l, lane), lane->number);
	n = snprintf(headers, sizeof headers, "Nats-Msg-Id: %s\r\nNats-Expected-Stream: %.64s\r\n", id,
		     w->conf->stream);
	if (lane_stream(lanes_index(l, lane)) == SINK_NEW_BAR)
		snprintf(headers + n, sizeof headers - (size_t)n, "Wirebar-Boot: %s\r\nWirebar-Rows: %u\r\n",
			 w->parcel.boot, lane->parcel);
	return message(out, JS_HEAD, subject, reply, headers, w->parcel.data, bytes);
}

size_t js_say_ask(const struct js_words *w, const struct lanes *l, const struct lane *lane, char *out)
{
	char subject[JS_SUBJECT], data[JS_SUBJECT + 32], kind[32];

	subject_of(w, l, lane, subject);
	snprintf(data, sizeof data, "{\"last_by_subj\":\"%s\"}", subject);
	snprintf(kind, sizeof kind, "q.%u.%u", lanes_index(l, lane), lane->number);
	return request(w, "MSG.GET", kind, data, out);
}

size_t js_say_hello(const struct js_words *w, const uint64_t *count, uint64_t sum, char *out)
{
	char subject[JS_SUBJECT], reply[REPLY], headers[HEADERS], data[PARCEL_HELLO];
	size_t n = parcel_hello(&w->parcel, count, data);

	snprintf(subject, sizeof subject, "%.32s.%.24s.hello", w->conf->subject, w->conf->site);
	snprintf(reply, sizeof reply, "%s.h.0.0", w->inbox);
	snprintf(headers, sizeof headers, "Nats-Msg-Id: %.24s:%s:hello:%" PRIu64 "\r\n", w->conf->site,
		 w->parcel.boot, sum);
	return message(out, JS_REQUEST, subject, reply, headers, data, n);
}

enum js_asked js_asked_of(const struct js_words *w, const struct nats_said *said, uint32_t *lane,
			  uint32_t *number)
{
	static const char kinds[] = {
		[JS_STREAM] = 's', [JS_PARCEL] = 'p', [JS_ASK] = 'q', [JS_HELLO] = 'h'
	};
	size_t n = strlen(w->inbox);
	char text[64], kind;

	if (said->subject_bytes <= n || said->subject_bytes - n >= sizeof text ||
	    memcmp(said->subject, w->inbox, n) != 0)
		return JS_NOTHING;
	memcpy(text, said->subject + n, said->subject_bytes - n);
	text[said->subject_bytes - n] = '\0';
	if (sscanf(text, ".%c.%9u.%10u", &kind, lane, number) != 3)
		return JS_NOTHING;
	for (unsigned i = 0; i < sizeof kinds; i++)
		if (kinds[i] == kind)
			return (enum js_asked)i;
	return JS_NOTHING;
}
