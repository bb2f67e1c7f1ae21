/* SPDX-License-Identifier: BSD-3-Clause */
// flow.c: what happens in a book of orders. The mix of actions is the venue's.
#include "app/marketgen/sim/flow.h"

#include <string.h>

#define THIN_ORDERS 6 // a book with fewer only grows

// Where many trade, few of the others cancel: most of the rest are adds, or the books would run dry.
static void set_mix(struct flow *f, double prints)
{
	const double *venue = f->wire->day;
	double own = venue[FLOW_EXECUTE] + venue[FLOW_HIDDEN];

	memcpy(f->day, venue, sizeof f->day);
	if (prints <= 0)
		return;
	for (int i = 0; i < FLOW_ACTIONS; i++)
		f->day[i] *= i == FLOW_EXECUTE || i == FLOW_HIDDEN ? prints / own
			     : i == FLOW_ADD                       ? 0
								   : (1 - prints) * 0.3;
	f->day[FLOW_ADD] = 1;
	for (int i = FLOW_ADD + 1; i < FLOW_ACTIONS; i++)
		f->day[FLOW_ADD] -= f->day[i];
}

int flow_init(struct flow *f, const struct flow_wire *wire, struct exchange *x)
{
	*f = (struct flow){
		.wire = wire, .exchange = x, .sim = x->sim, .next_ref = 1000, .next_match = 1000
	};
	x->book = &f->resting;
	set_mix(f, x->sim->args->prints);
	return resting_init(&f->resting, x->sim->market.n_instrs);
}

void flow_fini(struct flow *f) { resting_fini(&f->resting); }

void flow_restart(struct flow *f)
{
	for (uint32_t instr = 0; instr < f->resting.n_books; instr++)
		while (f->resting.books[instr].n_orders > 0)
			resting_remove(&f->resting, f->resting.books[instr].oldest);
}

static struct rng *rng_of(const struct flow *f) { return &f->sim->rng; }

static const struct market_instr *about(const struct flow *f, uint32_t instr)
{
	return &f->sim->market.instrs[instr];
}

static uint32_t price_e4(const struct flow *f, uint32_t instr, uint32_t ticks)
{
	return ticks * about(f, instr)->tick_e4;
}

static uint64_t take_match(struct flow *f) { return f->next_match += 1 + rng_below(rng_of(f), 3); }

static uint64_t take_ref(struct flow *f) { return f->next_ref += 1 + rng_below(rng_of(f), 8); }

static struct flow_order told(const struct flow *f, uint32_t order)
{
	const struct resting_order *o = &f->resting.orders[order];

	return (struct flow_order){ .ref = o->ref,
				    .shares = o->shares,
				    .price_e4 = price_e4(f, o->instr, o->price),
				    .side = (enum market_side)o->side };
}

static struct truth_print row_of(const struct flow *f, uint32_t instr, char kind)
{
	return (struct truth_print){ .exchange = f->exchange,
				     .symbol = about(f, instr)->symbol,
				     .utc_ns = sim_utc(f->sim),
				     .kind = kind };
}

// The truth of one print, and perhaps what becomes of it later.
static void print(struct flow *f, uint32_t instr, const struct truth_print *row)
{
	struct agenda_entry later = { .exchange = f->exchange->index,
				      .instr = instr,
				      .id = row->match,
				      .price_e4 = row->price_e4,
				      .shares = (uint32_t)row->shares };
	struct sim *s = f->sim;

	sim_print(s, row);
	if (row->kind == 'E' || row->kind == 'C' || row->kind == 'P') {
		later.kind = AGENDA_BREAK;
		if (sim_revises(s, s->args->breaks, &later.ns))
			sim_later(s, &later);
	} else if (row->kind == 'Q' && f->wire->corrects) {
		later.kind = AGENDA_CORRECT;
		if (!sim_revises(s, s->args->corrections, &later.ns))
			return;
		later.shares_before = later.shares;
		later.shares = rng_chance(rng_of(f), 0.1) ? 0 : 1 + rng_below(rng_of(f), 2 * later.shares);
		sim_later(s, &later);
	}
}

