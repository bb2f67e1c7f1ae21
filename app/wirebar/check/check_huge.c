/* SPDX-License-Identifier: BSD-3-Clause */
// check_huge.c: hugepages, the hugetlbfs mounts they are taken from, and what may be locked.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/check/check.h"
#include "app/wirebar/plant_bytes.h"
#include "app/wirebar/check/check_leak.h"

enum { MOUNT_MAX = 16 };

// Undoes the octal escapes of /proc/mounts.
static void unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++)
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && isdigit((unsigned char)p[2]) &&
		    isdigit((unsigned char)p[3])) {
			*to++ = (char)((p[1] - '0') * 64 + (p[2] - '0') * 8 + (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	*to = 0;
}

static uint64_t default_page_kb(const struct check *k)
{
	char text[8192], value[32];

	if (check_read(k->root, text, sizeof text, "/proc/meminfo") &&
	    check_word(text, "Hugepagesize:", value, sizeof value))
		return strtoull(value, NULL, 10);
	return 0;
}

static uint64_t mount_page_kb(const struct check *k, const char *options)
{
	const char *at = strstr(options, "pagesize=");
	char *end;
	uint64_t size;

	if (!at)
		return default_page_kb(k);
	size = strtoull(at + strlen("pagesize="), &end, 10);
	return *end == 'G' ? size << 20 : *end == 'M' ? size << 10 : *end == 'K' ? size : size >> 10;
}

static unsigned read_mounts(const struct check *k, struct check_mount *out)
{
	static char text[1 << 16];
	char *save = NULL;
	unsigned n = 0;

	check_read(k->root, text, sizeof text, "/proc/mounts");
	for (char *line = strtok_r(text, "\n", &save); line && n < MOUNT_MAX;
	     line = strtok_r(NULL, "\n", &save)) {
		char path[256], type[64], options[512];

		if (sscanf(line, "%*s %255s %63s %511s", path, type, options) != 3 ||
		    strcmp(type, "hugetlbfs"))
			continue;
		unescape(path);
		snprintf(out[n].path, sizeof out[n].path, "%s", path);
		out[n++].page_kb = mount_page_kb(k, options);
	}
	return n;
}

static uint64_t pages(const struct check *k, int node, uint64_t page_kb, const char *which)
{
	char text[32];

	if (check_read(k->root, text, sizeof text,
		       "/sys/devices/system/node/node%d/hugepages/hugepages-%lukB/%s", node,
		       (unsigned long)page_kb, which))
		return strtoull(text, NULL, 10);
	// A kernel without NUMA has one pool.
	if (node == 0 && check_read(k->root, text, sizeof text, "/sys/kernel/mm/hugepages/hugepages-%lukB/%s",
				    (unsigned long)page_kb, which))
		return strtoull(text, NULL, 10);
	return 0;
}

// What share of the memory a node must give: that of the ingest lcores on it, as they own it.
static uint64_t need_on(const struct check *k, int node, uint64_t need_bytes)
{
	unsigned here = 0, all = 0;

	for (unsigned i = 0; i < k->c->n_lcore; i++) {
		const struct conf_lcore *l = &k->c->lcore[i];
		int at = l->cpu >= 0 ? k->host.cpu_node[l->cpu] : -1;

		if (l->stage != CONF_STAGE_INGEST)
			continue;
		all++;
		here += (at < 0 ? 0 : at) == node;
	}
	return all ? need_bytes / all * here : node == 0 ? need_bytes : 0;
}

static void node_pages(struct check *k, int node, uint64_t page_kb, uint64_t need_bytes)
{
	uint64_t total = pages(k, node, page_kb, "nr_hugepages"),
		 free_pages = pages(k, node, page_kb, "free_hugepages");
	uint64_t page_bytes = page_kb << 10, needed = (need_bytes + page_bytes - 1) / page_bytes;
	char what[32];

	snprintf(what, sizeof what, "hugepages node %d", node);
	check_say(k, free_pages >= needed ? CHECK_OK : CHECK_FAIL, what,
		  "%lu of %lu free x %lu MiB, needed: %lu (%lu MiB)", (unsigned long)free_pages,
		  (unsigned long)total, (unsigned long)(page_kb >> 10), (unsigned long)needed,
		  (unsigned long)(need_bytes >> 20));
	if (free_pages >= needed)
		return;
	total += needed - free_pages;
	if (check_exists(k->root, "/sys/devices/system/node/node%d/hugepages", node))
		check_mend(
			k,
			"echo %lu > /sys/devices/system/node/node%d/hugepages/hugepages-%lukB/nr_hugepages",
			(unsigned long)total, node, (unsigned long)page_kb);
	else
		check_mend(k, "echo %lu > /sys/kernel/mm/hugepages/hugepages-%lukB/nr_hugepages",
			   (unsigned long)total, (unsigned long)page_kb);
}

// A command that puts huge_dir into the configuration.
static void mend_huge_dir(struct check *k, const char *path)
{
	const struct conf_eal *e = &k->c->eal;
	unsigned place = e->huge_dir_line ? e->huge_dir_line : e->line, line = place & CONF_LINE_MASK;
	const char *file = conf_source_name(k->c, place);

	if (strchr(file, ':')) // a built-in profile, or the command line
		check_mend(
			k,
			"printf '[eal]\\nhuge_dir = %s\\n' # add it to a file of your own that includes this",
			path);
	else if (e->huge_dir_line)
		check_mend(k, "sed -i '%us|=.*|= %s|' %s", line, path, file);
	else if (line)
		check_mend(k, "sed -i '%ua huge_dir = %s' %s", line, path, file);
	else
		check_mend(k, "printf '\\n[eal]\\nhuge_dir = %s\\n' >> %s", path, k->c->file);
}

static void writable(struct check *k, const struct check_mount *m, bool ours)
{
	const char *what = "hugetlbfs mount";

	if (check_writable(k->root, m->path)) {
		check_say(k, CHECK_OK, what, "%s, pages of %lu MiB, writable%s", m->path,
			  (unsigned long)(m->page_kb >> 10), ours ? ", used" : "");
		return;
	}
	check_say(k, ours ? CHECK_FAIL : CHECK_OK, what, "%s, pages of %lu MiB, not writable by uid %u%s",
		  m->path, (unsigned long)(m->page_kb >> 10), (unsigned)geteuid(),
		  ours ? ", and used" : ", not used");
	if (ours)
		check_mend(k, "chown %u %s", (unsigned)geteuid(), m->path);
}

// Returns the mount that EAL will use, or NULL. Prints all mounts.
static const struct check_mount *mounts(struct check *k, const struct check_mount *m, unsigned n)
{
	const char *dir = k->c->eal.huge_dir;
	const struct check_mount *ours = NULL;
	uint64_t page_kb = default_page_kb(k);

	for (unsigned i = 0; i < n && !ours; i++)
		if (*dir ? !strcmp(m[i].path, dir) : m[i].page_kb == page_kb)
			ours = &m[i];
	if (!ours) {
		check_say(k, CHECK_FAIL, "hugetlbfs mount", "%s%s",
			  *dir ? "none at huge_dir " : "none with the default page size", dir);
		check_mend(k, "mkdir -p %s && mount -t hugetlbfs nodev %s", *dir ? dir : "/dev/hugepages",
			   *dir ? dir : "/dev/hugepages");
	}
	for (unsigned i = 0; i < n; i++)
		writable(k, &m[i], &m[i] == ours);
	if (ours && n > 1 && !*dir) {
		check_say(k, CHECK_WARN, "huge_dir",
			  "not set, and there are %u mounts: DPDK may take any of them", n);
		mend_huge_dir(k, ours->path);
	}
	return ours;
}

static void memlock(struct check *k, uint64_t need_bytes)
{
	enum { CAP_IPC_LOCK_BIT = 14 };
	char text[4096], value[64];

	if (k->is_root || (k->caps >> CAP_IPC_LOCK_BIT & 1)) {
		check_say(k, CHECK_OK, "RLIMIT_MEMLOCK", "does not bind: privileged to lock memory");
		return;
	}
	if (!check_read(k->root, text, sizeof text, "/proc/self/limits") ||
	    !check_word(text, "Max locked memory", value, sizeof value)) {
		check_say(k, CHECK_WARN, "RLIMIT_MEMLOCK", "/proc/self/limits not readable");
		check_mend(k, "ulimit -l unlimited");
		return;
	}
	if (!strcmp(value, "unlimited") || strtoull(value, NULL, 10) >= need_bytes) {
		check_say(k, CHECK_OK, "RLIMIT_MEMLOCK", "%s", value);
		return;
	}
	check_say(k, CHECK_FAIL, "RLIMIT_MEMLOCK",
		  "%s bytes, needed: %lu (devices lock the memory they write to)", value,
		  (unsigned long)need_bytes);
	check_mend(k, "prlimit --pid $$ --memlock=unlimited:unlimited");
}

static void transparent(struct check *k)
{
	char text[128];

	if (!check_read(k->root, text, sizeof text, "/sys/kernel/mm/transparent_hugepage/enabled") ||
	    !strstr(text, "[always]")) {
		check_say(k, CHECK_OK, "transparent hugepages", "%s", *text ? text : "not in this kernel");
		return;
	}
	check_say(k, CHECK_WARN, "transparent hugepages", "%s: compaction stalls lcores", text);
	check_mend(k, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
}

// Without hugepages EAL takes ordinary memory, all of it at the start.
void check_ordinary_memory(struct check *k)
{
	char text[8192], value[32];
	struct plant_size need;
	uint64_t free_bytes;

	if (k->c->eal.hugepages)
		return;
	plant_bytes(k->c, k->replay, &need);
	if (!check_read(k->root, text, sizeof text, "/proc/meminfo") ||
	    !check_word(text, "MemAvailable:", value, sizeof value)) {
		check_say(k, CHECK_WARN, "memory", "/proc/meminfo not readable, needed: %lu MiB",
			  (unsigned long)(need.total >> 20));
		check_mend(k, "free -m");
		return;
	}
	free_bytes = strtoull(value, NULL, 10) << 10;
	// Lcores touch their states little by little, and seldom all of it.
	check_say(k,
		  free_bytes >= need.total   ? CHECK_OK
		  : free_bytes >= need.given ? CHECK_WARN
					     : CHECK_FAIL,
		  "memory", "%lu MiB available, needed: %lu MiB", (unsigned long)(free_bytes >> 20),
		  (unsigned long)(need.total >> 20));
	if (free_bytes < need.total)
		check_mend(k, "editor %s # smaller orders, levels, prints or instruments in [bars]",
			   k->c->file);
}

void check_huge(struct check *k)
{
	static struct check_mount m[MOUNT_MAX];
	unsigned n = read_mounts(k, m);
	const struct check_mount *ours;
	struct plant_size need;

	plant_bytes(k->c, k->replay, &need);
	uint64_t need_bytes = need.given;

	if (!k->c->eal.hugepages) {
		check_say(k, CHECK_NOT_NEEDED, "hugepages", "the profile says hugepages = no");
		check_say(k, CHECK_NOT_NEEDED, "hugetlbfs mount", "the profile says hugepages = no");
		check_say(k, CHECK_NOT_NEEDED, "RLIMIT_MEMLOCK", "the profile says hugepages = no");
		check_say(k, CHECK_NOT_NEEDED, "transparent hugepages", "the profile says hugepages = no");
		check_leak(k, m, n);
		return;
	}
	ours = mounts(k, m, n);
	for (int node = 0; node < 64; node++)
		if (need_on(k, node, need_bytes))
			node_pages(k, node,
				   ours && ours->page_kb ? ours->page_kb
				   : default_page_kb(k)  ? default_page_kb(k)
							 : 2048,
				   need_on(k, node, need_bytes));
	check_leak(k, m, n);
	memlock(k, need_bytes);
	transparent(k);
}
