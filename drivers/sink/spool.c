/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPOOL_MAGIC UINT64_C(0x314c4f4f50534257) // "WBSPOOL1"

struct head {
	uint64_t magic;
	uint32_t entry_bytes, stream_names; // of the program that wrote it
};

struct record {
	uint32_t settled;
	uint32_t order; // in which they were added; 0: as they lie (of versions that used no place again)
	struct sink_entry entry;
};

static uint32_t names(void)
{
	uint32_t sum = 0;

	for (int i = 0; i < SINK_STREAMS; i++)
		for (const char *p = sink_stream_name[i]; *p; p++)
			sum = sum * 31 + (unsigned char)*p;
	return sum;
}

static off_t at(uint32_t place)
{
	return (off_t)sizeof(struct head) + (off_t)(place - 1) * (off_t)sizeof(struct record);
}

static void broke(struct spool *s, int error)
{
	if (!s->broken)
		fprintf(stderr, "wirebar: %s: %s: what waits from now on is lost if the process ends\n",
			s->path, strerror(error));
	s->broken = true;
}

static bool write_at(struct spool *s, const void *data, size_t n, off_t where)
{
	ssize_t done = pwrite(s->fd, data, n, where);

	if (done != (ssize_t)n)
		broke(s, done < 0 ? errno : ENOSPC);
	return done == (ssize_t)n;
}

// The head is written over itself: that needs no room on the disk. First, as the file is never longer without
// one: a kill in between leaves settled records behind it.
static int begin(struct spool *s)
{
	struct head head = { SPOOL_MAGIC, sizeof(struct sink_entry), names() };

	errno = 0;
	if (pwrite(s->fd, &head, sizeof head, 0) != (ssize_t)sizeof head || ftruncate(s->fd, sizeof head))
		return errno ? -errno : -ENOSPC;
	s->records = s->n_free = s->order = 0;
	return 0;
}

// Where there is no memory the place is not used again.
static void free_place(struct spool *s, uint32_t place)
{
	if (s->n_free == s->room) {
		uint32_t room = s->room ? s->room * 2 : 64;
		uint32_t *grown = realloc(s->free, room * sizeof *grown);

		if (!grown)
			return;
		s->free = grown;
		s->room = room;
	}
	s->free[s->n_free++] = place;
}

// Names and values, as entry_make writes them. What is none was torn: by a disk that was full, or a machine
// that died.
static bool is_entry(const struct sink_entry *e)
{
	const char *field[2 * ENTRY_FIELDS];

	if (e->stream >= SINK_STREAMS || !sink_keeps((enum sink_stream)e->stream) || !e->bytes ||
	    e->bytes > ENTRY_TEXT || e->text[e->bytes - 1])
		return false;
	unsigned n = entry_fields(e, field);

	for (unsigned i = 0; i < n; i += 2)
		if (!field[i][0])
			return false;
	return n && n % 2 == 0;
}

static void mark_settled(struct spool *s, uint32_t place)
{
	uint32_t settled = 1;

	write_at(s, &settled, sizeof settled, at(place));
}

// They are counted once, by who could take all others.
static void settle_torn(struct spool *s)
{
	struct record r;

	for (uint32_t place = 1; place <= s->records; place++)
		if (pread(s->fd, &r, sizeof r, at(place)) == (ssize_t)sizeof r && !r.settled &&
		    !is_entry(&r.entry)) {
			mark_settled(s, place);
			free_place(s, place);
		}
}

static int by_order(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	return x->order != y->order ? x->order < y->order ? -1 : 1 : x->entry.place < y->entry.place ? -1 : 1;
}

// Reads all records and counts them. Returns those that are open, in their order, *n of them, or NULL: no
// memory.
static struct record *open_records(struct spool *s, uint32_t *n)
{
	uint32_t room = 64;
	struct record r, *all = malloc(room * sizeof *all);

	for (*n = 0; all && pread(s->fd, &r, sizeof r, at(s->records + 1)) == (ssize_t)sizeof r;) {
		r.entry.place = ++s->records;
		s->order = r.order > s->order ? r.order : s->order;
		if (r.settled) {
			free_place(s, r.entry.place);
			continue;
		}
		if (!is_entry(&r.entry)) {
			s->torn++;
			continue;
		}
		if (*n == room) {
			struct record *grown = realloc(all, 2 * (size_t)room * sizeof *all);

			if (!grown)
				free(all);
			all = grown;
			room *= 2;
		}
		if (all)
			all[(*n)++] = r;
	}
	if (all)
		qsort(all, *n, sizeof *all, by_order);
	return all;
}

