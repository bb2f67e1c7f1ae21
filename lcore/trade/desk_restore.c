/* SPDX-License-Identifier: BSD-3-Clause */
// desk_restore.c: what an earlier start has left: the day, positions, orders that may be out.
#include "lcore/base/calendar.h"
#include "lcore/trade/desk_parts.h"

static int64_t price_of(const struct position_kept *p)
{
	return p->ask > 0 ? p->ask : p->bid > 0 ? p->bid : p->cost / (p->qty < 0 ? -p->qty : p->qty);
}

static void expose(struct account *a, struct exposure *e, const struct position_kept *p)
{
	exposure_price(a, e, price_of(p));
	exposure_position(a, e, p->qty);
}

void desk_go_on(struct desk *d, const struct position_sums *s, const struct position_kept *p, uint32_t n)
{
	position_go_on(&d->positions, s, p, n);
	d->account.day_net = position_day_net(&d->positions);
	for (uint32_t i = 0; i < n; i++) {
		struct exposure nowhere = { 0 };

		expose(&d->account, &nowhere, &p[i]);
	}
}

// The last valid quote that is known of the session, until a new one comes.
static void last_quote(struct desk *d, struct risk_quote *q, const struct position_kept *p, uint64_t kept_ns)
{
	struct calendar_day day;

	calendar_day_of(kept_ns, &day);
	if (p->bid <= 0 || p->ask <= 0 || day.day != d->positions.day)
		return;
	q->last_bid = p->bid;
	q->last_ask = p->ask;
}

// Its part of the account's sums has no instrument any more, and then one.
void desk_restore(struct desk *d, uint32_t instr, const struct position_kept *p, uint64_t kept_ns,
		  uint64_t now_ns)
{
	struct account *a = &d->account, alone = { 0 };
	struct exposure nowhere = { 0 };

	desk_known(d, now_ns);
	expose(&alone, &nowhere, p);
	a->gross -= alone.gross;
	a->net_long -= alone.net_long;
	a->net_short -= alone.net_short;
	expose(a, &d->instr[instr].exposure, p);
	position_restore(&d->positions, instr, p);
	last_quote(d, &d->instr[instr].quote, p, kept_ns);
	d->count[DESK_restored]++;
	if (d->sink.position)
		d->sink.position(d->sink.ctx, instr, &d->positions.position[instr]);
	desk_losses(d);
}

// What was on its way out goes on until its side is flat, when the venue has said what became of it. A stop
// goes on by itself.
static void leave_on(struct desk *d, const struct own_order *o)
{
	struct desk_instr *i = &d->instr[o->instr];
	int64_t held = i->exposure.position;

	if (!held || (o->side == SIDE_SELL) != (held > 0) ||
	    (o->source != SOURCE_GATE && o->source != SOURCE_OPERATOR))
		return;
	d->n_exits += !i->exit.wanted;
	i->exit = (struct desk_exit){ .wanted = true,
				      .who = o->source == SOURCE_GATE ? RISK_EXIT : RISK_REDUCE,
				      .source = o->source,
				      .gate = o->gate,
				      .price = PRICE_MARKET,
				      .side = o->side,
				      .close_ts = o->close_ts };
}

bool desk_recall(struct desk *d, uint32_t instr, const struct trade_request *rq, uint32_t filled,
		 uint64_t now_ns)
{
	struct trade_request of_ours = *rq;
	struct exposure *e = &d->instr[instr].exposure;

	desk_known(d, now_ns);
	if (!d->orders.n_free || rq->venue >= VENUE_COUNT || rq->side > SIDE_SELL)
		return false;
	of_ours.instr = instr; // its number is of this start
	struct own_order *o = order_recall(&d->orders, &of_ours, filled, d->now_ns);

	exposure_price(&d->account, e, rq->price > e->px ? rq->price : e->px);
	exposure_leaves(&d->account, e, o->side, o->reserved);
	desk_counts(d, o, TRADE_STATES);
	d->count[DESK_recalled]++;
	leave_on(d, o);
	desk_say(d, o, REPORT_UNKNOWN, RISK_PASS);
	desk_ask(d, o);
	return true;
}
