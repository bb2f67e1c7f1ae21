/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_shared.c: what others read of an ingest lcore beyond what it counts as it goes (lcore_shared.h).
#include <rte_cycles.h>

#include "lcore/stage/ingest_parts.h"

void ingest_publish(struct ingest *in)
{
	for (uint32_t i = 0; i < in->receiver.n_channels; i++) {
		const struct chan *from = &in->engine.chan[i];
		struct channel_counts *to = in->receiver.channel[i].counts;

		to->prints = from->prints;
		to->system = from->system;
		to->system_ns = from->system_ns;
	}
	counts_publish(&in->receiver);
	if (in->lcore->plant->split && in->port && in->port->clock != PORT_CLOCK_FLAT) {
		in->shared->rx_now_ns = in->port->ops->now_ns(in->port);
		__atomic_store_n(&in->shared->rx_tsc, rte_rdtsc(), __ATOMIC_RELEASE);
	}
}

void ingest_publish_watch(struct ingest *in)
{
	const struct engine *e = &in->engine;

	for (uint32_t i = 0; i < e->n_watch; i++)
		__atomic_store_n(&in->shared->watch[i], in->symtab.symbol[e->watch[i]], __ATOMIC_RELAXED);
	__atomic_store_n(&in->shared->n_watch, e->n_watch, __ATOMIC_RELEASE);
}
