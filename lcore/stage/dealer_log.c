/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_log.c: what the desk asks of venues and what it holds, as the journal keeps them, and what an
// earlier start has left in it.
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

static void booked(void *ctx, const struct trade_report *r)
{
	struct dealer *o = ctx;
	const struct own_order *own = r->id ? order_find(&o->desk.orders, r->id) : NULL;

	o->instr[r->instr].booked = order_log_book(&o->lcore->plant->order_log->log, r, own ? own->filled : 0,
						   &o->desk.positions, o->desk.now_ns);
}

// The last word stays until the next one is written, also where that is that nothing is held any more.
static bool is_held(void *ctx, const struct order_log_record *r)
{
	const struct dealer *o = ctx;
	const struct plant_order_log *j = o->lcore->plant->order_log;

	if (!r->booked.position.qty)
		return false;
	if (r->instr < o->conf.desk.orders.instruments && o->instr[r->instr].booked == r->seq)
		return true;
	for (uint32_t i = 0; i < j->n_held; i++)
		if (j->held[i].seq == r->seq)
			return true;
	return false;
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
		if (j->left[i].request.id == id)
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
	sink->booked = booked;
	p->order_log->log.open = is_out;
	p->order_log->log.held = is_held;
	p->order_log->log.ctx = o;
}

void dealer_log_go_on(struct dealer *o)
{
	const struct plant_order_log *j = o->lcore->plant->order_log;

	if (!j || !j->goes_on)
		return;
	desk_go_on(&o->desk, &j->sums, NULL, 0);
	for (uint32_t i = 0; i < j->n_held; i++)
		desk_go_on(&o->desk, &j->sums, &j->held[i].booked.position, 1);
	for (uint32_t i = 0; i < j->log.slots; i++) {
		const struct order_log_record *r = &j->log.record[i];

		if (r->what == ORDER_LOG_BOOKED && r->id && order_log_whole(r))
			order_remember(&o->desk.orders, r->id, r->booked.fill_id, r->kind == REPORT_BREAK);
	}
}

bool dealer_left(const struct dealer *o, uint64_t symbol)
{
	const struct plant_order_log *j = o->lcore->plant->order_log;

	for (uint32_t i = 0; j && i < j->n_held; i++)
		if (j->held[i].symbol == symbol)
			return true;
	for (uint32_t i = 0; j && i < j->n_left; i++)
		if (j->left[i].request.symbol == symbol)
			return true;
	return false;
}

// Written again, as instruments have other numbers now: what was written before stays needed until then.
// Of the time of before: its quotes are no younger.
int64_t dealer_restore(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns)
{
	struct plant_order_log *j = o->lcore->plant->order_log;
	struct dealer_instr *in = &o->instr[instr];

	for (uint32_t i = 0; j && i < j->n_held; i++) {
		struct position_kept kept = j->held[i].booked.position;
		uint64_t kept_ns = j->held[i].at_ns;
		struct trade_report r = {
			.kind = REPORT_NEW, .symbol = symbol, .instr = instr, .gate = UINT8_MAX
		};

		if (j->held[i].symbol != symbol)
			continue;
		desk_restore(&o->desk, instr, &kept, kept_ns, now_ns);
		in->booked = order_log_book(&j->log, &r, 0, &o->desk.positions, kept_ns);
		j->held[i] = j->held[--j->n_held];
		return kept.qty;
	}
	return 0;
}

void dealer_recall(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns)
{
	struct plant_order_log *j = o->lcore->plant->order_log;

	for (uint32_t i = 0; j && i < j->n_left; i++) {
		if (j->left[i].request.symbol != symbol)
			continue;
		if (!desk_recall(&o->desk, instr, &j->left[i].request, j->left[i].filled, now_ns))
			desk_restrict(&o->desk, LATCH_HALT, LATCH_MISMATCH,
				      "an order of an earlier start has no place in the table");
		j->left[i--] = j->left[--j->n_left];
	}
}

uint32_t dealer_settle(struct dealer *o, uint32_t instr, uint64_t now_ns)
{
	return desk_settle(&o->desk, instr, now_ns);
}
