/* SPDX-License-Identifier: BSD-3-Clause */
// leg_new.c: what a channel's announcement or first event of an instrument brings into being, and what its directory says of it.
#include "lcore/model/leg_new.h"

#include "lcore/model/group.h"
#include "lcore/model/leg.h"
#include "lcore/model/pass.h"
#include "lcore/model/relay.h"
#include "lcore/model/seal.h"

// Legs are sorted in the instrument by venue rank, then channel: the order in which venues are blended.
static void insert_leg(struct engine *e, struct instr *in, uint32_t index)
{
	const struct leg *leg = &e->leg[index];
	int i = in->n_legs++;

	for (; i > 0; i--) {
		const struct leg *other = &e->leg[in->leg[i - 1]];

		if (other->venue < leg->venue || (other->venue == leg->venue && other->channel < leg->channel))
			break;
		in->leg[i] = in->leg[i - 1];
	}
	in->leg[i] = index;
}

struct leg *leg_make(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns)
{
	uint32_t *slot = &e->chan[channel].leg_of[instr];
	struct instr *in = &e->instr[instr];
	const struct chan *c = &e->chan[channel];

	if (e->n_legs == e->n_legs_max || in->n_legs == ENGINE_LEGS_PER_INSTR) {
		LEDGER_INC(e->ledger, legs_no_room);
		return NULL;
	}
	if (instr >= e->n_instr)
		e->n_instr = instr + 1;
	if (!in->symbol) {
		in->symbol = e->symtab->symbol[instr];
		if (e->tables)
			tables_name(e->tables, instr, in->symbol);
	}
	// From here on the instrument waits for this channel too: not with what is due already.
	if (in->next_sec < group_due(e, in))
		seal_instr(e, instr, group_due(e, in));
	uint32_t index = e->n_legs++;
	struct leg *leg = &e->leg[index];

	*leg = (struct leg){ .instr = instr, .channel = channel, .venue = c->venue, .counts = c->prints,
			     .clean_gen = c->born_gen, .touch = touch_empty(), .last_px = PX_NULL };
	book_open(&leg->book, index);
	*slot = index + 1;
	uint32_t sec = sec_of(ts_ns), floor = leg_floor(e, leg);

	leg->born_sec = sec > floor ? sec : floor;
	leg_begin(leg, leg->born_sec);
	if (e->conf.relays)
		relay_new(e, leg, ts_ns);
	for (int k = 0; k < SPAN_COUNT - 1; k++)
		frag_clear(&e->part[(size_t)index * (SPAN_COUNT - 1) + (size_t)k], 0);
	insert_leg(e, in, index);
	if (c->prints) {
		in->mask |= UINT32_C(1) << channel;
		group_put(e, in);
		if (in->next_sec < group_due(e, in))
			pass_begin(e);
	}
	return leg;
}

void leg_test(struct engine *e, struct leg *leg, const struct event *ev)
{
	struct instr *in = &e->instr[leg->instr];

	if (in->next_sec < group_due(e, in)) // rows that are due are of the instrument as it was
		seal_instr(e, leg->instr, group_due(e, in));
	leg->test = ev->flags & EVF_TEST;
	in->flags = 0;
	for (int i = 0; i < in->n_legs; i++)
		in->flags |= e->leg[in->leg[i]].test ? BAR_TEST : 0;
	if (e->conf.relays)
		relay_fact(e, ev);
}
