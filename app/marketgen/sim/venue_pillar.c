/* SPDX-License-Identifier: BSD-3-Clause */
// venue_pillar.c: the simulated NYSE Arca, sent as its Integrated feed (Pillar). Frequent messages carry only
// the nanoseconds of their time: each matching engine partition tells the second before its first message of
// it, and again after a print that is from an earlier one. Arca holds auctions of the instruments that it
// lists, the funds.
#include "app/marketgen/sim/flow.h"
#include "app/marketgen/wire/pillar_encode.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PARTITIONS   4
#define INDEX_BASE   20000   // of symbol indices
#define SCALE_LOW_E4 5000000 // from 500 dollars on, prices have four decimals instead of six
#define SOLD_IF_LATE 0.3     // share of late prints that say they are out of sequence
#define OUT_OF_LINE  0.02    // share of hidden prints with a condition that limits what they count for

struct symbol {
	uint32_t seq;    // of its newest message
	uint32_t factor; // of prices of 1e-4 dollars to the wire's
	uint8_t scale, system;
	bool traded; // since the last summary
	struct pillar_encode_summary summary;
};

struct arca {
	struct flow flow;
	struct symbol *symbols; // by instrument
	uint32_t *traded;       // instruments with symbols[].traded
	uint32_t n_traded;
	uint32_t second_s[PARTITIONS]; // last told
};

static struct arca *arca_of(struct exchange *x) { return x->state; }

static const struct market_instr *market_of(const struct exchange *x, uint32_t instr)
{
	return &x->sim->market.instrs[instr];
}

static bool listed(const struct exchange *x, uint32_t instr) { return market_of(x, instr)->etf; }

static uint32_t wire_price(struct exchange *x, uint32_t instr, uint32_t price_e4)
{
	return price_e4 * arca_of(x)->symbols[instr].factor;
}

static void emit(struct exchange *x, const uint8_t *message, size_t n_bytes)
{
	x->sim->n_emitted++;
	stream_push(&x->stream, sim_utc(x->sim), message, (uint32_t)n_bytes);
}

// What a message with all of its time begins with; numbered 0: without the symbol's number.
static struct pillar_encode_about full(struct exchange *x, uint32_t instr, bool numbered)
{
	struct symbol *symbol = &arca_of(x)->symbols[instr];

	return (struct pillar_encode_about){ .utc_ns = sim_utc(x->sim),
					     .index = INDEX_BASE + market_of(x, instr)->locate,
					     .seq = numbered ? ++symbol->seq : 0 };
}

// What a frequent message begins with; of utc_ns, whose second is told if it was not.
static struct pillar_encode_about at(struct exchange *x, uint32_t instr, uint64_t utc_ns)
{
	struct arca *arca = arca_of(x);
	uint32_t *told_s = &arca->second_s[arca->symbols[instr].system - 1],
		 s = (uint32_t)(utc_ns / NS_PER_S);
	struct pillar_encode_about about = full(x, instr, true);
	uint8_t message[PILLAR_ENCODE_MAX];

	if (*told_s != s)
		emit(x, message, pillar_encode_time(message, arca->symbols[instr].system, s));
	*told_s = s;
	about.utc_ns = utc_ns;
	return about;
}

static struct pillar_encode_about now(struct exchange *x, uint32_t instr)
{
	return at(x, instr, sim_utc(x->sim));
}

static struct pillar_encode_order order_of(struct exchange *x, uint32_t instr, const struct flow_order *o)
{
	return (struct pillar_encode_order){ .ref = o->ref,
					     .price = wire_price(x, instr, o->price_e4),
					     .volume = o->shares,
					     .side = o->side == MARKET_BUY ? 'B' : 'S' };
}

static void add(struct exchange *x, uint32_t instr, const struct flow_order *o)
{
	struct pillar_encode_order order = order_of(x, instr, o);
	uint8_t message[PILLAR_ENCODE_MAX];

	emit(x, message, pillar_encode_add(message, now(x, instr), &order));
}

static void remove_order(struct exchange *x, uint32_t instr, uint64_t ref)
{
	uint8_t message[PILLAR_ENCODE_MAX];

	emit(x, message, pillar_encode_delete(message, now(x, instr), ref));
}

static void reduce(struct exchange *x, uint32_t instr, const struct flow_order *o, uint32_t shares)
{
	struct pillar_encode_order order = order_of(x, instr, o);
	uint8_t message[PILLAR_ENCODE_MAX];

	(void)shares;
	emit(x, message, pillar_encode_modify(message, now(x, instr), &order, false));
}

