/* SPDX-License-Identifier: BSD-3-Clause */
// curve.h: an equity curve in bounded memory. Drawdown and totals are exact over all rows; what is drawn is
// thinned: when the points are full, neighbours become one that keeps their lowest and highest. Amounts are
// 1e-6 dollar, times ns since 1970. Pure; one thread.
#ifndef WB_REPORT_CURVE_H
#define WB_REPORT_CURVE_H

#include "lcore/base/num.h"

enum { CURVE_POINTS_MAX = 1024 };

// Several rows as one: their lowest and highest net, and their deepest fall.
struct curve_point {
	uint64_t ts;
	uint64_t low_ts, high_ts;
	int64_t low, high;
	int64_t fall; // below the high so far, >= 0
};

struct curve_row {
	int64_t realized, unrealized, fees, gross, net;
};

struct curve {
	struct curve_point point[CURVE_POINTS_MAX];
	unsigned n;
	uint64_t rows_per_point, rows_in_last;
	uint64_t rows, first_ts, last_ts;
	struct curve_row last;
	int64_t high; // of net so far; the start counts as 0
	uint64_t high_ts;
	int64_t max_fall;
	uint64_t fall_high_ts; // of the high that the largest fall began at
	uint64_t fall_low_ts;
	uint64_t fall_end_ts; // when net was at that high again; 0: not until the end
};

// curve_add adds the next row. Assumes *c zeroed before the first. Returns false when ts is not later than
// the row before: nothing is added then.
bool curve_add(struct curve *c, uint64_t ts, const struct curve_row *row);
// curve_fall_ns returns how long the largest fall lasted: from its high until net was there again, or until
// the last row.
uint64_t curve_fall_ns(const struct curve *c);

#endif
