/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/protect.h"

#include <string.h>

#include <rte_cycles.h>

#define NO_STOP UINT8_MAX

struct protect_instr {
	struct stop stop;
	struct stop_quote quote; // the last one
	uint64_t symbol;
	uint32_t held; // place in the list + 1; 0: flat
	uint32_t kept; // place in the journal + 1; 0: none so far
	uint8_t rule;  // NO_STOP: none
	uint8_t ticks; // enum risk_tick_table
	bool known;
};

size_t protect_bytes(const struct lcore *l)
{
	const struct conf *c = l->plant->conf;

	if (!c->orders.enabled || !c->n_stop)
		return 0;
	return line_bytes(c->bars.instruments * sizeof(struct protect_instr)) +
	       line_bytes(c->bars.instruments * sizeof(uint32_t)) +
	       (!plant_live(l->plant) ? line_bytes(c->bars.instruments * sizeof(struct trade_exit)) : 0);
}

void protect_init(struct protect *p, struct lcore *l, void *mem)
{
	const struct conf *c = l->plant->conf;

	p->lcore = l;
	p->keeps = l->plant->order_log && l->plant->order_log->stops.places;
	p->kept_seq = p->keeps ? l->plant->order_log->stops.seq : 0;
	p->instr = mem;
	p->held = (uint32_t *)((char *)mem + line_bytes(c->bars.instruments * sizeof(struct protect_instr)));
	p->owed = (struct trade_exit *)((char *)p->held + line_bytes(c->bars.instruments * sizeof(uint32_t)));
	for (unsigned i = 0; i < c->n_stop; i++)
		dealer_stop_rule(&c->stop[i], &p->rule[i]);
	for (int i = 0; i < l->n_out; i++)
		if (l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_SIGNAL)
			p->back = p->echo.link = l->out[i];
	p->echo.lcore = l;
}

// Which exits find room at once depends on how fast lcores are. A replay sends the others later, and answers
// after them; until it has answered no instrument fires again. Live a refused exit is tried again by its
// stop.
static void send(struct protect *p, const struct trade_exit *exit)
{
	struct link_elem elem = { .stream = LINK_EXIT, .pushed_tsc = rte_rdtsc(), .exit = *exit };
	uint32_t n = (uint32_t)p->lcore->plant->conf->bars.instruments;

	if (p->lcore->plant->replay && (p->n_owed || !lcore_room(p->lcore, p->back)) && p->n_owed < n)
		p->owed[(p->owed_at + p->n_owed++) % n] = *exit;
	else
		link_push(p->back, &elem);
}

static void publish(struct protect *p, uint32_t at, const struct stop_fire *f)
{
	struct trade_exit exit = { .symbol = p->instr[at].symbol,
				   .position_id = f->position_id,
				   .ts_ns = f->ts_ns,
				   .qty = f->qty,
				   .trigger = f->trigger,
				   .watched = f->watched,
				   .limit = f->limit,
				   .decided_tsc = rte_rdtsc(),
				   .instr = at,
				   .retry = f->retry,
				   .side = f->side,
				   .path = f->path,
				   .alarm = f->alarm };

	p->fires++;
	send(p, &exit);
}

void protect_poll(struct protect *p)
{
	while (p->n_owed && lcore_room(p->lcore, p->back)) {
		struct link_elem elem = { .stream = LINK_EXIT, .pushed_tsc = rte_rdtsc() };

		elem.exit = p->owed[p->owed_at];
		p->owed_at = (p->owed_at + 1) % (uint32_t)p->lcore->plant->conf->bars.instruments;
		p->n_owed--;
		link_push(p->back, &elem);
	}
	if (!p->n_owed)
		echo_catch_up(&p->echo);
}

static void echo(struct protect *p, uint64_t ts_ns)
{
	if (plant_live(p->lcore->plant)) // nobody waits
		return;
	p->echo.owed++;
	p->echo.ts_ns = ts_ns;
	protect_poll(p);
}

static void hold(struct protect *p, uint32_t at, bool on)
{
	struct protect_instr *in = &p->instr[at];

	if (on && !in->held) {
		p->held[p->n_held++] = at;
		in->held = p->n_held;
	} else if (!on && in->held) {
		uint32_t last = p->held[--p->n_held];

		p->held[in->held - 1] = last;
		p->instr[last].held = in->held;
		in->held = 0;
	}
}

