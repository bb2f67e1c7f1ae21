/* SPDX-License-Identifier: BSD-3-Clause */
// landlock.c: by system calls: glibc has no wrappers.
#include "app/wirebar/privilege/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_TRUNCATE // ABI 3, later than Debian 12's headers
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

enum { ABI_USED = 3 };

#define READS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITES \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | \
	 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
	 LANDLOCK_ACCESS_FS_TRUNCATE)
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
// What nobody here does at all: it is refused everywhere.
#define NEVER \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
	 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_REFER)

// What this kernel knows of these.
static __u64 known(const struct landlock_set *s, __u64 access)
{
	if (s->abi < 2)
		access &= ~(__u64)LANDLOCK_ACCESS_FS_REFER;
	if (s->abi < 3)
		access &= ~(__u64)LANDLOCK_ACCESS_FS_TRUNCATE;
	return access;
}

int landlock_begin(struct landlock_set *s)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	*s = (struct landlock_set){ .fd = -1, .abi = abi > ABI_USED ? ABI_USED : (int)abi };
	if (abi < 1) {
		s->abi = 0;
		return abi == 0 || errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM ? 0 : -errno;
	}
	struct landlock_ruleset_attr attr = { .handled_access_fs = known(s, READS | WRITES | NEVER) };

	s->fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
	return s->fd < 0 ? -errno : 0;
}

int landlock_allow(struct landlock_set *s, const char *path, enum landlock_may may)
{
	struct stat st;
	int rc = 0;

	if (s->fd < 0)
		return 0;
	int at = open(path, O_PATH | O_CLOEXEC);

	if (at < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : -errno;
	__u64 access = may == LANDLOCK_WRITE ? READS | WRITES : READS;

	if (fstat(at, &st))
		rc = -errno;
	struct landlock_path_beneath_attr rule = {
		.parent_fd = at, .allowed_access = known(s, S_ISDIR(st.st_mode) ? access : access & OF_FILES)
	};

	if (!rc && syscall(SYS_landlock_add_rule, s->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		rc = -errno;
	close(at);
	return rc;
}

int landlock_restrict(void *arg)
{
	const struct landlock_set *s = arg;

	return s->fd >= 0 && syscall(SYS_landlock_restrict_self, s->fd, 0) ? -errno : 0;
}

void landlock_end(struct landlock_set *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}
