/* SPDX-License-Identifier: BSD-3-Clause */
// order_log_file.h: the journal of orders (lcore/trade/order_log.h) as a file, and the count of starts that
// makes order ids unique. Both in the directory of trading.h:
//
//   order_journal   mapped: what was asked outlives a kill -9. A thread syncs it, at most every 10 ms
//   order_starts    counts starts; written and synced once a start
//   *.lock          of the process that keeps them: a second one does not start
//
// In the process that runs the signal lcore. A replay has ids of start 0, and a journal only with
// orders.journal = always: order_journal.replay, begun anew.
#ifndef WB_APP_ORDER_LOG_FILE_H
#define WB_APP_ORDER_LOG_FILE_H

#include <sys/types.h>

#include "app/wirebar/appliance.h"

// order_log_file_open fills a->plant.order_log and a->plant.boot. What cannot be read or written is said on
// stderr and in a->plant.order_log_why: the mode becomes halt, since nobody knows what is out. Before the
// signal lcore is made. Returns 0, or -EADDRINUSE, having said so: another process keeps them.
int order_log_file_open(struct appliance *a);
// order_log_file_give makes another user the owner of the files that there are. Root, after the open. Returns
// 0 or -errno.
int order_log_file_give(const struct appliance *a, uid_t uid, gid_t gid);
// order_log_file_close syncs what there is, and ends the thread. After the lcores.
void order_log_file_close(void);

#endif
