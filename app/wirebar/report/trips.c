/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/trips.h"

#include <stdlib.h>

static int by_start(const void *a, const void *b)
{
	const struct trips_span *x = a, *y = b;

	return (x->from_ns > y->from_ns) - (x->from_ns < y->from_ns);
}

// Sorts the spans and joins those that meet.
static void unite(struct trips *t)
{
	unsigned n = 0;

	qsort(t->span, t->n_spans, sizeof *t->span, by_start);
	for (unsigned i = 0; i < t->n_spans; i++)
		if (!n || t->span[i].from_ns > t->span[n - 1].to_ns)
			t->span[n++] = t->span[i];
		else if (t->span[i].to_ns > t->span[n - 1].to_ns)
			t->span[n - 1].to_ns = t->span[i].to_ns;
	t->n_spans = n;
}

static void expose(struct trips *t, uint64_t from_ns, uint64_t to_ns)
{
	if (t->n_spans == TRIPS_OPEN_SPANS_MAX) {
		unite(t);
		// Half of it must be free again: else each further trip would sort everything anew.
		t->spans_full |= t->n_spans > TRIPS_OPEN_SPANS_MAX / 2;
	}
	if (!t->spans_full)
		t->span[t->n_spans++] = (struct trips_span){ from_ns, to_ns };
}

void trips_add(struct trips *t, const struct trip *trip)
{
	uint64_t held_ns = trip->closed_ns - trip->opened_ns;

	if (!t->shown_max)
		t->shown_max = TRIPS_SHOWN;
	t->last[t->n++ % t->shown_max] = *trip;
	t->longs += trip->side > 0;
	expose(t, trip->opened_ns, trip->closed_ns ? trip->closed_ns : UINT64_MAX);
	if (!trip->closed_ns)
		return;
	if (!t->closed || trip->net > t->best)
		t->best = trip->net;
	if (!t->closed || trip->net < t->worst)
		t->worst = trip->net;
	t->closed++;
	t->realized += trip->realized;
	t->fees += trip->fees;
	t->net += trip->net;
	t->held_ns += held_ns;
	if (held_ns > t->longest_ns)
		t->longest_ns = held_ns;
	t->wins += trip->net > 0;
	t->losses += trip->net < 0;
	if (trip->net > 0)
		t->won += trip->net;
	else
		t->lost += trip->net;
}

const struct trip *trips_shown(const struct trips *t, uint64_t i)
{
	uint64_t kept = t->n < t->shown_max ? t->n : t->shown_max;

	return i < kept ? &t->last[(t->n - kept + i) % t->shown_max] : NULL;
}

void trips_settle(struct trips *t) { unite(t); }

void trips_watch(struct trips *t, uint64_t from_ns, uint64_t to_ns)
{
	t->watched_ns += to_ns - from_ns;
	while (t->at < t->n_spans && t->span[t->at].to_ns <= from_ns)
		t->at++;
	for (unsigned i = t->at; i < t->n_spans && t->span[i].from_ns < to_ns; i++) {
		uint64_t a = t->span[i].from_ns > from_ns ? t->span[i].from_ns : from_ns;
		uint64_t b = t->span[i].to_ns < to_ns ? t->span[i].to_ns : to_ns;

		t->exposed_ns += b - a;
	}
}
