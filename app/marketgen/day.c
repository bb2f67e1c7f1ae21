/* SPDX-License-Identifier: BSD-3-Clause */
// day.c: system events at their times, crosses behind the open and the close, and a few volatility pauses.
#include "app/marketgen/day.h"

#include "app/marketgen/venue_iex.h"
#include "app/marketgen/venue_itch.h"

#define CROSS_EVERY_NS  120000 // busiest first: 8,000 instruments have opened within a second
#define FIRST_CROSS_NS  230
#define FAREWELL_NS     (300 * NS_PER_S) // from the end of system hours to the last message
#define INSTRS_PER_HALT 1000
#define HALT_MIN_NS     (5 * NS_PER_S)

// A system event by its ITCH code, and IEX's code for the same.
static void system_event(struct sim *s, char code)
{
	if (s->args->itch)
		venue_itch_system(s, code);
	if (s->args->iex)
		venue_iex_system(s, code == 'Q' ? 'R' : code);
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

// Pauses of 5 to 60 s in the busier half of the market, after the book stands.
static void schedule_halts(struct sim *s)
{
	uint64_t from_ns = s->profile.built_ns + 2 * NS_PER_S;

	if (from_ns >= s->end_ns || s->market.n_instrs < 10)
		return;
	for (uint32_t i = 0; i <= s->market.n_instrs / INSTRS_PER_HALT; i++) {
		struct agenda_entry entry = { .kind = AGENDA_HALT,
					      .instr = 5 + rng_below(&s->rng, s->market.n_instrs / 2) };

		entry.ns = from_ns + (uint64_t)(rng_unit(&s->rng) * (double)(s->end_ns - from_ns));
		sim_later(s, &entry);
		entry.kind = AGENDA_RESUME;
		entry.ns += HALT_MIN_NS + (uint64_t)(rng_unit(&s->rng) * 55e9);
		sim_later(s, &entry);
	}
}

void day_begin(struct sim *s)
{
	uint64_t start_ns = s->now_ns, itch_ns;

	if (s->args->itch)
		venue_itch_begin(s);
	itch_ns = s->now_ns;
	s->now_ns = start_ns;
	if (s->args->iex)
		venue_iex_begin(s);
	if (itch_ns > s->now_ns)
		s->now_ns = itch_ns;
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
}

static void cross(struct sim *s, const struct agenda_entry *entry)
{
	if (s->market.instrs[entry->instr].halted)
		return;
	if (s->args->itch)
		venue_itch_cross(s, entry->instr, entry->code);
	if (s->args->iex && entry->code == 'O' && s->market.instrs[entry->instr].iex_listed)
		venue_iex_open(s, entry->instr);
}

static void halt(struct sim *s, uint32_t instr)
{
	s->market.instrs[instr].halted = true;
	if (s->args->itch)
		venue_itch_state(s, instr, 'P', "LUDP");
	if (s->args->iex)
		venue_iex_state(s, instr, 'P', "LUDP");
}

static void resume(struct sim *s, uint32_t instr)
{
	if (s->args->itch) {
		venue_itch_state(s, instr, 'Q', "LUDP");
		venue_itch_cross(s, instr, 'H');
		venue_itch_state(s, instr, 'T', "    ");
	}
	if (s->args->iex)
		venue_iex_state(s, instr, 'T', "    ");
	s->market.instrs[instr].halted = false;
}

void day_event(struct sim *s, const struct agenda_entry *entry)
{
	switch ((enum agenda_kind)entry->kind) {
	case AGENDA_SYSTEM: system_event(s, entry->code); break;
	case AGENDA_CROSS: cross(s, entry); break;
	case AGENDA_HALT: halt(s, entry->instr); break;
	case AGENDA_RESUME: resume(s, entry->instr); break;
	default: break;
	}
}
