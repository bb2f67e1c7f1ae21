/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/stage/dealer.h"

#include <string.h>

#include <rte_cycles.h>

#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"

enum { ITEMS = 1 << 16 };

// In this order within a close: what is known of the market, what makes smaller, what makes larger.
enum item_kind { ITEM_QUOTE, ITEM_RANGE, ITEM_EXIT, ITEM_ENTRY };

struct dealer_item {
	uint64_t close_ts, symbol, decided_tsc;
	int64_t bid, ask, range;
	uint32_t instr, facts;
	uint8_t kind, gate; // enum item_kind
	bool is_short;
};

size_t dealer_bytes(const struct lcore *l)
{
	struct dealer_conf c;

	if (!l->plant->conf->orders.enabled)
		return 0;
	dealer_conf_fill(l->plant, &c);
	return line_bytes(desk_bytes(&c.desk)) +
	       line_bytes(c.desk.orders.instruments * sizeof(struct dealer_instr)) +
	       line_bytes(ITEMS * sizeof(struct dealer_item)) +
	       line_bytes(c.desk.orders.instruments * sizeof(uint32_t)) + dealer_log_bytes(&c);
}

static void push_all(struct dealer *o, const struct link_elem *elem)
{
	struct lcore *l = o->lcore;

	for (int i = 0; i < l->n_out; i++)
		if (!l->out[i]->back)
			link_push(l->out[i], elem);
}

// Clocks of two cpus may differ by a little.
static void record_since(struct dealer *o, enum lcore_hist which, uint64_t now_tsc, uint64_t then_tsc)
{
	hist_record(&o->lcore->shared->hist[which],
		    clock_ns(&o->lcore->plant->clock, now_tsc > then_tsc ? now_tsc - then_tsc : 0));
}

static bool send(void *ctx, const struct trade_request *rq)
{
	struct dealer *o = ctx;
	struct link *way = dealer_way(o, rq);
	struct link_elem elem = { .stream = LINK_REQUEST, .pushed_tsc = rte_rdtsc(), .request = *rq };

	elem.request.lcore = dealer_keeper_of(o, rq);
	if (rq->decided_tsc)
		record_since(o, HIST_FIRE_TO_ORDER, elem.pushed_tsc, rq->decided_tsc);
	if (rq->decided_tsc && o->sweep_tsc)
		record_since(o, HIST_SWEEP_TO_ORDER, elem.pushed_tsc, o->sweep_tsc);
	if (!way)
		return false;
	if (!lcore_room(o->lcore, way)) {
		link_refuse(way, LINK_REQUEST);
		return false;
	}
	link_push(way, &elem); // nobody else takes the room
	return true;
}

static uint32_t room(void *ctx, const struct trade_request *rq)
{
	struct link *way = dealer_way(ctx, rq);

	return way ? lcore_room(((struct dealer *)ctx)->lcore, way) : 0;
}

static void event(void *ctx, const struct trade_report *r)
{
	struct dealer *o = ctx;
	struct link_elem elem = { .stream = LINK_ORDER, .pushed_tsc = rte_rdtsc(), .order = *r };

	if (r->kind == REPORT_DENIED && r->why == RISK_LINK_FULL)
		LEDGER_INC(&o->lcore->shared->ledger, orders_link_full);
	if (r->kind != REPORT_BREAK)
		push_all(o, &elem);
	if (r->kind != REPORT_FILL && r->kind != REPORT_BREAK)
		return;
	elem.stream = LINK_FILL;
	elem.fill = *r;
	push_all(o, &elem);
}

static void tell_held(struct dealer *o, uint32_t instr, const struct position *p)
{
	struct link_elem elem = { .stream = LINK_HOLDING, .pushed_tsc = rte_rdtsc() };

	elem.holding = (struct trade_holding){ .symbol = o->desk.instr[instr].symbol,
					       .position_id = p->id,
					       .known_ns = o->desk.now_ns,
					       .qty = p->qty,
					       .range = o->instr[instr].range,
					       .instr = instr,
					       .venue = o->conf.desk.exit_venue };
	push_all(o, &elem);
}

static void holding(void *ctx, uint32_t instr, const struct position *p)
{
	struct dealer *o = ctx;

	o->instr[instr].execs++;
	dealer_traded(o, instr);
	tell_held(o, instr, p);
}

// The control thread writes the latch; the desk obeys at once.
static void raise(void *ctx, enum latch_mode mode, enum latch_cause cause, const char *reason)
{
	lcore_raise(((struct dealer *)ctx)->lcore, mode, cause, reason);
}

