/* SPDX-License-Identifier: BSD-3-Clause */
// give.c: what root has made for a run becomes the user's, so that a later start may be that user's.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/order_log_file.h"
#include "app/wirebar/parts.h"
#include "app/wirebar/privilege/drop.h"
#include "app/wirebar/privilege/privilege.h"
#include "app/wirebar/trading.h"
#include "drivers/journal/journal.h"

// DPDK's folder of this process, with what it has made there: for the user, and to be passed by the group.
// What is made there later is the group's, too.
static int give_runtime(const struct appliance *a, const struct drop_user *u,
			const struct control_peers *peers)
{
	char dir[sizeof a->socket_path];
	uid_t uid = u->changes ? u->uid : (uid_t)-1;
	const char *slash = strrchr(a->socket_path, '/');
	const struct dirent *e;
	int rc = 0;

	if (!slash || (!u->changes && !peers->has_group))
		return 0;
	snprintf(dir, sizeof dir, "%.*s", (int)(slash - a->socket_path), a->socket_path);
	DIR *d = opendir(dir);

	if (!d)
		return -errno;
	while (!rc && (e = readdir(d)))
		if (strcmp(e->d_name, "..") &&
		    fchownat(dirfd(d), e->d_name, uid, peers->group, AT_SYMLINK_NOFOLLOW))
			rc = -errno;
	closedir(d);
	if (!rc && a->conf.telemetry.telemetry)
		rc = control_peer_share(a->socket_path, peers);
	return rc ? rc : control_peer_folder(dir, peers);
}

// Files that are open already, and get their names later.
static int give_outputs(const struct appliance *a, const struct drop_user *u)
{
	struct stat st;

	for (unsigned i = 0; i < OUTPUT_STREAMS; i++) {
		const struct output *o = &a->plant.output[i];

		if (o->temporary[0] && o->fd >= 0 && fstat(o->fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    fchown(o->fd, u->uid, u->gid))
			return -errno;
	}
	return 0;
}

// A regular file that root owns, under one name, below a folder: what the user may have linked there is not.
static bool is_ours(int fd, const char *dir)
{
	char link[64], path[PATH_MAX];
	size_t n = strlen(dir);
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1)
		return false;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof path);

	return len > (ssize_t)n && !memcmp(path, dir, n) && path[n] == '/';
}

// What stages and services hold open in run.state_dir: spools of sinks, captures that the run begins with.
static int give_state(const struct appliance *a, const struct drop_user *u)
{
	char *dir = a->plant.state_dir[0] ? realpath(a->plant.state_dir, NULL) : NULL;
	DIR *fds = dir ? opendir("/proc/self/fd") : NULL;
	const struct dirent *e;
	int rc = dir && !fds ? -errno : 0;

	while (!rc && fds && (e = readdir(fds))) {
		int fd = atoi(e->d_name);

		if (fd > STDERR_FILENO && is_ours(fd, dir) && fchown(fd, u->uid, u->gid))
			rc = -errno;
	}
	if (fds)
		closedir(fds);
	free(dir);
	return rc;
}

int privilege_give(const struct appliance *a, const struct drop_user *u, const struct control_peers *peers)
{
	int rc = give_runtime(a, u, peers);

	if (!u->changes)
		return rc;
	rc = rc ? rc : give_outputs(a, u);
	rc = rc ? rc : trading_give(u->uid, u->gid);
	rc = rc ? rc : parts_give(a, u->uid, u->gid);
	rc = rc ? rc : order_log_file_give(a, u->uid, u->gid);
	rc = rc ? rc : give_state(a, u);
	return rc || !a->plant.journal ? rc : journal_give(a->plant.journal, u->uid, u->gid);
}
