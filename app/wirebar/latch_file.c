/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/latch_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lcore/base/clock.h"

#define FILE_MODE  "trading_mode"
#define FILE_LATCH "trading_latch"
#define FILE_AUDIT "trading_audit"
#define MODE_MAGIC UINT64_C(0x31454d5242575257)

void latch_file_dir(char *out, size_t out_bytes, const char *given, const char *socket_path)
{
	const char *env = getenv("STATE_DIRECTORY"), *slash = strrchr(socket_path, '/');

	if (given[0])
		snprintf(out, out_bytes, "%s", given);
	else if (env && *env) // systemd: several are separated by colons
		snprintf(out, out_bytes, "%.*s", (int)strcspn(env, ":"), env);
	else
		snprintf(out, out_bytes, "%.*s", slash ? (int)(slash - socket_path) : 0, socket_path);
}

void latch_file_none(struct latch_file *f)
{
	*f = (struct latch_file){ .own = { .magic = MODE_MAGIC }, .dir_fd = -1 };
}

uint32_t *latch_file_at(struct latch_file *f) { return f->file ? &f->file->mode : &f->own.mode; }

static void put_mode(struct latch_file *f, enum latch_mode mode)
{
	__atomic_store_n(latch_file_at(f), (uint32_t)mode, __ATOMIC_RELEASE);
	if (f->also)
		__atomic_store_n(f->also, (uint32_t)mode, __ATOMIC_RELEASE);
}

// What an operator reads when the mode is KILLED because something cannot be read.
static void say_killed(struct latch_file *f, const char *what, const char *why)
{
	fprintf(stderr,
		"wirebar: %s/%s: %s: trading is KILLED; look why, then: wirebarctl resume --reason \"...\"\n",
		f->dir, what, why);
	f->latch =
		(struct latch){ .mode = LATCH_KILL, .cause = LATCH_UNREADABLE, .since_ns = clock_utc_ns() };
	snprintf(f->latch.reason, sizeof f->latch.reason, "%s: %s", what, why);
}

// A file that was never there is a first start; everything else that is not a latch is not understood.
static enum latch_mode read_latch(struct latch_file *f)
{
	char text[LATCH_TEXT_BYTES + 1];
	int fd = openat(f->dir_fd, FILE_LATCH, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return LATCH_RUN;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

	if (n < 0)
		say_killed(f, FILE_LATCH, strerror(errno));
	else if (!latch_parse(text, (size_t)n, &f->latch))
		say_killed(f, FILE_LATCH, "not as it was written");
	if (fd >= 0)
		close(fd);
	return f->latch.mode;
}

// Maps the file, made anew if wanted. Returns why not, or NULL.
static const char *map_file(struct latch_file *f, int how)
{
	struct stat st;
	int fd = openat(f->dir_fd, FILE_MODE, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | how, 0600);
	const char *why = NULL;

	if (fd < 0 || ((how & O_CREAT) && ftruncate(fd, sizeof(struct latch_file_word))) || fstat(fd, &st))
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode) || st.st_size != sizeof(struct latch_file_word))
		why = "not a mode file";
	void *at =
		why ? MAP_FAILED
		    : mmap(NULL, sizeof(struct latch_file_word), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (!why && at == MAP_FAILED)
		why = strerror(errno);
	if (fd >= 0)
		close(fd);
	f->file = at == MAP_FAILED ? NULL : at;
	return why;
}

static void unmap(struct latch_file *f)
{
	if (f->file)
		munmap(f->file, sizeof *f->file);
	f->file = NULL;
}

// What is no mode file is put aside, for somebody to look at, and a new one says KILLED.
static enum latch_mode map_mode(struct latch_file *f)
{
	bool first = faccessat(f->dir_fd, FILE_MODE, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
	const char *why = first ? NULL : map_file(f, 0);

	if (!first && !why && (f->file->magic != MODE_MAGIC || f->file->mode >= LATCH_MODES))
		why = "not a mode file";
	if (!first && !why)
		return (enum latch_mode)f->file->mode;
	unmap(f);
	if (why)
		renameat(f->dir_fd, FILE_MODE, f->dir_fd, FILE_MODE ".bad");
	const char *none = map_file(f, O_CREAT | O_EXCL);

	if (none || why)
		say_killed(f, FILE_MODE, none ? none : why);
	if (!none)
		*f->file = (struct latch_file_word){ MODE_MAGIC, why ? LATCH_KILL : LATCH_RUN, 0 };
	return none || why ? LATCH_KILL : LATCH_RUN;
}

void latch_file_open(struct latch_file *f)
{
	enum latch_mode mode = LATCH_KILL;

	f->dir_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->dir_fd < 0) {
		say_killed(f, "", strerror(errno));
	} else {
		enum latch_mode latched = read_latch(f), mapped = map_mode(f);

		mode = latched > mapped ? latched : mapped;
		if (mode > latched && !f->latch.reason[0])
			snprintf(f->latch.reason, sizeof f->latch.reason,
				 "set before the process was killed");
		f->latch.mode = mode;
	}
	__atomic_store_n(latch_file_at(f), mode, __ATOMIC_RELEASE);
}

