/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/pressure.h"

#include <string.h>

enum does { WAIT, REFUSE, SHED, CONFLATE };
enum { NONE, REDUCE, ANY = 255 };
enum { FROM_ANY = ANY, TO_ANY = ANY, STREAM_ANY = ANY };
// The words of the list, which has ANY among stages and streams.
#define STAGE(NAME, name, links_to, needs, help) \
	FROM_##NAME = CONF_STAGE_##NAME, TO_##NAME = CONF_STAGE_##NAME,
enum {
#include "conf/stages.def"
};
#undef STAGE
#define STREAM(NAME, name, type, member) STREAM_##NAME = LINK_##NAME,
enum {
#include "lcore/model/streams.def"
};

static const struct rule {
	uint8_t from, to, stream, does, mode;
	const char *help;
} rules[] = {
#define PRESSURE(FROM, TO, STREAM, DOES, MODE, help) \
	{ FROM_##FROM, TO_##TO, STREAM_##STREAM, DOES, MODE, help },
#include "lcore/stage/pressure.def"
};

_Static_assert(LINK_STREAMS <= 32, "a bit for each stream");

enum { N_RULES = sizeof rules / sizeof *rules };

static bool fits(uint8_t rule, unsigned is) { return rule == ANY || rule == is; }

static const struct rule *rule_of(enum conf_stage from, enum conf_stage to, unsigned stream)
{
	const struct rule *r = rules;

	while (!fits(r->from, from) || !fits(r->to, to) || !fits(r->stream, stream))
		r++; // the last one fits all
	return r;
}

struct pressure pressure_of(enum conf_stage from, enum conf_stage to)
{
	struct pressure p = { 0 };

	for (unsigned stream = 0; stream < LINK_STREAMS; stream++) {
		const struct rule *r = rule_of(from, to, stream);
		uint32_t bit = UINT32_C(1) << stream;

		p.waits |= r->does == WAIT ? bit : 0;
		p.sheds |= r->does == SHED ? bit : 0;
		p.conflates |= r->does == CONFLATE ? bit : 0;
		p.reduces |= r->mode == REDUCE ? bit : 0;
	}
	return p;
}

static const char *stage_of(uint8_t stage) { return stage == ANY ? "any" : conf_enum_stage[stage]; }

void pressure_doc(FILE *out)
{
	static const char *const does[] = { "waits", "refused: lost", "shed: lost, early",
					    "conflated: no loss" };

	fputs("# Full links\n\n"
	      "Made from `lcore/stage/pressure.def` by `wirebar docs links`; do not edit.\n\n"
	      "What happens to an element that finds its link full. In a replay all forward links wait, so nothing\n"
	      "of this happens there but on ways back; with `run.full_link = wait` live ones wait, too. The first\n"
	      "row that fits counts.\n\n"
	      "- **waits**: the producer waits for room.\n"
	      "- **refused**: it is gone, counted by link and stream, and the exit code is 3.\n"
	      "- **shed**: the same, and already when the link is seven eighths full: what else travels there has\n"
	      "  the rest.\n"
	      "- **conflated**: it is gone, and a later one says what it said. Counted as refused, not as lost.\n"
	      "- **reduce**: live, where orders are enabled, its loss makes the mode of trading REDUCE within 200 ms,\n"
	      "  latched with the cause `link` and the link's name, until `wirebarctl resume`.\n\n"
	      "Nobody drops the oldest: a ring with one producer and one consumer cannot be taken from at its other\n"
	      "end. Where only the newest matters a display reads the tables, which hold it.\n\n"
	      "A consumer is slow when the oldest element of its link has waited longer than\n"
	      "`telemetry.behind_warn`: `wirebarctl health` names it with its link, how full that is, and how far it\n"
	      "is behind. `wirebarctl links` shows the most elements that each link has held (`peak`).\n\n"
	      "| from | to | stream | when full | trading | because |\n|---|---|---|---|---|---|\n",
	      out);
	for (unsigned i = 0; i < N_RULES; i++) {
		const struct rule *r = &rules[i];

		fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", stage_of(r->from), stage_of(r->to),
			r->stream == ANY ? "any" : streams_name[r->stream], does[r->does],
			r->mode == REDUCE ? "reduce" : "", r->help);
	}
}

// Samples of which everything has been taken are of no use any more.
static void forget(struct pressure_age *a, uint64_t popped)
{
	unsigned gone = 0;

	while (gone < a->n && a->sample[gone].pushed <= popped)
		gone++;
	a->n -= gone;
	memmove(a->sample, a->sample + gone, a->n * sizeof *a->sample);
}

// Full: every second one goes, but the oldest, which is the answer. Later ones are then known less exactly.
static void thin(struct pressure_age *a)
{
	for (unsigned i = 1; 2 * i < a->n; i++)
		a->sample[i] = a->sample[2 * i];
	a->n = (a->n + 1) / 2;
}

uint64_t pressure_age_look(struct pressure_age *a, uint64_t now_ns, uint64_t pushed, uint64_t popped)
{
	forget(a, popped);
	if (pushed > popped && (!a->n || pushed > a->sample[a->n - 1].pushed)) {
		if (a->n == PRESSURE_SAMPLES)
			thin(a);
		a->sample[a->n].ns = now_ns;
		a->sample[a->n++].pushed = pushed;
	}
	return a->n ? now_ns - a->sample[0].ns : 0;
}
