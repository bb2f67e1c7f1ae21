/* SPDX-License-Identifier: BSD-3-Clause */
// snapshot.h: the file of a snapshot: named parts of memory as of a place in the packet journal
// (docs/restart.md). Two files are written in turn, each under another name first, and the header last:
// whenever the writer or the machine stops, one is whole. What is zero is not written. Every byte is under
// a CRC32C: of the header, of the directory, of each block. PURE (libc).
//
//   header | blocks, one after the other | directory: parts, then blocks
#ifndef WB_JOURNAL_SNAPSHOT_H
#define WB_JOURNAL_SNAPSHOT_H

#include "lcore/base/num.h"

#define SNAPSHOT_MAGIC       UINT64_C(0x32504e5352414257) // "WBARSNP2"
#define SNAPSHOT_BLOCK_BYTES (16u << 10)
#define SNAPSHOT_NAME_BYTES  48
#define SNAPSHOT_PATH_BYTES  320

enum snapshot_reason {
	SNAPSHOT_GOOD,
#define SNAPSHOT(NAME, text) SNAPSHOT_##NAME,
#include "drivers/journal/snapshot.def"
#undef SNAPSHOT
	SNAPSHOT_REASONS
};
extern const char *const snapshot_reason_text[SNAPSHOT_REASONS];

// What a snapshot is of. Two are of the same when all of these agree.
struct snapshot_of {
	uint64_t build; // hash of the program
	uint64_t conf;  // hash of what of the configuration bears on the state
	int32_t day;    // New York date of the journal, days since the epoch
	uint32_t pad;
};

// At the beginning of the file. Little endian, as the rest: this program's own.
struct snapshot_head {
	uint64_t magic;
	struct snapshot_of of;
	uint64_t serial;  // the newest of both has the greater
	uint64_t made_ns; // UTC
	uint64_t frames;  // that it stands for, of all lcores
	uint64_t file_bytes, directory_at;
	uint32_t n_parts, n_blocks;
	uint32_t directory_crc;
	uint32_t crc; // of what is before it
};

struct snapshot_part {
	char name[SNAPSHOT_NAME_BYTES];
	void *mem;
	uint64_t bytes;
};

// One that is whole, mapped. Zeroed: none.
struct snapshot {
	const uint8_t *map;
	uint64_t bytes;
	struct snapshot_head head;
	char path[SNAPSHOT_PATH_BYTES];
	uint64_t device, inode;
};

// snapshot_path writes the name of one of the two files of a folder.
void snapshot_path(const char *dir, unsigned which, char out[SNAPSHOT_PATH_BYTES]);
// snapshot_open maps the file and checks all of it. want: what it must be of; NULL: anything. Returns
// SNAPSHOT_GOOD, or why it is none; then *s is zeroed. A file that is not there is SNAPSHOT_READ with errno
// ENOENT. Any thread.
enum snapshot_reason snapshot_open(struct snapshot *s, const char *path, const struct snapshot_of *want);
// snapshot_close accepts a zeroed one.
void snapshot_close(struct snapshot *s);
// snapshot_lock makes the caller the one that may give files of a folder other names. Returns a descriptor to
// close, or -errno; -EWOULDBLOCK: another one is at work, -ENOENT: there is no such folder.
int snapshot_lock(const char *dir);
// snapshot_set_aside gives the file that s was opened from another name, which it writes to bad: path.bad.
// Returns false when it has not, above all because another file has that name by now. locked: the caller
// holds the folder's lock.
bool snapshot_set_aside(const struct snapshot *s, bool locked, char bad[SNAPSHOT_PATH_BYTES + 8]);
// snapshot_get fills a part's memory, what was not written with zeros. Pages that are zero already are not
// written to. Returns false when there is no part of that name and size; the memory is as it was then.
bool snapshot_get(const struct snapshot *s, const struct snapshot_part *part);
// snapshot_write makes the file at path of n parts, and fills in what of *head is about the file. The folder
// is dir; a file of another name is written there first. Returns 0 or -errno; then path is as it was.
int snapshot_write(const char *dir, const char *path, struct snapshot_head *head,
		   const struct snapshot_part *part, unsigned n);

#endif
