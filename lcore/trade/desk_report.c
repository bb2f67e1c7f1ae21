/* SPDX-License-Identifier: BSD-3-Clause */
// desk_report.c: what venues say, held until it is known, and booked.
#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"
#include "lcore/trade/desk_parts.h"

// The order of orders and fills in files: a report's number is of its lcore, so it orders one leg only.
static bool earlier(const struct desk_held *a, const struct desk_held *b)
{
	if (a->known_ns != b->known_ns)
		return a->known_ns < b->known_ns;
	if (a->report.venue != b->report.venue)
		return a->report.venue < b->report.venue;
	if (a->report.symbol != b->report.symbol)
		return symtab_order(a->report.symbol, b->report.symbol) < 0;
	return a->report.n < b->report.n;
}

static void push(struct desk *d, const struct desk_held *h)
{
	uint32_t i = d->n_held++, up;

	for (; i; i = up) {
		up = (i - 1) / 2;
		if (!earlier(h, &d->held[up]))
			break;
		d->held[i] = d->held[up];
	}
	d->held[i] = *h;
}

static struct trade_report pop(struct desk *d)
{
	struct trade_report top = d->held[0].report;
	struct desk_held last = d->held[--d->n_held];
	uint32_t i = 0, k;

	for (; (k = 2 * i + 1) < d->n_held; i = k) {
		if (k + 1 < d->n_held && earlier(&d->held[k + 1], &d->held[k]))
			k++;
		if (!earlier(&d->held[k], &last))
			break;
		d->held[i] = d->held[k];
	}
	d->held[i] = last;
	return top;
}

void desk_losses(struct desk *d)
{
	struct account *a = &d->account;

	a->day_net = position_day_net(&d->positions);
	if (a->loss_latched || !risk_lost(d->conf.limits, a))
		return;
	a->loss_latched = true;
	desk_raise(d, d->conf.loss_halts ? LATCH_HALT : LATCH_REDUCE, LATCH_LOSS,
		   "the day's loss has reached its limit");
}

void desk_move(struct desk *d, const struct trade_report *r)
{
	struct desk_instr *i = &d->instr[r->instr];
	const struct position *p = &d->positions.position[r->instr];
	struct position_effect e = position_apply(&d->positions, r->instr, r);

	if (d->sink.booked)
		d->sink.booked(d->sink.ctx, r);
	if (!i->exposure.px) // never quoted: worth what was paid
		exposure_price(&d->account, &i->exposure, r->price);
	exposure_position(&d->account, &i->exposure, e.qty);
	if (!p->qty)
		for (int s = 0; s < 2; s++)
			if (i->gate < d->conf.n_gates)
				i->cool_ns[s] = d->now_ns + d->conf.gates[i->gate].cool_ns;
	if (d->sink.position)
		d->sink.position(d->sink.ctx, r->instr, p);
	desk_losses(d);
}

// An order of the venue's was rejected, and no replace of it.
static void rejects(struct desk *d, const struct order_change *c, const struct trade_report *r)
{
	struct account *a = &d->account;

	if (r->kind == REPORT_ACCEPTED && c->order && c->order->who == RISK_ENTRY)
		a->rejects = 0;
	if (!c->order || r->kind != REPORT_REJECTED || c->order->state != STATE_REJECTED || c->surprise)
		return;
	risk_rejected(d->conf.limits, a);
}

// An entry that ended without a share begins its cool-down, too.
static void entry_ended(struct desk *d, const struct own_order *o)
{
	struct desk_instr *i = &d->instr[o->instr];

	if (o->who == RISK_ENTRY && !order_is_open(o) && !i->exposure.position && o->gate < d->conf.n_gates)
		i->cool_ns[o->side == SIDE_SELL] = d->now_ns + d->conf.gates[o->gate].cool_ns;
}

void desk_book(struct desk *d, const struct trade_report *r)
{
	struct order_change c = order_apply(&d->orders, r);
	bool booked = c.surprise != ORDER_DUPLICATE;

	d->count[DESK_reports]++;
	if (c.order) {
		if (c.released)
			exposure_leaves(&d->account, &d->instr[c.order->instr].exposure, c.order->side,
					-c.released);
		desk_counts(d, c.order, c.before);
		if (c.order->state == STATE_UNKNOWN && c.before != STATE_UNKNOWN)
			desk_say(d, c.order, REPORT_UNKNOWN, RISK_PASS);
	}
	if (c.fill || (r->kind == REPORT_BREAK && booked)) {
		d->count[r->kind == REPORT_FILL ? DESK_fills : DESK_breaks]++;
		desk_move(d, r);
	}
	if (c.order && c.before != c.order->state)
		entry_ended(d, c.order);
	rejects(d, &c, r);
	if (order_surprise_halts[c.surprise])
		desk_raise(d, LATCH_HALT, LATCH_MISMATCH, order_surprise_text[c.surprise]);
}

// A New York date begins. Quotes of another day are no reference any more.
static void roll(struct desk *d)
{
	struct calendar_day day, next;

	calendar_day_of(d->now_ns, &day);
	for (uint32_t i = 0; day.day != d->positions.day && i < d->conf.orders.instruments; i++)
		d->instr[i].quote.last_bid = d->instr[i].quote.last_ask = 0;
	calendar_day_by_date(day.day + 1, &next);
	d->day_end_ns = next.midnight_ns;
	order_day(&d->orders, day.day);
	position_roll(&d->positions, day.day);
}

void desk_known(struct desk *d, uint64_t now_ns)
{
	while (d->n_held && d->held[0].known_ns <= now_ns) {
		uint64_t known_ns = d->held[0].known_ns;
		struct trade_report r = pop(d);

		d->now_ns = known_ns > d->now_ns ? known_ns : d->now_ns;
		desk_book(d, &r);
	}
	d->now_ns = now_ns > d->now_ns ? now_ns : d->now_ns;
	if (d->now_ns && d->now_ns >= d->day_end_ns) // 0: nothing has told the time, nor the day
		roll(d);
}

void desk_report(struct desk *d, const struct trade_report *r)
{
	struct desk_held h = { .report = *r };

	if (r->instr >= d->conf.orders.instruments || r->venue >= VENUE_COUNT || r->kind > REPORT_BREAK) {
		d->count[DESK_reports_strange]++;
		return;
	}
	if (d->conf.live || !d->conf.reports) {
		desk_book(d, r);
		return;
	}
	h.known_ns = r->ts_ns + d->conf.latency[r->venue].response_ns;
	if (d->n_held == d->conf.reports) {
		struct trade_report first = pop(d);

		d->count[DESK_reports_early]++;
		desk_book(d, &first);
	}
	push(d, &h);
}
