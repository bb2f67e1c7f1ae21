/* SPDX-License-Identifier: BSD-3-Clause */
// venue_iex.c: level and trade flow of the simulated IEX. Trades precede the level updates of the same event; all but
// the last update of an event carry flag 0.
#include "app/marketgen/venue_iex.h"

#include <string.h>

#define DELAY_MEDIAN_NS 0.3e6
#define DELAY_SIGMA     1.0 // p99 ten times the median
#define DELAY_MIN_NS    20000
#define DELAY_MAX_NS    68e6

static uint64_t utc_of(const struct sim *s)
{
	return s->midnight_ns + s->now_ns;
}

static const char *symbol_of(const struct sim *s, uint32_t instr)
{
	return s->market.instrs[instr].symbol;
}

// Draws when the messages of one event leave; never before those of an earlier event of the instrument: while one is on
// its way, what follows leaves with it.
static uint64_t draw_leave(struct sim *s, uint32_t instr)
{
	uint64_t ns = s->iex_sent_ns[instr];
	double delay;

	if (ns < s->now_ns + DELAY_MIN_NS) {
		delay = rng_lognormal(&s->rng, DELAY_MEDIAN_NS, DELAY_SIGMA);
		delay = delay < DELAY_MIN_NS ? DELAY_MIN_NS : delay > DELAY_MAX_NS ? DELAY_MAX_NS : delay;
		ns = s->now_ns + (uint64_t)delay;
	}
	return s->iex_sent_ns[instr] = ns;
}

// Puts a message, whose bytes are in the entry, on its way.
static void send(struct sim *s, struct agenda_entry *entry, uint64_t leave_ns, size_t length)
{
	entry->kind = AGENDA_IEX_MESSAGE;
	entry->ns = leave_ns;
	entry->length = (uint8_t)length;
	s->n_emitted++;
	agenda_push(&s->agenda, entry);
}

static void send_level(struct sim *s, uint32_t instr, uint64_t leave_ns, enum market_side side,
		       struct ladder_rung rung, bool complete)
{
	struct agenda_entry entry = { .instr = instr };

	send(s, &entry, leave_ns,
	     iex_encode_level(entry.bytes, utc_of(s), symbol_of(s, instr), side == MARKET_BUY, complete,
			      rung.size, rung.price * s->market.instrs[instr].tick_e4));
}

// What a trade report carries besides its symbol and time.
struct deal {
	uint32_t price_e4, shares;
	uint8_t flags;
	char aggressor;
};

static void send_trade(struct sim *s, uint32_t instr, uint64_t leave_ns, struct deal deal)
{
	struct agenda_entry entry = { .instr = instr,
				      .price_e4 = deal.price_e4,
				      .shares = deal.shares,
				      .code = 'T',
				      .aggressor = deal.aggressor,
				      .flags = deal.flags,
				      .event_ns = s->now_ns };
	struct iex_encode_trade trade = { .symbol = symbol_of(s, instr),
					  .utc_ns = utc_of(s),
					  .size = deal.shares,
					  .price_e4 = deal.price_e4 };
	struct agenda_entry later = entry;

	if (!sim_regular(s))
		entry.flags |= IEX_ENCODE_EXTENDED;
	if (deal.shares < 100)
		entry.flags |= IEX_ENCODE_ODD_LOT;
	s->next_trade_id += 1 + rng_below(&s->rng, 5);
	trade.id = entry.id = s->next_trade_id;
	trade.flags = entry.flags;
	send(s, &entry, leave_ns, iex_encode_trade(entry.bytes, &trade));
	later.kind = AGENDA_IEX_BREAK;
	later.id = entry.id;
	later.flags = entry.flags;
	if (sim_breaks(s, &later.ns))
		sim_later(s, &later);
}

static uint32_t draw_size(struct sim *s)
{
	return rng_chance(&s->rng, 0.9) ? 100 * (1 + rng_geometric(&s->rng, 3)) : market_shares(&s->rng);
}

static uint32_t best_price(const struct ladder *l, enum market_side side)
{
	const struct ladder_rung *best = ladder_best(l, side);

	return best ? best->price : 0;
}

