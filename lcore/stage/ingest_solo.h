/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_solo.h: an ingest lcore without an lcore: captures, flat out, through one receiver and one engine on
// the caller's thread. No DPDK, no ports, no links, no tables. What leaves the engine is what an ingest lcore
// that plays the same captures hands on, in the same order. The calendar is loaded before, and stays until it
// is closed. One thread; several may be open, but for what the calendar holds of the configuration.
#ifndef WB_STAGE_INGEST_SOLO_H
#define WB_STAGE_INGEST_SOLO_H

#include "conf/conf.h"
#include "lcore/base/ledger.h"
#include "lcore/model/bar.h"
#include "lcore/model/record.h"

struct ingest_solo;

struct ingest_solo_conf {
	const struct conf *conf;  // outlives it; ports' own files are not read
	const char *const *paths; // [n_paths] captures
	unsigned n_paths;
	int32_t trade_day; // INT32_MIN: from the packets
	bool sweep_grow;   // gates look at sweeps
	bool fill;         // hand on idle rows, too
	void *ctx;
	void (*bar)(void *ctx, const struct bar *bar);
	void (*sweep)(void *ctx, const struct sweep *sweep);
	void (*mark)(void *ctx, uint64_t close_ts); // every row with close_ts up to there has been handed on
};

// ingest_solo_open opens the captures and takes all memory. Returns 0, -EDOM when the configuration and the
// captures contradict each other, or another -errno; with a text in err.
int ingest_solo_open(struct ingest_solo **out, const struct ingest_solo_conf *conf, char *err,
		     size_t err_len);
// ingest_solo_step takes the next frames, a burst at most, and seals a part of what is due. False: all is
// done, and the last rows and the last mark have been handed on.
bool ingest_solo_step(struct ingest_solo *solo);
// ingest_solo_ledger copies what was counted, that of the captures and what is left of them included. True:
// the sums of the ledger, and its frames and those of the captures, balance.
bool ingest_solo_ledger(const struct ingest_solo *solo, struct ledger *out);
// ingest_solo_close accepts NULL.
void ingest_solo_close(struct ingest_solo *solo);

#endif
