/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/control_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { GROUPS_MAX = 65536 }; // the kernel's NGROUPS_MAX

static bool is_member(int fd, const struct ucred *who, gid_t group)
{
	gid_t *list = NULL, few[32];
	socklen_t len = sizeof few;
	bool found = who->gid == group;

	// As they were when the client connected.
	int rc = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, few, &len);

	if (rc && errno == ERANGE && len <= GROUPS_MAX * sizeof *list && (list = malloc(len)))
		rc = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, list, &len);
	for (size_t i = 0; !rc && i < len / sizeof *list && !found; i++)
		found = (list ? list : few)[i] == group;
	free(list);
	return found;
}

bool control_peer_may(int fd, const struct ucred *who, const struct control_peers *peers)
{
	return who->uid == 0 || who->uid == geteuid() || who->uid == peers->user ||
	       (peers->has_group && is_member(fd, who, peers->group));
}

int control_peer_share(const char *path, const struct control_peers *peers)
{
	char opened[64];
	struct stat st;
	int rc = 0;

	if (!peers->has_group)
		return 0;
	// The folder may be another user's: what is changed is what was looked at, and no link.
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
	// The folder of DPDK's sockets hands its group down. Elsewhere, who runs it must be a member.
	if (fstat(fd, &st))
		rc = -errno;
	else if (!S_ISSOCK(st.st_mode))
		rc = -ENOTSOCK;
	else if ((st.st_gid != peers->group && fchownat(fd, "", (uid_t)-1, peers->group, AT_EMPTY_PATH)) ||
		 chmod(opened, 0660))
		rc = -errno;
	close(fd);
	return rc;
}

int control_peer_folder(const char *dir, const struct control_peers *peers)
{
	char above[PATH_MAX];
	struct stat st;
	char *slash;

	if (peers->has_group && (chown(dir, (uid_t)-1, peers->group) || chmod(dir, 02750) || stat(dir, &st)))
		return -errno;
	if (peers->has_group && !(st.st_mode & S_ISGID)) // root without CAP_FSETID is not told so
		return -EPERM;
	snprintf(above, sizeof above, "%s", dir);
	slash = strrchr(above, '/');
	if (slash)
		*slash = '\0';
	return slash && chmod(above, 0755) ? -errno : 0;
}
