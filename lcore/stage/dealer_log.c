/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_log.c: what the desk asks of venues and what it holds, as the journal keeps them, and what an
// earlier start has left in it.
#include <stdio.h>
#include <string.h>

#include "lcore/stage/dealer.h"

static void asked(void *ctx, const struct trade_request *rq)
{
	struct dealer *o = ctx;

	order_log_request(&o->log, rq, o->desk.now_ns);
}

static void ended(void *ctx, const struct own_order *own)
{
	struct dealer *o = ctx;

	order_log_ended(&o->log, own->id, own->state, own->filled, o->desk.now_ns);
}

static void booked(void *ctx, const struct trade_report *r)
{
	struct dealer *o = ctx;
	const struct own_order *own = r->id ? order_find(&o->desk.orders, r->id) : NULL;

	o->instr[r->instr].booked =
		order_log_book(&o->log, r, own ? own->filled : 0, &o->desk.positions, o->desk.now_ns);
}

// The last word stays until the next one is written, also where that is that nothing is held any more.
static bool is_held(void *ctx, const struct order_log_record *r)
{
	const struct dealer *o = ctx;

	if (!r->booked.position.qty)
		return false;
	if (r->instr < o->conf.desk.orders.instruments && o->instr[r->instr].booked == r->seq)
		return true;
	for (uint32_t i = 0; i < o->n_held; i++)
		if (o->held[i].seq == r->seq)
			return true;
	return false;
}

// Of the desk, or of an instrument that it does not know yet.
static bool is_out(void *ctx, uint64_t id)
{
	const struct dealer *o = ctx;
	const struct own_order *own = order_find(&o->desk.orders, id);

	if (own)
		return order_is_open(own);
	for (uint32_t i = 0; i < o->n_left; i++)
		if (o->left[i].request.id == id)
			return true;
	return false;
}

static uint32_t slot(void *ctx, uint32_t found) { return lcore_chance(((struct dealer *)ctx)->lcore, found); }

size_t dealer_log_bytes(const struct dealer_conf *c)
{
	return line_bytes(c->desk.orders.orders * sizeof(struct order_log_order)) +
	       line_bytes(c->desk.orders.instruments * sizeof(struct order_log_record));
}

void dealer_log_init(struct dealer *o, struct desk_sink *sink, void *mem)
{
	const struct plant *p = o->lcore->plant;
	size_t orders = line_bytes(o->conf.desk.orders.orders * sizeof(struct order_log_order));

	if (p->order_log_why[0])
		lcore_raise(o->lcore, LATCH_HALT, LATCH_UNREADABLE, p->order_log_why);
	o->left = mem;
	o->held = (struct order_log_record *)((char *)mem + orders);
	if (!p->order_log)
		return;
	sink->journal = asked;
	sink->ended = ended;
	sink->booked = booked;
	o->log = (struct order_log){ .ring = &p->order_log->ring,
				     .open = is_out,
				     .held = is_held,
				     .slot = o->lcore->twin ? slot : NULL,
				     .ctx = o };
}

static void take_over(struct dealer *o, const struct plant_order_log *j)
{
	uint32_t orders = o->conf.desk.orders.orders, instruments = o->conf.desk.orders.instruments;

	o->log.next = j->log.next;
	o->log.seq = j->log.seq;
	o->log.booked_seq = j->log.booked_seq;
	o->n_left = j->n_left < orders ? j->n_left : orders;
	o->n_held = j->n_held < instruments ? j->n_held : instruments;
	if (o->n_left)
		memcpy(o->left, j->left, o->n_left * sizeof *o->left);
	if (o->n_held)
		memcpy(o->held, j->held, o->n_held * sizeof *o->held);
	if (o->n_left != j->n_left || o->n_held != j->n_held)
		lcore_raise(o->lcore, LATCH_HALT, LATCH_MISMATCH,
			    "earlier starts have left more orders or positions than there is room for");
}

void dealer_log_go_on(struct dealer *o)
{
	const struct plant_order_log *j = o->lcore->plant->order_log;

	if (!j)
		return;
	take_over(o, j);
	if (!j->goes_on)
		return;
	desk_go_on(&o->desk, &j->sums, NULL, 0);
	for (uint32_t i = 0; i < o->n_held; i++)
		desk_go_on(&o->desk, &j->sums, &o->held[i].booked.position, 1);
	for (uint32_t i = 0; i < j->ring.slots; i++) {
		const struct order_log_record *r = &j->ring.record[i];

		if (r->what == ORDER_LOG_BOOKED && r->id && order_log_whole(r))
			order_remember(&o->desk.orders, r->id, r->booked.fill_id, r->kind == REPORT_BREAK);
	}
}

bool dealer_left(const struct dealer *o, uint64_t symbol)
{
	for (uint32_t i = 0; i < o->n_held; i++)
		if (o->held[i].symbol == symbol)
			return true;
	for (uint32_t i = 0; i < o->n_left; i++)
		if (o->left[i].request.symbol == symbol)
			return true;
	return false;
}

// Written again, as instruments have other numbers now: what was written before stays needed until then.
// Of the time of before: its quotes are no younger.
int64_t dealer_restore(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns)
{
	struct dealer_instr *in = &o->instr[instr];

	for (uint32_t i = 0; i < o->n_held; i++) {
		struct position_kept kept = o->held[i].booked.position;
		uint64_t kept_ns = o->held[i].at_ns;
		struct trade_report r = {
			.kind = REPORT_NEW, .symbol = symbol, .instr = instr, .gate = UINT8_MAX
		};

		if (o->held[i].symbol != symbol)
			continue;
		desk_restore(&o->desk, instr, &kept, kept_ns, now_ns);
		in->booked = order_log_book(&o->log, &r, 0, &o->desk.positions, kept_ns);
		o->held[i] = o->held[--o->n_held];
		return kept.qty;
	}
	return 0;
}

void dealer_recall(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns)
{
	for (uint32_t i = 0; i < o->n_left; i++) {
		if (o->left[i].request.symbol != symbol)
			continue;
		if (!desk_recall(&o->desk, instr, &o->left[i].request, o->left[i].filled, now_ns))
			desk_restrict(&o->desk, LATCH_HALT, LATCH_MISMATCH,
				      "an order of an earlier start has no place in the table");
		o->left[i--] = o->left[--o->n_left];
	}
}

uint32_t dealer_settle(struct dealer *o, uint32_t instr, uint64_t now_ns)
{
	return desk_settle(&o->desk, instr, now_ns);
}
