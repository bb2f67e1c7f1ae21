/* SPDX-License-Identifier: BSD-3-Clause */
// desk_send.c: from an order that is wanted to a request that has left, or to the reason why not.
#include "lcore/trade/desk_parts.h"

enum latch_mode desk_mode(const struct desk *d)
{
	enum latch_mode word = d->conf.mode ? (enum latch_mode)__atomic_load_n(d->conf.mode, __ATOMIC_ACQUIRE)
					    : LATCH_KILL;

	return word > d->own_mode ? word : d->own_mode;
}

void desk_raise(struct desk *d, enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	if (mode <= d->own_mode)
		return;
	d->own_mode = mode;
	if (d->sink.raise)
		d->sink.raise(d->sink.ctx, mode, cause, reason);
}

// The only function that sends. It looks at the mode last: what passed its checks before a kill stays here.
static enum risk_reason send_request(struct desk *d, const struct trade_request *rq)
{
	enum latch_mode mode;

	if (d->sink.journal)
		d->sink.journal(d->sink.ctx, rq);
	mode = desk_mode(d);
	if (rq->action != TRADE_CANCEL && rq->action != TRADE_QUERY && mode >= LATCH_HALT) {
		d->count[DESK_stopped_last]++;
		return mode == LATCH_HALT ? RISK_TRADING_HALTED : RISK_KILLED;
	}
	if (!d->sink.send(d->sink.ctx, rq))
		return RISK_LINK_FULL;
	d->count[DESK_sent]++;
	return RISK_PASS;
}

struct risk_input desk_input(const struct desk *d, uint32_t instr)
{
	const struct desk_instr *i = &d->instr[instr];

	return (struct risk_input){ .limits = d->conf.limits,
				    .ticks = desk_ticks(d, instr),
				    .at = i->symbol ? &i->exposure : NULL,
				    .account = &d->account,
				    .quote = i->quote,
				    .now_ns = d->now_ns,
				    .ids_left = order_ids_left(&d->orders),
				    .link_room = 1,
				    .facts = i->facts,
				    .mode = desk_mode(d) };
}

void desk_say(struct desk *d, const struct own_order *o, enum report_kind kind, enum risk_reason why)
{
	struct trade_report r = { .id = o->id,
				  .symbol = o->symbol,
				  .ts_ns = d->now_ns,
				  .close_ts = o->close_ts,
				  .notional = o->notional,
				  .limit = kind == REPORT_REPLACE_SENT ? o->asked_price : o->price,
				  .instr = o->instr,
				  .total = kind == REPORT_REPLACE_SENT ? o->asked_total : o->total,
				  .filled = o->filled,
				  .leaves = order_leaves(o),
				  .kind = (uint8_t)kind,
				  .state = o->state,
				  .venue = o->venue,
				  .side = o->side,
				  .tif = o->tif,
				  .source = o->source,
				  .gate = o->gate,
				  .why = (uint8_t)why };

	if (d->sink.event)
		d->sink.event(d->sink.ctx, &r);
}

void desk_counts(struct desk *d, const struct own_order *o, uint8_t before)
{
	struct exposure *e = &d->instr[o->instr].exposure;

	e->n_unknown += (o->state == STATE_UNKNOWN) - (before == STATE_UNKNOWN);
	if (before == TRADE_STATES) {
		e->n_open++;
	} else if (!order_is_open(o) && (before <= STATE_PART || before == STATE_UNKNOWN)) {
		e->n_open--;
		if (d->sink.ended)
			d->sink.ended(d->sink.ctx, o);
	}
	d->account.n_open = d->orders.n_open;
}

static void count_denial(struct desk *d, enum risk_reason why, enum risk_who who)
{
	d->denied[why]++;
	d->count[DESK_denied]++;
	risk_denied(d->conf.limits, &d->account, who, why);
}

// A denied order has an id, if there is one left, and its row; it takes no place in the table.
static enum risk_reason deny(struct desk *d, const struct desk_want *w, enum risk_reason why)
{
	struct own_order o = { .id = d->orders.count < ORDER_COUNT_MAX ? order_id(&d->orders) : 0,
			       .symbol = d->instr[w->instr].symbol,
			       .close_ts = w->close_ts,
			       .price = w->price,
			       .instr = w->instr,
			       .total = w->qty,
			       .state = STATE_DENIED,
			       .side = w->side,
			       .venue = w->venue,
			       .tif = w->tif,
			       .source = w->source,
			       .gate = w->gate };

	count_denial(d, why, w->who);
	desk_say(d, &o, REPORT_DENIED, why);
	return why;
}

static void release(struct desk *d, const struct own_order *o, int64_t shares)
{
	if (shares)
		exposure_leaves(&d->account, &d->instr[o->instr].exposure, o->side, -shares);
}

// Passed, and yet not sent: by the last look at the mode, or a link that is full.
static enum risk_reason take_back(struct desk *d, struct own_order *o, enum risk_reason why,
				  enum risk_who who)
{
	uint8_t before = o->state;

	release(d, o, order_end(&d->orders, o, STATE_DENIED, 0));
	desk_counts(d, o, before);
	count_denial(d, why, who);
	desk_say(d, o, REPORT_DENIED, why);
	return why;
}

static uint64_t arrival(const struct desk *d, uint64_t latency_ns)
{
	return d->conf.live ? 0 : d->now_ns + latency_ns;
}

static struct trade_request request(const struct desk *d, const struct desk_want *w)
{
	const struct desk_instr *i = &d->instr[w->instr];

