/* SPDX-License-Identifier: BSD-3-Clause */
// journal_name.h: names of the journal's files, and folders of them. A name is
// journal-<number>-<date>-<lcore>.pcapng: numbers of a folder only grow, so that names in order are files in
// order. PURE but for reading folders.
#ifndef WB_JOURNAL_JOURNAL_NAME_H
#define WB_JOURNAL_JOURNAL_NAME_H

#include "lcore/base/num.h"

#define JOURNAL_NAME_BYTES 96
#define JOURNAL_TAP_BYTES  32 // an lcore's name, with the NUL
#define JOURNAL_PATH_BYTES 360

struct journal_name {
	uint64_t number;
	int32_t day; // New York date of its first frame, days since the epoch
	char tap[JOURNAL_TAP_BYTES];
};

// journal_name_text writes the name of a file. day: from 1990 to 2068.
void journal_name_text(const struct journal_name *name, char out[JOURNAL_NAME_BYTES]);
// journal_name_read reads the name of a file, its folders before it passed over. False: it is none of ours.
bool journal_name_read(const char *path, struct journal_name *out);

// struct journal_file is one file of a folder.
struct journal_file {
	char *path;
	uint64_t bytes;
	struct journal_name name;
};
struct journal_list {
	struct journal_file *file; // by number
	unsigned n, room;
};

// journal_list_add adds a file, or all files of a folder that are ours. Returns how many, or -errno. Control
// thread; the journal's own. journal_list_sort puts them in order: by lcore if wanted, then by number.
int journal_list_add(struct journal_list *list, const char *path);
void journal_list_sort(struct journal_list *list, bool by_tap);
void journal_list_free(struct journal_list *list);

#endif
