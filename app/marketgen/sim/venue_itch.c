/* SPDX-License-Identifier: BSD-3-Clause */
// venue_itch.c: the simulated Nasdaq, sent as ITCH 5.0. The mix of actions is that of published full days:
// adds 46 %, deletes 42 %, replaces 8 %, executions 2 %, partial cancels 1 %, hidden prints 0.5 %.
#include "app/marketgen/sim/flow.h"
#include "app/marketgen/wire/itch_encode.h"

#include <errno.h>
#include <stdlib.h>

static struct flow *flow_of(struct exchange *x) { return x->state; }

static const struct market_instr *about(const struct exchange *x, uint32_t instr)
{
	return &x->sim->market.instrs[instr];
}

static struct itch_encode_head head_of(const struct exchange *x, uint32_t instr)
{
	return (struct itch_encode_head){ x->sim->now_ns, about(x, instr)->locate, .tracking = 2 };
}

static void emit(struct exchange *x, const uint8_t *message, size_t n_bytes)
{
	x->sim->n_emitted++;
	stream_push(&x->stream, sim_utc(x->sim), message, (uint32_t)n_bytes);
}

static void add(struct exchange *x, uint32_t instr, const struct flow_order *o)
{
	static const char mpids[][5] = { "NITE", "CDRG", "JPMS", "GSCO", "SBSH", "UBSS" };
	struct itch_encode_order order = { .symbol = about(x, instr)->symbol,
					   .ref = o->ref,
					   .shares = o->shares,
					   .price_e4 = o->price_e4,
					   .side = o->side == MARKET_BUY ? 'B' : 'S' };
	uint8_t message[ITCH_ENCODE_MAX];

	if (rng_chance(&x->sim->rng, 0.01))
		order.mpid = mpids[rng_below(&x->sim->rng, 6)];
	emit(x, message, itch_encode_add(message, head_of(x, instr), &order));
}

static void remove_order(struct exchange *x, uint32_t instr, uint64_t ref)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message, itch_encode_delete(message, head_of(x, instr), ref));
}

static void reduce(struct exchange *x, uint32_t instr, const struct flow_order *o, uint32_t shares)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message, itch_encode_cancel(message, head_of(x, instr), o->ref, shares));
}

static void replace(struct exchange *x, uint32_t instr, uint64_t old_ref, const struct flow_order *o)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message,
	     itch_encode_replace(message, head_of(x, instr), old_ref, o->ref, o->shares, o->price_e4));
}

static void executed(struct exchange *x, uint32_t instr, const struct flow_order *o, struct truth_print *row)
{
	uint8_t message[ITCH_ENCODE_MAX];
	size_t n_bytes;

	if (row->kind == 'E')
		n_bytes = itch_encode_executed(message, head_of(x, instr), o->ref, (uint32_t)row->shares,
					       row->match);
	else
		n_bytes = itch_encode_executed_at(message, head_of(x, instr), o->ref, (uint32_t)row->shares,
						  row->match, row->kind == 'C', row->price_e4);
	emit(x, message, n_bytes);
}

static void hidden(struct exchange *x, uint32_t instr, struct truth_print *row)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message,
	     itch_encode_trade(message, head_of(x, instr), row->symbol, (uint32_t)row->shares, row->price_e4,
			       row->match));
}

static void crossed(struct exchange *x, uint32_t instr, const struct flow_cross *c, struct truth_print *row)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message,
	     itch_encode_cross(message, head_of(x, instr), row->symbol, c->shares, c->price_e4, c->id,
			       c->type));
}

static void notice(struct exchange *x, uint32_t instr)
{
	const struct market_instr *in = about(x, instr);
	uint32_t near_e4 = (uint32_t)in->fair * in->tick_e4;
	struct rng *rng = &x->sim->rng;
	struct itch_encode_noii n = {
		.symbol = in->symbol,
		.paired = 100ull * rng_geometric(rng, 200),
		.direction = "BSN"[rng_below(rng, 3)],
		.near_e4 = near_e4,
		.far_e4 = near_e4,
		.ref_e4 = near_e4,
		.variation = 'L',
		.cross_type = x->sim->now_ns < PROFILE_OPEN_NS ? 'O'
			      : flow_near_close(x->sim)        ? 'C'
							       : 'H',
	};
	uint8_t message[ITCH_ENCODE_MAX];

	if (n.direction != 'N')
		n.imbalance = 1 + rng_geometric(rng, 5000);
	emit(x, message, itch_encode_noii(message, head_of(x, instr), &n));
}

