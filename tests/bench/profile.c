/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/profile.h"

#include <stdio.h>
#include <stdlib.h>

static void fail(const char *name, const char *text)
{
	fprintf(stderr, "bench.conf: %s: %s\n", name, text);
	exit(1);
}

void profile_load(struct conf *conf, struct gate_set *gates)
{
	struct conf_error err;
	struct gate_fault fault;

	if (conf_parse(conf, "bench.conf", conf_bench_text, conf_bench_bytes, &err))
		fail("profile", err.text);
	for (unsigned i = 0; i < conf->n_gate; i++) {
		const struct conf_gate *g = &conf->gate[i];
		const char *rule[CONF_RULE_MAX];
		struct gate_spec spec = { .name = g->name,
					  .stream = (enum gate_stream)g->stream,
					  .side = (enum gate_side)g->side,
					  .threshold = g->threshold,
					  .release = g->release,
					  .window = g->window,
					  .symbols = g->symbols,
					  .rule = rule,
					  .n_rules = g->n_rule };
		char text[GATE_ERR_BYTES];

		for (unsigned k = 0; k < g->n_rule; k++)
			rule[k] = g->rule[k];
		if (gate_compile(gates, &spec, text, sizeof text))
			fail(g->name, text);
	}
	if (gate_finish(gates, &fault))
		fail(gates->gate[fault.gate].name, fault.text);
}
