/* SPDX-License-Identifier: BSD-3-Clause */
// outcome.h: what a run has earned and risked, in the numbers that users of backtests expect. Wins, losses,
// best and worst are net of fees and of round trips that have ended; a net of exactly 0 is neither. Amounts
// are 1e-6 dollar, times ns. Pure; one owner.
#ifndef WB_TRADE_OUTCOME_H
#define WB_TRADE_OUTCOME_H

#include "lcore/trade/equity.h"

// Zeroed: nothing has happened.
struct outcome {
	uint64_t fills, breaks, shares; // shares: of fills, broken ones included
	int64_t notional;
	struct position_equity last; // at the end of the latest minute
	uint64_t trips, wins, losses;
	int64_t won, lost; // sums; lost is below 0
	int64_t best, worst;
	uint64_t held_ns, longest_ns; // of round trips
	int64_t peak_qty;             // of one position
	int64_t peak_exposure;        // of all together, at ends of minutes
	uint64_t minutes, minutes_open;
	int64_t high;     // of net, the start counting as 0
	uint64_t high_ns; // 0: the start
	int64_t drawdown; // the largest fall from a high, above 0
	uint64_t drawdown_from_ns, drawdown_low_ns;
	uint64_t drawdown_ns; // from that high until net was there again, or until the last minute
	int64_t fall;         // of the high that is open
	uint64_t first_ns;    // begin of the first minute
	bool fees;            // some are configured
};

// outcome_fill counts a report; outcome_trip a round trip that has ended; outcome_minute a row of equity, in
// their order.
void outcome_fill(struct outcome *t, const struct trade_report *r);
void outcome_trip(struct outcome *t, const struct position_trip *trip);
void outcome_minute(struct outcome *t, const struct equity_row *row);
// Ratios: NAN where they say nothing, as the profit factor without a loss.
double outcome_win_rate(const struct outcome *t);
double outcome_profit_factor(const struct outcome *t);
double outcome_expectancy(const struct outcome *t);     // dollars a round trip
double outcome_return_on_peak(const struct outcome *t); // net over the peak of exposure
double outcome_exposure_time(const struct outcome *t);  // share of minutes with a position

#endif
