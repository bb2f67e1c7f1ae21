/* SPDX-License-Identifier: BSD-3-Clause */
// paper_request.c: what arrives at the venue: new orders, cancels and replaces.
#include "lcore/trade/paper_parts.h"

static bool price_good(int64_t price)
{
	return price > 0 && price <= PAPER_PRICE_MAX && price % PAPER_PRICE_STEP == 0;
}

static struct paper_order order_of(const struct paper_leg *leg, const struct trade_request *r)
{
	return (struct paper_order){ .id = r->id,
				     .symbol = leg->symbol,
				     .limit = r->price,
				     .queue_ahead = PAPER_NONE,
				     .arrival_ns = r->arrival_ns,
				     .close_ts = r->close_ts,
				     .total = r->qty,
				     .side = r->side,
				     .tif = r->tif,
				     .state = STATE_LIVE,
				     .source = r->source,
				     .gate = r->gate };
}

static enum paper_reason refused(const struct paper_leg *leg, const struct trade_request *r)
{
	if (!leg->named)
		return PAPER_BAD_SYMBOL;
	if (r->side != SIDE_BUY && r->side != SIDE_SELL)
		return PAPER_BAD_SIDE;
	if (r->tif != TIF_DAY && r->tif != TIF_IOC)
		return PAPER_BAD_TIF;
	if (r->qty < 1 || r->qty > PAPER_QTY_MAX)
		return PAPER_BAD_QTY;
	if (r->price && !price_good(r->price))
		return PAPER_BAD_PRICE;
	return leg->n_orders >= PAPER_LEG_ORDERS ? PAPER_FULL : PAPER_NO_REASON;
}

static bool may_rest(const struct paper_order *o) { return o->tif == TIF_DAY && o->limit; }

// Displayed shares before an order that comes to rest. A quote shows them at its own price only: deeper
// orders take theirs when it first shows their price.
static uint64_t ahead_of(const struct paper_leg *leg, const struct paper_order *o)
{
	if (leg->feed == PAPER_QUOTES && paper_best(leg, o->side) > paper_key(o))
		return PAPER_NONE;
	return paper_size(leg, o->side, o->limit);
}

// An order that is in no line arrives: it takes, then it rests or ends.
static void arrive(struct paper *p, struct paper_leg *leg, struct paper_order *o)
{
	bool self = false;
	uint32_t got = paper_open(p, leg) ? paper_take(p, leg, o, o->arrival_ns, &self) : 0;

	o->seq = ++leg->seq;
	o->n_behind = 0;
	o->lost = false;
	o->traded = 0;
	if (paper_leaves(o) && !self && may_rest(o)) {
		o->unknown = paper_suspect(p, leg);
		o->ahead = ahead_of(leg, o);
		o->queue_ahead = o->unknown ? PAPER_NONE : o->ahead;
		LEDGER_ADD(p->ledger, paper_queue_unknown, o->unknown);
		paper_line_join(p, leg, o);
		return;
	}
	if (self)
		paper_report_end(p, leg, o, REPORT_CANCELLED, o->arrival_ns, 'Q', PAPER_NO_REASON);
	else if (paper_leaves(o))
		paper_report_end(p, leg, o, REPORT_CANCELLED, o->arrival_ns, got ? 'I' : 0,
				 got ? PAPER_NO_REASON : PAPER_DEAD);
	paper_line_give(p, o);
}

static void new (struct paper *p, struct paper_leg *leg, const struct trade_request *r)
{
	struct paper_order asked = order_of(leg, r), *o = NULL;
	enum paper_reason why = refused(leg, r);

	if (why == PAPER_NO_REASON && !(o = paper_line_take(p))) {
		LEDGER_INC(p->ledger, paper_no_room);
		why = PAPER_FULL;
	}
	LEDGER_INC(p->ledger, paper_orders);
	if (why != PAPER_NO_REASON) {
		LEDGER_INC(p->ledger, paper_rejected);
		paper_report_end(p, leg, &asked, REPORT_REJECTED, r->arrival_ns, 0, why);
		return;
	}
	*o = asked;
	paper_report(p, leg, o, REPORT_ACCEPTED, r->arrival_ns, 0, PAPER_NO_REASON);
	if (!leg->closed && !p->channel[leg->channel].closed) {
		arrive(p, leg, o);
		return;
	}
	paper_report_end(p, leg, o, REPORT_CANCELLED, r->arrival_ns, 'E', PAPER_NO_REASON);
	paper_line_give(p, o);
}

static void drop(struct paper *p, struct paper_leg *leg, struct paper_order *o)
{
	paper_line_leave(p, leg, o);
	paper_line_give(p, o);
}

// A total at or below what is executed ends the order; less than the total lowers it, in its place.
static void cancel(struct paper *p, struct paper_leg *leg, const struct trade_request *r)
{
	struct paper_order *o = paper_line_find(p, leg, r->id);

	if (!o) {
		LEDGER_INC(p->ledger, paper_ignored);
		return;
	}
	if (r->qty <= o->filled) {
		paper_report_end(p, leg, o, REPORT_CANCELLED, r->arrival_ns, 'U', PAPER_NO_REASON);
		drop(p, leg, o);
	} else if (r->qty < o->total) {
		o->total = r->qty;
		paper_report(p, leg, o, REPORT_CANCELLED, r->arrival_ns, 0, PAPER_NO_REASON);
	}
}

