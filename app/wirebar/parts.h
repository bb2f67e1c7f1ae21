/* SPDX-License-Identifier: BSD-3-Clause */
// parts.h: the split layout (run.layout = split): the lcores of one configuration in processes of their own.
// The part `ingest` is DPDK's primary: it makes all that is shared, answers telemetry and control, and sums
// up. `signal`, `telemetry` with export, and `gateway`, where there is such an lcore, are secondaries: they
// find links, tables and their lcores' blocks by name. docs/parts.md has what goes on when one of them is
// killed.
//
// Without --part there is one process, and nothing here does anything.
#ifndef WB_APP_PARTS_H
#define WB_APP_PARTS_H

#include <sys/types.h>

#include "app/wirebar/appliance.h"
#include "drivers/journal/snapshot.h"
#include "lcore/trade/outcome.h"

#define PARTS_ZONE "wb_parts"

// A file that the part telemetry has written, for the summary of the part ingest.
struct parts_file {
	uint64_t rows, bytes, lost_bytes;
	int32_t error;
	char digest[65];
};

enum parts_verdict { PARTS_NO_VERDICT, PARTS_KEEP, PARTS_DROP };
enum parts_settled { PARTS_WRITING, PARTS_WRITTEN, PARTS_KEPT, PARTS_DROPPED };

// One part's process. w: it.
struct parts_process {
	uint32_t pid;    // 0: it never was there
	uint32_t starts; // how many times
	uint32_t ready;  // its lcores run
};

// The snapshot that all parts begin with. w: ingest, before magic; lost: others.
struct parts_begin {
	struct snapshot_head head; // zeroed: there is none
	char path[SNAPSHOT_PATH_BYTES];
	uint32_t lost; // a part cannot begin with it
};

// The journal of orders that the part signal has begun with. w: signal; begun last.
struct parts_order_log {
	uint64_t dev, ino; // of the file; ino 0: none is kept
	uint32_t slots, stops;
	uint32_t begun;
	uint32_t lost; // w: all. A bit for each part that could not map it again: what it did since is not in
		       // it
};

// What the parts share beside links, tables and blocks of lcores. No pointers.
struct parts_shared {
	uint64_t magic;  // last
	uint64_t layout; // of all that is shared, and of the configuration: parts_layout
	struct lcore_clock clock;
	struct gate_set gates[2];
	uint32_t gates_at;    // w: control. Which is in force
	uint32_t mode;        // w: ingest's control thread. enum latch_mode
	uint32_t stop, abort; // w: ingest's main thread
	uint32_t wants_stop;  // w: others. A replay whose output fails has nothing more to do
	struct parts_process process[PARTS];
	struct parts_begin begin;
	struct parts_order_log order_log;
	// Files: written by the telemetry part, kept if the ingest part says so, by the sums of all.
	uint32_t verdict; // w: ingest. enum parts_verdict
	uint32_t settled; // w: telemetry. enum parts_settled
	struct parts_file file[OUTPUT_STREAMS];
	struct outcome outcome;
};

extern const char *const parts_name[PARTS];

// parts_check refuses --part without the split layout, and the split layout without it. Returns 0 or 2, with
// the reason on stderr. Before boot.
int parts_check(const struct appliance *a);
// parts_find returns the part of that name, or PART_WHOLE: there is none.
enum part parts_find(const char *name);
// parts_of returns the part that runs a stage.
static inline enum part parts_of(int stage)
{
	return stage == CONF_STAGE_INGEST    ? PART_INGEST
	       : stage == CONF_STAGE_SIGNAL  ? PART_SIGNAL
	       : stage == CONF_STAGE_GATEWAY ? PART_GATEWAY
					     : PART_TELEMETRY;
}
// parts_there returns true if the configuration has that part: gateway is there with an lcore of it alone.
bool parts_there(const struct conf *conf, enum part part);
// parts_mine returns true if the lcore runs in this process.
bool parts_mine(const struct appliance *a, const struct lcore *l);
// parts_secondary returns true in a process that is not DPDK's primary.
static inline bool parts_secondary(const struct appliance *a) { return a->part > PART_INGEST; }

// parts_again returns true in a part that was there before and was killed.
bool parts_again(const struct appliance *a);
// parts_ran returns true if lcores of this part have run, in whichever process.
bool parts_ran(const struct appliance *a);

// parts_layout returns a hash of the layouts of all that parts share, of what they were asked to write, and
// of the configuration's text: parts that agree in it understand one another.
uint64_t parts_layout(const struct appliance *a);
// parts_boot makes the zone (ingest), or waits for it, up to 30 s, and checks it (others). Moves the gates
// there. Returns 0 or -errno, with the reason on stderr. After EAL, before lcores. parts_booted says that
// everything is there. Ingest.
int parts_boot(struct appliance *a);
// parts_state sets the memory of an lcore's state: private where the process is whole or it is ingest's; else
// in a zone that the primary makes. Returns 0 or -ENOMEM, with the reason on stderr. Boot only.
int parts_state(struct appliance *a, struct lcore *l);
void parts_booted(struct appliance *a);
// parts_wait_primary waits up to 30 s for the living primary of the prefix: EAL would wait without end.
// Returns 0 or -errno, with the reason on stderr. Others.
int parts_wait_primary(const struct appliance *a);
// parts_wait_others waits until all parts have been there, however long that takes, and says after 5 s for
// whom: what leaves before they are there would be lost. Returns 0, -EINTR, or -ESTALE, having said it: one
// of them cannot begin with the snapshot that ingest began with. Ingest, before launch.
int parts_wait_others(struct appliance *a);
// parts_running says that the lcores of this part run.
void parts_running(struct appliance *a);
// parts_look carries stop and abort between the parts. Returns false when this part is to go away: its
// primary has ended, or somebody wants it to end alone. Main thread, each few ms.
bool parts_look(struct appliance *a);

// parts_end is the end of a part that is not ingest: it settles files by the verdict of ingest and says what
// it did. Returns its exit code.
int parts_end(struct appliance *a);
// parts_collect takes over what the part telemetry has written, waiting up to 10 s for it. parts_settle hands
// on the verdict and returns whether the files were kept. Ingest, after its lcores have ended.
void parts_collect(struct appliance *a);
bool parts_settle(struct appliance *a, bool keep);
// parts_give makes another user the owner of what the part telemetry keeps on disk. Root, after boot. Returns
// 0 or -errno.
int parts_give(const struct appliance *a, uid_t uid, gid_t gid);
// parts_digest is export_digest, and parts_outcome export_outcome, of files that the part telemetry has
// written. Ingest.
void parts_digest(const struct appliance *a, struct export_digest *out);
const struct outcome *parts_outcome(const struct appliance *a);

#endif
