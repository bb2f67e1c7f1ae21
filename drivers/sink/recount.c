/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/sink.h"

void sink_recount_begin(struct sink_recount *r, uint64_t *count)
{
	count[SINK_HANDED] = 0;
	for (unsigned i = SINK_HANDED + 1; i < SINK_COUNTS; i++)
		count[SINK_HANDED] += count[i];
	r->left = count[SINK_LEFT];
}

void sink_recount_opened(struct sink_recount *r, const uint64_t *count) { r->handed = count[SINK_HANDED]; }

void sink_recount_end(const struct sink_recount *r, uint64_t *count)
{
	uint64_t came = count[SINK_HANDED] - r->handed, left = count[SINK_LEFT] - r->left;
	uint64_t good = came < left ? came : left;

	count[SINK_HANDED] -= good;
	count[SINK_LEFT] -= good;
}
