/* SPDX-License-Identifier: BSD-3-Clause */
// order_log_map.h: the file of a journal of orders, mapped, and the thread that brings it to the disk. Main
// thread.
#ifndef WB_APP_ORDER_LOG_MAP_H
#define WB_APP_ORDER_LOG_MAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ORDER_LOG_WRITERS = 2 };

struct order_log_map {
	void *mem; // NULL: there is none
	size_t bytes;
	int fd; // -1: there is none
	const uint64_t *written[ORDER_LOG_WRITERS];
	pthread_t thread;
	bool runs, stop;
};

// order_log_map_open maps a file in a directory. fresh: it is made, of so many bytes; else it is mapped as it
// is, and no page of it is touched. Returns NULL, or why not; then close it.
const char *order_log_map_open(struct order_log_map *m, int dir, const char *name, size_t bytes, bool fresh);
// order_log_map_hold takes all of it now, in memory and on disk: neither a fault nor a full disk may show
// when a record is written. Returns NULL, or why not.
const char *order_log_map_hold(struct order_log_map *m);
// order_log_map_sync starts the thread: it syncs when a word has grown, at most every 10 ms.
void order_log_map_sync(struct order_log_map *m, const uint64_t *const written[ORDER_LOG_WRITERS]);
// order_log_map_close syncs what there is, ends the thread and unmaps.
void order_log_map_close(struct order_log_map *m);

#endif
