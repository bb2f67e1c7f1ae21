/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// As EAL finds it (DPDK 22.11 eal_create_runtime_dir).
const char *name_dir(void)
{
	const char *dir = getenv("RUNTIME_DIRECTORY");

	if (!dir)
		dir = getuid() == 0 ? "/var/run" : getenv("XDG_RUNTIME_DIR");
	return dir ? dir : "/tmp";
}

static void no_place(struct name_finding *out, const char *dir, const char *why)
{
	out->state = NAME_NO_PLACE;
	snprintf(out->found, sizeof out->found, "runtime directory %.120s: %s", dir, why);
	snprintf(out->mend, sizeof out->mend,
		 "mkdir -p -m 700 %.120s   (or name another: export RUNTIME_DIRECTORY=DIR)", dir);
}

// Nobody listens: the connection is refused at once. Any other answer, and none, is a living process's.
static int ask(const struct sockaddr_un *at)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)at, sizeof *at))
		rc = -errno;
	close(fd);
	return rc;
}

static bool place(const char *root, struct name_finding *out)
{
	char dir[512], dpdk[520];
	struct stat st;

	if (*root)
		return true; // a copy of some of another machine's files
	snprintf(dir, sizeof dir, "%s", name_dir());
	if (stat(dir, &st))
		no_place(out, dir, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		no_place(out, dir, "is no directory");
	else if (access(dir, W_OK | X_OK))
		no_place(out, dir, strerror(errno));
	snprintf(dpdk, sizeof dpdk, "%s/dpdk", dir);
	if (out->state != NAME_NO_PLACE && access(dpdk, X_OK) && errno == EACCES) {
		no_place(out, dpdk, "another user's");
		snprintf(out->mend, sizeof out->mend,
			 "export RUNTIME_DIRECTORY=DIR   (a folder of this user's)");
	}
	return out->state != NAME_NO_PLACE;
}

void name_look(const char *root, const char *prefix, struct name_finding *out)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int rc;

	*out = (struct name_finding){ .state = NAME_FREE };
	if (!place(root, out))
		return;
	if (snprintf(at.sun_path, sizeof at.sun_path, "%s%s/dpdk/%s/dpdk_telemetry.v2", root, name_dir(),
		     prefix) >= (int)sizeof at.sun_path) {
		no_place(out, name_dir(),
			 "its name and the file prefix are too long for a socket (107 letters)");
		return;
	}
	rc = ask(&at);
	if (rc == -ENOENT || rc == -ENOTDIR)
		return;
	out->state = rc == -ECONNREFUSED ? NAME_STALE : NAME_IN_USE;
	if (out->state == NAME_STALE)
		snprintf(out->found, sizeof out->found,
			 "%s: a dead process left its socket (the start removes it)", prefix);
	else
		snprintf(out->found, sizeof out->found, "%s is in use: a process answers at %s%s%s", prefix,
			 at.sun_path, rc ? ": " : "", rc ? strerror(-rc) : "");
	snprintf(out->mend, sizeof out->mend,
		 out->state == NAME_STALE ? "rm %s" : "fuser -v %s   (or --file-prefix NAME)", at.sun_path);
}

// An abstract socket of the name, never listened to: taken in one step, and given back by the kernel however
// the process ends. It keeps apart two processes that start at the same moment, when neither answers yet.
static int reserve(const char *prefix)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char real[4096];
	struct stat st;
	int fd;

	if (!realpath(name_dir(), real) || stat(real, &st))
		return -errno;
	int len = snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "wirebar/%llx/%llx/%.60s",
			   (unsigned long long)st.st_dev, (unsigned long long)st.st_ino, prefix);

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&at,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) == 0)
		return 0;
	int rc = -errno;

	close(fd);
	return rc;
}

int name_claim(const char *prefix, struct name_finding *out)
{
	name_look("", prefix, out);
	if (out->state == NAME_NO_PLACE)
		return -ENOENT;
	if (out->state == NAME_IN_USE)
		return -EADDRINUSE;
	int rc = reserve(prefix);

	if (rc) {
		out->state = rc == -EADDRINUSE ? NAME_IN_USE : NAME_NO_PLACE;
		snprintf(out->found, sizeof out->found, "%s %s", prefix,
			 rc == -EADDRINUSE ? "is in use: another process with it is starting or ending"
					   : strerror(-rc));
		snprintf(out->mend, sizeof out->mend,
			 "wirebarctl --file-prefix %.60s health   (or --file-prefix NAME)", prefix);
		return rc;
	}
	if (out->state == NAME_STALE) {
		char path[512];

		snprintf(path, sizeof path, "%s/dpdk/%s/dpdk_telemetry.v2", name_dir(), prefix);
		unlink(path);
	}
	return 0;
}

// A living primary holds a write lock on its configuration file. EAL would wait for one without end or say
// little.
static const char *primary(const char *prefix, int *pid)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[512];

	snprintf(path, sizeof path, "%s/dpdk/%s/config", name_dir(), prefix);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	const char *why = fd < 0 ? strerror(errno) : NULL;

	*pid = 0;
	if (fd >= 0) {
		if (fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK)
			why = "its process has ended";
		else
			*pid = lock.l_pid > 0 ? lock.l_pid : INT_MAX;
		close(fd);
	}
	return why;
}

const char *name_primary(const char *prefix)
{
	int pid;

	return primary(prefix, &pid);
}

int name_primary_pid(const char *prefix)
{
	int pid;

	return primary(prefix, &pid) ? 0 : pid;
}
