/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebarctl/sock.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { REPLY_BYTES = 64 * 1024, INSTANCES = 16, DIRS = 4 };

static const char *name_of(const struct sock *s)
{
	return s->control ? "wirebar_control" : "dpdk_telemetry.v2";
}

__attribute__((format(printf, 3, 4))) static bool fail(struct sock *s, enum sock_end end, const char *format,
						       ...)
{
	char what[400];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof what, format, ap);
	va_end(ap);
	snprintf(s->error, sizeof s->error, "%s: %s", s->path, what);
	s->end = end;
	sock_close(s);
	return false;
}

// Of a process that does not answer: whether it is stopped, gone, or busy with something else. The kernel
// knows who listens there.
static bool silent(struct sock *s)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof who;
	char path[64], state = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.pid <= 0)
		return fail(s, SOCK_STOPPED, "no answer in time (%u ms)", s->timeout_ms);
	snprintf(path, sizeof path, "/proc/%d/stat", (int)who.pid);
	FILE *f = fopen(path, "r");

	if (!f && errno == ENOENT)
		return fail(s, SOCK_GONE, "process %d has ended", (int)who.pid);
	char text[512] = "", *name_end;

	if (f && fgets(text, sizeof text, f) && (name_end = strrchr(text, ')')) && name_end[1])
		state = name_end[2]; // pid (name) state
	if (f)
		fclose(f);
	if (state == 'T' || state == 't')
		return fail(s, SOCK_STOPPED,
			    "process %d is stopped: no answer in time; kill -CONT %d lets it go on",
			    (int)who.pid, (int)who.pid);
	return fail(s, SOCK_STOPPED, "process %d gives no answer in time (%u ms): stopped, or overloaded",
		    (int)who.pid, s->timeout_ms);
}

static enum sock_end end_of(int error)
{
	return error == ENOENT || error == ENOTDIR                              ? SOCK_ABSENT
	       : error == ECONNREFUSED || error == ECONNRESET || error == EPIPE ? SOCK_GONE
	       : error == EACCES || error == EPERM                              ? SOCK_DENIED
										: SOCK_FAILED;
}

static const char *end_text(enum sock_end end, int error)
{
	return end == SOCK_ABSENT   ? "there is no such socket"
	       : end == SOCK_GONE   ? "nobody answers: that process has ended"
	       : end == SOCK_DENIED ? "not allowed: it belongs to another user (try sudo)"
				    : strerror(error);
}

void sock_beside(struct sock *s, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (s->control && !strcmp(name, "dpdk_telemetry.v2"))
		snprintf(s->path, sizeof s->path, "%.*swirebar_control", (int)(name - path), path);
	else
		snprintf(s->path, sizeof s->path, "%s", path);
}

void sock_close(struct sock *s)
{
	if (s->fd > 0)
		close(s->fd);
	s->fd = 0;
	json_decref(s->box);
	s->box = NULL;
}

// greeting: it is the first packet, which DPDK leaves out where ten clients are served already.
static json_t *receive(struct sock *s, bool greeting)
{
	static _Thread_local char reply[REPLY_BYTES];
	json_error_t error;
	ssize_t n;

	do
		n = recv(s->fd, reply, sizeof reply, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		silent(s);
		return NULL;
	}
	if (n <= 0) {
		if (greeting && (n == 0 || errno == ECONNRESET))
			fail(s, SOCK_BUSY,
			     "busy: closed at once, since it serves ten clients already (end one, or wait)");
		else
			fail(s, n == 0 ? SOCK_GONE : end_of(errno), "closed by the other side: %s",
			     n == 0 ? "that process has ended" : strerror(errno));
		return NULL;
	}
	json_t *document = json_loadb(reply, (size_t)n, 0, &error);

	if (!document)
		fail(s, SOCK_FAILED, "the answer is not JSON");
	return document;
}

bool sock_open(struct sock *s, unsigned timeout_ms)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval tv = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

	s->timeout_ms = timeout_ms;
	if (strlen(s->path) >= sizeof addr.sun_path)
		return fail(s, SOCK_FAILED, "the path is too long for a socket");
	memcpy(addr.sun_path, s->path, strlen(s->path) + 1);
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return fail(s, SOCK_FAILED, "%s", strerror(errno));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
	setsockopt(s->fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
	if (connect(s->fd, (struct sockaddr *)&addr, sizeof addr)) {
		enum sock_end end = end_of(errno);

		// So many wait already that nobody takes them.
		return errno == EAGAIN
			       ? fail(s, SOCK_STOPPED,
				      "no answer in time: it takes no connections; stopped, or overloaded")
			       : fail(s, end, "%s", end_text(end, errno));
	}
	json_t *greeting = receive(s, true);

	if (!greeting)
		return false;
	const char *said = json_string_value(json_object_get(greeting, "error"));

	if (said) {
		fail(s, strstr(said, "not allowed") ? SOCK_DENIED : SOCK_FAILED, "%s", said);
		json_decref(greeting);
		return false;
	}
	bool known = json_is_string(json_object_get(greeting, s->control ? "wirebar" : "version"));

	s->supervisor = json_is_true(json_object_get(greeting, "supervisor"));
	json_decref(greeting);
	return known || fail(s, SOCK_FAILED,
			     s->control ? "no control socket of wirebar's" : "no DPDK telemetry socket");
}

static bool put(struct sock *s, const char *request)
{
	if (s->fd > 0 && send(s->fd, request, strlen(request), MSG_NOSIGNAL) >= 0)
		return true;
	if (s->fd > 0 && errno == EAGAIN)
		return silent(s);
	enum sock_end end = s->fd <= 0 ? SOCK_FAILED : end_of(errno);

	return fail(s, end, "%s", s->fd <= 0 ? "not connected" : end_text(end, errno));
}

