/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/outcome.h"

#include <math.h>

void outcome_fill(struct outcome *t, const struct trade_report *r)
{
	if (r->kind == REPORT_BREAK)
		t->breaks++;
	if (r->kind != REPORT_FILL)
		return;
	t->fills++;
	t->shares += r->qty;
	t->notional += r->price * r->qty;
}

void outcome_trip(struct outcome *t, const struct position_trip *trip)
{
	uint64_t held_ns = trip->closed_ns - trip->opened_ns;

	t->best = !t->trips || trip->net > t->best ? trip->net : t->best;
	t->worst = !t->trips || trip->net < t->worst ? trip->net : t->worst;
	t->trips++;
	t->wins += trip->net > 0;
	t->losses += trip->net < 0;
	*(trip->net > 0 ? &t->won : &t->lost) += trip->net;
	t->held_ns += held_ns;
	t->longest_ns = held_ns > t->longest_ns ? held_ns : t->longest_ns;
	t->peak_qty = trip->peak_qty > t->peak_qty ? trip->peak_qty : t->peak_qty;
}

// The fall from a high lasts until net is there again.
static void fall_of(struct outcome *t, uint64_t ts_ns, int64_t net)
{
	int64_t fall = t->high - net;
	bool largest = t->fall && t->fall == t->drawdown && t->drawdown_from_ns == t->high_ns;

	if (fall > t->drawdown) {
		t->drawdown = fall;
		t->drawdown_from_ns = t->high_ns;
		t->drawdown_low_ns = ts_ns;
		largest = true;
	}
	if (largest)
		t->drawdown_ns = ts_ns - t->drawdown_from_ns;
	t->fall = fall > t->fall ? fall : t->fall;
	if (fall > 0)
		return;
	t->high = net;
	t->high_ns = ts_ns;
	t->fall = 0;
}

void outcome_minute(struct outcome *t, const struct equity_row *row)
{
	if (!t->minutes)
		t->first_ns = t->high_ns = row->ts_ns - 60 * NS_PER_S;
	t->minutes++;
	t->minutes_open += row->sums.exposure > 0;
	t->last = row->sums;
	if (row->sums.exposure > t->peak_exposure)
		t->peak_exposure = row->sums.exposure;
	fall_of(t, row->ts_ns, row->sums.net);
}

static double ratio(double a, double b) { return b ? a / b : NAN; }

double outcome_win_rate(const struct outcome *t) { return ratio((double)t->wins, (double)t->trips); }
double outcome_profit_factor(const struct outcome *t) { return ratio((double)t->won, -(double)t->lost); }
double outcome_expectancy(const struct outcome *t)
{
	return ratio((double)(t->won + t->lost) / 1e6, (double)t->trips);
}
double outcome_return_on_peak(const struct outcome *t)
{
	return ratio((double)t->last.net, (double)t->peak_exposure);
}
double outcome_exposure_time(const struct outcome *t)
{
	return ratio((double)t->minutes_open, (double)t->minutes);
}
