/* SPDX-License-Identifier: BSD-3-Clause */
// outputs.c: which file a path stands for, and what becomes of all of them.
#include "app/marketgen/outputs.h"

#include "app/marketgen/sim/exchange.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define OUTPUTS_MAX (EXCHANGES_MAX * STREAM_LINES_MAX + 4)

// What one output will be written to.
struct place {
	char path[PATH_MAX];
	char file[PATH_MAX]; // of one that is not there yet; empty: device and inode are the file's own
	dev_t device;
	ino_t inode;
	bool any; // a device, or nothing that could be opened: opening it will say what is wrong
};

struct places {
	struct place list[OUTPUTS_MAX];
	uint32_t n;
};

static struct {
	struct output list[OUTPUTS_MAX];
	char path[OUTPUTS_MAX][PATH_MAX];
	uint32_t n;
} open_files;

volatile bool outputs_stop;

static void identify(struct place *o)
{
	int fd = output_fd_of(o->path);
	struct stat file;

	if (fd >= 0 ? fstat(fd, &file) : stat(o->path, &file)) {
		o->any = fd >= 0 || output_file_of(o->path, o->file);
		return;
	}
	o->device = file.st_dev;
	o->inode = file.st_ino;
	o->any = S_ISCHR(file.st_mode);
}

static bool same(const struct place *a, const struct place *b)
{
	return !a->any && !b->any && a->device == b->device && a->inode == b->inode &&
	       strcmp(a->file, b->file) == 0;
}

// Returns false when an earlier output is the same file.
static bool distinct(struct places *all)
{
	struct place *o = &all->list[all->n];

	identify(o);
	for (uint32_t i = 0; i < all->n; i++) {
		if (!same(o, &all->list[i]))
			continue;
		fprintf(stderr, "marketgen: %s and %s are one file; see marketgen --help\n",
			all->list[i].path, o->path);
		return false;
	}
	all->n++;
	return true;
}

static bool add(struct places *all, const char *path, const char *end)
{
	struct place *o = &all->list[all->n];

	*o = (struct place){ 0 };
	snprintf(o->path, sizeof o->path, "%s%s", path, end);
	return distinct(all);
}

bool outputs_distinct(const struct args *args)
{
	static struct places all;
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

struct output *outputs_open(const char *path, bool gzip)
{
	struct output *o = &open_files.list[open_files.n];
	char *copy = open_files.path[open_files.n];

	snprintf(copy, PATH_MAX, "%s", path);
	int rc = strlen(path) >= PATH_MAX ? -ENAMETOOLONG
					  : output_open(o, copy, gzip ? OUTPUT_GZIP : 0, &outputs_stop);

	if (rc) {
		if (rc != -EINTR)
			fprintf(stderr, "marketgen: %s: cannot be written: %s\n", path, strerror(-rc));
		return NULL;
	}
	if (o->n_stale)
		fprintf(stderr,
			"marketgen: removed %u temporary file%s beside %s, of a run that was killed\n",
			o->n_stale, o->n_stale == 1 ? "" : "s", path);
	open_files.n++;
	return o;
}

bool outputs_failed(void)
{
	for (uint32_t i = 0; i < open_files.n; i++)
		if (open_files.list[i].error)
			return true;
	return false;
}

bool outputs_settle(bool keep)
{
	for (uint32_t i = 0; i < open_files.n; i++)
		output_finish(&open_files.list[i]);
	for (uint32_t i = 0; keep && !outputs_failed() && i < open_files.n; i++)
		output_keep(&open_files.list[i]);
	for (uint32_t i = 0; i < open_files.n; i++) {
		struct output *o = &open_files.list[i];

		if (o->error && o->error != EINTR)
			fprintf(stderr, "marketgen: %s: not written whole: %s\n", o->path,
				strerror(o->error));
		output_drop(o);
	}
	keep = keep && !outputs_failed();
	return keep;
}
