/* SPDX-License-Identifier: BSD-3-Clause */
// conf_sinks.c: what the sinks are told, and that a configured one has an lcore that hands on.
#include <errno.h>
#include <string.h>

#include "conf/key.h"
#include "conf/topo_parts.h"

// What somebody has written in a section, and where.
struct written {
	const char *section, *key, *value;
	unsigned line, most;
};

static int refuse_servers(const struct conf *c, const struct written *w, const char *found,
			  struct conf_error *err)
{
	char quoted[80];

	key_quote(found, quoted, sizeof quoted);
	return conf_fail(err, c, w->line, "[%s] servers: found %s, allowed: 1 to %u of IP:port", w->section,
			 quoted, w->most);
}

static int servers(const struct conf *c, const struct written *w, struct conf_address *out,
		   struct conf_error *err)
{
	const char *cursor = w->value;
	struct conf_item item;
	unsigned n = 0;

	while (conf_list_next(&cursor, ',', &item))
		if (n == w->most || conf_parse_address(item.text, &out[n++]))
			return refuse_servers(c, w, item.text, err);
	return n ? (int)n : refuse_servers(c, w, "", err);
}

int conf_jetstream_servers(const struct conf *c, struct conf_address out[CONF_NATS_MAX],
			   struct conf_error *err)
{
	const struct written w = { "jetstream", "servers", c->jetstream.servers, LINE(&c->jetstream, servers),
				   CONF_NATS_MAX };

	return servers(c, &w, out, err);
}

// One token of a subject: it separates nothing, and stands for nothing else.
static bool is_token(const char *text, size_t most)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

	return n && n <= most && !text[n];
}

static int check_tokens(const struct conf *c, const struct written *w, unsigned n, struct conf_error *err)
{
	char quoted[80];

	for (const struct written *end = w + n; w < end; w++) {
		if (is_token(w->value, w->most))
			continue;
		key_quote(w->value, quoted, sizeof quoted);
		return conf_fail(err, c, w->line,
				 "[%s] %s: found %s, allowed: 1 to %u letters, digits, - and _", w->section,
				 w->key, quoted, w->most);
	}
	return 0;
}

// Of a section: file[0] the authorities, [1] and [2] our certificate and its key, more of the kind up to n.
static int check_tls(const struct conf *c, bool tls, unsigned tls_line, const struct written *file,
		     unsigned n, struct conf_error *err)
{
	const struct written *ca = file, *cert = file + 1, *key = file + 2;

	for (const struct written *w = file; !tls && w < file + n; w++)
		if (w->value[0])
			return conf_fail(err, c, w->line,
					 "[%s] %s: found a value, allowed: none without tls = yes",
					 w->section, w->key);
	if (tls && !ca->value[0])
		return conf_fail(err, c, tls_line, "[%s] tls: found yes without ca_file, allowed: with it",
				 ca->section);
	if (!cert->value[0] != !key->value[0])
		return conf_fail(err, c, cert->value[0] ? cert->line : key->line,
				 "[%s] cert_file, key_file: found one, allowed: both or none", ca->section);
	return 0;
}

// Who we are, and to whom that is said.
static int check_nats_keys(const struct conf *c, struct conf_error *err)
{
	const struct conf_jetstream *j = &c->jetstream;
	const struct written file[] = { { "jetstream", "ca_file", j->ca_file, LINE(j, ca_file), 0 },
					{ "jetstream", "cert_file", j->cert_file, LINE(j, cert_file), 0 },
					{ "jetstream", "key_file", j->key_file, LINE(j, key_file), 0 },
					{ "jetstream", "server_name", j->server_name, LINE(j, server_name),
					  0 } };

	if (check_tls(c, j->tls, LINE(j, tls), file, sizeof file / sizeof *file, err))
		return -EINVAL;
	if (j->nkey_file[0] && (j->user[0] || j->password_file[0]))
		return conf_fail(
			err, c, LINE(j, nkey_file),
			"[jetstream] nkey_file: found user or password_file as well, allowed: either");
	return 0;
}

