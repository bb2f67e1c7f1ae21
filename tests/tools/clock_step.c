/* SPDX-License-Identifier: BSD-3-Clause */
// clock_step.c: for LD_PRELOAD: a host whose clock is set by CLOCK_STEP_S seconds, CLOCK_STEP_AFTER_MS after
// the first question. The monotonic clock goes on as it does.
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long monotonic_ms(void)
{
	struct timespec ts;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static time_t step(void)
{
	static long long first_ms;
	const char *by = getenv("CLOCK_STEP_S"), *after = getenv("CLOCK_STEP_AFTER_MS");
	long long none = 0, now = monotonic_ms();

	__atomic_compare_exchange_n(&first_ms, &none, now, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return by && after && now - __atomic_load_n(&first_ms, __ATOMIC_RELAXED) > atoll(after)
		       ? (time_t)atoll(by)
		       : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ts)
{
	int rc = (int)syscall(SYS_clock_gettime, clock, ts);

	if (!rc && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		ts->tv_sec += step();
	return rc;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec ts;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &ts);
	tv->tv_sec = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (out)
		*out = ts.tv_sec;
	return ts.tv_sec;
}
