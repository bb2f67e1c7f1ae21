/* SPDX-License-Identifier: BSD-3-Clause */
// chan_reset.c: a new session, or numbering begun anew. The packet that brings it also brings a clock, which
// follows it in the array: seconds that this clock shows to have ended are sampled from the books as they
// were.
#include "lcore/model/chan_reset.h"

#include "lcore/model/chan_fact.h"
#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/pass.h"
#include "lcore/model/relay.h"
#include "lcore/model/seal.h"

void chan_reset(struct engine *e, const struct event *ev)
{
	struct chan *c = &e->chan[ev->channel];

	if (c->state == CHAN_ENDED) {
		c->state = CHAN_LIVE;
		c->resumes = true;
		group_update(e);
		pass_begin(e);
	}
	c->midstream = c->midstream || (ev->flags & EVF_MIDSTREAM);
	if (c->relayed) // the lcore that keeps its books says when they are emptied, and what is in doubt
		return;
	c->reset_due = true;
	c->reset_gen = c->suspect_gen;
	c->even = false;
	if (ev->flags & EVF_MIDSTREAM) {
		chan_lost(e, c);
		c->join_due = true;
	}
}

// Nobody carried it since the channel ended, but for the channel itself.
static bool ended_with(const struct engine *e, const struct instr *in, int channel)
{
	bool ended = in->next_sec && !in->finished && (in->mask >> channel & 1);

	for (int k = 0; k < ENGINE_CHANNELS && ended; k++)
		ended = k == channel || !(in->mask >> k & 1) || e->chan[k].state == CHAN_ENDED;
	return ended;
}

void chan_resume(struct engine *e, struct chan *c, uint64_t ts_ns)
{
	struct calendar_day was, now;

	c->resumes = false;
	calendar_day_of(c->clock_ns, &was);
	calendar_day_of(ts_ns, &now);
	for (uint32_t i = 0; was.day != now.day && i < e->n_instr; i++)
		if (ended_with(e, &e->instr[i], (int)(c - e->chan)))
			seal_finish(e, i);
}

void chan_emptied(struct engine *e, uint8_t channel, uint64_t ts_ns, uint32_t gen)
{
	struct chan *c = &e->chan[channel];

	c->born_gen = gen;
	orders_clear_channel(&e->orders, channel);
	for (uint32_t i = 0; i < e->n_strands; i++) {
		struct strand *strand = &e->strand[i];

		if (strand->channel != channel)
			continue;
		if (e->instr[strand->instr].next_sec < group_due(e->group, &e->instr[strand->instr]))
			seal_instr(e, strand->instr, group_due(e->group, &e->instr[strand->instr]));
		strand_advance(e, strand, ts_ns);
		uint32_t touched = strand->cur.touched;

		strand->cur.touched |= strand_halted(strand);
		strand->status = STATUS_TRADING;
		strand->op_halted = strand->still = strand->closed = strand->doubt = false;
		strand->sweep_side = SIDE_NONE;
		strand_empty(e, strand, ts_ns, gen);
		if (e->conf.relays) // the owner does all this, too, and knows what it changes
			strand->cur.touched = touched;
	}
}

void chan_reset_apply(struct engine *e, struct chan *c, uint64_t ts_ns)
{
	c->reset_due = false;
	if (e->sink.legs)
		e->sink.legs->emptied(e->sink.legs->ctx, (uint8_t)(c - e->chan), ts_ns);
	chan_emptied(e, (uint8_t)(c - e->chan), ts_ns, c->reset_gen);
	if (e->conf.relays)
		relay_reset(e, c, ts_ns);
}
