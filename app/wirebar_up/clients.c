/* SPDX-License-Identifier: BSD-3-Clause */
// clients.c: the control socket of a supervised wirebar, as control.h has it: it answers while parts are
// down. What is of a part is asked of that part in the client's name. A client that does not read, asks
// without end or sends garbage holds nobody up: one request a round, no wait for an answer to be taken, and
// who has been quiet for the longest time makes room.
#include "app/wirebar_up/up.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "app/wirebar_up/log.h"

enum { ANSWER_BYTES = 8192 };

static void mute(struct up *u, unsigned i, bool on)
{
	struct epoll_event e = { .events = on ? 0 : EPOLLIN, .data.u64 = (uint64_t)UP_CLIENT << 32 | i };

	epoll_ctl(u->epoll, EPOLL_CTL_MOD, u->client[i].fd, &e);
}

void clients_leave(struct up *u, unsigned i)
{
	struct up_client *c = &u->client[i];

	forward_end(u, i);
	if (c->fd >= 0) {
		up_unwatch(u, c->fd);
		close(c->fd);
	}
	c->fd = -1;
	c->garbage = 0;
}

static void send_text(struct up *u, unsigned i, const char *text)
{
	if (send(u->client[i].fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) <= 0)
		clients_leave(u, i);
}

void clients_answer(struct up *u, unsigned i, const char *verdict, const char *answer)
{
	struct up_client *c = &u->client[i];

	if (verdict)
		control_socket_audit(u->audit ? u->audit : stderr, &c->who, c->forward.request, verdict);
	forward_end(u, i);
	if (i == UP_CLIENTS) {
		log_say(LOG_NOTE, 4, "up", "%s: %s", c->forward.request, answer);
		return;
	}
	if (c->fd < 0)
		return;
	mute(u, i, false);
	send_text(u, i, answer);
	if (c->fd >= 0 && c->garbage >= CONTROL_SOCKET_GARBAGE)
		clients_leave(u, i);
}

void clients_refuse(struct up *u, unsigned i, const char *why)
{
	char text[CONTROL_SOCKET_ANSWER_BYTES], quoted[1800];

	control_socket_json(why, quoted, sizeof quoted);
	snprintf(text, sizeof text, "{\"status\":\"error\",\"error\":\"%s\"}", quoted);
	clients_answer(u, i, "refused", text);
}

static void garbage(struct up *u, unsigned i, const char *why)
{
	u->client[i].garbage++;
	clients_refuse(u, i, why);
}

static void parts(struct up *u, unsigned i)
{
	char text[ANSWER_BYTES];

	status_json(u, text, sizeof text);
	clients_answer(u, i, NULL,
		       text); // a question: pages ask each second, and it is no matter of an audit
}

static void done(struct up *u, unsigned i, const char *command, const char *what)
{
	char text[CONTROL_SOCKET_ANSWER_BYTES];

	snprintf(text, sizeof text, "{\"status\":\"ok\",\"command\":\"%s\",\"done\":\"%s\"}", command, what);
	clients_answer(u, i, "ok", text);
}

static void restart(struct up *u, unsigned i, const char *name)
{
	char allowed[200] = "";
	size_t n = 0;

	name += strspn(name, " ");
	for (unsigned k = 0; k < u->super.n; k++) {
		if (!strcmp(name, u->super.part[k].name)) {
			if (super_restart(&u->super, k, up_now()))
				done(u, i, "restart", "it is asked to end, and started again");
			else
				clients_refuse(u, i, "all parts are ending");
			return;
		}
		n += (size_t)snprintf(allowed + n, sizeof allowed - n, "%s%s", k ? ", " : "",
				      u->super.part[k].name);
	}
	char why[300];

	snprintf(why, sizeof why, "found no part \"%.40s\", allowed: %s", name, allowed);
	garbage(u, i, why);
}

static bool is(const char *request, const char *word)
{
	size_t n = strlen(word);

	return !strncmp(request, word, n) && (!request[n] || request[n] == ' ');
}

static void command(struct up *u, unsigned i, const char *request)
{
	char text[100];

	if (is(request, "parts")) {
		parts(u, i);
	} else if (is(request, "restart")) {
		restart(u, i, request + strlen("restart"));
	} else if (is(request, "stop")) {
		super_stop(&u->super, up_now());
		done(u, i, "stop", "all parts are asked to end, in their order");
	} else if (is(request, "ping")) {
		snprintf(text, sizeof text, "{\"status\":\"ok\",\"command\":\"ping\",\"pid\":%d}",
			 (int)getpid());
		clients_answer(u, i, "ok", text);
	} else {
		mute(u, i, true);
		forward_begin(u, i, request);
	}
}

