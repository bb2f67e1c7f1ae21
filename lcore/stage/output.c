/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>

enum { LINKS_MAX = 40, NAMES_MAX = 100, NAME_SHOWN = 200, NAP_MS = 20, GZIP_WINDOW = 15 + 16 };

int output_fd_of(const char *path)
{
	static const char *const prefix[] = { "/dev/fd/", "/proc/self/fd/" };

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (int i = 0; i < 2; i++) {
		size_t len = strlen(prefix[i]);

		if (!strncmp(path, prefix[i], len) && path[len] >= '0' && path[len] <= '9')
			return atoi(path + len);
	}
	return -1;
}

// One step through a symbolic link. Returns 1 when path was one and is now what it points to, 0 when not, or
// -errno.
static int follow(char path[PATH_MAX])
{
	char to[PATH_MAX], joined[PATH_MAX];
	ssize_t n = readlink(path, to, sizeof to - 1);
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path + 1) : 0;

	if (n < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	to[n] = '\0';
	if (snprintf(joined, sizeof joined, "%.*s%s", to[0] == '/' ? 0 : dir, path, to) >= (int)sizeof joined)
		return -ENAMETOOLONG;
	strcpy(path, joined);
	return 1;
}

int output_file_of(const char *path, char out[PATH_MAX])
{
	char at[PATH_MAX], dir[PATH_MAX];
	int rc = 1;

	if (!path[0])
		return -ENOENT;
	if (strlen(path) >= sizeof at)
		return -ENAMETOOLONG;
	strcpy(at, path);
	for (int i = 0; rc > 0; i++) {
		if (i == LINKS_MAX)
			return -ELOOP;
		rc = follow(at);
	}
	if (rc < 0)
		return rc;
	char *slash = strrchr(at, '/');
	const char *name = slash ? slash + 1 : at;

	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EISDIR;
	if (slash)
		*slash = '\0';
	if (!realpath(!slash ? "." : at[0] ? at : "/", dir))
		return -errno;
	if (snprintf(out, PATH_MAX, "%s/%s", strcmp(dir, "/") ? dir : "", name) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

static bool given_up(const struct output *o) { return o->give_up && *o->give_up; }

// A FIFO opens when it has a reader, whom a user who wants to stop does not wait for.
static int open_direct(struct output *o, const char *path, bool fifo)
{
	int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY;

	while ((o->fd = open(path, fifo ? flags | O_NONBLOCK : flags)) < 0) {
		if (!fifo || errno != ENXIO)
			return -errno;
		if (given_up(o))
			return -EINTR;
		poll(NULL, 0, NAP_MS);
	}
	return fifo && fcntl(o->fd, F_SETFL, O_WRONLY) < 0 ? -errno : 0;
}

// A temporary of name whose process is no more, whatever became of its number: nobody holds its lock either.
static bool is_stale(int dir, const char *entry, const char *name)
{
	size_t len = strnlen(name, NAME_SHOWN);
	int pid, nth, end = 0;

	if (strncmp(entry, name, len) || sscanf(entry + len, ".part-%d-%d%n", &pid, &nth, &end) != 2 ||
	    entry[len + (size_t)end] || pid <= 0 || !kill(pid, 0) || errno != ESRCH)
		return false;
	int fd = openat(dir, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool ours = fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && !flock(fd, LOCK_EX | LOCK_NB);

	if (fd >= 0)
		close(fd);
	return ours; // what cannot be read, or is no regular file, is somebody else's
}

static unsigned remove_stale(const char *target)
{
	char path[PATH_MAX];
	const char *name = strrchr(target, '/') + 1;
	const struct dirent *e;
	unsigned n = 0;

	snprintf(path, sizeof path, "%.*s", (int)(name - target), target);
	DIR *d = opendir(path);

	while (d && (e = readdir(d)))
		n += is_stale(dirfd(d), e->d_name, name) && !unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	return n;
}

// Beside the target, so that renaming it is one step of one file system. Old is what the target is now, if it
// is there.
static int open_temporary(struct output *o, const struct stat *old)
{
	const char *name = strrchr(o->target, '/') + 1;
	int dir = (int)(name - o->target);

	if (old && access(o->target, W_OK))
		return -errno;
	o->n_stale = remove_stale(o->target);
	for (int i = 0; i < NAMES_MAX && o->fd < 0; i++) {
		if (snprintf(o->temporary, sizeof o->temporary, "%.*s%.*s.part-%d-%d", dir, o->target,
			     NAME_SHOWN, name, (int)getpid(), i) >= (int)sizeof o->temporary)
			return -ENAMETOOLONG;
		o->fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (o->fd < 0 && errno != EEXIST)
			break;
	}
	if (o->fd < 0) {
		o->temporary[0] = '\0';
		return -errno;
	}
	flock(o->fd, LOCK_EX | LOCK_NB); // shows that this process lives
	// As if the file had been written over: whose it is and who may read it.
	if (old && (fchown(o->fd, old->st_uid, old->st_gid) || fchmod(o->fd, old->st_mode & 07777)))
		errno = 0; // a file system without owners: the file is what counts
	return 0;
}

static int open_path(struct output *o, const char *path)
{
	int fd = output_fd_of(path), rc;
	struct stat st;

	if (fd >= 0)
		return (o->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) < 0 ? -errno : 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : open_direct(o, path, S_ISFIFO(st.st_mode));
	rc = output_file_of(path, o->target);
	return rc ? rc : open_temporary(o, stat(o->target, &st) ? NULL : &st);
}

// The buffer is touched here: as it first fills, a run would look as if it grew. Not with 0, which a compiler
// makes a calloc, and that touches nothing.
static bool prepare(struct output *o, unsigned how)
{
	o->buffer = malloc(OUTPUT_BUFFER_BYTES);
	if (o->buffer)
		memset(o->buffer, ' ', OUTPUT_BUFFER_BYTES);
	if (how & OUTPUT_DIGEST)
		o->digest_of = EVP_MD_CTX_new();
	if (how & OUTPUT_GZIP) {
		o->gzip = calloc(1, sizeof(z_stream));
		if (!o->gzip || deflateInit2(o->gzip, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8,
					     Z_DEFAULT_STRATEGY) != Z_OK)
			return false;
	}
	return o->buffer && (!(how & OUTPUT_DIGEST) ||
			     (o->digest_of && EVP_DigestInit_ex(o->digest_of, EVP_sha256(), NULL) == 1));
}

int output_open(struct output *o, const char *path, unsigned how, const volatile bool *give_up)
{
	struct stat st;
	int rc;

	*o = (struct output){ .path = path, .fd = -1, .give_up = give_up };
	rc = !prepare(o, how) ? -ENOMEM : path ? open_path(o, path) : 0;
	if (rc) {
		output_drop(o);
		return rc;
	}
	o->live = o->fd >= 0 && fstat(o->fd, &st) == 0 && !S_ISREG(st.st_mode);
	return 0;
}

// What the kernel takes is what is digested: a failure in the middle leaves the digest of the part before it.
static void drain(struct output *o)
{
	size_t at = o->fd < 0 && !o->path ? o->used : 0;

	while (at < o->used && !o->error) {
		ssize_t n = write(o->fd, o->buffer + at, o->used - at);

		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			o->error = errno;
		else if (n == 0 || given_up(o))
			o->error = n == 0 ? EIO : EINTR;
		else if (errno == EAGAIN)
			poll(&(struct pollfd){ .fd = o->fd, .events = POLLOUT }, 1, NAP_MS);
	}
	if (o->digest_of)
		EVP_DigestUpdate(o->digest_of, o->buffer, at);
	o->bytes += at;
	o->lost_bytes += o->used - at;
	o->used = 0;
}

// Compresses n bytes into the buffer, which is written whenever it is full. With Z_FINISH also what zlib
// still holds.
static void squeeze(struct output *o, const void *bytes, size_t n, int how)
{
	z_stream *z = o->gzip;
	int rc;

	z->next_in = (Bytef *)(uintptr_t)bytes;
	z->avail_in = (uInt)n;
	do {
		z->next_out = (Bytef *)o->buffer + o->used;
		z->avail_out = (uInt)(OUTPUT_BUFFER_BYTES - o->used);
		rc = deflate(z, how);
		o->used = OUTPUT_BUFFER_BYTES - z->avail_out;
		if (o->used == OUTPUT_BUFFER_BYTES)
			drain(o);
	} while (!o->error && (how == Z_FINISH ? rc == Z_OK || rc == Z_BUF_ERROR : z->avail_in > 0));
}

void output_flush(struct output *o)
{
	if (o->used)
		drain(o);
}

void output_put(struct output *o, const void *bytes, size_t n)
{
	const char *from = bytes;

	if (o->error) {
		o->lost_bytes += n;
		return;
	}
	if (o->gzip) {
		squeeze(o, bytes, n, Z_NO_FLUSH);
		return;
	}
	while (n) {
		size_t room = OUTPUT_BUFFER_BYTES - o->used, part = n < room ? n : room;

		memcpy(o->buffer + o->used, from, part);
		o->used += part;
		from += part;
		n -= part;
		if (o->used == OUTPUT_BUFFER_BYTES)
			drain(o);
	}
}

static void release(struct output *o)
{
	if (o->gzip)
		deflateEnd(o->gzip);
	free(o->gzip);
	free(o->buffer);
	EVP_MD_CTX_free(o->digest_of);
	o->buffer = NULL;
	o->gzip = NULL;
	o->digest_of = NULL;
	o->used = 0;
}

int output_finish(struct output *o)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!o->buffer)
		return -o->error;
	if (o->gzip && !o->error)
		squeeze(o, "", 0, Z_FINISH);
	output_flush(o);
	if (o->fd >= 0 && close(o->fd) && !o->error)
		o->error = errno; // a disk may say only now that it is full
	o->fd = -1;
	if (o->digest_of)
		EVP_DigestFinal_ex(o->digest_of, md, &len);
	for (unsigned i = 0; i < len; i++)
		sprintf(o->digest + 2 * i, "%02x", md[i]);
	release(o);
	return -o->error;
}

int output_keep(struct output *o)
{
	if (!o->temporary[0])
		return 0;
	if (rename(o->temporary, o->target)) {
		o->error = errno;
		output_drop(o);
		return -o->error;
	}
	o->temporary[0] = '\0';
	return 0;
}

void output_drop(struct output *o)
{
	if (o->buffer && o->fd >= 0)
		close(o->fd);
	o->fd = -1;
	if (o->temporary[0])
		unlink(o->temporary);
	o->temporary[0] = '\0';
	release(o);
}
