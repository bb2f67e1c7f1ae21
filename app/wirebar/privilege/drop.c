/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/privilege/drop.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "app/wirebar/control_peer.h"
#include "app/wirebar/privilege/everywhere.h"
#include "app/wirebar/privilege/landlock.h"

int drop_find(const char *name, struct drop_user *out, char *why, size_t why_bytes)
{
	const struct passwd *p = *name ? getpwnam(name) : getpwuid(geteuid());

	*out = (struct drop_user){ .uid = geteuid(), .gid = getegid(), .wanted = *name != '\0' };
	snprintf(out->name, sizeof out->name, "%s", p ? p->pw_name : "?");
	if (!*name)
		return 0;
	if (!p) {
		snprintf(why, why_bytes, DROP_NO_USER "\n  mend: " DROP_MAKE_USER, name, name);
		return -ENOENT;
	}
	out->changes = p->pw_uid != geteuid() || p->pw_uid != getuid();
	if (out->changes && geteuid() != 0) {
		snprintf(why, why_bytes,
			 "[run] user: found \"%s\", allowed: \"%s\", who it is, as only root may become "
			 "another one",
			 name, getpwuid(geteuid()) ? getpwuid(geteuid())->pw_name : "");
		return -EPERM;
	}
	out->uid = p->pw_uid;
	out->gid = p->pw_gid;
	return 0;
}

int drop_peers(const struct drop_user *u, const char *group, struct control_peers *out, char *why,
	       size_t why_bytes)
{
	const struct group *g = *group ? getgrnam(group) : NULL;

	*out = (struct control_peers){ .user = u->uid,
				       .has_group = g != NULL,
				       .group = g ? g->gr_gid : (gid_t)-1 };
	if (!*group || g)
		return 0;
	snprintf(why, why_bytes, DROP_NO_GROUP "\n  mend: " DROP_MAKE_GROUP, group, group);
	return -ENOENT;
}

// A program that is started afterwards gets none of these. Who has no CAP_SETPCAP has nothing to bound:
// no_new_privs keeps it so.
static int bound(void *arg)
{
	(void)arg;
	for (unsigned long cap = 0; syscall(SYS_prctl, PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (syscall(SYS_prctl, PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EPERM)
			return -errno;
	return 0;
}

struct binding {
	bool caps;
	struct landlock_set *files;
};

static int bind_thread(void *arg)
{
	const struct binding *b = arg;
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (b->caps && syscall(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
		return -errno;
	if (b->caps && syscall(SYS_capset, &head, none))
		return -errno;
	if (syscall(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return landlock_restrict(b->files);
}

int drop_change(const struct drop_user *u)
{
	// glibc does each of these on all threads.
	if (initgroups(u->name, u->gid) || setresgid(u->gid, u->gid, u->gid) ||
	    setresuid(u->uid, u->uid, u->uid))
		return -errno;
	return setuid(0) == 0 ? -EPERM : 0; // that would be no change
}

int drop_become(const struct drop_user *u, struct landlock_set *files, char *why, size_t why_bytes)
{
	struct binding b = { u->wanted, files };
	int rc = u->wanted ? everywhere(bound, NULL, why, why_bytes) : 0;

	if (!rc && u->changes && (rc = drop_change(u)) != 0)
		snprintf(why, why_bytes, "user %s", u->name);
	return rc ? rc : everywhere(bind_thread, &b, why, why_bytes);
}

unsigned long long drop_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct now[_LINUX_CAPABILITY_U32S_3] = { { 0 } };

	if (syscall(SYS_capget, &head, now))
		return ~0ULL;
	return now[0].effective | (unsigned long long)now[1].effective << 32;
}

// What one thread still has beyond what it should, or NULL.
static const char *excess(FILE *status, const struct drop_user *u, bool filtered)
{
	char line[256];
	unsigned uid[4];
	unsigned long long bits;
	int n;

	while (fgets(line, sizeof line, status)) {
		if (sscanf(line, "Uid: %u %u %u %u", &uid[0], &uid[1], &uid[2], &uid[3]) == 4)
			for (int i = 0; i < 4; i++)
				if (u->wanted && uid[i] != u->uid)
					return "another user";
		if (u->wanted &&
		    (sscanf(line, "CapPrm: %llx", &bits) == 1 || sscanf(line, "CapEff: %llx", &bits) == 1 ||
		     sscanf(line, "CapAmb: %llx", &bits) == 1) &&
		    bits)
			return "capabilities";
		if (sscanf(line, "NoNewPrivs: %d", &n) == 1 && n != 1)
			return "the way to new privileges";
		if (filtered && sscanf(line, "Seccomp: %d", &n) == 1 && n != 2)
			return "all system calls";
	}
	return NULL;
}

int drop_check(const struct drop_user *u, bool filtered, char *why, size_t why_bytes)
{
	DIR *d = opendir("/proc/self/task");
	const struct dirent *e;
	const char *has = NULL;

	if (!d) {
		snprintf(why, why_bytes, "/proc/self/task");
		return -errno;
	}
	while (!has && (e = readdir(d))) {
		char path[320];

		snprintf(path, sizeof path, "/proc/self/task/%s/status", e->d_name);
		FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "r");

		has = f ? excess(f, u, filtered) : NULL;
		if (has)
			snprintf(why, why_bytes, "thread %s has %s", e->d_name, has);
		if (f)
			fclose(f);
	}
	closedir(d);
	return has ? -EPERM : 0;
}
