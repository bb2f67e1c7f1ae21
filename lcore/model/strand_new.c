/* SPDX-License-Identifier: BSD-3-Clause */
// strand_new.c: what a channel's announcement or first event of an instrument brings into being, and what its
// directory says of it.
#include "lcore/model/strand_new.h"

#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/pass.h"
#include "lcore/model/relay.h"
#include "lcore/model/seal.h"
#include "lcore/model/wake.h"

// Strands are sorted in the instrument by venue rank, then channel: the order in which venues are blended.
static void insert_strand(struct engine *e, struct instr *in, uint32_t index)
{
	const struct strand *strand = &e->strand[index];
	int i = in->n_strands++;

	for (; i > 0; i--) {
		const struct strand *other = &e->strand[in->strand[i - 1]];

		if (other->venue < strand->venue ||
		    (other->venue == strand->venue && other->channel < strand->channel))
			break;
		in->strand[i] = in->strand[i - 1];
	}
	in->strand[i] = index;
}

struct strand *strand_make(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns)
{
	uint32_t *slot = &e->chan[channel].strand_of[instr];
	struct instr *in = &e->instr[instr];
	const struct chan *c = &e->chan[channel];

	if (e->n_strands == e->n_strands_max || in->n_strands == INSTR_STRANDS) {
		LEDGER_INC(e->ledger, strands_no_room);
		return NULL;
	}
	if (instr >= e->n_instr)
		e->n_instr = instr + 1;
	if (!in->symbol) { // its first one: what it has not is not touched at the start
		for (int k = 0; k < SPAN_COUNT; k++)
			ind_init(&e->anchor[(size_t)instr * SPAN_COUNT + (size_t)k].ind);
		in->symbol = e->symtab->symbol[instr];
		if (e->tables)
			tables_name(e->tables, instr, in->symbol);
	}
	// From here on the instrument waits for this channel too: not with what is due already.
	if (in->next_sec < group_due(e->group, in))
		seal_instr(e, instr, group_due(e->group, in));
	uint32_t index = e->n_strands++;
	struct strand *strand = &e->strand[index];

	*strand = (struct strand){ .instr = instr,
				   .channel = channel,
				   .venue = c->venue,
				   .counts = c->prints,
				   .clean_gen = c->born_gen,
				   .touch = touch_empty(),
				   .last_px = PX_NULL };
	book_open(&strand->book, index);
	*slot = index + 1;
	uint32_t sec = sec_of(ts_ns),
		 floor = strand_floor(&e->instr[strand->instr], &e->chan[strand->channel]);

	strand->born_sec = sec > floor ? sec : floor;
	strand_begin(strand, strand->born_sec);
	wake_set(e, instr, SPAN_1S);
	if (e->conf.relays)
		relay_new(e, strand, ts_ns);
	for (int k = 0; k < SPAN_COUNT - 1; k++)
		frag_clear(&e->part[(size_t)index * (SPAN_COUNT - 1) + (size_t)k], 0);
	insert_strand(e, in, index);
	if (c->prints) {
		in->mask |= UINT32_C(1) << channel;
		group_put(e, in);
		if (in->next_sec < group_due(e->group, in))
			pass_begin(e);
	}
	if (e->sink.legs)
		strand->ours = e->sink.legs->made(e->sink.legs->ctx, strand, ts_ns);
	strand->aside = strand->ours || e->conf.relays;
	return strand;
}

void strand_test(struct engine *e, struct strand *strand, const struct event *ev)
{
	struct instr *in = &e->instr[strand->instr];

	if (in->next_sec < group_due(e->group, in)) // rows that are due are of the instrument as it was
		seal_instr(e, strand->instr, group_due(e->group, in));
	strand->test = ev->flags & EVF_TEST;
	in->flags = 0;
	for (int i = 0; i < in->n_strands; i++)
		in->flags |= e->strand[in->strand[i]].test ? BAR_TEST : 0;
	if (e->conf.relays)
		relay_fact(e, ev);
}
