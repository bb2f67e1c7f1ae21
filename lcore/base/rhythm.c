/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/rhythm.h"

#include <string.h>

static unsigned bin_of(uint64_t ns) { return (unsigned)(ns % NS_PER_S / NS_PER_MS); }

// In how many seconds something came in a millisecond or beside it.
static int often(const struct rhythm *r, unsigned bin)
{
	return __builtin_popcount((unsigned)r->seen[(bin + RHYTHM_BINS - 1) % RHYTHM_BINS] | r->seen[bin] |
				  r->seen[(bin + 1) % RHYTHM_BINS]);
}

static void choose(struct rhythm *r)
{
	unsigned left = RHYTHM_AWAKE;

	memset(r->awake, 0, sizeof r->awake);
	for (int n = RHYTHM_SECONDS; n >= RHYTHM_OFTEN && left; n--)
		for (unsigned bin = 0; bin < RHYTHM_BINS && left; bin++)
			if (often(r, bin) == n) {
				r->awake[bin] = true;
				left--;
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
	for (unsigned bin = 0; bin < RHYTHM_BINS; bin++)
		r->seen[bin] = by < RHYTHM_SECONDS ? (uint8_t)(r->seen[bin] << by) : 0;
	choose(r);
	return 0;
}

void rhythm_came(struct rhythm *r, uint64_t ns) { r->seen[bin_of(ns)] |= (uint8_t)(1 << turn(r, ns)); }

// What is awaited in this millisecond has come already.
static bool is_here(const struct rhythm *r, unsigned bin)
{
	return (r->seen[(bin + RHYTHM_BINS - 1) % RHYTHM_BINS] | r->seen[bin]) & 1;
}

uint64_t rhythm_sleep(struct rhythm *r, uint64_t now_ns, uint64_t most_ns)
{
	turn(r, now_ns);
	if (r->awake[bin_of(now_ns)] && is_here(r, bin_of(now_ns)))
		return most_ns < RHYTHM_MORE_NS ? most_ns : RHYTHM_MORE_NS;
	for (uint64_t at = now_ns; at - now_ns < most_ns; at += NS_PER_MS - at % NS_PER_MS)
		if (r->awake[bin_of(at)])
			return at - now_ns;
	return most_ns;
}
