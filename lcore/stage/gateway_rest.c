/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/gateway_rest.h"

#include <poll.h>
#include <sched.h>

enum { SOON = 16 };                  // polls: what has come is often followed by more
#define BLOCKED_NS (200 * NS_PER_US) // other sinks than the one that is blocked wait no longer
#define BUSY_NS    (200 * NS_PER_US) // nor do those that wait for answers, and have no descriptor to tell

void gateway_rest(void *const sink[SINKS], uint64_t ns, unsigned idle_run)
{
	struct pollfd fd[SINKS] = { 0 };
	nfds_t n = 0;

	for (unsigned i = 0; i < SINKS; i++) {
		if (!sink[i])
			continue;
		if (sinks[i]->waits)
			n += sinks[i]->waits(sink[i], &fd[n]);
		else if (ns > BUSY_NS && !sinks[i]->idle(sink[i]))
			ns = BUSY_NS;
	}
	if (!n && (idle_run < SOON || !ns)) {
		sched_yield();
		return;
	}
	ns = n && ns < BLOCKED_NS ? BLOCKED_NS : ns;
	ppoll(fd, n, &(struct timespec){ 0, (long)ns }, NULL);
}
