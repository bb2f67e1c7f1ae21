/* SPDX-License-Identifier: BSD-3-Clause */
// spool.h: entries that are never dropped, on disk until they are acknowledged: what a process could not hand
// on, the next one does. A file of records of one size; a record that is settled is marked so, its place is
// used again, and when all are the file begins anew. It survives the death of the process, not that of the
// machine: nothing waits for the disk. What was given up for good is a line of JSON in a second file. One
// thread.
#ifndef WB_SINK_SPOOL_H
#define WB_SINK_SPOOL_H

#include "drivers/sink/entry.h"

struct spool {
	uint64_t *count; // [SINK_COUNTS]; NULL: not open
	int fd, dead_fd; // -1: none: nothing outlives the process
	uint32_t records, open;
	uint32_t *free, n_free, room; // places of settled records
	uint32_t order;               // of the newest record
	uint32_t torn;                // records of the process before that were none
	bool broken;                  // could not be written; said once
	char path[288];
};

// spool_open opens NAME-spool and NAME-dead.json in a folder, for this process alone, and hands each record
// that was not settled to again, in order. dir "": nothing is kept. count: of the sink, as the process before
// left it; these records wait from now on, what else waited is left. Returns 0, or -errno with a text in err
// and nothing counted.
int spool_open(struct spool *s, const char *dir, const char *name, uint64_t *count, char *err, size_t err_len,
	       bool (*again)(void *ctx, const struct sink_entry *e), void *ctx);
// spool_add writes an entry and sets its place; a place of 0: it is not kept.
void spool_add(struct spool *s, struct sink_entry *e);
// spool_id writes the id that it is sent with from now on, before it is.
void spool_id(struct spool *s, const struct sink_entry *e);
// spool_settle: it is acknowledged, or given up. spool_dead keeps it as a line of JSON.
void spool_settle(struct spool *s, const struct sink_entry *e);
void spool_dead(struct spool *s, const struct sink_entry *e);
// spool_close counts what waits: kept on disk, or left. Accepts a zeroed one.
void spool_close(struct spool *s);

#endif
