/* SPDX-License-Identifier: BSD-3-Clause */
// venue_itch.c: the order flow of the simulated Nasdaq. The mix of actions is that of published full days: adds 46 %,
// deletes 42 %, replaces 8 %, executions 2 %, partial cancels 1 %, hidden prints 0.5 %.
#include "app/marketgen/venue_itch.h"

#include "app/marketgen/itch_encode.h"

#include <string.h>

#define THIN_ORDERS 6 // a book with fewer only grows

enum action { ADD, DELETE, REPLACE, EXECUTE, CANCEL, HIDDEN, NOII, N_ACTIONS };

static const double mix_build[N_ACTIONS] = { 0.815, 0.085, 0.06, 0.003, 0.005, 0.001, 0.031 };
static const double mix_day[N_ACTIONS] = { 0.4420, 0.4405, 0.081, 0.0165, 0.0110, 0.0055, 0.0035 };

static struct itch_encode_head head_of(const struct sim *s, uint32_t instr)
{
	return (struct itch_encode_head){ s->now_ns, s->market.instrs[instr].locate, .tracking = 2 };
}

static void emit(struct sim *s, const uint8_t *message, size_t n_bytes)
{
	s->n_emitted++;
	stream_push(&s->itch, s->midnight_ns + s->now_ns, message, (uint32_t)n_bytes);
}

static uint32_t price_e4(const struct sim *s, uint32_t instr, uint32_t ticks)
{
	return ticks * s->market.instrs[instr].tick_e4;
}

static uint64_t take_match(struct sim *s)
{
	return s->next_match += 1 + rng_below(&s->rng, 3);
}

static uint64_t take_ref(struct sim *s)
{
	return s->next_ref += 1 + rng_below(&s->rng, 8);
}

// The truth of one print, and perhaps its later break.
static void print(struct sim *s, uint32_t instr, struct truth_print row)
{
	struct agenda_entry later = { .kind = AGENDA_ITCH_BREAK, .instr = instr, .id = row.match,
				      .price_e4 = row.price_e4, .shares = (uint32_t)row.shares };

	row.venue = "itch";
	row.symbol = s->market.instrs[instr].symbol;
	row.utc_ns = s->midnight_ns + s->now_ns;
	truth_row(&s->trades, &row);
	s->n_rows++;
	if ((row.kind == 'E' || row.kind == 'C' || row.kind == 'P') && sim_breaks(s, &later.ns))
		sim_later(s, &later);
}

// A price for a new order that does not cross the other side; 0 when there is none.
static uint32_t draw_price(struct sim *s, uint32_t instr, enum market_side side, bool deep)
{
	uint32_t ticks = market_price(&s->market.instrs[instr], side, deep, &s->rng);
	uint32_t other = resting_best(&s->resting, instr, side == MARKET_BUY ? MARKET_SELL : MARKET_BUY);

	if (other == 0)
		return ticks;
	if (side == MARKET_BUY)
		return ticks < other ? ticks : other - 1;
	return ticks > other ? ticks : other + 1;
}

static void add(struct sim *s, uint32_t instr, bool deep)
{
	static const char mpids[][5] = { "NITE", "CDRG", "JPMS", "GSCO", "SBSH", "UBSS" };
	const struct resting_book *book = &s->resting.books[instr];
	enum market_side side = (enum market_side)rng_below(&s->rng, 2);
	struct itch_encode_order order = { .symbol = s->market.instrs[instr].symbol };
	uint8_t message[ITCH_ENCODE_MAX];
	uint32_t ticks;

	if (book->sides[side].n_rungs > 0 && book->sides[1 - side].n_rungs == 0)
		side = (enum market_side)(1 - side);
	ticks = draw_price(s, instr, side, deep);
	if (ticks == 0)
		return;
	order.ref = take_ref(s);
	order.shares = market_shares(&s->rng);
	order.price_e4 = price_e4(s, instr, ticks);
	order.side = side == MARKET_BUY ? 'B' : 'S';
	if (rng_chance(&s->rng, 0.01))
		order.mpid = mpids[rng_below(&s->rng, 6)];
	if (resting_add(&s->resting, instr, side, ticks, order.shares, order.ref) == RESTING_NONE)
		return;
	emit(s, message, itch_encode_add(message, head_of(s, instr), &order));
}

