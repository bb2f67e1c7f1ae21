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
// boot_snapshot_load lays the one taken over the lcores' states, which are initialised, but those of
// gateways, whose memory is there. Returns 0, also when there is none, or when it has been called before, or
// -errno having said why: then the states are lost. Before launch.
int boot_snapshot_load(struct appliance *a);
// boot_snapshot_write writes what the lcores know, which have ended, in place of the older of both. Returns
// 0 or -errno, having said why.
int boot_snapshot_write(struct appliance *a);
// boot_snapshot_refusal returns why such a run neither begins with a snapshot nor makes one, by configuration
// and options; SNAPSHOT_GOOD: it may.
enum snapshot_reason boot_snapshot_refusal(const struct appliance *a);

#endif
