/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/rhythm.h"

#include <string.h>

static unsigned bin_of(uint64_t ns) { return (unsigned)(ns % NS_PER_S / NS_PER_MS); }

// In how many seconds something came in a millisecond or within reach of it.
static int often(const struct rhythm *r, unsigned bin, unsigned reach)
{
	unsigned seen = 0;

	for (unsigned at = bin + RHYTHM_BINS - reach; at <= bin + RHYTHM_BINS + reach; at++)
		seen |= r->seen[at % RHYTHM_BINS];
	return __builtin_popcount(seen);
}

// The milliseconds in which it came most often within reach, at least so often, and at most so many.
static void choose(const struct rhythm *r, unsigned reach, int least, unsigned most, bool *chosen)
{
	uint8_t times[RHYTHM_BINS];

	memset(chosen, 0, RHYTHM_BINS * sizeof *chosen);
	for (unsigned bin = 0; bin < RHYTHM_BINS; bin++)
		times[bin] = (uint8_t)often(r, bin, reach);
	for (int n = RHYTHM_SECONDS; n >= least && most; n--)
		for (unsigned bin = 0; bin < RHYTHM_BINS && most; bin++)
			if (times[bin] == n) {
				chosen[bin] = true;
				most--;
			}
}

// Returns how many seconds before the newest one ns is: what came just before the end of a second may be told
// after it. A clock that goes back further begins anew.
static unsigned turn(struct rhythm *r, uint64_t ns)
{
	uint64_t second = ns / NS_PER_S, by = second - r->second, ago = r->second - second;

	if (ago < RHYTHM_SECONDS)
		return (unsigned)ago;
	r->second = second;
	r->late = 0;
	for (unsigned bin = 0; bin < RHYTHM_BINS; bin++)
		r->seen[bin] = by < RHYTHM_SECONDS ? (uint8_t)(r->seen[bin] << by) : 0;
	choose(r, 1, RHYTHM_OFTEN, RHYTHM_AWAKE, r->awake);
	choose(r, RHYTHM_BESIDE, 1, RHYTHM_NEAR, r->near);
	return 0;
}

void rhythm_came(struct rhythm *r, uint64_t ns) { r->seen[bin_of(ns)] |= (uint8_t)(1 << turn(r, ns)); }

// What is awaited in this millisecond has come already.
static bool is_here(const struct rhythm *r, unsigned bin)
{
	return (r->seen[(bin + RHYTHM_BINS - 1) % RHYTHM_BINS] | r->seen[bin]) & 1;
}

// What was awaited shortly before has not come: it is late.
static bool is_late(struct rhythm *r, unsigned bin)
{
	bool awaited = false;

	for (unsigned ago = 1; ago <= RHYTHM_LATE; ago++) {
		unsigned at = (bin + RHYTHM_BINS - ago) % RHYTHM_BINS;

		if (r->seen[at] & (at < bin ? 1 : 2)) // the end of the second before is of that one
			return false;
		if (awaited && !r->awake[at])
			break;
		awaited |= r->awake[at];
	}
	r->late += awaited && (!r->late || bin != r->late_bin);
	r->late_bin = (uint16_t)bin;
	return awaited && r->late <= RHYTHM_LATE;
}

uint64_t rhythm_sleep(struct rhythm *r, uint64_t now_ns, uint64_t most_ns)
{
	turn(r, now_ns);
	unsigned bin = bin_of(now_ns);

	if (most_ns > RHYTHM_MORE_NS &&
	    (r->near[bin] || (r->awake[bin] && is_here(r, bin)) || is_late(r, bin)))
		most_ns = RHYTHM_MORE_NS;
	if (r->awake[bin])
		return is_here(r, bin) ? most_ns : 0;
	for (uint64_t at = now_ns; at - now_ns < most_ns; at += NS_PER_MS - at % NS_PER_MS)
		if (r->awake[bin_of(at)] || (at != now_ns && r->near[bin_of(at)]))
			return at - now_ns;
	return most_ns;
}
