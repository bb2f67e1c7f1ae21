/* SPDX-License-Identifier: BSD-3-Clause */
// latency_bench: from the last byte of the sealing packet in memory to a row in the hands of the consumer on
// another lcore: receive, decode, book, due, merge, enrich, link, all as in the appliance; the watched
// instrument's 1 s row. Then the built-in profile's gates look at it there, as in the signal stage. Beside it
// an empty rte_ring's hop in the same run, the pieces of the way, and how much of the tail came when a core
// was taken away.
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
#include "tests/bench/machine.h"
#include "tests/bench/plot.h"
#include "tests/bench/profile.h"
#include "tests/bench/rig.h"
#include "tests/bench/stamps.h"

static const char *const about =
	"latency_bench: from the sealing packet in memory to the row at the consumer.";

enum { CONSUMER = 1, BURST = 32, BUDGET = 64, HOPS = 4, WATCHED = 0, CURVE = 60 };

static double instruments = 1000, resting = 100000, seals = 5000, per_second = 400;
static struct hop hop;
static struct link link_to;
static struct stamps stamps;  // of the watched rows, by second
static struct hist all;       // any row; w: consumer
static struct lab_watch core; // of the consumer, whose turns are short
static struct gate_set gate_set;
static struct gates gates; // w: consumer
static struct rig *rig;
static uint64_t packet_ns,
	receive_ticks; // of the sealing packet; 0: not a row that is measured. w: main, before it pushes
static bool stop;

static uint32_t second_of(const struct bar *bar)
{
	return (uint32_t)((bar->close_ts - FLOW_OPEN_NS) / NS_PER_S) - 1;
}

static bool measured(const struct bar *bar)
{
	return bar->instr == WATCHED && bar->span == SPAN_1S && second_of(bar) < stamps.n;
}

// What the signal stage does with a row.
static void take(const struct link_elem *elem, uint64_t taken_ns, bool away, bool switched)
{
	struct fire fire[GATE_MAX];

	if (elem->stream != LINK_NEW_BAR)
		return;
	gate_set_row(&gates, &elem->bar, fire);
	if (!elem->pushed_tsc)
		return;
	hist_record(&all, taken_ns > elem->pushed_tsc ? taken_ns - elem->pushed_tsc : 0);
	if (measured(&elem->bar))
		stamps.in[second_of(&elem->bar)] = (struct stamp_in){
			.taken_ns = taken_ns, .verdict_ns = lab_ns(), .away = away, .switched = switched
		};
}

static int consume(void *arg)
{
	uint64_t last_ns = lab_ns();
	long switches = stamps_switches();
	bool before = false, away, switched = false;

	(void)arg;
	while (!hop.stop) {
		lab_watch(&core);
		hop_answer(&hop);
		unsigned n = BURST;
		const struct link_elem *elem = link_peek(&link_to, &n);
		uint64_t now = lab_ns();

		away = now - last_ns > STAMPS_AWAY_NS;
		if (away) {
			long s = stamps_switches();

			switched = s != switches;
			switches = s;
		}
		// It may have gone between looking at the ring and at the clock: then the next turn finds the
		// row.
		for (unsigned i = 0; i < n; i++)
			take(&elem[i], now, away || before, switched);
		if (elem)
			link_taken(&link_to, n);
		before = away;
		last_ns = now;
	}
	return 0;
}

// What ingest does with a row, but pushed_tsc tells when the packet was there.
static void push_row(void *ctx, const struct bar *bar)
{
	uint64_t row_ns = lab_ns();
	struct link_elem *elem = link_place(&link_to, LINK_NEW_BAR);

	(void)ctx;
	if (!elem) // waits for room
		return;
	elem->stream = LINK_NEW_BAR;
	elem->note = 0;
	elem->pushed_tsc = packet_ns;
	elem->bar = *bar;
	link_placed(&link_to);
	if (packet_ns && measured(bar))
		stamps.out[second_of(bar)] =
			(struct stamp_out){ .packet_ns = packet_ns, .row_ns = row_ns, .pushed_ns = lab_ns() };
}

static void second(struct flow *flow, uint64_t n)
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
	long switches = stamps_switches();

	receive_ticks = rig->receive_ticks;
	packet_ns = lab_ns();
	rig_push(rig, frame, frames);
	rig_seal(rig, BUDGET);
	if (n < stamps.n) {
		struct stamp_out *o = &stamps.out[n];

		o->receive_ns = (uint64_t)((double)(rig->receive_ticks - receive_ticks) * rig_tick_ns());
		o->switched = stamps_switches() != switches;
	}
	while (link_count(&link_to))
		lab_relax();
	hop_send(&hop, HOPS);
}

