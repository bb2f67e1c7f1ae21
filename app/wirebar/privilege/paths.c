/* SPDX-License-Identifier: BSD-3-Clause */
// paths.c: the files that a run opens after its start, from its configuration and command line.
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/wirebar/boot_journal.h"
#include "app/wirebar/latch_file.h"
#include "app/wirebar/privilege/privilege.h"
#include "lcore/stage/output.h"

struct visitor {
	privilege_visit *visit;
	void *ctx;
	int rc;
};

static void may(struct visitor *v, const char *path, enum landlock_may how, bool needed)
{
	if (!v->rc && *path)
		v->rc = v->visit(v->ctx, path, how, needed);
}

static const char *folder_of(const char *file, char out[PATH_MAX])
{
	const char *slash = strrchr(file, '/');

	snprintf(out, PATH_MAX, "%.*s", slash ? (int)(slash - file) + 1 : 1, slash ? file : ".");
	return out;
}

// The folder of a file: who replaces a file by another one of its name, as editors do, makes another inode.
static void may_folder(struct visitor *v, const char *file, enum landlock_may how)
{
	char at[PATH_MAX];

	if (*file)
		may(v, folder_of(file, at), how, how == LANDLOCK_WRITE);
}

// Of libraries, and of every run.
static void always(struct visitor *v)
{
	static const struct {
		const char *path;
		enum landlock_may how;
	} list[] = {
		{ "/proc", LANDLOCK_READ }, // one of a process is another inode at each look
		{ "/sys", LANDLOCK_READ },
		{ "/dev/null", LANDLOCK_WRITE },
		{ "/dev/urandom", LANDLOCK_READ },
		{ "/etc/localtime", LANDLOCK_READ },
		{ "/usr/share/zoneinfo", LANDLOCK_READ },
		{ "/run/xdp", LANDLOCK_WRITE }, // libxdp's lock
		{ "/sys/fs/bpf", LANDLOCK_WRITE },
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		may(v, list[i].path, list[i].how, false);
}

// Where export sorts on disk (lcore/stage/spill.c). A $TMPDIR is the only place then.
static void temporary(struct visitor *v, const struct appliance *a)
{
	const char *asked = getenv("TMPDIR");
	bool exports = false;

	for (unsigned i = 0; i < a->conf.n_lcore; i++)
		exports |= a->conf.lcore[i].stage == CONF_STAGE_EXPORT;
	if (exports && asked && *asked)
		may(v, asked, LANDLOCK_WRITE, false);
	for (int i = 0; exports && !(asked && *asked) && i < 2; i++)
		may(v, i ? "/tmp" : "/var/tmp", LANDLOCK_WRITE, false);
}

static void configuration(struct visitor *v, const struct appliance *a)
{
	if (a->conf_path)
		may_folder(v, a->conf_path, LANDLOCK_READ);
	for (unsigned i = 0; i < a->conf.n_source; i++)
		if (access(a->conf.source[i].name, F_OK) == 0) // options and profiles are no files
			may_folder(v, a->conf.source[i].name, LANDLOCK_READ);
}

static void captures(struct visitor *v, const struct appliance *a)
{
	for (unsigned i = 0; i < a->n_files; i++)
		may(v, a->files[i], LANDLOCK_READ, false);
	for (unsigned i = 0; i < a->n_lines; i++)
		may(v, a->lines[i].path, LANDLOCK_READ, false);
	for (size_t i = 0; i < a->journal.n; i++)
		may(v, a->journal.file[i].path, LANDLOCK_READ, false);
	for (unsigned i = 0; i < a->conf.n_port; i++) {
		const char *cursor = a->conf.port[i].files;
		struct conf_item item;

		while (conf_list_next(&cursor, ',', &item))
			may(v, item.text, LANDLOCK_READ, false);
	}
}

// What is no regular file is opened as it is, when it is needed; a file gets its name at the end.
static void outputs(struct visitor *v, const struct appliance *a)
{
	static char target[PATH_MAX];

	for (unsigned i = 0; i < OUTPUT_COUNT; i++) {
		const char *path = a->plant.output_path[i];
		struct stat st;

		if (!path || output_fd_of(path) >= 0)
			continue;
		if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
			may(v, path, LANDLOCK_WRITE, false);
		else if (output_file_of(path, target) == 0)
			may_folder(v, target, LANDLOCK_WRITE);
	}
}

// A sink's own file, or FIFO, is opened again when its reader comes back, or it was replaced.
static void sink_files(struct visitor *v, const struct appliance *a)
{
	const char *path = a->conf.tail.path;
	char folder[PATH_MAX];
	bool there = *path && access(path, F_OK) == 0;

	if (there)
		may(v, path, LANDLOCK_WRITE, true);
	if (*path)
		may(v, folder_of(path, folder), LANDLOCK_WRITE, !there);
}

// Names of sockets and of DPDK's files, and what must outlive the process.
static void state(struct visitor *v, const struct appliance *a)
{
	const char *prefix = a->conf.eal.file_prefix;
	char at[PATH_MAX];

	may_folder(v, a->socket_path, LANDLOCK_WRITE);
	if (!strncmp(prefix, "wirebar-", 8) && a->plant.replay) { // its folder is removed, too
		snprintf(at, sizeof at, "%.*s", (int)(strlen(a->socket_path) - strlen("/dpdk_telemetry.v2")),
			 a->socket_path);
		may_folder(v, at, LANDLOCK_WRITE);
	}
	may_folder(v, a->conf.run.control_path, LANDLOCK_WRITE);
	may_folder(v, a->conf.run.control_audit, LANDLOCK_WRITE);
	may_folder(v, a->conf.recovery.quota_file, LANDLOCK_WRITE);
	latch_file_dir(at, sizeof at, a->conf.run.state_dir, a->socket_path);
	may(v, at, LANDLOCK_WRITE, a->conf.orders.enabled && !a->plant.replay);
}

// The packet journal makes its folder when it first writes: in the nearest one that is there.
static void journal(struct visitor *v, const struct appliance *a)
{
	char at[256], *slash;
	struct stat st;

	if (!a->plant.journal && !a->conf.capture.restart)
		return;
	boot_journal_dir(a, at);
	while (stat(at, &st) && (slash = strrchr(at, '/')) && slash != at)
		*slash = '\0';
	may(v, at, LANDLOCK_WRITE, a->conf.capture.enabled);
}

// DPDK removes its files there at the end.
static void hugepages(struct visitor *v, const struct appliance *a)
{
	FILE *mounts = a->conf.eal.hugepages ? setmntent("/proc/mounts", "r") : NULL;
	const struct mntent *m;

	while (mounts && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, "hugetlbfs"))
			may(v, m->mnt_dir, LANDLOCK_WRITE, false);
	if (mounts)
		endmntent(mounts);
}

int privilege_paths(const struct appliance *a, privilege_visit *visit, void *ctx)
{
	struct visitor v = { visit, ctx, 0 };

	always(&v);
	temporary(&v, a);
	configuration(&v, a);
	captures(&v, a);
	outputs(&v, a);
	sink_files(&v, a);
	state(&v, a);
	journal(&v, a);
	hugepages(&v, a);
	return v.rc;
}