json_t *sock_command(struct sock *s, const char *request)
{
	if (s->box) {
		fail(s, SOCK_FAILED, "a black box takes no commands");
		return NULL;
	}
	return put(s, request) ? receive(s, false) : NULL;
}

static json_t *recorded(struct sock *s, const char *request)
{
	json_t *answer = json_incref(json_object_get(json_object_get(s->box, "answers"), request));

	if (!answer)
		fail(s, SOCK_ABSENT, "the black box does not hold %s", request);
	return answer;
}

json_t *sock_ask(struct sock *s, const char *request)
{
	char path[64];
	size_t len = strcspn(request, ",");

	if (s->box)
		return recorded(s, request);

	len = len < sizeof path ? len : sizeof path - 1;
	memcpy(path, request, len);
	path[len] = '\0';
	json_t *document = put(s, request) ? receive(s, false) : NULL;

	if (!document)
		return NULL;
	json_t *answer = json_incref(json_object_get(document, path));

	json_decref(document);
	if (answer && !json_is_null(answer))
		return answer;
	json_decref(answer);
	fail(s, SOCK_FAILED, answer ? "the path is not known there" : "the answer is to another request");
	return NULL;
}

const char *sock_refusal(const json_t *answer)
{
	const char *status = json_string_value(json_object_get(answer, "status"));
	const char *error = json_string_value(json_object_get(answer, "error"));

	return status && !strcmp(status, "error") ? error ? error : "refused without a reason" : NULL;
}

// RUNTIME_DIRECTORY, where it is set, is the only place, for EAL as for us. Else those of root and of other
// users.
static unsigned runtime_dirs(const char *out[DIRS])
{
	const char *named = getenv("RUNTIME_DIRECTORY"), *xdg = getenv("XDG_RUNTIME_DIR");
	unsigned n = 0;

	if (named && *named) {
		out[0] = named;
		return 1;
	}
	out[n++] = "/var/run";
	out[n++] = "/run/wirebar"; // of the service
	if (xdg && *xdg)
		out[n++] = xdg;
	out[n++] = "/tmp";
	return n;
}

static bool is_wirebar(struct sock *s, unsigned timeout_ms)
{
	if (!sock_open(s, timeout_ms))
		return false;
	if (s->control) {
		sock_close(s);
		return true;
	}
	json_t *answer = sock_ask(s, "/wirebar/health");

	sock_close(s);
	json_decref(answer);
	return answer != NULL;
}

static bool find_named(struct sock *s, const char *prefix)
{
	const char *dir[DIRS];
	unsigned n = runtime_dirs(dir);
	char closed[SOCK_PATH_BYTES] = "";
	size_t at = (size_t)snprintf(s->error, sizeof s->error, "no socket of \"%s\"%s; looked for", prefix,
				     s->control ? " for commands" : "");

	s->end = SOCK_ABSENT;
	for (unsigned i = 0; i < n; i++) {
		snprintf(s->path, sizeof s->path, "%s/dpdk/%s/%s", dir[i], prefix, name_of(s));
		if (access(s->path, F_OK) == 0)
			return true;
		if (errno == EACCES)
			memcpy(closed, s->path, sizeof closed);
		if (at < sizeof s->error)
			at += (size_t)snprintf(s->error + at, sizeof s->error - at, "\n  %s", s->path);
	}
	if (!*closed)
		return false;
	memcpy(s->path, closed, sizeof closed);
	return fail(s, SOCK_DENIED, "%s", end_text(SOCK_DENIED, 0));
}

// The sockets under one runtime directory that answer as a wirebar does, added to found. What one that does
// not answer suffers from stays in s.
static unsigned scan(struct sock *why, const char *dir, char found[][SOCK_PATH_BYTES], unsigned n,
		     unsigned timeout_ms)
{
	char path[SOCK_PATH_BYTES - 64];

	if (snprintf(path, sizeof path, "%s/dpdk", dir) >= (int)sizeof path)
		return n;
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && n < INSTANCES && (e = readdir(d))) {
		struct sock s = { .control = why->control };
		bool known = e->d_name[0] == '.' || snprintf(s.path, sizeof s.path, "%s/%s/%s", path,
							     e->d_name, name_of(&s)) >= (int)sizeof s.path;

		for (unsigned i = 0; i < n && !known; i++)
			known = !strcmp(found[i], s.path);
		if (known || access(s.path, F_OK))
			continue;
		if (is_wirebar(&s, timeout_ms))
			memcpy(found[n++], s.path, sizeof s.path);
		else if (s.end > SOCK_FAILED && (s.end > why->end || why->end == SOCK_ABSENT))
			*why = s;
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
	s->end = SOCK_ABSENT;
	for (unsigned i = 0; i < n_dirs; i++)
		n = scan(s, dir[i], found, n, timeout_ms);
	if (n == 1) {
		memcpy(s->path, found[0], sizeof s->path);
		return true;
	}
	if (!n && s->end != SOCK_ABSENT)
		return false;
	s->end = n ? SOCK_FAILED : SOCK_ABSENT;
	size_t at = (size_t)snprintf(s->error, sizeof s->error,
				     n ? "several run; name one with --file-prefix or --socket:"
				       : "none runs that this user may ask; looked under");
	for (unsigned i = 0; i < (n ? n : n_dirs) && at < sizeof s->error; i++)
		at += (size_t)snprintf(s->error + at, sizeof s->error - at, n ? "\n  %s" : "\n  %s/dpdk",
				       n ? found[i] : dir[i]);
	return false;
}
