/* SPDX-License-Identifier: BSD-3-Clause */
// rng.c: xoshiro256**, its seeding, and the deviates. Quantile functions: -log(1 - u), and Acklam's rational
// approximation of the inverse normal (relative error 1.15e-9).
#include "app/marketgen/rng.h"

#include <math.h>
#include <string.h>

#define N_QUANTILES 4096

static double exponential_at[N_QUANTILES + 1], normal_at[N_QUANTILES + 1];

double rng_exp_of(double x)
{
	const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
	double k = floor(x * 1.4426950408889634 + 0.5), f = x - k * ln2_high - k * ln2_low, sum = 1.0;
	uint64_t bits = (uint64_t)((int64_t)k + 1023) << 52;
	double scale;

	for (int i = 14; i > 0; i--)
		sum = 1.0 + sum * f / i;
	memcpy(&scale, &bits, sizeof scale);
	return sum * scale;
}

double rng_log_of(double x)
{
	uint64_t bits;
	double mantissa, s, square, sum = 0;
	int exponent;

	memcpy(&bits, &x, sizeof bits);
	exponent = (int)(bits >> 52) - 1023;
	bits = (bits & 0xfffffffffffffull) | 0x3ff0000000000000ull;
	memcpy(&mantissa, &bits, sizeof mantissa);
	if (mantissa > 1.4142135623730951) {
		mantissa /= 2;
		exponent++;
	}
	s = (mantissa - 1) / (mantissa + 1);
	square = s * s;
	for (int i = 21; i > 0; i -= 2)
		sum = sum * square + 1.0 / i;
	return 2 * s * sum + exponent * 0.6931471805599453;
}

static double normal_quantile(double p)
{
	static const double a[] = { -39.69683028665376, 220.9460984245205,  -275.9285104469687,
				    138.3577518672690,  -30.66479806614716, 2.506628277459239 };
	static const double b[] = { -54.47609879822406, 161.5858368580409, -155.6989798598866,
				    66.80131188771972, -13.28068155288572 };
	static const double c[] = { -0.007784894002430293, -0.3223964580411365, -2.400758277161838,
				    -2.549732539343734,    4.374664141464968,   2.938163982698783 };
	static const double d[] = { 0.007784695709041462, 0.3224671290700398, 2.445134137142996,
				    3.754408661907416 };
	double q, t;

	if (p > 0.5)
		return -normal_quantile(1 - p);
	if (p < 0.02425) {
		q = sqrt(-2 * rng_log_of(p));
		return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
		       ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
	}
	q = p - 0.5;
	t = q * q;
	return (((((a[0] * t + a[1]) * t + a[2]) * t + a[3]) * t + a[4]) * t + a[5]) * q /
	       (((((b[0] * t + b[1]) * t + b[2]) * t + b[3]) * t + b[4]) * t + 1);
}

void rng_tables(void)
{
	const double edge = 1.0 / N_QUANTILES / 20; // stands for the ends, where the quantile is infinite

	for (int i = 1; i < N_QUANTILES; i++) {
		double p = (double)i / N_QUANTILES;

		exponential_at[i] = -rng_log_of(1 - p);
		normal_at[i] = normal_quantile(p);
	}
	exponential_at[0] = 0;
	exponential_at[N_QUANTILES] = -rng_log_of(edge);
	normal_at[0] = normal_quantile(edge);
	normal_at[N_QUANTILES] = -normal_at[0];
}

void rng_init(struct rng *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed ^ stream * 0xd1342543de82ef95ull;

	for (int i = 0; i < 4; i++) { // splitmix64
		uint64_t z = x += 0x9e3779b97f4a7c15ull;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ z >> 27) * 0x94d049bb133111ebull;
		r->s[i] = z ^ z >> 31;
	}
}

static double at(const double *table, uint64_t bits)
{
	uint32_t cell = (uint32_t)(bits >> 52);
	double within = (double)(bits & 0xfffffffffffffull) * 0x1p-52;

	return table[cell] + (table[cell + 1] - table[cell]) * within;
}

double rng_exponential(struct rng *r) { return at(exponential_at, rng_next(r)); }

double rng_normal(struct rng *r) { return at(normal_at, rng_next(r)); }

double rng_lognormal(struct rng *r, double median, double sigma)
{
	return median * rng_exp_of(sigma * rng_normal(r));
}
