/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/fact.h"

#include "lcore/model/engine.h"
#include "lcore/model/relay.h"

static void set(struct tables_fact *f, const struct event *ev)
{
	switch (ev->kind) {
	case EV_STATUS:
		f->status_ns = ev->ts_ns;
		f->reason = ev->side == STATUS_TRADING ? 0 : (uint32_t)ev->ref2;
		break;
	case EV_SHORT:
		f->short_ns = ev->ts_ns;
		f->short_code = (uint8_t)ev->ref;
		f->short_sale = ev->qty != 0;
		break;
	default:
		f->auction_ns = ev->ts_ns;
		f->auction_type = (uint8_t)ev->ref;
		f->side = ev->side;
		f->reference = ev->price;
		f->indicative = ev->price2;
		f->paired = ev->qty;
		f->imbalance = ev->qty2;
	}
}

void fact_put(struct engine *e, const struct event *ev)
{
	const struct chan *c = &e->chan[ev->channel];
	struct tables_fact f = { 0 };

	if (!e->tables || ev->instr >= e->conf.instruments || c->state == CHAN_FREE)
		return;
	if (!tables_symbol(e->tables, ev->instr))
		tables_name(e->tables, ev->instr, e->symtab->symbol[ev->instr]);
	tables_read_fact(e->tables, ev->instr, c->venue, &f);
	set(&f, ev);
	tables_fact(e->tables, ev->instr, c->venue, &f);
}

void fact_take(struct engine *e, const struct event *ev)
{
	if (ev->instr >= e->conf.instruments) // INSTR_NONE, too
		return;
	if (ev->kind != EV_STATUS)
		e->ledger->v[ev->kind == EV_SHORT ? LEDGER_short_sales : LEDGER_imbalances]++;
	if (e->conf.relays)
		relay_fact(e, ev);
	else
		fact_put(e, ev);
}