// The front order of a side that the fair price has run through, if there is one: what a maker pulls first.
static uint32_t stale(const struct sim *s, uint32_t instr)
{
	double fair = s->market.instrs[instr].fair;
	uint32_t bid = resting_best(&s->resting, instr, MARKET_BUY),
		 ask = resting_best(&s->resting, instr, MARKET_SELL);

	if (bid > fair)
		return resting_front(&s->resting, instr, MARKET_BUY);
	if (ask != 0 && ask < fair)
		return resting_front(&s->resting, instr, MARKET_SELL);
	return RESTING_NONE;
}

// Of all cancels, 92 % hit an order that was added recently, the others an old one.
static uint32_t pick_order(struct sim *s, uint32_t instr)
{
	if (rng_chance(&s->rng, 0.92))
		return resting_recent(&s->resting, instr, rng_geometric(&s->rng, 5));
	return resting_old(&s->resting, instr, rng_geometric(&s->rng, 8));
}

static void delete_order(struct sim *s, uint32_t instr)
{
	uint8_t message[ITCH_ENCODE_MAX];
	uint32_t order = stale(s, instr);

	if (order == RESTING_NONE)
		order = pick_order(s, instr);
	emit(s, message, itch_encode_delete(message, head_of(s, instr), s->resting.orders[order].ref));
	resting_remove(&s->resting, order);
}

static void cancel(struct sim *s, uint32_t instr)
{
	uint8_t message[ITCH_ENCODE_MAX];
	uint32_t order = pick_order(s, instr), shares = s->resting.orders[order].shares, n;

	if (shares < 2) {
		delete_order(s, instr);
		return;
	}
	n = shares > 100 ? 100 * (1 + rng_below(&s->rng, (shares - 1) / 100))
			 : 1 + rng_below(&s->rng, shares - 1);
	emit(s, message, itch_encode_cancel(message, head_of(s, instr), s->resting.orders[order].ref, n));
	resting_reduce(&s->resting, order, n);
}

static void replace(struct sim *s, uint32_t instr, bool deep)
{
	uint8_t message[ITCH_ENCODE_MAX];
	uint32_t order = pick_order(s, instr), shares, ticks;
	enum market_side side = (enum market_side)s->resting.orders[order].side;
	uint64_t old_ref = s->resting.orders[order].ref, new_ref;

	ticks = draw_price(s, instr, side, deep);
	if (ticks == 0)
		return;
	shares = rng_chance(&s->rng, 0.7) ? s->resting.orders[order].shares : market_shares(&s->rng);
	resting_remove(&s->resting, order);
	new_ref = take_ref(s);
	if (resting_add(&s->resting, instr, side, ticks, shares, new_ref) == RESTING_NONE)
		return;
	emit(s, message,
	     itch_encode_replace(message, head_of(s, instr), old_ref, new_ref, shares,
				 price_e4(s, instr, ticks)));
}

// One execution of a resting order, at its own price, or half a tick better for the aggressor: then it is a C.
static void execute_one(struct sim *s, uint32_t instr, uint32_t order, uint32_t shares, bool improved)
{
	const struct resting_order *o = &s->resting.orders[order];
	uint32_t half = s->market.instrs[instr].tick_e4 / 2, paid = price_e4(s, instr, o->price);
	struct truth_print row = { .kind = 'E', .shares = shares };
	uint8_t message[ITCH_ENCODE_MAX];

	row.aggressor = o->side == MARKET_BUY ? 'S' : 'B';
	row.match = take_match(s);
	if (improved && half > 0) {
		row.kind = 'C';
		paid = o->side == MARKET_BUY ? paid + half : paid - half;
		emit(s, message,
		     itch_encode_executed_at(message, head_of(s, instr), o->ref, shares, row.match, true,
					     paid));
	} else {
		emit(s, message, itch_encode_executed(message, head_of(s, instr), o->ref, shares, row.match));
	}
	row.price_e4 = paid;
	print(s, instr, row);
	resting_reduce(&s->resting, order, shares);
}

// Which side an aggressor takes: the one the fair price has run through, else either.
static enum market_side taken_side(struct sim *s, uint32_t instr)
{
	uint32_t order = stale(s, instr);

	return order != RESTING_NONE ? (enum market_side)s->resting.orders[order].side
				     : (enum market_side)rng_below(&s->rng, 2);
}

