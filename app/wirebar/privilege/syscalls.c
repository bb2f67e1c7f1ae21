/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/privilege/syscalls.h"

#include <asm/termbits.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lcore/base/std.h"

// The columns of syscalls.def.
#define INGEST    SYSCALLS_INGEST
#define SIGNAL    SYSCALLS_SIGNAL
#define TELEMETRY SYSCALLS_TELEMETRY
#define SINKS     SYSCALLS_SINKS
#define ALL       SYSCALLS_FUSED
#define LIVE      SYSCALLS_LIVE
#define RECOVERY  SYSCALLS_RECOVERY
#define GATEWAY   SYSCALLS_GATEWAY
#define DETACH    SYSCALLS_DETACH

#define NEEDS     (SYSCALLS_LIVE | SYSCALLS_RECOVERY | SYSCALLS_GATEWAY | SYSCALLS_DETACH)

static bool concerns(unsigned row, unsigned role) { return (row & role & ALL) && !(row & NEEDS & ~role); }

bool syscalls_allowed(unsigned role, const char *name)
{
	bool listed = false, none = false;

#define CALL(call, roles, why)                      listed |= concerns(roles, role) && !strcmp(name, #call);
#define CALL_IF(call, roles, arg, mask, value, why) CALL(call, roles, why)
#define NONE(call)                                  none |= !strcmp(name, #call);
#include "app/wirebar/privilege/syscalls.def"
	return role & SYSCALLS_SUPERVISOR ? !none : listed;
}

// A call that this kernel or architecture does not have needs no row.
static int add(scmp_filter_ctx ctx, uint32_t act, const char *name, unsigned n, struct scmp_arg_cmp arg)
{
	int nr = seccomp_syscall_resolve_name(name);
	int rc = nr == __NR_SCMP_ERROR || nr < 0 ? 0 : seccomp_rule_add(ctx, act, nr, n, arg);

	return rc == -EEXIST ? 0 : rc; // listed for two needs
}

static int add_allowed(scmp_filter_ctx ctx, unsigned role)
{
	int rc = 0;

#define CALL(call, roles, why) \
	if (!rc && concerns(roles, role)) \
		rc = add(ctx, SCMP_ACT_ALLOW, #call, 0, (struct scmp_arg_cmp){ 0 });
#define CALL_IF(call, roles, arg, mask, value, why) \
	if (!rc && concerns(roles, role)) \
		rc = add(ctx, SCMP_ACT_ALLOW, #call, 1, SCMP_CMP(arg, SCMP_CMP_MASKED_EQ, mask, value));
#include "app/wirebar/privilege/syscalls.def"
	// glibc goes on with clone, whose flags can be seen.
	return rc ? rc : add(ctx, SCMP_ACT_ERRNO(ENOSYS), "clone3", 0, (struct scmp_arg_cmp){ 0 });
}

static int add_denied(scmp_filter_ctx ctx, uint32_t act)
{
	int rc = 0;

#define NONE(call) \
	if (!rc) \
		rc = add(ctx, act, #call, 0, (struct scmp_arg_cmp){ 0 });
#include "app/wirebar/privilege/syscalls.def"
	return rc;
}

int syscalls_filter(unsigned role, enum syscalls_act how)
{
	static const uint32_t acts[] = { 0, SCMP_ACT_LOG, SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS };
	bool supervisor = role & SYSCALLS_SUPERVISOR;
	uint32_t act = acts[how];

	if (how == SYSCALLS_OFF)
		return 0;
	scmp_filter_ctx ctx = seccomp_init(supervisor ? SCMP_ACT_ALLOW : act);
	int rc = ctx ? 0 : -ENOMEM;

	if (!rc) // other architectures' calls have other numbers
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, act);
	if (!rc)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!rc)
		rc = supervisor ? add_denied(ctx, act) : add_allowed(ctx, role);
	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == -ECANCELED || rc == -EINVAL || rc == -ENOSYS ? -EOPNOTSUPP : rc;
}

const char *syscalls_role_name(unsigned role)
{
	switch (role & ~(unsigned)NEEDS) {
	case SYSCALLS_INGEST: return "ingest";
	case SYSCALLS_SIGNAL: return "signal";
	case SYSCALLS_TELEMETRY: return "telemetry";
	case SYSCALLS_SINKS: return "gateway";
	case SYSCALLS_SUPERVISOR: return "supervisor";
	default: return "fused";
	}
}
