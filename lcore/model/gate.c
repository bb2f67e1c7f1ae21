/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/gate.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_name[GATE_OPS] = { ">", "<", ">=", "<=", "cross_above", "cross_below" };

struct words {
	char w[8][40];
	unsigned n;
};

static void split(const char *text, struct words *out)
{
	out->n = 0;
	while (*text) {
		size_t skip = strspn(text, " \t"), len = strcspn(text + skip, " \t");

		if (!len)
			break;
		if (out->n == 8) {
			out->n++; // more words than any rule has
			return;
		}
		snprintf(out->w[out->n++], sizeof out->w[0], "%.*s", (int)len, text + skip);
		text += skip + len;
	}
}

static int tap(struct gate_set *set, enum bar_span span, enum bar_col col)
{
	unsigned i = 0;

	while (i < set->n_taps && !(set->tap[i].span == span && set->tap[i].col == col))
		i++;
	if (i == GATE_TAPS)
		return -1;
	if (i == set->n_taps)
		set->tap[set->n_taps++] = (struct gate_tap){ (uint8_t)span, (uint8_t)col };
	return (int)i;
}

static bool number(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && !*end && isfinite(*out);
}

// Times and flags are no quantities: a threshold on them would mean nothing.
static bool gateable(enum bar_col col) { return col != COL_COUNT && bar_columns[col].type >= BAR_TYPE_PX; }

static int bad_column(const char *found, const char *also, char *err, size_t err_len)
{
	int n = snprintf(err, err_len, "found \"%s\", allowed: %sthe numeric columns", found, also);

	for (int i = 0; i < COL_COUNT && n > 0 && (size_t)n < err_len; i++)
		if (gateable((enum bar_col)i))
			n += snprintf(err + n, err_len - (size_t)n, " %s", bar_columns[i].name);
	return -EINVAL;
}

static uint16_t cross(struct gate_set *set, const struct gate_rule *r)
{
	set->cross[set->n_crosses] = (struct gate_cross){ r->left, r->right, r->value };
	return (uint16_t)set->n_crosses++;
}

static int compile_rule(struct gate_set *set, const char *text, struct gate_rule *r, char *err,
			size_t err_len)
{
	struct words w;
	int left, right = GATE_TAPS, op = 0;

	split(text, &w);
	if (w.n != 4 && w.n != 6)
		return snprintf(err, err_len, "found \"%s\", allowed: SPAN COLUMN OP VALUE|COLUMN [weight W]",
				text),
		       -EINVAL;
	enum bar_span span = bar_span_by_name(w.w[0], strlen(w.w[0]));
	enum bar_col col = bar_column_by_name(w.w[1], strlen(w.w[1]));

	if (span == SPAN_COUNT)
		return snprintf(err, err_len, "found span \"%s\", allowed: 1s 5s 15s 30s 1m 5m", w.w[0]),
		       -EINVAL;
	if (!gateable(col))
		return bad_column(w.w[1], "", err, err_len);
	while (op < GATE_OPS && strcmp(op_name[op], w.w[2]))
		op++;
	if (op == GATE_OPS)
		return snprintf(err, err_len,
				"found operator \"%s\", allowed: > < >= <= cross_above cross_below", w.w[2]),
		       -EINVAL;
	left = tap(set, span, col);
	*r = (struct gate_rule){ .op = (uint8_t)op, .weight = 1 };
	if (!number(w.w[3], &r->value)) {
		enum bar_col other = bar_column_by_name(w.w[3], strlen(w.w[3]));

		if (!gateable(other))
			return bad_column(w.w[3], "a number, or ", err, err_len);
		right = tap(set, span, other);
	}
	if (w.n == 6 && (strcmp(w.w[4], "weight") || !number(w.w[5], &r->weight) || r->weight <= 0))
		return snprintf(err, err_len, "found \"%s %s\", allowed: weight W with W > 0", w.w[4],
				w.w[5]),
		       -EINVAL;
	if (left < 0 || right < 0)
		return snprintf(err, err_len, "more than %d different columns over all gates", GATE_TAPS),
		       -ENOSPC;
	r->left = (uint8_t)left;
	r->right = (uint8_t)right;
	if (op == GATE_CROSS_ABOVE || op == GATE_CROSS_BELOW)
		r->cross = cross(set, r);
	return 0;
}

int gate_compile(struct gate_set *set, const char *name, enum gate_stream stream, enum gate_side side,
		 double threshold, const char *const *rule, unsigned n_rules, char *err, size_t err_len)
{
	if (set->n == GATE_MAX || n_rules > GATE_RULES)
		return snprintf(err, err_len, "more than %d gates or %d rules", GATE_MAX, GATE_RULES),
		       -ENOSPC;
	if (n_rules == 0)
		return snprintf(err, err_len, "a gate without rules"), -EINVAL;
	struct gate *g = &set->gate[set->n];

	*g = (struct gate){ .stream = (uint8_t)stream,
			    .side = (uint8_t)side,
			    .n_rules = (uint8_t)n_rules,
			    .threshold = threshold };
	snprintf(g->name, sizeof g->name, "%s", name);
	for (unsigned i = 0; i < n_rules; i++) {
		int rc = compile_rule(set, rule[i], &g->rule[i], err, err_len);

		if (rc)
			return rc;
		g->weight += g->rule[i].weight;
	}
	set->n++;
	return 0;
}

size_t gate_set_bytes(const struct gate_set *set, uint32_t instruments)
{
	return (size_t)instruments * (set->n_taps * sizeof(double) + sizeof(struct gate_state) +
				      set->n_crosses * sizeof(struct gate_compared));
}

