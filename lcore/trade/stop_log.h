/* SPDX-License-Identifier: BSD-3-Clause */
// stop_log.h: the stops of positions, so that a process that was killed knows afterwards how far they had
// come. A place of each instrument has two halves, which are written in turn, in memory that somebody maps to
// a file: a write that is torn leaves the one before. Pure; one owner; the file is of this machine.
#ifndef WB_TRADE_STOP_LOG_H
#define WB_TRADE_STOP_LOG_H

#include "lcore/trade/stop.h"

struct stop_log_half {
	uint64_t seq; // from 1; 0: never written
	uint64_t symbol;
	struct stop stop; // no position: the place is free
	uint32_t crc;     // of all before it
};

struct stop_log {
	struct stop_log_half (*place)[2];
	uint32_t places;
	uint64_t seq; // w: owner. Of the newest one: others may read it, to see that something was written
};

// stop_log_bytes returns the size of so many places; zeroed they are free.
size_t stop_log_bytes(uint32_t places);
// stop_log_begin goes on with what is in mem. Returns how many places have neither half whole though both
// were written: their stops are lost, and they are free.
uint32_t stop_log_begin(struct stop_log *j, void *mem, uint32_t places);
// stop_log_place returns the place of a symbol, or a free one, or places if there is none. Walks all: at the
// beginning of a position. Its owner only, as all below.
uint32_t stop_log_place(const struct stop_log *j, uint64_t symbol);
// stop_log_find fills out with the stop of a symbol's position, as it was written last. Returns false where
// there is none of this position.
bool stop_log_find(const struct stop_log *j, uint32_t place, uint64_t symbol, uint64_t position_id,
		   struct stop *out);
// stop_log_put writes the stop, under a number of its owner's, which grows from that of the newest one. What
// the place has under this number or a later one is not written again.
void stop_log_put(struct stop_log *j, uint32_t place, uint64_t symbol, const struct stop *s, uint64_t seq);

#endif
