/* SPDX-License-Identifier: BSD-3-Clause */
// memory_bench: what a resting order, an instrument, a row of history take, computed by the functions that
// boot asks, at the defaults of the configuration; and beside it what is resident once that many orders
// really rest, the watch list is full and every watched instrument has all its history.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/wirebar/appliance.h"
#include "tests/bench/flow.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/profile.h"
#include "tests/bench/rig.h"

static const char *const about =
	"memory_bench: bytes of an order, an instrument, a history row; and what is resident.";

enum { PART = 100000, STEP = 4096, A_SECOND = 8000, OVER = 60, HISTORY_MAX = 4096 };
#define LIMIT_BYTES (UINT64_C(2) << 30)
#define SLACK_BYTES \
	(UINT64_C(16) << 20) // structs of the bench itself, huge pages begun; and a quarter for sanitizers

static double instruments = 11000, resting = 2e6;
static struct appliance app; // the configuration, and what boot would take for it
static struct rig_conf rc;

// Bytes of one more of something: the slope of a sizing function, so that heads and rounding do not blur it.
struct unit {
	double order, level, instr_engine, instr_tables, instr_gates, history_row, print, channel, link_elem;
};

// Resident now, whatever it is made of.
static uint64_t resident_bytes(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	unsigned long long kib = 0;

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %llu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib << 10;
}

static size_t engine_of(uint32_t n, uint32_t orders, uint32_t levels, uint32_t prints)
{
	struct engine_conf ec = {
		.instruments = n, .orders = orders, .levels = levels, .prints = prints, .watch_max = rc.watch
	};

	return engine_bytes(&ec);
}

static struct unit count_units(void)
{
	uint32_t n = rc.instruments, quotes = INSTR_STRANDS;
	size_t engine = engine_of(n, rc.orders, rc.levels, rc.prints),
	       tables = tables_bytes(n, n * quotes, rc.watch, rc.history);
	struct receiver_conf receiver = { .hold_packets = rc.hold_packets };

	return (struct unit){
		.order = (double)orders_bytes(rc.orders) / rc.orders,
		.level = (double)(engine_of(n, rc.orders, rc.levels + STEP, rc.prints) - engine) / STEP,
		.instr_engine =
			(double)(engine_of(n + STEP, rc.orders, rc.levels, rc.prints) - engine) / STEP,
		.instr_tables =
			(double)(tables_bytes(n + STEP, (n + STEP) * quotes, rc.watch, rc.history) - tables) /
			STEP,
		.instr_gates = (double)gate_set_bytes(&app.gates[0], STEP) / STEP,
		.history_row = (double)(tables_bytes(n, n * quotes, rc.watch, rc.history + STEP) - tables) /
			       ((double)STEP * rc.watch * SPAN_COUNT),
		.print = (double)(engine_of(n, rc.orders, rc.levels, rc.prints * 2) - engine) / rc.prints,
		.channel = (double)(receiver_bytes(&receiver) + sizeof(struct receiver_counts)) /
			   RECEIVER_CHANNELS,
		.link_elem = sizeof(struct link_elem),
	};
}

static void configure(void)
{
	const struct conf_bars *b = &app.conf.bars;

	profile_load(&app.conf, &app.gates[0]);
	app.conf.bars.instruments = (uint64_t)instruments;
	if ((double)b->orders < resting * 1.01)
		app.conf.bars.orders = (uint64_t)(resting * 1.01);
	app.conf.eal.hugepages = true; // then the lcores' own memory is part of the sum
	app.plant.conf = &app.conf;
	app.plant.gates = &app.gates[0];
	rc = (struct rig_conf){ .instruments = (uint32_t)instruments,
				.orders = (uint32_t)b->orders,
				.levels = (uint32_t)b->levels,
				.prints = (uint32_t)b->prints,
				.watch = (uint32_t)b->watch_max,
				.history = (uint32_t)b->history,
				.hold_packets = (uint32_t)app.conf.feed.hold_packets,
				.trade_day = FLOW_DAY,
				.tables = true };
}

// Rests the orders, and lets market time pass until the watched instruments, whose rows begin with a print,
// have 1 s rows for all their history.
static void fill(struct rig *rig)
{
	struct flow_conf fc = {
		.instruments = rc.instruments, .resting = (uint32_t)resting, .per_packet = 4, .step_ns = 10
	};
	struct flow *flow = flow_create(&fc, PART);
	const struct frame_in *frame;
	unsigned n;

	flow_rest(flow, PART, rig, rig_push);
	for (uint32_t i = 0; i < rc.watch && i < rig->engine.n_instr; i++)
		engine_watch(&rig->engine, i, true);
	for (uint64_t s = 1; s <= rc.history + OVER; s++) {
		flow_jump(flow, s * NS_PER_S);
		n = flow_steady(flow, A_SECOND, &frame);
		rig_push(rig, frame, n);
		rig_seal(rig, 64);
	}
	flow_destroy(flow);
}

// Of the watched instruments, how many have a history that is full.
static uint32_t full_histories(const struct rig *rig)
{
	static struct bar row[HISTORY_MAX];
	uint32_t full = 0;

	for (uint32_t i = 0; i < rc.watch && i < rc.instruments; i++)
		full += tables_history(rig->tables, i, SPAN_1S, row, rc.history) == rc.history;
	return full;
}

