/* SPDX-License-Identifier: BSD-3-Clause */
// boot_files.h: the captures of a replay, for boot.c. Control thread, before launch.
#ifndef WB_APP_BOOT_FILES_H
#define WB_APP_BOOT_FILES_H

#include "app/wirebar/appliance.h"
#include "drivers/replay/merge.h"

// boot_files_open opens the captures of the command line and of all replay ports and deals them out. Returns
// 0 or -errno with a text in err; -EDOM is bad usage.
int boot_files_open(const struct appliance *a, char *err, size_t err_len);
// boot_files_bytes adds up the captures that were opened, unpacked.
uint64_t boot_files_bytes(void);
// boot_files_small says whether they are all that the appliance reads, and little: of what tables and rings
// have room for they use little, and a run of seconds would first clear 600 MiB. After boot_files_open,
// before ports take them.
bool boot_files_small(const struct conf *conf);
// boot_files_of lists the captures of the nth replay port, to be taken over. Returns how many.
unsigned boot_files_of(unsigned nth, struct capture *out[MERGE_FILES]);
// boot_files_close closes those that no port has taken over.
void boot_files_close(void);

#endif
