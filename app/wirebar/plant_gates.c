/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/plant_gates.h"

#include <string.h>

#include "lcore/model/gate_set.h"

_Static_assert((int)CONF_GATE_STREAM_NONE == (int)GATE_NONE && (int)CONF_GATE_SIDE_SHORT == (int)GATE_SHORT &&
		       (int)CONF_GATE_GROUP_ANY == (int)GATE_ANY,
	       "the words of [gate] stream, side and group are in the gates' order");

struct refusals {
	const struct conf *c;
	void (*refused)(void *ctx, const struct conf_error *err);
	void *ctx;
	unsigned n;
};

static void refuse(struct refusals *r, const struct conf_gate *g, unsigned place, const char *key,
		   const char *why)
{
	struct conf_error err;

	conf_fail(&err, r->c, place ? place : g->line, "[gate %s] %s: %s", g->name, key, why);
	r->refused(r->ctx, &err);
	r->n++;
}

// Each text alone, so that the very line is named; rules with the columns of all before them.
static void check_texts(const struct gate_set *set, const struct conf_gate *g, struct refusals *r)
{
	static struct gate_set one;
	struct gate_rule rule;
	char why[GATE_ERR_BYTES];
	uint64_t from, to;

	memcpy(&one, set, sizeof one);
	if (gate_window(g->window, &from, &to, why, sizeof why))
		refuse(r, g, g->window_line, "window", why);
	if (gate_symbols(&one, 0, g->symbols, why, sizeof why))
		refuse(r, g, g->symbols_line, "symbols", why);
	for (unsigned k = 0; k < g->n_rule; k++)
		if (gate_rule(&one, 0, k, g->rule[k], &rule, why, sizeof why))
			refuse(r, g, g->rule_at_line[k], "rule", why);
}

static void add_gate(struct gate_set *set, const struct conf_gate *g, struct refusals *r)
{
	const char *rule[CONF_RULE_MAX];
	struct gate_spec spec = { .name = g->name,
				  .stream = (enum gate_stream)g->stream,
				  .side = (enum gate_side)g->side,
				  .group = (enum gate_group)g->group,
				  .threshold = g->threshold,
				  .release = g->release,
				  .cooldown_ns = g->cooldown_ns,
				  .quote_age_ns = g->quote_age_ns,
				  .max_fires = g->max_fires,
				  .window = g->window,
				  .symbols = g->symbols,
				  .rule = rule,
				  .n_rules = g->n_rule };
	unsigned before = r->n;
	char why[GATE_ERR_BYTES];

	check_texts(set, g, r);
	for (unsigned k = 0; k < g->n_rule; k++)
		rule[k] = g->rule[k];
	if (r->n == before && g->n_rule && gate_compile(set, &spec, why, sizeof why))
		refuse(r, g, g->stream_line, "stream", why);
}

unsigned plant_gates(const struct conf *c, struct gate_set *set,
		     void (*refused)(void *ctx, const struct conf_error *err), void *ctx)
{
	struct refusals r = { c, refused, ctx, 0 };
	struct gate_fault fault;

	memset(set, 0, sizeof *set);
	for (unsigned i = 0; i < c->n_gate; i++)
		add_gate(set, &c->gate[i], &r);
	// Indices in the set are those of the configuration when all are in it.
	if (set->n == c->n_gate && gate_finish(set, &fault))
		refuse(&r, &c->gate[fault.gate], c->gate[fault.gate].rule_at_line[fault.rule], "rule",
		       fault.text);
	return r.n;
}
