/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/journal/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/journal/snapshot_parts.h"
#include "lcore/base/crc32c.h"

const char *const snapshot_reason_text[SNAPSHOT_REASONS] = {
	[SNAPSHOT_GOOD] = "",
#define SNAPSHOT(NAME, text) [SNAPSHOT_##NAME] = text,
#include "drivers/journal/snapshot.def"
#undef SNAPSHOT
};

void snapshot_path(const char *dir, unsigned which, char out[SNAPSHOT_PATH_BYTES])
{
	snprintf(out, SNAPSHOT_PATH_BYTES, "%.300s/snapshot-%u", dir, which);
}

uint32_t snapshot_head_crc(const struct snapshot_head *h)
{
	return crc32c(h, offsetof(struct snapshot_head, crc));
}

static const struct directory_part *parts_of(const struct snapshot *s)
{
	return (const struct directory_part *)(const void *)(s->map + s->head.directory_at);
}

static const struct directory_block *blocks_of(const struct snapshot *s)
{
	return (const struct directory_block *)(const void *)(parts_of(s) + s->head.n_parts);
}

static enum snapshot_reason check_head(const struct snapshot *s)
{
	const struct snapshot_head *h = &s->head;
	uint64_t n =
		h->n_parts * sizeof(struct directory_part) + h->n_blocks * sizeof(struct directory_block);

	if (h->magic != SNAPSHOT_MAGIC)
		return SNAPSHOT_KIND;
	if (h->crc != snapshot_head_crc(h))
		return SNAPSHOT_HEADER;
	if (h->file_bytes != s->bytes)
		return h->file_bytes > s->bytes ? SNAPSHOT_SHORT : SNAPSHOT_HEADER;
	if (h->directory_at > s->bytes || h->directory_at % 8 || s->bytes - h->directory_at != n)
		return SNAPSHOT_DIRECTORY;
	return crc32c(s->map + h->directory_at, n) == h->directory_crc ? SNAPSHOT_GOOD : SNAPSHOT_DIRECTORY;
}

// Blocks are in the order of their parts and places, so that reading one part is one walk; and one follows
// the other in the file, so that no byte of it is without a check sum.
static bool in_place(const struct snapshot *s, const struct directory_block *b,
		     const struct directory_block *before)
{
	const struct directory_part *part = parts_of(s);

	return b->part < s->head.n_parts && b->bytes && b->bytes <= SNAPSHOT_BLOCK_BYTES &&
	       b->at <= part[b->part].bytes && b->bytes <= part[b->part].bytes - b->at &&
	       b->file_at == (before ? before->file_at + before->bytes : sizeof s->head) &&
	       b->file_at <= s->head.directory_at && b->bytes <= s->head.directory_at - b->file_at &&
	       (!before || b->part > before->part ||
		(b->part == before->part && b->at >= before->at + before->bytes));
}

static enum snapshot_reason check_blocks(const struct snapshot *s)
{
	const struct directory_block *b = blocks_of(s);
	uint64_t end = sizeof s->head;

	for (uint32_t i = 0; i < s->head.n_blocks; end = b[i].file_at + b[i].bytes, i++)
		if (!in_place(s, &b[i], i ? &b[i - 1] : NULL))
			return SNAPSHOT_DIRECTORY;
	for (; end < s->head.directory_at; end++) // up to the next 8
		if (s->map[end] || s->head.directory_at - end >= 8)
			return SNAPSHOT_DIRECTORY;
	for (uint32_t i = 0; i < s->head.n_blocks; i++)
		if (crc32c(s->map + b[i].file_at, b[i].bytes) != b[i].crc)
			return SNAPSHOT_BLOCK;
	return SNAPSHOT_GOOD;
}

static enum snapshot_reason check(const struct snapshot *s, const struct snapshot_of *want)
{
	enum snapshot_reason why = check_head(s);

