/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/wirebarctl/request.h"

enum { RETRY_MS = 500, CONTROL_RETRY_MS = 5000, CONTROL_TIMEOUT_MS = 500, PAGES = 64 };

enum command {
#define ASK(name, args, min, max, asks, handler, help)     COMMAND_##name,
#define CONTROL(name, args, min, max, asks, handler, help) COMMAND_##name,
#include "app/wirebarctl/command.def"
	COMMAND_buckets, // of no command
	COMMANDS
};

static const char *const path_of[COMMANDS] = {
#define ASK(name, args, min, max, asks, handler, help)     asks,
#define CONTROL(name, args, min, max, asks, handler, help) asks,
#include "app/wirebarctl/command.def"
	"/wirebar/buckets",
};

static const struct {
	enum command command;
	const char *words;
	unsigned period_ms;
	bool paged, looked;
} topics[] = {
#define TOPIC(name, words, period_ms, paged, looked) { COMMAND_##name, words, period_ms, paged, looked },
#include "app/wirebar_console/topic.def"
	{ COMMAND_buckets, "", 1000, false, false },
};

const char *const view_topic_name[TOPIC_COUNT] = {
#define TOPIC(name, words, period_ms, paged, looked) #name,
#include "app/wirebar_console/topic.def"
	"buckets",
};

uint64_t view_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool view_alive(const struct view *v, uint64_t now_ns)
{
	return v->answered_ns &&
	       (now_ns <= v->answered_ns || now_ns - v->answered_ns < VIEW_DEAD_S * UINT64_C(1000000000));
}

void view_init(struct view *v)
{
	*v = (struct view){ .why = "not asked so far" };
	pthread_mutex_init(&v->lock, NULL);
}

void view_free(struct view *v)
{
	for (int i = 0; i < TOPIC_COUNT; i++) {
		json_decref(v->doc[i]);
		free(v->text[i]);
	}
	pthread_mutex_destroy(&v->lock);
}

static void answered(struct view *v, bool good, const char *why)
{
	pthread_mutex_lock(&v->lock);
	v->asked++;
	v->failed += !good;
	v->up = good;
	snprintf(v->why, sizeof v->why, "%.*s", (int)sizeof v->why - 1, good ? "" : why);
	if (good)
		v->answered_ns = view_now_ns();
	pthread_mutex_unlock(&v->lock);
}

// A refusal is an answer as well.
json_t *view_ask(struct view_asker *a, const char *request)
{
	bool open = a->sock.fd > 0;

	if (!open) {
		if (view_now_ns() / 1000000 < a->retry_ms)
			return NULL;
		a->sock = (struct sock){ .fd = 0 };
		open = reach(&a->of, &a->sock, VIEW_TIMEOUT_MS);
	}
	json_t *answer = open ? sock_ask(&a->sock, request) : NULL;

	answered(a->view, answer != NULL, a->sock.error);
	if (!answer) {
		sock_close(&a->sock);
		a->retry_ms = view_now_ns() / 1000000 + RETRY_MS;
	}
	return answer;
}

// Over the control socket. NULL: nobody supervises it, as far as is known.
static json_t *ask_supervisor(struct view_asker *a, int topic)
{
	uint64_t now_ms = view_now_ns() / 1000000;
	struct sock *s = &a->control;
	json_t *answer = NULL;

	if (now_ms < a->control_retry_ms)
		return NULL;
	if (s->fd <= 0) {
		*s = (struct sock){ .control = true };
		reach(&a->of, s, CONTROL_TIMEOUT_MS);
	}
	if (s->fd > 0 && s->supervisor)
		answer = sock_command(s, path_of[topics[topic].command]);
	if (answer)
		return answer;
	char why[SOCK_ERROR_BYTES];

	snprintf(why, sizeof why, "%s", s->fd > 0 && !s->supervisor ? "not supervised any more" : s->error);
	sock_close(s);
	a->control_retry_ms = now_ms + CONTROL_RETRY_MS;
	return a->view->doc[topic] ? json_pack("{s:s,s:s}", "status", "error", "error", why) : NULL;
}