static double mib(double bytes) { return bytes / 1048576; }

static void row(const char *what, double bytes, const char *of)
{
	printf("%-34s %12.1f   %s\n", what, bytes, of);
}

// What the levels of all books take, for each order that rests.
static double of_levels(const struct rig *rig)
{
	const struct engine *e = &rig->engine;
	size_t windows = (size_t)e->n_strands * 2 * LEVELS_RUNGS * sizeof *e->levels.rung;

	return (double)(windows + e->levels.bump * sizeof(struct level)) / e->orders.n;
}

static void print_units(const struct unit *u, const struct rig *rig)
{
	char text[128];

	printf("%-34s %12s   %s\n", "", "bytes", "of what");
	snprintf(text, sizeof text, "slots of %zu bytes, %.2f of them for each order that there is room for",
		 sizeof(struct order), u->order / sizeof(struct order));
	row("a resting order", u->order, text);
	row("  its part of the price levels", of_levels(rig),
	    "windows of the books there are, and the far levels in use");
	row("a far price level", u->level, "price and size; those near the touch are an instrument's");
	row("an instrument, engine", u->instr_engine,
	    "the instrument, room for 4 venues' books and fragments, indicators of 6 spans");
	row("an instrument, tables", u->instr_tables,
	    "latest rows of 6 spans, 4 quotes, facts of each venue");
	row("an instrument, gates", u->instr_gates, "the built-in profile's gates");
	row("a history row", u->history_row, "52 columns and a sequence lock, in whole cache lines");
	row("a print remembered", u->print, "for breaks and revisions");
	row("a channel, receiver", u->channel, "locate codes, packets held at a hole, skew");
	row("an element of a link", u->link_elem, "a row by value");
}

static int report(const struct rig *rig, uint64_t before, uint64_t grown)
{
	struct unit u = count_units();
	struct receiver_conf rec = { .hold_packets = rc.hold_packets };
	double engine = (double)engine_of(rc.instruments, rc.orders, rc.levels, rc.prints),
	       receiver = (double)receiver_bytes(&rec),
	       tables = (double)tables_bytes(rc.instruments, rc.instruments * INSTR_STRANDS, rc.watch,
					     rc.history),
	       links = 0, program = (double)appliance_memory(&app);
	uint32_t rest = rig->engine.orders.n, full = full_histories(rig),
		 watched = rc.watch < rc.instruments ? rc.watch : rc.instruments;

	for (unsigned i = 0; i < app.conf.n_link; i++)
		links += (double)link_bytes(appliance_depth(&app, &app.conf.link[i]));
	print_units(&u, rig);
	printf("\n%.0f instruments, %u orders rest (room for %u), %u of %u watched have %u rows of history\n",
	       instruments, rest, rc.orders, full, watched, rc.history);
	printf("stated    %8.1f MiB   engine %.1f, receiver %.1f, tables %.1f\n",
	       mib(engine + receiver + tables), mib(engine), mib(receiver), mib(tables));
	printf("resident  %8.1f MiB   the same, every page touched, measured (%.1f MiB before)\n",
	       mib((double)grown), mib((double)before));
	printf("program   %8.1f MiB   stated for all of wirebar: with links (%.1f), lcores, pools; %.0f %% of 2 GiB\n",
	       mib(program), mib(links), 100 * program / LIMIT_BYTES);
	printf("bench=memory instruments=%.0f resting=%u order_bytes=%.1f level_bytes=%.1f instr_engine_bytes=%.0f instr_tables_bytes=%.0f "
	       "history_row_bytes=%.0f print_bytes=%.0f channel_bytes=%.0f link_elem_bytes=%.0f stated_mib=%.1f resident_mib=%.1f "
	       "program_mib=%.1f\n",
	       instruments, rest, u.order, of_levels(rig), u.instr_engine, u.instr_tables, u.history_row,
	       u.print, u.channel, u.link_elem, mib(engine + receiver + tables), mib((double)grown),
	       mib(program));
	if (rest < resting * 0.97 || full != watched || !rig_balanced(rig)) {
		fprintf(stderr, "memory_bench: not all that was to rest does\n");
		return 1;
	}
	if ((double)grown < (engine + receiver + tables) ||
	    (double)grown > (engine + receiver + tables) * 1.25 + SLACK_BYTES) {
		fprintf(stderr, "memory_bench: what is stated is not what is resident\n");
		return 1;
	}
	if (program > LIMIT_BYTES || grown > LIMIT_BYTES) {
		fprintf(stderr, "memory_bench: more than 2 GiB\n");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "instruments", &instruments, 100, 60000, "instruments" },
		{ "resting", &resting, 1000, 5e7, "orders that rest" },
	};
	int failed = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, NULL);

	if (failed)
		return failed - 1;
	configure();
	uint64_t before = resident_bytes();
	struct rig *rig = rig_create(&rc);

	fill(rig); // and what made the orders is gone again
	uint64_t after = resident_bytes();

	failed = report(rig, before, after > before ? after - before : 0);
	rig_destroy(rig);
	return failed;
}
