/* SPDX-License-Identifier: BSD-3-Clause */
// plan.c: which parts there are, from the configuration: one, or those of the split layout.
#include "app/wirebar_up/up.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void title(struct up_part *p, unsigned i, const char *name)
{
	snprintf(p->title, sizeof p->title, "P%u-%s", i + 1, name);
	p->title[3] = (char)toupper((unsigned char)p->title[3]);
}

static bool has_gateway(const struct conf *c)
{
	for (unsigned i = 0; i < c->n_lcore; i++)
		if (c->lcore[i].stage == CONF_STAGE_GATEWAY)
			return true;
	return false;
}

unsigned plan_parts(struct up *u, const char **rest, const char *name[SUPER_PARTS])
{
	static const char *const fused[] = { "appliance" }, *const split[] = { "ingest", "signal",
									       "telemetry", "gateway" };
	bool parts = u->conf.run.layout == CONF_LAYOUT_SPLIT;
	unsigned n = parts ? sizeof split / sizeof *split : sizeof fused / sizeof *fused;

	n -= parts && !has_gateway(&u->conf);
	for (unsigned i = 0; i < n; i++) {
		struct up_part *p = &u->part[i];
		unsigned k = 0;

		name[i] = parts ? split[i] : fused[i];
		title(p, i, name[i]);
		snprintf(p->control, sizeof p->control, "%.230s.%.20s", u->control, name[i]);
		p->pidfd = p->pipe[0].fd = p->pipe[1].fd = -1;
		p->argv[k++] = u->program;
		p->argv[k++] = u->replay ? "replay" : "run";
		if (u->conf_path)
			p->argv[k++] = "--conf", p->argv[k++] = u->conf_path;
		// The name is said, so that no part takes another one.
		p->argv[k++] = "--file-prefix", p->argv[k++] = u->conf.eal.file_prefix;
		if (parts)
			p->argv[k++] = "--part", p->argv[k++] = name[i];
		for (const char **at = rest; *at && k + 1 < UP_ARGS; at++)
			p->argv[k++] = *at;
		p->argv[k] = NULL;
	}
	return n;
}

void plan_super(const struct up *u, struct super_conf *out)
{
	const struct conf_supervise *c = &u->conf.supervise;

	*out = (struct super_conf){ .stagger_ns = c->stagger_ns,
				    .pause_ns = c->pause_ns,
				    .refill_ns = c->refill_ns,
				    .stuck_ns = c->stuck_ns,
				    .start_ns = c->start_ns,
				    .starved_ns = c->starved_ns,
				    .slow_ns = 10 * NS_PER_S,
				    .window_ns = c->window_ns,
				    .restarts = (unsigned)c->restarts,
				    .chained = u->conf.run.layout == CONF_LAYOUT_SPLIT };
}
