/* SPDX-License-Identifier: BSD-3-Clause */
// redis_link.h: a connection to a Redis server that never waits, in the clear or by TLS, of which hiredis
// before 1.0 knows nothing: it parses answers, whoever has read them. One thread.
#ifndef WB_SINK_REDIS_LINK_H
#define WB_SINK_REDIS_LINK_H

#include "conf/conf.h"
#include "drivers/sink/redis_out.h"
#include "drivers/sink/tls.h"

struct redisContext;

struct redis_link {
	const struct conf_redis *conf;
	struct redisContext *c; // NULL: no connection; its reader has what has been received
	struct tls tls;         // ctx NULL: none is spoken
	struct redis_out out;   // to be written
	char at[16];            // the server's IP address
};

// redis_link_open takes what TLS needs. Returns false with a text in err. redis_link_close accepts a zeroed
// one.
bool redis_link_open(struct redis_link *l, const struct conf_redis *c, char *err, size_t err_len);
void redis_link_close(struct redis_link *l);
// redis_link_start begins to connect; what was not written to the one before is forgotten. Returns NULL, or
// what was wrong, valid until redis_link_stop.
const char *redis_link_start(struct redis_link *l);
// redis_link_ready goes on with connecting, and the greeting of TLS: returns true when commands may be sent,
// else with *why set where it failed.
bool redis_link_ready(struct redis_link *l, const char **why);
// redis_link_write writes as much as can be now, redis_link_read takes what has come. Both return NULL, or
// why the connection is no more.
const char *redis_link_write(struct redis_link *l);
const char *redis_link_read(struct redis_link *l);
// redis_link_stop ends the connection.
void redis_link_stop(struct redis_link *l);

#endif
