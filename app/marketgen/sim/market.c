/* SPDX-License-Identifier: BSD-3-Clause */
// market.c: instruments, activity weights and the price process. The numbers are those of published full-day
// counts of Nasdaq ITCH: weights about rank^-0.95, spreads widening with rank, sizes mostly one round lot.
#include "app/marketgen/sim/market.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FAIR_MIN_TICKS 60.0
#define FAIR_MAX_E4    15000000.0 // 1,500 dollars; ITCH's own bound is 200,000

static const struct {
	char symbol[9];
	double dollars;
} known[] = {
	{ "SPY", 580.2 },   { "QQQ", 492.6 },  { "NVDA", 131.4 },  { "TSLA", 248.9 }, { "AAPL", 231.7 },
	{ "AMD", 117.3 },   { "AMZN", 205.1 }, { "MSFT", 428.5 },  { "META", 598.8 }, { "IWM", 221.4 },
	{ "GOOGL", 175.6 }, { "PLTR", 84.2 },  { "INTC", 22.8 },   { "BAC", 44.9 },   { "F", 10.1 },
	{ "SOFI", 14.3 },   { "TQQQ", 73.5 },  { "AVGO", 198.2 },  { "GOOG", 177.3 }, { "NFLX", 912.4 },
	{ "XLF", 49.6 },    { "SOXL", 24.7 },  { "T", 26.8 },      { "HYG", 79.1 },   { "MU", 97.4 },
	{ "COIN", 254.6 },  { "CSCO", 62.3 },  { "KO", 70.8 },     { "PFE", 25.9 },   { "WMT", 92.2 },
	{ "JPM", 246.3 },   { "XOM", 109.7 },  { "BRK.B", 484.1 }, { "DIS", 108.5 },  { "UBER", 74.6 },
	{ "GLD", 268.9 },   { "TLT", 89.3 },   { "EEM", 43.7 },    { "XLE", 87.2 },   { "SNAP", 9.4 },
	{ "BF.B", 34.6 },   { "NIO", 4.6 },
};
#define N_KNOWN (sizeof known / sizeof known[0])

static void set_symbol(struct market_instr *instr, const char *text)
{
	size_t length = strlen(text);

	memset(instr->symbol, ' ', sizeof instr->symbol);
	memcpy(instr->symbol, text, length < 8 ? length : 8);
}

// Four letters of a permutation, then one that no known symbol has there: all symbols differ. A few carry the
// share class, warrant and unit marks that real symbols do.
static void make_symbol(struct market_instr *instr, uint32_t k)
{
	static const char first[] = "BCDFGHJKLMNPQRSTVWXZ";
	char text[9];
	uint32_t scrambled =
		(uint32_t)((uint64_t)k * 104729 % 351520); // 104729 is prime to 20 * 26^3: a permutation
	int n = 0;

	text[n++] = first[scrambled % 20];
	scrambled /= 20;
	for (int i = 0; i < 3; i++, scrambled /= 26)
		text[n++] = (char)('A' + scrambled % 26);
	text[n++] = k % 40 == 7 ? '.' : k % 40 == 8 ? '-' : k % 40 == 9 ? '+' : k % 40 == 10 ? '=' : 'Q';
	if (k % 40 == 7 || k % 40 == 8)
		text[n++] = 'A';
	text[n] = '\0';
	set_symbol(instr, text);
}

static void make_instr(struct market_instr *instr, uint32_t rank, struct rng *rng)
{
	double dollars;

	if (rank < N_KNOWN) {
		set_symbol(instr, known[rank].symbol);
		dollars = known[rank].dollars * (0.95 + 0.1 * rng_unit(rng));
	} else {
		make_symbol(instr, rank);
		dollars = rng_chance(rng, 0.02) ? 0.05 + 0.9 * rng_unit(rng) : rng_lognormal(rng, 32.0, 0.9);
		if (dollars > 1 && dollars < 1.5)
			dollars = 1.5;
		if (dollars > 1200)
			dollars = 1200;
	}
	instr->tick_e4 = dollars < 1 ? 1 : 100;
	instr->fair = dollars * 10000 / instr->tick_e4;
	instr->half = instr->fair * 1e-5 * rng_exp_of(0.55 * rng_log_of(rank + 1.0));
	if (instr->half < 0.5)
		instr->half = 0.5;
	instr->iex_listed = rank % 500 == 12;
	instr->etf = rank % 5 == 0;
}

static void fill_alias(struct market *market, const double *weight, double sum, uint32_t *small,
		       uint32_t *large)
{
	uint32_t n = market->n_instrs, n_small = 0, n_large = 0;
	double *scaled = malloc(n * sizeof *scaled);

	if (scaled == NULL)
		return; // the caller sees cut[0] == 0
	for (uint32_t i = 0; i < n; i++) {
		scaled[i] = weight[i] / sum * n;
		if (scaled[i] < 1)
			small[n_small++] = i;
		else
			large[n_large++] = i;
	}
	while (n_small > 0 && n_large > 0) {
		uint32_t s = small[--n_small], l = large[n_large - 1];

		market->cut[s] = (uint32_t)(scaled[s] * 4294967295.0) | 1;
		market->alias[s] = l;
		scaled[l] -= 1 - scaled[s];
		if (scaled[l] < 1) {
			n_large--;
			small[n_small++] = l;
		}
	}
	for (; n_large > 0; n_large--)
		market->cut[large[n_large - 1]] = UINT32_MAX,
					    market->alias[large[n_large - 1]] = large[n_large - 1];
	for (; n_small > 0; n_small--)
		market->cut[small[n_small - 1]] = UINT32_MAX,
					    market->alias[small[n_small - 1]] = small[n_small - 1];
	free(scaled);
}

