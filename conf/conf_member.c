/* SPDX-License-Identifier: BSD-3-Clause */
// conf_member.c: who joins a port's multicast groups.
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/key.h"

int conf_host(const char *text, uint32_t *out_ip)
{
	struct in_addr ip = { 0 };

	if (*text && inet_pton(AF_INET, text, &ip) != 1)
		return -EINVAL;
	*out_ip = ntohl(ip.s_addr);
	return 0;
}

int conf_member_check(const struct conf *c, const struct conf_port *p, struct conf_error *err)
{
	char quoted[80];
	uint32_t ip;

	key_quote(p->address, quoted, sizeof quoted);
	if (conf_host(p->address, &ip) || ip >> 28 == 0xe)
		return conf_fail(err, c, p->address_line,
				 "[port %s] address: found %s, allowed: an IPv4 address of a host, or empty",
				 p->name, quoted);
	if (p->membership == CONF_MEMBERSHIP_NONE)
		return 0;
	unsigned line = p->membership_line ? p->membership_line : p->line;

	if (!*p->device)
		return conf_fail(err, c, line,
				 "[port %s] membership: found %s on a replay port, allowed: none", p->name,
				 conf_enum_membership[p->membership]);
	if (!*p->groups)
		return conf_fail(
			err, c, line,
			"[port %s] membership: found %s and no groups to join, allowed: none, or groups",
			p->name, conf_enum_membership[p->membership]);
	if (p->membership == CONF_MEMBERSHIP_KERNEL && (!*p->interface || strlen(p->interface) > 15))
		return conf_fail(
			err, c, line,
			"[port %s] membership: found kernel, allowed with interface = NAME of 1 to 15 characters",
			p->name);
	return 0;
}
