/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/gateway_item.h"

bool gateway_item(const struct link_elem *e, struct sink_item *to)
{
	*to = (struct sink_item){ 0 };
	switch (e->stream) {
	case LINK_NEW_BAR:
		*to = (struct sink_item){ .ts_ns = e->bar.close_ts,
					  .symbol = e->bar.symbol,
					  .instr = e->bar.instr,
					  .stream = SINK_NEW_BAR,
					  .record = &e->bar };
		return true;
	case LINK_SWEEP:
		*to = (struct sink_item){ .ts_ns = e->sweep.to_ns,
					  .symbol = e->sweep.symbol,
					  .instr = e->sweep.instr,
					  .stream = SINK_SWEEP,
					  .record = &e->sweep };
		return true;
	case LINK_FIRE:
		*to = (struct sink_item){ .ts_ns = e->fire.decided_ns,
					  .symbol = e->fire.symbol,
					  .instr = e->fire.instr,
					  .stream = e->fire.stream == GATE_ENTRY ? SINK_ENTRY_FIRE
										 : SINK_EXIT_FIRE,
					  .record = &e->fire };
		return e->fire.stream != GATE_NONE;
	case LINK_ORDER:
		*to = (struct sink_item){ .ts_ns = e->order.ts_ns,
					  .symbol = e->order.symbol,
					  .instr = e->order.instr,
					  .stream = SINK_ORDER,
					  .record = &e->order };
		return true;
	case LINK_FILL:
		*to = (struct sink_item){ .ts_ns = e->fill.ts_ns,
					  .symbol = e->fill.symbol,
					  .instr = e->fill.instr,
					  .stream = SINK_FILL,
					  .record = &e->fill };
		return true;
	default: return false;
	}
}

static struct sink_engine *change(struct kept *k, struct sink_engine *engine, uint32_t instr, int side)
{
	uint64_t at = 2 * (uint64_t)instr + (uint64_t)side;

	kept_save(k, engine, at);
	return &engine[at];
}

static void fired(struct kept *k, struct sink_engine *engine, const struct fire *f)
{
	struct sink_engine *e = change(k, engine, f->instr, f->side);

	e->in = f->stream == GATE_ENTRY;
	e->since_ns = f->decided_ns;
	e->nth = f->nth;
	if (e->in)
		e->price = f->side == GATE_LONG ? f->ask : f->bid;
}

// Of one side: shares that open it, or close it, at a price.
static void hold(struct sink_engine *e, uint64_t open, uint64_t closed, int64_t price, uint64_t ts_ns)
{
	uint64_t gone = closed < e->size ? closed : e->size;

	e->cost = e->size ? e->cost - e->cost / e->size * gone : 0;
	e->size += open - gone;
	e->cost = e->size ? e->cost + open * (uint64_t)price : 0;
	e->since_ns = ts_ns;
}

// What is bought closes a short position first. A break is a fill the other way.
static void filled(struct kept *k, struct sink_engine *engine, const struct trade_report *r)
{
	bool buys = (r->side == SIDE_BUY) == (r->kind != REPORT_BREAK);
	struct sink_engine *with = change(k, engine, r->instr, buys ? GATE_LONG : GATE_SHORT),
			   *against = change(k, engine, r->instr, buys ? GATE_SHORT : GATE_LONG);
	uint64_t closed = r->qty < against->size ? r->qty : against->size;

	if (closed)
		hold(against, 0, closed, r->price, r->ts_ns);
	if (r->qty > closed)
		hold(with, r->qty - closed, 0, r->price, r->ts_ns);
}

void gateway_engine(struct kept *k, struct sink_engine *engine, const struct link_elem *e)
{
	if (e->stream == LINK_FIRE && e->fire.stream != GATE_NONE)
		fired(k, engine, &e->fire);
	else if (e->stream == LINK_FILL)
		filled(k, engine, &e->fill);
}
