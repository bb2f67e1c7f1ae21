/* SPDX-License-Identifier: BSD-3-Clause */
// relay_owner.c: what the owner makes of records that another lcore's engine told (relay.h).
#include "lcore/model/relay.h"

#include "lcore/model/chan_fact.h"
#include "lcore/model/chan_quiet.h"
#include "lcore/model/chan_reset.h"
#include "lcore/model/control.h"
#include "lcore/model/fact.h"
#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/strand_new.h"
#include "lcore/model/print.h"
#include "lcore/model/seal.h"
#include "lcore/model/wake.h"

static void add_flow(struct engine *e, struct strand *strand, const struct frag_flow *flow)
{
	bool late;

	if (!flow->touched)
		return;
	struct frag *f = strand_frag_for(e, strand, ns_of(flow->sec), &late);

	wake_set(e, strand->instr, SPAN_1S);
	if (!f)
		f = &strand->cur; // flow of a sealed second counts in the first one still open
	frag_add_flow(f, flow);
}

static void take_strand(struct engine *e, struct strand *strand, const struct relay *r)
{
	if (r->kind != RELAY_OLDER)
		strand_advance(
			e, strand,
			ns_of(r->flow.sec)); // an idle strand: its book has not changed until this second
	add_flow(e, strand, &r->flow);
	if (r->kind == RELAY_OLDER)
		return;
	bool told = !touch_equal(&strand->touch, &r->touch) || strand->status != r->status ||
		    strand->op_halted != r->op_halted;

	strand->touch = r->touch;
	strand->status = r->status;
	strand->op_halted = r->op_halted;
	strand_good(e, strand, r->clean_gen);
	if (told && e->tables) {
		tables_quote(e->tables, strand_index(e->strand, strand), strand->instr, strand->venue,
			     strand->channel, &strand->touch, ns_of(r->flow.sec));
		tables_quote_status(e->tables, strand_index(e->strand, strand),
				    strand->op_halted ? STATUS_HALTED : strand->status,
				    strand->clean_gen != e->chan[strand->channel].suspect_gen);
	}
	if (r->kind == RELAY_ROLL)
		strand_advance(e, strand, r->ts_ns);
}

static void no_strand(struct engine *e, const struct relay *r)
{
	if (r->kind == RELAY_PRINT)
		LEDGER_INC(e->ledger, prints_no_room);
}

static void take(struct engine *e, const struct relay *r, uint8_t channel)
{
	uint32_t instr = symtab_intern(e->symtab, r->symbol);
	struct strand *strand = instr == INSTR_NONE ? NULL : strand_get(e, channel, instr, r->ts_ns);

	if (!strand) {
		no_strand(e, r);
		return;
	}
	const struct instr *in = &e->instr[instr];

	if (in->next_sec < group_due(e->group, in))
		seal_instr(e, instr, group_due(e->group, in));
	if (r->kind == RELAY_PRINT)
		print_take(e, strand, &r->print, r->key);
	else if (r->kind == RELAY_NEW)
		strand->clean_gen = r->clean_gen;
	else
		take_strand(e, strand, r);
}

static void take_event(struct engine *e, const struct relay *r, uint8_t channel)
{
	struct event ev = r->event;

	ev.channel = channel;
	if (r->symbol) {
		ev.instr = symtab_intern(e->symtab, r->symbol);
		if (ev.kind == EV_DIRECTORY)
			control_apply(e, &ev, r->rx_ns);
		else
			fact_put(e, &ev);
		return;
	}
	if (ev.kind == EV_JOIN)
		engine_join_feed(e, channel, r->feed);
	control_apply(e, &ev, ev.kind == EV_CLOCK ? r->ts_ns : r->rx_ns);
	if (ev.kind == EV_JOIN) {
		e->chan[channel].relayed = true;
		e->chan[channel].join_due = false;
	}
}

void relay_apply(struct engine *e, const struct relay *r, uint8_t channel_base)
{
	uint8_t channel = (uint8_t)(channel_base + r->channel);

	if (r->kind == RELAY_PROGRESS || channel >= ENGINE_CHANNELS)
		return;
	if (unlikely(r->rx_ns > e->silence_check_ns) && !r->quiet)
		chan_silence(e, r->rx_ns, false);
	if (r->kind == RELAY_EVENT)
		take_event(e, r, channel);
	else if (r->kind == RELAY_FACT)
		chan_told(e, &e->chan[channel], (enum fact_step)r->step, &r->fact);
	else if (r->kind == RELAY_RESET)
		chan_emptied(e, channel, r->ts_ns, r->clean_gen);
	else
		take(e, r, channel);
}
