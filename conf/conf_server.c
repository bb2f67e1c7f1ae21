/* SPDX-License-Identifier: BSD-3-Clause */
// conf_server.c: the [server] sections: addresses, and what each protocol needs besides.
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

int conf_parse_address(const char *text, struct conf_address *out)
{
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN], *end;
	struct in_addr ip;

	if (!colon || (size_t)(colon - text) >= sizeof host || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	unsigned long port = strtoul(colon + 1, &end, 10);

	if (*end || port < 1 || port > 65535 || inet_pton(AF_INET, host, &ip) != 1)
		return -EINVAL;
	*out = (struct conf_address){ .ip = ntohl(ip.s_addr), .port = (uint16_t)port };
	return 0;
}

int conf_server_addresses(const struct conf *c, const struct conf_server *s, struct conf_address *out,
			  unsigned max, struct conf_error *err)
{
	const char *cursor = s->addresses;
	struct conf_item item;
	unsigned n = 0;

	while (conf_list_next(&cursor, ',', &item)) {
		if (n == max)
			return conf_fail(err, c, s->addresses_line,
					 "[server %s] addresses: found more, allowed: %u", s->name, max);
		if (conf_parse_address(item.text, &out[n++]))
			return conf_fail(err, c, s->addresses_line,
					 "[server %s] addresses: found \"%s\", allowed: IP:port", s->name,
					 item.text);
	}
	if (!n)
		return conf_fail(err, c, s->line, "[server %s] addresses: found none, allowed: IP:port,...",
				 s->name);
	return (int)n;
}

// An AF_XDP port takes every frame of its interface, also those of the kernel's sockets.
static bool taken_by_port(const struct conf *c, const char *interface)
{
	char iface[CONF_STR_BYTES + 8];

	snprintf(iface, sizeof iface, "iface=%s", interface);
	for (unsigned i = 0; i < c->n_port; i++) {
		const char *at = strstr(c->port[i].device, iface);

		if (at && strstr(c->port[i].device, "net_af_xdp") &&
		    (at[strlen(iface)] == '\0' || at[strlen(iface)] == ','))
			return true;
	}
	return false;
}

int conf_server_check(const struct conf *c, const struct conf_server *s, struct conf_error *err)
{
	struct conf_address address[CONF_ADDRESS_MAX];
	size_t id = strlen(s->source_id);

	if (conf_server_addresses(c, s, address, CONF_ADDRESS_MAX, err) < 0)
		return -EINVAL;
	if (s->protocol == CONF_RECOVERY_PILLAR && (id < 1 || id > 10))
		return conf_fail(err, c, s->source_id_line ? s->source_id_line : s->line,
				 "[server %s] source_id: found \"%s\", allowed: 1 to 10 characters", s->name,
				 s->source_id);
	if (strlen(s->interface) > 15)
		return conf_fail(err, c, s->interface_line,
				 "[server %s] interface: found \"%s\", allowed: 1 to 15 characters", s->name,
				 s->interface);
	if (s->interface[0] && taken_by_port(c, s->interface))
		return conf_fail(err, c, s->interface_line,
				 "[server %s] interface: found \"%s\", which an AF_XDP port takes "
				 "with all its frames, allowed: another",
				 s->name, s->interface);
	if (s->timeout_max_ns < s->timeout_ns)
		return conf_fail(
			err, c, s->timeout_max_ns_line ? s->timeout_max_ns_line : s->line,
			"[server %s] timeout_max: found less than timeout, allowed: at least as long",
			s->name);
	if (s->requests_per_day && !c->recovery.quota_file[0])
		return conf_fail(
			err, c, s->requests_per_day_line,
			"[server %s] requests_per_day: found a limit, allowed: with [recovery] quota_file, "
			"which keeps it over restarts",
			s->name);
	return 0;
}

int conf_servers(const struct conf *c, struct conf_error *err)
{
	for (unsigned i = 0; i < c->n_server; i++)
		if (conf_server_check(c, &c->server[i], err))
			return -EINVAL;
	return 0;
}
