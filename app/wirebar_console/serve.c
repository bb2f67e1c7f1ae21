/* SPDX-License-Identifier: BSD-3-Clause */
// serve.c: the HTTP server: who may come in, how long each may take, and the way of a request: its headers,
// its body, its answer, which may have to wait for a job.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "app/wirebar_console/become.h"
#include "app/wirebar_console/console.h"
#include "app/wirebar_console/reply.h"
#include "app/wirebar_console/route.h"
#include "lcore/base/thread.h"

static const char *header(struct MHD_Connection *from, const char *name)
{
	return MHD_lookup_connection_value(from, MHD_HEADER_KIND, name);
}

// The connection's place among guests, from 1; 0: it has none.
static intptr_t place_of(struct MHD_Connection *of)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(of, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? (intptr_t)info->socket_context : 0;
}

int serve_fd(struct MHD_Connection *of)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(of, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

void serve_turn(struct console *c, struct MHD_Connection *of, enum guest_state state)
{
	intptr_t place = place_of(of);

	if (!place)
		return;
	pthread_mutex_lock(&c->guests_lock);
	guests_turn(&c->guests, (int)place - 1, state, view_now_ns());
	pthread_mutex_unlock(&c->guests_lock);
}

// The library closes what was shut down; until it says so, the descriptor is that connection's.
static void shut(int fd)
{
	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

static void on_connection(void *cls, struct MHD_Connection *of, void **context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct console *c = cls;
	int evict = -1;

	pthread_mutex_lock(&c->guests_lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		int place = guests_enter(&c->guests, serve_fd(of), view_now_ns(), &evict);

		*context = (void *)(intptr_t)(place + 1);
		shut(evict);
		if (place < 0)
			shut(serve_fd(of));
	} else if (*context) {
		guests_leave(&c->guests, (int)(intptr_t)*context - 1);
	}
	pthread_mutex_unlock(&c->guests_lock);
}

static void on_completed(void *cls, struct MHD_Connection *of, void **state,
			 enum MHD_RequestTerminationCode why)
{
	struct request *r = *state;

	(void)why;
	serve_turn(cls, of, GUEST_IDLE);
	if (r)
		free(r->job.text);
	free(r);
	*state = NULL;
}

static enum MHD_Result refuse(struct console *c, struct MHD_Connection *to, unsigned status, const char *why)
{
	pthread_mutex_lock(&c->view.lock);
	c->view.count.refused++;
	pthread_mutex_unlock(&c->view.lock);
	return reply_text(to, status, why);
}

// The first call comes before the body: what is refused is refused without reading it.
static enum MHD_Result begin(struct console *c, struct MHD_Connection *to, const char *url,
			     const char *method, void **state)
{
	unsigned status;
	const char *rest;

	if (!door_host(&c->door, header(to, "Host")))
		return refuse(c, to, MHD_HTTP_MISDIRECTED_REQUEST,
			      "this server does not go by that name (console.hosts)\n");
	if (!door_origin(&c->door, header(to, "Origin")))
		return refuse(c, to, MHD_HTTP_FORBIDDEN, "asked by a page of another origin\n");
	const struct route *route = route_find(method, url, &rest, &status);

	if (!route)
		return reply_text(to, status,
				  status == MHD_HTTP_NOT_FOUND ? "no such page\n" : "not by that method\n");
	struct request *r = calloc(1, sizeof *r);

	if (!r)
		return MHD_NO;
	r->route = route;
	snprintf(r->words, sizeof r->words, "%s", rest);
	*state = r;
	return MHD_YES;
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *to, const char *url, const char *method,
			      const char *version, const char *data, size_t *data_bytes, void **state)
{
	struct console *c = cls;
	struct request *r = *state;

	(void)version;
	if (!r)
		return begin(c, to, url, method, state);
	if (*data_bytes) {
		size_t n = *data_bytes, room = sizeof r->body - 1 - r->body_bytes;

		r->too_long = r->too_long || n > room;
		if (!r->too_long)
			memcpy(r->body + r->body_bytes, data, n), r->body_bytes += n;
		*data_bytes = 0;
		return MHD_YES;
	}
	if (r->job.done)
		return reply_job(to, &r->job);
	serve_turn(c, to, GUEST_SERVED);
	if (r->too_long || (r->body_bytes && r->route->takes != ROUTE_BODY))
		return refuse(c, to, MHD_HTTP_CONTENT_TOO_LARGE,
			      "found a body that is longer than allowed\n");
	return r->route->handler(c, to, r);
}

static void wake(void *connection) { MHD_resume_connection(connection); }

static void job_done(struct job *j)
{
	j->done = true;
	MHD_resume_connection(j->to);
}

// Ends who is too slow, and gives pages their snapshots.
static void *tick(void *arg)
{
	struct console *c = arg;
	const uint64_t period_ns = UINT64_C(1000000000) / c->streams.rate;
	uint64_t due_ns = view_now_ns();

	while (!__atomic_load_n(&c->ends, __ATOMIC_ACQUIRE)) {
		uint64_t now_ns = view_now_ns(), evicted;

		pthread_mutex_lock(&c->guests_lock);
		for (int fd; (fd = guests_overdue(&c->guests, now_ns)) >= 0;)
			shut(fd);
		evicted = c->guests.evicted;
		pthread_mutex_unlock(&c->guests_lock);
		pthread_mutex_lock(&c->view.lock);
		c->view.count.evicted = evicted;
		pthread_mutex_unlock(&c->view.lock);
		stream_tick(&c->streams, now_ns);
		// Late ticks are left out.
		due_ns = due_ns + period_ns > now_ns ? due_ns + period_ns : now_ns + period_ns;
		clock_nanosleep(
			CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec){ (time_t)(due_ns / 1000000000), (long)(due_ns % 1000000000) },
			NULL);
	}
	return NULL;
}

static int start(struct console *c, int fd)
{
	c->asker.of.control_path = c->conf.run.control_path;
	c->jobs = (struct jobs){ .of = c->asker.of, .wake = job_done };
	c->streams = (struct streams){ .view = &c->view,
				       .rate = (unsigned)c->conf.console.updates,
				       .control = c->token[0] != '\0',
				       .wake = wake,
				       .close = shut };
	c->view.rate = c->streams.rate;
	pthread_mutex_init(&c->streams.lock, NULL);
	pthread_mutex_init(&c->guests_lock, NULL);
	c->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
				     answer, c, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
				     (unsigned)GUESTS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				     (size_t)CONSOLE_REQUEST_BYTES, MHD_OPTION_CONNECTION_TIMEOUT,
				     (unsigned)GUESTS_SERVE_S, MHD_OPTION_STRICT_FOR_CLIENT, 1,
				     MHD_OPTION_NOTIFY_CONNECTION, on_connection, c,
				     MHD_OPTION_NOTIFY_COMPLETED, on_completed, c, MHD_OPTION_END);
	if (!c->daemon)
		return errno ? -errno : -EIO;
	int rc = job_start(&c->jobs);

	rc = rc ? rc : thread_start(&c->ticker, "wb-console-tick", tick, c);
	if (rc) {
		job_stop(&c->jobs);
		MHD_stop_daemon(c->daemon);
	}
	return rc;
}