// A price for a new order that does not cross the other side; 0 when there is none.
static uint32_t draw_price(struct flow *f, uint32_t instr, enum market_side side, bool deep)
{
	uint32_t ticks = market_price(about(f, instr), side, deep, rng_of(f));
	uint32_t other = resting_best(&f->resting, instr, side == MARKET_BUY ? MARKET_SELL : MARKET_BUY);

	if (other == 0)
		return ticks;
	if (side == MARKET_BUY)
		return ticks < other ? ticks : other - 1;
	return ticks > other ? ticks : other + 1;
}

static void add(struct flow *f, uint32_t instr, bool deep)
{
	const struct resting_book *book = &f->resting.books[instr];
	enum market_side side = (enum market_side)rng_below(rng_of(f), 2);
	struct flow_order order;
	uint32_t ticks;

	if (book->sides[side].n_rungs > 0 && book->sides[1 - side].n_rungs == 0)
		side = (enum market_side)(1 - side);
	ticks = draw_price(f, instr, side, deep);
	if (ticks == 0)
		return;
	order.ref = take_ref(f);
	order.shares = market_shares(rng_of(f));
	order.price_e4 = price_e4(f, instr, ticks);
	order.side = side;
	if (resting_add(&f->resting, instr, side, ticks, order.shares, order.ref) == RESTING_NONE)
		return;
	f->wire->add(f->exchange, instr, &order);
}

// The front order of a side that the fair price has run through, if there is one: what a maker pulls first.
static uint32_t stale(const struct flow *f, uint32_t instr)
{
	double fair = about(f, instr)->fair;
	uint32_t bid = resting_best(&f->resting, instr, MARKET_BUY),
		 ask = resting_best(&f->resting, instr, MARKET_SELL);

	if (bid > fair)
		return resting_front(&f->resting, instr, MARKET_BUY);
	if (ask != 0 && ask < fair)
		return resting_front(&f->resting, instr, MARKET_SELL);
	return RESTING_NONE;
}

// Of all cancels, 92 % hit an order that was added recently, the others an old one.
static uint32_t pick_order(struct flow *f, uint32_t instr)
{
	if (rng_chance(rng_of(f), 0.92))
		return resting_recent(&f->resting, instr, rng_geometric(rng_of(f), 5));
	return resting_old(&f->resting, instr, rng_geometric(rng_of(f), 8));
}

static void delete_order(struct flow *f, uint32_t instr)
{
	uint32_t order = stale(f, instr);

	if (order == RESTING_NONE)
		order = pick_order(f, instr);
	f->wire->remove(f->exchange, instr, f->resting.orders[order].ref);
	resting_remove(&f->resting, order);
}

// Some but not all shares of an order.
static uint32_t part_of(struct flow *f, uint32_t shares)
{
	return shares > 100 ? 100 * (1 + rng_below(rng_of(f), (shares - 1) / 100))
			    : 1 + rng_below(rng_of(f), shares - 1);
}

static void cancel(struct flow *f, uint32_t instr)
{
	uint32_t order = pick_order(f, instr), n;
	struct flow_order after = told(f, order);

	if (after.shares < 2) {
		delete_order(f, instr);
		return;
	}
	n = part_of(f, after.shares);
	after.shares -= n;
	f->wire->reduce(f->exchange, instr, &after, n);
	resting_reduce(&f->resting, order, n);
}

static void replace(struct flow *f, uint32_t instr, bool deep)
{
	uint32_t order = pick_order(f, instr), ticks;
	struct flow_order after = told(f, order);
	uint64_t old_ref = after.ref;

	ticks = draw_price(f, instr, after.side, deep);
	if (ticks == 0)
		return;
	if (!rng_chance(rng_of(f), 0.7))
		after.shares = market_shares(rng_of(f));
	resting_remove(&f->resting, order);
	if (f->wire->keeps_ref <= 0 || !rng_chance(rng_of(f), f->wire->keeps_ref))
		after.ref = take_ref(f);
	after.price_e4 = price_e4(f, instr, ticks);
	if (resting_add(&f->resting, instr, after.side, ticks, after.shares, after.ref) == RESTING_NONE)
		return;
	f->wire->replace(f->exchange, instr, old_ref, &after);
}

