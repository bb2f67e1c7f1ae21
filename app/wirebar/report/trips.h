/* SPDX-License-Identifier: BSD-3-Clause */
// trips.h: figures over round trips, and the last of them to be shown. All figures are of net; a net of
// exactly 0 is neither win nor loss. Amounts are 1e-6 dollar, times ns since 1970. Pure; one thread.
#ifndef WB_REPORT_TRIPS_H
#define WB_REPORT_TRIPS_H

#include "lcore/base/num.h"

enum { TRIPS_SHOWN_MAX = 1000, TRIPS_SHOWN = 200, TRIPS_WORD_BYTES = 32, TRIPS_OPEN_SPANS_MAX = 32768 };

struct trip {
	uint64_t id, opened_ns;
	uint64_t closed_ns; // 0: still open
	uint64_t peak_qty;
	int64_t avg_open, avg_close; // PX_NULL: none yet
	int64_t realized, fees, net, max_adverse, max_favourable;
	int side; // +1 long, -1 short
	char symbol[TRIPS_WORD_BYTES], exit_reason[TRIPS_WORD_BYTES];
};

struct trips_span {
	uint64_t from_ns, to_ns;
};

struct trips {
	struct trip last[TRIPS_SHOWN_MAX]; // a ring: trips_shown
	unsigned shown_max;                // 1 to TRIPS_SHOWN_MAX; 0 is TRIPS_SHOWN
	uint64_t n;                        // of all rows
	uint64_t closed, wins, losses, longs;
	int64_t realized, fees, net; // of those closed
	int64_t won, lost;           // lost is <= 0
	int64_t best, worst;
	uint64_t held_ns, longest_ns; // held_ns: the sum
	// Times in which anything was open, without overlap once trips_settle was called.
	struct trips_span span[TRIPS_OPEN_SPANS_MAX];
	unsigned n_spans, at;
	bool spans_full; // more times apart than there is room for: no exposure
	uint64_t exposed_ns, watched_ns;
};

// trips_add counts one round trip. Assumes *t zeroed before the first, and opened_ns <= closed_ns.
void trips_add(struct trips *t, const struct trip *trip);
// trips_shown returns the i-th trip that is kept (0 is the oldest), or NULL when there is none.
const struct trip *trips_shown(const struct trips *t, uint64_t i);
// trips_settle ends the adding. Call it before trips_watch.
void trips_settle(struct trips *t);
// trips_watch adds the time (from, to] to what exposure is a share of. Assumes times in ascending order.
void trips_watch(struct trips *t, uint64_t from_ns, uint64_t to_ns);

#endif
