/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/ind.h"

#include <math.h>

enum { RSI_N = 14 };
// Below this a mean is 0: it would only get lost in subnormal numbers, which processors are slow with.
#define TINY 1e-200

void ind_init(struct ind *ind) { *ind = (struct ind){ .last_close = PX_NULL, .vwap = NAN }; }

static double ema(double y, double x, unsigned n, bool first)
{
	double a = 2.0 / (n + 1);

	return first ? x : a * x + (1 - a) * y;
}

static double floored(double y) { return fabs(y) < TINY ? 0 : y; }

// What is left of a distance after 1, 2, 4, 8 ... steps: r, r^2, r^4 ... with r = 1 - 2/(n+1) of an EMA,
// 13/14 of Wilder's means; by squaring; 0 below TINY. From 2^14 on nothing is left of any.
enum decay { EMA_9, EMA_12, EMA_21, EMA_26, WILDER, DECAYS };
static_assert(DECAYS == IND_DECAYS, "struct ind_left has a place for each");
enum { DECAY_BITS = 14 };
// clang-format off
static const double decay[][DECAY_BITS] = {
	[EMA_9] = { 0x1.999999999999ap-1, 0x1.47ae147ae147cp-1, 0x1.a36e2eb1c4330p-2, 0x1.5798ee2308c3fp-3,
		0x1.cd2b297d889cap-6, 0x1.9f623d5a8a74cp-11, 0x1.50ffd44f4a766p-21, 0x1.bba08cf8c9808p-42,
		0x1.8062864ac6ffdp-83, 0x1.2093dc65b6591p-165, 0x1.454d054bb4d6dp-330, 0x1.9d5ca69e68d04p-660,
		0x0.0p+0, 0x0.0p+0 },
	[EMA_12] = { 0x1.b13b13b13b13bp-1, 0x1.6e94731fcf86dp-1, 0x1.067667a222f98p-1, 0x1.0d1692e39302dp-2,
		0x1.1ad872afd6599p-4, 0x1.388193ad20582p-8, 0x1.7d7c198c2881bp-16, 0x1.1c3d5019f9730p-31,
		0x1.3b981868e6e84p-62, 0x1.850fa66f27259p-124, 0x1.27a448615d199p-247, 0x1.556c083d35c72p-494,
		0x0.0p+0, 0x0.0p+0 },
	[EMA_21] = { 0x1.d1745d1745d17p-1, 0x1.a723f789854a0p-1, 0x1.5db3f08b0ab7dp-1, 0x1.ddb41c555faf3p-2,
		0x1.bdb4582700e22p-3, 0x1.83fe3cc1d7232p-5, 0x1.2605541757c34p-9, 0x1.51b03d42021d4p-18,
		0x1.bd717a9c12fc7p-36, 0x1.8389db480941cp-71, 0x1.25550b9c1d758p-141, 0x1.501bc8d411a15p-282,
		0x1.b948f230a88f3p-564, 0x0.0p+0 },
	[EMA_26] = { 0x1.da12f684bda13p-1, 0x1.b6f51d2593238p-1, 0x1.7855d536b05d5p-1, 0x1.149e1f8bf6fbap-1,
		0x1.2ae555b0c136ap-2, 0x1.5cfab8f1ecbbbp-4, 0x1.dbba9c5f79bd5p-8, 0x1.ba070428f402fp-15,
		0x1.7d9e1d4752746p-29, 0x1.1c7002673968bp-57, 0x1.3c08b65721b85p-114, 0x1.8625827302912p-228,
		0x1.294b277ab1c4fp-455, 0x0.0p+0 },
	[WILDER] = { 0x1.db6db6db6db6ep-1, 0x1.b97829cbc14e6p-1, 0x1.7ca79c339aec1p-1, 0x1.1b0102bb2f47fp-1,
		0x1.38db3c0ae006ep-2, 0x1.7e571e1a4ac12p-4, 0x1.1d840dbdf840bp-7, 0x1.3e6f4ab72764ep-14,
		0x1.8c18ae00e6813p-28, 0x1.326e2e59efc81p-55, 0x1.6ecb963adee8cp-110, 0x1.06c561bbf7741p-219,
		0x1.0db89c3c4f1c6p-438, 0x0.0p+0 },
};
// clang-format on

// left returns what is left of a distance after n steps.
static double left(enum decay of, uint32_t n)
{
	double p = 1;

	for (unsigned bit = 0; n; n >>= 1, bit++)
		if (n & 1)
			p = bit < DECAY_BITS ? floored(p * decay[of][bit]) : 0;
	return p;
}

// The same of each, remembered: instruments that are sealed one after the other were often idle for as long.
static const double *left_all(struct ind_left *left_of, uint32_t n)
{
	struct ind_left_row *row = &left_of->row[n % IND_LEFT_ROWS];

	if (row->n != n) {
		row->n = n;
		for (enum decay of = 0; of < DECAYS; of++)
			row->left[of] = left(of, n);
	}
	return row->left;
}

