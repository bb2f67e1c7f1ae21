/* SPDX-License-Identifier: BSD-3-Clause */
// journal.h: the packet journal: every frame that the ingest lcores receive, in files of pcapng that `wirebar
// replay` reads like any capture. One kernel thread writes what the lcores have copied into their taps
// (tap.h), in large pieces, a file for each lcore; neither side ever waits for the other. What cannot be
// written (disk full or slow, folder gone) stays in the ring and is tried again every second; what then finds
// no room is counted and said in the next block. Files are begun anew by size and by New York date; the
// oldest ones of the folder go before it grows beyond what it may hold.
#ifndef WB_JOURNAL_JOURNAL_H
#define WB_JOURNAL_JOURNAL_H

#include <sys/types.h>

#include "drivers/journal/journal_name.h"
#include "drivers/journal/tap.h"
#include "lcore/base/ledger.h"

#define JOURNAL_TAPS 16

struct journal;

struct journal_conf {
	char dir[256]; // made if it is missing
	uint64_t size_bytes, keep_bytes, ring_bytes;
	unsigned n_taps, n_interfaces;
	char tap[JOURNAL_TAPS][JOURNAL_TAP_BYTES];
	char interface[TAP_INTERFACES][64];
	bool on;    // from the start
	bool touch; // the rings, before launch
};

// journal_create takes the rings and, if on, the folder for this process alone. Returns 0 or -errno with a
// text in err. Boot only, after calendar_load. journal_destroy accepts NULL.
int journal_create(struct journal **out, const struct journal_conf *conf, char *err, size_t err_len);
void journal_destroy(struct journal *journal);
// journal_tap returns the tap of the i-th lcore.
struct tap *journal_tap(struct journal *journal, unsigned i);
// journal_start starts the thread, journal_stop writes what is left, if that can be, and ends it. The
// producers have ended by then. Returns 0 or -errno. Control thread.
int journal_start(struct journal *journal);
void journal_stop(struct journal *journal);
// journal_switch: on, the folder is taken, and files are begun with the next frames; off, they end when all
// is written. Taps are switched by who owns them. Returns 0, or -errno with a text in err. Control thread.
int journal_switch(struct journal *journal, bool on, char *err, size_t err_len);
// journal_give makes another user the owner of the folders that journal_create had to make. Root, before
// journal_start. Returns 0 or -errno.
int journal_give(const struct journal *journal, uid_t uid, gid_t gid);
// journal_fails returns whether something could not be written, and is tried again. Any thread.
bool journal_fails(const struct journal *journal);

struct journal_view {
	bool on, fails;
	char why[160];                 // what failed last; empty: nothing has
	char file[JOURNAL_PATH_BYTES]; // newest
	uint64_t frames, dropped, waiting_bytes;
	uint64_t files, written_bytes, removed_files;
};
// journal_look says how it is. Any thread.
void journal_look(struct journal *journal, struct journal_view *out);
// journal_ledger returns the thread's own part of the ledger. Any thread.
const struct ledger *journal_ledger(const struct journal *journal);

#endif
