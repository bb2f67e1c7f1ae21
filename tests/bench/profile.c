/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/bench/profile.h"

#include <stdio.h>
#include <stdlib.h>

void profile_load(struct conf *conf, struct gate_set *gates)
{
	struct conf_error err;

	if (conf_parse(conf, "bench.conf", conf_bench_text, conf_bench_bytes, &err)) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	for (unsigned i = 0; i < conf->n_gate; i++) {
		const struct conf_gate *g = &conf->gate[i];
		const char *rule[CONF_RULE_MAX];
		char text[256];

		for (unsigned k = 0; k < g->n_rule; k++)
			rule[k] = g->rule[k];
		if (gate_compile(gates, g->name, (enum gate_stream)g->stream, (enum gate_side)g->side,
				 g->threshold, rule, g->n_rule, text, sizeof text)) {
			fprintf(stderr, "bench.conf: gate %s: %s\n", g->name, text);
			exit(1);
		}
	}
}
