/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/stamps.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "tests/bench/machine.h"

enum { SLOW_ONE_IN = 1000 };

void stamps_create(struct stamps *s, uint32_t n)
{
	*s = (struct stamps){ .out = machine_memory(n * sizeof *s->out),
			      .in = machine_memory(n * sizeof *s->in),
			      .n = n };
}

void stamps_destroy(struct stamps *s)
{
	machine_free(s->out);
	machine_free(s->in);
}

long stamps_switches(void)
{
	struct rusage u;

	return getrusage(RUSAGE_THREAD, &u) ? 0 : u.ru_nivcsw;
}

// Ends may be read in any order that cores see each other's stores in.
static uint64_t between(uint64_t from_ns, uint64_t to_ns) { return to_ns > from_ns ? to_ns - from_ns : 0; }

struct sample {
	uint64_t ns;
	bool away, switched;
};

static struct sample sample_of(const struct stamp_out *o, const struct stamp_in *i)
{
	bool out_away = between(o->packet_ns, o->row_ns) > STAMPS_AWAY_NS ||
			between(o->row_ns, o->pushed_ns) > STAMPS_AWAY_NS;

	return (struct sample){ .ns = between(o->packet_ns, i->taken_ns),
				.away = out_away || i->away,
				.switched = (out_away && o->switched) || (i->away && i->switched) };
}

static int slower_first(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	return x->ns < y->ns ? 1 : x->ns > y->ns ? -1 : 0;
}

static void look_at_the_slow(struct stamps *s, struct sample *sample, uint32_t n)
{
	uint64_t median = hist_percentile(&s->whole, 0.5), beyond = 0, away = 0;

	qsort(sample, n, sizeof *sample, slower_first);
	s->slow = (n + SLOW_ONE_IN - 1) / SLOW_ONE_IN;
	for (uint32_t k = 0; k < s->slow; k++) {
		uint64_t more = between(median, sample[k].ns);

		s->slow_away += sample[k].away;
		s->slow_switched += sample[k].switched;
		beyond += more;
		away += sample[k].away ? more : 0;
	}
	s->away_share = beyond ? (double)away / (double)beyond : 0;
}

void stamps_add_up(struct stamps *s)
{
	struct sample *sample = machine_memory(s->n * sizeof *sample);
	uint32_t n = 0;

	for (uint32_t k = 0; k < s->n; k++) {
		const struct stamp_out *o = &s->out[k];
		const struct stamp_in *i = &s->in[k];

		if (!o->pushed_ns || !i->taken_ns)
			continue;
		sample[n] = sample_of(o, i);
		hist_record(&s->whole, sample[n].ns);
		if (!sample[n].away)
			hist_record(&s->undisturbed, sample[n].ns);
		hist_record(&s->receive, o->receive_ns);
		hist_record(&s->seal, between(o->packet_ns + o->receive_ns, o->row_ns));
		hist_record(&s->push, between(o->row_ns, o->pushed_ns));
		hist_record(&s->hop, between(o->pushed_ns, i->taken_ns));
		hist_record(&s->verdict, between(i->taken_ns, i->verdict_ns));
		n++;
	}
	look_at_the_slow(s, sample, n);
	machine_free(sample);
}
