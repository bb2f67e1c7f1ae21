/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// On a disk: /tmp may be memory.
static int temporary(void)
{
	const char *asked = getenv("TMPDIR"), *dirs[] = { asked && *asked ? asked : "/var/tmp", "/tmp" };
	int fd = -1;

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs && fd < 0; i++)
		fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd < 0 ? -errno : fd;
}

int spill_add(struct spill *s, const void *records, size_t bytes)
{
	uint64_t begin = s->n_runs ? s->end[s->n_runs - 1] : 0;

	if (s->n_runs == SPILL_RUNS)
		return -EFBIG;
	if (!s->n_runs && (s->fd = temporary()) < 0)
		return s->fd;
	for (size_t at = 0; at < bytes;) {
		ssize_t n = pwrite(s->fd, (const char *)records + at, bytes - at, (off_t)(begin + at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int rc = n ? -errno : -EIO;

			if (!s->n_runs)
				close(s->fd);
			return rc;
		}
		at += (size_t)n;
	}
	s->end[s->n_runs++] = begin + bytes;
	return 0;
}

struct heads {
	const char *base;
	const struct spill *spill;
	int (*order)(const void *, const void *);
	uint64_t at[SPILL_RUNS];
	unsigned heap[SPILL_RUNS], n;
};

static bool before(const struct heads *h, unsigned a, unsigned b)
{
	int c = h->order(h->base + h->at[a], h->base + h->at[b]);

	return c ? c < 0 : a < b;
}

// Lets the run at place i of the heap sink to where it belongs.
static void sink(struct heads *h, unsigned i)
{
	for (;;) {
		unsigned least = i;

		for (unsigned k = 2 * i + 1; k <= 2 * i + 2 && k < h->n; k++)
			least = before(h, h->heap[k], h->heap[least]) ? k : least;
		if (least == i)
			return;
		unsigned swap = h->heap[i];

		h->heap[i] = h->heap[least];
		h->heap[least] = swap;
		i = least;
	}
}

int spill_merge(struct spill *s, size_t record_bytes, int (*order)(const void *, const void *),
		void (*emit)(void *ctx, const void *record), void *ctx)
{
	if (!s->n_runs)
		return 0;
	uint64_t bytes = s->end[s->n_runs - 1];
	struct heads *h = calloc(1, sizeof *h);
	void *map = h ? mmap(NULL, bytes, PROT_READ, MAP_SHARED, s->fd, 0) : MAP_FAILED;

	if (map == MAP_FAILED) {
		int rc = h ? -errno : -ENOMEM;

		free(h);
		return rc;
	}
	*h = (struct heads){ .base = map, .spill = s, .order = order, .n = s->n_runs };
	for (unsigned i = 0; i < h->n; i++) {
		h->heap[i] = i;
		h->at[i] = i ? s->end[i - 1] : 0;
	}
	for (unsigned i = h->n; i-- > 0;)
		sink(h, i);
	while (h->n) {
		unsigned run = h->heap[0];

		emit(ctx, h->base + h->at[run]);
		h->at[run] += record_bytes;
		if (h->at[run] == s->end[run])
			h->heap[0] = h->heap[--h->n];
		sink(h, 0);
	}
	munmap(map, bytes);
	free(h);
	spill_drop(s);
	return 0;
}

void spill_drop(struct spill *s)
{
	if (s->n_runs)
		close(s->fd);
	s->n_runs = 0;
}
