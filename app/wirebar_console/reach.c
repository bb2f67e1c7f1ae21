/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar_console/reach.h"

#include <stdio.h>

bool reach(const struct instance *i, struct sock *s, unsigned timeout_ms)
{
	if (s->control && i->control_path && *i->control_path)
		snprintf(s->path, sizeof s->path, "%s", i->control_path);
	else if (i->socket)
		sock_beside(s, i->socket);
	else if (!sock_find(s, i->prefix, timeout_ms))
		return false;
	return sock_open(s, timeout_ms);
}
