/* SPDX-License-Identifier: BSD-3-Clause */
// seal_bench: the seal storm: all instruments cross a 5 m boundary at once, six rows each, and the sweep
// seals them budget by budget. How long a call of engine_seal takes, how soon the watched instruments' rows
// are out, what a row costs. The same boundary is crossed several times; "least" is the longest call when
// each call is taken at its quickest crossing: what the work itself takes, without what the kernel and the
// host add.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/flow.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/plot.h"
#include "tests/bench/rig.h"

static const char *const about = "seal_bench: all instruments cross a 5 m boundary at once.";

enum { BUDGETS = 5, CALLS_MAX = 1 << 16, CROSSINGS_MAX = 16 };
static const unsigned budgets[BUDGETS] = { 1, 4, 16, 64, 256 };

struct storm {
	unsigned budget, n_calls;
	double least_us[CALLS_MAX]; // by call: at the quickest crossing
	double longest_us, total_us, watched_us, rows;
	struct hist call;
};

static struct storm storms[BUDGETS];
static double instruments = 11000, crossings = 5, watched = 8;

// Sees when the last watched instrument's rows are out, and how many rows in all.
struct eye {
	struct rig *rig;
	uint64_t watched_ticks;
	unsigned watched;
};

static void see(void *ctx, const struct bar *bar)
{
	struct eye *eye = ctx;

	if (bar->instr < (uint32_t)watched && bar->last_due && ++eye->watched == (uint32_t)watched)
		eye->watched_ticks = rig_ticks();
}

static void apply(struct rig *rig, struct event *ev, unsigned n)
{
	uint64_t rx_ns = ev[n - 1].ts_ns;

	engine_apply(&rig->engine, ev, n, &rx_ns);
}

// One print of every instrument in the second that starts at ns, and the seals that this makes due.
static void fill_second(struct rig *rig, uint64_t ns, uint64_t *pos)
{
	struct event ev[RIG_EVENTS];

	for (uint32_t at = 0; at < (uint32_t)instruments;) {
		unsigned n = 0;

		for (; n < RIG_EVENTS && at < (uint32_t)instruments; n++, at++, ++*pos)
			ev[n] = (struct event){ .kind = EV_TRADE,
						.ts_ns = ns + at * 10000,
						.pos = *pos,
						.ref2 = *pos,
						.price = 100 * PX_ONE,
						.qty = 100,
						.instr = at,
						.flags = EVF_CLOCK,
						.side = SIDE_BUY };
		apply(rig, ev, n);
	}
	rig_seal(rig, 1000);
}

static void cross(struct rig *rig, struct eye *eye, struct storm *s, uint64_t boundary_ns)
{
	struct event clock = { .kind = EV_CLOCK, .instr = INSTR_NONE, .ts_ns = boundary_ns + 1000 };
	double total = 0, tick_us = rig_tick_ns() / 1e3;
	uint64_t rows = rig->rows, first;
	unsigned i = 0;

	eye->watched = 0;
	first = rig_ticks();
	apply(rig, &clock, 1); // a part of the first poll, and seals the first of the watch list itself
	for (;; i++) {
		uint64_t begun = i ? rig_ticks() : first;
		unsigned n = engine_seal(&rig->engine, s->budget);
		double took = (double)(rig_ticks() - begun) * tick_us;

		if (!n || i == CALLS_MAX)
			break;
		hist_record(&s->call, (uint64_t)(took * 1e3));
		s->least_us[i] = i < s->n_calls && s->least_us[i] < took ? s->least_us[i] : took;
		s->n_calls = i >= s->n_calls ? i + 1 : s->n_calls;
		s->longest_us = took > s->longest_us ? took : s->longest_us;
		total += took;
	}
	double out_us = (double)(eye->watched_ticks - first) * tick_us;

	s->rows = (double)(rig->rows - rows);
	s->total_us = s->total_us == 0 || total < s->total_us ? total : s->total_us;
	s->watched_us = s->watched_us == 0 || out_us < s->watched_us ? out_us : s->watched_us;
}

static struct rig *set_up(struct eye *eye)
{
	struct rig_conf rc = { .instruments = (uint32_t)instruments,
			       .orders = 1024,
			       .levels = 4096,
			       .prints = 1 << 16,
			       .watch = (uint32_t)watched,
			       .trade_day = FLOW_DAY,
			       .tables = true,
			       .sink = { .ctx = eye, .bar = see } };
	struct event join = {
		.kind = EV_JOIN, .instr = INSTR_NONE, .ref = 1, .ref2 = VENUE_NASDAQ, .ts_ns = FLOW_OPEN_NS
	};
	struct rig *rig = rig_create(&rc);