void clients_serve(struct up *u, unsigned i)
{
	struct up_client *c = &u->client[i];
	char request[CONTROL_SOCKET_REQUEST_BYTES + 1];

	if (c->fd < 0)
		return;
	// While its request is on its way nothing of it is read: this is its end.
	ssize_t n = c->forward.fd >= 0 ? 0
				       : recv(c->fd, request, sizeof request - 1, MSG_DONTWAIT | MSG_TRUNC);

	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			clients_leave(u, i);
		return;
	}
	c->heard_ns = up_now();
	request[(size_t)n < sizeof request ? (size_t)n : sizeof request - 1] = '\0';
	request[strcspn(request, "\n")] = '\0';
	snprintf(c->forward.request, sizeof c->forward.request, "%s", request);
	if ((size_t)n >= sizeof request)
		garbage(u, i, "found a request longer than 1400 bytes");
	else if (strlen(request) + 1 < (size_t)n)
		garbage(u, i, "found more than one line, or a NUL");
	else
		command(u, i, request);
}

static unsigned place(struct up *u)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < UP_CLIENTS; i++) {
		if (u->client[i].fd < 0)
			return i;
		if (u->client[i].heard_ns < u->client[oldest].heard_ns)
			oldest = i;
	}
	send_text(u, oldest, "{\"status\":\"error\",\"error\":\"another client takes this place\"}");
	clients_leave(u, oldest);
	return oldest;
}

void clients_welcome(struct up *u)
{
	struct ucred who;
	socklen_t len = sizeof who;
	char text[200];
	int fd = accept4(u->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || !control_peer_may(fd, &who, &u->peers)) {
		static const char no[] =
			"{\"status\":\"error\",\"error\":\"not allowed: root, the user of the process and members of "
			"run.group may command it\"}";

		send(fd, no, sizeof no - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		control_socket_audit(u->audit ? u->audit : stderr, &who, "connect", "not allowed");
		close(fd);
		return;
	}
	unsigned i = place(u);

	u->client[i].fd = fd;
	u->client[i].who = who;
	u->client[i].heard_ns = up_now();
	snprintf(text, sizeof text, "{\"wirebar\":\"" WIREBAR_VERSION "\",\"pid\":%d,\"supervisor\":true}",
		 (int)getpid());
	if (up_watch(u, fd, UP_CLIENT, i))
		send_text(u, i, text);
	else
		clients_leave(u, i);
}

int clients_open(struct up *u)
{
	const struct conf_run *c = &u->conf.run;

	for (unsigned i = 0; i <= UP_CLIENTS; i++)
		u->client[i].fd = u->client[i].forward.fd = -1;
	u->client[UP_CLIENTS].who = (struct ucred){ .pid = getpid(), .uid = geteuid(), .gid = getegid() };
	u->listener = -1;
	if (!c->control)
		return 0;
	if (c->control_audit[0] && !(u->audit = fopen(c->control_audit, "ae"))) {
		fprintf(stderr, "wirebar up: [run] control_audit: %s: %s\n", c->control_audit,
			strerror(errno));
		return -EIO;
	}
	int rc = guard_audit(u);

	if (rc) {
		fprintf(stderr, "wirebar up: [run] control_audit: %s: user %s: %s\n", c->control_audit,
			u->user.name, strerror(-rc));
		return rc;
	}
	u->listener = control_socket_open(u->control);
	rc = u->listener < 0 ? u->listener : control_peer_share(u->control, &u->peers);

	if (!rc && up_watch(u, u->listener, UP_LISTENER, 0))
		return 0;
	rc = rc ? rc : -errno;
	u->listener = -1;
	fprintf(stderr, "wirebar up: control socket %s: %s%s\n", u->control, strerror(-rc),
		rc == -EADDRINUSE
			? ": a living process answers there; give this one a --file-prefix of its own"
			: "");
	return rc;
}

void clients_close(struct up *u)
{
	for (unsigned i = 0; i <= UP_CLIENTS; i++)
		clients_leave(u, i);
	if (u->listener >= 0) {
		close(u->listener);
		unlink(u->control);
	}
	u->listener = -1;
	if (u->audit)
		fclose(u->audit);
	u->audit = NULL;
}
