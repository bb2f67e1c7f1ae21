/* SPDX-License-Identifier: BSD-3-Clause */
// ranges.c: sequence ranges lost or damaged on the lines.
#include "app/marketgen/wire/ranges.h"

#include <stdlib.h>

void ranges_add(struct ranges *r, uint64_t first, uint64_t last)
{
	if (r->n_ranges > 0 && first <= r->list[r->n_ranges - 1].last + 1) {
		if (last > r->list[r->n_ranges - 1].last)
			r->list[r->n_ranges - 1].last = last;
		return;
	}
	if (r->n_ranges == r->room) {
		size_t room = r->room ? r->room * 2 : 64;
		struct ranges_range *moved = realloc(r->list, room * sizeof *moved);

		if (moved == NULL) {
			r->out_of_memory = true;
			return;
		}
		r->list = moved;
		r->room = room;
	}
	r->list[r->n_ranges++] = (struct ranges_range){ first, last };
}

void ranges_both(struct ranges *out, const struct ranges *a, const struct ranges *b)
{
	size_t i = 0, k = 0;

	while (i < a->n_ranges && k < b->n_ranges) {
		uint64_t first = a->list[i].first > b->list[k].first ? a->list[i].first : b->list[k].first;
		uint64_t last = a->list[i].last < b->list[k].last ? a->list[i].last : b->list[k].last;

		if (first <= last)
			ranges_add(out, first, last);
		if (a->list[i].last < b->list[k].last)
			i++;
		else
			k++;
	}
}

uint64_t ranges_total(const struct ranges *r)
{
	uint64_t total = 0;

	for (size_t i = 0; i < r->n_ranges; i++)
		total += r->list[i].last - r->list[i].first + 1;
	return total;
}

void ranges_fini(struct ranges *r)
{
	free(r->list);
	*r = (struct ranges){ 0 };
}
