/* SPDX-License-Identifier: BSD-3-Clause */
// topo.h: checks the declared topology: ports, lcores, links, gates, and the machine they run on. PURE: the
// host is an argument. Boot only, single threaded; errors name file and line.
#ifndef WB_CONF_TOPO_H
#define WB_CONF_TOPO_H

#include "conf/conf.h"

// struct topo_host is what the checks need to know of the machine.
struct topo_host {
	int16_t cpu_node[CONF_CPU_MAX + 1]; // NUMA node of each cpu; -1: there is no such cpu
	int16_t port_node[CONF_PORT_MAX];   // NUMA node of each port of the configuration; -1: not known, or
					    // none
};

// topo_host_init fills host with no cpus and no nodes known.
void topo_host_init(struct topo_host *host);
// topo_check refuses what cannot run: contents of lists, a port queue polled by two lcores or by none, wrong
// links, a cpu used twice (unless run.share_cpu), a cpu that does not exist, an lcore off its port's NUMA
// node (unless remote_numa). host NULL: no checks against the machine. Lcores whose cpu is still auto have no
// cpu rules. Returns 0 or -EINVAL.
int topo_check(const struct conf *c, const struct topo_host *host, struct conf_error *err);
// topo_each is topo_check, and continues after a refusal: it calls found for each. Returns how many there
// were.
typedef void topo_found(void *ctx, const struct conf_error *err);
unsigned topo_each(const struct conf *c, const struct topo_host *host, topo_found *found, void *ctx);
// topo_watch is the part of topo_check for bars.watch, which can be set while running.
int topo_watch(const struct conf *c, struct conf_error *err);
// topo_resolve_cpus assigns one of the allowed cpus to each lcore with cpu = auto, then to the main lcore:
// ingest lcores first, each a cpu of its own, on its port's node if possible; then the others, on the least
// used cpus, not an ingest lcore's if possible. Without run.share_cpu no cpu is shared. host may be NULL.
// Returns 0, or -EINVAL if the cpus do not suffice.
int topo_resolve_cpus(struct conf *c, const struct topo_host *host, const unsigned *allowed,
		      unsigned n_allowed, struct conf_error *err);
// topo_link_allowed returns true if links may lead from one stage to the other (stages.def).
bool topo_link_allowed(enum conf_stage from, enum conf_stage to);
// topo_depth_least returns the least depth of a link by which requests of a desk go: what the desk may send
// at two closes finds room. 0: the link is none such.
uint64_t topo_depth_least(const struct conf *c, const struct conf_link *link);
// topo_find_lcore and topo_find_port return the index by name, or -1.
int topo_find_lcore(const struct conf *c, const char *name);
int topo_find_port(const struct conf *c, const char *name);

#endif
