/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/ind.h"

#include <math.h>

enum { RSI_N = 14 };
#define RSI_TINY 1e-200

void ind_init(struct ind *ind) { *ind = (struct ind){ .last_close = PX_NULL, .vwap = NAN }; }

static double ema(double y, double x, unsigned n, bool first)
{
	double a = 2.0 / (n + 1);

	return first ? x : a * x + (1 - a) * y;
}

// Wilder, "New Concepts in Technical Trading Systems" (1978): SMA seed over the first 14 differences.
static double rsi(struct ind *ind, double diff, uint64_t *flags)
{
	uint32_t n_diff = ind->n_close - 1;
	double up = diff > 0 ? diff : 0, down = diff < 0 ? -diff : 0;

	if (n_diff <= RSI_N) {
		ind->gain += up;
		ind->loss += down;
		if (n_diff < RSI_N)
			return NAN;
		ind->gain /= RSI_N;
		ind->loss /= RSI_N;
	} else if (diff != 0 || ind->gain + ind->loss > RSI_TINY) {
		// Without a change both only decay, and their ratio stays: stop before it is lost in
		// subnormal numbers.
		ind->gain = ((RSI_N - 1) * ind->gain + up) / RSI_N;
		ind->loss = ((RSI_N - 1) * ind->loss + down) / RSI_N;
	}
	if (ind->gain + ind->loss == 0) {
		*flags |= BAR_RSI_FLAT;
		return 50;
	}
	return 100 * (ind->gain / (ind->gain + ind->loss)); // in this order never above 100
}

static void price_columns(struct ind *ind, struct bar *bar)
{
	int64_t close = bar->close_filled;

	bar->delta_price = PX_NULL;
	bar->rsi14 = NAN;
	if (close == PX_NULL) {
		bar->ema9 = bar->ema21 = bar->macd = bar->macd_signal = bar->macd_hist = NAN;
		bar->warm_count = 0;
		return;
	}
	double x = (double)close / PX_ONE;
	bool first = ind->n_close++ == 0;

	ind->ema9 = ema(ind->ema9, x, 9, first);
	ind->ema21 = ema(ind->ema21, x, 21, first);
	ind->ema12 = ema(ind->ema12, x, 12, first);
	ind->ema26 = ema(ind->ema26, x, 26, first);
	double macd = ind->ema12 - ind->ema26;

	ind->signal = ema(ind->signal, macd, 9, first);
	bar->ema9 = ind->ema9;
	bar->ema21 = ind->ema21;
	bar->macd = macd;
	bar->macd_signal = ind->signal;
	bar->macd_hist = macd - ind->signal;
	bar->warm_count = ind->n_close;
	if (!first) {
		bar->delta_price = close - ind->last_close;
		// From exact prices: the difference of two rounded dollars would depend on their size.
		bar->rsi14 = rsi(ind, (double)bar->delta_price / PX_ONE, &bar->flags);
	}
	ind->last_close = close;
}

static void flow_columns(struct ind *ind, struct bar *bar, double sweep_notional)
{
	bool first = ind->n_flow++ == 0;

	ind->delta_ema = ema(ind->delta_ema, (double)bar->delta, 9, first);
	ind->pressure_ema = ema(ind->pressure_ema, bar->directional_pressure, 9, first);
	ind->ofi_ema = ema(ind->ofi_ema, (double)bar->ofi, 9, first);
	ind->sweep_ema = ema(ind->sweep_ema, sweep_notional, 9, first);
	if (!isnan(bar->obi))
		ind->obi_ema = ema(ind->obi_ema, bar->obi, 9, ind->n_obi++ == 0);
	bar->delta_ema9 = ind->delta_ema;
	bar->pressure_ema9 = ind->pressure_ema;
	bar->ofi_ema9 = ind->ofi_ema;
	bar->sweep_momentum = ind->sweep_ema;
	bar->obi_ema9 = ind->n_obi ? ind->obi_ema : NAN;
}

void ind_seal(struct ind *ind, struct bar *bar, uint32_t session, unsigned __int128 notional,
	      uint64_t eligible, double sweep_notional)
{
	if (session != ind->session) {
		ind->session = session;
		ind->cvd = 0;
		ind->notional = 0;
		ind->eligible = 0;
		ind->vwap = NAN;
	}
	ind->cvd += bar->delta;
	if (eligible) {
		ind->notional += notional;
		ind->eligible += eligible;
		ind->vwap = (double)ind->notional / (double)ind->eligible / PX_ONE;
	}
	bar->cvd = ind->cvd;
	bar->vwap_session = ind->vwap;
	bar->close_filled = bar->close != PX_NULL ? bar->close : ind->last_close;
	price_columns(ind, bar);
	flow_columns(ind, bar, sweep_notional);
}
