/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/paper_parts.h"

const char *const paper_reason_text[PAPER_REASONS] = {
#define PAPER_REASON(NAME, text, help) text,
#include "lcore/trade/paper.def"
#undef PAPER_REASON
};

static struct trade_report report_of(struct paper *p, const struct paper_leg *leg, struct paper_order *o,
				     enum report_kind kind, uint64_t ts_ns)
{
	// Times of a venue's messages may go back, what becomes of an order does not.
	o->row_ns = ts_ns > o->row_ns ? ts_ns : o->row_ns;
	bool over = o->state >= STATE_FILLED && o->state <= STATE_DENIED;
	uint32_t before = o->told;

	o->told = over ? 0 : paper_leaves(o);
	return (struct trade_report){ .id = o->id,
				      .symbol = leg->symbol,
				      .ts_ns = ts_ns,
				      .row_ns = o->row_ns,
				      .n = ++p->n_reports,
				      .queue_ahead = PAPER_NONE,
				      .arrival_ns = o->arrival_ns,
				      .close_ts = o->close_ts,
				      .notional = o->notional,
				      .limit = o->limit,
				      .instr = leg->instr,
				      .total = o->total,
				      .filled = o->filled,
				      .leaves = o->told,
				      .leaves_before = before,
				      .kind = (uint8_t)kind,
				      .state = o->state,
				      .venue = leg->venue,
				      .side = o->side,
				      .tif = o->tif,
				      .source = o->source,
				      .gate = o->gate,
				      .queue_unknown = o->unknown };
}

void paper_report(struct paper *p, const struct paper_leg *leg, struct paper_order *o, enum report_kind kind,
		  uint64_t ts_ns, char reason, enum paper_reason why)
{
	struct trade_report r = report_of(p, leg, o, kind, ts_ns);

	r.reason = reason;
	r.why = (uint8_t)why;
	p->report(p->ctx, &r);
}

static void remember(struct paper *p, const struct paper_leg *leg, const struct trade_report *r)
{
	uint32_t at = (uint32_t)(p->n_prints++ % p->conf.prints);

	if (p->n_prints > p->conf.prints)
		LEDGER_INC(p->ledger, paper_prints_forgotten);
	p->print[at] = *r;
	p->match[at] = r->match;
	p->print_channel[at] = leg->channel;
}

void paper_report_fill(struct paper *p, const struct paper_leg *leg, struct paper_order *o, int64_t price,
		       uint32_t qty, const struct paper_evidence *by)
{
	o->filled += qty;
	o->fills++;
	o->notional += (uint64_t)price * qty;
	o->state = paper_leaves(o) ? STATE_PART : STATE_FILLED;
	LEDGER_INC(p->ledger, paper_fills);
	LEDGER_ADD(p->ledger, paper_shares, qty);
	struct trade_report r = report_of(p, leg, o, REPORT_FILL, by->ts_ns);

	r.fill_id = o->fills;
	r.match = by->match;
	r.price = price;
	r.qty = qty;
	r.evidence = by->kind;
	r.liquidity = by->kind == EVIDENCE_TAKE ? 'R' : 'A';
	if (by->kind != EVIDENCE_TAKE)
		r.queue_ahead = o->queue_ahead;
	if (by->print)
		remember(p, leg, &r);
	p->report(p->ctx, &r);
}

void paper_report_end(struct paper *p, const struct paper_leg *leg, struct paper_order *o,
		      enum report_kind kind, uint64_t ts_ns, char reason, enum paper_reason why)
{
	o->state = kind == REPORT_EXPIRED    ? STATE_EXPIRED
		   : kind == REPORT_REJECTED ? STATE_REJECTED
					     : STATE_CANCELLED;
	paper_report(p, leg, o, kind, ts_ns, reason, why);
}

void paper_report_broken(struct paper *p, const struct paper_leg *leg, const struct paper_order *o)
{
	if (o->ahead || paper_best(leg, o->side) > paper_key(o))
		LEDGER_INC(p->ledger, paper_queue_breaks);
}

void paper_break(struct paper *p, const struct event *ev)
{
	uint64_t n = p->n_prints < p->conf.prints ? p->n_prints : p->conf.prints;

	for (uint64_t i = p->n_prints - n; i < p->n_prints; i++) {
		struct trade_report *was = &p->print[i % p->conf.prints];

		if (p->match[i % p->conf.prints] != ev->ref2 || was->kind != REPORT_FILL ||
		    p->print_channel[i % p->conf.prints] != ev->channel)
			continue;
		was->kind = REPORT_BREAK;
		was->evidence = EVIDENCE_BREAK;
		was->ts_ns = ev->ts_ns;
		was->row_ns = ev->ts_ns > was->row_ns ? ev->ts_ns : was->row_ns;
		was->n = ++p->n_reports;
		LEDGER_INC(p->ledger, paper_fills_broken);
		p->report(p->ctx, was);
	}
}
