/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/gate_why.h"

#include <math.h>
#include <stdio.h>

#include "lcore/model/gate_eval.h"

static const char *const outcome_text[GATE_OUTCOMES] = {
	[GATE_NEVER] = "it has not risen",
	[GATE_FIRED] = "nothing",
	[GATE_CONDITION] = "a condition: it never fires",
	[GATE_IN] = "in already, or nothing to leave",
	[GATE_WINDOW] = "outside the window",
	[GATE_QUOTE] = "the quote is too old, or one-sided",
	[GATE_COOLDOWN] = "cool-down",
	[GATE_USED] = "all fires of the day are used",
	[GATE_HELD] = "entries are held",
};

static void fill_rule(const struct gate_rule *r, const struct gate_view *v, struct gate_why_rule *out)
{
	*out = (struct gate_why_rule){ NAN, NAN, (uint8_t)gate_eval_rule(r, v), GATE_EMPTY, GATE_EMPTY };
	if (r->op >= GATE_SWEEP)
		return;
	out->left = v->value[r->left];
	out->right = gate_eval_right(r, v->value);
	if (r->op == GATE_CROSS_ABOVE || r->op == GATE_CROSS_BELOW) {
		out->now = v->compared[r->cross].now;
		out->before = v->compared[r->cross].before;
	}
}

static void fill(const struct gates *g, struct gate_state *s, uint32_t instr, unsigned i,
		 struct gate_why *out)
{
	const struct gate *gate = &g->set->gate[i];
	const struct gate_slot *slot = gate_slot_of(g, instr, i);
	struct gate_view v = { gate_values(s), gate_compared_of(g, s), NULL, s->above, s->decided };
	struct gate_score score;
	double flags = 0;

	*out = (struct gate_why){ .gate = (uint8_t)i,
				  .n_rules = gate->n_rules,
				  .known = s->known,
				  .outcome = slot->outcome,
				  .fires = slot->n,
				  .rose_ns = slot->rose_ns,
				  .fired_ns = slot->fired_ns };
	if (!s->known)
		return;
	if (s->idle >> i & 1) {
		out->outcome = GATE_IN;
		out->rose_ns = 0;
	}
	out->listed = s->listed >> i & 1;
	out->above = s->above >> i & 1;
	out->needs = out->above ? gate->release : gate->threshold;
	out->verdict = (uint8_t)gate_eval(gate, &v, out->above, &score);
	out->share = score.share;
	out->blocked = (uint8_t)gate_eval_blocked(g, s, instr, i, gate_close_ns(s));
	if (gate->cooldown_ns && slot->fired_ns)
		out->until_ns = slot->fired_ns + gate->cooldown_ns;
	for (unsigned k = 0; k < gate->n_rules; k++) {
		const struct gate_rule *r = &gate->rule[k];

		fill_rule(r, &v, &out->rule[k]);
		if ((r->op == GATE_HAS || r->op == GATE_LACKS) && out->rule[k].verdict == GATE_NO)
			flags += r->weight;
	}
	out->quality = flags > 0 && out->verdict == GATE_NO &&
		       score.share + flags / gate->weight >= out->needs;
}

void gate_why_fill(const struct gates *g, uint32_t instr, unsigned from, struct gate_why_page *out)
{
	struct gate_state *s = gate_state_of(g, instr);

	*out = (struct gate_why_page){ .gates = g->set->n, .close_ts = gate_close_ns(s) };
	for (; from < g->set->n && out->n < GATE_WHYS; from++)
		fill(g, s, instr, from, &out->why[out->n++]);
}

const char *gate_why_text(const struct gate_why *w, char *out)
{
	if (!w->known)
		snprintf(out, GATE_WHY_BYTES, "no row so far");
	else if (!w->listed)
		snprintf(out, GATE_WHY_BYTES, "the symbol is not on its list");
	else if (w->verdict == GATE_OPEN)
		snprintf(out, GATE_WHY_BYTES, "undecided: rules without a value");
	else if (w->quality)
		snprintf(out, GATE_WHY_BYTES, "quality: its rules over flags");
	else if (w->verdict == GATE_NO)
		snprintf(out, GATE_WHY_BYTES, "threshold not reached");
	else if (w->outcome == GATE_FIRED)
		snprintf(out, GATE_WHY_BYTES, "it fired when it rose, and was above already since");
	else
		snprintf(out, GATE_WHY_BYTES, "above already; when it rose: %s", outcome_text[w->outcome]);
	return out;
}

const char *gate_why_outcome(unsigned outcome)
{
	return outcome < GATE_OUTCOMES ? outcome_text[outcome] : "?";
}
