/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/nats_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_ROOM = NATS_LINE + NATS_MESSAGE + 64 }; // the longest message, whole

bool nats_link_open(struct nats_link *l, const struct conf_jetstream *c, size_t out_room, char *err,
		    size_t err_len)
{
	const struct tls_conf tls = { "jetstream", c->ca_file, c->cert_file, c->key_file };

	*l = (struct nats_link){ .fd = -1,
				 .name = c->server_name,
				 .out = malloc(out_room),
				 .in = malloc(IN_ROOM),
				 .out_room = out_room };
	return l->out && l->in && (!c->tls || tls_open(&l->tls, &tls, err, err_len));
}

const char *nats_link_start(struct nats_link *l, const struct conf_address *to)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(to->port),
				  .sin_addr.s_addr = htonl(to->ip) };
	int on = 1;

	inet_ntop(AF_INET, &at.sin_addr, l->at, sizeof l->at);
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return strerror(errno);
	setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(l->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	if (connect(l->fd, (struct sockaddr *)&at, sizeof at) && errno != EINPROGRESS)
		return strerror(errno);
	return NULL;
}

const char *nats_link_secure(struct nats_link *l)
{
	if (l->in_n != l->in_at)
		return "something came in the clear where TLS begins";
	l->in_n = l->in_at = 0;
	return tls_begin(&l->tls, l->fd, l->name[0] ? l->name : l->at) ? NULL : "no memory for TLS";
}

int nats_link_secured(struct nats_link *l) { return tls_greet(&l->tls); }

char *nats_link_space(struct nats_link *l, size_t *room)
{
	if (l->out_at) {
		memmove(l->out, l->out + l->out_at, l->out_n - l->out_at);
		l->out_n -= l->out_at;
		l->out_at = 0;
	}
	*room = l->out_room - l->out_n;
	return l->out + l->out_n;
}

void nats_link_add(struct nats_link *l, size_t bytes) { l->out_n += bytes; }

static const char *write_tls(struct nats_link *l)
{
	while (l->out_at < l->out_n) {
		ssize_t n = tls_write(&l->tls, l->out + l->out_at, l->out_n - l->out_at);

		if (n <= 0)
			return n ? l->tls.why : NULL;
		l->out_at += (size_t)n;
	}
	return NULL;
}

const char *nats_link_write(struct nats_link *l)
{
	if (l->tls.ssl)
		return write_tls(l);
	while (l->out_at < l->out_n) {
		ssize_t n = send(l->fd, l->out + l->out_at, l->out_n - l->out_at, MSG_NOSIGNAL);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return NULL;
		if (n <= 0)
			return n ? strerror(errno) : "nothing could be sent";
		l->out_at += (size_t)n;
	}
	return NULL;
}

// Each read has one record at most, and what OpenSSL has read no socket tells of.
static const char *read_tls(struct nats_link *l)
{
	while (l->in_n < IN_ROOM) {
		ssize_t n = tls_read(&l->tls, l->in + l->in_n, IN_ROOM - l->in_n);

		if (n <= 0)
			return n ? l->tls.why : NULL;
		l->in_n += (size_t)n;
	}
	return NULL;
}

const char *nats_link_read(struct nats_link *l)
{
	if (l->in_at) {
		memmove(l->in, l->in + l->in_at, l->in_n - l->in_at);
		l->in_n -= l->in_at;
		l->in_at = 0;
	}
	if (l->tls.ssl)
		return read_tls(l);
	ssize_t n = recv(l->fd, l->in + l->in_n, IN_ROOM - l->in_n, 0);

	if (!n)
		return "the server has ended the connection";
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
	l->in_n += (size_t)n;
	return NULL;
}

long nats_link_next(struct nats_link *l, struct nats_said *said)
{
	long n = nats_read(l->in + l->in_at, l->in_n - l->in_at, said);

	if (n > 0)
		l->in_at += (size_t)n;
	return n;
}

void nats_link_stop(struct nats_link *l)
{
	tls_end(&l->tls);
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->out_n = l->out_at = l->in_n = l->in_at = 0;
}

void nats_link_close(struct nats_link *l)
{
	if (l->out || l->in)
		nats_link_stop(l);
	tls_close(&l->tls);
	free(l->out);
	free(l->in);
	*l = (struct nats_link){ .fd = -1 };
}
