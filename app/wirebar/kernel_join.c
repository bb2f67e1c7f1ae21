/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/kernel_join.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int open_socket(struct kernel_join *k)
{
	int fd = k->n < KERNEL_JOIN_SOCKETS ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (fd >= 0)
		k->fd[k->n++] = fd;
	else if (k->n == KERNEL_JOIN_SOCKETS)
		errno = EMFILE;
	return fd;
}

// A socket takes net.ipv4.igmp_max_memberships groups, 20 by default; further groups need another socket.
static int join(struct kernel_join *k, const struct ip_mreqn *group)
{
	for (int i = 0; i < 2; i++) {
		int fd = i == 0 && k->n ? k->fd[k->n - 1] : open_socket(k);

		if (fd < 0)
			return -errno;
		if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, group, sizeof *group) == 0 ||
		    errno == EADDRINUSE) // joined already
			return 0;
		if (errno != ENOBUFS)
			break;
	}
	return -errno;
}

int kernel_join_port(struct kernel_join *k, const struct conf_port *port, char *err, size_t err_len)
{
	struct ip_mreqn m = { .imr_ifindex = (int)if_nametoindex(port->interface) };
	const char *cursor = port->groups;
	struct conf_item item;

	if (!m.imr_ifindex) {
		snprintf(err, err_len,
			 "[port %s] interface: no interface \"%.15s\" here (ip link shows those that are)",
			 port->name, port->interface);
		return -ENODEV;
	}
	while (conf_list_next(&cursor, ',', &item)) {
		uint32_t group;
		int rc = conf_group(item.text, &group);

		m.imr_multiaddr.s_addr = htonl(group);
		rc = rc ? rc : join(k, &m);
		if (rc) {
			snprintf(err, err_len,
				 "[port %s] groups: the kernel does not join %.40s on %.15s: %s", port->name,
				 item.text, port->interface, strerror(-rc));
			return rc;
		}
	}
	return 0;
}

void kernel_join_leave(struct kernel_join *k)
{
	while (k->n)
		close(k->fd[--k->n]);
}
