/* SPDX-License-Identifier: BSD-3-Clause */
// order_starts.h: how often the desk was started: it makes order ids unique. Main thread.
#ifndef WB_APP_ORDER_STARTS_H
#define WB_APP_ORDER_STARTS_H

#include <stdint.h>

#define ORDER_STARTS "order_starts"

// order_starts_count counts a start in the directory's file, synced, and says which one it is: from 1, as 0
// is a replay's; after 1295 they begin anew, a day of a thousand starts later. Returns NULL, or why the file
// is not right: *boot is one that today has not had all the same.
const char *order_starts_count(int dir, uint16_t *boot);

#endif