static void execute(struct sim *s, uint32_t instr)
{
	struct market_instr *in = &s->market.instrs[instr];
	enum market_side side = taken_side(s, instr);
	uint32_t order = resting_front(&s->resting, instr, side), first, n = 1, shares;
	bool sweep = rng_chance(&s->rng, 0.04);

	if (order == RESTING_NONE)
		return;
	first = s->resting.orders[order].price;
	shares = s->resting.orders[order].shares;
	if (!sweep && shares > 1 && rng_chance(&s->rng, 0.52)) { // partial
		shares = shares > 100 ? 100 * (1 + rng_below(&s->rng, (shares - 1) / 100))
				      : 1 + rng_below(&s->rng, shares - 1);
		execute_one(s, instr, order, shares, rng_chance(&s->rng, 0.02));
		return;
	}
	if (sweep)
		n = 3 + rng_geometric(&s->rng, 6);
	else
		n = 1 + rng_geometric(&s->rng, 1);
	for (bool improved = n == 1 && rng_chance(&s->rng, 0.03); n > 0; n--) {
		uint32_t price = s->resting.orders[order].price,
			 away = price > first ? price - first : first - price;

		if (price != first && (!sweep || away > 3 + in->fair * 0.005))
			break;
		execute_one(s, instr, order, s->resting.orders[order].shares, improved);
		order = resting_front(&s->resting, instr, side);
		if (order == RESTING_NONE || s->resting.books[instr].n_orders < THIN_ORDERS)
			break;
	}
	if (sweep && in->fair > 100) // impact: the market follows
		in->fair += (side == MARKET_SELL ? 0.5 : -0.5) * in->half;
}

// A hidden order inside the spread, or at the midpoint of a one tick market.
static void hidden(struct sim *s, uint32_t instr)
{
	const struct market_instr *in = &s->market.instrs[instr];
	uint32_t bid = resting_best(&s->resting, instr, MARKET_BUY),
		 ask = resting_best(&s->resting, instr, MARKET_SELL);
	struct truth_print row = { .kind = 'P', .shares = market_shares(&s->rng) };
	uint8_t message[ITCH_ENCODE_MAX];

	if (bid == 0 || ask == 0)
		return;
	if (ask - bid >= 2)
		row.price_e4 = (bid + 1 + rng_below(&s->rng, ask - bid - 1)) * in->tick_e4;
	else
		row.price_e4 = bid * in->tick_e4 + in->tick_e4 / 2;
	row.match = take_match(s);
	row.aggressor = rng_below(&s->rng, 2) ? 'B' : 'S';
	emit(s, message,
	     itch_encode_trade(message, head_of(s, instr), in->symbol, (uint32_t)row.shares, row.price_e4,
			       row.match));
	print(s, instr, row);
}

static bool near_close(const struct sim *s)
{
	return s->now_ns >= PROFILE_CLOSE_NS - 600 * NS_PER_S && s->now_ns < PROFILE_CLOSE_NS;
}

static void noii(struct sim *s, uint32_t instr)
{
	const struct market_instr *in = &s->market.instrs[instr];
	uint32_t near_e4 = (uint32_t)in->fair * in->tick_e4;
	struct itch_encode_noii n = {
		.symbol = in->symbol,
		.paired = 100ull * rng_geometric(&s->rng, 200),
		.direction = "BSN"[rng_below(&s->rng, 3)],
		.near_e4 = near_e4, .far_e4 = near_e4, .ref_e4 = near_e4,
		.variation = 'L',
		.cross_type = s->now_ns < PROFILE_OPEN_NS ? 'O' : near_close(s) ? 'C' : 'H',
	};
	uint8_t message[ITCH_ENCODE_MAX];

	if (n.direction != 'N')
		n.imbalance = 1 + rng_geometric(&s->rng, 5000);
	emit(s, message, itch_encode_noii(message, head_of(s, instr), &n));
}

void venue_itch_act(struct sim *s, uint32_t instr)
{
	bool build = s->now_ns < s->profile.built_ns;
	const double *mix = build ? mix_build : mix_day;
	double u = rng_unit(&s->rng);
	int action = 0;

	while (action < N_ACTIONS - 1 && u >= mix[action])
		u -= mix[action++];
	if (action == NOII && !build && !near_close(s) && !rng_chance(&s->rng, 0.2))
		action = ADD;
	if (s->resting.books[instr].n_orders < THIN_ORDERS && action != NOII)
		action = ADD;
	else if (action == ADD && s->resting.n_alive >= RESTING_MAX)
		action = DELETE;
	switch (action) {
	case ADD: add(s, instr, build); break;
	case DELETE: delete_order(s, instr); break;
	case REPLACE: replace(s, instr, build); break;
	case EXECUTE: execute(s, instr); break;
	case CANCEL: cancel(s, instr); break;
	case HIDDEN: hidden(s, instr); break;
	default: noii(s, instr); break;
	}
}

