/* SPDX-License-Identifier: BSD-3-Clause */
// bucket.h: token buckets: n a second, n at once. A bucket is one number, the time from which it is full
// again, so it needs no refill and cannot stay empty. Times are ns of any clock that does not go back:
// monotonic live, event time in a replay. Pure; one owner.
#ifndef WB_TRADE_BUCKET_H
#define WB_TRADE_BUCKET_H

#include "lcore/base/num.h"

#define BUCKET_UNLIMITED INT64_MAX

struct bucket {
	uint64_t full_ns; // zeroed: full
};

// bucket_step_ns returns how long one token takes to come back. Assumes per_s > 0.
static inline uint64_t bucket_step_ns(int64_t per_s)
{
	return (NS_PER_S + (uint64_t)per_s - 1) / (uint64_t)per_s;
}

// bucket_has returns whether a token is there. Takes none.
static inline bool bucket_has(const struct bucket *b, int64_t per_s, uint64_t now_ns)
{
	if (per_s == BUCKET_UNLIMITED)
		return true;
	if (per_s <= 0)
		return false;
	return b->full_ns <= now_ns || b->full_ns - now_ns <= (uint64_t)(per_s - 1) * bucket_step_ns(per_s);
}

// bucket_take takes a token, which bucket_has has seen.
static inline void bucket_take(struct bucket *b, int64_t per_s, uint64_t now_ns)
{
	if (per_s != BUCKET_UNLIMITED && per_s > 0)
		b->full_ns = (b->full_ns > now_ns ? b->full_ns : now_ns) + bucket_step_ns(per_s);
}

#endif
