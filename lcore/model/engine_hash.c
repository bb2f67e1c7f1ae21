/* SPDX-License-Identifier: BSD-3-Clause */
// engine_hash.c: value by value, since structs have bytes that mean nothing.
#include "lcore/model/engine_hash.h"

#include "lcore/model/engine.h"

static uint64_t of_double(uint64_t hash, double value)
{
	uint64_t word;

	memcpy(&word, &value, sizeof word);
	return engine_hash_word(hash, word);
}

static uint64_t of_touch(uint64_t hash, const struct touch *t)
{
	hash = engine_hash_word(hash, (uint64_t)t->bid);
	hash = engine_hash_word(hash, (uint64_t)t->ask);
	hash = engine_hash_word(hash, t->bid_size);
	return engine_hash_word(hash, t->ask_size);
}

// What is not touched is empty, whatever it holds.
static uint64_t of_frag(uint64_t hash, const struct frag *f)
{
	if (!f->touched)
		return engine_hash_word(hash, 0);
	struct frag all;

	frag_copy(&all, f);
	frag_prints(&all);
	f = &all;
	const uint64_t words[] = {
		f->sec,           f->flags,           f->trades,   (uint64_t)f->open, (uint64_t)f->high,
		(uint64_t)f->low, (uint64_t)f->close, f->open_pos, f->close_pos,      f->open_ts,
		f->close_ts
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		hash = engine_hash_word(hash, words[i]);
#define FLOW(type, name)       hash = fnv_bytes(hash, &f->name, sizeof f->name);
#define SUM(type, name, adds)  hash = fnv_bytes(hash, &f->name, sizeof f->name);
#define PART(type, name, adds) hash = fnv_bytes(hash, &f->name, sizeof f->name);
#include "lcore/model/sums.def"
	return hash;
}

static uint64_t of_channels(const struct engine *e, uint64_t hash)
{
	for (uint32_t i = 0; i < ENGINE_CHANNELS; i++) {
		const struct chan *c = &e->chan[i];

		if (c->state == CHAN_FREE)
			continue;
		const uint64_t words[] = { i,
					   c->state,
					   c->venue,
					   c->prints,
					   c->system,
					   c->system_ns,
					   c->clock_ns,
					   c->due_sec,
					   c->suspect_gen,
					   c->born_gen,
					   (uint64_t)c->midstream << 1 | c->join_due };

		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			hash = engine_hash_word(hash, words[k]);
	}
	return hash;
}

static uint64_t of_book(const struct engine *e, const struct strand *s, uint64_t hash)
{
	for (int side = 0; side < 2; side++) {
		struct level level = levels_after(&e->levels, &s->book.side[side], INT64_MAX);

		for (; level.qty; level = levels_after(&e->levels, &s->book.side[side], level.price)) {
			hash = engine_hash_word(hash, (uint64_t)level.price);
			hash = engine_hash_word(hash, level.qty);
		}
		hash = engine_hash_word(hash, (uint64_t)side);
	}
	return hash;
}

static uint64_t of_strand(const struct engine *e, uint32_t index, uint64_t hash)
{
	const struct strand *s = &e->strand[index];
	const uint64_t words[] = { e->instr[s->instr].symbol,
				   s->channel,
				   s->status,
				   s->op_halted,
				   s->test,
				   s->clean_gen == e->chan[s->channel].suspect_gen,
				   s->tick_side,
				   s->print_ts,
				   (uint64_t)s->print_bid,
				   (uint64_t)s->print_ask,
				   (uint64_t)s->last_px,
				   s->sweep_from_ns,
				   s->sweep_to_ns,
				   s->sweep_shares,
				   (uint64_t)s->sweep_notional,
				   s->sweep_levels,
				   s->sweep_side,
				   s->sweep_done };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		hash = engine_hash_word(hash, words[i]);
	hash = of_book(e, s, of_touch(hash, &s->touch));
	for (uint32_t p = s->pending; p; p = e->pool[p - 1].next)
		hash = of_touch(of_frag(hash, &e->pool[p - 1].frag), &e->pool[p - 1].sample);
	if (s->epoch_ns != UINT64_MAX && s->cur.touched) // an empty one is begun sooner or later
		hash = of_frag(hash, &s->cur);
	for (unsigned span = 0; span < SPAN_COUNT - 1 && !e->conf.relays; span++)
		hash = of_frag(hash, &e->part[(size_t)index * (SPAN_COUNT - 1) + span]);
	return hash;
}

// In any order: where an order is depends on those that were there before.
static uint64_t of_orders(const struct engine *e)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i <= e->orders.mask && e->orders.n; i++) {
		const struct order *o = &e->orders.slot[i];

		if (!o->key || o->gen != e->strand[o->strand].order_gen)
			continue;
		uint64_t hash = engine_hash_word(engine_hash_word(FNV_BASIS, o->key), (uint64_t)o->price);

		sum += engine_hash_word(engine_hash_word(hash, o->qty), (uint64_t)o->strand << 8 | o->side);
	}
	return sum;
}

static uint64_t of_rows(const struct engine *e, uint32_t instr, uint64_t hash)
{
	struct bar bar;

	for (int span = 0; span < SPAN_COUNT && e->tables; span++) {
		if (!tables_latest(e->tables, instr, (enum bar_span)span, &bar))
			continue;
		for (int col = 0; col < COL_COUNT; col++)
			hash = engine_hash_word(hash, bar_word(&bar, (enum bar_col)col));
	}
	return hash;
}

uint64_t engine_hash(struct engine *e)
{
	uint64_t hash = of_channels(e, FNV_BASIS);

	for (uint32_t i = 0; i < e->n_instr; i++) {
		if (!e->conf.relays)
			engine_refresh(e, i);
		hash = engine_hash_word(hash, e->instr[i].symbol);
		hash = engine_hash_word(hash, (uint64_t)e->instr[i].next_sec << 32 | e->instr[i].flags);
		hash = of_rows(e, i, hash);
	}
	for (uint32_t i = 0; i < e->n_strands; i++)
		hash = of_strand(e, i, hash);
	return engine_hash_word(hash, of_orders(e));
}

uint64_t engine_hash_gates(const struct gates *g)
{
	uint64_t hash = FNV_BASIS;

	for (uint32_t i = 0; i < g->instruments; i++) {
		struct gate_state *s = gate_state_of(g, i);

		if (!s->known)
			continue;
		hash = engine_hash_word(hash, g->tag[i].symbol);
		hash = engine_hash_word(hash, (uint64_t)s->above << 32 | s->decided);
		hash = engine_hash_word(hash, (uint64_t)s->close_s << 32 | g->tag[i].fires);
		hash = engine_hash_word(hash, (uint64_t)s->in[0] << 8 | s->in[1]);
		for (unsigned k = 0; k < g->set->n_taps; k++)
			hash = of_double(hash, gate_values(s)[k]);
		for (unsigned k = 0; k < g->set->ring_rows; k++)
			hash = of_double(hash, g->ring[(size_t)i * g->set->ring_rows + k]);
		for (unsigned k = 0; k < g->set->n; k++) {
			const struct gate_slot *slot = gate_slot_of(g, i, k);

			hash = engine_hash_word(hash, slot->rose_ns);
			hash = engine_hash_word(hash, slot->fired_ns);
			hash = engine_hash_word(hash, (uint64_t)(uint32_t)slot->day << 32 | slot->n);
			hash = engine_hash_word(hash, slot->outcome);
		}
	}
	return hash;
}
