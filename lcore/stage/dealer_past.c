/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_past.c: a live start that begins with what its packet journal holds. The desk hears all of it, so
// that it knows instruments, ranges and quotes, and is deaf to what would make orders: what has left is in
// the order journal, and nothing else is. When it is live, what earlier starts have left goes on.
#include "lcore/base/fnv.h"
#include "lcore/stage/dealer.h"

enum dealer_hears dealer_past(const struct lcore *l)
{
	bool begins = false;

	for (unsigned i = 0; i < l->plant->n_lcores; i++) // of another process: as it says
		begins |= l->plant->lcore[i]->catch_up || l->plant->lcore[i]->shared->behind;
	return begins && plant_live(l->plant) ? DEALER_PAST : DEALER_PRESENT;
}

// The desk is told of it.
static void present(struct dealer *o, uint32_t instr)
{
	const struct dealer_instr *in = &o->instr[instr];

	desk_instrument(&o->desk, instr, in->symbol, o->owner, in->facts);
	desk_tick_table(&o->desk, instr, dealer_tick_table(o->lcore->plant->conf, in->symbol));
}

void dealer_meet(struct dealer *o, uint32_t instr, uint64_t symbol, const struct bar *row)
{
	struct dealer_instr *in = &o->instr[instr];

	in->known = true;
	in->symbol = symbol;
	in->unseen = !row;
	o->n_unseen += in->unseen;
	in->restricted = dealer_restricted(o->lcore->plant->conf, symbol);
	in->facts = row ? dealer_facts(o, in, row) : dealer_facts_unseen(o, in);
	present(o, instr);
}

// Gates that fired while nobody was there: who holds a position that it should not have leaves it. What an
// earlier start has acted on is not done again: it may have been killed by an operator since.
static void leave(struct dealer *o, uint32_t instr)
{
	struct dealer_instr *in = &o->instr[instr];

	for (int side = 0; side < 2; side++)
		if (in->missed[side])
			desk_fire(&o->desk, &(struct desk_decision){ .symbol = in->symbol,
								     .close_ts = in->missed_ns[side],
								     .known_ns = dealer_now(o),
								     .submit_ns = dealer_now(o),
								     .bid = in->bid,
								     .ask = in->ask,
								     .instr = instr,
								     .gate = in->missed[side] - 1,
								     .exit = true,
								     .is_short = side });
	in->missed[0] = in->missed[1] = 0;
}

void dealer_go_on(struct dealer *o, uint32_t instr)
{
	struct dealer_instr *in = &o->instr[instr];
	int64_t held = dealer_restore(o, instr, in->symbol, dealer_now(o));

	if (held)
		dealer_without_fill(o, instr, held);
	dealer_recall(o, instr, in->symbol, dealer_now(o));
	if (held && in->quote_ns)
		desk_quote(&o->desk, instr, in->bid, in->ask, in->quote_ns, dealer_now(o));
	leave(o, instr);
	if (held && o->flatten)
		desk_flatten(&o->desk, instr, dealer_now(o));
}

void dealer_live(struct dealer *o, bool all, uint64_t live_ns)
{
	if (!o->hears)
		return;
	o->hears = all ? DEALER_PRESENT : DEALER_MISSED;
	if (all && live_ns)
		o->offset_ns = (int64_t)live_ns - (int64_t)dealer_host_ns(o);
	for (uint32_t i = 0; all && i < o->conf.desk.orders.instruments; i++) {
		if (!o->instr[i].known)
			continue;
		present(o, i);
		dealer_go_on(o, i);
	}
}

void dealer_past_row(struct dealer *o, const struct bar *b)
{
	struct dealer_instr *in = &o->instr[b->instr];

	if (!in->known)
		dealer_meet(o, b->instr, b->symbol, b);
	dealer_range(in, b);
	if (b->span != SPAN_1S || (b->flags & BAR_PARTIAL_LAST))
		return;
	in->facts = dealer_facts(o, in, b);
	o->n_unseen -= in->unseen;
	in->unseen = false;
	if (b->bid == PX_NULL || b->ask == PX_NULL)
		return;
	in->bid = b->bid;
	in->ask = b->ask;
	in->quote_ns = b->close_ts;
}

void dealer_past_fire(struct dealer *o, const struct fire *f, uint8_t gate)
{
	struct dealer_instr *in = &o->instr[f->instr];
	bool is_short = f->side == GATE_SHORT;

	if (gate >= o->conf.desk.n_gates)
		return;
	o->desk.count[DESK_fires_past]++;
	if (o->hears != DEALER_MISSED || f->stream != GATE_EXIT)
		return;
	in->missed[is_short] = gate + 1;
	in->missed_ns[is_short] = f->decided_ns;
}

struct carry_area dealer_area(const struct dealer *o)
{
	return (struct carry_area){ "desk", o->instr,
				    o->conf.desk.orders.instruments * sizeof(struct dealer_instr) };
}

bool dealer_thaw(struct dealer *o)
{
	for (uint32_t i = 0; o->hears && i < o->conf.desk.orders.instruments; i++) {
		const struct dealer_instr *in = &o->instr[i];

		if (!in->known)
			continue;
		o->n_unseen += in->unseen;
		present(o, i);
	}
	return o->hears;
}

uint64_t dealer_hash(const struct dealer *o, uint64_t hash)
{
	struct carry_area area = dealer_area(o);

	return fnv_bytes(hash, area.mem, area.bytes);
}
