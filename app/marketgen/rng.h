/* SPDX-License-Identifier: BSD-3-Clause */
// rng.h: seeded random numbers of marketgen. xoshiro256** seeded by splitmix64; exponential and normal
// deviates come from quantile tables. Uses only IEEE basic arithmetic, never libm's exp or log, so that a
// seed means the same bytes on every machine. Single thread.
#ifndef WB_MARKETGEN_RNG_H
#define WB_MARKETGEN_RNG_H

#include "lcore/base/num.h"

struct rng {
	uint64_t s[4];
};

// rng_tables fills the quantile tables. Boot only, once, before any deviate is drawn.
void rng_tables(void);
// rng_init seeds r. Different streams of one seed are independent.
void rng_init(struct rng *r, uint64_t seed, uint64_t stream);
// rng_exp_of and rng_log_of are e^x (|x| < 700) and the natural logarithm (x > 0), good to about 1e-14
// relative.
double rng_exp_of(double x);
double rng_log_of(double x);
// rng_exponential draws an exponential deviate of mean 1; at most about 11.
double rng_exponential(struct rng *r);
// rng_normal draws a standard normal deviate, within about 4.2.
double rng_normal(struct rng *r);
// rng_lognormal draws median * e^(sigma * normal).
double rng_lognormal(struct rng *r, double median, double sigma);

static inline uint64_t rng_rotl(uint64_t x, int k) { return x << k | x >> (64 - k); }

// rng_next draws 64 random bits.
static inline uint64_t rng_next(struct rng *r)
{
	uint64_t result = rng_rotl(r->s[1] * 5, 7) * 9, t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rng_rotl(r->s[3], 45);
	return result;
}

// rng_below draws an integer of [0, n). Assumes n > 0.
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

// rng_unit draws a double of [0, 1).
static inline double rng_unit(struct rng *r) { return (double)(rng_next(r) >> 11) * 0x1p-53; }

// rng_chance is true with probability p.
static inline bool rng_chance(struct rng *r, double p) { return rng_unit(r) < p; }

// rng_geometric draws a whole number of geometric shape, of about the given mean.
static inline uint32_t rng_geometric(struct rng *r, double mean)
{
	return (uint32_t)(rng_exponential(r) * mean);
}

#endif
