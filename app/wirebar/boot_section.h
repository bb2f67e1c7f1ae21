/* SPDX-License-Identifier: BSD-3-Clause */
// boot_section.h: what a snapshot holds of one lcore: its head, its memory, and the hash of both (carry.h). A
// process lays or makes those of its own lcores. Control thread.
#ifndef WB_APP_BOOT_SECTION_H
#define WB_APP_BOOT_SECTION_H

#include "drivers/journal/snapshot.h"
#include "lcore/stage/carry.h"

struct lcore;

#define SECTION_PARTS (CARRY_AREAS + 2)

// boot_section_lay lays the lcore's section over its state, which is initialised; a gateway's is as it was
// made. Returns false, and the state is lost, when there is none that fits, or when the lcore does not know
// then what it was made of. An lcore of which snapshots hold nothing: true.
bool boot_section_lay(struct lcore *lcore, const struct snapshot *snapshot);
// boot_section_make fills part with the section of an lcore that has ended, at most SECTION_PARTS, and sets
// *n. *mem, where some of them are, is the caller's to free, also after an error. Returns 0 or -errno;
// -EBUSY: the lcore has something in hand.
int boot_section_make(const struct lcore *lcore, struct snapshot_part *part, unsigned *n, void **mem);

#endif
