/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/thread.h"

enum { GOOD = 200, BAD = 400, REFUSED = 422, AWAY = 503 };

// As wirebarctl --json prints it.
static void answer(struct job *j, unsigned status, json_t *doc)
{
	char *text = json_dumps(doc, JSON_INDENT(2) | JSON_ENCODE_ANY);

	json_decref(doc);
	j->bytes = text ? strlen(text) + 1 : 0;
	j->text = text ? realloc(text, j->bytes + 1) : NULL;
	if (text && !j->text)
		free(text);
	if (j->text)
		memcpy(j->text + j->bytes - 1, "\n", 2);
	j->status = j->text ? status : AWAY;
}

static void fail(struct job *j, unsigned status, const char *why)
{
	answer(j, status, json_pack("{s:s,s:s}", "status", "error", "error", why));
}

static void command(struct jobs *q, struct job *j)
{
	struct sock s = { .control = true };
	json_t *doc = reach(&q->of, &s, JOB_TIMEOUT_MS) ? sock_command(&s, j->line) : NULL;

	if (doc)
		answer(j, sock_refusal(doc) ? REFUSED : GOOD, doc);
	else
		fail(j, AWAY, s.error);
	sock_close(&s);
}

static json_t *put(struct jobs *q, struct job *j, char why[160])
{
	struct sock *s = &q->telemetry;
	char text[REQUEST_BYTES];

	if (s->fd <= 0) {
		*s = (struct sock){ .fd = 0 };
		if (!reach(&q->of, s, JOB_TIMEOUT_MS))
			return NULL;
	}
	if (j->pages)
		return request_bars(s, j->path, j->word, j->n_words, why);
	return request_text(text, j->path, j->word, j->n_words, why) ? sock_ask(s, text) : NULL;
}

// A connection that was left open may be to a process that has ended, and another one have come.
static void ask(struct jobs *q, struct job *j)
{
	const bool open = q->telemetry.fd > 0;
	char why[160] = "";
	json_t *doc = put(q, j, why);

	if (!doc && open && !*why && q->telemetry.end == SOCK_GONE)
		doc = put(q, j, why);
	if (doc)
		answer(j, sock_refusal(doc) ? REFUSED : GOOD, doc);
	else
		fail(j, *why ? BAD : AWAY, *why ? why : q->telemetry.error);
}

static struct job *next(struct jobs *q, bool *ends)
{
	pthread_mutex_lock(&q->lock);
	while (!q->first && !q->ends)
		pthread_cond_wait(&q->more, &q->lock);
	struct job *j = q->first;

	*ends = q->ends;
	q->first = j ? j->next : NULL;
	q->n -= j != NULL;
	pthread_mutex_unlock(&q->lock);
	return j;
}

static void *serve(void *arg)
{
	struct jobs *q = arg;
	struct job *j;
	bool ends;

	while ((j = next(q, &ends))) {
		if (ends)
			fail(j, AWAY, "the console ends");
		else if (j->control)
			command(q, j);
		else
			ask(q, j);
		q->wake(j);
	}
	sock_close(&q->telemetry);
	return NULL;
}

int job_start(struct jobs *q)
{
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->more, NULL);
	int rc = thread_start(&q->thread, "wb-console-job", serve, q);

	q->runs = !rc;
	return rc;
}

void job_stop(struct jobs *q)
{
	if (!q->runs)
		return;
	pthread_mutex_lock(&q->lock);
	q->ends = true;
	pthread_cond_signal(&q->more);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	q->runs = false;
}

bool job_put(struct jobs *q, struct job *j)
{
	pthread_mutex_lock(&q->lock);
	// A command always finds room: of those there are as many as connections at most.
	bool room = !q->ends && (q->n < JOB_WAITING || j->control);

	if (room) {
		struct job **at = &q->first;

		while (*at && (!j->control || (*at)->control))
			at = &(*at)->next;
		j->next = *at;
		*at = j;
		q->n++;
		pthread_cond_signal(&q->more);
	}
	pthread_mutex_unlock(&q->lock);
	return room;
}
