/* SPDX-License-Identifier: BSD-3-Clause */
// journal_parts.h: the state of the journal, for its files: the thread (journal.c) and files
// (journal_file.c).
#ifndef WB_JOURNAL_JOURNAL_PARTS_H
#define WB_JOURNAL_JOURNAL_PARTS_H

#include <pthread.h>

#include "drivers/journal/journal.h"

// One lcore's file, and the piece of its ring that is being written.
struct writer {
	struct tap tap;
	const char *name;
	int fd; // -1: none
	char path[JOURNAL_PATH_BYTES];
	int32_t day;
	uint64_t file_bytes, file_frames; // whole pieces only
	uint64_t day_from_ns, day_to_ns;  // times known to be of day
	uint64_t synced_ns;
	uint64_t from, bytes, done; // the piece: where it begins in the ring; how much of it is in the file
	uint64_t piece_frames;
	bool fresh; // the piece begins a file
};

struct journal {
	struct journal_conf conf;
	struct writer writer[JOURNAL_TAPS];
	struct ledger ledger; // w: thread, r: any
	uint8_t *header;      // section and interfaces, as every file begins
	size_t header_bytes;
	uint64_t number; // of the last file
	int lock;        // of the folder; -1: not taken
	size_t made;     // length of the first folder of its path that was not there; 0: all were
	pthread_t thread;
	bool started, stop;
	bool on;           // w: control
	uint64_t retry_ns; // nothing is tried before; 0: nothing fails
	uint64_t looked_ns;
	uint64_t files, written_bytes;
	pthread_mutex_t texts; // why, and path of writers
	char why[160];
	char newest[JOURNAL_PATH_BYTES];
};

// journal_file.c. journal_file_folder makes the folder and takes it for this process; journal_file_open
// begins a writer's file, and removes old ones; journal_file_piece writes on at the piece in hand, and
// returns whether it is done; journal_file_end ends the file, with its statistics; journal_file_look notices
// that it was removed. All but the first have said what failed. Returns 0 or -errno. Thread; folder: control,
// before.
int journal_file_folder(struct journal *j);
int journal_file_open(struct journal *j, struct writer *w);
int journal_file_piece(struct journal *j, struct writer *w);
void journal_file_end(struct journal *j, struct writer *w);
void journal_file_look(struct journal *j, struct writer *w, uint64_t now_ns);
// journal_failed notes what failed, to be tried again.
int journal_failed(struct journal *j, const char *what, int rc);

#endif
