/* SPDX-License-Identifier: BSD-3-Clause */
// tail.c: the sink for a file or FIFO of JSON lines. What a reader has no room for waits by the rules of
// outbox.h; a line that the kernel has taken is acknowledged. Keys with values are nothing for it.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/sink/breaker.h"
#include "drivers/sink/outbox.h"

enum { LINES = 256 }; // of one poll

struct tail {
	const struct sink_world *world;
	struct outbox box;
	struct breaker breaker;
	int fd;
	char line[1 + ENTRY_JSON];
	size_t n, at;          // of the line in hand; n 0: none
	bool torn;             // the file ends in the middle of a line: it is ended first
	char last[ENTRY_JSON]; // line of the file, as it was opened; the first that is written is not that
			       // one
	size_t last_n;         // 0: none
};

static void fail(struct tail *t, int rc, uint64_t now_ns)
{
	const char *why = strerror(rc);

	breaker_why(&t->breaker, why, strlen(why));
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	t->n = t->at = 0; // it is written once more, whole, as a line of its own
	outbox_lost(&t->box);
	breaker_failed(&t->breaker, now_ns);
}

// A full disk, and a process that was killed, leave a part of a line; or a line that was not settled. Where
// it may not be read it is left.
static void look_at_end(struct tail *t, const char *path)
{
	struct stat st;

	t->torn = false;
	t->last_n = 0;
	if (fstat(t->fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return;
	int in = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	size_t most = st.st_size < (off_t)sizeof t->line ? (size_t)st.st_size : sizeof t->line;
	ssize_t n = in < 0 ? 0 : pread(in, t->line, most, st.st_size - (off_t)most);

	if (in >= 0)
		close(in);
	if (n <= 0)
		return;
	const char *before = memrchr(t->line, '\n', (size_t)n - 1);

	t->torn = t->line[n - 1] != '\n';
	before = before ? before + 1 : n == st.st_size ? t->line : NULL;
	if (t->torn || !before || t->line + n - before > (ptrdiff_t)sizeof t->last)
		return;
	t->last_n = (size_t)(t->line + n - before);
	memcpy(t->last, before, t->last_n);
}

// A FIFO that nobody reads refuses to be opened (ENXIO): as a server that is down.
static void start(struct tail *t, uint64_t now_ns)
{
	t->fd = open(t->world->conf->tail.path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0644);
	if (t->fd < 0) {
		fail(t, errno, now_ns);
		return;
	}
	look_at_end(t, t->world->conf->tail.path);
	breaker_why(&t->breaker, "", 0);
	breaker_worked(&t->breaker, now_ns);
}

static bool more(struct tail *t)
{
	const struct outbox_sent *s = t->n ? NULL : outbox_next(&t->box);

	if (s) {
		t->line[0] = '\n';
		t->n = t->torn + entry_json(&s->entry, t->line + t->torn);
		t->at = 0;
		t->torn = false;
	}
	if (s && t->last_n == t->n && !memcmp(t->line, t->last, t->n)) {
		t->n = t->last_n = 0;
		outbox_answered(&t->box, OUTBOX_ALREADY);
		return more(t);
	}
	t->last_n = 0;
	return t->n != 0;
}

static unsigned tail_poll(void *sink, uint64_t now_ns)
{
	struct tail *t = sink;
	unsigned work = 0;

	if (t->fd < 0 && outbox_waits(&t->box) && breaker_may(&t->breaker, now_ns))
		start(t, now_ns);
	for (; t->fd >= 0 && work < LINES && more(t);) {
		ssize_t n = write(t->fd, t->line + t->at, t->n - t->at);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			fail(t, n ? errno : ENOSPC, now_ns);
			break;
		}
		t->at += (size_t)n;
		if (t->at < t->n)
			continue;
		t->n = 0;
		outbox_answered(&t->box, OUTBOX_ACKED);
		work++;
	}
	return work;
}

static void tail_offer(void *sink, const struct sink_item *item, unsigned n)
{
	struct tail *t = sink;
	struct sink_entry e;

	for (unsigned i = 0; i < n; i++) {
		entry_make(&e, &item[i], t->world->boot, t->world->conf->orders.instance);
		(item[i].again ? outbox_again : outbox_take)(&t->box, &e);
	}
}

static bool tail_ready(const void *sink, uint64_t now_ns)
{
	return (void)now_ns, outbox_room(&((const struct tail *)sink)->box);
}

static bool tail_idle(const void *sink) { return !((const struct tail *)sink)->box.count[SINK_WAITING]; }

static void tail_look(const void *sink, struct sink_view *out)
{
	breaker_look(&((const struct tail *)sink)->breaker, out);
}

static void tail_close(void *sink)
{
	struct tail *t = sink;

	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	outbox_close(&t->box);
	free(t);
}

static void *tail_open(const struct sink_world *world, uint64_t *count, char *err, size_t err_len)
{
	const struct conf_gateway *g = &world->conf->gateway;
	const struct outbox_conf box = { .instruments = (uint32_t)world->conf->bars.instruments,
					 .newest = (uint32_t)g->queue,
					 .all = (uint32_t)g->keep,
					 .dir = world->dir,
					 .name = "tail",
					 .boot = world->boot,
					 .memory = world->memory ? &world->memory[SINK_TAIL] : NULL };
	struct tail *t = calloc(1, sizeof *t);

	snprintf(err, err_len, "no memory for the sink of JSON lines");
	if (!t)
		return NULL;
	t->world = world;
	t->fd = -1;
	breaker_init(&t->breaker, world->boot, world->started_ns);
	if (!outbox_open(&t->box, &box, count, err, err_len))
		return t;
	tail_close(t);
	return NULL;
}

static void tail_alone(const void *sink, uint64_t first[SINK_STREAMS])
{
	outbox_alone(&((const struct tail *)sink)->box, first);
}

static bool tail_wanted(const struct conf *conf) { return conf->tail.path[0] != '\0'; }

const struct sink_ops sink_tail = { "tail",    tail_wanted, tail_open, tail_ready, tail_offer,
				    tail_poll, tail_idle,   tail_look, tail_close, tail_alone };
