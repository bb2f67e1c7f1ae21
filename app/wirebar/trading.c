/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/trading.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MODE  "trading_mode"
#define FILE_LATCH "trading_latch"
#define FILE_AUDIT "trading_audit"
#define MODE_MAGIC UINT64_C(0x31454d5242575257)

// The mapped file.
struct mode_file {
	uint64_t magic;
	uint32_t mode; // enum latch_mode
	uint32_t pad;
};

static struct {
	struct mode_file *file; // NULL: no file
	struct mode_file own;
	struct latch latch;
	char dir[256];
	int dir_fd; // -1: none
} trading = { .dir_fd = -1 };

const struct latch *trading_latch(void) { return &trading.latch; }

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void find_dir(const struct appliance *a)
{
	const char *given = a->conf.run.state_dir, *env = getenv("STATE_DIRECTORY");
	const char *slash = strrchr(a->socket_path, '/');

	if (given[0])
		snprintf(trading.dir, sizeof trading.dir, "%s", given);
	else if (env && *env) // systemd: several are separated by colons
		snprintf(trading.dir, sizeof trading.dir, "%.*s", (int)strcspn(env, ":"), env);
	else
		snprintf(trading.dir, sizeof trading.dir, "%.*s", slash ? (int)(slash - a->socket_path) : 0,
			 a->socket_path);
}

// What an operator reads when the mode is KILLED because something cannot be read.
static void say_killed(const char *what, const char *why)
{
	fprintf(stderr,
		"wirebar: %s/%s: %s: trading is KILLED; look why, then: wirebarctl resume --reason \"...\"\n",
		trading.dir, what, why);
	trading.latch = (struct latch){ .mode = LATCH_KILL, .cause = LATCH_UNREADABLE, .since_ns = now_ns() };
	snprintf(trading.latch.reason, sizeof trading.latch.reason, "%s: %s", what, why);
}

