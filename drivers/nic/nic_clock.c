/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/nic/nic_clock.h"

#include <stdbool.h>

#include <rte_cycles.h>

#include "lcore/base/clock.h"
#include "lcore/base/num.h"

enum { SAMPLES = 9, LINES = 4 };
#define STEP_NS     (10 * (int64_t)NS_PER_MS)
#define SLEW_MAX    500e-6
#define ONE_NS_MULT 4294967296.0 // 2^32

struct line {
	uint64_t base_tsc, base_ns, mult;
};

// The current line is published by its index; an old one is written again only three corrections later, when
// no reader can still be in it.
static struct line line[LINES];
static unsigned current;
static bool ready;
static uint64_t anchor_tsc, anchor_ns; // where the rate is measured from

// A reading of both clocks at one instant: the narrowest of some pairs, so that an interruption does not
// count.
static void read_both(uint64_t *tsc, uint64_t *ns)
{
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t before = rte_rdtsc_precise(), utc = clock_utc_ns(), after = rte_rdtsc_precise();

		if (after - before < best) {
			best = after - before;
			*tsc = before + best / 2;
			*ns = utc;
		}
	}
}

static uint64_t convert(const struct line *l, uint64_t tsc)
{
	// Signed: a TSC read just before the last correction is before the base.
	int64_t delta = (int64_t)(tsc - l->base_tsc);

	return l->base_ns + (uint64_t)(int64_t)((__int128)delta * (__int128)l->mult >> 32);
}

static void publish(uint64_t tsc, uint64_t ns, double ns_per_tsc)
{
	unsigned next = (current + 1) % LINES;

	line[next] = (struct line){ tsc, ns, (uint64_t)(ns_per_tsc * ONE_NS_MULT) };
	__atomic_store_n(&current, next, __ATOMIC_RELEASE);
}

static void anchor(uint64_t tsc, uint64_t ns)
{
	anchor_tsc = tsc;
	anchor_ns = ns;
	publish(tsc, ns, 1e9 / (double)rte_get_tsc_hz());
}

void nic_clock_init(void)
{
	uint64_t tsc = 0, ns = 0;

	if (ready)
		return;
	read_both(&tsc, &ns);
	anchor(tsc, ns);
	ready = true;
}

uint64_t nic_clock_ns(uint64_t tsc)
{
	return convert(&line[__atomic_load_n(&current, __ATOMIC_ACQUIRE)], tsc);
}

uint64_t nic_clock_now_ns(void) { return nic_clock_ns(rte_rdtsc()); }

int64_t nic_clock_discipline(void)
{
	uint64_t tsc = 0, ns = 0;
	int64_t error_ns;
	double rate, slew;

	read_both(&tsc, &ns);
	error_ns = (int64_t)(ns - nic_clock_ns(tsc));
	if (error_ns > STEP_NS || error_ns < -STEP_NS) {
		anchor(tsc, ns);
		return error_ns;
	}
	// Before a second has passed the two clocks' readings say too little about the rate.
	rate = 1e9 / (double)rte_get_tsc_hz();
	if (ns - anchor_ns >= NS_PER_S && ns > anchor_ns)
		rate = (double)(ns - anchor_ns) / (double)(tsc - anchor_tsc);
	slew = (double)error_ns / 1e9;
	slew = slew > SLEW_MAX ? SLEW_MAX : slew < -SLEW_MAX ? -SLEW_MAX : slew;
	publish(tsc, nic_clock_ns(tsc), rate * (1 + slew));
	return error_ns;
}
