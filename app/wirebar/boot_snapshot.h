/* SPDX-License-Identifier: BSD-3-Clause */
// boot_snapshot.h: what a start takes from a snapshot of the state, so that it reads only the tail of the
// packet journal; and what `wirebar snapshot` writes. docs/restart.md. Control thread, one appliance a
// process.
#ifndef WB_APP_BOOT_SNAPSHOT_H
#define WB_APP_BOOT_SNAPSHOT_H

#include "app/wirebar/appliance.h"
#include "drivers/journal/snapshot.h"
#include "drivers/replay/capture_place.h"

// boot_snapshot_begin looks at the folder: which snapshots it has, newest first. day: New York date of the
// journal. What the run cannot begin with is refused, and said.
void boot_snapshot_begin(struct appliance *a, const char *dir, int32_t day);
// boot_snapshot_next takes the newest one that has not been refused yet and is whole. False: there is none.
bool boot_snapshot_next(void);
// boot_snapshot_place returns where the lcore's journal goes on, of the one taken; NULL: it says nothing.
const struct capture_place *boot_snapshot_place(const struct lcore *lcore);
// boot_snapshot_refuse puts the one taken aside, and says why.
void boot_snapshot_refuse(enum snapshot_reason why);
// boot_snapshot_join: the process is a part beside ingest, and begins with what that began with. Before init.
void boot_snapshot_join(struct appliance *a);
// boot_snapshot_init initialises the lcore's state, which is there, and lays over it what the one taken holds
// of it; a gateway's before, as its sinks say at once what is known. Returns 0, or -errno with a text in err:
// then the state is lost. Gateways last. Before launch.
int boot_snapshot_init(const struct appliance *a, struct lcore *lcore, char *err, size_t err_len);
// boot_snapshot_end says what this process has begun with, also to the other parts. After all lcores.
void boot_snapshot_end(struct appliance *a);
// boot_snapshot_write writes what the lcores know, which have ended, in place of the older of both. Returns
// 0 or -errno, having said why.
int boot_snapshot_write(struct appliance *a);
// boot_snapshot_refusal returns why such a run neither begins with a snapshot nor makes one, by configuration
// and options; SNAPSHOT_GOOD: it may.
enum snapshot_reason boot_snapshot_refusal(const struct appliance *a);

#endif
