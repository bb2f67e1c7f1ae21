/* SPDX-License-Identifier: BSD-3-Clause */
// latency_bench: from the last byte of the sealing packet in memory to a row in the hands of the consumer on another
// lcore: receive, decode, book, due, merge, enrich, tables, link, all as in the appliance; the watched instrument's 1 s row.
// Beside it an empty rte_ring's hop in the same run, and how much of the tail came when a core was taken away.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_memory.h>

#include "hwtest/lab/lab.h"
#include "lcore/stage/link.h"
#include "tests/bench/flow.h"
#include "tests/bench/hop.h"
#include "tests/bench/opt.h"
#include "tests/bench/plot.h"
#include "tests/bench/rig.h"

static const char *const about = "latency_bench: from the sealing packet in memory to the row at the consumer.";

enum { CONSUMER = 1, BURST = 32, BUDGET = 64, HOPS = 4, WATCHED = 0, CURVE = 60 };

static double instruments = 1000, resting = 100000, seals = 5000, per_second = 400;
static struct hop hop;
static struct link link_to;
static struct hist watched, all, disturbed; // w: consumer. disturbed: watched rows while a core was away
static struct lab_watch core; // of the consumer, whose turns are short
static uint64_t packet_ns; // when the sealing packet was in memory; w: main, before it pushes
static bool stop;

static void take(const struct link_elem *elem, uint64_t now)
{
	uint64_t took = now > elem->pushed_tsc ? now - elem->pushed_tsc : 0;

	if (elem->stream != LINK_NEW_BAR || !elem->pushed_tsc)
		return;
	hist_record(&all, took);
	if (elem->bar.instr != WATCHED || elem->bar.span != SPAN_1S)
		return;
	hist_record(&watched, took);
	if (took > LAB_OFF_CORE_NS)
		hist_record(&disturbed, took);
}

static int consume(void *arg)
{
	static struct link_elem elem[BURST];

	(void)arg;
	while (!hop.stop) {
		lab_watch(&core);
		hop_answer(&hop);
		unsigned n = link_pop(&link_to, elem, BURST);
		uint64_t now = n ? lab_ns() : 0;

		for (unsigned i = 0; i < n; i++)
			take(&elem[i], now);
	}
	return 0;
}

// What ingest does with a row, but pushed_tsc tells when the packet was there; 0: not a row that is measured.
static void push_row(void *ctx, const struct bar *bar)
{
	struct link_elem *elem = ctx;

	elem->pushed_tsc = packet_ns;
	elem->bar = *bar;
	link_push(&link_to, elem);
}

static void second(struct rig *rig, struct flow *flow, uint64_t n)
{
	const struct frame_in *frame;
	unsigned frames;

	packet_ns = 0;
	flow_jump(flow, n * NS_PER_S + NS_PER_MS);
	frames = flow_steady(flow, (uint32_t)per_second, &frame);
	rig_push(rig, frame, frames);
	rig_seal(rig, BUDGET);
	while (link_count(&link_to))
		lab_relax();
	// The first packet past the second makes it due.
	flow_jump(flow, (n + 1) * NS_PER_S + 1000);
	frames = flow_steady(flow, 4, &frame);
	packet_ns = lab_ns();
	rig_push(rig, frame, frames);
	rig_seal(rig, BUDGET);
	while (link_count(&link_to))
		lab_relax();
	hop_send(&hop, HOPS);
}

static void play(void)
{
	static struct link_elem elem = { .stream = LINK_NEW_BAR };
	struct flow_conf fc = {
		.instruments = (uint32_t)instruments, .resting = (uint32_t)resting, .per_packet = 4, .step_ns = 10
	};
	struct rig_conf rc = { .instruments = fc.instruments,
			       .orders = fc.resting * 2,
			       .levels = fc.instruments * 512,
			       .prints = 1 << 16,
			       .watch = 1,
			       .trade_day = FLOW_DAY,
			       .tables = true,
			       .sink = { .ctx = &elem, .bar = push_row } };
	struct flow *flow = flow_create(&fc, 100000);
	struct rig *rig = rig_create(&rc);
	const struct frame_in *frame;
	unsigned n;

	while ((n = flow_announce(flow, 100000, &frame)))
		rig_push(rig, frame, n);
	while ((n = flow_build(flow, 100000, &frame)))
		rig_push(rig, frame, n);
	engine_watch(&rig->engine, WATCHED, true);
	rte_eal_remote_launch(consume, NULL, CONSUMER);
	for (uint64_t s = 1; s <= (uint64_t)seals; s++)
		second(rig, flow, s);
	hop.stop = true;
	rte_eal_wait_lcore(CONSUMER);
	rig_destroy(rig);
	flow_destroy(flow);
}

