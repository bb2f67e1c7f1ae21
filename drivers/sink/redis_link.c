/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/redis_link.h"

#include <stdio.h>
#include <sys/socket.h>

#include <hiredis/hiredis.h>

#include "drivers/sink/redis_words.h"
#include "lcore/base/num.h"

enum { SOCKET_BYTES = 1024 * 1024, RECORD = 16 * 1024 }; // RECORD: what TLS sends at once

bool redis_link_open(struct redis_link *l, const struct conf_redis *c, char *err, size_t err_len)
{
	const struct tls_conf tls = { "redis", c->ca_file, c->cert_file, c->key_file };

	*l = (struct redis_link){ .conf = c };
	return !c->tls || tls_open(&l->tls, &tls, err, err_len);
}

const char *redis_link_start(struct redis_link *l)
{
	struct conf_address to = { 0 };

	redis_link_stop(l);
	if (l->conf->server[0] == '/') {
		l->c = redisConnectUnixNonBlock(l->conf->server);
	} else {
		conf_parse_address(l->conf->server, &to);
		snprintf(l->at, sizeof l->at, "%u.%u.%u.%u", to.ip >> 24, to.ip >> 16 & 255, to.ip >> 8 & 255,
			 to.ip & 255);
		l->c = redisConnectNonBlock(l->at, to.port);
	}
	if (!l->c || l->c->err)
		return l->c ? l->c->errstr : "no memory";
	redis_bound(l->c->reader);
	return NULL;
}

// Returns NULL, or why TLS cannot begin.
static const char *settle(struct redis_link *l)
{
	const int bytes = SOCKET_BYTES; // as much as the host allows: a second's rows of many instruments
	const char *name = l->conf->server_name;

	if (l->conf->server[0] != '/')
		redisEnableKeepAlive(l->c);
	else
		setsockopt(l->c->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	return !l->tls.ctx || tls_begin(&l->tls, l->c->fd, name[0] ? name : l->at) ? NULL
										   : "no memory for TLS";
}

bool redis_link_ready(struct redis_link *l, const char **why)
{
	*why = NULL;
	if (!l->tls.ssl) {
		if (!sink_connected(l->c->fd, why) || (*why = settle(l)) != NULL)
			return false;
		if (!l->tls.ctx)
			return true;
	}
	int done = tls_greet(&l->tls);

	*why = done < 0 ? l->tls.why : NULL;
	return done > 0;
}

static const char *write_tls(struct redis_link *l)
{
	struct redis_out *o = &l->out;

	if (o->no_memory)
		return "no memory";
	while (redis_out_bytes(o)) {
		ssize_t n = tls_write(&l->tls, o->data + o->at, redis_out_bytes(o));

		if (n <= 0)
			return n ? l->tls.why : NULL;
		o->at += (size_t)n;
	}
	redis_out_clear(o);
	return NULL;
}

const char *redis_link_write(struct redis_link *l)
{
	return l->tls.ssl ? write_tls(l) : redis_out_write(&l->out, l->c->fd);
}

// What OpenSSL has read no socket tells of: all of it is taken. One that sends without end is given up by who
// parses, which it is asked to now and then.
const char *redis_link_read(struct redis_link *l)
{
	char text[RECORD];

	if (!l->tls.ssl)
		return redisBufferRead(l->c) == REDIS_OK ? NULL : l->c->errstr;
	for (int i = 0; i < 16; i++) {
		ssize_t n = tls_read(&l->tls, text, sizeof text);

		if (n <= 0)
			return n ? l->tls.why : NULL;
		if (redisReaderFeed(l->c->reader, text, (size_t)n) != REDIS_OK)
			return l->c->reader->errstr;
	}
	return NULL;
}

void redis_link_stop(struct redis_link *l)
{
	tls_end(&l->tls);
	if (l->c)
		redisFree(l->c);
	l->c = NULL;
	redis_out_clear(&l->out);
}

void redis_link_close(struct redis_link *l)
{
	redis_link_stop(l);
	tls_close(&l->tls);
	redis_out_close(&l->out);
}