// A record that was being written when the process was killed is short, and was never sent.
static int recall(struct spool *s, char *err, size_t err_len,
		  bool (*again)(void *ctx, const struct sink_entry *e), void *ctx)
{
	struct head head;
	ssize_t n = pread(s->fd, &head, sizeof head, 0);

	if (n < (ssize_t)sizeof head)
		return begin(s);
	if (head.magic != SPOOL_MAGIC || head.entry_bytes != sizeof(struct sink_entry) ||
	    head.stream_names != names())
		return snprintf(
			       err, err_len,
			       "%s: was written by another version, allowed: hand it on with that one, or remove it",
			       s->path),
		       -EPROTO;
	struct record *all = open_records(s, &s->open);
	bool fits = all != NULL;

	for (uint32_t i = 0; i < s->open && fits; i++)
		fits = again(ctx, &all[i].entry);
	free(all);
	if (!fits)
		return snprintf(err, err_len, "%s: holds more than there is room for (keep)", s->path),
		       -ENOSPC;
	if (s->torn)
		fprintf(stderr, "wirebar: %s: %u records are torn, and lost\n", s->path, s->torn);
	if (!s->open)
		return begin(s);
	if (s->torn)
		settle_torn(s);
	return 0;
}

static bool is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode);
}

static void close_files(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	if (s->dead_fd >= 0)
		close(s->dead_fd);
	s->fd = s->dead_fd = -1;
	free(s->free);
	s->free = NULL;
	s->n_free = s->room = 0;
}

static int open_files(struct spool *s, const char *dir, const char *name, char *err, size_t err_len)
{
	char dead[sizeof s->path];

	snprintf(s->path, sizeof s->path, "%.255s/%.16s-spool", dir, name);
	snprintf(dead, sizeof dead, "%.255s/%.16s-dead.json", dir, name);
	s->fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	s->dead_fd = open(dead, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (s->fd < 0 || s->dead_fd < 0 || flock(s->fd, LOCK_EX | LOCK_NB)) {
		int rc = errno;

		snprintf(err, err_len, "%s: %s", s->fd < 0 || s->dead_fd >= 0 ? s->path : dead,
			 rc == EWOULDBLOCK ? "a living process hands on from there" : strerror(rc));
		return -rc;
	}
	snprintf(err, err_len, "%s: cannot be written", s->path);
	return is_file(s->fd) && is_file(s->dead_fd) ? 0 : -EINVAL;
}

// What waited in a process that was killed, and is not on disk, is gone.
static void count_recalled(const struct spool *s)
{
	uint64_t *count = s->count, before = count[SINK_WAITING];

	if (s->open > before)
		count[SINK_HANDED] += s->open - before;
	else
		count[SINK_LEFT] += before - s->open;
	count[SINK_WAITING] = s->open;
	count[SINK_HANDED] += s->torn;
	count[SINK_LEFT] += s->torn;
}

int spool_open(struct spool *s, const char *dir, const char *name, uint64_t *count, char *err, size_t err_len,
	       bool (*again)(void *ctx, const struct sink_entry *e), void *ctx)
{
	*s = (struct spool){ .fd = -1, .dead_fd = -1 };
	int rc = dir[0] ? open_files(s, dir, name, err, err_len) : 0;

	if (!rc && dir[0])
		rc = recall(s, err, err_len, again, ctx);
	if (rc) {
		close_files(s);
		return rc;
	}
	s->count = count;
	count_recalled(s);
	return 0;
}

// Over a settled record it stays settled until it is whole: a kill leaves none that is of two.
static bool write_record(struct spool *s, struct record *r)
{
	off_t where = at(r->entry.place);
	uint32_t settled = 0;

	r->settled = r->entry.place <= s->records;
	return write_at(s, r, sizeof *r, where) &&
	       (!r->settled || write_at(s, &settled, sizeof settled, where));
}

void spool_add(struct spool *s, struct sink_entry *e)
{
	struct record r = { .order = s->order + 1 };

	e->place = 0;
	if (s->fd < 0)
		return;
	e->place = s->n_free ? s->free[s->n_free - 1] : s->records + 1;
	r.entry = *e;
	if (!write_record(s, &r)) {
		e->place = 0; // the next one is written there
		return;
	}
	if (r.settled)
		s->n_free--;
	else
		s->records++;
	s->order++;
	s->open++;
}

void spool_id(struct spool *s, const struct sink_entry *e)
{
	if (s->fd >= 0 && e->place)
		write_at(s, &e->id, sizeof e->id, at(e->place) + (off_t)offsetof(struct record, entry.id));
}

void spool_settle(struct spool *s, const struct sink_entry *e)
{
	if (s->fd < 0 || !e->place)
		return;
	mark_settled(s, e->place);
	free_place(s, e->place);
	int rc = --s->open ? 0 : begin(s);

	if (rc)
		broke(s, -rc);
}

void spool_dead(struct spool *s, const struct sink_entry *e)
{
	char line[ENTRY_JSON];
	size_t n = entry_json(e, line);

	if (s->dead_fd >= 0 && write(s->dead_fd, line, n) != (ssize_t)n)
		fprintf(stderr, "wirebar: a dead letter could not be kept: %s", line);
	spool_settle(s, e);
}

void spool_close(struct spool *s)
{
	uint64_t *count = s->count, kept = s->fd >= 0 && !s->broken ? s->open : 0;

	if (!count)
		return;
	kept = kept < count[SINK_WAITING] ? kept : count[SINK_WAITING];
	count[SINK_KEPT] += kept;
	count[SINK_LEFT] += count[SINK_WAITING] - kept;
	count[SINK_WAITING] = 0;
	s->count = NULL;
	close_files(s);
}