static double rsi_of(const struct ind *ind, uint64_t *flags)
{
	if (ind->gain + ind->loss == 0) {
		*flags |= BAR_RSI_FLAT;
		return 50;
	}
	return 100 * (ind->gain / (ind->gain + ind->loss)); // in this order never above 100
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
	} else if (diff != 0 || ind->gain + ind->loss > TINY) {
		// Without a change both only decay, and their ratio stays: stop before it is lost in
		// subnormal numbers.
		ind->gain = ((RSI_N - 1) * ind->gain + up) / RSI_N;
		ind->loss = ((RSI_N - 1) * ind->loss + down) / RSI_N;
	}
	return rsi_of(ind, flags);
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
	double moved = first ? 0 : (double)(ind->last_close - close) / PX_ONE;

	ind->d12 = (1 - 2.0 / 13) * (ind->d12 + moved); // of both the distance from the close: ema - x
	ind->d26 = (1 - 2.0 / 27) * (ind->d26 + moved);
	double macd = ind->d12 - ind->d26;

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

static void flow_floor(struct ind *ind)
{
	ind->delta_ema = floored(ind->delta_ema);
	ind->pressure_ema = floored(ind->pressure_ema);
	ind->ofi_ema = floored(ind->ofi_ema);
	ind->sweep_ema = floored(ind->sweep_ema);
}

static void flow_write(const struct ind *ind, struct bar *bar)
{
	bar->delta_ema9 = ind->delta_ema;
	bar->pressure_ema9 = ind->pressure_ema;
	bar->ofi_ema9 = ind->ofi_ema;
	bar->sweep_momentum = ind->sweep_ema;
	bar->obi_ema9 = ind->n_obi ? ind->obi_ema : NAN;
}

static void flow_columns(struct ind *ind, struct bar *bar, double sweep_notional)
{
	bool first = ind->n_flow++ == 0;

	ind->delta_ema = ema(ind->delta_ema, (double)bar->delta, 9, first);
	ind->pressure_ema = ema(ind->pressure_ema, bar->directional_pressure, 9, first);
	ind->ofi_ema = ema(ind->ofi_ema, (double)bar->ofi, 9, first);
	ind->sweep_ema = ema(ind->sweep_ema, sweep_notional, 9, first);
	if (!bar->trades) // without prints they only decay, for ever
		flow_floor(ind);
	if (!isnan(bar->obi))
		ind->obi_ema = ema(ind->obi_ema, bar->obi, 9, ind->n_obi++ == 0);
	flow_write(ind, bar);
}

// The signal line over n idle intervals: the convolution of its own decay with those of ema12 and ema26.
static double signal_after(const struct ind *ind, double p9, double p12, double p26)
{
	const double r9 = 1 - 2.0 / 10, r12 = 1 - 2.0 / 13, r26 = 1 - 2.0 / 27;
	double by12 = ind->d12 * (r12 / (r12 - r9)) * (p12 - p9);
	double by26 = ind->d26 * (r26 / (r26 - r9)) * (p26 - p9);

	return ind->signal * p9 + 2.0 / 10 * (by12 - by26);
}

// Wilder's means without a change: sums until there are 14 differences, then both decay and keep their ratio.
static void rsi_skip(struct ind *ind, uint32_t n, double p)
{
	uint32_t n_diff = ind->n_close - 1, seed = n_diff < RSI_N ? RSI_N - n_diff : 0;

	if (n < seed)
		return;
	if (seed) {
		ind->gain /= RSI_N;
		ind->loss /= RSI_N;
		p = left(WILDER, n - seed);
	}
	if ((ind->gain + ind->loss) * p > TINY) {
		ind->gain *= p;
		ind->loss *= p;
	}
}

static void price_skip(struct ind *ind, uint32_t n, const double *p)
{
	if (ind->last_close == PX_NULL)
		return;
	double x = (double)ind->last_close / PX_ONE;

	ind->signal = signal_after(ind, p[EMA_9], p[EMA_12], p[EMA_26]);
	ind->ema9 = x + (ind->ema9 - x) * p[EMA_9];
	ind->ema21 = x + (ind->ema21 - x) * p[EMA_21];
	ind->d12 *= p[EMA_12];
	ind->d26 *= p[EMA_26];
	rsi_skip(ind, n, p[WILDER]);
	ind->n_close += n;
}

void ind_skip(struct ind *ind, uint32_t n, double obi, struct ind_left *left_of)
{
	if (!n)
		return;
	const double *all = left_all(left_of, n), p = all[EMA_9];

	price_skip(ind, n, all);
	ind->delta_ema *= p;
	ind->pressure_ema *= p;
	ind->ofi_ema *= p;
	ind->sweep_ema *= p;
	flow_floor(ind);
	ind->n_flow += n;
	if (isnan(obi))
		return;
	ind->obi_ema = ind->n_obi ? obi + (ind->obi_ema - obi) * p : obi;
	ind->n_obi += n;
}

void ind_idle(const struct ind *ind, struct bar *bar)
{
	bool closed = ind->last_close != PX_NULL, warm = closed && ind->n_close - 1 >= RSI_N;

	bar->cvd = ind->cvd;
	bar->vwap_session = ind->vwap;
	bar->close_filled = ind->last_close;
	bar->delta_price = closed ? 0 : PX_NULL;
	bar->ema9 = closed ? ind->ema9 : NAN;
	bar->ema21 = closed ? ind->ema21 : NAN;
	bar->macd = closed ? ind->d12 - ind->d26 : NAN;
	bar->macd_signal = closed ? ind->signal : NAN;
	bar->macd_hist = bar->macd - bar->macd_signal;
	bar->warm_count = closed ? ind->n_close : 0;
	bar->rsi14 = warm ? rsi_of(ind, &bar->flags) : NAN;
	flow_write(ind, bar);
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