static void print(const char *name, const struct hist *h)
{
	printf("%-34s %9llu %9.2f %9.2f %9.2f\n", name, (unsigned long long)h->count,
	       (double)hist_percentile(h, 0.5) / 1e3, (double)hist_percentile(h, 0.999) / 1e3,
	       (double)h->max / 1e3);
}

static int report(void)
{
	double p50 = (double)hist_percentile(&watched, 0.5), empty = (double)hist_percentile(&hop.way, 0.5);

	printf("%-34s %9s %9s %9s %9s\n", "us", "n", "p50", "p99.9", "max");
	print("empty ring, one way", &hop.way);
	print("packet to watched 1 s row", &watched);
	print("packet to any row", &all);
	printf("p50 is %.2f empty hops; %llu of the watched rows (%.2f %%) took more than %llu us; the consumer was off core for %.1f ms\n",
	       p50 / empty, (unsigned long long)disturbed.count,
	       watched.count ? 100.0 * (double)disturbed.count / (double)watched.count : 0,
	       (unsigned long long)(LAB_OFF_CORE_NS / NS_PER_US), (double)core.off_ns / 1e6);
	printf("bench=latency instruments=%.0f resting=%.0f n=%llu hop_p50_ns=%.0f hop_p999_ns=%llu p50_ns=%.0f p999_ns=%llu max_ns=%llu "
	       "ratio=%.2f off_core_ms=%.1f\n",
	       instruments, resting, (unsigned long long)watched.count, empty,
	       (unsigned long long)hist_percentile(&hop.way, 0.999), p50,
	       (unsigned long long)hist_percentile(&watched, 0.999), (unsigned long long)watched.max, p50 / empty,
	       (double)core.off_ns / 1e6);
	const struct link_shared *s = link_to.shared;

	if (s->pushes != s->pops || watched.count == 0) {
		fprintf(stderr, "latency_bench: rows are missing\n");
		return 1;
	}
	return 0;
}

static int draw(const char *path)
{
	const struct plot_axis share = { .label = "slower than this: one in", .log = true },
			       took = { .label = "us", .log = true };
	static const char *const name[] = { "empty ring, one way", "packet to watched row", "packet to any row" };
	const struct hist *h[] = { &hop.way, &watched, &all };
	struct plot *p = plot_open(
		"From the sealing packet to the row on the next core",
		"receive, decode, book, seal, enrich, tables, link; beside it an empty ring in the same run");
	double x[CURVE], y[CURVE];

	plot_panel(p, &share, &took);
	for (int k = 0; k < 3; k++) {
		size_t n = 0;

		// 1 to 10,000 in even steps of the logarithm, as far as there are samples.
		for (double one_in = 1.08; n < CURVE && one_in <= 10000 && one_in <= (double)h[k]->count;
		     one_in *= 1.17, n++) {
			x[n] = one_in;
			y[n] = (double)hist_percentile(h[k], 1 - 1 / one_in) / 1e3;
		}
		plot_line(p, name[k], (unsigned)k, PLOT_SOLID, x, y, n);
	}
	return plot_close(p, path);
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "instruments", &instruments, 1, 60000, "instruments" },
		{ "resting", &resting, 100, 1e7, "orders that rest" },
		{ "seals", &seals, 10, 1e6, "seconds of market time" },
		{ "per-second", &per_second, 4, 100000, "messages in a second of market time" },
	};
	static const unsigned cpu[] = { 0, 1 };
	const char *plot = NULL;
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, &plot);

	if (rc)
		return rc - 1;
	if (lab_eal_up("latency_bench", cpu, 2) < 0)
		return 1;
	rc = hop_create(&hop);
	if (rc == 0)
		rc = link_create(&link_to, "bench", "main", "consumer", 65536, SOCKET_ID_ANY);
	if (rc < 0) {
		fprintf(stderr, "latency_bench: no memory for rings: %s\n", rte_strerror(-rc));
		return 1;
	}
	link_to.wait = true;
	link_to.stop = &stop;
	play();
	rc = report();
	if (plot && draw(plot) < 0) {
		fprintf(stderr, "latency_bench: cannot write %s: %s\n", plot, strerror(errno));
		rc = 1;
	}
	lab_eal_down();
	return rc;
}
