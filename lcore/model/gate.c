/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/gate.h"

#include <math.h>
#include <string.h>

#include "lcore/base/calendar.h"
#include "lcore/base/symtab.h"
#include "lcore/model/gate_eval.h"

// Sizes of the parts, in their order in memory.
struct parts {
	size_t block, fills_at, compared_at, tags, slots, quotes, rings;
};

static struct parts parts_of(const struct gate_set *set, uint32_t instruments)
{
	struct parts p = { .fills_at = sizeof(struct gate_state) + set->n_taps * sizeof(double) };

	p.compared_at = p.fills_at + set->n_rings * sizeof(struct gate_fill);
	p.block = line_bytes(p.compared_at + set->n_crosses * sizeof(struct gate_compared));
	p.tags = line_bytes((size_t)instruments * sizeof(struct gate_tag));
	p.slots = line_bytes((size_t)instruments * set->n * sizeof(struct gate_slot));
	p.quotes = set->quotes ? line_bytes((size_t)instruments * sizeof(struct gate_quote)) : 0;
	p.rings = (size_t)instruments * set->ring_rows * sizeof(double);
	return p;
}

size_t gate_set_bytes(const struct gate_set *set, uint32_t instruments)
{
	struct parts p = parts_of(set, instruments);

	return p.block * instruments + p.tags + p.slots + p.quotes + p.rings;
}

void gate_set_init(struct gates *g, const struct gate_set *set, uint32_t instruments, void *mem)
{
	struct parts p = parts_of(set, instruments);
	char *at = mem;

	*g = (struct gates){ .set = set,
			     .instruments = instruments,
			     .block_bytes = (uint32_t)p.block,
			     .fills_at = (uint32_t)p.fills_at,
			     .compared_at = (uint32_t)p.compared_at,
			     .block = at };
	at += p.block * instruments;
	g->tag = (struct gate_tag *)(void *)at;
	at += p.tags;
	g->slot = (struct gate_slot *)(void *)at;
	at += p.slots;
	g->quote = set->quotes ? (struct gate_quote *)(void *)at : NULL;
	at += p.quotes;
	g->ring = (double *)(void *)at;
}

static uint32_t all(const struct gate_set *set) { return (uint32_t)((UINT64_C(1) << set->n) - 1); }

// Which gates look at an instrument.
static uint32_t listed(const struct gate_set *set, uint64_t symbol)
{
	uint32_t mask = 0;

	for (unsigned i = 0; i < set->n; i++)
		mask |= set->gate[i].listed ? 0 : UINT32_C(1) << i;
	for (unsigned i = 0; i < set->n_symbols; i++)
		if (set->symbol[i].symbol == symbol)
			mask |= UINT32_C(1) << set->symbol[i].gate;
	return mask;
}

void gate_begin(struct gates *g, uint32_t instr, uint64_t symbol)
{
	struct gate_state *s = gate_state_of(g, instr);
	double *value = gate_values(s);
	struct gate_compared *c = gate_compared_of(g, s);

	for (unsigned i = 0; i < g->set->n_taps; i++)
		value[i] = NAN;
	for (unsigned i = 0; i < g->set->n_crosses; i++)
		c[i] = (struct gate_compared){ GATE_EMPTY, GATE_EMPTY };
	g->tag[instr].symbol = symbol;
	s->listed = listed(g->set, symbol);
	s->decided = all(g->set) & ~s->listed; // whose list it is not on does not hold
	s->known = true;
	if (g->quote)
		g->quote[instr] = (struct gate_quote){ .bid = PX_NULL, .ask = PX_NULL };
}

// A flat RSI is neutral: it counts as empty.
static double number(const struct bar *bar, unsigned col)
{
	if (col == COL_rsi14 && (bar->flags & BAR_RSI_FLAT))
		return NAN;
	return bar_number(bar, (enum bar_col)col);
}

static void keep(struct gate_fill *fill, const struct gate_ring *ring, double *at, double value)
{
	if (isnan(value))
		return;
	at[fill->next] = value;
	fill->next = fill->next + 1u == ring->rows ? 0 : (uint16_t)(fill->next + 1);
	fill->n = fill->n < ring->rows ? (uint16_t)(fill->n + 1) : fill->n;
}

// The value that was kept back rows before the newest.
static double kept(const struct gate_fill *fill, const struct gate_ring *ring, const double *at,
		   unsigned back)
{
	unsigned i = fill->next + ring->rows - 1u - back;

	return at[i < ring->rows ? i : i - ring->rows];
}