// A new size at one price; a level that the fair price has run through goes first.
static void update(struct sim *s, uint32_t instr)
{
	struct ladder *l = &s->ladders[instr];
	const struct market_instr *in = &s->market.instrs[instr];
	enum market_side side = (enum market_side)rng_below(&s->rng, 2);
	uint32_t bid = best_price(l, MARKET_BUY), ask = best_price(l, MARKET_SELL), other;
	struct ladder_rung rung = { 0 };
	uint64_t leave_ns = draw_leave(s, instr);

	if (bid > in->fair || (ask != 0 && ask < in->fair)) {
		side = bid > in->fair ? MARKET_BUY : MARKET_SELL;
		rung.price = side == MARKET_BUY ? bid : ask;
	} else {
		rung.price = market_price(in, side, false, &s->rng);
		other = side == MARKET_BUY ? ask : bid;
		if (other != 0 && side == MARKET_BUY && rung.price >= other)
			rung.price = other - 1;
		if (other != 0 && side == MARKET_SELL && rung.price <= other)
			rung.price = other + 1;
		if (ladder_size(l, side, rung.price) == 0 || !rng_chance(&s->rng, 0.45))
			rung.size = draw_size(s);
		if (rung.price == 0)
			return;
	}
	if (rung.size > 0 && ladder_size(l, side, rung.price) == 0 &&
	    (l->n_rungs[side] == LADDER_RUNGS_MAX || (l->n_rungs[side] > 4 && rng_chance(&s->rng, 0.3)))) {
		// an order moves: the old level goes, the new one comes, one event
		struct ladder_rung gone = { l->rungs[side][0].price, 0 };

		ladder_set(l, side, gone.price, 0);
		send_level(s, instr, leave_ns, side, gone, false);
	}
	ladder_set(l, side, rung.price, rung.size);
	send_level(s, instr, leave_ns, side, rung, true);
}

// Midpoint of the touch, where much of IEX trades against hidden orders: no level changes.
static void trade_hidden(struct sim *s, uint32_t instr, uint32_t bid, uint32_t ask)
{
	uint32_t tick_e4 = s->market.instrs[instr].tick_e4;
	struct deal deal = { .price_e4 = (bid * tick_e4 + ask * tick_e4) / 2,
			     .shares = market_shares(&s->rng),
			     .aggressor = rng_below(&s->rng, 2) ? 'B' : 'S' };

	send_trade(s, instr, draw_leave(s, instr), deal);
}

// Takes one to four levels: all reports, then all updates of the one event.
static void trade_visible(struct sim *s, uint32_t instr, enum market_side side)
{
	struct ladder *l = &s->ladders[instr];
	struct ladder_rung changed[4];
	bool sweep = rng_chance(&s->rng, 0.1);
	uint32_t n_levels = sweep ? 2 + rng_below(&s->rng, 3) : 1, n = 0;
	uint64_t leave_ns = draw_leave(s, instr);

	for (; n < n_levels && l->n_rungs[side] > 1; n++) {
		struct ladder_rung rung = *ladder_best(l, side);
		uint32_t shares = sweep && n + 1 < n_levels ? rung.size : market_shares(&s->rng);
		struct deal deal = { .price_e4 = rung.price * s->market.instrs[instr].tick_e4,
				     .shares = shares,
				     .flags = sweep ? IEX_ENCODE_ISO : 0,
				     .aggressor = side == MARKET_BUY ? 'S' : 'B' };

		if (deal.shares > rung.size)
			deal.shares = rung.size;
		send_trade(s, instr, leave_ns, deal);
		rung.size -= deal.shares;
		ladder_set(l, side, rung.price, rung.size);
		changed[n] = rung;
		if (rung.size > 0) { // the order was filled within this level
			n++;
			break;
		}
	}
	for (uint32_t i = 0; i < n; i++)
		send_level(s, instr, leave_ns, side, changed[i], i + 1 == n);
}

void venue_iex_act(struct sim *s, uint32_t instr)
{
	const struct ladder *l = &s->ladders[instr];
	uint32_t bid = best_price(l, MARKET_BUY), ask = best_price(l, MARKET_SELL);
	bool build = s->now_ns < s->profile.built_ns;

	if (bid == 0 || ask == 0 || !rng_chance(&s->rng, build ? 0.001 : 0.02)) {
		update(s, instr);
		return;
	}
	if (rng_chance(&s->rng, 0.5))
		trade_hidden(s, instr, bid, ask);
	else
		trade_visible(s, instr, (enum market_side)rng_below(&s->rng, 2));
}

