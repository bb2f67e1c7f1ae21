/* SPDX-License-Identifier: BSD-3-Clause */
// topo_cpus.c: which cpus the lcores get whose cpu is auto.
#include <errno.h>

#include "conf/topo.h"

enum { QUEUES_MAX = CONF_PORT_MAX * 16 };

// The NUMA node of an ingest lcore's first port that has one; -1: any will do.
static int wanted_node(const struct conf *c, const struct topo_host *host, const struct conf_lcore *l)
{
	struct conf_queue queues[QUEUES_MAX];
	struct conf_error ignored;
	int n = l->stage == CONF_STAGE_INGEST ? conf_queues(c, l, queues, QUEUES_MAX, &ignored) : 0;

	for (int i = 0; host && i < n; i++)
		if (host->port_node[queues[i].port] >= 0)
			return host->port_node[queues[i].port];
	return -1;
}

// Users of each cpu so far; an ingest lcore weighs so much that others go elsewhere while they can.
struct load {
	unsigned users[CONF_CPU_MAX + 1];
};

enum { INGEST_WEIGHT = 64 };

static int pick_cpu(const struct load *load, const struct topo_host *host, int node, const unsigned *allowed,
		    unsigned n_allowed)
{
	int best = -1;
	unsigned least = UINT32_MAX;

	for (unsigned i = 0; i < n_allowed; i++) {
		unsigned cpu = allowed[i], cost;

		if (cpu > CONF_CPU_MAX)
			continue;
		// A free cpu of the right node is best, then a free one; 2 users are dearer than a wrong
		// node.
		cost = load->users[cpu] * 2 + (host && node >= 0 && host->cpu_node[cpu] != node);
		if (cost < least) {
			least = cost;
			best = (int)cpu;
		}
	}
	return best;
}

static int place(struct conf *c, struct load *load, int cpu, const char *what, unsigned line,
		 unsigned n_allowed, struct conf_error *err)
{
	if (cpu < 0 || (load->users[cpu] && !c->run.share_cpu))
		return conf_fail(err, c, line,
				 "%s: found auto with %u cpus allowed to this process, all in use, allowed: "
				 "more cpus, or "
				 "share_cpu = yes in [run]",
				 what, n_allowed);
	return 0;
}

int topo_resolve_cpus(struct conf *c, const struct topo_host *host, const unsigned *allowed,
		      unsigned n_allowed, struct conf_error *err)
{
	struct load load = { 0 };
	char what[64];

	for (unsigned i = 0; i < c->n_lcore; i++)
		if (c->lcore[i].cpu >= 0)
			load.users[c->lcore[i].cpu] += c->lcore[i].stage == CONF_STAGE_INGEST ? INGEST_WEIGHT
											      : 1;
	if (c->eal.main_cpu >= 0)
		load.users[c->eal.main_cpu]++;
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < c->n_lcore; i++) {
			struct conf_lcore *l = &c->lcore[i];
			bool ingest = l->stage == CONF_STAGE_INGEST;
			int cpu;

			if (l->cpu >= 0 || ingest != (pass == 0))
				continue;
			cpu = pick_cpu(&load, host, wanted_node(c, host, l), allowed, n_allowed);
			snprintf(what, sizeof what, "[lcore %s] cpu", l->name);
			if (place(c, &load, cpu, what, l->cpu_line ? l->cpu_line : l->line, n_allowed, err))
				return -EINVAL;
			l->cpu = cpu;
			load.users[cpu] += ingest ? INGEST_WEIGHT : 1;
		}
	if (c->eal.main_cpu < 0) {
		int cpu = pick_cpu(&load, host, -1, allowed, n_allowed);

		if (place(c, &load, cpu, "[eal] main_cpu", c->eal.main_cpu_line, n_allowed, err))
			return -EINVAL;
		c->eal.main_cpu = cpu;
	}
	return 0;
}
