/* SPDX-License-Identifier: BSD-3-Clause */
// reach.h: which instance the console looks at, and the way to its sockets.
#ifndef WB_CONSOLE_REACH_H
#define WB_CONSOLE_REACH_H

#include "app/wirebarctl/sock.h"

// All NULL or empty: the only one that runs.
struct instance {
	const char *prefix, *socket; // its file prefix; its telemetry socket, wherever it is
	const char *control_path; // its control socket (run.control_path); empty: beside the telemetry socket
};

// reach connects s, whose control says which of both sockets. On false s->error says why. Any thread.
bool reach(const struct instance *i, struct sock *s, unsigned timeout_ms);

#endif