static bool replaces(const struct paper_order *o, const struct trade_request *r)
{
	return (!r->side || r->side == o->side) && (r->qty <= PAPER_QTY_MAX || r->qty == TRADE_QTY_KEPT) &&
	       (!r->price || price_good(r->price)) && r->tif <= TIF_UNCHANGED;
}

static void replace(struct paper *p, struct paper_leg *leg, const struct trade_request *r)
{
	struct paper_order *o = paper_line_find(p, leg, r->id);

	if (!o || !replaces(o, r)) {
		LEDGER_INC(p->ledger, paper_ignored);
		return;
	}
	uint32_t total = r->qty == TRADE_QTY_KEPT ? o->total : r->qty;
	int64_t limit = r->price ? r->price : o->limit;
	uint8_t tif = r->tif == TIF_UNCHANGED ? o->tif : r->tif;

	if (total <= o->filled) {
		paper_report_end(p, leg, o, REPORT_CANCELLED, r->arrival_ns, 0, PAPER_REPLACED);
		drop(p, leg, o);
		return;
	}
	if (limit == o->limit && total <= o->total && tif == o->tif) {
		o->total = total;
		paper_report(p, leg, o, REPORT_REPLACED, r->arrival_ns, 0, PAPER_NO_REASON);
		return;
	}
	paper_line_leave(p, leg, o);
	o->total = total;
	o->limit = limit;
	o->tif = tif;
	o->arrival_ns = r->arrival_ns;
	o->unknown = false;
	paper_report(p, leg, o, REPORT_REPLACED, r->arrival_ns, 0, PAPER_NO_REASON);
	arrive(p, leg, o);
}

static void gone(struct paper *p, const struct paper_leg *leg, const struct trade_request *r)
{
	struct paper_order o = order_of(leg, r);

	paper_report_end(p, leg, &o, REPORT_CANCELLED, r->arrival_ns, 0, PAPER_GONE);
}

static void query(struct paper *p, struct paper_leg *leg, const struct trade_request *r)
{
	struct paper_order *o = paper_line_find(p, leg, r->id);

	if (o)
		paper_report(p, leg, o, REPORT_ACCEPTED, r->arrival_ns, 0, PAPER_NO_REASON);
	else
		gone(p, leg, r);
}

static struct paper_sight sight_of(const struct paper *p, const struct paper_leg *leg)
{
	int64_t bid = paper_best(leg, SIDE_BUY), ask = paper_best(leg, SIDE_SELL);

	return (struct paper_sight){ .bid = bid == LEVELS_NO_PRICE ? 0 : book_key(SIDE_BUY, bid),
				     .ask = ask == LEVELS_NO_PRICE ? 0 : book_key(SIDE_SELL, ask),
				     .named = leg->named,
				     .suspect = leg->named && paper_suspect(p, leg),
				     .still = leg->halted || leg->op_halted || leg->still };
}

static bool denied(struct paper *p, struct paper_leg *leg, struct trade_request *r)
{
	struct paper_order *o = r->action == TRADE_REPLACE ? paper_line_find(p, leg, r->id) : NULL, asked;
	struct paper_sight sight = sight_of(p, leg);
	uint8_t why;

	if (r->action == TRADE_CANCEL || (r->action == TRADE_REPLACE && (!o || !replaces(o, r))) ||
	    !(why = p->guard.look(p->guard.ctx, (uint32_t)(leg - p->leg), &sight, r, o)))
		return false;
	LEDGER_INC(p->ledger, paper_denied);
	if (o) {
		paper_report(p, leg, o, REPORT_REPLACE_DENIED, r->arrival_ns, 0, (enum paper_reason)why);
		return true;
	}
	asked = order_of(leg, r);
	asked.state = STATE_DENIED;
	paper_report(p, leg, &asked, REPORT_DENIED, r->arrival_ns, 0, (enum paper_reason)why);
	return true;
}

void paper_request(struct paper *p, struct paper_leg *leg, const struct trade_request *request)
{
	struct trade_request guarded = *request;
	const struct trade_request *r = p->guard.look ? &guarded : request;

	if (p->guard.look && denied(p, leg, &guarded))
		return;
	switch (r->action) {
	case TRADE_NEW: new (p, leg, r); break;
	case TRADE_CANCEL: cancel(p, leg, r); break;
	case TRADE_REPLACE: replace(p, leg, r); break;
	case TRADE_QUERY: query(p, leg, r); break;
	default: LEDGER_INC(p->ledger, paper_ignored); break;
	}
}

static struct trade_request wait_pop(struct paper *p, struct paper_leg *leg)
{
	uint32_t at = leg->wait;
	struct paper_wait *w = &p->wait[at - 1];
	struct trade_request r = w->request;

