/* SPDX-License-Identifier: BSD-3-Clause */
// conf_sinks.c: what the sinks are told, and that a configured one has an lcore that hands on.
#include <errno.h>
#include <string.h>

#include "conf/key.h"
#include "conf/topo_parts.h"

static int refuse_servers(const struct conf *c, const char *found, struct conf_error *err)
{
	char quoted[80];

	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, LINE(&c->jetstream, servers),
			 "[jetstream] servers: found %s, allowed: 1 to %d of IP:port", quoted, CONF_NATS_MAX);
}

int conf_jetstream_servers(const struct conf *c, struct conf_address out[CONF_NATS_MAX],
			   struct conf_error *err)
{
	const char *cursor = c->jetstream.servers;
	struct conf_item item;
	int n = 0;

	while (conf_list_next(&cursor, ',', &item))
		if (n == CONF_NATS_MAX || conf_parse_address(item.text, &out[n++]))
			return refuse_servers(c, item.text, err);
	return n ? n : refuse_servers(c, "", err);
}

// One token of a subject: it separates nothing, and stands for nothing else.
static bool is_token(const char *text, size_t most)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return n && n <= most && !text[n];
}

static int check_jetstream(const struct conf *c, struct conf_error *err)
{
	const struct conf_jetstream *j = &c->jetstream;
	const struct {
		const char *key, *value;
		unsigned line, most;
	} token[] = { { "stream", j->stream, LINE(j, stream), 64 },
		      { "subject", j->subject, LINE(j, subject), 32 },
		      { "site", j->site, LINE(j, site), 24 } };
	struct conf_address servers[CONF_NATS_MAX];
	char quoted[80];

	if (conf_jetstream_servers(c, servers, err) < 0)
		return -EINVAL;
	for (unsigned i = 0; i < sizeof token / sizeof *token; i++) {
		if (is_token(token[i].value, token[i].most))
			continue;
		key_quote(token[i].value, quoted, sizeof quoted);
		return conf_fail(err, c, token[i].line,
				 "[jetstream] %s: found %s, allowed: 1 to %u letters, digits, - and _",
				 token[i].key, quoted, token[i].most);
	}
	if (j->max_age_ns && j->window_ns > j->max_age_ns)
		return conf_fail(err, c, LINE(j, window_ns),
				 "[jetstream] window: found more than max_age, allowed: at most as long");
	return 0;
}

int conf_sinks_check(const struct conf *c, unsigned gateways, struct conf_error *err)
{
	struct conf_address address;
	const struct {
		bool wanted;
		const char *section, *key;
		unsigned line;
	} sink[] = { { c->redis.enabled, "redis", "enabled", LINE(&c->redis, enabled) },
		     { c->jetstream.enabled, "jetstream", "enabled", LINE(&c->jetstream, enabled) },
		     { c->tail.path[0], "tail", "path", LINE(&c->tail, path) } };

	if (c->redis.enabled && c->redis.server[0] != '/' && conf_parse_address(c->redis.server, &address))
		return conf_fail(
			err, c, LINE(&c->redis, server),
			"[redis] server: found \"%.100s\", allowed: the path of a socket, or IP:port",
			c->redis.server);
	if (c->jetstream.enabled && check_jetstream(c, err))
		return -EINVAL;
	for (unsigned i = 0; i < sizeof sink / sizeof *sink; i++)
		if (sink[i].wanted && gateways != 1)
			return conf_fail(
				err, c, sink[i].line,
				"[%s] %s: found %u lcores of stage gateway, allowed: one, which hands on",
				sink[i].section, sink[i].key, gateways);
	return 0;
}