// Of others that it is among: the share that is lower, of equals half of them; in percent.
static double percentile(const struct gate_fill *fill, const struct gate_ring *ring, const double *at,
			 unsigned rows)
{
	double newest = kept(fill, ring, at, 0);
	unsigned lower = 0, equal = 0;

	for (unsigned i = 1; i < rows; i++) {
		double v = kept(fill, ring, at, i);

		lower += v < newest;
		equal += v == newest;
	}
	return 50.0 * (2 * lower + equal) / (rows - 1);
}

static double function(const struct gates *g, struct gate_state *s, uint32_t instr, const struct gate_tap *t)
{
	const struct gate_ring *ring = &g->set->ring[t->ring];
	const struct gate_fill *fill = &gate_fills(g, s)[t->ring];
	const double *at = g->ring + (size_t)instr * g->set->ring_rows + ring->at;

	if (fill->n < t->rows)
		return NAN;
	if (t->fn == GATE_FN_PCT)
		return percentile(fill, ring, at, t->rows);
	return (kept(fill, ring, at, 0) - kept(fill, ring, at, t->rows - 1u)) / (t->rows - 1);
}

static void take(struct gates *g, struct gate_state *s, const struct bar *bar)
{
	const struct gate_set *set = g->set;
	double *value = gate_values(s);

	for (unsigned k = set->ring_from[bar->span]; k < set->ring_from[bar->span + 1]; k++) {
		const struct gate_ring *ring = &set->ring[set->ring_of[k]];

		keep(&gate_fills(g, s)[set->ring_of[k]], ring,
		     g->ring + (size_t)bar->instr * set->ring_rows + ring->at, number(bar, ring->col));
	}
	for (unsigned k = set->tap_from[bar->span]; k < set->tap_from[bar->span + 1]; k++) {
		const struct gate_tap *t = &set->tap[set->tap_of[k]];
		double v = number(bar, t->col);

		value[set->tap_of[k]] =
			likely(t->fn == GATE_FN_NONE) || isnan(v) ? v : function(g, s, bar->instr, t);
	}
	s->due |= (uint8_t)(1u << bar->span);
}

// A row of touches that came and went again shows it by what flowed.
static void take_quote(struct gate_quote *q, const struct bar *bar)
{
	bool moved = q->bid != bar->bid || q->ask != bar->ask || q->bid_size != bar->bid_size ||
		     q->ask_size != bar->ask_size || bar->ofi || bar->dom_executed || bar->dom_cancelled;

	*q = (struct gate_quote){ bar->bid, bar->ask, bar->bid_size, bar->ask_size,
				  moved ? bar->close_ts : q->moved_ns };
}

// When all rows of the close are there, both sides are of it.
static void compare(const struct gates *g, struct gate_state *s)
{
	const struct gate_set *set = g->set;
	const double *value = gate_values(s);
	struct gate_compared *compared = gate_compared_of(g, s);

	for (unsigned due = s->due & set->crossing; due; due &= due - 1) {
		unsigned span = (unsigned)__builtin_ctz(due);

		for (unsigned k = set->cross_from[span]; k < set->cross_from[span + 1]; k++) {
			const struct gate_cross *c = &set->cross[set->cross_of[k]];
			struct gate_compared *at = &compared[set->cross_of[k]];
			double l = value[c->left],
			       r = c->right == GATE_TAPS ? c->value : c->value * value[c->right];

			if (at->now != GATE_EMPTY)
				at->before = at->now;
			at->now = isnan(l) || isnan(r) ? GATE_EMPTY
				  : l > r              ? GATE_ABOVE
				  : l < r              ? GATE_BELOW
						       : GATE_EQUAL;
		}
	}
}

// Evaluates the gates of a mask in the order of who needs whom. Returns those that reach their threshold and
// did not before.
static uint32_t judge(const struct gate_set *set, uint32_t mask, struct gate_view *v,
		      struct gate_score *score)
{
	uint32_t rise = 0;

	for (unsigned k = 0; k < set->n; k++) {
		unsigned i = set->order[k];
		uint32_t bit = UINT32_C(1) << i;

		if (!(mask & bit))
			continue;
		struct gate_score of;
		enum gate_verdict now = gate_eval(&set->gate[i], v, v->above & bit, &of);

		if (now == GATE_OPEN)
			continue;
		if (now == GATE_YES && !(v->above & bit)) {
			rise |= bit;
			score[i] = of;
		}
		v->above = now == GATE_YES ? v->above | bit : v->above & ~bit;
		v->decided |= bit;
	}
	return rise;
}

