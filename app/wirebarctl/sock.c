/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebarctl/sock.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPLY_BYTES = 64 * 1024, INSTANCES = 16, DIRS = 3 };

static bool fail(struct sock *s, const char *what)
{
	snprintf(s->error, sizeof s->error, "%s: %s", s->path, what);
	sock_close(s);
	return false;
}

void sock_close(struct sock *s)
{
	if (s->fd > 0)
		close(s->fd);
	s->fd = 0;
}

static json_t *receive(struct sock *s)
{
	static char reply[REPLY_BYTES];
	json_error_t error;
	ssize_t n = recv(s->fd, reply, sizeof reply, 0);

	if (n <= 0) {
		fail(s, n == 0 ? "closed by the other side (DPDK serves ten clients at once)" :
		     errno == EAGAIN || errno == EWOULDBLOCK ? "no answer in time" : strerror(errno));
		return NULL;
	}
	json_t *document = json_loadb(reply, (size_t)n, 0, &error);

	if (!document)
		fail(s, "the answer is not JSON");
	return document;
}

bool sock_open(struct sock *s, unsigned timeout_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

	if (strlen(s->path) >= sizeof addr.sun_path)
		return fail(s, "the path is too long for a socket");
	memcpy(addr.sun_path, s->path, strlen(s->path) + 1);
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return fail(s, strerror(errno));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	if (connect(s->fd, (struct sockaddr *)&addr, sizeof addr))
		return fail(s, errno == ECONNREFUSED ? "nobody answers: that process has ended" : strerror(errno));
	json_t *greeting = receive(s);

	if (!greeting)
		return false;
	bool dpdk = json_is_string(json_object_get(greeting, "version"));

	json_decref(greeting);
	return dpdk || fail(s, "no DPDK telemetry socket");
}

json_t *sock_ask(struct sock *s, const char *request)
{
	char path[64];
	size_t len = strcspn(request, ",");

	len = len < sizeof path ? len : sizeof path - 1;
	memcpy(path, request, len);
	path[len] = '\0';
	if (s->fd <= 0 || send(s->fd, request, strlen(request), MSG_NOSIGNAL) < 0) {
		fail(s, strerror(s->fd <= 0 ? ENOTCONN : errno));
		return NULL;
	}
	json_t *document = receive(s);

	if (!document)
		return NULL;
	json_t *answer = json_incref(json_object_get(document, path));

	json_decref(document);
	if (answer && !json_is_null(answer))
		return answer;
	json_decref(answer);
	fail(s, answer ? "the path is not known there" : "the answer is to another request");
	return NULL;
}

const char *sock_refusal(const json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status"));
	const char *error = json_string_value(json_object_get(answer, "error"));

	return status && !strcmp(status, "error") ? error ? error : "refused without a reason" : NULL;
}

// RUNTIME_DIRECTORY, where it is set, is the only place, for EAL as for us. Else those of root and of other users.
static unsigned runtime_dirs(const char *out[DIRS])
{
	const char *named = getenv("RUNTIME_DIRECTORY"), *xdg = getenv("XDG_RUNTIME_DIR");
	unsigned n = 0;

	if (named && *named) {
		out[0] = named;
		return 1;
	}
	out[n++] = "/var/run";
	if (xdg && *xdg)
		out[n++] = xdg;
	out[n++] = "/tmp";
	return n;
}

static bool is_wirebar(struct sock *s, unsigned timeout_ms)
{
	if (!sock_open(s, timeout_ms))
		return false;
	json_t *answer = sock_ask(s, "/wirebar/health");

	sock_close(s);
	json_decref(answer);
	return answer != NULL;
}

static bool find_named(struct sock *s, const char *prefix)
{
	const char *dir[DIRS];
	unsigned n = runtime_dirs(dir);
	size_t at = (size_t)snprintf(s->error, sizeof s->error, "no socket of \"%s\"; looked for", prefix);

	for (unsigned i = 0; i < n; i++) {
		snprintf(s->path, sizeof s->path, "%s/dpdk/%s/dpdk_telemetry.v2", dir[i], prefix);
		if (access(s->path, F_OK) == 0)
			return true;
		if (at < sizeof s->error)
			at += (size_t)snprintf(s->error + at, sizeof s->error - at, "\n  %s", s->path);
	}
	return false;
}

// The sockets under one runtime directory that answer as a wirebar does, added to found.
static unsigned scan(const char *dir, char found[][SOCK_PATH_BYTES], unsigned n, unsigned timeout_ms)
{
	char path[SOCK_PATH_BYTES - 64];

	if (snprintf(path, sizeof path, "%s/dpdk", dir) >= (int)sizeof path)
		return n;
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && n < INSTANCES && (e = readdir(d))) {
		struct sock s = { .fd = 0 };
		bool known = e->d_name[0] == '.' ||
			     snprintf(s.path, sizeof s.path, "%s/%s/dpdk_telemetry.v2", path, e->d_name) >= (int)sizeof s.path;

		for (unsigned i = 0; i < n && !known; i++)
			known = !strcmp(found[i], s.path);
		if (!known && access(s.path, F_OK) == 0 && is_wirebar(&s, timeout_ms))
			memcpy(found[n++], s.path, sizeof s.path);
	}
	if (d)
		closedir(d);
	return n;
}

bool sock_find(struct sock *s, const char *prefix, unsigned timeout_ms)
{
	char found[INSTANCES][SOCK_PATH_BYTES];
	const char *dir[DIRS];
	unsigned n_dirs = runtime_dirs(dir), n = 0;

	if (prefix)
		return find_named(s, prefix);
	for (unsigned i = 0; i < n_dirs; i++)
		n = scan(dir[i], found, n, timeout_ms);
	if (n == 1) {
		memcpy(s->path, found[0], sizeof s->path);
		return true;
	}
	size_t at = (size_t)snprintf(s->error, sizeof s->error, n ? "several run; name one with --file-prefix or --socket:" :
				     "none runs that this user may ask; looked under");
	for (unsigned i = 0; i < (n ? n : n_dirs) && at < sizeof s->error; i++)
		at += (size_t)snprintf(s->error + at, sizeof s->error - at, n ? "\n  %s" : "\n  %s/dpdk", n ? found[i] : dir[i]);
	return false;
}
