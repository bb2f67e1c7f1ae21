/* SPDX-License-Identifier: BSD-3-Clause */
// outputs.c: which file a path stands for.
#include "app/marketgen/outputs.h"

#include "app/marketgen/exchange.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUTPUTS_MAX (EXCHANGES_MAX * STREAM_LINES_MAX + 4)
#define LINKS_MAX   40

// One output. A file that is not there yet is a name in a folder.
struct output {
	char path[OUTFILE_PATH_BYTES];
	char name[OUTFILE_PATH_BYTES]; // empty: device and inode are the file's own
	dev_t device;
	ino_t inode;
	bool any; // a device, or nothing that could be opened: opening it will say what is wrong
};

struct outputs {
	struct output list[OUTPUTS_MAX];
	uint32_t n;
};

// The path that a link names, as seen from the link's folder. Returns false when path is no link.
static bool follow(char *path)
{
	char target[OUTFILE_PATH_BYTES], whole[2 * OUTFILE_PATH_BYTES];
	ssize_t n = readlink(path, target, sizeof target - 1);
	char *slash = strrchr(path, '/');

	if (n < 0)
		return false;
	target[n] = '\0';
	if (target[0] == '/' || slash == NULL)
		snprintf(whole, sizeof whole, "%s", target);
	else
		snprintf(whole, sizeof whole, "%.*s%s", (int)(slash - path + 1), path, target);
	snprintf(path, OUTFILE_PATH_BYTES, "%.*s", OUTFILE_PATH_BYTES - 1, whole);
	return true;
}

// A file that opening path would create: its folder's device and inode, and its name.
static void identify_new(struct output *o)
{
	char path[OUTFILE_PATH_BYTES], *slash;
	struct stat folder;
	int links = 0;

	memcpy(path, o->path, sizeof path);
	while (follow(path))
		if (++links > LINKS_MAX)
			break;
	slash = strrchr(path, '/');
	snprintf(o->name, sizeof o->name, "%s", slash ? slash + 1 : path);
	if (slash != NULL)
		slash[1] = '\0';
	o->any = stat(slash ? path : ".", &folder) != 0;
	if (!o->any) {
		o->device = folder.st_dev;
		o->inode = folder.st_ino;
	}
}

static void identify(struct output *o)
{
	struct stat file;

	if (stat(o->path, &file) != 0) {
		identify_new(o);
		return;
	}
	o->device = file.st_dev;
	o->inode = file.st_ino;
	o->any = S_ISCHR(file.st_mode);
}

static bool same(const struct output *a, const struct output *b)
{
	return !a->any && !b->any && a->device == b->device && a->inode == b->inode && strcmp(a->name, b->name) == 0;
}

// Returns false when an earlier output is the same file.
static bool distinct(struct outputs *all)
{
	struct output *o = &all->list[all->n];

	identify(o);
	for (uint32_t i = 0; i < all->n; i++) {
		if (!same(o, &all->list[i]))
			continue;
		fprintf(stderr, "marketgen: %s and %s are one file; see marketgen --help\n", all->list[i].path, o->path);
		return false;
	}
	all->n++;
	return true;
}

static bool add(struct outputs *all, const char *path, const char *end)
{
	struct output *o = &all->list[all->n];

	*o = (struct output){ 0 };
	snprintf(o->path, sizeof o->path, "%s%s", path, end);
	return distinct(all);
}

bool outputs_distinct(const struct args *args)
{
	static struct outputs all;
	bool ok;

	all.n = 0;
	ok = args->truth ? add(&all, args->truth, "") : add(&all, args->prefix, ".trades.csv");
	ok = ok && add(&all, args->prefix, ".status.csv") && add(&all, args->prefix, ".truth.json");
	ok = ok && (args->raw == NULL || add(&all, args->raw, ""));
	for (uint32_t i = 0; ok && exchange_table[i] != NULL; i++) {
		for (uint32_t l = 0; ok && l < args->n_lines && args->venues >> i & 1; l++) {
			char end[64];

			snprintf(end, sizeof end, ".%s.%c.pcap%s", exchange_table[i]->name, (char)('a' + l),
				 args->gzip ? ".gz" : "");
			ok = add(&all, args->prefix, end);
		}
	}
	return ok;
}