// What the journal says of a position. It is written meanwhile: who does this once more has seen what was
// there at first.
static bool look_up(struct protect *p, const struct trade_holding *h, uint32_t *place, struct stop *was)
{
	const struct plant_order_log *j = p->lcore->plant->order_log; // of a later process: it may have none
	uint32_t word[(sizeof *was + 3) / 4] = { 0 };

	*place = lcore_chance(p->lcore, j ? stop_log_place(&j->stops, h->symbol) : UINT32_MAX - 1);
	if (!lcore_chance(p->lcore, j && stop_log_find(&j->stops, *place, h->symbol, h->position_id, was)))
		return false;
	memcpy(word, was, sizeof *was);
	lcore_chances(p->lcore, word, sizeof word / sizeof *word);
	memcpy(was, word, sizeof *was);
	return true;
}

// A position of an earlier start goes on with the stop that it had; what was on its way then is not any more.
static void recall(struct protect *p, struct protect_instr *in, const struct trade_holding *h)
{
	struct stop was = { 0 };

	if (!p->keeps || !h->qty || in->stop.position_id == h->position_id)
		return;
	bool found = look_up(p, h, &in->kept, &was);

	in->kept++;
	if (!found)
		return;
	stop_restore(&in->stop, &was);
	p->restored++;
}

static void keep(struct protect *p, const struct protect_instr *in)
{
	struct plant_order_log *j = p->lcore->plant->order_log;

	if (!p->keeps || !in->kept)
		return;
	p->kept_seq++;
	if (j)
		stop_log_put(&j->stops, in->kept - 1, in->symbol, &in->stop, p->kept_seq);
}

static void holding(struct protect *p, const struct trade_holding *h)
{
	struct protect_instr *in = &p->instr[h->instr];
	const struct conf *c = p->lcore->plant->conf;

	if (!in->known) {
		const struct conf_stop *stop = dealer_stop(c, h->symbol);

		in->known = true;
		in->symbol = h->symbol;
		in->rule = stop ? (uint8_t)(stop - c->stop) : NO_STOP;
		in->ticks = dealer_tick_table(c, h->symbol);
	}
	if (in->rule == NO_STOP)
		return;
	recall(p, in, h);
	stop_position(&in->stop, &p->rule[in->rule], h->position_id, h->qty);
	if (h->range)
		stop_range(&in->stop, &p->rule[in->rule], h->range);
	keep(p, in);
	hold(p, h->instr, h->qty != 0);
}

static void did(struct protect *p, uint32_t at, enum stop_verdict verdict, const struct stop_fire *f)
{
	if (verdict == STOP_QUIET)
		return;
	keep(p, &p->instr[at]); // before it counts
	if (verdict == STOP_FIRED)
		publish(p, at, f);
}

static void touch(struct protect *p, const struct trade_touch *t)
{
	struct protect_instr *in = &p->instr[t->instr];
	struct stop_fire fire;

	in->quote = (struct stop_quote){ t->ts_ns, t->bid, t->ask, t->last, t->suspect };
	if (!in->held)
		return;
	did(p, t->instr,
	    stop_event(&in->stop, &p->rule[in->rule], &risk_ticks_of[in->ticks], &in->quote, t->ts_ns, &fire),
	    &fire);
}

// Once a second of exchange time, on the last quotes.
static void second(struct protect *p, uint64_t ts_ns)
{
	struct stop_fire fire;

	for (uint32_t i = 0; i < p->n_held; i++) {
		struct protect_instr *in = &p->instr[p->held[i]];

		did(p, p->held[i],
		    stop_second(&in->stop, &p->rule[in->rule], &risk_ticks_of[in->ticks], &in->quote, ts_ns,
				&fire),
		    &fire);
	}
}

static bool ended(const struct trade_report *r)
{
	return r->source == SOURCE_STOP &&
	       ((r->state >= STATE_FILLED && r->state <= STATE_EXPIRED) || r->kind == REPORT_DENIED);
}

void protect_element(struct protect *p, const struct link_elem *e)
{
	uint32_t n = (uint32_t)p->lcore->plant->conf->bars.instruments;

	switch (e->stream) {
	case LINK_HOLDING:
		if (e->holding.instr < n)
			holding(p, &e->holding);
		break;
	case LINK_ORDER:
		if (ended(&e->order) && e->order.instr < n && p->instr[e->order.instr].held)
			stop_exit_ended(&p->instr[e->order.instr].stop);
		break;
	case LINK_TOUCH:
		if (e->touch.instr < n)
			touch(p, &e->touch);
		echo(p, e->touch.ts_ns);
		break;
	case LINK_MARK:
		if (!e->note)
			second(p, e->mark_ns);
		echo(p, e->mark_ns);
		break;
	default: break;
	}
}
