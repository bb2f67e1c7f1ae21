/* SPDX-License-Identifier: BSD-3-Clause */
// control.c: the control socket's thread: who may ask, one request after the other, a line for each.
//
// What cannot happen: a client that does not read, asks without end or sends garbage holds nobody up. A
// packet is one request (a half one is a short text, and refused), answers are never waited for, each client
// gets one request a round, a round with requests sleeps 2 ms, and eight requests that make no sense end a
// connection. A crowd cannot lock the operator out: when all places are taken, who has been quiet for the
// longest time makes room.
#include "app/wirebar/control.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "app/wirebar/control_peer.h"
#include "app/wirebar/control_socket.h"
#include "app/wirebar/privilege/privilege.h"
#include "app/wirebar/pulse.h"
#include "app/wirebar/trading.h"
#include "lcore/base/clock.h"
#include "lcore/base/text.h"
#include "lcore/base/thread.h"

enum {
	PLACES = CONTROL_SOCKET_PLACES,
	REQUEST_BYTES = CONTROL_SOCKET_REQUEST_BYTES,
	AS_BYTES = 64, // who asks, where a supervisor passes a request on
	ANSWER_BYTES = CONTROL_SOCKET_ANSWER_BYTES,
	GARBAGE_MAX = CONTROL_SOCKET_GARBAGE,
	IDLE_S = CONTROL_SOCKET_IDLE_S,
	ROUND_US = 2000,
	LOOK_MS = 200
};

struct client {
	int fd; // 0: free
	struct ucred who;
	time_t heard;
	unsigned garbage;
};

struct control_mode {
	const char *word;
	enum latch_mode mode;
	bool needs_reason;
};

static struct control {
	struct appliance *a;
	struct client client[PLACES];
	pthread_t thread;
	char path[256];
	FILE *audit;
	int listener, stop;
	bool runs;
} control;

const char *control_path(void) { return control.path; }

static time_t now_s(void) { return (time_t)(clock_monotonic_ns() / NS_PER_S); }

static void audit(const struct client *c, const char *command, const char *verdict)
{
	control_socket_audit(control.audit ? control.audit : stderr, &c->who, command, verdict);
}

static void leave(struct client *c)
{
	close(c->fd);
	*c = (struct client){ 0 };
}

static struct {
	const char *text;
	unsigned garbage;
	bool refused;
} hand; // the request in hand

// False when the client is gone, or does not read. The line of a request is written first: who has its answer
// finds it.
__attribute__((format(printf, 2, 3))) static bool say(const struct client *c, const char *format, ...)
{
	char text[ANSWER_BYTES];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	if (hand.text)
		audit(c, hand.text,
		      c->garbage > hand.garbage ? "not understood"
		      : hand.refused            ? "refused"
						: "ok");
	return send(c->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

static bool refuse(const struct client *c, const char *why)
{
	hand.refused = true;
	char text[1800];

	control_socket_json(why, text, sizeof text);
	return say(c, "{\"status\":\"error\",\"error\":\"%s\"}", text);
}

static bool set(struct client *c, char *request)
{
	char *key = request + strspn(request, " "), *value = key + strcspn(key, " "), why[600] = "";

	if (*value)
		*value++ = '\0';
	if (!*key) {
		c->garbage++;
		return refuse(c, "found no key, allowed: set SECTION.KEY VALUE");
	}
	if (control_set(control.a, key, value, why, sizeof why))
		return refuse(c, why);
	char shown_key[200], shown[1200];

	control_socket_json(key, shown_key, sizeof shown_key);
	control_socket_json(value, shown, sizeof shown);
	return say(c, "{\"status\":\"ok\",\"command\":\"set\",\"key\":\"%s\",\"value\":\"%s\"}", shown_key,
		   shown);
}

static bool reload(struct client *c, const char *path)
{
	struct control_reloaded done;
	char why[900] = "";

	path += strspn(path, " ");
	if (control_reload(control.a, path, &done, why, sizeof why))
		return refuse(c, why);
	return say(c,
		   "{\"status\":\"ok\",\"command\":\"reload\",\"gates\":%u,\"kept\":%u,\"new\":%u,"
		   "\"set\":\"%s\",\"restart\":\"%s\"}",
		   done.gates.gates, done.gates.kept, done.gates.gates - done.gates.kept, done.set,
		   done.restart);
}

// kill, halt, reduce, resume: the rest of the line is the reason.
static bool mode(struct client *c, const struct control_mode *m, const char *reason)
{
	char why[600] = "", shown[900];
	enum latch_mode before = trading_latch()->mode;

	control_raised(control.a); // what was raised before this word, not after it
	reason += strspn(reason, " ");
	if (!*reason && m->needs_reason) {
		c->garbage++;
		return refuse(c, "found no reason, allowed: resume REASON");
	}
	if (trading_set(m->mode, &c->who, m->word, *reason ? reason : "none given", why, sizeof why))
		return refuse(c, why);
	if (m->mode == LATCH_RUN && control_unlatch(control.a, why, sizeof why)) {
		snprintf(shown, sizeof shown,
			 "the mode is run now, but what the desk has latched itself is not cleared: %s", why);
		return refuse(c, shown);
	}
	control_socket_json(reason, shown, sizeof shown);
	return say(
		c,
		"{\"status\":\"ok\",\"command\":\"%s\",\"mode\":\"%s\",\"before\":\"%s\",\"reason\":\"%s\"}",
		m->word, latch_mode_name[m->mode], latch_mode_name[before], shown);
}

typedef int trade_word(struct appliance *a, const struct ucred *who, const char *words, char *text,
		       size_t text_bytes);

static bool trade(struct client *c, const char *command, trade_word *does, const char *words)
{
	char text[600] = "", shown[900];
	int rc = does(control.a, &c->who, words, text, sizeof text);

	c->garbage += rc == -EINVAL;
	if (rc)
		return refuse(c, text);
	control_socket_json(text, shown, sizeof shown);
	return say(c, "{\"status\":\"ok\",\"command\":\"%s\",\"done\":\"%s\"}", command, shown);
}

// What makes less possible needs no reason: nobody looks for words first.
static const struct control_mode modes[] = {
	{ "kill", LATCH_KILL, false },
	{ "halt", LATCH_HALT, false },
	{ "reduce", LATCH_REDUCE, false },
	{ "resume", LATCH_RUN, true },
};

// The mode whose word the request begins with, or NULL.
static const struct control_mode *mode_of(const char *request)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcspn(request, " ") == strlen(modes[i].word) &&
		    !strncmp(request, modes[i].word, strlen(modes[i].word)))
			return &modes[i];
	return NULL;
}

