/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/stop_log.h"

#include <stddef.h>

#include "lcore/base/crc32c.h"

static uint32_t sum_of(const struct stop_log_half *h)
{
	return crc32c(h, offsetof(struct stop_log_half, crc));
}

static bool whole(const struct stop_log_half *h) { return h->seq && h->crc == sum_of(h); }

size_t stop_log_bytes(uint32_t places) { return (size_t)places * 2 * sizeof(struct stop_log_half); }

// The half that was written last, or NULL.
static struct stop_log_half *last(const struct stop_log *j, uint32_t place)
{
	struct stop_log_half *a = &j->place[place][0], *b = &j->place[place][1];

	if (!whole(a) || (whole(b) && b->seq > a->seq))
		return whole(b) ? b : NULL;
	return a;
}

uint32_t stop_log_begin(struct stop_log *j, void *mem, uint32_t places)
{
	uint32_t lost = 0;

	*j = (struct stop_log){ .place = mem, .places = places };
	for (uint32_t i = 0; i < places; i++) {
		const struct stop_log_half *h = last(j, i);

		j->seq = h && h->seq > j->seq ? h->seq : j->seq;
		lost += !h && j->place[i][0].seq && j->place[i][1].seq;
	}
	return lost;
}

uint32_t stop_log_place(const struct stop_log *j, uint64_t symbol)
{
	uint32_t unused = j->places;

	for (uint32_t i = 0; i < j->places; i++) {
		const struct stop_log_half *h = last(j, i);

		if (h && h->symbol == symbol)
			return i;
		if (unused == j->places && (!h || !h->stop.position_id))
			unused = i;
	}
	return unused;
}

bool stop_log_find(const struct stop_log *j, uint32_t place, uint64_t symbol, uint64_t position_id,
		   struct stop *out)
{
	const struct stop_log_half *h = place < j->places ? last(j, place) : NULL;

	if (!h || h->symbol != symbol || h->stop.position_id != position_id)
		return false;
	*out = h->stop;
	return true;
}

void stop_log_put(struct stop_log *j, uint32_t place, uint64_t symbol, const struct stop *s, uint64_t seq)
{
	if (place >= j->places)
		return;
	struct stop_log_half *was = last(j, place),
			     *to = was == &j->place[place][0] ? &j->place[place][1] : &j->place[place][0];
	struct stop_log_half h = { .seq = seq, .symbol = symbol, .stop = *s };

	if (was && was->seq >= seq)
		return;
	h.crc = sum_of(&h);
	*to = h;
	__atomic_store_n(&j->seq, h.seq, __ATOMIC_RELEASE);
}
