/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_up/log.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lcore/base/text.h"
#include "lcore/base/thread.h"

enum { LINE_BYTES = 1400, CHUNK_BYTES = 16384 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	char *room;
	size_t bytes, at, n; // a ring
	uint64_t dropped, unsaid;
	bool colour, gone; // gone: the reader is
	bool writing;
	pthread_t thread;
} out = { .lock = PTHREAD_MUTEX_INITIALIZER,
	  .more = PTHREAD_COND_INITIALIZER,
	  .less = PTHREAD_COND_INITIALIZER };

static void put(const char *text, size_t n)
{
	size_t to = (out.at + out.n) % out.bytes, first = out.bytes - to < n ? out.bytes - to : n;

	memcpy(out.room + to, text, first);
	memcpy(out.room, text + first, n - first);
	out.n += n;
}

static bool write_all(const char *text, size_t n)
{
	while (n) {
		ssize_t wrote = write(STDOUT_FILENO, text, n);

		if (wrote < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		if (wrote < 0 && errno == EAGAIN)
			usleep(10000); // somebody made it so that it does not wait
		text += wrote > 0 ? wrote : 0;
		n -= wrote > 0 ? (size_t)wrote : 0;
	}
	return true;
}

static void *run(void *arg)
{
	static char chunk[CHUNK_BYTES];

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&out.lock);
		out.writing = false;
		pthread_cond_signal(&out.less);
		while (!out.n)
			pthread_cond_wait(&out.more, &out.lock);
		size_t n = out.bytes - out.at < out.n ? out.bytes - out.at : out.n;

		n = n < sizeof chunk ? n : sizeof chunk;
		memcpy(chunk, out.room + out.at, n);
		out.at = (out.at + n) % out.bytes;
		out.n -= n;
		out.writing = true;
		bool gone = out.gone;

		pthread_mutex_unlock(&out.lock);
		if (!gone && !write_all(chunk, n)) {
			pthread_mutex_lock(&out.lock);
			out.gone = true;
			pthread_mutex_unlock(&out.lock);
		}
	}
	return NULL;
}

int log_open(size_t room)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	out.bytes = room > LINE_BYTES * 2 ? room : LINE_BYTES * 2;
	out.room = malloc(out.bytes);
	out.colour = isatty(STDOUT_FILENO) && !(no && *no) && !(term && !strcmp(term, "dumb"));
	if (!out.room)
		return -ENOMEM;
	return thread_start(&out.thread, "wb-log", run, NULL);
}

// Time of day, UTC, in milliseconds.
static void clock_text(char text[24])
{
	struct timespec ts;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	snprintf(text, 24, "%02d:%02d:%02d.%03d", tm.tm_hour % 24, tm.tm_min % 60, tm.tm_sec % 61,
		 (int)(ts.tv_nsec / 1000000) % 1000);
}

static size_t format_line(char line[LINE_BYTES], enum log_kind kind, unsigned colour, const char *who,
			  const char *text)
{
	static const char *const hue[] = { "\033[36m", "\033[33m", "\033[35m", "\033[32m", "\033[34m" };
	const char *of_who = !out.colour ? "" : hue[colour % (sizeof hue / sizeof *hue)],
		   *of_text = !out.colour || kind == LOG_PART ? ""
			      : kind == LOG_ALERT             ? "\033[1;31m"
							      : "\033[1m",
		   *end = out.colour ? "\033[0m" : "";
	char now[24], shown[1100];

	clock_text(now);
	text_visible(text, shown, sizeof shown);
	int n = snprintf(line, LINE_BYTES, "%s %s%-12s%s %s%s%s\n", now, of_who, who, end, of_text, shown,
			 *of_text ? end : "");

	return n < LINE_BYTES ? (size_t)n : LINE_BYTES - 1;
}

void log_line(enum log_kind kind, unsigned colour, const char *who, const char *text)
{
	char line[LINE_BYTES], missing[LINE_BYTES], words[100];
	size_t n = format_line(line, kind, colour, who, text), before = 0;

	pthread_mutex_lock(&out.lock);
	if (out.unsaid) {
		snprintf(words, sizeof words, "%llu lines dropped here: the reader of this log is slow",
			 (unsigned long long)out.unsaid);
		before = format_line(missing, LOG_ALERT, colour, "up", words);
	}
	if (out.gone || out.n + n + before > out.bytes) {
		out.dropped++;
		out.unsaid++;
	} else {
		put(missing, before);
		put(line, n);
		out.unsaid = 0;
		pthread_cond_signal(&out.more);
	}
	pthread_mutex_unlock(&out.lock);
}

void log_say(enum log_kind kind, unsigned colour, const char *who, const char *format, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	log_line(kind, colour, who, text);
}

uint64_t log_dropped(void) { return __atomic_load_n(&out.dropped, __ATOMIC_RELAXED); }

void log_close(unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until); // the host's may be set meanwhile
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000)
		until.tv_sec++, until.tv_nsec -= 1000000000;
	pthread_mutex_lock(&out.lock);
	while (out.n || out.writing)
		if (pthread_cond_clockwait(&out.less, &out.lock, CLOCK_MONOTONIC, &until))
			break;
	uint64_t left = out.dropped;
	bool whole = !out.n && !out.writing && !out.gone;

	pthread_mutex_unlock(&out.lock);
	if (left || !whole)
		fprintf(stderr, "wirebar up: the log is not whole: %llu lines were dropped%s\n",
			(unsigned long long)left, whole ? "" : ", and its last ones not written");
}