	if (why || !want)
		return why ? why : check_blocks(s);
	if (s->head.of.build != want->build)
		return SNAPSHOT_BUILD;
	if (s->head.of.conf != want->conf)
		return SNAPSHOT_CONF;
	if (s->head.of.day != want->day)
		return SNAPSHOT_DAY;
	return check_blocks(s);
}

enum snapshot_reason snapshot_open(struct snapshot *s, const char *path, const struct snapshot_of *want)
{
	struct stat st;
	enum snapshot_reason why = SNAPSHOT_READ;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	*s = (struct snapshot){ 0 };
	if (fd < 0)
		return why;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		s->bytes = (uint64_t)st.st_size;
		s->device = st.st_dev;
		s->inode = st.st_ino;
		why = s->bytes < sizeof s->head ? SNAPSHOT_SHORT : SNAPSHOT_GOOD;
	}
	if (!why) {
		void *map = mmap(NULL, s->bytes, PROT_READ, MAP_PRIVATE, fd, 0);

		s->map = map == MAP_FAILED ? NULL : map;
		why = s->map ? SNAPSHOT_GOOD : SNAPSHOT_READ;
	}
	close(fd);
	if (!why) {
		madvise((void *)(uintptr_t)s->map, s->bytes, MADV_WILLNEED);
		memcpy(&s->head, s->map, sizeof s->head);
		snprintf(s->path, sizeof s->path, "%s", path);
		why = check(s, want);
	}
	errno = 0;
	if (why)
		snapshot_close(s);
	return why;
}

void snapshot_close(struct snapshot *s)
{
	if (s->map)
		munmap((void *)(uintptr_t)s->map, s->bytes);
	*s = (struct snapshot){ 0 };
}

static void clear(uint8_t *mem, uint64_t from, uint64_t to)
{
	for (uint64_t n; from < to; from += n) {
		n = to - from < SNAPSHOT_BLOCK_BYTES ? to - from : SNAPSHOT_BLOCK_BYTES;
		if (!snapshot_zero(mem + from, n))
			memset(mem + from, 0, n);
	}
}

bool snapshot_get(const struct snapshot *s, const struct snapshot_part *part)
{
	const struct directory_part *p = parts_of(s);
	const struct directory_block *b = blocks_of(s), *end = b + s->head.n_blocks;
	uint32_t i = 0;
	uint64_t at = 0;

	while (i < s->head.n_parts && strncmp(p[i].name, part->name, sizeof part->name) != 0)
		i++;
	if (i == s->head.n_parts || p[i].bytes != part->bytes)
		return false;
	for (; b < end && b->part <= i; b++) {
		if (b->part != i)
			continue;
		clear(part->mem, at, b->at);
		memcpy((uint8_t *)part->mem + b->at, s->map + b->file_at, b->bytes);
		at = b->at + b->bytes;
	}
	clear(part->mem, at, part->bytes);
	return true;
}

int snapshot_lock(const char *dir)
{
	char path[SNAPSHOT_PATH_BYTES];
	struct stat of;

	snprintf(path, sizeof path, "%.256s/snapshot.lock", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	if (fd >= 0 && !geteuid() && !stat(dir, &of) && fchown(fd, of.st_uid, of.st_gid))
		fprintf(stderr, "wirebar: %s stays root's: %s\n", path, strerror(errno));
	return fd < 0 ? -errno : fd;
}

bool snapshot_set_aside(const struct snapshot *s, bool locked, char bad[SNAPSHOT_PATH_BYTES + 8])
{
	const char *slash = strrchr(s->path, '/');
	char dir[SNAPSHOT_PATH_BYTES] = ".";
	struct stat now;

	if (slash)
		snprintf(dir, sizeof dir, "%.*s", (int)(slash - s->path), s->path);
	snprintf(bad, SNAPSHOT_PATH_BYTES + 8, "%s.bad", s->path);
	int lock = locked ? 0 : snapshot_lock(dir);
	bool moved = lock >= 0 && !lstat(s->path, &now) && now.st_dev == s->device &&
		     now.st_ino == s->inode && !rename(s->path, bad);

	if (!locked && lock >= 0)
		close(lock);
	return moved;
}
