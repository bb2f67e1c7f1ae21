/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/export_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lcore/stage/mem.h"

enum { BUFFER_BYTES = 1 << 20, NAMES = 20 };

// Before each element.
struct head {
	uint32_t link, bytes;
};

// On a disk: /tmp may be memory. The name is shown before the file is there, so that whoever ends last
// removes it.
static int make(struct export_log_shared *s)
{
	const char *asked = getenv("TMPDIR"), *dirs[] = { asked && *asked ? asked : "/var/tmp", "/tmp" };
	int fd = -1;

	for (int i = 0; i < 2 * NAMES && fd < 0; i++) {
		if (snprintf(s->path, sizeof s->path, "%s/wirebar-export-%d-%d", dirs[i / NAMES],
			     (int)getpid(), i % NAMES) >= (int)sizeof s->path)
			continue;
		fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd < 0)
		s->path[0] = '\0';
	return fd < 0 ? -errno : fd;
}

// Killed between the name and the file, it left a name.
static int reopen(const struct export_log_shared *s, uint64_t bytes)
{
	struct stat st;
	int fd = open(s->path, O_RDWR | (bytes ? 0 : O_CREAT) | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if ((uint64_t)st.st_size >= bytes)
		return fd;
	close(fd);
	return -EIO;
}

int export_log_open(struct export_log *log, struct export_log_shared *s, const struct lcore *l, char *err,
		    size_t err_len)
{
	bool first = !s->path[0];

	*log = (struct export_log){ .shared = s, .now = s->commit[s->which & 1], .fd = -1 };
	log->buffer = malloc(BUFFER_BYTES);
	if (log->buffer)
		mem_touch(log->buffer, BUFFER_BYTES);
	if (s->broken)
		return snprintf(err, err_len,
				"the log of what was taken could not be written: nothing is taken over"),
		       -EIO;
	log->fd = !log->buffer ? -ENOMEM : first ? make(s) : reopen(s, log->now.bytes);
	int rc = log->fd < 0 ? log->fd : ftruncate(log->fd, (off_t)log->now.bytes) ? -errno : 0;

	if (rc)
		return snprintf(err, err_len, "the log of what was taken, %s: %s", s->path, strerror(-rc)),
		       rc;
	for (int i = 0; i < l->n_in; i++) {
		link_mend_consumer(l->in[i]);
		if (!first)
			link_free_to(l->in[i], log->now.at[i]);
		log->now.at[i] = link_first(l->in[i]);
	}
	s->commit[s->which & 1] = log->now;
	return 0;
}

int export_log_again(struct export_log *log,
		     void (*take)(void *ctx, unsigned link, const struct link_elem *elem), void *ctx)
{
	struct link_elem elem;
	struct head head;

	if (!log->now.bytes)
		return 0;
	const char *map = mmap(NULL, log->now.bytes, PROT_READ, MAP_SHARED, log->fd, 0), *at = map;

	if (map == MAP_FAILED)
		return -errno;
	while (at < map + log->now.bytes) {
		memcpy(&head, at, sizeof head);
		memset(&elem, 0, sizeof elem);
		memcpy(&elem, at + sizeof head, head.bytes);
		at += sizeof head + head.bytes;
		take(ctx, head.link, &elem);
	}
	munmap((void *)(uintptr_t)map, log->now.bytes);
	return 0;
}

static void drain(struct export_log *log)
{
	for (size_t at = 0; at < log->used && !log->shared->broken;) {
		ssize_t n = pwrite(log->fd, log->buffer + at, log->used - at, (off_t)log->now.bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log->shared->broken = true;
			fprintf(stderr,
				"wirebar: %s: %s: from now on the part that writes files cannot be killed without loss\n",
				log->shared->path, strerror(n ? errno : EIO));
			break;
		}
		at += (size_t)n;
		log->now.bytes += (uint64_t)n;
	}
	log->used = 0;
}

void export_log_add(struct export_log *log, unsigned link, const struct link_elem *elem, size_t bytes)
{
	const struct head head = { link, (uint32_t)bytes };

	if (log->used + sizeof head + bytes > BUFFER_BYTES)
		drain(log);
	memcpy(log->buffer + log->used, &head, sizeof head);
	memcpy(log->buffer + log->used + sizeof head, elem, bytes);
	log->used += sizeof head + bytes;
}

// The switch of which is the commit: what was written behind it is cut off, what was taken is freed once
// more.
void export_log_commit(struct export_log *log, struct lcore *l)
{
	struct export_log_shared *s = log->shared;
	uint32_t next = !(s->which & 1);

	drain(log);
	s->commit[next] = log->now;
	__atomic_store_n(&s->which, next, __ATOMIC_RELEASE);
	for (int i = 0; i < l->n_in; i++)
		link_free_to(l->in[i], log->now.at[i]);
}

int export_log_give(const struct export_log_shared *s, uid_t uid, gid_t gid)
{
	return s->path[0] && lchown(s->path, uid, gid) ? -errno : 0;
}

void export_log_forget(const struct export_log_shared *s)
{
	if (s->path[0])
		unlink(s->path);
}

void export_log_close(struct export_log *log)
{
	if (!log->shared)
		return;
	if (log->fd >= 0)
		close(log->fd);
	export_log_forget(log->shared);
	free(log->buffer);
	*log = (struct export_log){ 0 };
}
