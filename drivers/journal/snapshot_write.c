/* SPDX-License-Identifier: BSD-3-Clause */
// snapshot_write.c: makes the file of a snapshot.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/journal/snapshot_parts.h"
#include "lcore/base/crc32c.h"

struct maker {
	int fd;
	struct snapshot_head *head;
	const struct snapshot_part *part;
	unsigned n;
	uint64_t file_at;
	struct directory_block *block;
	uint32_t room;
};

static int put(struct maker *m, const void *bytes, uint64_t n, uint64_t at)
{
	const uint8_t *p = bytes;

	while (n) {
		ssize_t done = pwrite(m->fd, p, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -ENOSPC;
		p += done;
		at += (uint64_t)done;
		n -= (uint64_t)done;
	}
	return 0;
}

static int add_block(struct maker *m, uint32_t part, uint64_t at, uint32_t bytes)
{
	const uint8_t *p = (const uint8_t *)m->part[part].mem + at;
	struct directory_block *b;

	if (m->head->n_blocks == m->room) {
		uint32_t room = m->room ? 2 * m->room : 1024;

		b = realloc(m->block, room * sizeof *b);
		if (!b)
			return -ENOMEM;
		m->block = b;
		m->room = room;
	}
	b = &m->block[m->head->n_blocks++];
	*b = (struct directory_block){
		.at = at, .file_at = m->file_at, .part = part, .bytes = bytes, .crc = crc32c(p, bytes)
	};
	m->file_at += bytes;
	return put(m, p, bytes, b->file_at);
}

static int add_parts(struct maker *m)
{
	int rc = 0;

	for (uint32_t i = 0; i < m->n; i++)
		for (uint64_t at = 0; at < m->part[i].bytes && !rc; at += SNAPSHOT_BLOCK_BYTES) {
			uint64_t left = m->part[i].bytes - at;
			uint32_t bytes = left < SNAPSHOT_BLOCK_BYTES ? (uint32_t)left : SNAPSHOT_BLOCK_BYTES;

			if (!snapshot_zero((const uint8_t *)m->part[i].mem + at, bytes))
				rc = add_block(m, i, at, bytes);
		}
	return rc;
}

static int add_directory(struct maker *m)
{
	struct snapshot_head *h = m->head;
	uint64_t parts = m->n * sizeof(struct directory_part), blocks = h->n_blocks * sizeof *m->block;
	uint8_t *mem = calloc(1, parts + blocks + 1);
	struct directory_part *p = (struct directory_part *)(void *)mem;
	int rc = mem ? 0 : -ENOMEM;

	for (unsigned i = 0; i < m->n && mem; i++) {
		memcpy(p[i].name, m->part[i].name, sizeof p[i].name);
		p[i].bytes = m->part[i].bytes;
	}
	if (mem && blocks)
		memcpy(mem + parts, m->block, blocks);
	h->n_parts = m->n;
	h->directory_at = (m->file_at + 7) & ~UINT64_C(7);
	h->file_bytes = h->directory_at + parts + blocks;
	h->directory_crc = mem ? crc32c(mem, parts + blocks) : 0;
	rc = rc ? rc : put(m, mem, parts + blocks, h->directory_at);
	free(mem);
	return rc;
}

// Everything first, on the disk; then the header, which makes it a snapshot.
static int make(struct maker *m)
{
	int rc = add_parts(m);

	rc = rc ? rc : add_directory(m);
	if (!rc && fdatasync(m->fd))
		rc = -errno;
	m->head->crc = snapshot_head_crc(m->head);
	rc = rc ? rc : put(m, m->head, sizeof *m->head, 0);
	return rc || !fsync(m->fd) ? rc : -errno;
}

// Who keeps the journal reads it, whoever has made it.
static void give(int fd, const char *dir)
{
	struct stat st;

	if (geteuid() == 0 && !stat(dir, &st) && fchown(fd, st.st_uid, st.st_gid))
		fprintf(stderr, "wirebar: %s: a snapshot stays root's: %s\n", dir, strerror(errno));
}

static int sync_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

int snapshot_write(const char *dir, const char *path, struct snapshot_head *head,
		   const struct snapshot_part *part, unsigned n)
{
	char name[SNAPSHOT_PATH_BYTES];
	struct maker m = { .head = head, .part = part, .n = n, .file_at = sizeof *head };

	snprintf(name, sizeof name, "%.300s/snapshot.part", dir);
	head->magic = SNAPSHOT_MAGIC;
	head->n_blocks = 0;
	m.fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (m.fd < 0)
		return -errno;
	give(m.fd, dir);
	int rc = make(&m);

	free(m.block);
	if (close(m.fd) && !rc)
		rc = -errno;
	if (!rc && rename(name, path))
		rc = -errno;
	if (rc)
		unlink(name);
	return rc ? rc : sync_folder(dir);
}
