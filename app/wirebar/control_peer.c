/* SPDX-License-Identifier: BSD-3-Clause */
// control_peer.c: who may command: the file's mode says who may connect, and here it is asked again, since a
// path may lie in a folder with other rules.
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/control.h"
#include "app/wirebar/privilege/privilege.h"

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

bool control_may(int fd, const struct ucred *who)
{
	gid_t group;

	return who->uid == 0 || who->uid == geteuid() ||
	       (privilege_group(&group) && is_member(fd, who, group));
}

int control_share(const char *path)
{
	gid_t group;
	struct stat st;

	if (!privilege_group(&group))
		return 0;
	// The folder of DPDK's sockets hands its group down. Elsewhere, who runs it must be a member.
	if (stat(path, &st) || (st.st_gid != group && chown(path, (uid_t)-1, group)) || chmod(path, 0660))
		return -errno;
	return 0;
}
