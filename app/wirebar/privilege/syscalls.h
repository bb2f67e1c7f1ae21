/* SPDX-License-Identifier: BSD-3-Clause */
// syscalls.h: which system calls a role may make once it runs (syscalls.def), as a seccomp filter over all
// threads.
#ifndef WB_APP_PRIVILEGE_SYSCALLS_H
#define WB_APP_PRIVILEGE_SYSCALLS_H

#include <stdbool.h>

// Roles, and what of the configuration makes further calls needed. A process of one part has one role; the
// fused one has all four.
enum {
	SYSCALLS_INGEST = 1,
	SYSCALLS_SIGNAL = 2,
	SYSCALLS_TELEMETRY = 4,
	SYSCALLS_SINKS = 256, // of the part gateway
	SYSCALLS_FUSED = SYSCALLS_INGEST | SYSCALLS_SIGNAL | SYSCALLS_TELEMETRY | SYSCALLS_SINKS,
	SYSCALLS_SUPERVISOR = 8, // starts the others: it may do all but what none of them needs
	SYSCALLS_LIVE = 16,      // devices, or the kernel's sockets for them
	SYSCALLS_RECOVERY = 32,  // recovery servers
	SYSCALLS_GATEWAY = 128,  // sinks that are servers
	SYSCALLS_DETACH = 64,    // root, who takes its program off an interface at the end
};

// What happens to a call that is not allowed; in the order of run.seccomp's words.
enum syscalls_act {
	SYSCALLS_OFF,   // no filter
	SYSCALLS_LOG,   // made, and the kernel's audit log says so
	SYSCALLS_ERRNO, // EPERM
	SYSCALLS_KILL,  // the process ends, by SIGSYS
};

// syscalls_filter puts the filter on all threads, for good. Returns 0, -EOPNOTSUPP where the kernel has no
// filters, or -errno.
int syscalls_filter(unsigned role, enum syscalls_act act);
// syscalls_allowed returns true if the role may make the call of that name, with some arguments at least.
bool syscalls_allowed(unsigned role, const char *name);
// syscalls_role_name returns the role's name, without its needs.
const char *syscalls_role_name(unsigned role);

#endif
