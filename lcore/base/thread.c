/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/thread.h"

int thread_start(pthread_t *out, const char *name, void *(*serve)(void *arg), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	sigdelset(&all, THREAD_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all, &before); // the new thread has the mask of who makes it
	int rc = pthread_create(out, NULL, serve, arg);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!rc)
		pthread_setname_np(*out, name);
	return -rc;
}
