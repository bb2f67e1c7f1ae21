/* SPDX-License-Identifier: BSD-3-Clause */
// arrow_bench: the windows that the Redis bridge sets, 120 rows of all columns as an Arrow stream, over rows
// that a generated open has made; in turn for as many instruments as may be watched, so that each window's
// rows have left the near caches before it is made again. As in the bridge, they are copied first.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "drivers/sink/window.h"
#include "lcore/base/hist.h"
#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/printed.h"
#include "tests/bench/rig.h"

static const char *const about = "arrow_bench: us to write a window of rows as an Arrow stream.";

static double rows = WINDOW_ROWS, windows = 64, rounds = 50;

enum { WINDOWS_MAX = 1000 };

struct made {
	struct bar *bar; // windows of rows rows, of one instrument each
	uint32_t n[WINDOWS_MAX], full;
};

static void keep(void *ctx, const struct bar *bar)
{
	struct made *made = ctx;

	if (bar->span != SPAN_1S || !bar->trades || bar->instr >= (uint32_t)windows ||
	    made->n[bar->instr] == (uint32_t)rows)
		return;
	made->bar[bar->instr * (uint32_t)rows + made->n[bar->instr]++] = *bar;
	made->full += made->n[bar->instr] == (uint32_t)rows;
}

static bool full(const void *ctx) { return ((const struct made *)ctx)->full == (uint32_t)windows; }

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "rows", &rows, 1, WINDOW_ROWS, "rows of a window" },
		{ "windows", &windows, 1, WINDOWS_MAX, "windows made in turn" },
		{ "rounds", &rounds, 1, 1e6, "times that each is made" },
	};
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, NULL);
	static struct made made;
	struct window *w = window_open();
	static struct hist copy, took;
	size_t bytes = 0;

	if (rc || !w)
		return rc ? rc - 1 : 1;
	made.bar = machine_memory((size_t)rows * (size_t)windows * sizeof *made.bar);
	printed_rows(keep, full, &made);
	for (int round = 0; round < (int)rounds; round++)
		for (uint32_t i = 0; i < (uint32_t)windows; i++) {
			uint64_t begun = machine_ns();

			memcpy(w->row, &made.bar[i * (uint32_t)rows], (size_t)rows * sizeof *made.bar);
			uint64_t copied = machine_ns();

			window_rows(w, w->row, (unsigned)rows, &bytes);
			hist_record(&copy, copied - begun);
			hist_record(&took, machine_ns() - copied);
		}
	double p50_us = (double)hist_percentile(&took, 0.5) / 1e3,
	       p99_us = (double)hist_percentile(&took, 0.99) / 1e3,
	       least_us = (double)hist_percentile(&took, 0.001) / 1e3,
	       copy_us = (double)hist_percentile(&copy, 0.5) / 1e3;

	printf("a window of %u rows x %d columns, %zu bytes: p50 %.2f us, least %.2f us, p99 %.2f us; its rows copied before: %.2f us\n",
	       (unsigned)rows, COL_COUNT, bytes, p50_us, least_us, p99_us, copy_us);
	printf("bench=arrow rows=%u columns=%d bytes=%zu p50_us=%.2f least_us=%.2f p99_us=%.2f copy_us=%.2f\n",
	       (unsigned)rows, COL_COUNT, bytes, p50_us, least_us, p99_us, copy_us);
	machine_free(made.bar);
	window_close(w);
	return 0;
}
