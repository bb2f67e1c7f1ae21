/* SPDX-License-Identifier: BSD-3-Clause */
// outcome.h: what a run has earned and risked, in the numbers that users of backtests expect. Wins, losses,
// best and worst are net of fees and of round trips that have ended; a net of exactly 0 is neither. Amounts
// are 1e-6 dollar, times ns. Pure; one owner.
#ifndef WB_TRADE_OUTCOME_H
#define WB_TRADE_OUTCOME_H

#include "lcore/trade/earned.h"
#include "lcore/trade/equity.h"
#include "lcore/trade/paper.h"
#include "lcore/trade/risk.h"

enum { OUTCOME_DAYS = 20 }; // daily results that Sharpe and Sortino need

// Shares executed, and what they cost against the mid at the decision to trade them: above 0 is worse than
// it.
struct outcome_slip {
	uint64_t shares;
	__int128 twice; // 1e-6 dollar
};

// Daily results, dollars.
struct outcome_daily {
	uint64_t n;
	double sum, squares, below; // below: squares of the results below 0
};

// Zeroed: nothing has happened.
struct outcome {
	uint64_t fills, breaks, shares; // shares: of fills, broken ones included
	int64_t notional;
	uint64_t sent;                    // orders
	uint64_t denied[RISK_REASONS];    // orders, by our own risk
	uint64_t rejected[PAPER_REASONS]; // orders, by the venue
	uint64_t rested, unfilled;        // shares that resting orders got; that day orders ended without
	struct outcome_slip entry, exit;  // of orders whose mid was known
	struct position_equity last;      // at the end of the latest minute
	struct earned_gates by_gate;
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
	uint64_t drawdown_ns;      // from that high until net was there again, or until the last minute
	int64_t fall;              // of the high that is open
	uint64_t first_ns;         // begin of the first minute
	struct outcome_daily days; // of New York dates that have ended
	uint64_t day_end_ns;       // of the date of the last minute
	int64_t day_base;          // net when it began
	bool fees;                 // some are configured
};

// outcome_fill counts a report about fills, with the position before it (signed); outcome_trip a round trip
// that has ended; outcome_minute a row of equity, in their order.
void outcome_fill(struct outcome *t, const struct trade_report *r, int64_t held);
// outcome_order counts a report that is about orders, each once.
void outcome_order(struct outcome *t, const struct trade_report *r);
void outcome_trip(struct outcome *t, const struct position_trip *trip);
void outcome_minute(struct outcome *t, const struct equity_row *row);
// Ratios: NAN where they say nothing, as the profit factor without a loss.
double outcome_win_rate(const struct outcome *t);
double outcome_profit_factor(const struct outcome *t);
double outcome_expectancy(const struct outcome *t);     // dollars a round trip
double outcome_return_on_peak(const struct outcome *t); // net over the peak of exposure
double outcome_exposure_time(const struct outcome *t);  // share of minutes with a position
double outcome_average_win(const struct outcome *t);    // dollars a round trip; and loss, below 0
double outcome_average_loss(const struct outcome *t);
double outcome_passive_ratio(const struct outcome *t); // shares rested over those and unfilled
double outcome_turnover(const struct outcome *t);      // notional over the peak of exposure
double outcome_slippage(const struct outcome_slip *s); // dollars a share
// outcome_days is all days, the last one included. Sharpe: mean / sd * sqrt(252), sd with n - 1. Sortino:
// the same over the root of the mean square of what is below 0. NAN with fewer than OUTCOME_DAYS days. Both
// are the same for whatever capital one divides by, as long as it is the same each day.
struct outcome_daily outcome_days(const struct outcome *t);
double outcome_sharpe(const struct outcome *t);
double outcome_sortino(const struct outcome *t);

#endif
