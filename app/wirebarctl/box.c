/* SPDX-License-Identifier: BSD-3-Clause */
// box.c: a file is one line "wirebar-box 1 NUMBER BYTES CRC32C" and then BYTES of JSON.
#include "app/wirebarctl/box.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lcore/base/crc32c.h"

enum { HEAD_BYTES = 80, TURNS = 2 };

__attribute__((format(printf, 2, 3))) static bool fail(struct box *box, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(box->error, sizeof box->error, format, ap);
	va_end(ap);
	return false;
}

static bool name(struct box *box, const char *dir, unsigned turn)
{
	return snprintf(box->path, sizeof box->path, "%s/" BOX_NAME ".%u", dir, turn) <
		       (int)sizeof box->path ||
	       fail(box, "%s: the path is too long", dir);
}

static bool put(int fd, const char *data, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(fd, data, bytes);

		if (n <= 0)
			return false;
		data += n;
		bytes -= (size_t)n;
	}
	return true;
}

static bool is_file(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	errno = EINVAL;
	return S_ISREG(st.st_mode);
}

bool box_write(struct box *box, const char *dir)
{
	char *text = json_dumps(box->said, JSON_COMPACT), head[HEAD_BYTES];
	size_t bytes = text ? strlen(text) : 0;

	if (!text || !name(box, dir, box->n % TURNS)) {
		free(text);
		return text ? false : fail(box, "no memory");
	}
	int len = snprintf(head, sizeof head, BOX_NAME " 1 %" PRIu64 " %zu %08" PRIx32 "\n", box->n, bytes,
			   crc32c(text, bytes));
	// What is no file would have us wait for a reader.
	int fd = open(box->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
	bool whole = fd >= 0 && is_file(fd) && ftruncate(fd, 0) == 0 && put(fd, head, (size_t)len) &&
		     put(fd, text, bytes) && fdatasync(fd) == 0;

	if (!whole)
		fail(box, "%s: %s", box->path, strerror(errno));
	if (fd >= 0)
		close(fd);
	free(text);
	return whole;
}

// One file, whole or not at all: what its first line says is checked against what is there.
static bool read_file(struct box *box)
{
	int fd = open(box->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	uint64_t n = 0;
	size_t bytes = 0;
	uint32_t sum = 0;
	int body = 0;
	json_error_t error;

	box->said = NULL;
	if (fd < 0)
		return fail(box, "%s: %s", box->path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > BOX_BYTES + HEAD_BYTES) {
		close(fd);
		return fail(box, "%s: not a box: no file, or larger than a box may be", box->path);
	}
	text = calloc(1, (size_t)st.st_size + 1);
	ssize_t got = text ? read(fd, text, (size_t)st.st_size) : -1;

	close(fd);
	bool whole = got == st.st_size &&
		     sscanf(text, BOX_NAME " 1 %" SCNu64 " %zu %8" SCNx32 "%*1[\n]%n", &n, &bytes, &sum,
			    &body) >= 3 &&
		     body > 0 && (size_t)got == (size_t)body + bytes && crc32c(text + body, bytes) == sum;

	box->said = whole ? json_loadb(text + body, bytes, 0, &error) : NULL;
	box->n = n;
	free(text);
	return box->said || fail(box, "%s: damaged, or not whole", box->path);
}

bool box_read(struct box *box, const char *path)
{
	struct box turn[TURNS] = { 0 };
	struct stat st;
	int best = -1;

	if (stat(path, &st))
		return fail(box, "%s: %s", path, strerror(errno));
	if (!S_ISDIR(st.st_mode)) {
		snprintf(box->path, sizeof box->path, "%s", path);
		return read_file(box);
	}
	for (int i = 0; i < TURNS; i++)
		if (name(&turn[i], path, (unsigned)i) && read_file(&turn[i]) &&
		    (best < 0 || turn[i].n > turn[best].n))
			best = i;
	if (best < 0 && access(turn[0].path, F_OK) && access(turn[1].path, F_OK))
		return fail(box, "%s: no black box in it, as `wirebarctl record %s` keeps one", path, path);
	if (best < 0) {
		*box = turn[access(turn[0].path, F_OK) ? 1 : 0];
		return false;
	}
	json_decref(turn[1 - best].said);
	// A file that is not there yet is no damage.
	memcpy(turn[best].error, turn[1 - best].error, sizeof box->error);
	if (access(turn[1 - best].path, F_OK))
		turn[best].error[0] = '\0';
	*box = turn[best];
	return true;
}

bool box_keep(struct box *box, const char *dir)
{
	char to[sizeof box->path + 16];
	struct box other = { 0 };
	uint64_t n = box->n;

	// A box that is damaged is nobody's last words: a recorder that was killed in its first writing left
	// it.
	if (!box_read(box, dir)) {
		box->n = n;
		return true;
	}
	json_decref(box->said);
	box->said = NULL;
	snprintf(to, sizeof to, "%s/" BOX_BEFORE, dir);
	if (rename(box->path, to))
		return fail(box, "%s: %s", to, strerror(errno));
	if (name(&other, dir, (unsigned)((box->n + 1) % TURNS)))
		unlink(other.path);
	return true;
}

bool box_open(struct sock *s, const char *path)
{
	struct box box = { 0 };

	snprintf(s->path, sizeof s->path, "%s", path);
	if (!box_read(&box, path)) {
		snprintf(s->error, sizeof s->error, "%s", box.error);
		s->end = SOCK_ABSENT;
		return false;
	}
	if (*box.error)
		fprintf(stderr, "wirebarctl: left out: %s\n", box.error);
	fprintf(stderr, "wirebarctl: process %lld as of %s, from %s\n",
		(long long)json_integer_value(json_object_get(box.said, "pid")),
		json_string_value(json_object_get(box.said, "recorded")), box.path);
	s->box = box.said;
	return true;
}