static void replace(struct exchange *x, uint32_t instr, uint64_t old_ref, const struct flow_order *o)
{
	struct pillar_encode_order order = order_of(x, instr, o);
	uint8_t message[PILLAR_ENCODE_MAX];

	if (old_ref == o->ref)
		emit(x, message, pillar_encode_modify(message, now(x, instr), &order, true));
	else
		emit(x, message, pillar_encode_replace(message, now(x, instr), old_ref, &order));
}

// Into the statistics of the summary, as a print updates them.
static void summarise(struct exchange *x, uint32_t instr, uint32_t price, uint32_t volume)
{
	struct arca *arca = arca_of(x);
	struct symbol *symbol = &arca->symbols[instr];
	struct pillar_encode_summary *sum = &symbol->summary;

	if (sum->open == 0)
		*sum = (struct pillar_encode_summary){ .open = price, .high = price, .low = price };
	sum->close = price;
	sum->high = price > sum->high ? price : sum->high;
	sum->low = price < sum->low ? price : sum->low;
	sum->volume += volume;
	if (!symbol->traded)
		arca->traded[arca->n_traded++] = instr;
	symbol->traded = true;
}

// What is the same of both kinds of trades: their time, conditions (the first two given) and statistics.
static struct pillar_encode_trade trade_of(struct exchange *x, uint32_t instr, struct truth_print *row,
					   const char *first)
{
	uint64_t midnight_ns = x->sim->midnight_ns;
	bool printable = row->kind != 'N';

	if (printable)
		row->late_ns = sim_late(x->sim);
	row->utc_ns -= row->late_ns;
	memcpy(row->conditions, first, 4);
	if (row->late_ns > 0 && rng_chance(&x->sim->rng, SOLD_IF_LATE))
		row->conditions[2] = 'Z';
	if (printable && !sim_regular(row->utc_ns - midnight_ns))
		row->conditions[2] = row->conditions[2] == 'Z' ? 'U' : 'T';
	if (printable && row->shares < 100 && row->conditions[3] == ' ')
		row->conditions[3] = 'I';
	if (printable)
		summarise(x, instr, wire_price(x, instr, row->price_e4), (uint32_t)row->shares);
	return (struct pillar_encode_trade){ .id = (uint32_t)row->match,
					     .price = wire_price(x, instr, row->price_e4),
					     .volume = (uint32_t)row->shares,
					     .printable = printable,
					     .conditions = row->conditions };
}

static void executed(struct exchange *x, uint32_t instr, const struct flow_order *o, struct truth_print *row)
{
	bool sweep = row->kind != 'N' && rng_chance(&x->sim->rng, 0.2);
	struct pillar_encode_trade trade = trade_of(x, instr, row, sweep ? "@F  " : "@   ");
	uint8_t message[PILLAR_ENCODE_MAX];

	trade.ref = o->ref;
	emit(x, message, pillar_encode_execution(message, at(x, instr, row->utc_ns), &trade));
}

// A few are sold out of sequence, or contingent on something else.
static void hidden(struct exchange *x, uint32_t instr, struct truth_print *row)
{
	static const char unusual[][5] = { "@ Z ", "@7  ", "@  V" };
	bool odd = rng_chance(&x->sim->rng, OUT_OF_LINE);
	const char *conditions = odd ? unusual[rng_below(&x->sim->rng, 3)] : "@   ";
	struct pillar_encode_trade trade = trade_of(x, instr, row, conditions);
	uint8_t message[PILLAR_ENCODE_MAX];

	emit(x, message, pillar_encode_hidden(message, at(x, instr, row->utc_ns), &trade));
}

static void crossed(struct exchange *x, uint32_t instr, const struct flow_cross *c, struct truth_print *row)
{
	char type = c->type == 'O' ? 'O' : c->type == 'C' ? '6' : '5';
	uint32_t price = wire_price(x, instr, c->price_e4);
	uint8_t message[PILLAR_ENCODE_MAX];

	row->cross_type = type;
	if (c->shares == 0)
		return;
	summarise(x, instr, price, (uint32_t)c->shares);
	emit(x, message,
	     pillar_encode_cross(message, now(x, instr), (uint32_t)c->id, price, (uint32_t)c->shares, type));
}