void dealer_init(struct dealer *o, struct lcore *l, void *mem)
{
	struct desk_sink sink = {
		.ctx = o, .send = send, .room = room, .event = event, .position = holding, .raise = raise
	};
	char *at = mem;

	o->lcore = l;
	dealer_conf_fill(l->plant, &o->conf);
	if (l->twin)
		o->conf.desk.mode = &l->mode;
	dealer_log_init(o, &sink, at);
	at += dealer_log_bytes(&o->conf);
	desk_init(&o->desk, &o->conf.desk, &sink, at);
	at += line_bytes(desk_bytes(&o->conf.desk));
	o->instr = (struct dealer_instr *)at;
	at += line_bytes(o->conf.desk.orders.instruments * sizeof(struct dealer_instr));
	o->item = (struct dealer_item *)at;
	o->traded = (uint32_t *)(at + line_bytes(ITEMS * sizeof(struct dealer_item)));
	o->offset_ns = INT64_MIN;
	o->hears = dealer_past(l);
	for (int i = 0; i < l->n_out; i++)
		if (l->out[i]->back && !lcore_relays(l->plant->lcore[l->out[i]->to]))
			o->owner = l->out[i]->to;
	dealer_watch_init(o);
}

static bool before(const struct dealer_item *a, const struct dealer_item *b)
{
	if (a->close_ts != b->close_ts)
		return a->close_ts < b->close_ts;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	if (a->symbol != b->symbol)
		return symtab_order(a->symbol, b->symbol) < 0;
	return a->gate < b->gate;
}

static void push_item(struct dealer *o, const struct dealer_item *item)
{
	uint32_t i, up;

	if (o->n_items == ITEMS) {
		o->items_lost++;
		LEDGER_INC(&o->lcore->shared->ledger, orders_items_no_room);
		return;
	}
	for (i = o->n_items++; i; i = up) {
		up = (i - 1) / 2;
		if (!before(item, &o->item[up]))
			break;
		o->item[i] = o->item[up];
	}
	o->item[i] = *item;
}

static struct dealer_item pop_item(struct dealer *o)
{
	struct dealer_item top = o->item[0], last = o->item[--o->n_items];
	uint32_t i = 0, k;

	for (; (k = 2 * i + 1) < o->n_items; i = k) {
		if (k + 1 < o->n_items && before(&o->item[k + 1], &o->item[k]))
			k++;
		if (!before(&o->item[k], &last))
			break;
		o->item[i] = o->item[k];
	}
	o->item[i] = last;
	return top;
}

static void play(struct dealer *o, const struct dealer_item *item)
{
	bool replay = o->lcore->plant->replay;
	uint64_t known = replay ? item->close_ts + o->conf.least_ns : dealer_now(o);
	const struct position *p = &o->desk.positions.position[item->instr];

	if (item->kind == ITEM_RANGE) {
		if (p->qty)
			tell_held(o, item->instr, p);
		return;
	}
	desk_instrument(&o->desk, item->instr, item->symbol, o->owner,
			item->facts | (replay ? 0 : dealer_unverified(o)));
	if (item->kind == ITEM_QUOTE) {
		desk_quote(&o->desk, item->instr, item->bid, item->ask, item->close_ts, known);
		return;
	}
	desk_fire(&o->desk,
		  &(struct desk_decision){ .symbol = item->symbol,
					   .close_ts = item->close_ts,
					   .known_ns = known,
					   .submit_ns = replay ? item->close_ts + o->conf.greatest_ns : known,
					   .bid = item->bid,
					   .ask = item->ask,
					   .range = item->range,
					   .decided_tsc = item->decided_tsc,
					   .instr = item->instr,
					   .gate = item->gate,
					   .exit = item->kind == ITEM_EXIT,
					   .is_short = item->is_short });
}

static void take(struct dealer *o, const struct dealer_item *item)
{
	if (o->lcore->plant->replay)
		push_item(o, item);
	else
		play(o, item);
}

static int64_t px(int64_t price) { return price == PX_NULL ? 0 : price; }

// The first row introduces it: an operator may adopt what no gate has fired for yet.
static struct dealer_instr *know(struct dealer *o, const struct bar *b)
{
	struct dealer_instr *in = &o->instr[b->instr];

	if (!in->known) {
		dealer_meet(o, b->instr, b->symbol, b);
		dealer_go_on(o, b->instr);
	}
	if (unlikely(in->untold))
		dealer_tell_keeper(o, b->instr);
	return in;
}

void dealer_row(struct dealer *o, const struct bar *b)
{
	if (unlikely(o->hears)) {
		dealer_past_row(o, b);
		return;
	}
	struct dealer_instr *in = know(o, b);
	const struct exposure *e = &o->desk.instr[b->instr].exposure;
	int64_t range = in->range;

	dealer_range(in, b);
	if (in->range != range && e->position) // a stop that began before it was known waits for it
		take(o, &(struct dealer_item){ .close_ts = b->close_ts,
					       .symbol = b->symbol,
					       .instr = b->instr,
					       .kind = ITEM_RANGE });
	if (b->span != SPAN_1S || (b->flags & BAR_PARTIAL_LAST))
		return;
	if (!o->lcore->plant->replay) {
		int64_t offset = (int64_t)b->close_ts - (int64_t)dealer_host_ns(o);

		o->offset_ns = offset > o->offset_ns ? offset : o->offset_ns;
	}
	in->facts = dealer_facts(o, in, b);
	o->n_unseen -= in->unseen;
	in->unseen = false;
	if (e->position || e->n_open) // nobody else's quote matters until it fires
		take(o, &(struct dealer_item){ .close_ts = b->close_ts,
					       .symbol = b->symbol,
					       .instr = b->instr,
					       .kind = ITEM_QUOTE,
					       .facts = in->facts,
					       .bid = px(b->bid),
					       .ask = px(b->ask) });
}