// Gates that have risen fire, unless something keeps them from it; in the order of the file.
static unsigned fire_all(struct gates *g, struct gate_state *s, uint32_t rise, const struct gate_score *score,
			 const struct fire *like, struct fire *out)
{
	unsigned n = 0;

	for (; rise; rise &= rise - 1) {
		unsigned i = (unsigned)__builtin_ctz(rise);
		const struct gate *gate = &g->set->gate[i];
		uint32_t bit = UINT32_C(1) << i;

		if (gate->stream != GATE_NONE && s->in[gate->side] == (gate->stream == GATE_ENTRY)) {
			s->idle |= bit;
			continue;
		}
		struct gate_slot *slot = gate_slot_of(g, like->instr, i);

		s->idle &= ~bit;
		slot->rose_ns = like->decided_ns;
		slot->outcome = (uint8_t)gate_eval_blocked(g, s, like->instr, i, like->decided_ns);
		g->suppressed += slot->outcome == GATE_HELD;
		if (slot->outcome != GATE_FIRED)
			continue;
		if (gate->max_fires) {
			int32_t day;

			calendar_wall(like->decided_ns, &day);
			slot->n = slot->fired_ns && slot->day == day ? slot->n + 1 : 1;
			slot->day = day;
		}
		slot->fired_ns = like->decided_ns;
		s->in[gate->side] = gate->stream == GATE_ENTRY;
		out[n] = *like;
		out[n].stream = gate->stream;
		out[n].side = gate->side;
		out[n].gate = (uint8_t)i;
		out[n].n_rules = gate->n_rules;
		out[n].rules = score[i].rules;
		out[n].score = score[i].share;
		out[n].nth = g->tag[like->instr].fires++;
		memcpy(out[n++].name, gate->name, sizeof gate->name);
	}
	return n;
}

unsigned gate_set_row(struct gates *g, const struct bar *bar, struct fire *out)
{
	struct gate_state *s = gate_state_of(g, bar->instr);
	struct gate_score score[GATE_MAX];

	// The data ended inside it: no verdict on a bar that never closed. Nor on what was never traded in
	// earnest.
	if (bar->flags & (BAR_PARTIAL_LAST | BAR_TEST))
		return 0;
	if (unlikely(!s->known))
		gate_begin(g, bar->instr, bar->symbol);
	take(g, s, bar);
	if (g->quote && bar->span == SPAN_1S)
		take_quote(&g->quote[bar->instr], bar);
	if (!bar->last_due)
		return 0;
	if (s->due & g->set->crossing)
		compare(g, s);
	struct gate_view v = { gate_values(s), gate_compared_of(g, s), NULL, s->above, s->decided };
	uint32_t rise = judge(g->set, s->listed, &v, score);

	s->close_s = (uint32_t)(bar->close_ts / NS_PER_S);
	s->due = 0;
	s->above = v.above;
	s->decided = v.decided;
	if (likely(!rise))
		return 0;
	struct fire like = { .symbol = bar->symbol,
			     .decided_ns = bar->close_ts,
			     .close_ts = bar->close_ts,
			     .instr = bar->instr,
			     .close_filled = bar->close_filled,
			     .bid = bar->bid,
			     .ask = bar->ask };

	return fire_all(g, s, rise, score, &like, out);
}

// A sweep is a moment: what it makes hold is not kept.
unsigned gate_set_sweep(struct gates *g, const struct sweep *sweep, struct fire *out)
{
	struct gate_state *s = gate_state_of(g, sweep->instr);
	struct gate_score score[GATE_MAX];

	if (!g->set->sweeps || sweep->test)
		return 0;
	if (unlikely(!s->known))
		gate_begin(g, sweep->instr, sweep->symbol);
	struct gate_view v = { gate_values(s), gate_compared_of(g, s), sweep, s->above, s->decided };
	uint32_t rise = judge(g->set, s->listed & g->set->sweeps, &v, score);

	if (!rise)
		return 0;
	struct fire like = { .symbol = sweep->symbol,
			     .decided_ns = sweep->to_ns,
			     .close_ts = gate_close_ns(s),
			     .instr = sweep->instr,
			     .close_filled = sweep->last_price,
			     .bid = g->quote[sweep->instr].bid,
			     .ask = g->quote[sweep->instr].ask,
			     .by_sweep = true };

	return fire_all(g, s, rise, score, &like, out);
}

int gate_fire_order(const void *a, const void *b)
{
	const struct fire *x = a, *y = b;

	if (x->decided_ns != y->decided_ns)
		return x->decided_ns < y->decided_ns ? -1 : 1;
	if (x->by_sweep != y->by_sweep)
		return x->by_sweep ? 1 : -1;
	int order = symtab_order(x->symbol, y->symbol);

	if (order)
		return order;
	if (x->stream != y->stream)
		return x->stream - y->stream;
	if (x->gate != y->gate)
		return x->gate - y->gate;
	return (x->nth > y->nth) - (x->nth < y->nth);
}

// A mark says nothing of sweeps whose last print is at its very time: prints of that time may still come.
uint64_t gate_fire_mark(const struct fire *f) { return f->decided_ns + f->by_sweep; }
