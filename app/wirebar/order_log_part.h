/* SPDX-License-Identifier: BSD-3-Clause */
// order_log_part.h: the journal of orders in the split layout. The desk is the part signal's, which begins
// with the file and writes its ring; stops are the part telemetry's, which writes their places in the same
// file. A part that goes on after a kill maps it again: its state knows where it is in it (docs/restart.md).
#ifndef WB_APP_ORDER_LOG_PART_H
#define WB_APP_ORDER_LOG_PART_H

#include "app/wirebar/order_log_file.h"

// order_log_part_open begins with the journal, or maps it again. The part telemetry waits until signal has
// begun. Returns 0, -EINTR, or -EPIPE, having said it: the primary has ended. After parts_boot, before
// lcores; other parts and processes: nothing.
int order_log_part_open(struct appliance *a);
// order_log_part_begun says that the lcores of this part have what the journal had for them, and halts where
// it could not be read or mapped. After lcores.
void order_log_part_begun(struct appliance *a);

#endif
