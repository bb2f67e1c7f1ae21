/* SPDX-License-Identifier: BSD-3-Clause */
// gate_carry.c: the state of one set of gates into that of another: what a reload keeps.
#include <string.h>

#include "lcore/model/gate.h"

// Where what the new set has stood in the old one; -1: nowhere.
struct map {
	int16_t gate[GATE_MAX], tap[GATE_TAPS], ring[GATE_RINGS], cross[GATE_MAX * GATE_RULES];
};

int gate_carry_from(const struct gate_set *to, unsigned gate, const struct gate_set *from)
{
	for (unsigned i = 0; i < from->n; i++)
		if (!strcmp(from->gate[i].name, to->gate[gate].name) &&
		    from->gate[i].spec == to->gate[gate].spec)
			return (int)i;
	return -1;
}

static void map_gates(const struct gate_set *to, const struct gate_set *from, struct map *m)
{
	for (unsigned i = 0; i < to->n; i++) {
		const struct gate *g = &to->gate[i];
		int old = gate_carry_from(to, i, from);

		m->gate[i] = (int16_t)old;
		for (unsigned k = 0; k < g->n_rules; k++)
			if (g->rule[k].op == GATE_CROSS_ABOVE || g->rule[k].op == GATE_CROSS_BELOW)
				m->cross[g->rule[k].cross] =
					(int16_t)(old < 0 ? -1 : from->gate[old].rule[k].cross);
	}
}

static void map_columns(const struct gate_set *to, const struct gate_set *from, struct map *m)
{
	for (unsigned i = 0; i < to->n_taps; i++) {
		m->tap[i] = -1;
		for (unsigned k = 0; k < from->n_taps; k++)
			if (to->tap[i].span == from->tap[k].span && to->tap[i].col == from->tap[k].col &&
			    to->tap[i].fn == from->tap[k].fn && to->tap[i].rows == from->tap[k].rows)
				m->tap[i] = (int16_t)k;
	}
	for (unsigned i = 0; i < to->n_rings; i++) {
		m->ring[i] = -1;
		for (unsigned k = 0; k < from->n_rings; k++)
			if (to->ring[i].span == from->ring[k].span && to->ring[i].col == from->ring[k].col)
				m->ring[i] = (int16_t)k;
	}
}

// The newest values that fit, oldest first.
static void carry_ring(struct gates *to, const struct gates *from, uint32_t instr, unsigned i, unsigned old)
{
	const struct gate_ring *a = &from->set->ring[old], *b = &to->set->ring[i];
	const struct gate_fill *had = &gate_fills(from, gate_state_of(from, instr))[old];
	struct gate_fill *has = &gate_fills(to, gate_state_of(to, instr))[i];
	const double *src = from->ring + (size_t)instr * from->set->ring_rows + a->at;
	double *dst = to->ring + (size_t)instr * to->set->ring_rows + b->at;
	unsigned n = had->n < b->rows ? had->n : b->rows;

	for (unsigned k = 0; k < n; k++)
		dst[k] = src[(had->next + a->rows - n + k) % a->rows];
	*has = (struct gate_fill){ (uint16_t)(n % b->rows), (uint16_t)n };
}

static void carry_instr(struct gates *to, const struct gates *from, uint32_t instr, const struct map *m)
{
	struct gate_state *a = gate_state_of(from, instr), *b = gate_state_of(to, instr);

	gate_begin(to, instr, from->tag[instr].symbol);
	to->tag[instr].fires = from->tag[instr].fires;
	memcpy(b->in, a->in, sizeof b->in);
	b->close_s = a->close_s;
	b->due = a->due;
	if (to->quote && from->quote)
		to->quote[instr] = from->quote[instr];
	for (unsigned i = 0; i < to->set->n_taps; i++)
		if (m->tap[i] >= 0)
			gate_values(b)[i] = gate_values(a)[m->tap[i]];
	for (unsigned i = 0; i < to->set->n_rings; i++)
		if (m->ring[i] >= 0)
			carry_ring(to, from, instr, i, (unsigned)m->ring[i]);
	for (unsigned i = 0; i < to->set->n_crosses; i++)
		if (m->cross[i] >= 0)
			gate_compared_of(to, b)[i] = gate_compared_of(from, a)[m->cross[i]];
	for (unsigned i = 0; i < to->set->n; i++) {
		if (m->gate[i] < 0)
			continue;
		b->above |= (a->above >> m->gate[i] & 1) << i;
		b->idle |= (a->idle >> m->gate[i] & 1) << i;
		b->decided |= (a->decided >> m->gate[i] & 1) << i;
		*gate_slot_of(to, instr, i) = *gate_slot_of(from, instr, (unsigned)m->gate[i]);
	}
}

void gate_carry(struct gates *to, const struct gates *from)
{
	struct map m;

	memset(&m, 0xff, sizeof m); // -1: also crossings of gates that were refused
	map_gates(to->set, from->set, &m);
	map_columns(to->set, from->set, &m);
	for (uint32_t i = 0; i < to->instruments; i++)
		if (gate_state_of(from, i)->known)
			carry_instr(to, from, i, &m);
	to->entries_held = from->entries_held;
	to->suppressed = from->suppressed;
}
