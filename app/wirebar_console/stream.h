/* SPDX-License-Identifier: BSD-3-Clause */
// stream.h: /events: to each page that looks, so many snapshots a second as Server-Sent Events. The first
// has all that is known, later ones what has changed. A page that is behind gets nothing until it has read
// what it was sent, and then all in one: what waits for it is one snapshot at most. One that is behind for
// STREAM_SLOW_S is closed, and counted; the browser comes again by itself and starts anew.
#ifndef WB_CONSOLE_STREAM_H
#define WB_CONSOLE_STREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "app/wirebar_console/view.h"

enum { STREAMS = 8, STREAM_SLOW_S = 3, STREAM_KERNEL_BYTES = 32768 };

// Of one page. Its connection sleeps (asleep) while it has all.
struct stream {
	bool used, asleep, ends;
	int fd;
	void *connection;
	char *text; // what is being sent; NULL: it has all
	size_t bytes, sent;
	uint64_t n, behind_ns;     // snapshots, and since when it reads the present one
	uint64_t has[TOPIC_COUNT]; // of view->n
};

struct streams {
	pthread_mutex_t lock;
	struct stream stream[STREAMS];
	struct view *view;
	unsigned rate; // a second
	bool control, ends;
	void (*wake)(void *connection);
	void (*close)(int fd);
};

// stream_snapshot writes what s has not of the view as one event, and notes that it has it. Assumes that the
// view's lock is held.
void stream_snapshot(FILE *out, const struct streams *all, struct stream *s, uint64_t now_ns);
// stream_tick gives each page its next snapshot. One thread.
void stream_tick(struct streams *all, uint64_t now_ns);
// stream_open takes a page in; NULL: there are STREAMS. stream_read takes up to max bytes of what it is to be
// sent; 0: nothing now (its connection sleeps: the caller has suspended it by sleep); -1: it ends.
// stream_shut gives its place free. The server's thread.
struct stream *stream_open(struct streams *all, int fd, void *connection);
long stream_read(struct streams *all, struct stream *s, char *out, size_t max,
		 void (*sleep)(void *connection));
void stream_shut(struct streams *all, struct stream *s);
// stream_end ends all: nobody sleeps from here on.
void stream_end(struct streams *all);

#endif