static bool of_supervisor(int topic) { return path_of[topics[topic].command][0] != '/'; }

static json_t *ask_pages(struct view_asker *a, const char *path, bool paged)
{
	json_t *all = view_ask(a, path), *page = all ? json_incref(all) : NULL;
	char request[REQUEST_BYTES];

	for (unsigned n = 0; paged && page && n < PAGES && request_rest(request, path, page); n++) {
		json_decref(page);
		page = view_ask(a, request);
		if (!page || sock_refusal(page))
			break;
		json_object_update_missing(all, page);
	}
	json_decref(page);
	return all;
}

static json_t *ask_buckets(struct view_asker *a)
{
	json_t *all = json_object(), *names = NULL, *value;
	const char *lcore;

	pthread_mutex_lock(&a->view->lock);
	names = json_deep_copy(a->view->doc[TOPIC_lcores]);
	pthread_mutex_unlock(&a->view->lock);
	json_object_foreach(names, lcore, value)
	{
		char request[128];

		if (!json_is_object(value))
			continue;
		snprintf(request, sizeof request, "/wirebar/buckets,%s", lcore);
		json_t *one = view_ask(a, request);

		if (!one)
			break;
		json_object_set_new(all, lcore, one);
	}
	json_decref(names);
	return all;
}

// What an appliance that is gone said last is kept: the reader sees how old it is.
static bool take(struct view *v, int topic, json_t *doc)
{
	char *text = json_dumps(doc, JSON_COMPACT | JSON_ENCODE_ANY);
	bool changed;

	pthread_mutex_lock(&v->lock);
	v->at_ns[topic] = view_now_ns();
	changed = !v->doc[topic] || !json_equal(v->doc[topic], doc);
	if (changed) {
		json_decref(v->doc[topic]);
		free(v->text[topic]);
		v->doc[topic] = doc;
		v->text[topic] = text;
		v->n[topic]++;
	}
	pthread_mutex_unlock(&v->lock);
	if (!changed) {
		json_decref(doc);
		free(text);
	}
	return changed;
}

// A page that looks wants health with each snapshot.
static unsigned period_ms(int topic, unsigned rate)
{
	unsigned each_ms = rate ? 1000 / rate : 1000;

	return topic == TOPIC_health && each_ms < topics[topic].period_ms ? each_ms : topics[topic].period_ms;
}

static const char *topic_path(int topic, char out[64])
{
	snprintf(out, 64, "%s%s", path_of[topics[topic].command], topics[topic].words);
	return out;
}

uint32_t view_step(struct view_asker *a)
{
	uint32_t changed = 0;
	bool away = false;
	unsigned rate;

	pthread_mutex_lock(&a->view->lock);
	rate = a->view->looks ? a->view->rate : 0;
	pthread_mutex_unlock(&a->view->lock);

	for (int i = 0; i < TOPIC_COUNT; i++) {
		uint64_t now_ms = view_now_ns() / 1000000;
		char path[64];

		if (now_ms < a->due_ms[i] || (topics[i].looked && !rate) || (away && !of_supervisor(i)))
			continue;
		json_t *doc = of_supervisor(i)     ? ask_supervisor(a, i)
			      : i == TOPIC_buckets ? ask_buckets(a)
						   : ask_pages(a, topic_path(i, path), topics[i].paged);

		away |= !doc && !of_supervisor(i); // the others would not be answered either
		if (!doc)
			continue;
		a->due_ms[i] = now_ms + period_ms(i, rate);
		if (take(a->view, i, doc))
			changed |= 1u << i;
	}
	return changed;
}

long view_pause_ms(struct view *v)
{
	pthread_mutex_lock(&v->lock);
	long ms = v->looks ? VIEW_LOOK_MS : VIEW_TICK_MS;

	pthread_mutex_unlock(&v->lock);
	return ms;
}
