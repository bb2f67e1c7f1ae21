/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_log.c: what the desk asks of venues, as the journal keeps it, and what an earlier start has left
// in it.
#include <stdio.h>

#include "lcore/stage/dealer.h"

static void asked(void *ctx, const struct trade_request *rq)
{
	struct dealer *o = ctx;

	order_log_request(&o->lcore->plant->order_log->log, rq, o->desk.now_ns);
}

static void ended(void *ctx, const struct own_order *own)
{
	struct dealer *o = ctx;

	order_log_ended(&o->lcore->plant->order_log->log, own->id, own->state, own->filled, o->desk.now_ns);
}

// Of the desk, or of an instrument that it does not know yet.
static bool is_out(void *ctx, uint64_t id)
{
	const struct dealer *o = ctx;
	const struct plant_order_log *j = o->lcore->plant->order_log;
	const struct own_order *own = order_find(&o->desk.orders, id);

	if (own)
		return order_is_open(own);
	for (uint32_t i = 0; i < j->n_left; i++)
		if (j->left[i].id == id)
			return true;
	return false;
}

void dealer_log_init(struct dealer *o, struct desk_sink *sink)
{
	const struct plant *p = o->lcore->plant;

	if (p->order_log_why[0])
		lcore_raise(o->lcore, LATCH_HALT, LATCH_UNREADABLE, p->order_log_why);
	if (!p->order_log)
		return;
	sink->journal = asked;
	sink->ended = ended;
	p->order_log->log.open = is_out;
	p->order_log->log.ctx = o;
}

void dealer_recall(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns)
{
	struct plant_order_log *j = o->lcore->plant->order_log;

	for (uint32_t i = 0; j && i < j->n_left; i++) {
		if (j->left[i].symbol != symbol)
			continue;
		if (!desk_recall(&o->desk, instr, &j->left[i], now_ns))
			desk_restrict(&o->desk, LATCH_HALT, LATCH_MISMATCH,
				      "an order of an earlier start has no place in the table");
		j->left[i--] = j->left[--j->n_left];
	}
}

uint32_t dealer_settle(struct dealer *o, uint32_t instr, uint64_t now_ns)
{
	return desk_settle(&o->desk, instr, now_ns);
}