// One execution of a resting order, at its own price, or half a tick better for the aggressor.
static void execute_one(struct flow *f, uint32_t instr, uint32_t order, uint32_t shares, bool improved)
{
	struct flow_order o = told(f, order);
	uint32_t half = about(f, instr)->tick_e4 / 2;
	struct truth_print row = row_of(f, instr, 'E');

	row.shares = shares;
	row.price_e4 = o.price_e4;
	row.aggressor = o.side == MARKET_BUY ? 'S' : 'B';
	row.match = take_match(f);
	if (improved && half > 0) {
		row.kind = 'C';
		row.price_e4 += o.side == MARKET_BUY ? half : -half;
	}
	f->wire->executed(f->exchange, instr, &o, &row);
	print(f, instr, &row);
	resting_reduce(&f->resting, order, shares);
}

// Which side an aggressor takes: the one the fair price has run through, else either.
static enum market_side taken_side(struct flow *f, uint32_t instr)
{
	uint32_t order = stale(f, instr);

	return order != RESTING_NONE ? (enum market_side)f->resting.orders[order].side
				     : (enum market_side)rng_below(rng_of(f), 2);
}

static void execute(struct flow *f, uint32_t instr)
{
	struct market_instr *in = &f->sim->market.instrs[instr];
	enum market_side side = taken_side(f, instr);
	uint32_t order = resting_front(&f->resting, instr, side), first, n = 1, shares;
	bool sweep = rng_chance(rng_of(f), 0.04);

	if (order == RESTING_NONE)
		return;
	first = f->resting.orders[order].price;
	shares = f->resting.orders[order].shares;
	if (!sweep && shares > 1 && rng_chance(rng_of(f), 0.52)) { // partial
		shares = part_of(f, shares);
		execute_one(f, instr, order, shares, rng_chance(rng_of(f), 0.02));
		return;
	}
	if (sweep)
		n = 3 + rng_geometric(rng_of(f), 6);
	else
		n = 1 + rng_geometric(rng_of(f), 1);
	for (bool improved = n == 1 && rng_chance(rng_of(f), 0.03); n > 0; n--) {
		uint32_t price = f->resting.orders[order].price,
			 away = price > first ? price - first : first - price;

		if (price != first && (!sweep || away > 3 + in->fair * 0.005))
			break;
		execute_one(f, instr, order, f->resting.orders[order].shares, improved);
		order = resting_front(&f->resting, instr, side);
		if (order == RESTING_NONE || f->resting.books[instr].n_orders < THIN_ORDERS)
			break;
	}
	if (sweep && in->fair > 100) // impact: the market follows
		in->fair += (side == MARKET_SELL ? 0.5 : -0.5) * in->half;
}

// A hidden order inside the spread, or at the midpoint of a one tick market.
static void hidden(struct flow *f, uint32_t instr)
{
	const struct market_instr *in = about(f, instr);
	uint32_t bid = resting_best(&f->resting, instr, MARKET_BUY),
		 ask = resting_best(&f->resting, instr, MARKET_SELL);
	struct truth_print row = row_of(f, instr, 'P');

	row.shares = market_shares(rng_of(f));
	if (bid == 0 || ask == 0)
		return;
	if (ask - bid >= 2)
		row.price_e4 = (bid + 1 + rng_below(rng_of(f), ask - bid - 1)) * in->tick_e4;
	else
		row.price_e4 = bid * in->tick_e4 + in->tick_e4 / 2;
	row.match = take_match(f);
	row.aggressor = rng_below(rng_of(f), 2) ? 'B' : 'S';
	f->wire->hidden(f->exchange, instr, &row);
	print(f, instr, &row);
}

