/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_push.c: elements of an ingest lcore to all links, or to the desk alone.
#include <rte_cycles.h>

#include "lcore/stage/ingest_parts.h"

void ingest_push(struct ingest *in, uint32_t stream)
{
	struct lcore *l = in->lcore;

	in->elem.stream = stream;
	in->elem.pushed_tsc = rte_rdtsc();
	for (int i = 0; i < l->n_out; i++)
		link_push(l->out[i], &in->elem);
}

void ingest_progress(struct ingest *in, uint64_t rx_ns, uint64_t token)
{
	struct link_elem elem = { .stream = LINK_RELAY, .pushed_tsc = rte_rdtsc() };

	if (rx_ns <= in->told_ns && !token)
		return;
	in->told_ns = rx_ns > in->told_ns ? rx_ns : in->told_ns;
	elem.relay = (struct relay){ .kind = RELAY_PROGRESS, .rx_ns = in->told_ns, .ts_ns = token };
	link_push(in->relay, &elem);
}

void ingest_push_desk(struct ingest *in, uint32_t stream)
{
	const struct lcore *l = in->lcore;

	in->elem.stream = stream;
	in->elem.pushed_tsc = rte_rdtsc();
	if (in->relay) { // by its owner, which is told of which position it is
		ingest_progress(in, in->engine.rx_ns, 0);
		link_push(in->relay, &in->elem);
		return;
	}
	for (int i = 0; i < l->n_out; i++)
		if (l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_SIGNAL)
			link_push(l->out[i], &in->elem);
}

void ingest_touch(struct ingest *in, struct ingest_held *h, const struct strand *s, uint64_t ts_ns)
{
	const struct touch *t = &s->touch;
	struct ingest_held now = *h;

	now.bid = t->bid_size ? t->bid : 0;
	now.ask = t->ask_size ? t->ask : 0;
	now.last = s->last_px == PX_NULL ? 0 : s->last_px;
	now.suspect = strand_halted(s) || s->clean_gen != in->engine.chan[s->channel].suspect_gen;

	if (now.bid == h->bid && now.ask == h->ask && now.last == h->last && now.suspect == h->suspect)
		return;
	*h = now;
	in->elem.touch = (struct trade_touch){ .symbol = in->symtab.symbol[s->instr],
					       .ts_ns = ts_ns,
					       .bid = now.bid,
					       .ask = now.ask,
					       .last = now.last,
					       .instr = s->instr,
					       .venue = s->venue,
					       .suspect = now.suspect };
	ingest_push_desk(in, LINK_TOUCH);
	if (in->echo.on)
		echo_asked(&in->echo, ts_ns, ECHO_TOUCH);
}

// Only the desk hears of its orders; it tells the others when that is known.
void ingest_report(struct ingest *in, const struct trade_report *r)
{
	in->elem.order = *r;
	ingest_push_desk(in, LINK_ORDER);
}

// Channels are numbered through over all ingest lcores, in the order of their links to the owner.
static uint16_t keeper_of(const struct ingest *in, uint8_t channel)
{
	for (unsigned i = in->relays.n; i-- > 0;)
		if (channel >= in->relays.in[i].channel_base)
			return in->relays.in[i].link->from;
	return in->lcore->index;
}

void ingest_keeper(struct ingest *in, const struct strand *strand, uint64_t ts_ns)
{
	in->elem.keeper = (struct trade_keeper){ .symbol = in->symtab.symbol[strand->instr],
						 .ts_ns = ts_ns,
						 .instr = strand->instr,
						 .lcore = keeper_of(in, strand->channel),
						 .venue = strand->venue };
	ingest_push_desk(in, LINK_KEEPER);
}

void ingest_newer(struct ingest *in)
{
	in->elem.note = 0;
	in->elem.live_ns = 0;
	ingest_push_desk(in, LINK_LIVE);
}

// Rows that come before it is told are of the past: their fires make no orders.
void ingest_live(struct ingest *in)
{
	struct lcore *l = in->lcore;

	for (unsigned i = 0; i < l->plant->n_lcores; i++)
		if (*(volatile const bool *)&l->plant->lcore[i]->shared->behind)
			return;
	for (int i = 0; i < l->n_out; i++)
		if (l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_SIGNAL &&
		    !lcore_room(l, l->out[i]))
			return;
	in->past = false;
	in->elem.note = 1;
	in->elem.live_ns = in->anchored ? in->port->ops->now_ns(in->port) + (uint64_t)in->anchor_ns : 0;
	ingest_push_desk(in, LINK_LIVE);
}
