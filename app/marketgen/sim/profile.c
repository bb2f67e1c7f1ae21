/* SPDX-License-Identifier: BSD-3-Clause */
// profile.c: rate by slot. Two passes over the same random numbers: one for the sums, one for the walk, so
// that a whole day needs no table.
#include "app/marketgen/sim/profile.h"

#define BUILD_SHARE    0.11
#define BUILD_MESSAGES 2200000.0 // about what fills a book of 1.5 million orders
#define DAY_BUILD_NS   (60 * NS_PER_S)
#define LUNCH_S        11700.0 // 12:45, seconds from the open

static void rewind_walk(struct profile *p)
{
	rng_init(&p->rng, p->seed, 3);
	p->noise = 0;
	p->done = 0;
	p->next_ns = p->start_ns;
}

// e^(-since / length) of a time that has begun; far from it nothing.
static double fading(double since_s, double length_s)
{
	return since_s < 0 || since_s > 30 * length_s ? 0 : rng_exp_of(-since_s / length_s);
}

// The level of a trading day by its time, after the open: half of the mean at lunch, two and a half times as
// much in the first half an hour, nearly twice in the last one. The first seconds are the densest: 25 times
// the mean in 50 ms; the last ones have six times the mean.
static double day_level(uint64_t ns)
{
	double since_s = ((double)ns - (double)PROFILE_OPEN_NS) * 1e-9;
	double left_s = ((double)PROFILE_CLOSE_NS - (double)ns) * 1e-9;
	double lunch = (since_s - LUNCH_S) / 4500;
	double level = 0.7;

	level += 2.2 * fading(since_s, 1200) + 5 * fading(since_s, 60) + 18 * fading(since_s, 5);
	level += 1.6 * fading(left_s, 1200) + 3 * fading(left_s, 20);
	if (lunch * lunch < 30)
		level -= 0.3 * rng_exp_of(-lunch * lunch);
	return since_s >= 0 && since_s < 0.05 ? level * 2 : level;
}

// Seven times the mean at the open of a five minute piece, falling within seconds to twice, and over a
// quarter of an hour to the level of the day; the first 50 ms are once more as busy.
static double open_level(const struct profile *p, uint64_t ns)
{
	double since_s, weight = 1;

	if (p->built_ns == PROFILE_OPEN_NS) {
		since_s = (double)(ns - p->built_ns) * 1e-9;
		if (since_s < 600)
			weight += 18 * rng_exp_of(-since_s / 5);
		if (since_s < 40000)
			weight += 2 * rng_exp_of(-since_s / 900);
		if (since_s < 0.05)
			weight *= 2;
	}
	return ns + 300 * NS_PER_S >= PROFILE_CLOSE_NS && ns < PROFILE_CLOSE_NS ? weight * 2 : weight;
}

static double level_at(const struct profile *p, uint64_t ns)
{
	double weight;

	if (ns >= PROFILE_LAST_NS)
		return 0;
	weight = p->shape == PROFILE_SHAPE_DAY ? day_level(ns) : open_level(p, ns);
	return ns >= PROFILE_CLOSE_NS ? weight * 0.05 : weight;
}

static double step(struct profile *p, bool *build)
{
	double weight;

	p->noise = 0.95 * p->noise + 0.12 * rng_normal(&p->rng);
	weight = rng_exp_of(p->noise);
	if (rng_chance(&p->rng, 0.01))
		weight *= 4;
	*build = p->next_ns < p->built_ns;
	if (!*build)
		weight *= level_at(p, p->next_ns);
	p->next_ns += PROFILE_SLOT_NS;
	return weight;
}

void profile_init(struct profile *p, enum profile_shape shape, uint64_t start_ns, uint64_t end_ns,
		  double messages, uint64_t seed)
{
	uint64_t build_ns = (end_ns - start_ns) / 20;
	bool build;

	*p = (struct profile){ .shape = shape, .start_ns = start_ns, .end_ns = end_ns, .seed = seed };
	if (shape == PROFILE_SHAPE_DAY && build_ns > DAY_BUILD_NS)
		build_ns = DAY_BUILD_NS;
	p->built_ns = start_ns < PROFILE_OPEN_NS && PROFILE_OPEN_NS < end_ns ? PROFILE_OPEN_NS
									     : start_ns + build_ns;
	p->build_share = messages * BUILD_SHARE > BUILD_MESSAGES ? BUILD_MESSAGES / messages : BUILD_SHARE;
	rewind_walk(p);
	while (p->next_ns < end_ns) {
		double weight = step(p, &build);

		*(build ? &p->sum_build : &p->sum_rest) += weight;
	}
	if (p->sum_build <= 0)
		p->build_share = 0;
	else if (p->sum_rest <= 0)
		p->build_share = 1;
	rewind_walk(p);
}

bool profile_next(struct profile *p, uint64_t *end_ns, double *share)
{
	bool build;
	double weight;

	if (p->next_ns >= p->end_ns)
		return false;
	weight = step(p, &build);
	p->done += build ? p->build_share * weight / p->sum_build
			 : (1 - p->build_share) * weight / p->sum_rest;
	*end_ns = p->next_ns < p->end_ns ? p->next_ns : p->end_ns;
	*share = p->done;
	return true;
}
