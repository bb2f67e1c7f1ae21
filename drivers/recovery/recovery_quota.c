/* SPDX-License-Identifier: BSD-3-Clause */
// recovery_quota.c: how many requests of the day are used up, in a small text file that outlives the process.
// Numbers are written before they are used (RECOVER_QUOTA_STEP), so that a crash never forgets a request that
// was sent.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lcore/base/calendar.h"
#include "lcore/base/clock.h"
#include "drivers/recovery/recovery_parts.h"

int32_t recovery_quota_today(uint64_t *utc_ns)
{
	struct calendar_day day;

	*utc_ns = clock_utc_ns();
	calendar_day_of(*utc_ns, &day);
	return day.day;
}

static void take_line(struct recovery *r, int32_t today, const char *line)
{
	char name[32];
	uint64_t used;
	int32_t day;

	if (!recover_quota_line(line, &day, name, &used) || day != today)
		return;
	for (unsigned i = 0; i < r->n_servers; i++)
		if (!strcmp(r->server[i].conf->name, name))
			r->server[i].budget.used = r->server[i].budget.reserved = used;
}

int recovery_quota_load(struct recovery *r, char *err, size_t err_len)
{
	const char *path = r->conf->recovery.quota_file;
	uint64_t utc_ns;
	int32_t today = recovery_quota_today(&utc_ns);
	char line[128];

	for (unsigned i = 0; i < r->n_servers; i++)
		r->server[i].budget.day = today;
	if (!path[0])
		return 0;
	FILE *f = fopen(path, "r");

	if (!f && errno == ENOENT)
		return 0;
	if (!f) {
		int rc = -errno;

		snprintf(err, err_len, "recovery.quota_file: %s: %s", path, strerror(errno));
		return rc;
	}
	while (fgets(line, sizeof line, f))
		take_line(r, today, line);
	fclose(f);
	return 0;
}

static int write_all(const struct recovery *r, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	char line[128];
	int rc = fd < 0 ? -errno : 0;

	for (unsigned i = 0; i < r->n_servers && !rc; i++) {
		const struct server *s = &r->server[i];
		int n = recover_quota_print(s->budget.day, s->conf->name, s->budget.reserved, line,
					    sizeof line);

		if (s->budget.per_day && write(fd, line, (size_t)n) != n)
			rc = errno ? -errno : -EIO;
	}
	if (!rc && fsync(fd))
		rc = -errno;
	if (fd >= 0 && close(fd) && !rc)
		rc = -errno;
	return rc;
}

// The rename is on the disk when its directory is.
static int sync_directory(const char *path)
{
	char folder[CONF_STR_BYTES];
	char *slash;

	snprintf(folder, sizeof folder, "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) ? -errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

int recovery_quota_save(const struct recovery *r)
{
	const char *path = r->conf->recovery.quota_file;
	char fresh[CONF_STR_BYTES + 8];

	snprintf(fresh, sizeof fresh, "%s.new", path);
	int rc = write_all(r, fresh);

	if (!rc && rename(fresh, path))
		rc = -errno;
	return rc ? rc : sync_directory(path);
}
