/* SPDX-License-Identifier: BSD-3-Clause */
// day.c: system events at their times, crosses behind the open and the close, a few volatility pauses, and
// restarts.
#include "app/marketgen/sim/day.h"

#define CROSS_EVERY_NS 120000 // busiest first: 8,000 instruments have opened within a second
#define FIRST_CROSS_NS 230
#define FAREWELL_NS    (300 * NS_PER_S) // from the end of system hours to the last message
#define HALT_MIN_NS    (5 * NS_PER_S)
#define HALT_MORE_NS   55e9
#define MINUTE_NS      (60 * NS_PER_S)

// A system event, by its ITCH code.
static void system_event(struct sim *s, char code)
{
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		s->exchanges[i].ops->system(&s->exchanges[i], code);
}

static void schedule_crosses(struct sim *s, uint64_t at_ns, char cross_type)
{
	if (at_ns < s->now_ns)
		return;
	for (uint32_t instr = 0; instr < s->market.n_instrs; instr++) {
		struct agenda_entry entry = { .kind = AGENDA_CROSS, .instr = instr, .code = cross_type };

		entry.ns = at_ns + FIRST_CROSS_NS +
			   (uint64_t)(((double)instr + rng_unit(&s->rng)) * CROSS_EVERY_NS);
		sim_later(s, &entry);
	}
}

static void schedule_system(struct sim *s, uint64_t at_ns, char code)
{
	struct agenda_entry entry = { .kind = AGENDA_SYSTEM, .ns = at_ns, .code = code };

	if (at_ns >= s->now_ns)
		sim_later(s, &entry);
}

// Pauses and halts of 5 to 60 s, after the book stands; an instrument has one at most.
static void schedule_halts(struct sim *s)
{
	uint64_t from_ns = s->profile.built_ns + 2 * NS_PER_S;
	uint32_t n = s->market.n_instrs, first = n < 10 ? 0 : 5, wanted;

	wanted = (uint32_t)(s->args->halts * n);
	wanted += n >= 10 && (double)wanted < s->args->halts * n; // rounded up, but in the smallest markets
	if (wanted > n - first)
		wanted = n - first;
	for (uint32_t i = 0; i < wanted && from_ns < s->end_ns; i++) {
		struct agenda_entry entry = { .kind = AGENDA_HALT,
					      .code = rng_chance(&s->rng, 0.7) ? 'P' : 'H' };

		do
			entry.instr = first + rng_below(&s->rng, n - first);
		while (s->market.instrs[entry.instr].halts);
		s->market.instrs[entry.instr].halts = true;
		entry.ns = from_ns + (uint64_t)(rng_unit(&s->rng) * (double)(s->end_ns - from_ns));
		sim_later(s, &entry);
		entry.kind = AGENDA_RESUME;
		entry.ns += HALT_MIN_NS + (uint64_t)(rng_unit(&s->rng) * HALT_MORE_NS);
		sim_later(s, &entry);
	}
}

static void schedule_minute(struct sim *s)
{
	struct agenda_entry entry = { .kind = AGENDA_MINUTE, .ns = (s->now_ns / MINUTE_NS + 1) * MINUTE_NS };

	sim_later(s, &entry);
}

// Restarts and further sessions of each venue, at times of its own, never close together.
static void schedule_restarts(struct sim *s)
{
	uint32_t n = s->args->restarts + s->args->sessions - 1, sessions;
	uint64_t from_ns = s->profile.built_ns,
		 end_ns = s->end_ns < PROFILE_LAST_NS ? s->end_ns : PROFILE_LAST_NS;
	double each_ns;
	struct rng rng;

	if (n == 0 || from_ns >= end_ns)
		return;
	rng_init(&rng, s->args->seed, 4);
	each_ns = (double)(end_ns - from_ns) / n;
	for (uint8_t x = 0; x < s->n_exchanges; x++) {
		sessions = s->args->sessions - 1;
		for (uint32_t i = 0; i < n; i++) {
			struct agenda_entry entry = { .kind = AGENDA_RESTART, .exchange = x };
			bool next = rng_below(&rng, n - i) < sessions;

			sessions -= next;
			entry.code = next ? 'S' : 'R';
			entry.ns = from_ns + (uint64_t)((i + 0.1 + 0.8 * rng_unit(&rng)) * each_ns);
			sim_later(s, &entry);
		}
	}
}