// A file that was never there is a first start; everything else that is not a latch is not understood.
static enum latch_mode read_latch(void)
{
	char text[LATCH_TEXT_BYTES + 1];
	int fd = openat(trading.dir_fd, FILE_LATCH, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

	if (fd < 0 && errno == ENOENT)
		return LATCH_RUN;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

	if (n < 0)
		say_killed(FILE_LATCH, strerror(errno));
	else if (!latch_parse(text, (size_t)n, &trading.latch))
		say_killed(FILE_LATCH, "not as it was written");
	if (fd >= 0)
		close(fd);
	return trading.latch.mode;
}

// Maps the file, made anew if wanted. Returns why not, or NULL.
static const char *map_file(int how)
{
	struct stat st;
	int fd = openat(trading.dir_fd, FILE_MODE, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | how, 0600);
	const char *why = NULL;

	if (fd < 0 || ((how & O_CREAT) && ftruncate(fd, sizeof(struct mode_file))) || fstat(fd, &st))
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode) || st.st_size != sizeof(struct mode_file))
		why = "not a mode file";
	void *at = why ? MAP_FAILED
		       : mmap(NULL, sizeof(struct mode_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (!why && at == MAP_FAILED)
		why = strerror(errno);
	if (fd >= 0)
		close(fd);
	trading.file = at == MAP_FAILED ? NULL : at;
	return why;
}

static void unmap(void)
{
	if (trading.file)
		munmap(trading.file, sizeof *trading.file);
	trading.file = NULL;
}

// What is no mode file is put aside, for somebody to look at, and a new one says KILLED.
static enum latch_mode map_mode(void)
{
	bool first = faccessat(trading.dir_fd, FILE_MODE, F_OK, AT_SYMLINK_NOFOLLOW) && errno == ENOENT;
	const char *why = first ? NULL : map_file(0);

	if (!first && !why && (trading.file->magic != MODE_MAGIC || trading.file->mode >= LATCH_MODES))
		why = "not a mode file";
	if (!first && !why)
		return (enum latch_mode)trading.file->mode;
	unmap();
	if (why)
		renameat(trading.dir_fd, FILE_MODE, trading.dir_fd, FILE_MODE ".bad");
	const char *none = map_file(O_CREAT | O_EXCL);

	if (none || why)
		say_killed(FILE_MODE, none ? none : why);
	if (!none)
		*trading.file = (struct mode_file){ MODE_MAGIC, why ? LATCH_KILL : LATCH_RUN, 0 };
	return none || why ? LATCH_KILL : LATCH_RUN;
}

int trading_open(struct appliance *a)
{
	enum latch_mode mode = LATCH_RUN;

	trading.own = (struct mode_file){ .magic = MODE_MAGIC };
	a->plant.mode = &trading.own.mode;
	if (a->plant.replay || !a->conf.orders.enabled)
		return 0;
	find_dir(a);
	trading.dir_fd = open(trading.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (trading.dir_fd < 0) {
		say_killed("", strerror(errno));
		mode = LATCH_KILL;
	} else {
		enum latch_mode latched = read_latch(), mapped = map_mode();

		mode = latched > mapped ? latched : mapped;
		if (mode > latched && !trading.latch.reason[0])
			snprintf(trading.latch.reason, sizeof trading.latch.reason,
				 "set before the process was killed");
		trading.latch.mode = mode;
	}
	if (trading.file)
		a->plant.mode = &trading.file->mode;
	__atomic_store_n((uint32_t *)(uintptr_t)a->plant.mode, mode, __ATOMIC_RELEASE);
	if (mode != LATCH_RUN)
		fprintf(stderr, "wirebar: the mode of trading is %s since before this start (%s)\n",
			latch_mode_name[mode],
			trading.latch.reason[0] ? trading.latch.reason : "no reason was given");
	return 0;
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

static int write_latch(void)
{
	char text[LATCH_TEXT_BYTES];
	size_t n = latch_print(&trading.latch, text);
	int fd = openat(trading.dir_fd, FILE_LATCH ".new",
			O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = fd < 0 ? -errno : write_all(fd, text, n);

	if (!rc && fsync(fd))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (!rc && renameat(trading.dir_fd, FILE_LATCH ".new", trading.dir_fd, FILE_LATCH))
		rc = -errno;
	if (!rc && fsync(trading.dir_fd))
		rc = -errno;
	return rc;
}

static int audit(const struct ucred *who, const char *command, const struct latch *after,
		 enum latch_mode before)
{
	char line[LATCH_TEXT_BYTES];
	const struct latch_peer peer = { who->pid, who->uid, who->gid };
	size_t n = latch_audit(after, before, command, &peer, line);
	int fd = openat(trading.dir_fd, FILE_AUDIT, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
			0600);
	int rc = fd < 0 ? -errno : write_all(fd, line, n);

	if (!rc && fsync(fd))
		rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

int trading_audit(const struct ucred *who, const char *command, const char *reason, char *why,
		  size_t why_bytes)
{
	struct latch said = trading.latch;

	if (!trading.dir[0]) // a replay has no files
		return 0;
	said.since_ns = now_ns();
	snprintf(said.reason, sizeof said.reason, "%s", reason);
	int rc = trading.dir_fd < 0 ? -ENOENT : audit(who, command, &said, trading.latch.mode);

	if (rc)
		snprintf(why, why_bytes, "%s/" FILE_AUDIT " cannot be written (%s)", trading.dir,
			 strerror(-rc));
	return rc;
}

// The latch, then the audit. Returns 0 or -errno.
static int write_files(const struct ucred *who, const char *command, enum latch_mode before)
{
	if (!trading.dir[0])
		return 0;
	int rc = trading.dir_fd < 0 ? -ENOENT : write_latch(),
	    audited = trading.dir_fd < 0 ? -ENOENT : audit(who, command, &trading.latch, before);

	return rc ? rc : audited;
}

int trading_set(enum latch_mode mode, const struct ucred *who, const char *command, const char *reason,
		char *why, size_t why_bytes)
{
	uint32_t *word = trading.file ? &trading.file->mode : &trading.own.mode;
	enum latch_mode before = (enum latch_mode)__atomic_load_n(word, __ATOMIC_RELAXED);

	// Less is allowed at once; more only when it is on disk.
	if (mode > before)
		__atomic_store_n(word, (uint32_t)mode, __ATOMIC_RELEASE);
	struct latch old = trading.latch;

	latch_set(&trading.latch, mode, now_ns(), reason);
	int rc = write_files(who, command, before);

	if (rc && mode < before) {
		// The latch may be there and its audit not: it must not outlive the answer.
		trading.latch = old;
		trading.latch.mode = before;
		if (trading.dir_fd >= 0)
			write_latch();
		snprintf(why, why_bytes, "%s: the latch cannot be written (%s); trading stays in mode %s",
			 trading.dir, strerror(-rc), latch_mode_name[before]);
		return rc;
	}
	__atomic_store_n(word, (uint32_t)mode, __ATOMIC_RELEASE);
	if (rc)
		snprintf(
			why, why_bytes,
			"the mode is %s now, but %s: the latch cannot be written (%s): a restart may forget it",
			latch_mode_name[mode], trading.dir, strerror(-rc));
	return rc;
}

void trading_raise(enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	uint32_t *word = trading.file ? &trading.file->mode : &trading.own.mode;
	enum latch_mode before = (enum latch_mode)__atomic_load_n(word, __ATOMIC_RELAXED);
	const struct ucred self = { getpid(), geteuid(), getegid() };

	if (mode <= before)
		return;
	__atomic_store_n(word, (uint32_t)mode, __ATOMIC_RELEASE);
	trading.latch.mode = before;
	latch_raise(&trading.latch, mode, cause, now_ns(), reason);
	int rc = write_files(&self, "raised", before);

	fprintf(stderr,
		"wirebar: the mode of trading is %s now (%s: %s); then: wirebarctl resume --reason \"...\"\n",
		latch_mode_name[mode], latch_cause_name[cause], trading.latch.reason);
	if (rc)
		fprintf(stderr,
			"wirebar: %s: the latch cannot be written (%s): a power cut may make it forgotten\n",
			trading.dir, strerror(-rc));
}

void trading_close(void)
{
	unmap();
	if (trading.dir_fd >= 0)
		close(trading.dir_fd);
	trading.dir_fd = -1;
}
