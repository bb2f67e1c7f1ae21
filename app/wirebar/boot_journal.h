/* SPDX-License-Identifier: BSD-3-Clause */
// boot_journal.h: the packet journal of the process, from the configuration. Control thread.
#ifndef WB_APP_BOOT_JOURNAL_H
#define WB_APP_BOOT_JOURNAL_H

#include "app/wirebar/appliance.h"

// boot_journal makes the journal and gives each ingest lcore its tap: of a live run always, for it may be
// switched on; of a replay where it is enabled; and the port that an ingest lcore begins with, where
// [capture] restart says so and there is a journal. Returns 0, or -errno having said why. After the ports are
// open and the lcores have names.
int boot_journal(struct appliance *a);
// boot_journal_close frees both; accepts what was not made. After the lcores have ended.
void boot_journal_close(struct appliance *a);
// boot_journal_dir writes the folder that the configuration means.
void boot_journal_dir(const struct appliance *a, char out[256]);

#endif
