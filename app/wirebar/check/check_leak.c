/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/check/check_leak.h"
#include "app/wirebar/name.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char locks[1 << 18]; // /proc/locks, read once a check: a mount may have thousands of files

// Whether somebody holds a lock on the file, and who, where that is known. A file that is not there is not
// held.
static bool held(const char *path, long *pid)
{
	struct flock probe = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char want[64];
	const char *at;
	struct stat st;
	int fd;

	*pid = 0;
	if (stat(path, &st))
		return false;
	snprintf(want, sizeof want, " %02x:%02x:%lu ", major(st.st_dev), minor(st.st_dev),
		 (unsigned long)st.st_ino);
	// 3: POSIX  ADVISORY  WRITE 1234 00:1a:5678 0 EOF: the word before the file's is who holds it.
	at = strstr(locks, want);
	if (at) {
		while (at > locks && at[-1] != ' ' && at[-1] != '\n')
			at--;
		*pid = strtol(at, NULL, 10);
		return true;
	}
	// A lock from another pid namespace is not listed; who may open the file can still ask for it.
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fcntl(fd, F_GETLK, &probe) == 0 && probe.l_type != F_UNLCK)
		*pid = probe.l_pid;
	close(fd);
	return *pid != 0;
}

// Whether a primary with this prefix lives, by its config file in the places where EAL puts it.
static bool prefix_lives(const struct check *k, const char *prefix, long *pid)
{
	const char *const dirs[] = { getenv("RUNTIME_DIRECTORY"), "/var/run", "/run",
				     getenv("XDG_RUNTIME_DIR"), "/tmp" };
	char path[1024];

	for (unsigned i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
		if (!dirs[i])
			continue;
		snprintf(path, sizeof path, "%s%s/dpdk/%s/config", k->root, dirs[i], prefix);
		if (held(path, pid))
			return true;
	}
	return false;
}

// The prefix of "<prefix>map_<n>", or false when the name is none.
static bool map_prefix(const char *name, char *prefix, size_t prefix_bytes)
{
	const char *at = strstr(name, "map_"), *next;
	size_t len;

	while (at && (next = strstr(at + 1, "map_")))
		at = next;
	len = at ? (size_t)(at - name) : 0;
	if (!len || len >= prefix_bytes || !isdigit((unsigned char)at[4]) ||
	    at[4 + strspn(at + 4, "0123456789")])
		return false;
	memcpy(prefix, name, len);
	prefix[len] = 0;
	return true;
}

struct leak {
	char prefix[64];
	unsigned n;
};

static void count_leak(struct leak *leaks, unsigned *n, unsigned max, const char *prefix)
{
	for (unsigned i = 0; i < *n; i++)
		if (!strcmp(leaks[i].prefix, prefix)) {
			leaks[i].n++;
			return;
		}
	if (*n < max) {
		snprintf(leaks[*n].prefix, sizeof leaks[*n].prefix, "%s", prefix);
		leaks[(*n)++].n = 1;
	}
}

// Returns whether the mount could be listed; leaks by prefix.
static bool list_leaks(const struct check *k, const char *mount, struct leak *leaks, unsigned *n,
		       unsigned max)
{
	char full[1024], path[1536], prefix[64];
	struct dirent *entry;
	DIR *dir;
	long pid;

	snprintf(full, sizeof full, "%s%s", k->root, mount);
	dir = opendir(full);
	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (!map_prefix(entry->d_name, prefix, sizeof prefix))
			continue;
		snprintf(path, sizeof path, "%s/%s", full, entry->d_name);
		if (!held(path, &pid) && !prefix_lives(k, prefix, &pid))
			count_leak(leaks, n, max, prefix);
	}
	closedir(dir);
	return true;
}

static void leaks_of(struct check *k, const char *mount)
{
	enum { LEAK_MAX = 16 };
	struct leak leaks[LEAK_MAX];
	unsigned n = 0;

	if (!list_leaks(k, mount, leaks, &n, LEAK_MAX)) {
		check_say(k, CHECK_WARN, "files of dead primaries", "%s is not readable", mount);
		check_mend(k, "ls -l %s", mount);
		return;
	}
	if (!n)
		check_say(k, CHECK_OK, "files of dead primaries", "none in %s", mount);
	for (unsigned i = 0; i < n; i++) {
		// They pin pages that this profile may not even need.
		check_say(k, k->c->eal.hugepages ? CHECK_FAIL : CHECK_WARN, "files of dead primaries",
			  "%u in %s of file_prefix %s: nobody holds them, and they pin their pages",
			  leaks[i].n, mount, leaks[i].prefix);
		check_mend(k, "rm -f %s/%smap_*", mount, leaks[i].prefix);
	}
}

void check_leak(struct check *k, const struct check_mount *mounts, unsigned n)
{
	long pid;

	check_read(k->root, locks, sizeof locks, "/proc/locks");
	for (unsigned i = 0; i < n; i++)
		leaks_of(k, mounts[i].path);
	if (!n)
		check_say(k, k->c->eal.hugepages ? CHECK_OK : CHECK_NOT_NEEDED, "files of dead primaries",
			  "no hugetlbfs mount");
	struct name_finding name;

	name_look(k->root, k->c->eal.file_prefix, &name);
	if (name.state == NAME_NO_PLACE ||
	    (name.state == NAME_IN_USE && !prefix_lives(k, k->c->eal.file_prefix, &pid))) {
		check_say(k, CHECK_FAIL, "file_prefix", "%s", name.found);
		check_mend(k, "%s", name.mend);
		return;
	}
	if (!prefix_lives(k, k->c->eal.file_prefix, &pid)) {
		// Root's runtime directory is closed to others, and theirs is another.
		check_say(k, CHECK_OK, "file_prefix", "%s is not in use%s", k->c->eal.file_prefix,
			  k->is_root ? "" : " where this user looks");
		return;
	}
	check_say(k, CHECK_FAIL, "file_prefix", "%s is in use: process %ld is its primary",
		  k->c->eal.file_prefix, pid);
	if (pid > 0)
		check_mend(k, "kill %ld", pid);
	else
		check_mend(k, "ls -l /var/run/dpdk/%s", k->c->eal.file_prefix);
}
