/* SPDX-License-Identifier: BSD-3-Clause */
// clean.c: what dead parts leave: hugepage files pin their pages, sockets and EAL's files have names that the
// next start finds. Files of state stay, wherever they are: only names that EAL or wirebar gives are removed,
// and nothing while a process with the prefix lives.
#include "app/wirebar_up/up.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/name.h"
#include "app/wirebar_up/log.h"

// The files of the prefix in a hugetlbfs mount that no process holds. Returns how many.
static unsigned clean_pages(const char *mount, const char *prefix)
{
	DIR *d = opendir(mount);
	size_t len = strlen(prefix);
	struct dirent *e;
	unsigned n = 0;

	while (d && (e = readdir(d))) {
		const char *rest = e->d_name + len;

		if (strncmp(e->d_name, prefix, len) || strncmp(rest, "map_", 4) ||
		    !isdigit((unsigned char)rest[4]) || rest[4 + strspn(rest + 4, "0123456789")])
			continue;
		int fd = openat(dirfd(d), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

		// EAL holds a lock on each page that it uses.
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(dirfd(d), e->d_name, 0) == 0)
			n++;
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
	return n;
}

static unsigned clean_mounts(const struct up *u)
{
	char line[1024], where[512], type[64];
	unsigned n = 0;

	if (!u->conf.eal.hugepages)
		return 0;
	if (u->conf.eal.huge_dir[0])
		return clean_pages(u->conf.eal.huge_dir, u->conf.eal.file_prefix);
	FILE *f = fopen("/proc/mounts", "re");

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%*s %511s %63s", where, type) == 2 && !strcmp(type, "hugetlbfs"))
			n += clean_pages(where, u->conf.eal.file_prefix);
	if (f)
		fclose(f);
	return n;
}

// A primary that lives holds a lock on its configuration.
static bool locked(const char *dir)
{
	struct flock probe = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[UP_PATH_BYTES + 16];

	snprintf(path, sizeof path, "%s/config", dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool yes = fd >= 0 && fcntl(fd, F_GETLK, &probe) == 0 && probe.l_type != F_UNLCK;

	if (fd >= 0)
		close(fd);
	return yes;
}

static void clean_names(const struct up *u)
{
	static const char *const whole[] = { "config", "hugepage_info", "hugepage_data", "mp_socket",
					     "dpdk_telemetry.v2" };
	static const char *const begin[] = { "fbarray_", "mp_socket_", CONTROL_SOCKET_NAME "." };
	DIR *d = opendir(u->dir);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		bool ours = false;

		for (size_t k = 0; k < sizeof whole / sizeof *whole; k++)
			ours |= !strcmp(e->d_name, whole[k]);
		for (size_t k = 0; k < sizeof begin / sizeof *begin; k++)
			ours |= !strncmp(e->d_name, begin[k], strlen(begin[k]));
		if (ours)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
	// A path that was configured is elsewhere.
	for (unsigned i = 0; i < u->super.n; i++) {
		struct stat st;

		if (lstat(u->part[i].control, &st) == 0 && S_ISSOCK(st.st_mode))
			unlink(u->part[i].control);
	}
}

void clean_up(struct up *u, bool last)
{
	struct name_finding found;

	name_look("", u->conf.eal.file_prefix, &found);
	if (found.state == NAME_IN_USE || locked(u->dir)) {
		log_say(LOG_ALERT, 4, "up", "another process lives with the prefix %s: nothing is removed",
			u->conf.eal.file_prefix);
		return;
	}
	unsigned pages = clean_mounts(u);

	clean_names(u);
	if (pages)
		log_say(LOG_NOTE, 4, "up", "%u files of hugepages that dead parts left are removed", pages);
	if (last) {
		unlink(u->lock);
		rmdir(u->dir); // unless files of state are in it
	}
}