void venue_iex_system(struct sim *s, char event)
{
	struct agenda_entry entry = { 0 };
	uint64_t leave_ns = s->now_ns + DELAY_MIN_NS; // ahead of what happens after it

	send(s, &entry, leave_ns, iex_encode_system(entry.bytes, utc_of(s), event));
}

void venue_iex_state(struct sim *s, uint32_t instr, char state, const char *reason)
{
	struct agenda_entry entry = { .instr = instr };

	send(s, &entry, draw_leave(s, instr),
	     iex_encode_status(entry.bytes, utc_of(s), symbol_of(s, instr), state, reason));
}

void venue_iex_begin(struct sim *s)
{
	venue_iex_system(s, 'O');
	for (uint32_t instr = 0; instr < s->market.n_instrs; instr++) {
		const struct market_instr *in = &s->market.instrs[instr];
		struct agenda_entry entry = { .instr = instr };

		s->now_ns += 500;
		if (!in->iex_listed)
			continue;
		send(s, &entry, draw_leave(s, instr),
		     iex_encode_directory(entry.bytes, utc_of(s), in->symbol, in->etf ? 0x20 : 0,
					  (uint32_t)in->fair * in->tick_e4));
	}
	for (uint32_t instr = 0; instr < s->market.n_instrs; instr++) {
		struct agenda_entry entry = { .instr = instr };
		uint64_t leave_ns = draw_leave(s, instr);
		const char *symbol = symbol_of(s, instr);

		send(s, &entry, leave_ns, iex_encode_status(entry.bytes, utc_of(s), symbol, 'T', "    "));
		send(s, &entry, leave_ns, iex_encode_operational(entry.bytes, utc_of(s), symbol, 'N'));
		send(s, &entry, leave_ns, iex_encode_short_sale(entry.bytes, utc_of(s), symbol, 0, ' '));
		s->now_ns += 700;
	}
	venue_iex_system(s, 'S');
}

void venue_iex_open(struct sim *s, uint32_t instr)
{
	const struct market_instr *in = &s->market.instrs[instr];
	struct deal deal = { .price_e4 = (uint32_t)in->fair * in->tick_e4,
			     .shares = 100 * (1 + rng_geometric(&s->rng, 50)),
			     .flags = IEX_ENCODE_CROSS,
			     .aggressor = '-' };
	struct agenda_entry entry = { .instr = instr };
	uint64_t leave_ns = draw_leave(s, instr);

	send_trade(s, instr, leave_ns, deal);
	send(s, &entry, leave_ns,
	     iex_encode_official(entry.bytes, utc_of(s), in->symbol, 'Q', deal.price_e4));
	send(s, &entry, leave_ns, iex_encode_security(entry.bytes, utc_of(s), in->symbol, 'O'));
}

void venue_iex_break(struct sim *s, const struct agenda_entry *broken)
{
	struct agenda_entry entry = *broken;
	struct iex_encode_trade trade = { .symbol = symbol_of(s, entry.instr),
					  .utc_ns = utc_of(s),
					  .id = entry.id,
					  .size = entry.shares,
					  .price_e4 = entry.price_e4,
					  .flags = entry.flags };

	entry.code = 'B';
	entry.aggressor = '-';
	entry.event_ns = s->now_ns;
	send(s, &entry, draw_leave(s, entry.instr), iex_encode_break(entry.bytes, &trade));
}

void venue_iex_leave(struct sim *s, const struct agenda_entry *entry)
{
	struct truth_print row = {
		.venue = "iex",
		.symbol = symbol_of(s, entry->instr),
		.utc_ns = s->midnight_ns + entry->event_ns,
		.shares = entry->shares,
		.match = entry->id,
		.price_e4 = entry->price_e4,
		.kind = entry->code,
		.aggressor = entry->aggressor,
		.flags = entry->flags,
	};

	stream_push(&s->iex, utc_of(s), entry->bytes, entry->length);
	if (entry->code == 0)
		return;
	truth_row(&s->trades, &row);
	s->n_rows++;
}