	leg->wait = w->next;
	w->next = p->wait_free;
	p->wait_free = at;
	p->n_waits--;
	return r;
}

void paper_request_due(struct paper *p, struct paper_leg *leg, uint64_t ts_ns)
{
	while (leg->at < leg->n_rows && leg->rows[leg->at].arrival_ns < ts_ns)
		paper_request(p, leg, &leg->rows[leg->at++]);
	while (leg->wait && p->wait[leg->wait - 1].request.arrival_ns < ts_ns) {
		struct trade_request r = wait_pop(p, leg);

		paper_request(p, leg, &r);
	}
}

static bool arrives_before(const struct trade_request *a, const struct trade_request *b)
{
	return a->arrival_ns != b->arrival_ns ? a->arrival_ns < b->arrival_ns : a->id < b->id;
}

static uint32_t wait_take(struct paper *p)
{
	uint32_t at = p->wait_free;

	if (at)
		p->wait_free = p->wait[at - 1].next;
	else if (p->wait_bump < p->conf.waits)
		at = ++p->wait_bump;
	return at;
}

static void reject(struct paper *p, const struct paper_leg *leg, const struct trade_request *r,
		   enum paper_reason why)
{
	struct paper_order o = order_of(leg, r);

	LEDGER_INC(p->ledger, paper_rejected);
	paper_report_end(p, leg, &o, REPORT_REJECTED, r->arrival_ns, 0, why);
}

bool paper_ask(struct paper *p, uint32_t leg_at, const struct trade_request *request, uint64_t now_ns)
{
	struct paper_leg *leg = &p->leg[leg_at];
	struct trade_request r = *request;
	uint32_t *to = &leg->wait, at;

	r.arrival_ns = r.arrival_ns > now_ns ? r.arrival_ns : now_ns;
	if (!request->arrival_ns) {
		paper_request(p, leg, &r);
		return true;
	}
	at = wait_take(p);
	if (!at) {
		LEDGER_INC(p->ledger, paper_no_room);
		reject(p, leg, &r, PAPER_FULL);
		return false;
	}
	while (*to && !arrives_before(&r, &p->wait[*to - 1].request))
		to = &p->wait[*to - 1].next;
	p->n_waits++;
	p->wait[at - 1] = (struct paper_wait){ r, *to };
	*to = at;
	return true;
}

void paper_time(struct paper *p, uint8_t channel, uint64_t ts_ns)
{
	for (uint32_t i = 0; i < p->n_legs && p->n_waits; i++)
		if (p->leg[i].wait && p->leg[i].named && p->leg[i].channel == channel)
			paper_request_due(p, &p->leg[i], ts_ns);
}

void paper_refuse(struct paper *p, const struct trade_request *request, uint64_t now_ns)
{
	struct paper_leg none = { .symbol = request->symbol, .venue = request->venue, .instr = INSTR_NONE };
	struct trade_request r = *request;

	r.arrival_ns = r.arrival_ns > now_ns ? r.arrival_ns : now_ns;
	if (r.action == TRADE_NEW)
		reject(p, &none, &r, PAPER_BAD_SYMBOL);
	else if (r.action == TRADE_QUERY)
		gone(p, &none, &r);
	else
		LEDGER_INC(p->ledger, paper_ignored);
}

void paper_request_close(struct paper *p, struct paper_leg *leg, uint64_t ts_ns)
{
	leg->closed = true;
	for (int side = 0; side < 2; side++)
		while (leg->line[side]) {
			struct paper_order *o = paper_order_at(p, leg->line[side]);

			paper_report_end(p, leg, o, REPORT_EXPIRED, ts_ns, 'T', PAPER_NO_REASON);
			drop(p, leg, o);
		}
}

uint32_t paper_cancel_all(struct paper *p, const uint64_t now_ns[PAPER_CHANNELS])
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->n_legs; i++) {
		struct paper_leg *leg = &p->leg[i];

		for (int side = 0; side < 2; side++)
			for (; leg->line[side]; n++) {
				struct paper_order *o = paper_order_at(p, leg->line[side]);

				paper_report_end(p, leg, o, REPORT_CANCELLED, now_ns[leg->channel], 'U',
						 PAPER_NO_REASON);
				drop(p, leg, o);
			}
	}
	return n;
}

static void not_reached(struct paper *p, const struct paper_leg *leg, const struct trade_request *r)
{
	struct paper_order o = order_of(leg, r);

	LEDGER_INC(p->ledger, paper_not_reached);
	o.state = STATE_NEW;
	if (r->action == TRADE_NEW)
		paper_report(p, leg, &o, REPORT_NEW, r->arrival_ns, 0, PAPER_NOT_REACHED);
}

void paper_request_rest(struct paper *p, struct paper_leg *leg)
{
	for (; leg->at < leg->n_rows; leg->at++)
		not_reached(p, leg, &leg->rows[leg->at]);
	while (leg->wait) {
		struct trade_request r = wait_pop(p, leg);

		not_reached(p, leg, &r);
	}
}
