/* SPDX-License-Identifier: BSD-3-Clause */
// journal_file.c: the files of the journal.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/journal/journal_parts.h"
#include "lcore/base/clock.h"

enum { NAMES_TRIED = 1000, LOOKS = 20 };
#define SYNC_NS  (30 * NS_PER_S)
#define RETRY_NS NS_PER_S

int journal_failed(struct journal *j, const char *what, int rc)
{
	pthread_mutex_lock(&j->texts);
	snprintf(j->why, sizeof j->why, "%.60s: %s", strerror(-rc), what);
	pthread_mutex_unlock(&j->texts);
	__atomic_store_n(&j->retry_ns, clock_monotonic_ns() + RETRY_NS, __ATOMIC_RELAXED);
	return rc;
}

static int make_folder(const char *dir, size_t *made)
{
	char path[256];
	int rc = 0;

	*made = 0;
	for (size_t n = 1; n <= strlen(dir); n++) {
		if (dir[n] && dir[n] != '/')
			continue;
		snprintf(path, sizeof path, "%.*s", (int)n, dir);
		rc = mkdir(path, 0750) ? errno : 0;
		*made = !rc && !*made ? n : *made;
	}
	return rc == EEXIST ? 0 : -rc;
}

int journal_give(const struct journal *j, uid_t uid, gid_t gid)
{
	char path[256];

	for (size_t n = j->made; n && n <= strlen(j->conf.dir); n++) {
		snprintf(path, sizeof path, "%.*s", (int)n, j->conf.dir);
		if ((!j->conf.dir[n] || j->conf.dir[n] == '/') && lchown(path, uid, gid))
			return -errno;
	}
	return 0;
}

// Who looks whether it is kept holds it for a moment.
static int lock(int fd)
{
	for (int i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (errno != EWOULDBLOCK || i == LOOKS)
			return -errno;
		usleep(1000);
	}
	return 0;
}

// The lock is on the folder itself: one that was removed and made again is another folder.
int journal_file_folder(struct journal *j)
{
	struct journal_list list = { 0 };
	int rc = make_folder(j->conf.dir, &j->made),
	    fd = rc ? -1 : open(j->conf.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (!rc && fd < 0)
		rc = -errno;
	if (!rc && (rc = lock(fd)))
		close(fd);
	if (rc)
		return rc;
	if (j->lock >= 0)
		close(j->lock);
	j->lock = fd;
	journal_list_add(&list, j->conf.dir);
	for (unsigned i = 0; i < list.n; i++)
		if (list.file[i].name.number > j->number)
			j->number = list.file[i].name.number;
	journal_list_free(&list);
	return 0;
}

// The oldest files go, so that one more has room. What cannot be removed is not counted as removed.
static void make_room(struct journal *j)
{
	struct journal_list list = { 0 };
	uint64_t sum = 0;

	journal_list_add(&list, j->conf.dir);
	journal_list_sort(&list, false);
	for (unsigned i = 0; i < list.n; i++)
		sum += list.file[i].bytes;
	for (unsigned i = 0; i < list.n && sum + j->conf.size_bytes > j->conf.keep_bytes; i++) {
		bool in_use = false;

		for (unsigned k = 0; k < j->conf.n_taps; k++)
			in_use |= j->writer[k].fd >= 0 && !strcmp(j->writer[k].path, list.file[i].path);
		if (in_use || unlink(list.file[i].path))
			continue;
		sum -= list.file[i].bytes;
		LEDGER_INC(&j->ledger, journal_files_removed);
	}
	journal_list_free(&list);
}

static int create(struct journal *j, struct writer *w, char path[JOURNAL_PATH_BYTES])
{
	for (int i = 0; i < NAMES_TRIED; i++) {
		struct journal_name name = { .number = ++j->number, .day = w->day };
		char text[JOURNAL_NAME_BYTES];

		snprintf(name.tap, sizeof name.tap, "%s", w->name);
		journal_name_text(&name, text);
		snprintf(path, JOURNAL_PATH_BYTES, "%s/%s", j->conf.dir, text);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);

		if (fd >= 0 || errno != EEXIST)
			return fd < 0 ? -errno : fd;
	}
	return -EEXIST;
}

