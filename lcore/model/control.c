/* SPDX-License-Identifier: BSD-3-Clause */
// control.c: events that concern a whole channel, or an instrument that it announces.
#include "lcore/model/control.h"

#include "lcore/model/amend.h"
#include "lcore/model/chan.h"
#include "lcore/model/chan_fact.h"
#include "lcore/model/chan_quiet.h"
#include "lcore/model/chan_reset.h"
#include "lcore/model/fact.h"
#include "lcore/model/pass.h"
#include "lcore/model/relay.h"
#include "lcore/model/strand.h"
#include "lcore/model/strand_new.h"

// A channel that announces an instrument carries it from then on, and its bars wait for the channel. Were it
// from the first print on, bars would depend on how far the other channels are when that comes, out of a hole
// for instance.
static void announced(struct engine *e, const struct event *ev)
{
	struct strand *strand = ev->instr == INSTR_NONE ? NULL
							: strand_get(e, ev->channel, ev->instr, ev->ts_ns);

	if (strand && strand->test != (bool)(ev->flags & EVF_TEST))
		strand_test(e, strand, ev);
}

// The short sale test of an instrument is news of the second in which its channel says so.
static void short_test(struct engine *e, const struct event *ev)
{
	uint32_t slot = ev->instr < e->conf.instruments ? e->chan[ev->channel].strand_of[ev->instr] : 0;

	fact_take(e, ev);
	if (!slot)
		return;
	pass_catch_up(e, ev->instr);
	strand_advance(e, &e->strand[slot - 1], ev->ts_ns);
	strand_news(e, &e->strand[slot - 1]);
	if (e->conf.relays)
		relay_dirty(e, &e->strand[slot - 1]);
}

void control_apply(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	struct chan *c = &e->chan[ev->channel];

	switch (ev->kind) {
	case EV_OPEN: chan_opening(e, ev, rx_ns); break;
	case EV_HELD:
		c->held_rx_ns = ev->ref;
		c->even = chan_even(c, e->conf.relays);
		break;
	case EV_JOIN: chan_join(e, ev, rx_ns); break;
	case EV_CLOCK: chan_heard(e, c, ev, rx_ns); break;
	case EV_GAP: chan_gap(e, c); break;
	case EV_RESET: chan_reset(e, ev); break;
	case EV_END: chan_end(e, ev->channel); break;
	case EV_DIRECTORY: announced(e, ev); break;
	case EV_SYSTEM:
		c->system = ev->side;
		c->system_ns = ev->ts_ns;
		break;
	case EV_IMBALANCE: fact_take(e, ev); break;
	case EV_SHORT: short_test(e, ev); break;
	case EV_BREAK: amend_break(e, ev); break;
	case EV_CORRECT: amend_correct(e, ev); break;
	default: break;
	}
}