void gate_set_init(struct gates *g, const struct gate_set *set, uint32_t instruments, void *mem)
{
	*g = (struct gates){ .set = set, .instruments = instruments, .value = mem };
	g->state = (struct gate_state *)(g->value + (size_t)instruments * set->n_taps);
	g->compared = (struct gate_compared *)(g->state + instruments);
	for (size_t i = 0; i < (size_t)instruments * set->n_taps; i++)
		g->value[i] = NAN;
	for (size_t i = 0; i < (size_t)instruments * set->n_crosses; i++)
		g->compared[i] = (struct gate_compared){ GATE_EMPTY, GATE_EMPTY };
}

// One instrument's, of all taps and crossings.
struct view {
	double *value;
	struct gate_compared *compared;
};

static double right_of(uint8_t right, double value, const double *v)
{
	return right == GATE_TAPS ? value : v[right];
}

// Only a crossing has a place in `compared`: a set without one has no such array.
static bool holds(const struct gate_rule *r, double l, double x, const struct gate_compared *compared)
{
	const struct gate_compared *c = &compared[r->cross];

	switch (r->op) {
	case GATE_GT: return l > x;
	case GATE_LT: return l < x;
	case GATE_GE: return l >= x;
	case GATE_LE: return l <= x;
	case GATE_CROSS_ABOVE: return c->now == GATE_ABOVE && c->before <= GATE_EQUAL;
	case GATE_CROSS_BELOW:
		return c->now == GATE_BELOW && (c->before == GATE_EQUAL || c->before == GATE_ABOVE);
	default: return false;
	}
}

enum verdict { VERDICT_NO, VERDICT_YES, VERDICT_OPEN };

// A rule over anything empty does not hold; while it is such rules that keep a gate from its threshold,
// nothing is decided.
static enum verdict evaluate(const struct gate *gate, const struct view *v, struct fire *f)
{
	double weight = 0, empty = 0;

	f->rules = 0;
	for (unsigned i = 0; i < gate->n_rules; i++) {
		const struct gate_rule *r = &gate->rule[i];
		double l = v->value[r->left], x = right_of(r->right, r->value, v->value);

		if (isnan(l) || isnan(x)) {
			empty += r->weight;
		} else if (holds(r, l, x, v->compared)) {
			weight += r->weight;
			f->rules |= UINT32_C(1) << i;
		}
	}
	f->score = weight / gate->weight;
	if (f->score >= gate->threshold && f->rules)
		return VERDICT_YES;
	return empty > 0 && (weight + empty) / gate->weight >= gate->threshold ? VERDICT_OPEN : VERDICT_NO;
}

// A flat RSI is neutral: it counts as empty.
static void take(struct gates *g, const struct bar *bar, struct view *v)
{
	const struct gate_set *set = g->set;

	for (unsigned i = 0; i < set->n_taps; i++) {
		const struct gate_tap *t = &set->tap[i];

		if (t->span == bar->span)
			v->value[i] = t->col == COL_rsi14 && (bar->flags & BAR_RSI_FLAT)
					      ? NAN
					      : bar_number(bar, t->col);
	}
	for (unsigned i = 0; i < set->n_crosses; i++) {
		const struct gate_cross *c = &set->cross[i];
		struct gate_compared *at = &v->compared[i];
		double l = v->value[c->left], x = right_of(c->right, c->value, v->value);

		if (set->tap[c->left].span != bar->span)
			continue;
		if (at->now != GATE_EMPTY)
			at->before = at->now;
		at->now = isnan(l) || isnan(x) ? GATE_EMPTY
			  : l > x              ? GATE_ABOVE
			  : l < x              ? GATE_BELOW
					       : GATE_EQUAL;
	}
}

unsigned gate_set_row(struct gates *g, const struct bar *bar, struct fire *out)
{
	struct view v = { g->value + (size_t)bar->instr * g->set->n_taps,
			  g->compared + (size_t)bar->instr * g->set->n_crosses };
	struct gate_state *s = &g->state[bar->instr];
	unsigned n = 0;

	// The data ended inside it: no verdict on a bar that never closed. Nor on what was never traded in
	// earnest.
	if (bar->flags & (BAR_PARTIAL_LAST | BAR_TEST))
		return 0;
	take(g, bar, &v);
	if (!bar->last_due)
		return 0;
	for (unsigned i = 0; i < g->set->n; i++) {
		const struct gate *gate = &g->set->gate[i];
		uint32_t bit = UINT32_C(1) << i;
		struct fire f = { .symbol = bar->symbol,
				  .close_ts = bar->close_ts,
				  .instr = bar->instr,
				  .stream = gate->stream,
				  .side = gate->side,
				  .gate = (uint8_t)i,
				  .close_filled = bar->close_filled,
				  .bid = bar->bid,
				  .ask = bar->ask };
		enum verdict now = evaluate(gate, &v, &f);
		bool was = s->above & bit;

		if (now == VERDICT_OPEN)
			continue;
		s->above = now == VERDICT_YES ? s->above | bit : s->above & ~bit;
		if (now == VERDICT_NO || was || s->in[gate->side] == (gate->stream == GATE_ENTRY))
			continue;
		if (gate->stream == GATE_ENTRY && g->entries_held) {
			g->suppressed++;
			continue;
		}
		s->in[gate->side] = gate->stream == GATE_ENTRY;
		out[n++] = f;
	}
	return n;
}

int gate_fire_order(const void *a, const void *b)
{
	const struct fire *x = a, *y = b;

	if (x->close_ts != y->close_ts)
		return x->close_ts < y->close_ts ? -1 : 1;
	int order = bar_symbol_order(x->symbol, y->symbol);

	if (order)
		return order;
	if (x->stream != y->stream)
		return x->stream - y->stream;
	return x->gate - y->gate;
}