int journal_file_open(struct journal *j, struct writer *w)
{
	char path[JOURNAL_PATH_BYTES];

	make_room(j);
	int fd = create(j, w, path);

	if (fd == -ENOENT) {
		int rc = journal_file_folder(j);

		fd = rc ? rc : create(j, w, path);
	}
	if (fd < 0)
		return journal_failed(j, j->conf.dir, fd);
	ssize_t n = write(fd, j->header, j->header_bytes);

	if (n != (ssize_t)j->header_bytes) {
		int rc = n < 0 ? -errno : -ENOSPC;

		unlink(path);
		close(fd);
		return journal_failed(j, path, rc);
	}
	w->fd = fd;
	w->file_bytes = j->header_bytes;
	w->file_frames = w->done = 0;
	j->files++;
	pthread_mutex_lock(&j->texts);
	snprintf(w->path, sizeof w->path, "%s", path);
	snprintf(j->newest, sizeof j->newest, "%s", path);
	pthread_mutex_unlock(&j->texts);
	return 0;
}

int journal_file_piece(struct journal *j, struct writer *w)
{
	while (w->done < w->bytes) {
		ssize_t n = write(w->fd, tap_at(&w->tap, w->from + w->done), w->bytes - w->done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return journal_failed(j, w->path, n < 0 ? -errno : -ENOSPC);
		w->done += (uint64_t)n;
	}
	w->file_bytes += w->bytes;
	w->file_frames += w->piece_frames;
	__atomic_store_n(&j->written_bytes, j->written_bytes + w->bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&w->tap.tail, w->from + w->bytes, __ATOMIC_RELEASE);
	w->bytes = w->done = 0;
	return 0;
}

// What every interface has received and lost since the run began. It is no loss when this cannot be written:
// the blocks among the frames have said it.
void journal_file_end(struct journal *j, struct writer *w)
{
	const struct tap *tap = &w->tap;
	uint8_t *block = w->fd < 0 || w->done ? NULL
					      : malloc((size_t)tap->n_interfaces * PCAPNG_STATISTICS_BYTES);
	size_t at = 0;

	for (unsigned i = 0; block && i < tap->n_interfaces; i++) {
		uint64_t dropped = __atomic_load_n(&tap->interface[i].dropped, __ATOMIC_RELAXED),
			 received = __atomic_load_n(&tap->interface[i].received, __ATOMIC_RELAXED);

		if (received)
			at += pcapng_statistics(block + at, i, tap->last_ns, received, dropped);
	}
	// Frames of a piece that is not whole are counted as not written, all of them: so are they in the
	// file.
	if (w->fd >= 0 && w->done && ftruncate(w->fd, (off_t)w->file_bytes))
		journal_failed(j, w->path, -errno);
	if (block && at && write(w->fd, block, at) != (ssize_t)at)
		journal_failed(j, w->path, -ENOSPC);
	free(block);
	if (w->fd >= 0) {
		fdatasync(w->fd);
		close(w->fd);
	}
	w->fd = -1;
}

void journal_file_look(struct journal *j, struct writer *w, uint64_t now_ns)
{
	struct stat open_one, named;

	if (w->fd < 0)
		return;
	if (fstat(w->fd, &open_one) == 0 && lstat(w->path, &named) == 0 && named.st_ino == open_one.st_ino &&
	    named.st_dev == open_one.st_dev) {
		if (now_ns - w->synced_ns < SYNC_NS)
			return;
		w->synced_ns = now_ns;
		if (fdatasync(w->fd))
			journal_failed(j, w->path, -errno);
		return;
	}
	// Somebody has removed it. What is in it is gone; the piece in hand begins the next one.
	LEDGER_ADD(&j->ledger, journal_gone, w->file_frames);
	journal_failed(j, w->path, -ENOENT);
	close(w->fd);
	w->fd = -1;
	w->done = 0;
}
