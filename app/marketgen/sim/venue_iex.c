/* SPDX-License-Identifier: BSD-3-Clause */
// venue_iex.c: the simulated IEX: price levels and trades, sent as DEEP 1.0. Trades precede the level updates
// of the same event; all but the last update of an event carry flag 0. A message reaches the feed some time
// after its event (median 0.3 ms, p99 3.1 ms), in order for each symbol but not across symbols.
#include "app/marketgen/wire/iex_encode.h"
#include "app/marketgen/sim/ladder.h"
#include "app/marketgen/sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DELAY_MEDIAN_NS 0.3e6
#define DELAY_SIGMA     1.0 // p99 ten times the median
#define DELAY_MIN_NS    20000
#define DELAY_MAX_NS    68e6

struct iex {
	struct ladder *ladders; // by instrument
	uint64_t *sent_ns;      // by instrument: its newest message left the venue then
	uint64_t next_trade_id;
};

static struct iex *iex_of(struct exchange *x) { return x->state; }

static const struct market_instr *about(const struct exchange *x, uint32_t instr)
{
	return &x->sim->market.instrs[instr];
}

static const char *symbol_of(const struct exchange *x, uint32_t instr) { return about(x, instr)->symbol; }

static uint64_t utc_of(const struct exchange *x) { return sim_utc(x->sim); }

// Draws when the messages of one event leave; never before those of an earlier event of the instrument: while
// one is on its way, what follows leaves with it.
static uint64_t draw_leave(struct exchange *x, uint32_t instr)
{
	uint64_t ns = iex_of(x)->sent_ns[instr];
	double delay;

	if (ns < x->sim->now_ns + DELAY_MIN_NS) {
		delay = rng_lognormal(&x->sim->rng, DELAY_MEDIAN_NS, DELAY_SIGMA);
		delay = delay < DELAY_MIN_NS ? DELAY_MIN_NS : delay > DELAY_MAX_NS ? DELAY_MAX_NS : delay;
		ns = x->sim->now_ns + (uint64_t)delay;
	}
	return iex_of(x)->sent_ns[instr] = ns;
}

// Puts a message, whose bytes are in the entry, on its way.
static void send(struct exchange *x, struct agenda_entry *entry, uint64_t leave_ns, size_t length)
{
	entry->kind = AGENDA_MESSAGE;
	entry->numbering = x->numbering;
	entry->exchange = x->index;
	entry->ns = leave_ns;
	entry->length = (uint8_t)length;
	x->sim->n_emitted++;
	agenda_push(&x->sim->agenda, entry);
}

static void send_level(struct exchange *x, uint32_t instr, uint64_t leave_ns, enum market_side side,
		       struct ladder_rung rung, bool complete)
{
	struct agenda_entry entry = { .instr = instr };

	send(x, &entry, leave_ns,
	     iex_encode_level(entry.bytes, utc_of(x), symbol_of(x, instr), side == MARKET_BUY, complete,
			      rung.size, rung.price * about(x, instr)->tick_e4));
}

// What a trade report carries besides its symbol and time.
struct deal {
	uint32_t price_e4, shares;
	uint8_t flags;
	char aggressor;
};

static void send_trade(struct exchange *x, uint32_t instr, uint64_t leave_ns, struct deal deal)
{
	uint64_t late_ns = deal.flags & IEX_ENCODE_CROSS ? 0 : sim_late(x->sim),
		 event_ns = x->sim->now_ns - late_ns;
	struct agenda_entry entry = { .instr = instr,
				      .price_e4 = deal.price_e4,
				      .shares = deal.shares,
				      .code = 'T',
				      .aggressor = deal.aggressor,
				      .flags = deal.flags,
				      .event_ns = event_ns,
				      .late_ns = late_ns };
	struct iex_encode_trade trade = { .symbol = symbol_of(x, instr),
					  .utc_ns = x->sim->midnight_ns + event_ns,
					  .size = deal.shares,
					  .price_e4 = deal.price_e4 };
	struct agenda_entry later;

	if (!sim_regular(event_ns))
		entry.flags |= IEX_ENCODE_EXTENDED;
	if (deal.shares < 100)
		entry.flags |= IEX_ENCODE_ODD_LOT;
	iex_of(x)->next_trade_id += 1 + rng_below(&x->sim->rng, 5);
	trade.id = entry.id = iex_of(x)->next_trade_id;
	trade.flags = entry.flags;
	send(x, &entry, leave_ns, iex_encode_trade(entry.bytes, &trade));
	later = entry;
	later.kind = AGENDA_BREAK;
	if (sim_revises(x->sim, x->sim->args->breaks, &later.ns))
		sim_later(x->sim, &later);
}