	return (struct trade_request){ .symbol = i->symbol,
				       .arrival_ns = arrival(d, d->conf.latency[w->venue].entry_ns),
				       .close_ts = w->close_ts,
				       .price = w->price,
				       .qty = w->qty,
				       .instr = w->instr,
				       .action = TRADE_NEW,
				       .venue = w->venue,
				       .side = w->side,
				       .tif = w->tif,
				       .source = w->source,
				       .gate = w->gate,
				       .lcore = i->lcore,
				       .decided_tsc = w->decided_tsc };
}

enum risk_reason desk_submit(struct desk *d, const struct desk_want *w)
{
	struct trade_request rq = request(d, w);
	struct risk_order order = { .who = w->who,
				    .side = w->side,
				    .tif = w->tif,
				    .retry = w->retry,
				    .qty = w->qty,
				    .price = w->price };
	struct risk_input in = desk_input(d, w->instr);
	struct exposure *e = &d->instr[w->instr].exposure;
	enum risk_reason why;
	struct own_order *o;

	in.link_room = d->sink.room(d->sink.ctx, &rq);
	why = risk_check(&in, &order, d->masked);
	if (why)
		return deny(d, w, why);
	o = order_open(&d->orders, &rq, w->who, d->now_ns);
	o->position_id = w->position_id;
	o->retry = w->retry;
	o->ends_ns = w->ends_ns;
	o->mid_twice = in.quote.bid > 0 && in.quote.ask > 0 ? in.quote.bid + in.quote.ask : 0;
	exposure_price(&d->account, e, w->price > e->px ? w->price : e->px);
	exposure_leaves(&d->account, e, w->side, w->qty);
	risk_take(d->conf.limits, &d->account, e, &order, d->now_ns);
	desk_counts(d, o, TRADE_STATES);
	rq.id = o->id;
	why = send_request(d, &rq);
	if (why)
		return take_back(d, o, why, w->who);
	d->count[DESK_orders]++;
	d->account.denials = 0;
	order_sent(o, d->now_ns);
	desk_say(d, o, REPORT_SENT, RISK_PASS);
	return RISK_PASS;
}

static struct trade_request about(const struct desk *d, const struct own_order *o, enum trade_action action,
				  uint64_t latency_ns)
{
	return (struct trade_request){ .id = o->id,
				       .symbol = o->symbol,
				       .arrival_ns = arrival(d, latency_ns),
				       .close_ts = o->close_ts,
				       .instr = o->instr,
				       .action = (uint8_t)action,
				       .venue = o->venue,
				       .side = o->side,
				       .tif = o->tif,
				       .source = o->source,
				       .gate = o->gate,
				       .lcore = d->instr[o->instr].lcore };
}

// What is refused is tried again when time passes: ends_ns says that the order is to end.
void desk_cancel(struct desk *d, struct own_order *o, bool again)
{
	struct trade_request rq = about(d, o, TRADE_CANCEL, d->conf.latency[o->venue].cancel_ns);
	struct risk_order order = { .who = RISK_CANCEL, .side = o->side };
	struct risk_input in = desk_input(d, o->instr);
	enum risk_reason why;

	o->ends_ns = o->ends_ns && o->ends_ns < d->now_ns ? o->ends_ns : d->now_ns;
	if (o->flight & ORDER_CANCELLING && !again)
		return;
	why = risk_check(&in, &order, d->masked);
	if (!why) {
		if (d->conf.limits)
			risk_take(d->conf.limits, &d->account, &d->instr[o->instr].exposure, &order,
				  d->now_ns);
		why = send_request(d, &rq);
	}
	if (why) {
		count_denial(d, why, RISK_CANCEL);
		return;
	}
	d->count[DESK_cancels]++;
	order_cancelling(o, d->now_ns);
	desk_say(d, o, REPORT_CANCEL_SENT, RISK_PASS);
}

void desk_ask(struct desk *d, const struct own_order *o)
{
	struct trade_request rq = about(d, o, TRADE_QUERY, d->conf.latency[o->venue].cancel_ns);

	d->count[DESK_queries] += send_request(d, &rq) == RISK_PASS; // no room: asked again
}

static void replace_denied(struct desk *d, struct own_order *o, enum risk_reason why)
{
	o->reprices += o->reprices < UINT8_MAX;
	count_denial(d, why, o->who);
	desk_say(d, o, REPORT_REPLACE_DENIED, why);
}

void desk_replace(struct desk *d, struct own_order *o, uint32_t total, int64_t price)
{
	struct trade_request rq = about(d, o, TRADE_REPLACE, d->conf.latency[o->venue].entry_ns);
	struct risk_order order = { .who = (enum risk_who)o->who,
				    .side = o->side,
				    .tif = o->tif,
				    .retry = o->reprices,
				    .qty = total > o->filled ? total - o->filled : 0,
				    .replaces = o->reserved,
				    .price = price };
	struct risk_input in = desk_input(d, o->instr);
	struct exposure *e = &d->instr[o->instr].exposure;
	enum risk_reason why;

	rq.qty = total;
	rq.price = price;
	rq.tif = TIF_UNCHANGED;
	in.link_room = d->sink.room(d->sink.ctx, &rq);
	why = risk_check(&in, &order, d->masked);
	if (why) {
		replace_denied(d, o, why);
		return;
	}
	risk_take(d->conf.limits, &d->account, e, &order, d->now_ns);
	exposure_price(&d->account, e, price > e->px ? price : e->px);
	release(d, o, order_replacing(o, total, price, d->now_ns));
	why = send_request(d, &rq);
	if (why) {
		o->flight &= (uint8_t)~ORDER_REPLACING;
		release(d, o, order_reserve(o));
		replace_denied(d, o, why);
		return;
	}
	d->count[DESK_replaces]++;
	desk_say(d, o, REPORT_REPLACE_SENT, RISK_PASS);
}
