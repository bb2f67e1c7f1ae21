/* SPDX-License-Identifier: BSD-3-Clause */
// topo.h: whether the declared topology holds together: ports, lcores, links, gates, and the machine they are
// put on. Pure: what the host is like is an argument. Boot only, single threaded; errors name file and line.
#ifndef WB_CONF_TOPO_H
#define WB_CONF_TOPO_H

#include "conf/conf.h"

// struct topo_host is what the checks know of the machine.
struct topo_host {
	int16_t cpu_node[CONF_CPU_MAX + 1]; // NUMA node of each cpu; -1: there is no such cpu
	int16_t port_node[CONF_PORT_MAX];   // NUMA node of each port of the configuration; -1: not known, or
					    // none
};

// topo_host_init fills host with no cpus and no nodes known.
void topo_host_init(struct topo_host *host);
// topo_check refuses what cannot run: contents of lists, a port queue polled by two lcores or by none, wrong
// links, a cpu used twice (unless run.share_cpu), a cpu that is not there, an lcore off its port's NUMA node
// (unless remote_numa). host may be NULL: the machine is then not looked at. Lcores whose cpu is still auto
// are not held to cpu rules. Returns 0 or -EINVAL.
int topo_check(const struct conf *c, const struct topo_host *host, struct conf_error *err);
// topo_each is topo_check, and goes on: found is called for each refusal. Returns how many there were.
typedef void topo_found(void *ctx, const struct conf_error *err);
unsigned topo_each(const struct conf *c, const struct topo_host *host, topo_found *found, void *ctx);
// topo_watch is its part for bars.watch, which can be set while running.
int topo_watch(const struct conf *c, struct conf_error *err);
// topo_resolve_cpus gives each lcore with cpu = auto, and then the main lcore, one of the allowed cpus:
// ingest lcores first, each a cpu of its own on its port's node if there is one, then the others, on the cpus
// least used and not an ingest lcore's if possible. Without run.share_cpu nothing is shared. host may be
// NULL. Returns 0, or -EINVAL when the cpus do not suffice.
int topo_resolve_cpus(struct conf *c, const struct topo_host *host, const unsigned *allowed,
		      unsigned n_allowed, struct conf_error *err);
// topo_link_allowed tells whether the design has links from one stage to the other.
bool topo_link_allowed(enum conf_stage from, enum conf_stage to);
// topo_find_lcore, topo_find_port give the index by name, or -1.
int topo_find_lcore(const struct conf *c, const char *name);
int topo_find_port(const struct conf *c, const char *name);

#endif
