/* SPDX-License-Identifier: BSD-3-Clause */
// privilege.h: what a process may still do once its devices are open: user, capabilities, files, system
// calls. Control thread.
#ifndef WB_APP_PRIVILEGE_PRIVILEGE_H
#define WB_APP_PRIVILEGE_PRIVILEGE_H

#include "app/wirebar/appliance.h"
#include "app/wirebar/control_peer.h"
#include "app/wirebar/privilege/landlock.h"

struct drop_user;

// privilege_find looks up run.user and run.group, before anything is made. Returns 0, or -errno having said
// on stderr what was found and what is allowed.
int privilege_find(const struct appliance *a);
// privilege_eal_init is rte_eal_init, whose sockets are of the group of who it becomes: a primary that is
// that user already answers a part that still starts as root. After privilege_find. Returns as rte_eal_init.
int privilege_eal_init(int argc, char **argv);
// privilege_drop hands files over, becomes run.user and binds files, on all threads. After boot, before
// threads of our own. Returns as privilege_find.
int privilege_drop(struct appliance *a);
// privilege_filter puts the filter of system calls on all threads, reads back what the kernel says of each,
// and reports it in a line on stderr. When all but telemetry's threads are there. Returns as privilege_find.
int privilege_filter(struct appliance *a);
// privilege_text returns what privilege_filter found: "user=... caps=... seccomp=... landlock=...". Any
// thread after it.
const char *privilege_text(void);

// privilege_peers returns who may ask and command it: run.user and run.group. After privilege_find.
const struct control_peers *privilege_peers(void);

// give.c: makes the user the owner of what there is of sockets, outputs and state, and those of the group.
// Root, or who it stays; after boot. Returns 0 or -errno.
int privilege_give(const struct appliance *a, const struct drop_user *user,
		   const struct control_peers *peers);

// paths.c: calls visit for each file or folder that the run may still open. needed: it must be able to write
// there. Returns the first return that is not 0, or 0.
typedef int privilege_visit(void *ctx, const char *path, enum landlock_may may, bool needed);
int privilege_paths(const struct appliance *a, privilege_visit *visit, void *ctx);

#endif
