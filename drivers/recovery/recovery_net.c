/* SPDX-License-Identifier: BSD-3-Clause */
// recovery_net.c: sockets of the recovery service. UDP sockets are connected, so that only the server's
// datagrams come in and a host that refuses is heard of; TCP connections are made when something is to be
// asked.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/recovery/recovery_parts.h"

enum { IN_BYTES = 2 * RECOVER_ANSWER_MAX, DATAGRAMS = 64 };

static int make_socket(struct recovery *r, struct conn *c)
{
	const char *interface = c->server->conf->interface;
	int fd = socket(AF_INET,
			(c->server->protocol->connection ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK |
				SOCK_CLOEXEC,
			0);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = c };
	int on = 1, rc = 0;

	if (fd < 0)
		return -errno;
	if (interface[0] &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface) + 1))
		rc = -errno;
	if (c->server->protocol->connection) {
		ev.events |= EPOLLOUT | EPOLLET;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	}
	if (!rc && epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &ev))
		rc = -errno;
	if (rc) {
		close(fd);
		return rc;
	}
	c->fd = fd;
	return 0;
}

static int to_address(struct conn *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(c->address.port),
				  .sin_addr.s_addr = htonl(c->address.ip) };

	return connect(c->fd, (struct sockaddr *)&to, sizeof to) ? -errno : 0;
}

int recovery_net_open(struct recovery *r, struct server *s, char *err, size_t err_len)
{
	for (unsigned i = 0; i < s->n_conns; i++) {
		struct conn *c = &s->conn[i];
		int rc = 0;

		if (s->protocol->connection) {
			c->in = malloc(IN_BYTES);
			rc = c->in ? 0 : -ENOMEM;
		}
		if (s->conf->interface[0] && !if_nametoindex(s->conf->interface))
			rc = -ENODEV;
		if (!rc && !s->protocol->connection) {
			rc = make_socket(r, c);
			rc = rc ? rc : to_address(c);
			c->state = CONN_OPEN;
		}
		if (rc) {
			snprintf(err, err_len, "[server %s] cannot be asked from %s%s: %s", s->conf->name,
				 s->conf->interface[0] ? "interface " : "here", s->conf->interface,
				 strerror(-rc));
			return rc;
		}
	}
	return 0;
}

void recovery_net_close(struct server *s)
{
	for (unsigned i = 0; i < s->n_conns; i++) {
		if (s->conn[i].fd >= 0)
			close(s->conn[i].fd);
		free(s->conn[i].in);
	}
}

void recovery_net_drop(struct recovery *r, struct conn *c)
{
	(void)r;
	if (c->fd >= 0)
		close(c->fd); // leaves the epoll set with it
	c->fd = -1;
	c->state = CONN_CLOSED;
	c->n_in = c->n_out = 0;
	c->stalled = false;
	c->job = NULL;
	c->own_seq = 0;
}

static bool begin_connection(struct recovery *r, struct conn *c)
{
	int rc = make_socket(r, c);

	rc = rc ? rc : to_address(c);
	if (rc && rc != -EINPROGRESS) {
		recovery_net_drop(r, c);
		recover_server_failed(&c->health, c->server->policy.tries, true, r->now_ns);
		return false;
	}
	c->server->stats.connects++;
	c->state = CONN_CONNECTING;
	return true;
}

static bool push_out(struct conn *c)
{
	ssize_t n = send(c->fd, c->out, c->n_out, MSG_NOSIGNAL);

	if (n == (ssize_t)c->n_out)
		c->n_out = 0;
	return n >= 0 && c->n_out == 0;
}

bool recovery_net_send(struct recovery *r, struct conn *c, const uint8_t *bytes, size_t n)
{
	if (!c->server->protocol->connection) {
		if (send(c->fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n)
			return true;
		recover_server_failed(&c->health, c->server->policy.tries,
				      errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH,
				      r->now_ns);
		return false;
	}
	if (c->state == CONN_CLOSED && !begin_connection(r, c))
		return false;
	if (c->state == CONN_CONNECTING && c->n_out) // one request may wait for the connection
		return false;
	memcpy(c->out, bytes, n);
	c->n_out = n;
	if (c->state == CONN_CONNECTING || push_out(c))
		return true;
	recovery_net_drop(r, c);
	recover_server_failed(&c->health, c->server->policy.tries, true, r->now_ns);
	return false;
}

static void datagrams(struct recovery *r, struct conn *c)
{
	uint8_t bytes[RECOVER_PACKET_MAX + 1]; // one more shows what is too long

	c->stalled = false; // what could not be handed on is requested again
	for (int i = 0; i < DATAGRAMS; i++) {
		ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);

		if (n < 0) {
			if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
				r->lost(r, c, true);
			return;
		}
		r->take(r, c, bytes, (size_t)n);
	}
}

void recovery_net_take(struct recovery *r, struct conn *c)
{
	size_t at = 0;

	c->stalled = false;
	while (at < c->n_in) {
		int used = r->take(r, c, c->in + at, c->n_in - at);

		if (used < 0)
			r->lost(r, c, false);
		if (c->fd < 0) // dropped
			return;
		if (!used)
			break;
		at += (size_t)used;
	}
	memmove(c->in, c->in + at, c->n_in - at);
	c->n_in -= at;
}

static void connected(struct recovery *r, struct conn *c)
{
	int why = 0;
	socklen_t n = sizeof why;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = c };

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &why, &n);
	if (why || epoll_ctl(r->epoll, EPOLL_CTL_MOD, c->fd, &ev)) {
		r->lost(r, c, true);
		return;
	}
	c->state = CONN_OPEN;
	if (c->n_out && !push_out(c))
		r->lost(r, c, true);
}

static void read_stream(struct recovery *r, struct conn *c)
{
	while (c->fd >= 0 && !c->stalled && c->n_in < IN_BYTES) {
		ssize_t n = recv(c->fd, c->in + c->n_in, IN_BYTES - c->n_in, 0);

		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
			return;
		if (n <= 0) {
			r->lost(r, c, false);
			return;
		}
		c->n_in += (size_t)n;
		recovery_net_take(r, c);
	}
}

void recovery_net_ready(struct recovery *r, struct conn *c, uint32_t events)
{
	if (!c->server->protocol->connection) {
		datagrams(r, c);
		return;
	}
	if (c->fd >= 0 && c->state == CONN_CONNECTING && events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
		connected(r, c);
	if (c->stalled)
		recovery_net_take(r, c);
	if (c->fd >= 0 && c->state == CONN_OPEN && events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))
		read_stream(r, c);
}
