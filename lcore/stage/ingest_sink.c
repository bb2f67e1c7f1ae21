/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_sink.c: where the output of an ingest lcore's engine goes: links, and the shared tables.
#include <rte_cycles.h>

#include "lcore/model/engine.h"
#include "lcore/model/tables.h"
#include "lcore/stage/ingest_parts.h"

static void push_bar(struct link *link, uint32_t stream, uint64_t tsc, const struct bar *bar)
{
	struct link_elem *to = link_place(link, stream);

	if (unlikely(!to))
		return;
	to->stream = stream;
	to->note = 0;
	to->pushed_tsc = tsc;
	to->bar = *bar;
	link_placed(link);
}

static void sink_bar(void *ctx, const struct bar *bar)
{
	struct ingest *in = ctx;
	struct lcore *l = in->lcore;

	uint64_t tsc = rte_rdtsc();

	if ((bar->flags & BAR_IDLE) && !in->engine.conf.fill) { // for readers only
		tables_put(l->plant->tables, bar);
		return;
	}
	// Stages wait for it, readers of the tables do not.
	for (int i = 0; i < l->n_out; i++)
		push_bar(l->out[i], LINK_NEW_BAR, tsc, bar);
	tables_put(l->plant->tables, bar);
	in->shared->rows += !(bar->flags & BAR_IDLE);
	if (bar->flags & (BAR_PARTIAL_LAST | BAR_IDLE) || !in->port)
		return;
	ingest_lag(in->shared, HIST_SEAL_DELAY, ingest_now_ns(in, in->rx_ns[0], tsc), bar->close_ts);
}

static void sink_sweep(void *ctx, const struct sweep *sweep)
{
	struct ingest *in = ctx;

	in->elem.note = in->echo.on && in->engine.conf.sweep_grow; // a gate looks at it
	in->elem.sweep = *sweep;
	ingest_push(in, LINK_SWEEP);
	if (unlikely(in->elem.note))
		echo_asked(&in->echo, sweep->to_ns, ECHO_SWEEP);
}

static void sink_revision(void *ctx, const struct revision *revision)
{
	struct ingest *in = ctx;

	in->elem.revision = *revision;
	ingest_push(in, LINK_REVISION);
}

static void sink_relay(void *ctx, const struct relay *record)
{
	struct ingest *in = ctx;

	in->elem.stream = LINK_RELAY;
	in->elem.pushed_tsc = rte_rdtsc();
	in->elem.relay = *record;
	in->relay_lost = !link_push(in->relay, &in->elem) || in->relay_lost;
}

static void sink_mark(void *ctx, uint64_t close_ts)
{
	struct ingest *in = ctx;

	if (likely(!in->echo.on || (!echo_waits(&in->echo) && !in->n_marks))) {
		ingest_mark(in, close_ts, in->drained);
		return;
	}
	// What the mark before it brought about comes first. One that finds no place is told by the next.
	if (in->n_marks == MARKS_MAX)
		in->n_marks--;
	unsigned at = (in->mark_at + in->n_marks++) % MARKS_MAX;

	in->mark[at].close_ts = close_ts;
	in->mark[at].last = in->drained;
}

void ingest_mark(struct ingest *in, uint64_t close_ts, bool last)
{
	in->elem.mark_ns = close_ts;
	in->elem.note = last;
	ingest_push(in, LINK_MARK);
	if (unlikely(in->echo.on))
		echo_asked(&in->echo, close_ts, ECHO_MARK);
}

// Only the stage that writes files looks at these.
static void sink_venue_bar(void *ctx, const struct bar *bar)
{
	struct ingest *in = ctx;
	struct lcore *l = in->lcore;
	uint64_t tsc = rte_rdtsc();

	for (int i = 0; i < l->n_out; i++)
		if (l->plant->lcore[l->out[i]->to]->conf->stage == CONF_STAGE_EXPORT)
			push_bar(l->out[i], LINK_VENUE_BAR, tsc, bar);
}

void ingest_sink(struct ingest *in, struct engine_sink *out)
{
	*out = (struct engine_sink){ .ctx = in,
				     .bar = sink_bar,
				     .sweep = sink_sweep,
				     .revision = sink_revision,
				     .mark = sink_mark,
				     .venue_bar = in->lcore->plant->output_path[OUTPUT_VENUE_BARS]
							  ? sink_venue_bar
							  : NULL,
				     .relay = sink_relay,
				     .legs = in->paper ? &in->paper->legs : NULL };
}
