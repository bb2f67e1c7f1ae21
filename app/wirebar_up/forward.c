/* SPDX-License-Identifier: BSD-3-Clause */
// forward.c: a request that is a part's: over the part's own control socket, in the name of who asked. The
// first part has what all commands need: mailboxes, configuration, latch.
#include "app/wirebar_up/up.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

// A mode that makes less possible is not left to a part that does not answer; others wait as long as
// wirebarctl.
#define MODE_LATE_NS (NS_PER_S)
#define LATE_NS      (28 * NS_PER_S / 10)

void forward_end(struct up *u, unsigned i)
{
	struct up_forward *e = &u->client[i].forward;

	if (e->fd >= 0) {
		up_unwatch(u, e->fd);
		close(e->fd);
	}
	e->fd = -1;
	e->greeted = false;
}

// The part cannot be asked now.
static void down(struct up *u, unsigned i)
{
	const struct super_part *p = &u->super.part[0];
	char why[SUPER_TEXT_BYTES * 2], at[48] = "";
	uint64_t now = up_now();

	if (mode_write(u, i, u->client[i].forward.request))
		return;
	if (p->phase == SUPER_DUE && p->due_ns > now)
		snprintf(at, sizeof at, ", starts again in %.1f s", (double)(p->due_ns - now) / 1e9);
	snprintf(why, sizeof why, "part %s is %s%s%s%s: it takes no commands now", p->name,
		 super_alive(p) ? super_state(&u->super, 0) : "down", *p->why ? " (" : "", p->why,
		 *p->why ? ")" : "");
	snprintf(why + strlen(why), sizeof why - strlen(why), "%s", at);
	clients_refuse(u, i, why);
}

static int reach(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = strlen(path) < sizeof at.sun_path
			 ? socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)
			 : -1;

	if (fd < 0)
		return -1;
	memcpy(at.sun_path, path, strlen(path) + 1);
	if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
		return fd;
	close(fd);
	return -1;
}

void forward_begin(struct up *u, unsigned i, const char *request)
{
	struct up_forward *e = &u->client[i].forward;

	if (request != e->request)
		snprintf(e->request, sizeof e->request, "%s", request);
	e->since_ns = up_now();
	e->greeted = false;
	e->fd = super_alive(&u->super.part[0]) ? reach(u->part[0].control) : -1;
	if (e->fd >= 0 && !up_watch(u, e->fd, UP_FORWARD, i))
		forward_end(u, i);
	if (e->fd < 0)
		down(u, i);
}

static bool ask(struct up *u, unsigned i)
{
	const struct up_client *c = &u->client[i];
	char text[CONTROL_SOCKET_REQUEST_BYTES + 64];
	int n = snprintf(text, sizeof text, CONTROL_SOCKET_AS "%u %u %d %s", (unsigned)c->who.uid,
			 (unsigned)c->who.gid, (int)c->who.pid, c->forward.request);

	return send(c->forward.fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) == n;
}

void forward_go(struct up *u, unsigned i)
{
	struct up_forward *e = &u->client[i].forward;
	char answer[CONTROL_SOCKET_ANSWER_BYTES + 1];
	ssize_t n = e->fd < 0 ? -1 : recv(e->fd, answer, sizeof answer - 1, MSG_DONTWAIT);

	if (e->fd < 0 || (n < 0 && errno == EAGAIN))
		return;
	if (n <= 0 || (!e->greeted && !ask(u, i))) {
		forward_end(u, i);
		down(u, i);
		return;
	}
	answer[n] = '\0';
	if (e->greeted)
		clients_answer(u, i, NULL, answer); // the part has written its line
	e->greeted = true;
}

static bool less(const char *request)
{
	return !strncmp(request, "kill", 4) || !strncmp(request, "halt", 4) || !strncmp(request, "reduce", 6);
}

void forward_late(struct up *u, unsigned i)
{
	struct up_forward *e = &u->client[i].forward;
	uint64_t since = e->fd < 0 ? 0 : up_now() - e->since_ns;
	char why[200];

	if (since > MODE_LATE_NS && less(e->request) && mode_write(u, i, e->request))
		return;
	if (since <= LATE_NS)
		return;
	snprintf(why, sizeof why,
		 "part %s is there, but gives no answer within %.1f s: whether it does it is not known",
		 u->super.part[0].name, (double)LATE_NS / 1e9);
	clients_refuse(u, i, why);
}