static uint32_t draw_size(struct exchange *x)
{
	return rng_chance(&x->sim->rng, 0.9) ? 100 * (1 + rng_geometric(&x->sim->rng, 3))
					     : market_shares(&x->sim->rng);
}

static uint32_t best_price(const struct ladder *l, enum market_side side)
{
	const struct ladder_rung *best = ladder_best(l, side);

	return best ? best->price : 0;
}

// A new size at one price; a level that the fair price has run through goes first.
static void update(struct exchange *x, uint32_t instr)
{
	struct ladder *l = &iex_of(x)->ladders[instr];
	const struct market_instr *in = about(x, instr);
	enum market_side side = (enum market_side)rng_below(&x->sim->rng, 2);
	uint32_t bid = best_price(l, MARKET_BUY), ask = best_price(l, MARKET_SELL), other;
	struct ladder_rung rung = { 0 };
	uint64_t leave_ns = draw_leave(x, instr);

	if (bid > in->fair || (ask != 0 && ask < in->fair)) {
		side = bid > in->fair ? MARKET_BUY : MARKET_SELL;
		rung.price = side == MARKET_BUY ? bid : ask;
	} else {
		rung.price = market_price(in, side, false, &x->sim->rng);
		other = side == MARKET_BUY ? ask : bid;
		if (other != 0 && side == MARKET_BUY && rung.price >= other)
			rung.price = other - 1;
		if (other != 0 && side == MARKET_SELL && rung.price <= other)
			rung.price = other + 1;
		if (ladder_size(l, side, rung.price) == 0 || !rng_chance(&x->sim->rng, 0.45))
			rung.size = draw_size(x);
		if (rung.price == 0)
			return;
	}
	if (rung.size > 0 && ladder_size(l, side, rung.price) == 0 &&
	    (l->n_rungs[side] == LADDER_RUNGS_MAX ||
	     (l->n_rungs[side] > 4 && rng_chance(&x->sim->rng, 0.3)))) {
		// an order moves: the old level goes, the new one comes, one event
		struct ladder_rung gone = { l->rungs[side][0].price, 0 };

		ladder_set(l, side, gone.price, 0);
		send_level(x, instr, leave_ns, side, gone, false);
	}
	ladder_set(l, side, rung.price, rung.size);
	send_level(x, instr, leave_ns, side, rung, true);
}

// Midpoint of the touch, where much of IEX trades against hidden orders: no level changes.
static void trade_hidden(struct exchange *x, uint32_t instr, uint32_t bid, uint32_t ask)
{
	uint32_t tick_e4 = about(x, instr)->tick_e4;
	struct deal deal = { .price_e4 = (bid * tick_e4 + ask * tick_e4) / 2,
			     .shares = market_shares(&x->sim->rng),
			     .aggressor = rng_below(&x->sim->rng, 2) ? 'B' : 'S' };

	send_trade(x, instr, draw_leave(x, instr), deal);
}

// Takes one to four levels: all reports, then all updates of the one event.
static void trade_visible(struct exchange *x, uint32_t instr, enum market_side side)
{
	struct ladder *l = &iex_of(x)->ladders[instr];
	struct ladder_rung changed[4];
	bool sweep = rng_chance(&x->sim->rng, 0.1);
	uint32_t n_levels = sweep ? 2 + rng_below(&x->sim->rng, 3) : 1, n = 0;
	uint64_t leave_ns = draw_leave(x, instr);

	for (; n < n_levels && l->n_rungs[side] > 1; n++) {
		struct ladder_rung rung = *ladder_best(l, side);
		uint32_t shares = sweep && n + 1 < n_levels ? rung.size : market_shares(&x->sim->rng);
		struct deal deal = { .price_e4 = rung.price * about(x, instr)->tick_e4,
				     .shares = shares,
				     .flags = sweep ? IEX_ENCODE_ISO : 0,
				     .aggressor = side == MARKET_BUY ? 'S' : 'B' };

		if (deal.shares > rung.size)
			deal.shares = rung.size;
		send_trade(x, instr, leave_ns, deal);
		rung.size -= deal.shares;
		ladder_set(l, side, rung.price, rung.size);
		changed[n] = rung;
		if (rung.size > 0) { // the order was filled within this level
			n++;
			break;
		}
	}
	for (uint32_t i = 0; i < n; i++)
		send_level(x, instr, leave_ns, side, changed[i], i + 1 == n);
}

