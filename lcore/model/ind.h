/* SPDX-License-Identifier: BSD-3-Clause */
// ind.h: incremental indicators of one instrument and span, O(1) per bar, computed once, at the seal.
// Formulas and sources: docs/bars.md, Indicators. The order of operations is fixed, since outputs are hashed.
#ifndef WB_MODEL_IND_H
#define WB_MODEL_IND_H

#include <assert.h>

#include "lcore/model/bar.h"

struct ind {
	double ema9, ema21, signal;
	double d12, d26;   // ema12 and ema26 less the last close: apart, so that macd of a still price keeps
			   // its digits
	double gain, loss; // Wilder means, sums while n_diff < 14
	double delta_ema, pressure_ema, obi_ema, ofi_ema, sweep_ema;
	unsigned __int128 notional; // of the session
	double vwap;                // notional / eligible, dollars: rows without prints need no division
	uint64_t eligible;
	int64_t cvd;
	int64_t last_close; // previous close_filled; PX_NULL before the first
	uint32_t n_close;   // bars with a close_filled
	uint32_t n_flow;    // bars
	uint32_t n_obi;
	uint32_t session; // key of the session that cvd and notional belong to
};

// The state after the last row that was made. Idle intervals follow from it in closed form (ind_skip): their
// inputs are constant, the last close, no flow and the same touch.

// What is left of each kind of mean after n idle intervals (ind.c), for the n asked for last. Zeroed: empty.
// w, r: the engine's lcore.
#define IND_DECAYS    5
#define IND_LEFT_ROWS 256 // 12 KiB: they share the nearest cache with the rows that are made
struct ind_left {
	struct ind_left_row {
		uint32_t n;
		double left[IND_DECAYS];
	} row[IND_LEFT_ROWS];
};

// ind_init makes *ind the state before the first bar.
void ind_init(struct ind *ind);
// ind_seal enriches bar: reads close, volumes, flow columns, notional and eligible of the bar's prints;
// writes close_filled, cvd, vwap_session and all indicator columns. session is any number that differs
// between sessions; sweep_notional in dollars, signed.
void ind_seal(struct ind *ind, struct bar *bar, uint32_t session, unsigned __int128 notional,
	      uint64_t eligible, double sweep_notional);

// ind_skip moves the state over n idle intervals, whose order book imbalance is obi (NAN: an empty book): as
// n calls of ind_seal without prints would, but for rounding (1e-16 of the price). *left_of only saves time.
void ind_skip(struct ind *ind, uint32_t n, double obi, struct ind_left *left_of);
// ind_idle writes the indicator columns of the idle interval that the state has just been moved over.
void ind_idle(const struct ind *ind, struct bar *bar);

#endif