// The gate's place in the configuration, where its orders are described. A reload may have brought a gate
// that has none: it makes no orders.
static uint8_t gate_of(const struct dealer *o, const struct fire *f)
{
	for (unsigned i = 0; i < o->conf.desk.n_gates; i++)
		if (!strncmp(o->lcore->plant->gate_name[i], f->name, sizeof f->name))
			return (uint8_t)i;
	return UINT8_MAX;
}

// A sweep's fire is decided at its last print, not at a close: nothing is to come before it.
void dealer_fire(struct dealer *o, const struct fire *f, uint64_t sweep_tsc)
{
	const struct dealer_instr *in = &o->instr[f->instr];
	struct dealer_item item = { .close_ts = f->decided_ns,
				    .symbol = f->symbol,
				    .decided_tsc = rte_rdtsc(),
				    .instr = f->instr,
				    .kind = f->stream == GATE_EXIT ? ITEM_EXIT : ITEM_ENTRY,
				    .gate = gate_of(o, f),
				    .facts = in->facts,
				    .range = in->range,
				    .bid = px(f->bid),
				    .ask = px(f->ask),
				    .is_short = f->side == GATE_SHORT };

	if (unlikely(o->hears)) {
		dealer_past_fire(o, f, item.gate);
		return;
	}
	o->sweep_tsc = sweep_tsc;
	if (f->by_sweep)
		play(o, &item);
	else
		take(o, &item);
	o->sweep_tsc = 0;
}

void dealer_keeper(struct dealer *o, const struct trade_keeper *k)
{
	if (k->instr >= o->conf.desk.orders.instruments || k->venue >= VENUE_COUNT)
		return;
	uint8_t *keeper = &o->instr[k->instr].keeper[k->venue];

	*keeper = *keeper ? *keeper : (uint8_t)(k->lcore + 1); // of several channels the first that prints
	if (o->instr[k->instr].known || k->venue != o->conf.desk.exit_venue || !dealer_left(o, k->symbol))
		return;
	if (!o->hears && o->offset_ns == INT64_MIN && k->ts_ns) // no row has told the time
		o->offset_ns = (int64_t)k->ts_ns - (int64_t)dealer_host_ns(o);
	dealer_meet(o, k->instr, k->symbol, NULL);
	if (!o->hears)
		dealer_go_on(o, k->instr);
}

// The instrument's number is the keeper's of the books; ours goes by the order.
void dealer_report(struct dealer *o, const struct trade_report *r)
{
	const struct own_order *own = order_find(&o->desk.orders, r->id);
	struct trade_report of_ours = *r;

	if (own) {
		of_ours.instr = own->instr;
		of_ours.mid_twice = own->mid_twice;
	}
	event(o, &of_ours);
	desk_report(&o->desk, &of_ours);
}

void dealer_exit(struct dealer *o, const struct trade_exit *x)
{
	const struct stop_fire f = { .position_id = x->position_id,
				     .ts_ns = x->ts_ns,
				     .qty = x->qty,
				     .trigger = x->trigger,
				     .watched = x->watched,
				     .limit = x->limit,
				     .retry = x->retry,
				     .side = x->side,
				     .path = x->path,
				     .alarm = x->alarm };

	uint64_t sent = o->desk.count[DESK_orders];

	if (x->instr >= o->conf.desk.orders.instruments)
		return;
	desk_stop(&o->desk, x->instr, &f,
		  o->lcore->plant->replay || o->offset_ns == INT64_MIN ? x->ts_ns : dealer_now(o));
	if (o->desk.count[DESK_orders] != sent)
		record_since(o, HIST_STOP_TO_ORDER, rte_rdtsc(), x->decided_tsc);
}

void dealer_mark(struct dealer *o, uint64_t close_ts, bool last)
{
	while (o->n_items && o->item[0].close_ts <= close_ts) {
		struct dealer_item item = pop_item(o);

		play(o, &item);
	}
	if (last)
		return;
	o->mark_ns = close_ts;
	if (o->lcore->plant->replay && !o->hears)
		desk_time(&o->desk, close_ts + o->conf.least_ns);
}

void dealer_poll(struct dealer *o)
{
	o->flatten = o->flatten && lcore_mode(o->lcore) != LATCH_KILL; // who resumes is not surprised by it
	if (o->offset_ns != INT64_MIN)
		desk_time(&o->desk, dealer_now(o));
}
