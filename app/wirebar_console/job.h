/* SPDX-License-Identifier: BSD-3-Clause */
// job.h: questions and commands that wait for the appliance, off the server's thread: it goes on serving
// others. One thread takes them in turn; commands come before questions.
#ifndef WB_CONSOLE_JOB_H
#define WB_CONSOLE_JOB_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "app/wirebar_console/reach.h"
#include "app/wirebarctl/request.h"

enum { JOB_WAITING = 16, JOB_WORDS = 8, JOB_TIMEOUT_MS = 3000 };

struct job {
	struct job *next;
	bool control;          // line goes over the control socket
	bool pages;            // the answer has several
	const char *path;      // of the telemetry socket
	char *word[JOB_WORDS]; // its arguments
	int n_words;
	char line[REQUEST_BYTES]; // for the control socket
	// the answer
	bool done;
	unsigned status;
	char *text; // JSON; the taker's
	size_t bytes;
	void *to; // whom to wake
};

struct jobs {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	struct job *first;
	unsigned n;
	bool runs, ends;
	struct instance of;
	struct sock telemetry;
	void (*wake)(struct job *j); // called when j is done, by the thread
};

// job_start starts the thread. Returns 0 or -errno. Assumes that of and wake are set.
int job_start(struct jobs *q);
// job_stop answers what waits with 503 and ends the thread.
void job_stop(struct jobs *q);
// job_put hands a job over; false: too many wait. Any thread.
bool job_put(struct jobs *q, struct job *j);

#endif
