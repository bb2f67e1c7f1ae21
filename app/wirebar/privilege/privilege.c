/* SPDX-License-Identifier: BSD-3-Clause */
// privilege.c: the order matters. Files are handed over by root; capabilities of the bounding set go while
// there is a capability to do so; then the user; then what binds threads; the filter of system calls last,
// since all of these are calls that it refuses.
#include "app/wirebar/privilege/privilege.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_eal.h>

#include "app/wirebar/parts.h"
#include "app/wirebar/privilege/drop.h"
#include "app/wirebar/privilege/syscalls.h"

static struct {
	struct drop_user user;
	struct landlock_set files;
	struct control_peers peers;
	char text[128];
} privilege;

const char *privilege_text(void) { return privilege.text; }

const struct control_peers *privilege_peers(void) { return &privilege.peers; }

static int refuse(int rc, const char *what, const char *why)
{
	fprintf(stderr, "wirebar: %s%s%s: %s\n", what, *why ? ": " : "", why, strerror(-rc));
	return rc;
}

int privilege_find(const struct appliance *a)
{
	char why[512] = "";
	int rc = drop_find(a->conf.run.user, &privilege.user, why, sizeof why);

	rc = rc ? rc : drop_peers(&privilege.user, a->conf.run.group, &privilege.peers, why, sizeof why);
	if (rc)
		fprintf(stderr, "wirebar: %s\n", why);
	return rc;
}

int privilege_eal_init(int argc, char **argv)
{
	gid_t gid = getegid();
	mode_t mask;

	if (!privilege.user.changes || setegid(privilege.user.gid))
		return rte_eal_init(argc, argv);
	mask = umask(0007);
	int rc = rte_eal_init(argc, argv);

	umask(mask);
	if (setegid(gid)) // root may; who it becomes has that group anyway
		fprintf(stderr, "wirebar: group %u: %s\n", (unsigned)gid, strerror(errno));
	return rc;
}

static int give(const struct appliance *a)
{
	int rc = privilege_give(a, &privilege.user, &privilege.peers);

	return rc ? refuse(rc, "sockets and files cannot be handed over to user", privilege.user.name) : 0;
}

static int add(void *ctx, const char *path, enum landlock_may may, bool needed)
{
	int rc = landlock_allow(ctx, path, may);

	(void)needed;
	return rc ? refuse(rc, "Landlock", path) : 0;
}

// Later is too late: when outputs get their names, or the latch is written.
static int look(void *ctx, const char *path, enum landlock_may may, bool needed)
{
	struct stat st;
	int how = stat(path, &st) == 0 && !S_ISDIR(st.st_mode) ? W_OK : W_OK | X_OK;

	(void)ctx;
	if (!needed || may != LANDLOCK_WRITE || access(path, how) == 0)
		return 0;
	fprintf(stderr, "wirebar: %s: user %s cannot write there: %s\n  mend: chown %s %s\n", path,
		privilege.user.name, strerror(errno), privilege.user.name, path);
	return -EACCES;
}

// A child becomes the user and tries, while this process can still take back what it has made.
static int try_as_user(const struct appliance *a)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		return refuse(-errno, "who it becomes cannot be tried", privilege.user.name);
	if (pid == 0)
		_exit(drop_change(&privilege.user) || privilege_paths(a, look, NULL));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EACCES;
}

// glibc loads it when a thread is first cancelled, as DPDK does at the end: too late then.
static void load_late_libraries(void)
{
	if (!dlopen("libgcc_s.so.1", RTLD_NOW))
		fprintf(stderr, "wirebar: %s: the end may not be clean\n", dlerror());
}

int privilege_drop(struct appliance *a)
{
	char why[200] = "";
	int rc = give(a);

	load_late_libraries();

	rc = rc || !privilege.user.changes ? rc : try_as_user(a);
	privilege.files = (struct landlock_set){ .fd = -1 };
	if (!rc && a->conf.run.landlock && (rc = landlock_begin(&privilege.files)) != 0)
		refuse(rc, "Landlock", "");
	rc = rc ? rc : privilege_paths(a, add, &privilege.files);
	if (!rc && (rc = drop_become(&privilege.user, &privilege.files, why, sizeof why)) != 0)
		refuse(rc, "privileges cannot be dropped", why);
	landlock_end(&privilege.files);
	return rc;
}

// What there is, and what the kernel does not have, which is said also to who wants quiet.
static void report(const struct appliance *a, unsigned role, bool filtered, bool caps)
{
	const char *act = conf_enum_seccomp[a->conf.run.seccomp], *lacks = "";
	bool no_files = a->conf.run.landlock && !privilege.files.abi;
	char files[16] = "off";

	if (a->conf.run.landlock)
		snprintf(files, sizeof files, privilege.files.abi ? "abi%d" : "none", privilege.files.abi);
	if (a->conf.run.seccomp && !filtered) {
		act = "none";
		lacks = no_files ? " (this kernel has neither)" : " (this kernel has no seccomp filters)";
	} else if (no_files) {
		lacks = " (this kernel has no Landlock)";
	}
	snprintf(privilege.text, sizeof privilege.text, "user=%.32s caps=%s seccomp=%s:%s landlock=%s",
		 privilege.user.name, caps ? "kept" : "none", syscalls_role_name(role), act, files);
	if (!a->quiet || *lacks)
		fprintf(stderr, "wirebar: privileges: %s%s\n", privilege.text, lacks);
	if (!a->plant.replay && geteuid() == 0)
		fprintf(stderr,
			"wirebar: it stays root: [run] user names who it becomes once devices are open\n");
}

static unsigned role_of(const struct appliance *a, bool caps)
{
	static const unsigned of_part[PARTS] = { SYSCALLS_FUSED, SYSCALLS_INGEST, SYSCALLS_SIGNAL,
						 SYSCALLS_TELEMETRY, SYSCALLS_SINKS };
	unsigned role = of_part[a->part];

	if (a->plant.recovery)
		role |= SYSCALLS_RECOVERY;
	for (unsigned i = 0; i < a->n_lcore; i++)
		role |= a->conf.lcore[i].stage == CONF_STAGE_GATEWAY && parts_mine(a, &a->lcore[i])
				? SYSCALLS_GATEWAY
				: 0;
	for (unsigned i = 0; i < a->conf.n_port; i++) {
		role |= a->conf.port[i].device[0] ? SYSCALLS_LIVE : 0;
		role |= caps && strstr(a->conf.port[i].device, "net_af_xdp") ? SYSCALLS_DETACH : 0;
	}
	return role;
}

int privilege_filter(struct appliance *a)
{
	bool caps = drop_caps() != 0;
	unsigned role = role_of(a, caps);
	char why[200] = "";
	int rc = syscalls_filter(role, (enum syscalls_act)a->conf.run.seccomp);
	bool filtered = rc == 0 && a->conf.run.seccomp;

	if (rc && rc != -EOPNOTSUPP)
		return refuse(rc, "the filter of system calls cannot be set", "");
	rc = drop_check(&privilege.user, filtered, why, sizeof why);
	if (rc)
		return refuse(rc, "privileges were not dropped", why);
	report(a, role, filtered, caps);
	return 0;
}
