/* SPDX-License-Identifier: BSD-3-Clause */
// boot_files.c: the captures of all replay ports, opened together and dealt out: those of the command line go
// to the ports in blocks of streams, those that a port names stay there.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/wirebar/boot_files.h"
#include "drivers/replay/files.h"

enum { SMALL_BYTES = 32 << 20 }; // below it, captures are a bench's or a test's

static struct replay_files files; // large; control thread

static const char *add(const char *path, int port)
{
	if (files.n == MERGE_FILES)
		return "more captures than can be merged";
	files.file[files.n++] = (struct replay_file){ .path = path, .port = port };
	return NULL;
}

static unsigned lines_of(const struct appliance *a, const char *path)
{
	for (unsigned i = 0; i < a->n_lines; i++)
		if (!strcmp(a->lines[i].path, path))
			return a->lines[i].number;
	return 0;
}

// The files of each lcore's journal are one capture.
static const char *gather_journal(const struct appliance *a)
{
	struct journal_list list = a->journal;
	const char **part = calloc(list.n + 1, sizeof *part); // lives as long as the process
	const char *why = part ? NULL : "out of memory";

	journal_list_sort(&list, true);
	for (unsigned i = 0, n = 0; i < list.n && !why; i += n) {
		for (n = 0; i + n < list.n && !strcmp(list.file[i + n].name.tap, list.file[i].name.tap); n++)
			part[i + n] = list.file[i + n].path;
		why = add(list.file[i].path, FILES_ANY_PORT);
		if (!why) {
			files.file[files.n - 1].part = part + i;
			files.file[files.n - 1].n_parts = n;
		}
	}
	return why;
}

static const char *gather(const struct appliance *a)
{
	static char text[MERGE_FILES][CONF_STR_BYTES];
	const char *why = NULL;
	unsigned nth = 0;

	for (unsigned i = 0; i < a->conf.n_port && !why; i++) {
		const char *cursor = a->conf.port[i].files;
		struct conf_item item;

		while (!why && !a->conf.port[i].device[0] && files.n < MERGE_FILES &&
		       conf_list_next(&cursor, ',', &item)) {
			snprintf(text[files.n], sizeof text[0], "%s", item.text);
			why = add(text[files.n], (int)nth);
		}
		nth += a->conf.port[i].device[0] == '\0';
	}
	for (unsigned i = 0; i < a->n_files && !why; i++)
		why = add(a->files[i], FILES_ANY_PORT);
	// What --lines names need not be named again.
	for (unsigned i = 0; i < a->n_lines && !why; i++) {
		bool named = false;

		for (unsigned k = 0; k < files.n; k++)
			named |= !strcmp(files.file[k].path, a->lines[i].path);
		why = named ? NULL : add(a->lines[i].path, FILES_ANY_PORT);
	}
	for (unsigned i = 0; i < files.n; i++)
		files.file[i].lines = lines_of(a, files.file[i].path);
	return why ? why : gather_journal(a);
}

// home[n]: the ingest lcore that polls the n-th replay port. Returns how many replay ports there are.
static unsigned find_homes(const struct appliance *a, unsigned home[CONF_PORT_MAX], bool *several)
{
	unsigned nth = 0;

	*several = false;
	for (unsigned i = 0; i < a->conf.n_port; i++) {
		if (a->conf.port[i].device[0])
			continue;
		home[nth] = CONF_LCORE_MAX;
		for (unsigned k = 0; k < a->conf.n_lcore; k++) {
			struct conf_queue queue[LCORE_QUEUES];
			struct conf_error err;
			int n = a->conf.lcore[k].stage == CONF_STAGE_INGEST
					? conf_queues(&a->conf, &a->conf.lcore[k], queue, LCORE_QUEUES, &err)
					: 0;

			for (int q = 0; q < n; q++)
				if (queue[q].port == i)
					home[nth] = k;
		}
		*several |= home[nth] != home[0];
		nth++;
	}
	return nth;
}

int boot_files_open(const struct appliance *a, char *err, size_t err_len)
{
	unsigned home[CONF_PORT_MAX];
	bool several;
	unsigned n_ports = find_homes(a, home, &several);
	const char *why = gather(a);

	if (!n_ports)
		return 0;
	if (why || !files.n) {
		snprintf(err, err_len, "%s",
			 why ? why : "no captures; name them on the command line or in `files` of a port");
		return -EINVAL;
	}
	int rc = files_open(&files, a->plant.trade_day, (enum peel_trailer)a->conf.feed.trailer, several, err,
			    err_len);

	return rc ? rc : files_deal(&files, n_ports, home, err, err_len);
}

uint64_t boot_files_bytes(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < files.n; i++)
		sum += files.file[i].capture.mapped_bytes;
	return sum;
}

bool boot_files_small(const struct conf *conf)
{
	bool nic = false;

	for (unsigned i = 0; i < conf->n_port; i++)
		nic |= conf->port[i].device[0] != 0;
	return !nic && !conf->capture.restart && boot_files_bytes() <= SMALL_BYTES;
}

unsigned boot_files_of(unsigned nth, struct capture *out[MERGE_FILES]) { return files_of(&files, nth, out); }

void boot_files_close(void) { files_close(&files); }
