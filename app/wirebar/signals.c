/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/signals.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lcore/base/clock.h"
#include "lcore/stage/stage.h"

#define SAME_REQUEST_NS (NS_PER_S / 2)

static uint64_t first_ns; // 0: none came
static int first_signal;
static bool insisted;
static struct plant *watched;

// May run on any thread, and on two at once.
static void on_signal(int sig, siginfo_t *info, void *context)
{
	struct plant *p = __atomic_load_n(&watched, __ATOMIC_ACQUIRE);
	uint64_t none = 0, now;

	(void)context;
	if (sig == SIGPIPE && info->si_pid == getpid())
		return; // the kernel's, for a write that fails all the same
	now = clock_monotonic_ns();
	if (__atomic_compare_exchange_n(&first_ns, &none, now, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		__atomic_store_n(&first_signal, sig, __ATOMIC_RELEASE);
	else if (now > none + SAME_REQUEST_NS)
		__atomic_store_n(&insisted, true, __ATOMIC_RELEASE);
	if (p) {
		p->stop = true;
		p->abort = p->abort || insisted;
	}
}

void signals_begin(void)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2 };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART }, old;

	// A limit on the size of files is a full disk: the write fails, and is said.
	sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		if (caught[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		sigaction(caught[i], &sa, NULL);
	}
}

void signals_watch(struct plant *p)
{
	__atomic_store_n(&watched, p, __ATOMIC_RELEASE);
	if (__atomic_load_n(&first_ns, __ATOMIC_ACQUIRE))
		p->stop = true;
	if (__atomic_load_n(&insisted, __ATOMIC_ACQUIRE))
		p->abort = true;
}

const char *signals_name(void)
{
	switch (__atomic_load_n(&first_signal, __ATOMIC_ACQUIRE)) {
	case 0: return NULL;
	case SIGINT: return "SIGINT";
	case SIGTERM: return "SIGTERM";
	case SIGQUIT: return "SIGQUIT";
	case SIGUSR1: return "SIGUSR1";
	case SIGUSR2: return "SIGUSR2";
	case SIGHUP: return "SIGHUP";
	default: return "SIGPIPE";
	}
}