static const struct flow_wire wire = {
	.build = { 0.815, 0.085, 0.06, 0.003, 0.005, 0.001, 0.031 },
	.day = { 0.4420, 0.4405, 0.081, 0.0165, 0.0110, 0.0055, 0.0035 },
	.add = add,
	.remove = remove_order,
	.reduce = reduce,
	.replace = replace,
	.executed = executed,
	.hidden = hidden,
	.crossed = crossed,
	.notice = notice,
};

static int itch_init(struct exchange *x)
{
	x->state = calloc(1, sizeof(struct flow));
	return x->state == NULL ? -ENOMEM : flow_init(flow_of(x), &wire, x);
}

static void itch_fini(struct exchange *x)
{
	if (x->state != NULL)
		flow_fini(flow_of(x));
	free(x->state);
}

static void itch_restart(struct exchange *x) { flow_restart(flow_of(x)); }

static void itch_act(struct exchange *x, uint32_t instr) { flow_act(flow_of(x), instr); }

static void itch_system(struct exchange *x, char event)
{
	struct itch_encode_head head = { .ns = x->sim->now_ns };
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message, itch_encode_system(message, head, event));
}

// Stock trading action: P paused, H halted, Q quotation only, T trading.
static void tell_state(struct exchange *x, uint32_t instr, char state, const char *reason)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message,
	     itch_encode_action(message, head_of(x, instr), about(x, instr)->symbol, state, reason));
}

// The state at the start of day, or of another numbering.
static void tell_present(struct exchange *x, uint32_t instr)
{
	const struct market_instr *in = about(x, instr);

	tell_state(x, instr, in->halted ? in->state : 'T',
		   !in->halted        ? "    "
		   : in->state == 'P' ? "LUDP"
				      : "T1  ");
}

static void itch_halt(struct exchange *x, uint32_t instr, char code)
{
	tell_state(x, instr, code, code == 'P' ? "LUDP" : "T1  ");
}

static void itch_resume(struct exchange *x, uint32_t instr)
{
	tell_state(x, instr, 'Q', "LUDP");
	flow_cross(flow_of(x), instr, 'H');
	tell_state(x, instr, 'T', "    ");
}

static void itch_cross(struct exchange *x, uint32_t instr, char type) { flow_cross(flow_of(x), instr, type); }

static void itch_bust(struct exchange *x, const struct agenda_entry *entry)
{
	uint8_t message[ITCH_ENCODE_MAX];

	emit(x, message, itch_encode_broken(message, head_of(x, entry->instr), entry->id));
	flow_broken(flow_of(x), entry);
}

// System event, then directory, trading action, Reg SHO and some participants of each instrument.
static void itch_begin(struct exchange *x)
{
	const struct market *market = &x->sim->market;
	struct rng *rng = &x->sim->rng;
	uint8_t message[ITCH_ENCODE_MAX];

	itch_system(x, 'O');
	for (uint32_t l = 0; l < market->n_instrs; l++) {
		uint32_t instr = market->by_locate[l];
		const struct market_instr *in = about(x, instr);
		struct itch_encode_directory directory = { .symbol = in->symbol,
							   .category = in->etf ? 'P' : "QGSN"[instr & 3],
							   .etf = in->etf,
							   .tier = instr < 1000 ? '1' : '2' };

		x->sim->now_ns += 200 + rng_below(rng, 600);
		emit(x, message, itch_encode_directory(message, head_of(x, instr), &directory));
		tell_present(x, instr);
		emit(x, message,
		     itch_encode_regsho(message, head_of(x, instr), in->symbol,
					rng_chance(rng, 0.01) ? '1' : '0'));
		if (rng_chance(rng, 0.05))
			emit(x, message,
			     itch_encode_position(message, head_of(x, instr), in->symbol, "NITE"));
	}
	itch_system(x, 'S');
}

const struct exchange_ops venue_itch = {
	.name = "itch",
	.title = "Nasdaq: ITCH 5.0 in MoldUDP64",
	.share = 0.9,
	.has_raw = true,
	.lines = { { .format = &itch_encode_mold,
		     .payload_max = 1472,
		     .gap_ns = 10000,
		     .latency_ns = 5000,
		     .address = { WIRE_IP(206, 200, 251, 10), WIRE_IP(233, 54, 12, 111), 26400, 26477 } },
		   { .format = &itch_encode_mold,
		     .payload_max = 1390,
		     .gap_ns = 7000,
		     .latency_ns = 9000,
		     .address = { WIRE_IP(206, 200, 251, 138), WIRE_IP(233, 49, 196, 111), 26400, 26477 } } },
	.init = itch_init,
	.fini = itch_fini,
	.begin = itch_begin,
	.restart = itch_restart,
	.act = itch_act,
	.system = itch_system,
	.halt = itch_halt,
	.resume = itch_resume,
	.cross = itch_cross,
	.bust = itch_bust,
};