bool flow_near_close(const struct sim *s)
{
	return s->now_ns >= PROFILE_CLOSE_NS - 600 * NS_PER_S && s->now_ns < PROFILE_CLOSE_NS;
}

void flow_act(struct flow *f, uint32_t instr)
{
	const struct sim *s = f->sim;
	bool build = s->now_ns < s->profile.built_ns;
	const double *mix = build ? f->wire->build : f->day;
	double u = rng_unit(rng_of(f));
	int action = 0;

	while (action < FLOW_ACTIONS - 1 && u >= mix[action])
		u -= mix[action++];
	if (action == FLOW_NOTICE && !build && !flow_near_close(s) && !rng_chance(rng_of(f), 0.2))
		action = FLOW_ADD;
	if (f->resting.books[instr].n_orders < THIN_ORDERS && action != FLOW_NOTICE)
		action = FLOW_ADD;
	else if (action == FLOW_ADD && f->resting.n_alive >= RESTING_MAX)
		action = FLOW_DELETE;
	switch (action) {
	case FLOW_ADD: add(f, instr, build); break;
	case FLOW_DELETE: delete_order(f, instr); break;
	case FLOW_REPLACE: replace(f, instr, build); break;
	case FLOW_EXECUTE: execute(f, instr); break;
	case FLOW_CANCEL: cancel(f, instr); break;
	case FLOW_HIDDEN: hidden(f, instr); break;
	default: f->wire->notice(f->exchange, instr); break;
	}
}

// Up to three of the orders resting at the touch trade with what was entered for the cross. Returns their
// shares.
static uint64_t cross_resting(struct flow *f, uint32_t instr, enum market_side side, uint32_t ticks)
{
	uint64_t total = 0;

	for (uint32_t n = rng_below(rng_of(f), 4); n > 0; n--) {
		uint32_t order = resting_front(&f->resting, instr, side);
		struct truth_print row = row_of(f, instr, 'N');
		struct flow_order o;

		if (order == RESTING_NONE || f->resting.orders[order].price != ticks)
			break;
		o = told(f, order);
		row.aggressor = '-';
		row.price_e4 = o.price_e4;
		row.shares = o.shares;
		row.match = take_match(f);
		f->wire->executed(f->exchange, instr, &o, &row);
		print(f, instr, &row);
		total += row.shares;
		resting_remove(&f->resting, order);
	}
	return total;
}

void flow_cross(struct flow *f, uint32_t instr, char type)
{
	enum market_side side = (enum market_side)rng_below(rng_of(f), 2);
	uint32_t ticks = resting_best(&f->resting, instr, side);
	struct flow_cross c = { .type = type };
	struct truth_print row = row_of(f, instr, 'Q');

	if (ticks != 0 && (instr < 200 || rng_chance(rng_of(f), 0.65))) {
		c.shares = cross_resting(f, instr, side, ticks);
		c.shares += 100 + (uint64_t)(rng_lognormal(rng_of(f), 800, 1.0) * 100 / (10 + instr));
		c.price_e4 = price_e4(f, instr, ticks);
	}
	row.match = c.id = take_match(f);
	row.aggressor = '-';
	row.shares = c.shares;
	row.price_e4 = c.price_e4;
	row.cross_type = type;
	f->wire->crossed(f->exchange, instr, &c, &row);
	if (c.shares > 0)
		print(f, instr, &row);
}

static void revised(struct flow *f, const struct agenda_entry *entry, char kind)
{
	struct truth_print row = row_of(f, entry->instr, kind);

	row.shares = entry->shares;
	row.match = entry->id;
	row.price_e4 = entry->price_e4;
	row.aggressor = '-';
	sim_print(f->sim, &row);
}

void flow_broken(struct flow *f, const struct agenda_entry *entry) { revised(f, entry, 'B'); }

void flow_corrected(struct flow *f, const struct agenda_entry *entry) { revised(f, entry, 'K'); }
