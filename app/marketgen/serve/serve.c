/* SPDX-License-Identifier: BSD-3-Clause */
// serve.c: sockets and time of `marketgen serve`. A request is read, waits for its delay, and is answered or
// dropped.
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/marketgen/serve/serve.h"
#include "lcore/base/calendar.h"

enum { CONNS = 16, WAITING = 4096, IN_BYTES = 2048, ANSWER_HEARTBEAT_S = 5 };

// A TCP client.
struct conn {
	struct serve_client client; // fd -1: free
	enum serve_protocol protocol;
	uint32_t serial;
	uint64_t beat_ns, answer_by_ns; // Pillar: next heartbeat, and by when it must be answered (0: it is)
	uint8_t in[IN_BYTES];
	size_t n_in;
};

// A request that waits for its delay.
struct waiting {
	uint64_t due_ns;
	enum serve_protocol protocol;
	enum recover_kind kind;
	struct recover_asked asked;
	struct serve_client client; // UDP
	int conn;                   // -1: UDP
	uint32_t serial;
};

static struct serve serve;
static struct conn conns[CONNS];
static struct waiting waiting[WAITING];
static uint64_t n_put, n_got, last_ns;
static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = 1;
}

static int listen_at(uint16_t port, int type)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(serve.conf.listen_ip) };
	int fd = port ? socket(AF_INET, type | SOCK_CLOEXEC, 0) : -1, on = 1;

	if (!port)
		return -1;
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) ||
	    (type == SOCK_STREAM && listen(fd, CONNS))) {
		fprintf(stderr, "marketgen serve: port %u: %s\n", port, strerror(errno));
		return -2;
	}
	return fd;
}

static bool open_sockets(void)
{
	const struct serve_conf *c = &serve.conf;
	struct ip_mreqn from = { .imr_address.s_addr = htonl(c->listen_ip) };
	unsigned char ttl = 4;

	for (int i = 0; i < SERVE_PROTOCOLS; i++)
		serve.udp[i] = serve.tcp[i] = -1;
	for (int i = 0; i < CONNS; i++)
		conns[i].client.fd = -1;
	serve.udp[SERVE_MOLD] = listen_at(c->mold_port, SOCK_DGRAM);
	serve.udp[SERVE_IEX_UDP] = listen_at(c->iex_udp_port, SOCK_DGRAM);
	serve.tcp[SERVE_IEX_TCP] = listen_at(c->iex_tcp_port, SOCK_STREAM);
	serve.tcp[SERVE_PILLAR] = listen_at(c->pillar_port, SOCK_STREAM);
	if (c->retransmit_interface && !(from.imr_ifindex = (int)if_nametoindex(c->retransmit_interface))) {
		fprintf(stderr, "marketgen serve: --retransmit-interface: there is no %s\n",
			c->retransmit_interface);
		return false;
	}
	serve.multicast = c->pillar_port ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
	if (serve.multicast >= 0 &&
	    (setsockopt(serve.multicast, IPPROTO_IP, IP_MULTICAST_IF, &from, sizeof from) ||
	     setsockopt(serve.multicast, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl))) {
		fprintf(stderr, "marketgen serve: no multicast can be sent from there: %s\n",
			strerror(errno));
		return false;
	}
	return serve.udp[SERVE_MOLD] != -2 && serve.udp[SERVE_IEX_UDP] != -2 &&
	       serve.tcp[SERVE_IEX_TCP] != -2 && serve.tcp[SERVE_PILLAR] != -2;
}

static void drop(struct conn *c)
{
	close(c->client.fd);
	c->client.fd = -1;
	c->serial++;
}

// A request is counted, and lost or put off.
static void requested(enum serve_protocol protocol, enum recover_kind kind, const struct recover_asked *asked,
		      const struct serve_client *client, int conn)
{
	last_ns = serve_now_ns();
	serve.stats.requests++;
	if (rng_chance(&serve.rng, serve.conf.drop) || n_put - n_got == WAITING) {
		serve.stats.dropped++;
		return;
	}
	waiting[n_put++ % WAITING] = (struct waiting){ .due_ns = last_ns + serve.conf.delay_ns,
						       .protocol = protocol,
						       .kind = kind,
						       .asked = *asked,
						       .client = *client,
						       .conn = conn,
						       .serial = conn < 0 ? 0 : conns[conn].serial };
}

static void answer_due(void)
{
	for (; n_got < n_put && waiting[n_got % WAITING].due_ns <= serve_now_ns(); n_got++) {
		struct waiting *w = &waiting[n_got % WAITING];

		if (w->conn < 0) {
			serve_answer(&serve, w->protocol, w->kind, &w->asked, &w->client);
			continue;
		}
		struct conn *c = &conns[w->conn];

		if (c->client.fd >= 0 && c->serial == w->serial &&
		    !serve_answer(&serve, w->protocol, w->kind, &w->asked, &c->client))
			drop(c);
	}
}

static void read_datagram(enum serve_protocol protocol)
{
	uint8_t in[IN_BYTES];
	struct serve_client client = { .fd = serve.udp[protocol] };
	socklen_t n_from = sizeof client.from;
	struct recover_asked asked;
	ssize_t n =
		recvfrom(client.fd, in, sizeof in, MSG_DONTWAIT, (struct sockaddr *)&client.from, &n_from);

	if (n < 0)
		return;
	enum recover_kind kind = protocol == SERVE_MOLD ? recover_mold64_asked(in, (size_t)n, &asked)
							: recover_iex_asked(in, (size_t)n, &asked);

	requested(protocol, kind == RECOVER_PART ? RECOVER_BROKEN : kind, &asked, &client, -1);
}