static bool end(struct client *c)
{
	control.a->plant.stop = true;
	return say(c, "{\"status\":\"ok\",\"command\":\"stop\",\"done\":\"it drains and ends\"}");
}

// A supervisor passes on what it was asked, in the name of who asked it. Returns the request without that.
static const char *in_whose_name(struct client *c, const char *packet)
{
	unsigned uid, gid;
	int pid, at = 0;

	if (c->who.pid != getppid() || !pulse_supervised() ||
	    sscanf(packet, CONTROL_SOCKET_AS "%u %u %d %n", &uid, &gid, &pid, &at) != 3 || !at)
		return packet;
	c->who = (struct ucred){ .pid = pid, .uid = uid, .gid = gid };
	return packet + at;
}

static void serve(struct client *c)
{
	const struct control_mode *m;
	const struct ucred own = c->who;

	char packet[REQUEST_BYTES + AS_BYTES + 1], request[REQUEST_BYTES + 1], asked[REQUEST_BYTES + 1];
	ssize_t n = recv(c->fd, packet, sizeof packet - 1, MSG_DONTWAIT | MSG_TRUNC);
	bool good;

	if (n <= 0) {
		leave(c);
		return;
	}
	c->heard = now_s();
	packet[(size_t)n < sizeof packet ? (size_t)n : sizeof packet - 1] = '\0';
	const char *of = in_whose_name(c, packet);

	n -= of - packet;
	snprintf(request, sizeof request, "%.*s", (int)strcspn(of, "\n"), of);
	memcpy(asked, request, sizeof asked);
	hand = (typeof(hand)){ .text = asked, .garbage = c->garbage };
	if (n > REQUEST_BYTES || strlen(request) + 1 < (size_t)n) {
		c->garbage++;
		good = refuse(c, n > REQUEST_BYTES ? "found a request longer than 1400 bytes"
						   : "found more than one line, or a NUL");
	} else if (!strncmp(request, "set ", 4) || !strcmp(request, "set")) {
		good = set(c, request + 3);
	} else if (!strncmp(request, "reload ", 7) || !strcmp(request, "reload")) {
		good = reload(c, request + 6);
	} else if ((m = mode_of(request)) != NULL) {
		good = mode(c, m, request + strlen(m->word));
	} else if (!strncmp(request, "flatten ", 8) || !strcmp(request, "flatten")) {
		good = trade(c, "flatten", control_flatten, request + 7);
	} else if (!strncmp(request, "adopt ", 6) || !strcmp(request, "adopt")) {
		good = trade(c, "adopt", control_adopt, request + 5);
	} else if (!strncmp(request, "debug ", 6) || !strcmp(request, "debug")) {
		good = trade(c, "debug", control_debug, request + 5);
	} else if (!strcmp(request, "stop")) {
		good = end(c);
	} else if (!strcmp(request, "parts") || !strncmp(request, "restart", 7)) {
		good = refuse(c, "no supervisor runs this process, allowed: under `wirebar up`");
	} else if (!strncmp(request, "capture ", 8) || !strcmp(request, "capture")) {
		good = trade(c, "capture", control_capture_words, request + 7);
	} else if (!strcmp(request, "ping")) {
		good = say(c, "{\"status\":\"ok\",\"command\":\"ping\",\"pid\":%d}", (int)getpid());
	} else {
		c->garbage++;
		good = refuse(
			c,
			"found no command of the control socket, allowed: set SECTION.KEY VALUE, reload, kill, "
			"halt, reduce, resume REASON, flatten REASON, adopt SYM QTY [PRICE] REASON, capture [on|off], "
			"debug stall LCORE MS, stop, ping");
	}
	hand.text = NULL;
	c->who = own;
	if (!good || c->garbage == GARBAGE_MAX)
		leave(c);
}

