/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/privilege/everywhere.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lcore/base/clock.h"
#include "lcore/base/thread.h"

enum { THREADS_MAX = 512, NAP_US = 100 };
#define PATIENCE_NS (10 * NS_PER_S) // with a thread that gets no cpu
#define DEAF_NS     (NS_PER_S / 2)  // with one that blocks the signal

static struct {
	everywhere_step *step; // NULL: nothing to do
	void *arg;
	int rc, taken;
	pid_t meant; // the one thread that is asked
} work;

// A thread that was given up may come late: it is not asked any more.
static void on_signal(int sig)
{
	int kept = errno;
	pid_t me = (pid_t)syscall(SYS_gettid);

	(void)sig;
	if (__atomic_load_n(&work.meant, __ATOMIC_ACQUIRE) == me) {
		work.rc = work.step(work.arg);
		__atomic_store_n(&work.taken, 1, __ATOMIC_RELEASE);
	}
	errno = kept;
}

// The threads there are. Returns how many, or -errno.
static int list(pid_t *out)
{
	DIR *d = opendir("/proc/self/task");
	const struct dirent *e;
	int n = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d)) && n < THREADS_MAX)
		if (e->d_name[0] != '.')
			out[n++] = (pid_t)atoi(e->d_name);
	closedir(d);
	return n == THREADS_MAX ? -E2BIG : n;
}

static void name_of(pid_t tid, char *out, size_t out_bytes)
{
	char path[64], name[32] = "?";
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%d/comm", (int)tid);
	f = fopen(path, "r");
	if (f && fgets(name, sizeof name, f))
		name[strcspn(name, "\n")] = '\0';
	if (f)
		fclose(f);
	snprintf(out, out_bytes, "thread %d (%s)", (int)tid, name);
}

// Whether a thread blocks the signal now, as each does for moments.
static bool blocks(pid_t tid, int sig)
{
	char path[64], line[256];
	unsigned long long mask = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)tid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		sscanf(line, "SigBlk: %llx", &mask);
	if (f)
		fclose(f);
	return mask >> (sig - 1) & 1;
}

static bool given_up(pid_t tid, int sig, uint64_t since)
{
	uint64_t waited = clock_monotonic_ns() - since;

	return waited > PATIENCE_NS || (waited > DEAF_NS && blocks(tid, sig));
}

// Asks one thread, and waits for it. One that has ended meanwhile is no fault.
static int ask(pid_t tid, int sig, char *why, size_t why_bytes)
{
	uint64_t since = clock_monotonic_ns();
	pid_t pid = getpid();

	work.rc = 0;
	__atomic_store_n(&work.taken, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&work.meant, tid, __ATOMIC_RELEASE);
	if (syscall(SYS_tgkill, pid, tid, sig))
		return errno == ESRCH ? 0 : -errno;
	while (!__atomic_load_n(&work.taken, __ATOMIC_ACQUIRE)) {
		struct timespec nap = { 0, NAP_US * 1000 };

		if (syscall(SYS_tgkill, pid, tid, 0))
			return errno == ESRCH ? 0 : -errno;
		if (given_up(tid, sig, since)) {
			__atomic_store_n(&work.meant, 0, __ATOMIC_RELEASE);
			name_of(tid, why, why_bytes);
			return -EAGAIN;
		}
		nanosleep(&nap, NULL);
	}
	if (work.rc)
		name_of(tid, why, why_bytes);
	return work.rc;
}

static bool known(const pid_t *done, int n, pid_t tid)
{
	for (int i = 0; i < n; i++)
		if (done[i] == tid)
			return true;
	return false;
}

// Until a listing brings no thread that was not asked: a new one may have been made by one that was not yet.
static int all(int sig, char *why, size_t why_bytes)
{
	static pid_t done[THREADS_MAX], there[THREADS_MAX];
	int n_done = 0, rc = 0;
	bool any = true;

	done[n_done++] = (pid_t)syscall(SYS_gettid);
	while (any && !rc) {
		int n = list(there);

		any = false;
		rc = n < 0 ? n : 0;
		for (int i = 0; i < n && !rc; i++) {
			if (known(done, n_done, there[i]))
				continue;
			if (n_done == THREADS_MAX)
				return -E2BIG;
			rc = ask(there[i], sig, why, why_bytes);
			done[n_done++] = there[i];
			any = true;
		}
	}
	return rc;
}

int everywhere(everywhere_step *step, void *arg, char *why, size_t why_bytes)
{
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int sig = THREAD_SIGNAL, rc;

	*why = '\0';
	work.step = step;
	work.arg = arg;
	sigfillset(&act.sa_mask);
	// It stays: a thread that was given up takes its signal late, and must not end the process.
	if (sigaction(sig, &act, NULL))
		return -errno;
	rc = step(arg);
	if (rc)
		name_of((pid_t)syscall(SYS_gettid), why, why_bytes);
	rc = rc ? rc : all(sig, why, why_bytes);
	__atomic_store_n(&work.meant, 0, __ATOMIC_RELEASE);
	return rc;
}
