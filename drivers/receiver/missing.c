/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/receiver/missing.h"

#include <string.h>

static void drop(struct missing *m, uint32_t at)
{
	m->n--;
	memmove(&m->range[at], &m->range[at + 1], (m->n - at) * sizeof *m->range);
}

void missing_add(struct missing *m, uint64_t first, uint64_t last)
{
	if (m->n == MISSING_RANGES)
		drop(m, 0);
	m->range[m->n++] = (struct missing_range){ first, last };
}

// split takes [first, last] out of the middle of a range. Without a place for the upper part, the lowest
// range goes.
static void split(struct missing *m, uint32_t at, uint64_t first, uint64_t last)
{
	uint64_t end = m->range[at].last;

	m->range[at].last = first - 1;
	if (m->n == MISSING_RANGES) {
		drop(m, 0);
		at--; // wraps when the lower part itself went: the upper one takes its place
	}
	at++;
	memmove(&m->range[at + 1], &m->range[at], (m->n - at) * sizeof *m->range);
	m->range[at] = (struct missing_range){ last + 1, end };
	m->n++;
}

uint64_t missing_take(struct missing *m, uint64_t first, uint64_t last)
{
	uint64_t taken = 0;
	uint32_t i = 0;

	while (i < m->n) {
		struct missing_range *r = &m->range[i];
		uint64_t from = r->first > first ? r->first : first, to = r->last < last ? r->last : last;

		if (from > to) {
			i++;
			continue;
		}
		taken += to - from + 1;
		if (from > r->first && to < r->last) {
			split(m, i, from, to);
			break;
		}
		if (from > r->first)
			r->last = from - 1;
		else if (to < r->last)
			r->first = to + 1;
		else {
			drop(m, i);
			continue;
		}
		i++;
	}
	return taken;
}
