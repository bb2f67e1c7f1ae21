/* SPDX-License-Identifier: BSD-3-Clause */
// kernel_join.h: membership = kernel: the kernel joins the groups of a port on an interface of its own and
// answers queries there, for as long as the sockets are open. Control thread only.
#ifndef WB_APP_KERNEL_JOIN_H
#define WB_APP_KERNEL_JOIN_H

#include "conf/conf.h"

#define KERNEL_JOIN_SOCKETS 64

struct kernel_join {
	unsigned n;
	int fd[KERNEL_JOIN_SOCKETS];
};

// kernel_join_port joins all groups of the port on its interface. Returns 0 or -errno with a text in err.
int kernel_join_port(struct kernel_join *k, const struct conf_port *port, char *err, size_t err_len);
// kernel_join_leave closes all sockets: the kernel leaves. Accepts a zeroed one.
void kernel_join_leave(struct kernel_join *k);

#endif
