/* SPDX-License-Identifier: BSD-3-Clause */
// scaling_bench: the cost of a message from the wire to the book as instruments and resting orders grow:
// where the curve bends, the working set has left a cache. A random memory access of this run stands beside.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lcore/model/engine.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/plot.h"
#include "tests/bench/wire.h"

static const char *const about = "scaling_bench: ns per ITCH message over instruments and resting orders.";

enum { BY_INSTRUMENTS = 5, BY_RESTING = 7 };
static const double instruments[BY_INSTRUMENTS] = { 100, 500, 2000, 5000, 11000 };
static const double resting[BY_RESTING] = { 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7 };

struct row {
	double x, receive_ns, apply_ns;
};

static bool measure(double n_instruments, double n_resting, double seconds, double x, struct row *row)
{
	struct wire_cost cost;

	if (!wire_measure((uint32_t)n_instruments, (uint32_t)n_resting, 4, seconds, &cost))
		return false;
	*row = (struct row){ x, cost.receive_ns, cost.apply_ns };
	printf("%11.0f %12.0f %10.1f %10.1f %10.1f %14.1f\n", n_instruments, n_resting, cost.receive_ns,
	       cost.apply_ns, cost.receive_ns + cost.apply_ns, n_resting * sizeof(struct order) / 1048576);
	printf("bench=scaling instruments=%.0f resting=%.0f ns=%.2f receive_ns=%.2f apply_ns=%.2f\n",
	       n_instruments, n_resting, cost.receive_ns + cost.apply_ns, cost.receive_ns, cost.apply_ns);
	fflush(stdout);
	return true;
}

static void panel(struct plot *p, const char *label, const struct row *row, unsigned n, double dram)
{
	const struct plot_axis over = { .label = label, .log = true }, cost = { .label = "ns per message" };
	double x[BY_RESTING], all[BY_RESTING], receive[BY_RESTING];
	char text[64];

	for (unsigned i = 0; i < n; i++) {
		x[i] = row[i].x;
		receive[i] = row[i].receive_ns;
		all[i] = row[i].receive_ns + row[i].apply_ns;
	}
	plot_panel(p, &over, &cost);
	plot_line(p, "wire to book", 0, PLOT_SOLID, x, all, n);
	plot_line(p, "of it: receive", 1, PLOT_DASHED, x, receive, n);
	snprintf(text, sizeof text, "one random memory access: %.0f ns", dram);
	plot_level(p, dram, text);
}

static int draw(const char *path, const struct row *a, const struct row *b, double dram)
{
	struct plot *p = plot_open(
		"Wire to book: cost over the size of the market",
		"ITCH in memory, four messages a packet; above 1 million orders rest, below 8,000 instruments");

	panel(p, "instruments", a, BY_INSTRUMENTS, dram);
	panel(p, "resting orders", b, BY_RESTING, dram);
	return plot_close(p, path);
}

int main(int argc, char **argv)
{
	double seconds = 0.5, most = 1e7;
	const struct opt options[] = {
		{ "seconds", &seconds, 0.01, 100, "busy time to measure, each" },
		{ "most", &most, 1e4, 1e7, "resting orders at most" },
	};
	const char *plot = NULL;
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, &plot);
	struct row a[BY_INSTRUMENTS], b[BY_RESTING];

	if (rc)
		return rc - 1;
	double dram = machine_dram_ns();
	bool good = true;

	printf("a random memory access: %.1f ns\n%11s %12s %10s %10s %10s %14s\n", dram, "instruments",
	       "resting", "receive ns", "books ns", "all ns", "MiB of orders");
	for (unsigned i = 0; i < BY_INSTRUMENTS && good; i++)
		good = measure(instruments[i], most < 1e6 ? most : 1e6, seconds, instruments[i], &a[i]);
	for (unsigned i = 0; i < BY_RESTING && good; i++)
		good = measure(8000, resting[i] < most ? resting[i] : most, seconds,
			       resting[i] < most ? resting[i] : most, &b[i]);
	if (!good) {
		fprintf(stderr, "scaling_bench: the ledger does not balance\n");
		return 1;
	}
	if (plot && (rc = draw(plot, a, b, dram)) < 0) {
		fprintf(stderr, "scaling_bench: cannot write %s: %s\n", plot, strerror(-rc));
		return 1;
	}
	return 0;
}
