/* SPDX-License-Identifier: BSD-3-Clause */
// drop.h: from root to a user, on all threads, for good. Control thread, before others than DPDK's exist.
#ifndef WB_APP_PRIVILEGE_DROP_H
#define WB_APP_PRIVILEGE_DROP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct control_peers;
struct landlock_set;

// What is said of a name that this machine has not, and the command that mends it: by the start, and before
// by the check.
#define DROP_NO_USER    "[run] user: found \"%s\", allowed: a user of this machine"
#define DROP_MAKE_USER  "useradd --system --home-dir /var/lib/wirebar --shell /usr/sbin/nologin %s"
#define DROP_NO_GROUP   "[run] group: found \"%s\", allowed: a group of this machine"
#define DROP_MAKE_GROUP "groupadd --system %s"

struct drop_user {
	char name[64];
	uid_t uid;
	gid_t gid;
	bool wanted;  // run.user is given: capabilities go
	bool changes; // and it is another one
};

// drop_find looks the user up; an empty name is who it is. Returns 0; -ENOENT: no such user; -EPERM: only
// root becomes another one. why says what is allowed.
int drop_find(const char *name, struct drop_user *out, char *why, size_t why_bytes);
// drop_peers says who may command: u, and the members of a group, if its name is not empty. Returns 0, or
// -ENOENT: there is no such group. why says what is allowed.
int drop_peers(const struct drop_user *u, const char *group, struct control_peers *out, char *why,
	       size_t why_bytes);
// drop_change makes groups and user those of u, on all threads: a part of drop_become. Returns 0 or -errno.
int drop_change(const struct drop_user *u);
// drop_become gives up groups, user, bounding set, ambient set and all capabilities as far as the user is
// wanted, sets no_new_privs and binds files, on all threads. Returns 0 or -errno with why.
int drop_become(const struct drop_user *u, struct landlock_set *files, char *why, size_t why_bytes);
// drop_check reads back, thread by thread, what the kernel says. filtered: a filter of system calls, too.
// Returns 0, or -EPERM with the first thread that has more than it should in why.
int drop_check(const struct drop_user *u, bool filtered, char *why, size_t why_bytes);
// drop_caps returns the effective capabilities of the calling thread.
unsigned long long drop_caps(void);

#endif
