/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/gate.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_name[GATE_OPS] = { ">", "<", ">=", "<=", "cross_above", "cross_below" };

struct words { char w[8][40]; unsigned n; };

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

static bool gateable(enum bar_col col)
{
	return col != COL_COUNT && bar_columns[col].type != BAR_TYPE_SYM && bar_columns[col].type != BAR_TYPE_SPAN;
}

static int compile_rule(struct gate_set *set, const char *text, struct gate_rule *r, char *err, size_t err_len)
{
	struct words w;
	int left, right = GATE_TAPS, op = 0;

	split(text, &w);
	if (w.n != 4 && w.n != 6)
		return snprintf(err, err_len, "found \"%s\", allowed: SPAN COLUMN OP VALUE|COLUMN [weight W]", text), -EINVAL;
	enum bar_span span = bar_span_by_name(w.w[0], strlen(w.w[0]));
	enum bar_col col = bar_column_by_name(w.w[1], strlen(w.w[1]));

	if (span == SPAN_COUNT)
		return snprintf(err, err_len, "found span \"%s\", allowed: 1s 5s 15s 30s 1m 5m", w.w[0]), -EINVAL;
	if (!gateable(col))
		return snprintf(err, err_len, "found column \"%s\", allowed: the numeric columns of docs/bars.md", w.w[1]), -EINVAL;
	while (op < GATE_OPS && strcmp(op_name[op], w.w[2]))
		op++;
	if (op == GATE_OPS)
		return snprintf(err, err_len, "found operator \"%s\", allowed: > < >= <= cross_above cross_below", w.w[2]), -EINVAL;
	left = tap(set, span, col);
	*r = (struct gate_rule){ .op = (uint8_t)op, .weight = 1 };
	if (!number(w.w[3], &r->value)) {
		enum bar_col other = bar_column_by_name(w.w[3], strlen(w.w[3]));

		if (!gateable(other))
			return snprintf(err, err_len, "found \"%s\", allowed: a number or a numeric column of docs/bars.md", w.w[3]), -EINVAL;
		right = tap(set, span, other);
	}
	if (w.n == 6 && (strcmp(w.w[4], "weight") || !number(w.w[5], &r->weight) || r->weight <= 0))
		return snprintf(err, err_len, "found \"%s %s\", allowed: weight W with W > 0", w.w[4], w.w[5]), -EINVAL;
	if (left < 0 || right < 0)
		return snprintf(err, err_len, "more than %d different columns over all gates", GATE_TAPS), -ENOSPC;
	r->left = (uint8_t)left;
	r->right = (uint8_t)right;
	return 0;
}

int gate_compile(struct gate_set *set, const char *name, enum gate_stream stream, enum gate_side side, double threshold,
		 const char *const *rule, unsigned n_rules, char *err, size_t err_len)
{
	if (set->n == GATE_MAX || n_rules > GATE_RULES)
		return snprintf(err, err_len, "more than %d gates or %d rules", GATE_MAX, GATE_RULES), -ENOSPC;
	if (n_rules == 0)
		return snprintf(err, err_len, "a gate without rules"), -EINVAL;
	struct gate *g = &set->gate[set->n];

	*g = (struct gate){ .stream = (uint8_t)stream, .side = (uint8_t)side, .n_rules = (uint8_t)n_rules, .threshold = threshold };
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

size_t gates_bytes(const struct gate_set *set, uint32_t instruments)
{
	return (size_t)instruments * (set->n_taps * sizeof(struct gate_value) + sizeof(struct gate_state));
}

void gates_init(struct gates *g, const struct gate_set *set, uint32_t instruments, void *mem)
{
	*g = (struct gates){ .set = set, .instruments = instruments, .value = mem };
	g->state = (struct gate_state *)(g->value + (size_t)instruments * set->n_taps);
	for (size_t i = 0; i < (size_t)instruments * set->n_taps; i++)
		g->value[i] = (struct gate_value){ NAN, NAN };
}

// A rule over anything empty does not hold: every comparison with NaN is false. A flat RSI is neutral.
static bool holds(const struct gate_rule *r, const struct gate_value *v)
{
	double l = v[r->left].now, lb = v[r->left].before, x = r->value, xb = r->value;

	if (r->right != GATE_TAPS) {
		x = v[r->right].now;
		xb = v[r->right].before;
	}
	switch (r->op) {
	case GATE_GT: return l > x;
	case GATE_LT: return l < x;
	case GATE_GE: return l >= x;
	case GATE_LE: return l <= x;
	case GATE_CROSS_ABOVE: return l > x && lb <= xb;
	case GATE_CROSS_BELOW: return l < x && lb >= xb;
	default: return false;
	}
}

static bool evaluate(const struct gate *gate, const struct gate_value *v, struct fire *f)
{
	double weight = 0;

	f->rules = 0;
	for (unsigned i = 0; i < gate->n_rules; i++)
		if (holds(&gate->rule[i], v)) {
			weight += gate->rule[i].weight;
			f->rules |= UINT32_C(1) << i;
		}
	f->score = weight / gate->weight;
	return f->score >= gate->threshold && f->rules;
}

static void take(struct gates *g, const struct bar *bar, struct gate_value *v)
{
	for (unsigned i = 0; i < g->set->n_taps; i++) {
		const struct gate_tap *t = &g->set->tap[i];

		if (t->span != bar->span)
			continue;
		v[i].before = v[i].now;
		v[i].now = t->col == COL_rsi14 && (bar->flags & BAR_RSI_FLAT) ? NAN : bar_number(bar, t->col);
	}
}

unsigned gates_row(struct gates *g, const struct bar *bar, struct fire *out)
{
	struct gate_value *v = g->value + (size_t)bar->instr * g->set->n_taps;
	struct gate_state *s = &g->state[bar->instr];
	unsigned n = 0;

	if (bar->flags & BAR_PARTIAL_LAST) // the data ended inside it: no verdict on a bar that never closed
		return 0;
	take(g, bar, v);
	if (!bar->last_due)
		return 0;
	for (unsigned i = 0; i < g->set->n; i++) {
		const struct gate *gate = &g->set->gate[i];
		uint32_t bit = UINT32_C(1) << i;
		struct fire f = { .symbol = bar->symbol, .close_ts = bar->close_ts, .instr = bar->instr,
				  .stream = gate->stream, .side = gate->side, .gate = (uint8_t)i,
				  .close_filled = bar->close_filled, .bid = bar->bid, .ask = bar->ask };
		bool now = evaluate(gate, v, &f), was = s->above & bit;

		s->above = now ? s->above | bit : s->above & ~bit;
		if (!now || was || s->in[gate->side] == (gate->stream == GATE_ENTRY))
			continue;
		if (gate->stream == GATE_ENTRY && g->halted) {
			g->suppressed++;
			continue;
		}
		s->in[gate->side] = gate->stream == GATE_ENTRY;
		out[n++] = f;
	}
	return n;
}

int fire_order(const void *a, const void *b)
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