static void tell_imbalance(struct exchange *x, uint32_t instr, char type, uint16_t hhmm)
{
	struct rng *rng = &x->sim->rng;
	uint32_t price =
		wire_price(x, instr, (uint32_t)market_of(x, instr)->fair * market_of(x, instr)->tick_e4);
	struct pillar_encode_imbalance i = { .reference = price,
					     .paired = 100 * rng_geometric(rng, 200),
					     .auction_time = hhmm,
					     .type = type,
					     .side = "BS "[rng_below(rng, 3)],
					     .clearing = price,
					     .indicative = price,
					     .upper = price + price / 20,
					     .lower = price - price / 20 };
	uint8_t message[PILLAR_ENCODE_MAX];

	if (i.side != ' ')
		i.total = i.market = 1 + rng_geometric(rng, 5000);
	emit(x, message, pillar_encode_imbalance(message, full(x, instr, true), &i));
}

// Imbalances of listed instruments before an auction, else a change of retail interest.
static void notice(struct exchange *x, uint32_t instr)
{
	uint8_t message[PILLAR_ENCODE_MAX];
	bool early = x->sim->now_ns < PROFILE_OPEN_NS;

	if (listed(x, instr) && (early || flow_near_close(x->sim)))
		tell_imbalance(x, instr, early ? 'M' : 'C', early ? 930 : 1600);
	else
		emit(x, message,
		     pillar_encode_retail(message, now(x, instr), " ABC"[rng_below(&x->sim->rng, 4)]));
}

static const struct flow_wire wire = {
	.build = { 0.815, 0.085, 0.06, 0.003, 0.005, 0.001, 0.031 },
	.day = { 0.4420, 0.4405, 0.078, 0.0165, 0.0110, 0.0055, 0.0065 },
	.keeps_ref = 0.3,
	.corrects = true,
	.add = add,
	.remove = remove_order,
	.reduce = reduce,
	.replace = replace,
	.executed = executed,
	.hidden = hidden,
	.crossed = crossed,
	.notice = notice,
};

static int arca_init(struct exchange *x)
{
	uint32_t n = x->sim->market.n_instrs;
	struct arca *arca = x->state = calloc(1, sizeof *arca);

	if (arca == NULL)
		return -ENOMEM;
	arca->symbols = calloc(n, sizeof *arca->symbols);
	arca->traded = calloc(n, sizeof *arca->traded);
	if (arca->symbols == NULL || arca->traded == NULL)
		return -ENOMEM;
	for (uint32_t instr = 0; instr < n; instr++) {
		const struct market_instr *in = market_of(x, instr);
		bool low = in->fair * in->tick_e4 >= SCALE_LOW_E4;

		arca->symbols[instr] = (struct symbol){ .scale = low ? 4 : 6,
							.factor = low ? 1 : 100,
							.system = (uint8_t)(1 + in->locate % PARTITIONS) };
	}
	return flow_init(&arca->flow, &wire, x);
}

static void arca_fini(struct exchange *x)
{
	if (x->state == NULL)
		return;
	flow_fini(&arca_of(x)->flow);
	free(arca_of(x)->symbols);
	free(arca_of(x)->traded);
	free(x->state);
}

static void arca_act(struct exchange *x, uint32_t instr) { flow_act(&arca_of(x)->flow, instr); }

// The session of the moment: early, core (open), late, closed.
static char session_of(const struct exchange *x)
{
	uint64_t ns = x->sim->now_ns;

	return ns < PROFILE_OPEN_NS ? 'E' : ns < PROFILE_CLOSE_NS ? 'O' : ns < PROFILE_LAST_NS ? 'L' : 'X';
}

static void tell_status(struct exchange *x, uint32_t instr, char status, char condition)
{
	struct pillar_encode_status s = { status, condition, session_of(x) };
	uint8_t message[PILLAR_ENCODE_MAX];

	emit(x, message, pillar_encode_security(message, full(x, instr, true), &s));
}

// The feed has no events of its own: at the end of the day each symbol closes.
static void arca_system(struct exchange *x, char code)
{
	for (uint32_t instr = 0; code == 'E' && instr < x->sim->market.n_instrs; instr++)
		tell_status(x, instr, 'X', '~');
}

static void arca_halt(struct exchange *x, uint32_t instr, char code)
{
	tell_status(x, instr, '4', code == 'P' ? 'M' : 'D');
}

static void arca_resume(struct exchange *x, uint32_t instr)
{
	if (listed(x, instr)) {
		uint64_t minute = x->sim->now_ns / (60 * NS_PER_S);

		tell_imbalance(x, instr, 'H', (uint16_t)(minute / 60 * 100 + minute % 60));
		flow_cross(&arca_of(x)->flow, instr, 'H');
	}
	tell_status(x, instr, '5', '~');
}

static void arca_cross(struct exchange *x, uint32_t instr, char type)
{
	if (listed(x, instr))
		flow_cross(&arca_of(x)->flow, instr, type);
	tell_status(x, instr, session_of(x), '~');
}

