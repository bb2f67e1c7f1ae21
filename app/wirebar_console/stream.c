/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)

static void put_text(FILE *out, const char *text)
{
	json_t *word = json_stringn_nocheck(text, strlen(text));
	char *quoted = word ? json_dumps(word, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

	fputs(quoted ? quoted : "\"\"", out);
	free(quoted);
	json_decref(word);
}

void stream_snapshot(FILE *out, const struct streams *all, struct stream *s, uint64_t now_ns)
{
	const struct view *v = all->view;
	const char *comma = "";

	fprintf(out, "id: %" PRIu64 "\nevent: snapshot\ndata: {\"n\":%" PRIu64, s->n, s->n);
	fprintf(out, ",\"rate\":%u,\"stale_s\":%d,\"control\":%s,\"alive\":%s,\"up\":%s", all->rate,
		VIEW_DEAD_S, all->control ? "true" : "false", view_alive(v, now_ns) ? "true" : "false",
		v->up ? "true" : "false");
	if (v->answered_ns)
		fprintf(out, ",\"answer_age_ns\":%" PRIu64,
			now_ns > v->answered_ns ? now_ns - v->answered_ns : 0);
	fputs(",\"why\":", out);
	put_text(out, v->why);
	fputs(",\"topics\":{", out);
	for (int i = 0; i < TOPIC_COUNT; i++) {
		if (i == TOPIC_buckets || !v->text[i] || s->has[i] == v->n[i])
			continue;
		fprintf(out, "%s\"%s\":%s", comma, view_topic_name[i], v->text[i]);
		s->has[i] = v->n[i];
		comma = ",";
	}
	fputs("}}\n\n", out);
	s->n++;
}

static void fill(struct streams *all, struct stream *s, uint64_t now_ns)
{
	FILE *out = open_memstream(&s->text, &s->bytes);

	if (!out) {
		s->text = NULL;
		return;
	}
	if (!s->n)
		fputs("retry: 500\n", out);
	pthread_mutex_lock(&all->view->lock);
	stream_snapshot(out, all, s, now_ns);
	pthread_mutex_unlock(&all->view->lock);
	if (fclose(out)) {
		free(s->text);
		s->text = NULL;
		return;
	}
	s->sent = 0;
	s->behind_ns = now_ns;
}

static void wake(const struct streams *all, struct stream *s)
{
	if (s->asleep)
		all->wake(s->connection);
	s->asleep = false;
}

static bool too_slow(const struct stream *s, uint64_t now_ns)
{
	return s->text && now_ns > s->behind_ns && now_ns - s->behind_ns >= STREAM_SLOW_S * NS_PER_S;
}

void stream_tick(struct streams *all, uint64_t now_ns)
{
	unsigned n = 0, dropped = 0;

	pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; i < STREAMS; i++) {
		struct stream *s = &all->stream[i];

		if (!s->used || s->ends)
			continue;
		n++;
		if (too_slow(s, now_ns)) {
			s->ends = true;
			dropped++;
			all->close(s->fd);
		} else if (!s->text) {
			fill(all, s, now_ns);
		}
		wake(all, s);
	}
	pthread_mutex_unlock(&all->lock);
	pthread_mutex_lock(&all->view->lock);
	all->view->looks = all->view->count.streams = n;
	all->view->count.dropped += dropped;
	pthread_mutex_unlock(&all->view->lock);
}

struct stream *stream_open(struct streams *all, int fd, void *connection)
{
	struct stream *s = NULL;

	pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; i < STREAMS && !all->ends; i++)
		s = !s && !all->stream[i].used ? &all->stream[i] : s;
	if (s)
		*s = (struct stream){ .used = true, .fd = fd, .connection = connection };
	pthread_mutex_unlock(&all->lock);
	return s;
}

long stream_read(struct streams *all, struct stream *s, char *out, size_t max,
		 void (*sleep)(void *connection))
{
	long n = 0;

	pthread_mutex_lock(&all->lock);
	if (s->ends || all->ends) {
		n = -1;
	} else if (!s->text) {
		s->asleep = true;
		sleep(s->connection);
	} else {
		n = (long)(s->bytes - s->sent < max ? s->bytes - s->sent : max);
		memcpy(out, s->text + s->sent, (size_t)n);
		s->sent += (size_t)n;
		if (s->sent == s->bytes) {
			free(s->text);
			s->text = NULL;
		}
	}
	pthread_mutex_unlock(&all->lock);
	return n;
}

void stream_shut(struct streams *all, struct stream *s)
{
	pthread_mutex_lock(&all->lock);
	free(s->text);
	*s = (struct stream){ .used = false };
	pthread_mutex_unlock(&all->lock);
}

void stream_end(struct streams *all)
{
	pthread_mutex_lock(&all->lock);
	all->ends = true;
	for (unsigned i = 0; i < STREAMS; i++)
		if (all->stream[i].used)
			wake(all, &all->stream[i]);
	pthread_mutex_unlock(&all->lock);
}
