/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/outcome.h"

#include <math.h>

static void slip(struct outcome_slip *s, const struct trade_report *r, uint64_t shares)
{
	int64_t worse = r->side == SIDE_BUY ? 2 * r->price - r->mid_twice : r->mid_twice - 2 * r->price;

	s->shares += shares;
	s->twice += (__int128)worse * (int64_t)shares;
}

// What brings the position nearer to zero is an exit; a fill through zero is both.
static void slips(struct outcome *t, const struct trade_report *r, int64_t held)
{
	uint64_t out = 0;

	if (!r->mid_twice)
		return;
	if (held && (held > 0) == (r->side == SIDE_SELL))
		out = (uint64_t)(held < 0 ? -held : held);
	out = out < r->qty ? out : r->qty;
	slip(&t->exit, r, out);
	slip(&t->entry, r, r->qty - out);
}

void outcome_fill(struct outcome *t, const struct trade_report *r, int64_t held)
{
	if (r->kind == REPORT_BREAK)
		t->breaks++;
	if (r->kind != REPORT_FILL)
		return;
	t->fills++;
	t->shares += r->qty;
	t->notional += r->price * r->qty;
	slips(t, r, held);
}

void outcome_order(struct outcome *t, const struct trade_report *r)
{
	switch (r->kind) {
	case REPORT_SENT: t->sent++; break;
	case REPORT_DENIED: t->denied[r->why < RISK_REASONS ? r->why : 0]++; break;
	case REPORT_REJECTED: t->rejected[r->why < PAPER_REASONS ? r->why : 0]++; break;
	case REPORT_FILL: t->rested += r->liquidity == 'A' ? r->qty : 0; break;
	case REPORT_CANCELLED:
	case REPORT_EXPIRED:
		if (r->tif == TIF_DAY && r->limit && r->state >= STATE_CANCELLED)
			t->unfilled += r->total > r->filled ? r->total - r->filled : 0;
		break;
	default: break;
	}
}

void outcome_trip(struct outcome *t, const struct position_trip *trip)
{
	uint64_t held_ns = trip->closed_ns - trip->opened_ns;

	earned_trip(&t->by_gate, trip);
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

static void day_add(struct outcome_daily *d, int64_t result)
{
	double dollars = (double)result / 1e6, square = dollars * dollars;

	d->n++;
	d->sum += dollars;
	d->squares += square;
	d->below += result < 0 ? square : 0;
}

// A minute belongs to the New York date in which it begins.
static void day_of(struct outcome *t, const struct equity_row *row)
{
	struct calendar_day day, next;

	if (row->ts_ns <= t->day_end_ns)
		return;
	if (t->day_end_ns)
		day_add(&t->days, t->last.net - t->day_base);
	t->day_base = t->day_end_ns ? t->last.net : 0;
	calendar_day_of(row->ts_ns - 60 * NS_PER_S, &day);
	calendar_day_by_date(day.day + 1, &next);
	t->day_end_ns = next.midnight_ns;
}

void outcome_minute(struct outcome *t, const struct equity_row *row)
{
	day_of(t, row);
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

double outcome_average_win(const struct outcome *t) { return ratio((double)t->won / 1e6, (double)t->wins); }

double outcome_average_loss(const struct outcome *t)
{
	return ratio((double)t->lost / 1e6, (double)t->losses);
}

double outcome_passive_ratio(const struct outcome *t)
{
	return ratio((double)t->rested, (double)(t->rested + t->unfilled));
}

double outcome_turnover(const struct outcome *t)
{
	return ratio((double)t->notional, (double)t->peak_exposure);
}

double outcome_slippage(const struct outcome_slip *s)
{
	return ratio((double)s->twice / 2e6, (double)s->shares);
}

struct outcome_daily outcome_days(const struct outcome *t)
{
	struct outcome_daily all = t->days;

	if (t->day_end_ns)
		day_add(&all, t->last.net - t->day_base);
	return all;
}

double outcome_sharpe(const struct outcome *t)
{
	struct outcome_daily d = outcome_days(t);
	double n = (double)d.n, spread = d.squares - d.sum * d.sum / n;

	if (d.n < OUTCOME_DAYS || spread <= 0)
		return NAN;
	return d.sum / n / sqrt(spread / (n - 1)) * sqrt(252);
}

double outcome_sortino(const struct outcome *t)
{
	struct outcome_daily d = outcome_days(t);
	double n = (double)d.n;

	if (d.n < OUTCOME_DAYS || d.below <= 0)
		return NAN;
	return d.sum / n / sqrt(d.below / n) * sqrt(252);
}
