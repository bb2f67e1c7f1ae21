/* SPDX-License-Identifier: BSD-3-Clause */
// ctl.c: hands commands to lcores. The mailbox is one word and an acknowledgement, not a lock: control writes
// the command, then want; the owner applies it between two polls, then sets have.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "app/wirebar/appliance.h"
#include "lcore/base/clock.h"

enum { POLL_US = 200, DONE_GRACE_US = 50000 };

static pthread_mutex_t mailbox = PTHREAD_MUTEX_INITIALIZER; // one caller at a time

static bool answered(const struct lcore *l)
{
	return __atomic_load_n(&l->shared->have, __ATOMIC_ACQUIRE) == l->shared->want;
}

static uint64_t now_us(void) { return clock_monotonic_ns() / NS_PER_US; }

// A done lcore has looked into its mailbox for the last time, or does so within the grace. By the clock: a
// sleep takes longer than it is asked for.
static bool await(const struct lcore *l, unsigned timeout_ms)
{
	uint64_t begun = now_us(), done = 0;

	while (!answered(l)) {
		uint64_t now = now_us();

		if (now - begun >= (uint64_t)timeout_ms * 1000)
			return false;
		if (!done && *(volatile const bool *)&l->shared->done)
			done = now;
		if (done && now - done > DONE_GRACE_US)
			return false;
		usleep(POLL_US);
	}
	return true;
}

static int refuse(const struct lcore *l, struct lcore_command *cmd, int rc, unsigned timeout_ms)
{
	if (rc == -ESHUTDOWN)
		snprintf(cmd->text, sizeof cmd->text, "lcore %s has ended (the replay is over)", l->name);
	else if (rc == -EAGAIN)
		snprintf(cmd->text, sizeof cmd->text, "lcore %s does not run yet", l->name);
	else
		snprintf(cmd->text, sizeof cmd->text, "lcore %s did not answer within %u ms: %s", l->name,
			 timeout_ms,
			 rc == -EINPROGRESS ? "it does it when it runs on"
					    : "nothing is done, an earlier one waits");
	return cmd->rc = rc;
}

int ctl_command(struct lcore *l, struct lcore_command *cmd, unsigned timeout_ms)
{
	int rc = 0;

	cmd->text[0] = '\0';
	pthread_mutex_lock(&mailbox);
	if (!*(volatile const bool *)&l->shared->launched)
		rc = -EAGAIN;
	else if (*(volatile const bool *)&l->shared->done)
		rc = -ESHUTDOWN;
	else if (!await(l,
			timeout_ms)) // an earlier command is still in the mailbox: it must not be overwritten
		rc = l->shared->done ? -ESHUTDOWN : -ETIMEDOUT;
	if (!rc) {
		l->shared->command = *cmd;
		__atomic_store_n(&l->shared->want, l->shared->want + 1, __ATOMIC_RELEASE);
		if (await(l, timeout_ms))
			*cmd = l->shared->command;
		else
			rc = l->shared->done ? -ESHUTDOWN : -EINPROGRESS;
	}
	pthread_mutex_unlock(&mailbox);
	return rc ? refuse(l, cmd, rc, timeout_ms) : cmd->rc;
}