// A place that is free, or that of who has been quiet for the longest time.
static struct client *place(void)
{
	struct client *oldest = &control.client[0];

	for (int i = 0; i < PLACES; i++) {
		if (!control.client[i].fd)
			return &control.client[i];
		if (control.client[i].heard < oldest->heard)
			oldest = &control.client[i];
	}
	refuse(oldest, "another client takes this place");
	leave(oldest);
	return oldest;
}

static void welcome(void)
{
	struct client c = { .fd = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK),
			    .heard = now_s() };
	socklen_t len = sizeof c.who;

	if (c.fd < 0)
		return;
	if (getsockopt(c.fd, SOL_SOCKET, SO_PEERCRED, &c.who, &len) ||
	    !control_peer_may(c.fd, &c.who, privilege_peers())) {
		refuse(&c,
		       "not allowed: root, the user of the process and members of run.group may command it");
		audit(&c, "connect", "not allowed");
		close(c.fd);
		return;
	}
	if (say(&c, "{\"wirebar\":\"" WIREBAR_VERSION "\",\"pid\":%d}", (int)getpid()))
		*place() = c;
	else
		close(c.fd);
}

static void round_of(struct pollfd *p)
{
	bool busy = p[1].revents != 0;

	for (int i = 0; i < PLACES; i++) {
		struct client *c = &control.client[i];

		if (!c->fd || p[2 + i].fd != c->fd)
			continue;
		if (p[2 + i].revents) {
			serve(c);
			busy = true;
		} else if (now_s() - c->heard > IDLE_S) {
			leave(c);
		}
	}
	if (p[1].revents)
		welcome();
	if (busy)
		usleep(ROUND_US);
}

static void *run(void *arg)
{
	(void)arg;
	for (;;) {
		struct pollfd p[2 + PLACES] = { { .fd = control.stop, .events = POLLIN },
						{ .fd = control.listener, .events = POLLIN } };
		bool any = false;

		for (int i = 0; i < PLACES; i++) {
			p[2 + i] = (struct pollfd){ .fd = control.client[i].fd ? control.client[i].fd : -1,
						    .events = POLLIN };
			any |= control.client[i].fd != 0;
		}
		poll(p, 2 + PLACES, control_raises(control.a) ? LOOK_MS : any ? IDLE_S * 1000 : -1);
		control_raised(control.a);
		if (p[0].revents)
			return NULL;
		round_of(p);
	}
}

static int start_thread(void)
{
	int rc = thread_start(&control.thread, "wb-control", run, NULL);

	control.runs = rc == 0;
	return rc;
}

int control_start(struct appliance *a)
{
	const struct conf_run *c = &a->conf.run;

	if (!c->control && control_raises(a)) {
		fprintf(stderr,
			"wirebar: [run] control: found no, allowed where orders are live: yes (kill, and what a "
			"desk latches itself, go by it)\n");
		return -EINVAL;
	}
	if (!c->control)
		return 0;
	control.a = a;
	const char *of_part = pulse_supervised() ? getenv(CONTROL_SOCKET_ENV) : NULL;

	if (of_part)
		snprintf(control.path, sizeof control.path, "%s", of_part);
	else
		control_socket_path(control.path, sizeof control.path, c->control_path, a->socket_path);
	if (c->control_audit[0] && !(control.audit = fopen(c->control_audit, "ae"))) {
		fprintf(stderr, "wirebar: [run] control_audit: %s: %s\n", c->control_audit, strerror(errno));
		control.path[0] = '\0'; // what stands there is another's
		return -EIO;
	}
	control.stop = eventfd(0, EFD_CLOEXEC);
	control.listener = control.stop < 0   ? -errno
			   : control_covers() ? control_socket_open(control.path)
					      : -ENOSYS;
	int rc = control.listener < 0 ? control.listener
				      : control_peer_share(control.path, privilege_peers());

	rc = rc ? rc : start_thread();

	if (rc) {
		fprintf(stderr, "wirebar: control socket %s: %s%s\n", control.path, strerror(-rc),
			rc == -EADDRINUSE
				? ": a living process answers there; give this one a --file-prefix of its own"
				: "");
		control.path[0] = '\0';
	}
	return rc;
}

void control_stop(void)
{
	uint64_t one = 1;

	if (!control.runs)
		return;
	if (write(control.stop, &one, sizeof one) == sizeof one)
		pthread_join(control.thread, NULL);
	control.runs = false;
	for (int i = 0; i < PLACES; i++)
		if (control.client[i].fd)
			leave(&control.client[i]);
	close(control.listener);
	close(control.stop);
	unlink(control.path);
	if (control.audit)
		fclose(control.audit);
	control.audit = NULL;
}