static void play(void)
{
	struct flow_conf fc = { .instruments = (uint32_t)instruments,
				.resting = (uint32_t)resting,
				.per_packet = 4,
				.step_ns = 10 };
	struct rig_conf rc = { .instruments = fc.instruments,
			       .orders = fc.resting * 2,
			       .levels = fc.instruments * 512,
			       .prints = 1 << 16,
			       .watch = 1,
			       .trade_day = FLOW_DAY,
			       .tables = true,
			       .sink = { .bar = push_row } };
	struct flow *flow = flow_create(&fc, 100000);
	static struct conf profile;

	profile_load(&profile, &gate_set);
	void *gate_mem = machine_memory(gate_set_bytes(&gate_set, fc.instruments));

	gate_set_init(&gates, &gate_set, fc.instruments, gate_mem);
	stamps_create(&stamps, (uint32_t)seals + 1);
	rig = rig_create(&rc);
	flow_rest(flow, 100000, rig, rig_push);
	engine_watch(&rig->engine, WATCHED, true);
	rte_eal_remote_launch(consume, NULL, CONSUMER);
	for (uint64_t s = 1; s <= (uint64_t)seals; s++)
		second(flow, s);
	hop.stop = true;
	rte_eal_wait_lcore(CONSUMER);
	stamps_add_up(&stamps);
	rig_destroy(rig);
	flow_destroy(flow);
	machine_free(gate_mem);
	stamps_destroy(&stamps);
}

static void print(const char *name, const struct hist *h)
{
	printf("%-34s %9llu %9.2f %9.2f %9.2f\n", name, (unsigned long long)h->count,
	       (double)hist_percentile(h, 0.5) / 1e3, (double)hist_percentile(h, 0.999) / 1e3,
	       (double)h->max / 1e3);
}

static double share(uint64_t part, uint64_t of) { return of ? 100.0 * (double)part / (double)of : 0; }

static int report(void)
{
	const struct hist *whole = &stamps.whole, *clean = &stamps.undisturbed;
	double p50 = (double)hist_percentile(whole, 0.5), empty = (double)hist_percentile(&hop.way, 0.5);
	uint64_t away = whole->count - clean->count;

	printf("%-34s %9s %9s %9s %9s\n", "us", "n", "p50", "p99.9", "max");
	print("empty ring, one way", &hop.way);
	print("packet to watched 1 s row", whole);
	print("  no core away meanwhile", clean);
	print("  of it: packet to events", &stamps.receive);
	print("         events to row", &stamps.seal);
	print("         row into the ring", &stamps.push);
	print("         ring to consumer", &stamps.hop);
	print("row to verdict of the gates", &stamps.verdict);
	print("packet to any row", &all);
	printf("p50 is %.2f empty hops. A core was away (more than %llu us) during %llu of the rows (%.2f %%): of the slowest thousandth's\n"
	       "%llu rows during %llu, which is %.1f %% of their time beyond the median; %llu of these by a switch to another thread\n"
	       "of this host, the others by interrupts or the host's own doing; the consumer was off core for %.1f ms\n",
	       p50 / empty, (unsigned long long)(STAMPS_AWAY_NS / NS_PER_US), (unsigned long long)away,
	       share(away, whole->count), (unsigned long long)stamps.slow,
	       (unsigned long long)stamps.slow_away, 100 * stamps.away_share,
	       (unsigned long long)stamps.slow_switched, (double)core.off_ns / 1e6);
	printf("bench=latency instruments=%.0f resting=%.0f n=%llu hop_p50_ns=%.0f hop_p999_ns=%llu p50_ns=%.0f p999_ns=%llu max_ns=%llu "
	       "clean_p999_ns=%llu receive_ns=%llu seal_ns=%llu push_ns=%llu taken_ns=%llu verdict_ns=%llu verdict_p999_ns=%llu "
	       "away_percent=%.2f slow_away_percent=%.1f ratio=%.2f off_core_ms=%.1f\n",
	       instruments, resting, (unsigned long long)whole->count, empty,
	       (unsigned long long)hist_percentile(&hop.way, 0.999), p50,
	       (unsigned long long)hist_percentile(whole, 0.999), (unsigned long long)whole->max,
	       (unsigned long long)hist_percentile(clean, 0.999),
	       (unsigned long long)hist_percentile(&stamps.receive, 0.5),
	       (unsigned long long)hist_percentile(&stamps.seal, 0.5),
	       (unsigned long long)hist_percentile(&stamps.push, 0.5),
	       (unsigned long long)hist_percentile(&stamps.hop, 0.5),
	       (unsigned long long)hist_percentile(&stamps.verdict, 0.5),
	       (unsigned long long)hist_percentile(&stamps.verdict, 0.999), share(away, whole->count),
	       100 * stamps.away_share, p50 / empty, (double)core.off_ns / 1e6);
	const struct link_shared *s = link_to.shared;

	if (s->pushes != s->pops || whole->count == 0) {
		fprintf(stderr, "latency_bench: rows are missing\n");
		return 1;
	}
	return 0;
}

static int draw(const char *path)
{
	const struct plot_axis share = { .label = "slower than this: one in", .log = true },
			       took = { .label = "us", .log = true };
	static const char *const name[] = { "empty ring, one way", "packet to watched row",
					    "no core away meanwhile", "row to verdict" };
	const struct hist *h[] = { &hop.way, &stamps.whole, &stamps.undisturbed, &stamps.verdict };
	struct plot *p = plot_open(
		"From the sealing packet to the row on the next core",
		"receive, decode, book, seal, enrich, link; then the gates; beside it an empty ring in the same run");
	double x[CURVE], y[CURVE];

	plot_panel(p, &share, &took);
	for (int k = 0; k < 4; k++) {
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
