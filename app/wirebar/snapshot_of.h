/* SPDX-License-Identifier: BSD-3-Clause */
// snapshot_of.h: what two processes must have in common for one to take the other's state.
#ifndef WB_APP_SNAPSHOT_OF_H
#define WB_APP_SNAPSHOT_OF_H

#include "app/wirebar/appliance.h"
#include "drivers/journal/snapshot.h"

// snapshot_of hashes the program and the configuration as file and options said it, without the keys that do
// not bear on what an lcore knows, and the sizes of states. day: New York date. Reads the program's file.
// Boot, when lcores have names and links, and before they have anything to catch up with.
void snapshot_of(const struct appliance *a, int32_t day, struct snapshot_of *out);

#endif