	for (uint32_t i = 0; i < (uint32_t)instruments; i++) {
		char name[16];
		uint32_t id = symtab_intern(&rig->symtab,
					    symtab_key(name, (size_t)snprintf(name, sizeof name, "S%u", i)));

		if (i < (uint32_t)watched)
			engine_watch(&rig->engine, id, true);
	}
	apply(rig, &join, 1);
	return rig;
}

static double least_longest(const struct storm *s)
{
	double longest = 0;

	for (unsigned i = 0; i < s->n_calls; i++)
		longest = s->least_us[i] > longest ? s->least_us[i] : longest;
	return longest;
}

static int report(double gbs)
{
	int rc = 0;

	printf("%8s %8s %12s %12s %12s %12s %12s %12s\n", "budget", "rows", "p50 us", "p99.9 us",
	       "longest us", "least us", "watched us", "ns a row");
	for (int i = 0; i < BUDGETS; i++) {
		struct storm *s = &storms[i];
		double p50 = (double)hist_percentile(&s->call, 0.5) / 1e3,
		       p999 = (double)hist_percentile(&s->call, 0.999) / 1e3;
		double row_ns = s->total_us * 1e3 / s->rows;

		printf("%8u %8.0f %12.1f %12.1f %12.1f %12.1f %12.1f %12.1f\n", s->budget, s->rows, p50, p999,
		       s->longest_us, least_longest(s), s->watched_us, row_ns);
		rc |= s->rows != instruments * SPAN_COUNT;
	}
	printf("\n");
	for (int i = 0; i < BUDGETS; i++) {
		struct storm *s = &storms[i];

		printf("bench=seal budget=%u instruments=%.0f watched=%.0f rows=%.0f p50_us=%.2f p999_us=%.2f longest_us=%.1f least_longest_us=%.1f "
		       "watched_us=%.1f row_ns=%.1f scan_gbs=%.1f ratio=%.2f\n",
		       s->budget, instruments, watched, s->rows, (double)hist_percentile(&s->call, 0.5) / 1e3,
		       (double)hist_percentile(&s->call, 0.999) / 1e3, s->longest_us, least_longest(s),
		       s->watched_us, s->total_us * 1e3 / s->rows, gbs,
		       s->total_us * 1e3 / s->rows / (sizeof(struct bar) / gbs));
	}
	if (rc)
		fprintf(stderr, "seal_bench: rows are missing\n");
	return rc;
}

static int draw(const char *path)
{
	const struct plot_axis over = { .label = "instruments sealed so far" }, took = {
		.label = "length of a call of engine_seal at its quickest crossing, us", .log = true
	};
	static double x[BUDGETS][CALLS_MAX];
	char subtitle[160], name[32];
	struct plot *p;

	snprintf(
		subtitle, sizeof subtitle,
		"%.0f instruments cross a 5 m boundary, six rows each; %.0f watched ones first; %g crossings",
		instruments, watched, crossings);
	p = plot_open("Seal storm: the budget decides how long a poll is held", subtitle);
	plot_panel(p, &over, &took);
	for (int i = 0; i < BUDGETS; i++) {
		struct storm *s = &storms[i];
		unsigned step = s->n_calls / 300 + 1, n = 0;
		static double y[CALLS_MAX];

		for (unsigned k = 0; k < s->n_calls; k += step, n++) {
			x[i][n] = (double)k * s->budget;
			y[n] = 0;
			for (unsigned m = k; m < k + step && m < s->n_calls; m++)
				y[n] = s->least_us[m] > y[n] ? s->least_us[m] : y[n];
		}
		snprintf(name, sizeof name, "budget %u", s->budget);
		plot_line(p, name, (unsigned)i, PLOT_SOLID, x[i], y, n);
	}
	plot_level(p, 50, "50 us");
	return plot_close(p, path);
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "instruments", &instruments, 64, 60000, "instruments" },
		{ "watched", &watched, 1, 64, "instruments on the watch list" },
		{ "crossings", &crossings, 1, CROSSINGS_MAX, "of the boundary, for each budget" },
	};
	const char *plot = NULL;
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, &plot);
	struct eye eye = { 0 };

	if (rc)
		return rc - 1;
	instruments = (uint32_t)instruments;
	struct rig *rig = eye.rig = set_up(&eye);
	uint64_t boundary = FLOW_OPEN_NS, pos = 1;

	for (int c = 0; c < (int)crossings; c++)
		for (int i = 0; i < BUDGETS; i++) {
			// The first 299 seconds pass without prints; the last one has one print of every
			// instrument.
			boundary += 300 * NS_PER_S;
			fill_second(rig, boundary - NS_PER_S, &pos);
			storms[i].budget = budgets[i];
			cross(rig, &eye, &storms[i], boundary);
		}
	rc = report(machine_scan_gbs());
	rig_destroy(rig);
	if (plot && draw(plot) < 0) {
		fprintf(stderr, "seal_bench: cannot write %s\n", plot);
		rc = 1;
	}
	return rc;
}
