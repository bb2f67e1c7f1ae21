/* SPDX-License-Identifier: BSD-3-Clause */
// clock.h: the kernel's clocks in nanoseconds, for services and programs. Machines of floors 0 to 2 never
// read them: time is an argument there, so that a test or a replay can say what time it is. Any thread, and
// in handlers of signals.
#ifndef WB_BASE_CLOCK_H
#define WB_BASE_CLOCK_H

#include <time.h>

#include "lcore/base/num.h"

static inline uint64_t clock_read_ns(clockid_t which)
{
	struct timespec ts;

	clock_gettime(which, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

// clock_monotonic_ns counts from some moment on, and is never set: for waits and intervals.
static inline uint64_t clock_monotonic_ns(void) { return clock_read_ns(CLOCK_MONOTONIC); }

// clock_utc_ns is the time since the Unix epoch; it jumps when somebody sets the host's clock.
static inline uint64_t clock_utc_ns(void) { return clock_read_ns(CLOCK_REALTIME); }

#endif