static int weigh(struct market *market, double messages)
{
	uint32_t n = market->n_instrs;
	double *weight = malloc(n * sizeof *weight), sum = 0;
	uint32_t *stacks = malloc(2 * n * sizeof *stacks);
	int ret = -ENOMEM;

	if (weight == NULL || stacks == NULL)
		goto out;
	for (uint32_t i = 0; i < n; i++)
		sum += weight[i] = rng_exp_of(-0.95 * rng_log_of(i + 1.0));
	fill_alias(market, weight, sum, stacks, stacks + n);
	if (market->cut[0] == 0)
		goto out;
	for (uint32_t i = 0; i < n; i++) {
		struct market_instr *instr = &market->instrs[i];

		// about 0.3 % over the whole simulation
		instr->step = instr->fair * 0.003 / sqrt(weight[i] / sum * messages + 10);
	}
	ret = 0;
out:
	free(weight);
	free(stacks);
	return ret;
}

int market_init(struct market *market, uint32_t n_instrs, double messages, struct rng *rng)
{
	if (n_instrs == 0 || n_instrs > MARKET_INSTRUMENTS_MAX)
		return -EINVAL;
	*market = (struct market){ .n_instrs = n_instrs };
	market->instrs = calloc(n_instrs, sizeof *market->instrs);
	market->by_locate = calloc(n_instrs, sizeof *market->by_locate);
	market->alias = calloc(n_instrs, sizeof *market->alias);
	market->cut = calloc(n_instrs, sizeof *market->cut);
	if (market->instrs == NULL || market->by_locate == NULL || market->alias == NULL ||
	    market->cut == NULL) {
		market_fini(market);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < n_instrs; i++) {
		make_instr(&market->instrs[i], i, rng);
		market->by_locate[i] = i;
	}
	for (uint32_t i = n_instrs; i > 1; i--) { // busy names are spread over the locates, as on a real day
		uint32_t k = rng_below(rng, i), held = market->by_locate[i - 1];

		market->by_locate[i - 1] = market->by_locate[k];
		market->by_locate[k] = held;
	}
	for (uint32_t i = 0; i < n_instrs; i++)
		market->instrs[market->by_locate[i]].locate = (uint16_t)(i + 1);
	if (weigh(market, messages) != 0) {
		market_fini(market);
		return -ENOMEM;
	}
	return 0;
}

void market_fini(struct market *market)
{
	free(market->instrs);
	free(market->by_locate);
	free(market->alias);
	free(market->cut);
	*market = (struct market){ 0 };
}

uint32_t market_pick(const struct market *market, struct rng *rng)
{
	uint64_t bits = rng_next(rng);
	uint32_t cell = (uint32_t)((bits >> 32) * market->n_instrs >> 32);

	return (uint32_t)bits <= market->cut[cell] ? cell : market->alias[cell];
}

void market_move(struct market_instr *instr, struct rng *rng)
{
	double fair = instr->fair + instr->step * rng_normal(rng);

	if (fair < FAIR_MIN_TICKS || fair * instr->tick_e4 > FAIR_MAX_E4)
		return;
	instr->fair = fair;
}

uint32_t market_price(const struct market_instr *instr, enum market_side side, bool deep, struct rng *rng)
{
	double distance, ticks;
	double u = rng_unit(rng);

	if (deep ? u < 0.85 : u < 0.06)
		distance = rng_lognormal(rng, instr->fair * (deep ? 0.02 : 0.01), 1.1);
	else if (u < 0.93)
		distance = deep       ? rng_geometric(rng, 10)
			   : u < 0.40 ? 0
				      : 1 + rng_geometric(rng, 3 + instr->half);
	else
		distance = 0;
	if (side == MARKET_BUY) {
		ticks = floor(instr->fair - instr->half) - floor(distance);
		if (ticks < instr->fair * 0.05)
			ticks = floor(instr->fair * (0.05 + 0.1 * u));
		if (ticks < 1)
			ticks = 1;
	} else {
		ticks = ceil(instr->fair + instr->half) + floor(distance);
		if (ticks > instr->fair * 4)
			ticks = ceil(instr->fair * (3.9 + 0.1 * u));
	}
	return (uint32_t)ticks;
}

uint32_t market_shares(struct rng *rng)
{
	uint32_t u = rng_below(rng, 100);

	if (u < 55)
		return 100;
	if (u < 75)
		return 100 * (2 + rng_below(rng, 5));
	if (u < 92)
		return 1 + rng_below(rng, 99);
	return 100 * (7 + rng_geometric(rng, 20));
}