static int check_jetstream(const struct conf *c, struct conf_error *err)
{
	const struct conf_jetstream *j = &c->jetstream;
	const struct written token[] = { { "jetstream", "stream", j->stream, LINE(j, stream), 64 },
					 { "jetstream", "subject", j->subject, LINE(j, subject), 32 },
					 { "jetstream", "site", j->site, LINE(j, site), 24 } };
	struct conf_address address[CONF_NATS_MAX];

	if (conf_jetstream_servers(c, address, err) < 0 ||
	    check_tokens(c, token, sizeof token / sizeof *token, err) || check_nats_keys(c, err))
		return -EINVAL;
	if (j->max_age_ns && j->window_ns > j->max_age_ns)
		return conf_fail(err, c, LINE(j, window_ns),
				 "[jetstream] window: found more than max_age, allowed: at most as long");
	return 0;
}

// Names of topics and groups are of letters, digits, '.', '-' and '_'.
static int check_kafka(const struct conf *c, struct conf_error *err)
{
	const struct conf_kafka *k = &c->kafka;
	const struct written token[] = { { "kafka", "topic", k->topic, LINE(k, topic), 32 },
					 { "kafka", "site", k->site, LINE(k, site), 24 } },
			     list = { "kafka", "servers", k->servers, LINE(k, servers), CONF_NATS_MAX },
			     file[] = { { "kafka", "ca_file", k->ca_file, LINE(k, ca_file), 0 },
					{ "kafka", "cert_file", k->cert_file, LINE(k, cert_file), 0 },
					{ "kafka", "key_file", k->key_file, LINE(k, key_file), 0 } };
	struct conf_address address[CONF_NATS_MAX];

	if (!conf_kafka_built)
		return conf_fail(
			err, c, LINE(k, enabled),
			"[kafka] enabled: found yes, allowed: no (this program was built without librdkafka)");
	if (servers(c, &list, address, err) < 0 || check_tls(c, k->tls, LINE(k, tls), file, 3, err))
		return -EINVAL;
	return check_tokens(c, token, 2, err);
}

static int check_redis(const struct conf *c, struct conf_error *err)
{
	const struct conf_redis *r = &c->redis;
	const struct written file[] = { { "redis", "ca_file", r->ca_file, LINE(r, ca_file), 0 },
					{ "redis", "cert_file", r->cert_file, LINE(r, cert_file), 0 },
					{ "redis", "key_file", r->key_file, LINE(r, key_file), 0 },
					{ "redis", "server_name", r->server_name, LINE(r, server_name), 0 } };
	struct conf_address address;

	if (r->server[0] != '/' && conf_parse_address(r->server, &address))
		return conf_fail(
			err, c, LINE(r, server),
			"[redis] server: found \"%.100s\", allowed: the path of a socket, or IP:port",
			r->server);
	if (r->server[0] == '/' && r->tls)
		return conf_fail(
			err, c, LINE(r, tls),
			"[redis] tls: found yes with a socket of this machine, allowed: with IP:port");
	return check_tls(c, r->tls, LINE(r, tls), file, sizeof file / sizeof *file, err);
}

int conf_sinks_check(const struct conf *c, unsigned gateways, struct conf_error *err)
{
	const struct {
		bool wanted;
		const char *section, *key;
		unsigned line;
	} sink[] = { { c->redis.enabled, "redis", "enabled", LINE(&c->redis, enabled) },
		     { c->jetstream.enabled, "jetstream", "enabled", LINE(&c->jetstream, enabled) },
		     { c->kafka.enabled, "kafka", "enabled", LINE(&c->kafka, enabled) },
		     { c->tail.path[0], "tail", "path", LINE(&c->tail, path) } };

	if ((c->redis.enabled && check_redis(c, err)) || (c->jetstream.enabled && check_jetstream(c, err)) ||
	    (c->kafka.enabled && check_kafka(c, err)))
		return -EINVAL;
	for (unsigned i = 0; i < sizeof sink / sizeof *sink; i++)
		if (sink[i].wanted && gateways != 1)
			return conf_fail(
				err, c, sink[i].line,
				"[%s] %s: found %u lcores of stage gateway, allowed: one, which hands on",
				sink[i].section, sink[i].key, gateways);
	return 0;
}
