/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_script.c: orders of a script that pass the checks of [risk] (--paper-risk). Their sums are over all
// legs, so one ingest lcore keeps all books then.
#include "lcore/stage/dealer_conf.h"
#include "lcore/stage/ingest_parts.h"
#include "lcore/trade/script_risk.h"

// Which instrument each leg is: legs of one symbol are one.
struct ingest_script {
	struct script_risk risk;
	struct fee_schedule fees;
	uint32_t *instr; // [legs]
};

static struct script_risk_conf conf_of(const struct lcore *l, struct fee_schedule *fees)
{
	const struct conf *c = l->plant->conf;
	const struct paper_script *s = &l->plant->paper->script;
	struct script_risk_conf out = { .instruments = s->n_legs,
					.orders = s->n_orders,
					.extended = c->orders.extended };

	dealer_limits(&c->risk, &out.limits);
	if (c->fees.rates[0] || c->fees.order_min[0] || c->fees.sells[0]) {
		dealer_fees(c, fees);
		out.fees = fees;
	}
	return out;
}

size_t ingest_script_bytes(const struct lcore *l)
{
	struct fee_schedule fees;

	if (!l->plant->paper || !l->plant->paper->risk)
		return 0;
	struct script_risk_conf c = conf_of(l, &fees);

	return line_bytes(sizeof(struct ingest_script)) + line_bytes(c.instruments * sizeof(uint32_t)) +
	       script_risk_bytes(&c);
}

static uint8_t look(void *ctx, uint32_t leg, const struct paper_sight *sight, struct trade_request *r,
		    const struct paper_order *o)
{
	struct ingest_script *s = ctx;

	return (uint8_t)script_risk_look(&s->risk, s->instr[leg], sight, r, o);
}

void ingest_script_init(struct ingest *in, void *mem)
{
	const struct lcore *l = in->lcore;
	const struct paper_script *script = &l->plant->paper->script;
	struct ingest_script *s = mem;

	if (!l->plant->paper->risk)
		return;
	struct script_risk_conf c = conf_of(l, &s->fees);
	char *at = (char *)mem + line_bytes(sizeof *s);

	s->instr = (uint32_t *)at;
	script_risk_init(&s->risk, &c, at + line_bytes(c.instruments * sizeof(uint32_t)));
	for (uint32_t i = 0; i < script->n_legs; i++) {
		s->instr[i] = i;
		for (uint8_t v = 0; v < script->leg[i].venue; v++) { // legs are sorted by venue
			uint32_t first = paper_script_find(script, v, script->leg[i].symbol);

			if (first == UINT32_MAX)
				continue;
			s->instr[i] = first;
			break;
		}
		s->risk.instr[i].restricted = dealer_restricted(l->plant->conf, script->leg[i].symbol);
		s->risk.instr[i].ticks = dealer_tick_table(l->plant->conf, script->leg[i].symbol);
	}
	in->paper->script = s;
	in->paper->paper.guard = (struct paper_guard){ look, s };
}

void ingest_script_told(struct ingest *in, const struct trade_report *r)
{
	struct ingest_script *s = in->paper->script;
	uint32_t leg = paper_script_find(&in->paper->plant->script, r->venue, r->symbol);

	if (leg != UINT32_MAX)
		script_risk_told(&s->risk, s->instr[leg], r);
}
