/* SPDX-License-Identifier: BSD-3-Clause */
// view.h: what the console knows of the appliance: the last answer to each topic, and when it came. One
// thread asks (view_step); a reader holds the lock.
#ifndef WB_CONSOLE_VIEW_H
#define WB_CONSOLE_VIEW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "app/wirebar_console/reach.h"

enum topic {
#define TOPIC(name, words, period_ms, paged, looked) TOPIC_##name,
#include "app/wirebar_console/topic.def"
	TOPIC_buckets, // lcore: histograms by fixed edges
	TOPIC_COUNT
};

extern const char *const view_topic_name[TOPIC_COUNT];

enum { VIEW_TIMEOUT_MS = 1000, VIEW_TICK_MS = 20, VIEW_LOOK_MS = 5, VIEW_DEAD_S = 3 };

struct view {
	pthread_mutex_t lock;
	json_t *doc[TOPIC_COUNT];    // NULL: not known
	char *text[TOPIC_COUNT];     // the same as JSON
	uint64_t n[TOPIC_COUNT];     // how often it changed
	uint64_t at_ns[TOPIC_COUNT]; // when it came
	uint64_t asked, failed;
	unsigned looks, rate; // pages that look, and how many snapshots a second they want
	struct view_counts {
		uint64_t streams, dropped, evicted, refused, commands;
	} count;              // of the server
	uint64_t answered_ns; // when the appliance last answered, by the monotonic clock; 0: never
	bool up;              // it answered the last question
	char why[300];        // why not
};

// Of the asking thread alone.
struct view_asker {
	struct view *view;
	struct instance of;
	struct sock sock, control;
	uint64_t due_ms[TOPIC_COUNT];
	uint64_t retry_ms, control_retry_ms;
};

uint64_t view_now_ns(void); // monotonic
// view_alive returns whether the appliance has answered within VIEW_DEAD_S. The lock is held.
bool view_alive(const struct view *v, uint64_t now_ns);
void view_init(struct view *v);
void view_free(struct view *v);
// view_step asks what is due and returns a bit for each topic whose document has changed. The asking thread;
// waits for answers, VIEW_TIMEOUT_MS at most for each. What the supervisor says is asked whether or not the
// appliance answers, and of a process that is none seldom.
uint32_t view_step(struct view_asker *a);
// view_pause_ms is how long to wait for the next step.
long view_pause_ms(struct view *v);
// view_ask asks one question; the answer is the caller's, NULL: none (view->why). The asking thread.
json_t *view_ask(struct view_asker *a, const char *request);

#endif
