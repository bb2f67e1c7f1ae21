/* SPDX-License-Identifier: BSD-3-Clause */
// check_leak.h: files that dead DPDK primaries left in hugetlbfs mounts, and primaries that live. Their locks
// are read from /proc/locks, which needs no privilege and disturbs nobody. EAL 22.11 holds a POSIX lock on
// <runtime>/<prefix>/config while a primary lives, and a flock on each <prefix>map_<n> in use.
#ifndef WB_APP_CHECK_LEAK_H
#define WB_APP_CHECK_LEAK_H

#include "app/wirebar/check/check.h"

struct check_mount {
	char path[256];
	uint64_t page_kb;
};

// check_leak looks through n mounts for files that no process holds, and reports a primary that has our
// file_prefix already.
void check_leak(struct check *k, const struct check_mount *mounts, unsigned n);

#endif
