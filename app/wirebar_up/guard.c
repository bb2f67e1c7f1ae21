/* SPDX-License-Identifier: BSD-3-Clause */
// guard.c: who may command the supervisor, and what it may not do itself. It stays who it is, since it starts
// parts that open devices; a part becomes run.user by itself. Its filter only names what neither it nor a
// part at its start does: parts inherit it. Landlock would be inherited as well, so there is none.
#include "app/wirebar_up/up.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "app/wirebar/latch_file.h"
#include "app/wirebar/privilege/syscalls.h"
#include "app/wirebar_up/log.h"

int guard_find(struct up *u)
{
	char why[512] = "";
	int rc = drop_find(u->conf.run.user, &u->user, why, sizeof why);

	rc = rc ? rc : drop_peers(&u->user, u->conf.run.group, &u->peers, why, sizeof why);
	if (rc)
		fprintf(stderr, "wirebar up: %s\n", why);
	return rc;
}

int guard_folder(const struct up *u)
{
	return u->user.changes || u->peers.has_group ? control_peer_folder(u->dir, &u->peers) : 0;
}

int guard_give(const struct up *u, const struct latch_file *f)
{
	return u->user.changes ? latch_file_give(f, u->user.uid, u->user.gid) : 0;
}

int guard_audit(const struct up *u)
{
	struct stat st;

	if (!u->audit || !u->user.changes || fstat(fileno(u->audit), &st))
		return 0;
	return S_ISREG(st.st_mode) && fchown(fileno(u->audit), u->user.uid, u->user.gid) ? -errno : 0;
}

// A filter wants no_new_privs, or root's capabilities; under no_new_privs a part would not get those of its
// file (`wirebar check` names them to who is not root).
static bool file_has_capabilities(const struct up *u)
{
	return geteuid() != 0 && getxattr(u->program, "security.capability", NULL, 0) > 0;
}

int guard_filter(const struct up *u)
{
	static const enum syscalls_act as[] = { SYSCALLS_OFF, SYSCALLS_LOG, SYSCALLS_ERRNO, SYSCALLS_ERRNO };
	enum syscalls_act act = as[u->conf.run.seccomp];
	bool left_out = act != SYSCALLS_OFF && file_has_capabilities(u);
	char why[200] = "";
	int rc = left_out ? 0 : syscalls_filter(SYSCALLS_SUPERVISOR, act);
	bool filtered = !rc && act != SYSCALLS_OFF && !left_out;

	if (rc && rc != -EOPNOTSUPP)
		return rc;
	rc = filtered ? drop_check(&(struct drop_user){ 0 }, true, why, sizeof why) : 0;
	log_say(rc ? LOG_ALERT : LOG_NOTE, 4, "up", "privileges: seccomp=supervisor:%s%s%s",
		act == SYSCALLS_OFF   ? "off"
		: !filtered           ? "none"
		: act == SYSCALLS_LOG ? "log"
				      : "errno",
		left_out ? " (wirebar has capabilities of its file, which a filter would take away)"
		: act != SYSCALLS_OFF && !filtered ? " (this kernel has no seccomp filters)"
						   : "",
		why);
	return rc;
}
