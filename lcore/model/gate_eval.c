/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/gate_eval.h"

#include "lcore/base/calendar.h"

static bool quote_old(const struct gates *g, const struct gate *gate, uint32_t instr, uint64_t ns)
{
	const struct gate_quote *q = &g->quote[instr];

	return q->bid == PX_NULL || q->ask == PX_NULL || !q->moved_ns ||
	       (ns > q->moved_ns && ns - q->moved_ns > gate->quote_age_ns);
}

enum gate_outcome gate_eval_blocked(const struct gates *g, const struct gate_state *s, uint32_t instr,
				    unsigned i, uint64_t ns)
{
	const struct gate *gate = &g->set->gate[i];
	const struct gate_slot *slot = gate_slot_of(g, instr, i);
	int32_t day = 0;
	uint64_t of_day;

	if (gate->stream == GATE_NONE)
		return GATE_CONDITION;
	if (s->in[gate->side] == (gate->stream == GATE_ENTRY))
		return GATE_IN;
	if (gate->window_to_ns || gate->max_fires) {
		of_day = calendar_wall(ns, &day);
		if (gate->window_to_ns && (of_day < gate->window_from_ns || of_day >= gate->window_to_ns))
			return GATE_WINDOW;
	}
	if (gate->quote_age_ns && quote_old(g, gate, instr, ns))
		return GATE_QUOTE;
	if (gate->cooldown_ns && slot->fired_ns && ns < slot->fired_ns + gate->cooldown_ns)
		return GATE_COOLDOWN;
	if (gate->max_fires && slot->day == day && slot->n >= gate->max_fires)
		return GATE_USED;
	return gate->stream == GATE_ENTRY && g->entries_held ? GATE_HELD : GATE_FIRED;
}