static void iex_act(struct exchange *x, uint32_t instr)
{
	const struct ladder *l = &iex_of(x)->ladders[instr];
	uint32_t bid = best_price(l, MARKET_BUY), ask = best_price(l, MARKET_SELL);
	bool build = x->sim->now_ns < x->sim->profile.built_ns;

	if (bid == 0 || ask == 0 || !rng_chance(&x->sim->rng, build ? 0.001 : 0.02)) {
		update(x, instr);
		return;
	}
	if (rng_chance(&x->sim->rng, 0.5))
		trade_hidden(x, instr, bid, ask);
	else
		trade_visible(x, instr, (enum market_side)rng_below(&x->sim->rng, 2));
}

// The market's 'Q' is 'R' here. The message is the feed's own, ahead of what happens after it.
static void iex_system(struct exchange *x, char code)
{
	struct agenda_entry entry = { 0 };
	uint64_t leave_ns = x->sim->now_ns + DELAY_MIN_NS;

	send(x, &entry, leave_ns, iex_encode_system(entry.bytes, utc_of(x), code == 'Q' ? 'R' : code));
}

static void tell_state(struct exchange *x, uint32_t instr, char state, const char *reason)
{
	struct agenda_entry entry = { .instr = instr };

	send(x, &entry, draw_leave(x, instr),
	     iex_encode_status(entry.bytes, utc_of(x), symbol_of(x, instr), state, reason));
}

static void iex_halt(struct exchange *x, uint32_t instr, char code)
{
	tell_state(x, instr, code, code == 'P' ? "LUDP" : "T1  ");
}

static void iex_resume(struct exchange *x, uint32_t instr) { tell_state(x, instr, 'T', "    "); }

// System event, directory of the listed, then status spins of all symbols.
static void iex_begin(struct exchange *x)
{
	iex_system(x, 'O');
	for (uint32_t instr = 0; instr < x->sim->market.n_instrs; instr++) {
		const struct market_instr *in = about(x, instr);
		struct agenda_entry entry = { .instr = instr };

		x->sim->now_ns += 500;
		if (!in->iex_listed)
			continue;
		send(x, &entry, draw_leave(x, instr),
		     iex_encode_directory(entry.bytes, utc_of(x), in->symbol, in->etf ? 0x20 : 0,
					  (uint32_t)in->fair * in->tick_e4));
	}
	for (uint32_t instr = 0; instr < x->sim->market.n_instrs; instr++) {
		struct agenda_entry entry = { .instr = instr };
		uint64_t leave_ns = draw_leave(x, instr);
		const struct market_instr *in = about(x, instr);
		char state = in->halted ? in->state : 'T';
		const char *symbol = in->symbol, *reason = state == 'T'   ? "    "
							   : state == 'P' ? "LUDP"
									  : "T1  ";

		send(x, &entry, leave_ns, iex_encode_status(entry.bytes, utc_of(x), symbol, state, reason));
		send(x, &entry, leave_ns, iex_encode_operational(entry.bytes, utc_of(x), symbol, 'N'));
		send(x, &entry, leave_ns, iex_encode_short_sale(entry.bytes, utc_of(x), symbol, 0, ' '));
		x->sim->now_ns += 700;
	}
	iex_system(x, 'S');
}