void day_begin(struct sim *s)
{
	uint64_t start_ns = s->now_ns, latest_ns = start_ns;

	for (uint32_t i = 0; i < s->n_exchanges; i++) {
		s->now_ns = start_ns;
		s->exchanges[i].ops->begin(&s->exchanges[i]);
		if (s->now_ns > latest_ns)
			latest_ns = s->now_ns;
	}
	s->now_ns = latest_ns;
	if (start_ns >= PROFILE_OPEN_NS)
		system_event(s, 'Q');
	if (start_ns >= PROFILE_CLOSE_NS)
		system_event(s, 'M');
	if (start_ns < PROFILE_OPEN_NS) {
		schedule_system(s, PROFILE_OPEN_NS, 'Q');
		schedule_crosses(s, PROFILE_OPEN_NS, 'O');
	}
	schedule_system(s, PROFILE_CLOSE_NS, 'M');
	schedule_crosses(s, PROFILE_CLOSE_NS, 'C');
	schedule_system(s, PROFILE_LAST_NS, 'E');
	schedule_system(s, PROFILE_LAST_NS + FAREWELL_NS, 'C');
	schedule_halts(s);
	schedule_minute(s);
	schedule_restarts(s);
}

static void cross(struct sim *s, const struct agenda_entry *entry)
{
	if (s->market.instrs[entry->instr].halted)
		return;
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		s->exchanges[i].ops->cross(&s->exchanges[i], entry->instr, entry->code);
}

static void halt(struct sim *s, const struct agenda_entry *entry)
{
	s->market.instrs[entry->instr].halted = true;
	s->market.instrs[entry->instr].halts = true;
	s->market.instrs[entry->instr].state = entry->code;
	for (uint32_t i = 0; i < s->n_exchanges; i++) {
		s->exchanges[i].ops->halt(&s->exchanges[i], entry->instr, entry->code);
		truth_status(&s->truth, &s->exchanges[i], entry->instr, entry->code);
	}
}

static void resume(struct sim *s, uint32_t instr)
{
	for (uint32_t i = 0; i < s->n_exchanges; i++) {
		s->exchanges[i].ops->resume(&s->exchanges[i], instr);
		truth_status(&s->truth, &s->exchanges[i], instr, 'T');
	}
	s->market.instrs[instr].halted = false;
}

// A venue's systems come up again: numbers from 1 on, an empty book, the start of day told once more.
static void restart(struct sim *s, const struct agenda_entry *entry)
{
	struct exchange *x = &s->exchanges[entry->exchange];
	uint64_t at_ns = s->now_ns;

	x->numbering++;
	stream_restart(&x->stream, sim_utc(s), entry->code == 'S');
	x->ops->restart(x);
	x->ops->begin(x);
	if (at_ns >= PROFILE_OPEN_NS)
		x->ops->system(x, 'Q');
	if (at_ns >= PROFILE_CLOSE_NS)
		x->ops->system(x, 'M');
}

static void minute(struct sim *s)
{
	for (uint32_t i = 0; i < s->n_exchanges; i++)
		if (s->exchanges[i].ops->minute != NULL)
			s->exchanges[i].ops->minute(&s->exchanges[i]);
	schedule_minute(s);
}

void day_event(struct sim *s, const struct agenda_entry *entry)
{
	switch ((enum agenda_kind)entry->kind) {
	case AGENDA_SYSTEM: system_event(s, entry->code); break;
	case AGENDA_CROSS: cross(s, entry); break;
	case AGENDA_HALT: halt(s, entry); break;
	case AGENDA_RESUME: resume(s, entry->instr); break;
	case AGENDA_MINUTE: minute(s); break;
	case AGENDA_RESTART: restart(s, entry); break;
	default: break;
	}
}
