/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_watch.c: who watches the desk, live.
#include <stdio.h>

#include <rte_cycles.h>

#include "lcore/stage/dealer.h"

void dealer_watch_init(struct dealer *o)
{
	const struct lcore *l = o->lcore;

	for (int i = l->n_out - 1; i >= 0; i--) // the first one declared
		if (l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_TELEMETRY)
			o->guard = l->plant->lcore[l->out[i]->to];
}

// Without it nobody watches stops: positions may become smaller, not larger.
static void look_at_guard(struct dealer *o, uint64_t now_ns)
{
	const struct lcore_shared *s = o->guard->shared;
	uint64_t limit = o->lcore->plant->conf->orders.heartbeat_ns;
	bool there = *(volatile const bool *)&s->launched && !*(volatile const bool *)&s->done;
	char reason[120];

	if (!lcore_chance(o->lcore, there))
		return;
	uint32_t polls = lcore_chance(o->lcore, (uint32_t)__atomic_load_n(&s->polls, __ATOMIC_RELAXED));

	if (!hang_look(&o->guard_hang, polls, now_ns, limit))
		return;
	snprintf(reason, sizeof reason, "lcore %s has not polled for %.1f s: nobody watches stops",
		 o->guard->name, (double)o->guard_hang.silent_ns / 1e9);
	desk_restrict(&o->desk, LATCH_REDUCE, LATCH_HEARTBEAT, reason);
}

void dealer_traded(struct dealer *o, uint32_t instr)
{
	if (o->instr[instr].traded)
		return;
	o->instr[instr].traded = true;
	o->traded[o->n_traded++] = instr;
}

uint32_t dealer_unverified(const struct dealer *o)
{
	const struct lcore_clock *c = &o->lcore->plant->clock;
	uint64_t alike = o->guard ? __atomic_load_n(&o->guard->shared->watchdog.alike_tsc, __ATOMIC_RELAXED)
				  : 0,
		 now = rte_rdtsc();
	bool good = alike && (now <= alike || clock_ns(c, now - alike) <= WATCH_GOOD_NS);

	return lcore_chance(o->lcore, good) ? 0 : RISK_FACT_UNVERIFIED;
}

// The next pass. One that was not answered wholly is given up: it is not taken for anything.
static void ask_views(struct dealer *o)
{
	struct lcore *l = o->lcore;
	uint32_t n = 0, keepers = 0;

	for (int i = 0; i < l->n_out; i++)
		keepers += l->out[i]->back &&
			   l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_INGEST;
	o->pass++;
	o->keepers_left = keepers;
	o->n_ended = 0;
	for (int i = 0; i < l->n_out && keepers <= TRADE_KEEPERS; i++) {
		struct link_elem elem = { .stream = LINK_REQUEST, .pushed_tsc = rte_rdtsc() };

		if (!l->out[i]->back || l->plant->lcore[l->out[i]->to]->conf->stage != CONF_STAGE_INGEST)
			continue;
		elem.request = (struct trade_request){
			.action = TRADE_VIEW, .id = o->pass, .instr = n++, .qty = keepers
		};
		link_push(l->out[i], &elem);
	}
}

static void to_guard(struct dealer *o, const struct trade_view *v)
{
	struct lcore *l = o->lcore;
	struct link_elem elem = { .stream = LINK_VIEW, .pushed_tsc = rte_rdtsc(), .view = *v };

	for (int i = 0; i < l->n_out; i++)
		if (l->plant->lcore[l->out[i]->to] == o->guard)
			link_push(l->out[i], &elem);
}

static void put(struct dealer *o, struct trade_view *v, const struct trade_row *row)
{
	v->row[v->n++] = *row;
	if (v->n < TRADE_ROWS && v->at + v->n < v->n_rows)
		return;
	to_guard(o, v);
	v->at += v->n;
	v->n = 0;
}

static void put_order(struct dealer *o, struct trade_view *v, const struct own_order *own)
{
	put(o, v,
	    &(struct trade_row){ .kind = TRADE_ROW_ORDER,
				 .key = own->id,
				 .symbol = own->symbol,
				 .qty = own->filled,
				 .n = order_leaves(own),
				 .instr = own->instr,
				 .state = own->state,
				 .venue = own->venue });
}

static void tell_ours(struct dealer *o, uint8_t keepers)
{
	const struct order_table *t = &o->desk.orders;
	struct trade_view v = { .pass = o->pass,
				.n_rows = t->n_open + o->n_ended + o->n_traded,
				.keepers = keepers };

	if (!v.n_rows)
		to_guard(o, &v);
	for (uint32_t i = t->open; i != UINT32_MAX; i = t->order[i].next)
		put_order(o, &v, &t->order[i]);
	for (uint32_t i = 0; i < o->n_ended; i++)
		put_order(o, &v, order_find(t, o->ended[i]));
	for (uint32_t i = 0; i < o->n_traded; i++) {
		uint32_t at = o->traded[i];

		put(o, &v,
		    &(struct trade_row){ .kind = TRADE_ROW_POSITION,
					 .key = o->desk.instr[at].symbol,
					 .symbol = o->desk.instr[at].symbol,
					 .qty = o->desk.positions.position[at].qty,
					 .n = o->instr[at].execs,
					 .adopted = o->instr[at].adopted,
					 .instr = at });
	}
}

void dealer_view(struct dealer *o, const struct trade_view *v)
{
	if (!o->guard || v->pass != o->pass || o->lcore->plant->replay)
		return;
	for (uint32_t i = 0; i < v->n && i < TRADE_ROWS; i++) {
		const struct own_order *own =
			v->row[i].kind == TRADE_ROW_ORDER ? order_find(&o->desk.orders, v->row[i].key) : NULL;

		if (own && !order_is_open(own) && o->n_ended < DEALER_ENDED)
			o->ended[o->n_ended++] = own->id;
	}
	to_guard(o, v);
	if (v->at + v->n == v->n_rows && o->keepers_left && !--o->keepers_left)
		tell_ours(o, v->keepers);
}

void dealer_watch(struct dealer *o, uint64_t now_tsc)
{
	uint64_t hz = rte_get_tsc_hz();

	if (o->hears) // nothing is open, and both views would be alike for nothing
		return;
	if (o->guard)
		look_at_guard(o, clock_ns(&o->lcore->plant->clock, now_tsc));
	if (now_tsc - o->second_tsc < hz)
		return;
	o->second_tsc = now_tsc;
	for (uint32_t i = 0; o->n_unseen && i < o->conf.desk.orders.instruments; i++)
		if (o->instr[i].unseen)
			desk_instrument(&o->desk, i, o->desk.instr[i].symbol, o->owner,
					dealer_facts_unseen(o, &o->instr[i]));
	desk_query(&o->desk, dealer_now(o));
	if (o->guard)
		ask_views(o);
}