// Opening and closing auctions of an IEX-listed instrument: cross print, official price, security event.
static void iex_cross(struct exchange *x, uint32_t instr, char type)
{
	const struct market_instr *in = about(x, instr);
	struct deal deal = { .price_e4 = (uint32_t)in->fair * in->tick_e4,
			     .flags = IEX_ENCODE_CROSS,
			     .aggressor = '-' };
	struct agenda_entry entry = { .instr = instr };
	uint64_t leave_ns;

	if (!in->iex_listed)
		return;
	deal.shares = 100 * (1 + rng_geometric(&x->sim->rng, 50));
	leave_ns = draw_leave(x, instr);
	send_trade(x, instr, leave_ns, deal);
	send(x, &entry, leave_ns,
	     iex_encode_official(entry.bytes, utc_of(x), in->symbol, type == 'O' ? 'Q' : 'M', deal.price_e4));
	send(x, &entry, leave_ns, iex_encode_security(entry.bytes, utc_of(x), in->symbol, type));
}

static void iex_bust(struct exchange *x, const struct agenda_entry *broken)
{
	struct agenda_entry entry = *broken;
	struct iex_encode_trade trade = { .symbol = symbol_of(x, entry.instr),
					  .utc_ns = utc_of(x),
					  .id = entry.id,
					  .size = entry.shares,
					  .price_e4 = entry.price_e4,
					  .flags = entry.flags };

	entry.code = 'B';
	entry.aggressor = '-';
	entry.event_ns = x->sim->now_ns;
	entry.late_ns = 0;
	send(x, &entry, draw_leave(x, entry.instr), iex_encode_break(entry.bytes, &trade));
}

static void iex_leave(struct exchange *x, const struct agenda_entry *entry)
{
	struct truth_print row = {
		.exchange = x,
		.symbol = symbol_of(x, entry->instr),
		.utc_ns = x->sim->midnight_ns + entry->event_ns,
		.late_ns = entry->late_ns,
		.shares = entry->shares,
		.match = entry->id,
		.price_e4 = entry->price_e4,
		.kind = entry->code,
		.aggressor = entry->aggressor,
		.flags = entry->flags,
		.auction = (entry->flags & IEX_ENCODE_CROSS) != 0,
	};

	// What a restart overtook tells of a book that is no more, but for prints and breaks.
	if (entry->numbering != x->numbering && entry->code == 0)
		return;
	stream_push(&x->stream, utc_of(x), entry->bytes, entry->length);
	if (entry->code != 0)
		sim_print(x->sim, &row);
}

static void iex_restart(struct exchange *x)
{
	memset(iex_of(x)->ladders, 0, x->sim->market.n_instrs * sizeof(struct ladder));
}

static int iex_init(struct exchange *x)
{
	uint32_t n = x->sim->market.n_instrs;
	struct iex *iex = x->state = calloc(1, sizeof *iex);

	if (iex == NULL)
		return -ENOMEM;
	iex->ladders = calloc(n, sizeof *iex->ladders);
	iex->sent_ns = calloc(n, sizeof *iex->sent_ns);
	return iex->ladders == NULL || iex->sent_ns == NULL ? -ENOMEM : 0;
}

static void iex_fini(struct exchange *x)
{
	if (x->state == NULL)
		return;
	free(iex_of(x)->ladders);
	free(iex_of(x)->sent_ns);
	free(x->state);
}

const struct exchange_ops venue_iex = {
	.name = "iex",
	.title = "IEX: DEEP 1.0 in IEX-TP",
	.share = 0.1,
	.lines = { { .format = &iex_encode_tp,
		     .payload_max = 1472,
		     .gap_ns = 10000,
		     .latency_ns = 20000,
		     .address = { WIRE_IP(23, 226, 155, 132), WIRE_IP(233, 215, 21, 4), 10378, 10378 } },
		   { .format = &iex_encode_tp,
		     .payload_max = 1390,
		     .gap_ns = 7000,
		     .latency_ns = 26000,
		     .address = { WIRE_IP(23, 226, 155, 196), WIRE_IP(233, 215, 21, 132), 10378, 10378 } } },
	.init = iex_init,
	.fini = iex_fini,
	.begin = iex_begin,
	.restart = iex_restart,
	.act = iex_act,
	.system = iex_system,
	.halt = iex_halt,
	.resume = iex_resume,
	.cross = iex_cross,
	.leave = iex_leave,
	.bust = iex_bust,
};