static void accept_one(enum serve_protocol protocol)
{
	int fd = accept(serve.tcp[protocol], NULL, NULL);
	struct timeval patience = { 2, 0 };
	int i = 0;

	while (i < CONNS && conns[i].client.fd >= 0)
		i++;
	if (fd < 0 || i == CONNS) {
		if (fd >= 0)
			close(fd);
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	conns[i] = (struct conn){ .client = { .fd = fd, .server_seq = 1 },
				  .protocol = protocol,
				  .serial = conns[i].serial + 1,
				  .beat_ns = serve_now_ns() + serve.conf.beat_ns };
}

static void read_conn(int i)
{
	struct conn *c = &conns[i];
	ssize_t n = recv(c->client.fd, c->in + c->n_in, sizeof c->in - c->n_in, MSG_DONTWAIT);
	size_t at = 0;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			drop(c);
		return;
	}
	c->n_in += (size_t)n;
	while (c->client.fd >= 0) {
		struct recover_asked asked;
		enum recover_kind kind = c->protocol == SERVE_PILLAR
						 ? recover_pillar_asked(c->in + at, c->n_in - at, &asked)
						 : recover_iex_asked(c->in + at, c->n_in - at, &asked);

		if (kind == RECOVER_PART)
			break;
		if (kind == RECOVER_NOTHING && c->protocol == SERVE_PILLAR)
			c->answer_by_ns = 0;
		else
			requested(c->protocol, kind, &asked, &c->client, i);
		if (kind == RECOVER_BROKEN) {
			c->n_in = 0;
			return;
		}
		at += asked.bytes;
	}
	memmove(c->in, c->in + at, c->n_in - at);
	c->n_in -= at;
	if (c->n_in == sizeof c->in)
		drop(c);
}

// NYSE: a heartbeat now and then; who does not answer in time is cut off.
static void keep_beating(uint64_t now)
{
	uint8_t out[RECOVER_REQUEST_MAX];

	for (int i = 0; i < CONNS; i++) {
		struct conn *c = &conns[i];

		if (c->client.fd < 0 || c->protocol != SERVE_PILLAR)
			continue;
		if (c->answer_by_ns && now > c->answer_by_ns) {
			drop(c);
			continue;
		}
		if (now < c->beat_ns)
			continue;
		c->beat_ns = now + serve.conf.beat_ns;
		c->answer_by_ns = c->answer_by_ns ? c->answer_by_ns : now + ANSWER_HEARTBEAT_S * NS_PER_S;
		if (send(c->client.fd, out, recover_pillar_heartbeat(c->client.server_seq++, now, out),
			 MSG_NOSIGNAL) < 0)
			drop(c);
	}
}

static void look(int timeout_ms)
{
	struct pollfd p[2 * SERVE_PROTOCOLS + CONNS];

	for (int i = 0; i < SERVE_PROTOCOLS; i++) {
		p[i] = (struct pollfd){ .fd = serve.udp[i], .events = POLLIN };
		p[SERVE_PROTOCOLS + i] = (struct pollfd){ .fd = serve.tcp[i], .events = POLLIN };
	}
	for (int i = 0; i < CONNS; i++)
		p[2 * SERVE_PROTOCOLS + i] = (struct pollfd){ .fd = conns[i].client.fd, .events = POLLIN };
	if (poll(p, sizeof p / sizeof *p, timeout_ms) <= 0)
		return;
	for (int i = 0; i < SERVE_PROTOCOLS; i++) {
		if (p[i].revents)
			read_datagram((enum serve_protocol)i);
		if (p[SERVE_PROTOCOLS + i].revents)
			accept_one((enum serve_protocol)i);
	}
	for (int i = 0; i < CONNS; i++)
		if (p[2 * SERVE_PROTOCOLS + i].revents && conns[i].client.fd == p[2 * SERVE_PROTOCOLS + i].fd)
			read_conn(i);
}

static bool over(uint64_t started_ns, uint64_t now)
{
	const struct serve_conf *c = &serve.conf;

	return stopped || (c->for_ns && now - started_ns > c->for_ns) ||
	       (c->idle_ns && now - last_ns > c->idle_ns) ||
	       (c->die_after && serve.stats.requests >= c->die_after);
}

int serve_main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int rc = serve_args(&serve.conf, argc, argv);

	if (rc)
		return rc == 1 ? 0 : rc;
	if (calendar_load())
		return 1;
	for (unsigned i = 0; i < serve.conf.n_captures; i++)
		if (serve_store_read(&serve.store, serve.conf.captures[i]))
			return 1;
	if (!open_sockets())
		return 1;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	rng_init(&serve.rng, serve.conf.seed, 7);
	printf("serving %llu messages of %u streams\n", (unsigned long long)serve.store.n_messages,
	       serve.store.n_streams);
	fflush(stdout);
	uint64_t started_ns = last_ns = serve_now_ns(), now = started_ns;

	for (; !over(started_ns, now); now = serve_now_ns()) {
		look(n_got < n_put ? 0 : 20);
		answer_due();
		keep_beating(now);
	}
	const struct serve_stats *t = &serve.stats;

	printf("{\"requests\": %llu, \"answers\": %llu, \"messages\": %llu, \"dropped\": %llu, \"refused\": %llu, \"invalid\": %llu}\n",
	       (unsigned long long)t->requests, (unsigned long long)t->answers,
	       (unsigned long long)t->messages, (unsigned long long)t->dropped,
	       (unsigned long long)t->refused, (unsigned long long)t->invalid);
	serve_store_free(&serve.store);
	return 0;
}