static int write_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t wrote = write(fd, text, n);

		if (wrote < 0 && errno != EINTR)
			return -errno;
		text += wrote > 0 ? wrote : 0;
		n -= wrote > 0 ? (size_t)wrote : 0;
	}
	return 0;
}

static int write_latch(struct latch_file *f)
{
	char text[LATCH_TEXT_BYTES];
	size_t n = latch_print(&f->latch, text);
	int fd = openat(f->dir_fd, FILE_LATCH ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
			0600);
	int rc = fd < 0 ? -errno : write_all(fd, text, n);

	if (!rc && fsync(fd))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (!rc && renameat(f->dir_fd, FILE_LATCH ".new", f->dir_fd, FILE_LATCH))
		rc = -errno;
	if (!rc && fsync(f->dir_fd))
		rc = -errno;
	return rc;
}

static int audit(struct latch_file *f, const struct ucred *who, const char *command,
		 const struct latch *after, enum latch_mode before)
{
	char line[LATCH_TEXT_BYTES];
	const struct latch_peer peer = { who->pid, who->uid, who->gid };
	size_t n = latch_audit(after, before, command, &peer, line);
	int fd = openat(f->dir_fd, FILE_AUDIT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = fd < 0 ? -errno : write_all(fd, line, n);

	if (!rc && fsync(fd))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

int latch_file_audit(struct latch_file *f, const struct ucred *who, const char *command, const char *reason,
		     char *why, size_t why_bytes)
{
	struct latch said = f->latch;

	if (!f->dir[0]) // a replay has no files
		return 0;
	said.since_ns = clock_utc_ns();
	snprintf(said.reason, sizeof said.reason, "%s", reason);
	int rc = f->dir_fd < 0 ? -ENOENT : audit(f, who, command, &said, f->latch.mode);

	if (rc)
		snprintf(why, why_bytes, "%s/" FILE_AUDIT " cannot be written (%s)", f->dir, strerror(-rc));
	return rc;
}

// The latch, then the audit. Returns 0 or -errno.
static int write_files(struct latch_file *f, const struct ucred *who, const char *command,
		       enum latch_mode before)
{
	if (!f->dir[0])
		return 0;
	int rc = f->dir_fd < 0 ? -ENOENT : write_latch(f),
	    audited = f->dir_fd < 0 ? -ENOENT : audit(f, who, command, &f->latch, before);

	return rc ? rc : audited;
}

int latch_file_set(struct latch_file *f, enum latch_mode mode, const struct ucred *who, const char *command,
		   const char *reason, char *why, size_t why_bytes)
{
	uint32_t *word = latch_file_at(f);
	enum latch_mode before = (enum latch_mode)__atomic_load_n(word, __ATOMIC_RELAXED);

	// Less is allowed at once; more only when it is on disk.
	if (mode > before)
		put_mode(f, mode);
	struct latch old = f->latch;

	latch_set(&f->latch, mode, clock_utc_ns(), reason);
	int rc = write_files(f, who, command, before);

	if (rc && mode < before) {
		// The latch may be there and its audit not: it must not outlive the answer.
		f->latch = old;
		f->latch.mode = before;
		if (f->dir_fd >= 0)
			write_latch(f);
		snprintf(why, why_bytes, "%s: the latch cannot be written (%s); trading stays in mode %s",
			 f->dir, strerror(-rc), latch_mode_name[before]);
		return rc;
	}
	put_mode(f, mode);
	if (rc)
		snprintf(
			why, why_bytes,
			"the mode is %s now, but %s: the latch cannot be written (%s): a restart may forget it",
			latch_mode_name[mode], f->dir, strerror(-rc));
	return rc;
}

void latch_file_raise(struct latch_file *f, enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	uint32_t *word = latch_file_at(f);
	enum latch_mode before = (enum latch_mode)__atomic_load_n(word, __ATOMIC_RELAXED);
	const struct ucred self = { getpid(), geteuid(), getegid() };

	if (mode <= before)
		return;
	put_mode(f, mode);
	f->latch.mode = before;
	latch_raise(&f->latch, mode, cause, clock_utc_ns(), reason);
	int rc = write_files(f, &self, "raised", before);

	fprintf(stderr,
		"wirebar: the mode of trading is %s now (%s: %s); then: wirebarctl resume --reason \"...\"\n",
		latch_mode_name[mode], latch_cause_name[cause], f->latch.reason);
	if (rc)
		fprintf(stderr,
			"wirebar: %s: the latch cannot be written (%s): a power cut may make it forgotten\n",
			f->dir, strerror(-rc));
}

int latch_file_give(const struct latch_file *f, uid_t uid, gid_t gid)
{
	static const char *const file[] = { FILE_MODE, FILE_LATCH, FILE_AUDIT };

	for (size_t i = 0; f->dir_fd >= 0 && i < sizeof file / sizeof *file; i++)
		if (fchownat(f->dir_fd, file[i], uid, gid, AT_SYMLINK_NOFOLLOW) && errno != ENOENT)
			return -errno;
	return 0;
}

void latch_file_close(struct latch_file *f)
{
	unmap(f);
	if (f->dir_fd >= 0)
		close(f->dir_fd);
	f->dir_fd = -1;
}