// The cross trades at one touch: up to three of the orders resting there trade with what was entered for the cross.
void venue_itch_cross(struct sim *s, uint32_t instr, char cross_type)
{
	struct market_instr *in = &s->market.instrs[instr];
	enum market_side side = (enum market_side)rng_below(&s->rng, 2);
	uint32_t ticks = resting_best(&s->resting, instr, side), paid = price_e4(s, instr, ticks);
	struct truth_print row = { .aggressor = '-', .price_e4 = paid };
	uint64_t total = 0;
	uint8_t message[ITCH_ENCODE_MAX];

	if (ticks != 0 && (instr < 200 || rng_chance(&s->rng, 0.65))) {
		for (uint32_t n = rng_below(&s->rng, 4); n > 0; n--) {
			uint32_t order = resting_front(&s->resting, instr, side);

			if (order == RESTING_NONE || s->resting.orders[order].price != ticks)
				break;
			row.kind = 'N';
			row.shares = s->resting.orders[order].shares;
			row.match = take_match(s);
			emit(s, message,
			     itch_encode_executed_at(message, head_of(s, instr), s->resting.orders[order].ref,
						     (uint32_t)row.shares, row.match, false, paid));
			print(s, instr, row);
			total += row.shares;
			resting_remove(&s->resting, order);
		}
		total += 100 + (uint64_t)(rng_lognormal(&s->rng, 800, 1.0) * 100 / (10 + instr));
	}
	row.match = take_match(s);
	emit(s, message,
	     itch_encode_cross(message, head_of(s, instr), in->symbol, total, total ? paid : 0, row.match,
			       cross_type));
	if (total == 0)
		return;
	row.kind = 'Q';
	row.shares = total;
	row.cross_type = cross_type;
	print(s, instr, row);
}

void venue_itch_break(struct sim *s, const struct agenda_entry *entry)
{
	struct truth_print row = { .kind = 'B',
				   .shares = entry->shares,
				   .match = entry->id,
				   .price_e4 = entry->price_e4,
				   .aggressor = '-' };
	uint8_t message[ITCH_ENCODE_MAX];

	emit(s, message, itch_encode_broken(message, head_of(s, entry->instr), entry->id));
	print(s, entry->instr, row);
}

void venue_itch_system(struct sim *s, char event)
{
	struct itch_encode_head head = { .ns = s->now_ns };
	uint8_t message[ITCH_ENCODE_MAX];

	emit(s, message, itch_encode_system(message, head, event));
}

void venue_itch_state(struct sim *s, uint32_t instr, char state, const char *reason)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(s, message,
	     itch_encode_action(message, head_of(s, instr), s->market.instrs[instr].symbol, state, reason));
}

void venue_itch_begin(struct sim *s)
{
	uint8_t message[ITCH_ENCODE_MAX];

	venue_itch_system(s, 'O');
	for (uint32_t l = 0; l < s->market.n_instrs; l++) {
		uint32_t instr = s->market.by_locate[l];
		const struct market_instr *in = &s->market.instrs[instr];
		struct itch_encode_directory directory = { .symbol = in->symbol,
							   .category = in->etf ? 'P' : "QGSN"[instr & 3],
							   .etf = in->etf,
							   .tier = instr < 1000 ? '1' : '2' };

		s->now_ns += 200 + rng_below(&s->rng, 600);
		emit(s, message, itch_encode_directory(message, head_of(s, instr), &directory));
		venue_itch_state(s, instr, 'T', "    ");
		emit(s, message,
		     itch_encode_regsho(message, head_of(s, instr), in->symbol,
					rng_chance(&s->rng, 0.01) ? '1' : '0'));
		if (rng_chance(&s->rng, 0.05))
			emit(s, message,
			     itch_encode_position(message, head_of(s, instr), in->symbol, "NITE"));
	}
	venue_itch_system(s, 'S');
}
