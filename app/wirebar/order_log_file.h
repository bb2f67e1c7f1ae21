/* SPDX-License-Identifier: BSD-3-Clause */
// order_log_file.h: the journal of orders (lcore/trade/order_log.h) as a file, and the count of starts that
// makes order ids unique (order_starts.h). Both in the directory of trading.h:
//
//   order_journal   mapped: what was asked outlives a kill -9. A thread syncs it, at most every 10 ms
//   order_starts    counts starts; written and synced once a start
//   *.lock          of the process that keeps them: a second one does not start
//
// In the process that runs the signal lcore; in the split layout that of the telemetry lcore writes stops
// (order_log_part.h). A replay has ids of start 0, and a journal only with orders.journal = always:
// order_journal.replay, begun anew.
#ifndef WB_APP_ORDER_LOG_FILE_H
#define WB_APP_ORDER_LOG_FILE_H

#include <sys/types.h>

#include "app/wirebar/appliance.h"

struct parts_order_log;

// order_log_file_wanted returns true if the run keeps a journal of orders.
bool order_log_file_wanted(const struct appliance *a);
// order_log_file_open takes the lock, fills a->plant.boot, and begins where the process is whole. What cannot
// be read or written is said on stderr and in a->plant.order_log_why: the mode becomes halt, since nobody
// knows what is out. Before the signal lcore is made. Returns 0, or -EADDRINUSE, having said so: another
// process keeps them.
int order_log_file_open(struct appliance *a);
// order_log_file_begin fills a->plant.order_log from the file that is there, or makes one.
void order_log_file_begin(struct appliance *a);
// order_log_file_join maps the file that a part has begun with, for one that goes on. It reads nothing: what
// earlier starts have left is in states by then. A part that could not once does not any more: it has gone on
// without. order_log_file_is says which file this process has begun with; *out zeroed before.
void order_log_file_join(struct appliance *a, struct parts_order_log *is);
void order_log_file_is(struct parts_order_log *out);
// order_log_file_give makes another user the owner of the files that there are. Root, after the open. Returns
// 0 or -errno.
int order_log_file_give(const struct appliance *a, uid_t uid, gid_t gid);
// order_log_file_close syncs what there is, and ends the thread. After the lcores.
void order_log_file_close(void);

#endif