int serve_start(struct console *c)
{
	char host[CONF_STR_BYTES], why[CONF_STR_BYTES + 160];

	if (c->conf.console.token_file[0] &&
	    !token_read(c->conf.console.token_file, c->token, why, sizeof why)) {
		fprintf(stderr, "wirebar console: console.token_file: %s\n", why);
		return -EINVAL;
	}
	int fd = listen_at(c->conf.console.listen, host, &c->port);

	if (fd < 0)
		return fd;
	if (!door_init(&c->door, host, c->port, c->conf.console.hosts)) {
		fprintf(stderr, "wirebar console: console.hosts: allowed: %d names\n", DOOR_NAMES - 4);
		close(fd);
		return -EINVAL;
	}
	if (become_user(&c->conf)) { // before there is a thread that serves strangers
		close(fd);
		return -EPERM;
	}
	int rc = start(c, fd);

	if (rc) {
		fprintf(stderr, "wirebar console: the HTTP server does not start: %s\n", strerror(-rc));
		if (!c->daemon)
			close(fd);
		return -EIO;
	}
	fprintf(stderr, "wirebar console: http://%s%s%s:%u/\n", strchr(host, ':') ? "[" : "", host,
		strchr(host, ':') ? "]" : "", c->port);
	return 0;
}

// The library does not end while a connection sleeps.
void serve_stop(struct console *c)
{
	__atomic_store_n(&c->ends, true, __ATOMIC_RELEASE);
	pthread_join(c->ticker, NULL);
	job_stop(&c->jobs);
	stream_end(&c->streams);
	MHD_stop_daemon(c->daemon);
}
