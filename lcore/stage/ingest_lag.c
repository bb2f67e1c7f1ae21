/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_lag.c: how late an ingest lcore is, by the clock that its port offers.
#include <rte_cycles.h>

#include "lcore/stage/ingest_parts.h"

// The present in exchange time, as far as this lcore's port lets it be known (see enum port_clock).
uint64_t ingest_now_ns(const struct ingest *in, uint64_t rx_ns, uint64_t tsc)
{
	const struct plant *p = in->lcore->plant;

	if (in->port->clock == PORT_CLOCK_FLAT)
		return rx_ns + clock_ns(&p->clock, tsc - in->burst_tsc);
	return in->port->ops->now_ns(in->port) + (uint64_t)in->anchor_ns;
}

void ingest_lag(struct lcore_shared *s, enum lcore_hist which, uint64_t now_ns, uint64_t then_ns)
{
	if (now_ns < then_ns)
		LEDGER_INC(&s->ledger, lag_clamped);
	hist_record(&s->hist[which], now_ns > then_ns ? now_ns - then_ns : 0);
}

// clock_anchor = first_packet: the live clock starts at the first packet's exchange time. A packet of the
// journal was received then, not now.
void ingest_anchor(struct ingest *in, const struct event *ev, const uint64_t *rx_ns)
{
	const struct plant *p = in->lcore->plant;

	if (in->anchored || !ev->ts_ns)
		return;
	in->anchored = true;
	bool past = in->behind || p->snapshot;

	if ((!p->replay || p->snapshot) && p->conf->run.clock_anchor == CONF_CLOCK_ANCHOR_FIRST_PACKET)
		in->anchor_ns = (int64_t)ev->ts_ns -
				(int64_t)(past ? rx_ns[ev->frame] : in->port->ops->now_ns(in->port));
}

// What n of something cost together, each of them.
static void record_each(const struct ingest *in, enum lcore_hist which, uint64_t tsc, uint64_t n)
{
	hist_record_n(&in->shared->hist[which], clock_ns(&in->lcore->plant->clock, tsc) / n, n);
}

// One sample of each frame's last event: exchange time to handed on.
void ingest_feed_lags(struct ingest *in, const struct event *ev, unsigned n, const uint64_t *rx_ns,
		      uint64_t begun_tsc)
{
	uint64_t tsc = rte_rdtsc();

	uint64_t events = n;

	for (unsigned i = 0; i < n; i++) {
		const struct event *e = &ev[i];

		events += e->kind == EV_CLOCK && !e->ts_ns ? e->qty : 0; // equal heartbeats (repeat.h)
		if (i + 1 < n && ev[i + 1].frame == e->frame)
			continue;
		if (e->ts_ns)
			ingest_lag(in->shared, HIST_FEED_LAG, ingest_now_ns(in, rx_ns[e->frame], tsc),
				   e->ts_ns);
	}
	record_each(in, HIST_DEPTH_FEATURES, tsc - begun_tsc, events);
	if (ev[n - 1].ts_ns) // a heartbeat may carry no time
		in->shared->data_ns = ev[n - 1].ts_ns;
	in->shared->data_tsc = tsc;
}

void ingest_wire_lags(struct ingest *in, unsigned n)
{
	uint64_t tsc = rte_rdtsc();
	bool flat = in->port->clock == PORT_CLOCK_FLAT;
	uint64_t now = flat ? 0 : in->port->ops->now_ns(in->port);

	if (likely(!in->waited))
		record_each(in, HIST_PACKET_HANDLING, tsc - in->burst_tsc, n);
	if (flat) {
		hist_record_n(&in->shared->hist[HIST_WIRE_LAG],
			      clock_ns(&in->lcore->plant->clock, tsc - in->burst_tsc), n);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		ingest_lag(in->shared, HIST_WIRE_LAG, now, in->rx_ns[i]);
}

unsigned ingest_seal(struct ingest *in, unsigned budget)
{
	if (in->engine.none_due)
		return engine_seal(&in->engine, budget);
	uint64_t rows = in->shared->rows, begun_tsc = rte_rdtsc();
	unsigned n = engine_seal(&in->engine, budget);

	rows = in->shared->rows - rows;
	if (rows)
		record_each(in, HIST_SEAL, rte_rdtsc() - begun_tsc, rows);
	return n;
}
