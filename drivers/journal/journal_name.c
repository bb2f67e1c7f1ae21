/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/journal/journal_name.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lcore/base/calendar.h"

#define PREFIX "journal-"
#define SUFFIX ".pcapng"

void journal_name_text(const struct journal_name *name, char out[JOURNAL_NAME_BYTES])
{
	char iso[CALENDAR_ISO_BYTES];

	calendar_iso((uint64_t)name->day * NS_PER_DAY, iso);
	snprintf(out, JOURNAL_NAME_BYTES, PREFIX "%08" PRIu64 "-%.4s%.2s%.2s-%.31s" SUFFIX, name->number, iso,
		 iso + 5, iso + 8, name->tap);
}

bool journal_name_read(const char *path, struct journal_name *out)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base), at = strlen(PREFIX), tail = strlen(SUFFIX);
	char *end;

	if (len <= at + tail || strncmp(base, PREFIX, at) || strcmp(base + len - tail, SUFFIX) ||
	    base[at] < '0' || base[at] > '9')
		return false;
	errno = 0;
	out->number = strtoull(base + at, &end, 10);
	if (errno || *end != '-' || end - (base + at) < 8 || strnlen(end, 11) < 11 || end[9] != '-' ||
	    !calendar_parse_date(end + 1, 8, &out->day))
		return false;
	len = (size_t)(base + len - tail - (end + 10));
	if (!len || len >= sizeof out->tap)
		return false;
	memcpy(out->tap, end + 10, len);
	out->tap[len] = '\0';
	return true;
}

static int add(struct journal_list *list, const char *path, uint64_t bytes, const struct journal_name *name)
{
	if (list->n == list->room) {
		unsigned room = list->room ? 2 * list->room : 64;
		struct journal_file *more = realloc(list->file, room * sizeof *more);

		if (!more)
			return -ENOMEM;
		list->file = more;
		list->room = room;
	}
	list->file[list->n] = (struct journal_file){ .path = strdup(path), .bytes = bytes, .name = *name };
	return list->file[list->n].path ? (list->n++, 0) : -ENOMEM;
}

static int add_folder(struct journal_list *list, const char *path)
{
	DIR *dir = opendir(path);
	int n = 0, rc = 0;

	if (!dir)
		return -errno;
	for (struct dirent *d; !rc && (d = readdir(dir));) {
		char full[4096 + 256];
		struct journal_name name;
		struct stat st;

		snprintf(full, sizeof full, "%s/%s", path, d->d_name);
		if (!journal_name_read(full, &name) || lstat(full, &st) || !S_ISREG(st.st_mode))
			continue;
		rc = add(list, full, (uint64_t)st.st_size, &name);
		n += !rc;
	}
	closedir(dir);
	return rc ? rc : n;
}

int journal_list_add(struct journal_list *list, const char *path)
{
	struct journal_name name;
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return add_folder(list, path);
	if (!journal_name_read(path, &name))
		return 0;
	int rc = add(list, path, (uint64_t)st.st_size, &name);

	return rc ? rc : 1;
}

static int by_number(const void *a, const void *b)
{
	const struct journal_name *x = &((const struct journal_file *)a)->name,
				  *y = &((const struct journal_file *)b)->name;

	return (x->number > y->number) - (x->number < y->number);
}

static int by_tap_number(const void *a, const void *b)
{
	int tap = strcmp(((const struct journal_file *)a)->name.tap,
			 ((const struct journal_file *)b)->name.tap);

	return tap ? tap : by_number(a, b);
}

void journal_list_sort(struct journal_list *list, bool by_tap)
{
	if (list->n)
		qsort(list->file, list->n, sizeof *list->file, by_tap ? by_tap_number : by_number);
}

void journal_list_free(struct journal_list *list)
{
	for (unsigned i = 0; i < list->n; i++)
		free(list->file[i].path);
	free(list->file);
	*list = (struct journal_list){ 0 };
}
