/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/base/claims.h"

static bool same(const struct claim *a, const struct claim *b)
{
	return a->feed == b->feed && a->stream == b->stream && a->session[0] == b->session[0] &&
	       a->session[1] == b->session[1];
}

// The first claim of the stream below end, or NULL. One that is being written is waited for: a few stores.
static const struct claim *first_of(const struct claims *claims, const struct claim *wanted, uint32_t end)
{
	for (uint32_t i = 0; i < end; i++) {
		while (!__atomic_load_n(&claims->claim[i].ready, __ATOMIC_ACQUIRE))
			;
		if (same(&claims->claim[i], wanted))
			return &claims->claim[i];
	}
	return NULL;
}

bool claims_take(struct claims *claims, uint16_t lcore, const void *feed, const uint64_t session[2],
		 uint32_t stream)
{
	struct claim mine = {
		.feed = feed, .session = { session[0], session[1] }, .stream = stream, .lcore = lcore
	};
	uint32_t n = __atomic_load_n(&claims->n, __ATOMIC_ACQUIRE);
	const struct claim *first;

	if (!session[0] && !session[1] && !stream)
		return true;
	first = first_of(claims, &mine, n < CLAIMS_MAX ? n : CLAIMS_MAX);
	if (first)
		return first->lcore == lcore;
	uint32_t at = n < CLAIMS_MAX ? __atomic_fetch_add(&claims->n, 1, __ATOMIC_ACQ_REL) : n;

	if (at >= CLAIMS_MAX)
		return true;
	struct claim *slot = &claims->claim[at];

	slot->feed = mine.feed;
	slot->session[0] = mine.session[0];
	slot->session[1] = mine.session[1];
	slot->stream = mine.stream;
	slot->lcore = mine.lcore;
	__atomic_store_n(&slot->ready, 1, __ATOMIC_RELEASE);
	// Two may have come at once: the lower place has it.
	first = first_of(claims, &mine, at);
	return !first || first->lcore == lcore;
}
