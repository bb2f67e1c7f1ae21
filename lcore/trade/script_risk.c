/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/script_risk.h"

#include "lcore/base/calendar.h"

size_t script_risk_bytes(const struct script_risk_conf *conf)
{
	return line_bytes(conf->instruments * sizeof(struct script_risk_instr)) +
	       line_bytes(conf->fees ? fee_bytes(conf->fees, conf->orders) : 0);
}

void script_risk_init(struct script_risk *s, const struct script_risk_conf *conf, void *mem)
{
	*s = (struct script_risk){ .conf = *conf, .instr = mem };
	if (conf->fees)
		fee_init(&s->fees, conf->fees, conf->orders,
			 (char *)mem + line_bytes(conf->instruments * sizeof(struct script_risk_instr)));
}

// A result beyond all limits is beyond all limits; its negation is a number, too.
static int64_t narrow(money_wide v)
{
	return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

static void value(struct script_risk *s, struct script_risk_instr *in)
{
	int64_t qty = in->exposure.position, px = qty > 0 ? in->quote.last_bid : in->quote.last_ask;
	money_wide worth = in->cash + (money_wide)qty * px;

	s->net += worth - in->worth;
	s->account.day_net = narrow(s->net);
	in->worth = worth;
}

static void see(struct script_risk *s, struct script_risk_instr *in, const struct paper_sight *sight,
		uint64_t now_ns)
{
	struct risk_quote *q = &in->quote;

	q->bid = sight->bid;
	q->ask = sight->ask;
	q->ts_ns = now_ns;
	if (q->bid > 0 && q->ask > 0) {
		q->last_bid = q->bid;
		q->last_ask = q->ask;
		exposure_price(&s->account, &in->exposure, q->ask);
	}
	value(s, in);
}

static uint32_t facts(const struct script_risk *s, const struct script_risk_instr *in,
		      const struct paper_sight *sight, uint64_t now_ns)
{
	struct calendar_day day;
	uint32_t facts = in->restricted ? RISK_FACT_RESTRICTED : 0;

	calendar_day_of(now_ns, &day);
	enum session session = calendar_session(&day, now_ns);

	facts |= sight->suspect ? RISK_FACT_SUSPECT : 0;
	facts |= sight->still ? RISK_FACT_HALTED : 0;
	if (session != SESSION_RTH && !(s->conf.extended && session != SESSION_NONE))
		facts |= RISK_FACT_SESSION;
	return facts | (session == SESSION_NONE ? RISK_FACT_CLOSED : 0);
}

// Only shares that nobody has asked to leave yet can be left.
static bool leaves(const struct exposure *e, uint8_t side, int64_t qty)
{
	return side == SIDE_SELL ? e->position > 0 && qty <= e->position - e->open_sell
				 : e->position < 0 && qty <= -e->position - e->open_buy;
}

static void collar(const struct risk_input *in, enum risk_who who, struct trade_request *r)
{
	bool blind;

	if (r->price)
		return;
	r->price = risk_collar(in, who, r->side, &blind);
	r->tif = TIF_IOC;
}

enum risk_reason script_risk_look(struct script_risk *s, uint32_t instr, const struct paper_sight *sight,
				  struct trade_request *r, const struct paper_order *o)
{
	struct script_risk_instr *in = &s->instr[instr];
	uint64_t now_ns = r->arrival_ns;
	uint32_t filled = o ? o->filled : 0, open = o ? o->total - o->filled : 0,
		 total = o && r->qty == TRADE_QTY_KEPT ? o->total : r->qty;
	uint8_t side = o ? o->side : r->side;

	see(s, in, sight, now_ns);
	struct risk_input input = { .limits = &s->conf.limits,
				    .ticks = &risk_ticks_of[in->ticks],
				    .at = sight->named ? &in->exposure : NULL,
				    .account = &s->account,
				    .quote = in->quote,
				    .now_ns = now_ns,
				    .ids_left = 1,
				    .link_room = 1,
				    .facts = facts(s, in, sight, now_ns),
				    .mode = LATCH_RUN };
	struct risk_order order = { .side = side,
				    .qty = total > filled ? total - filled : 0,
				    .replaces = open };
	bool more = order.qty > open;

	if (o && !order.qty)
		return RISK_PASS; // the order ends
	order.who = leaves(&in->exposure, side, (int64_t)order.qty - open) || (o && !more) ? RISK_EXIT
											   : RISK_ENTRY;
	if (!o)
		collar(&input, order.who, r);
	// A market order without a quote has no collar: any price brings it to the check that says so.
	order.price = r->price ? r->price : o ? o->limit : PX_ONE / 100;
	order.tif = o && r->tif == TIF_UNCHANGED ? o->tif : r->tif;
	enum risk_reason why = risk_check(&input, &order, 0);

	if (why) {
		risk_denied(&s->conf.limits, &s->account, order.who, why);
		return why;
	}
	s->account.denials = 0;
	exposure_price(&s->account, &in->exposure,
		       order.price > in->exposure.px ? order.price : in->exposure.px);
	risk_take(&s->conf.limits, &s->account, &in->exposure, &order, now_ns);
	return RISK_PASS;
}

static void fill(struct script_risk *s, struct script_risk_instr *in, const struct trade_report *r,
		 bool broken)
{
	int64_t qty = (r->side == SIDE_BUY) != broken ? (int64_t)r->qty : -(int64_t)r->qty;

	exposure_position(&s->account, &in->exposure, in->exposure.position + qty);
	in->cash -= (money_wide)qty * r->price;
	if (s->conf.fees)
		in->cash -= broken ? fee_break(&s->fees, r, r->ts_ns) : fee_fill(&s->fees, r);
	if (!in->quote.last_bid)
		in->quote.last_bid = in->quote.last_ask = r->price;
	value(s, in);
	s->account.loss_latched |= risk_lost(&s->conf.limits, &s->account);
}

void script_risk_told(struct script_risk *s, uint32_t instr, const struct trade_report *r)
{
	struct script_risk_instr *in = &s->instr[instr];

	if (r->kind == REPORT_FILL || r->kind == REPORT_BREAK)
		fill(s, in, r, r->kind == REPORT_BREAK);
	if (r->kind == REPORT_BREAK)
		return;
	if (r->kind == REPORT_REJECTED)
		risk_rejected(&s->conf.limits, &s->account);
	else if (r->kind == REPORT_ACCEPTED)
		s->account.rejects = 0;
	exposure_leaves(&s->account, &in->exposure, r->side, (int64_t)r->leaves - r->leaves_before);
	s->account.n_open += (r->leaves != 0) - (r->leaves_before != 0);
}