static void arca_bust(struct exchange *x, const struct agenda_entry *entry)
{
	uint8_t message[PILLAR_ENCODE_MAX];

	arca_of(x)->symbols[entry->instr].summary.volume -= entry->shares;
	emit(x, message, pillar_encode_cancel(message, now(x, entry->instr), (uint32_t)entry->id));
	flow_broken(&arca_of(x)->flow, entry);
}

static void arca_correct(struct exchange *x, const struct agenda_entry *entry)
{
	uint8_t message[PILLAR_ENCODE_MAX];

	arca_of(x)->symbols[entry->instr].summary.volume += entry->shares - entry->shares_before;
	emit(x, message,
	     pillar_encode_correction(message, now(x, entry->instr), (uint32_t)entry->id, entry->shares));
	flow_corrected(&arca_of(x)->flow, entry);
}

// Once a minute a summary of what has traded.
static void arca_minute(struct exchange *x)
{
	struct arca *arca = arca_of(x);

	for (uint32_t i = 0; i < arca->n_traded; i++) {
		uint32_t instr = arca->traded[i];
		uint8_t message[PILLAR_ENCODE_MAX];

		arca->symbols[instr].traded = false;
		emit(x, message,
		     pillar_encode_summary(message, full(x, instr, false), &arca->symbols[instr].summary));
	}
	arca->n_traded = 0;
}

static void introduce(struct exchange *x, uint32_t instr)
{
	const struct market_instr *in = market_of(x, instr);
	struct symbol *symbol = &arca_of(x)->symbols[instr];
	struct pillar_encode_about about = full(x, instr, false);
	struct pillar_encode_symbol mapping = { .index = about.index,
						.system = symbol->system,
						.listing = in->etf          ? 'P'
							   : in->iex_listed ? 'V'
									    : "QQN"[instr % 3],
						.scale = symbol->scale,
						.close_volume = 100 };
	uint8_t message[PILLAR_ENCODE_MAX];

	mapping.close_price = wire_price(x, instr, (uint32_t)in->fair * in->tick_e4);
	pillar_encode_name(mapping.symbol, in->symbol);
	emit(x, message, pillar_encode_mapping(message, &mapping));
	about.seq = 1;
	emit(x, message, pillar_encode_clear(message, about));
	tell_status(x, instr, session_of(x), '~');
	if (in->halted)
		tell_status(x, instr, '4', in->state == 'P' ? 'M' : 'D');
}

static void arca_restart(struct exchange *x)
{
	struct arca *arca = arca_of(x);

	flow_restart(&arca->flow);
	memset(arca->second_s, 0, sizeof arca->second_s);
	for (uint32_t instr = 0; instr < x->sim->market.n_instrs; instr++)
		arca->symbols[instr].seq = 0;
}

static void arca_begin(struct exchange *x)
{
	uint8_t message[PILLAR_ENCODE_MAX];

	x->sim->n_emitted++;
	stream_prime(&x->stream, sim_utc(x->sim), message,
		     (uint32_t)pillar_encode_reset(message, sim_utc(x->sim)));
	x->sim->now_ns += PACKETS_PRIMING * NS_PER_MS;
	for (uint32_t l = 0; l < x->sim->market.n_instrs; l++) {
		x->sim->now_ns += 200 + rng_below(&x->sim->rng, 600);
		introduce(x, x->sim->market.by_locate[l]);
	}
}

const struct exchange_ops venue_pillar = {
	.name = "pillar",
	.title = "NYSE Arca: Integrated feed in Pillar packets",
	.share = 0.35,
	.lines = { { .format = &pillar_encode_packets,
		     .payload_max = 1400,
		     .gap_ns = 10000,
		     .latency_ns = 15000,
		     .address = { WIRE_IP(162, 68, 17, 10), WIRE_IP(224, 0, 59, 76), 11076, 11076 } },
		   { .format = &pillar_encode_packets,
		     .payload_max = 1320,
		     .gap_ns = 7000,
		     .latency_ns = 21000,
		     .address = { WIRE_IP(162, 68, 17, 138), WIRE_IP(224, 0, 59, 204), 11204, 11204 } } },
	.init = arca_init,
	.fini = arca_fini,
	.begin = arca_begin,
	.restart = arca_restart,
	.act = arca_act,
	.system = arca_system,
	.halt = arca_halt,
	.resume = arca_resume,
	.cross = arca_cross,
	.bust = arca_bust,
	.correct = arca_correct,
	.minute = arca_minute,
};
