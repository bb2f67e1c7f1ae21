/* SPDX-License-Identifier: BSD-3-Clause */
// gate_eval.h: one rule, one gate, one moment: for gate.c, which keeps state, and for gate_why.c, which only
// looks. The signal lcore.
#ifndef WB_MODEL_GATE_EVAL_H
#define WB_MODEL_GATE_EVAL_H

#include "lcore/base/event.h"
#include "lcore/model/gate.h"

// What an evaluation looks at beside the set.
struct gate_view {
	const double *value;
	const struct gate_compared *compared;
	const struct sweep *sweep; // NULL: an evaluation at a row
	uint32_t above,
		decided; // as in struct gate_state; this evaluation's, of gates before it in the order
};

// OPEN: of a rule, a side is empty; of a gate, only that keeps it from being decided.
enum gate_verdict { GATE_NO, GATE_YES, GATE_OPEN };

struct gate_score {
	double share;   // of the weight that holds
	uint32_t rules; // bit per rule that holds
};

// gate_eval_right returns the right side of a comparison.
static inline double gate_eval_right(const struct gate_rule *r, const double *value)
{
	return r->right == GATE_TAPS ? r->value : r->value * value[r->right];
}
// gate_eval_rule says whether a rule holds; gate_eval a gate, which is reached at its threshold and let go
// below its release. Inline: a close of an instrument evaluates all rules.
// A sweep is handed on as it grows: a rule holds at the first element of a chain that has what it asks for.
static inline bool gate_eval_sweep(const struct gate_rule *r, const struct sweep *s)
{
	return s && (r->left == SIDE_NONE || r->left == s->side) && s->levels >= r->levels &&
	       s->shares >= r->shares &&
	       !(s->levels_before && s->levels_before >= r->levels && s->shares_before >= r->shares);
}

static inline enum gate_verdict gate_eval_reference(const struct gate_rule *r, const struct gate_view *v)
{
	if (!(v->decided >> r->ref & 1))
		return GATE_OPEN;
	return v->above >> r->ref & 1 ? GATE_YES : GATE_NO;
}

static inline enum gate_verdict gate_eval_rule(const struct gate_rule *r, const struct gate_view *v)
{
	if (unlikely(r->op >= GATE_SWEEP))
		return r->op == GATE_REF ? gate_eval_reference(r, v)
					 : (enum gate_verdict)gate_eval_sweep(r, v->sweep);
	double left = v->value[r->left], right = gate_eval_right(r, v->value);
	const struct gate_compared *c = &v->compared[r->cross]; // a set without crossings has none

	if (__builtin_isunordered(left, right))
		return GATE_OPEN;
	switch (r->op) {
	case GATE_GT: return (enum gate_verdict)(left > right);
	case GATE_LT: return (enum gate_verdict)(left < right);
	case GATE_GE: return (enum gate_verdict)(left >= right);
	case GATE_LE: return (enum gate_verdict)(left <= right);
	case GATE_CROSS_ABOVE: return (enum gate_verdict)(c->now == GATE_ABOVE && c->before <= GATE_EQUAL);
	case GATE_CROSS_BELOW:
		return (enum gate_verdict)(c->now == GATE_BELOW &&
					   (c->before == GATE_EQUAL || c->before == GATE_ABOVE));
	case GATE_HAS: return (enum gate_verdict)(((uint64_t)left & (uint64_t)right) != 0);
	default: return (enum gate_verdict)(((uint64_t)left & (uint64_t)right) == 0);
	}
}

// A rule over anything empty does not hold; while it is such rules that keep a gate from its threshold,
// nothing is decided.
static inline enum gate_verdict gate_eval(const struct gate *gate, const struct gate_view *v, bool above,
					  struct gate_score *out)
{
	double weight = 0, empty = 0, limit = above ? gate->release : gate->threshold;
	uint32_t rules = 0;

	for (unsigned i = 0; i < gate->n_rules; i++) {
		const struct gate_rule *r = &gate->rule[i];
		enum gate_verdict holds = gate_eval_rule(r, v);

		if (unlikely(holds == GATE_OPEN)) {
			empty += r->weight;
			continue;
		}
		weight += (double)holds * r->weight; // no branch: what holds cannot be guessed
		rules |= (uint32_t)holds << i;
	}
	*out = (struct gate_score){ weight / gate->weight, rules };
	if (out->share >= limit && rules)
		return GATE_YES;
	return empty > 0 && (weight + empty) / gate->weight >= limit ? GATE_OPEN : GATE_NO;
}

// gate_eval_blocked returns what keeps a gate that has risen from firing at ns, the first reason of enum
// gate_outcome; GATE_FIRED: nothing.
enum gate_outcome gate_eval_blocked(const struct gates *g, const struct gate_state *s, uint32_t instr,
				    unsigned gate, uint64_t ns);

#endif
