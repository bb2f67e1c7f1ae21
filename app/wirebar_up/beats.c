/* SPDX-License-Identifier: BSD-3-Clause */
// beats.c: the parts' $NOTIFY_SOCKET: datagrams of sd_notify. Who sent one is said by the kernel; what no
// part sent is passed over. In the prefix's own directory, where no other user can fill it.
#include "app/wirebar_up/up.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROUND = 64 }; // datagrams before others have their turn

int beats_open(struct up *u)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int on = 1, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	u->notify = fd;
	if (strlen(u->notify_path) >= sizeof at.sun_path)
		return -ENAMETOOLONG;
	memcpy(at.sun_path, u->notify_path, strlen(u->notify_path) + 1);
	unlink(u->notify_path);
	mode_t before = umask(0177);
	int rc = bind(fd, (struct sockaddr *)&at, sizeof at) ? -errno : 0;

	umask(before);
	if (!rc && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on))
		rc = -errno;
	return rc ? rc : up_watch(u, fd, UP_NOTIFY, 0) ? 0 : -errno;
}

static void hear(struct up *u, const struct ucred *who, const char *text, size_t n)
{
	struct beat b;

	for (unsigned i = 0; i < u->super.n; i++)
		if (u->part[i].pid > 0 && u->part[i].pid == who->pid) {
			beat_read(text, n, &b);
			super_beat(&u->super, i, &b, up_now());
		}
}

void beats_hear(struct up *u)
{
	char text[4096];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;

	for (int k = 0; k < ROUND; k++) {
		struct iovec part = { text, sizeof text };
		struct msghdr m = { .msg_iov = &part,
				    .msg_iovlen = 1,
				    .msg_control = control.bytes,
				    .msg_controllen = sizeof control.bytes };
		ssize_t n = recvmsg(u->notify, &m, MSG_CMSG_CLOEXEC);
		struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
		struct ucred who;

		if (n < 0)
			return;
		if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS ||
		    (m.msg_flags & MSG_TRUNC))
			continue;
		memcpy(&who, CMSG_DATA(c), sizeof who);
		hear(u, &who, text, (size_t)n);
	}
}

void beats_close(struct up *u)
{
	if (u->notify >= 0)
		close(u->notify);
	u->notify = -1;
	unlink(u->notify_path);
}
