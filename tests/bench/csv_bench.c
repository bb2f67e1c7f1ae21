/* SPDX-License-Identifier: BSD-3-Clause */
// csv_bench: rows with prints as the export stage writes them: bar_csv_row over rows that a generated open
// has made, and beside it what libc's printf takes for the doubles of the same rows alone.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/machine.h"
#include "tests/bench/opt.h"
#include "tests/bench/printed.h"
#include "tests/bench/rig.h"

static const char *const about = "csv_bench: ns to write a row with prints as CSV.";

static double rows = 4096, rounds = 20;

struct made {
	struct bar *bar;
	uint32_t n;
};

static void keep(void *ctx, const struct bar *bar)
{
	struct made *made = ctx;

	if (bar->trades && made->n < (uint32_t)rows)
		made->bar[made->n++] = *bar;
}

static bool full(const void *ctx) { return ((const struct made *)ctx)->n == (uint32_t)rows; }

// Returns the bytes of all rows.
static size_t write_rows(const struct made *made, char *line)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < made->n; i++)
		bytes += bar_csv_row(&made->bar[i], line);
	return bytes;
}

// Returns how many doubles all rows have.
static size_t print_doubles(const struct made *made, char *line)
{
	size_t n = 0;

	for (uint32_t i = 0; i < made->n; i++)
		for (unsigned c = 0; c < COL_COUNT; c++) {
			double d = bar_number(&made->bar[i], (enum bar_col)c);

			if (bar_columns[c].type != BAR_TYPE_F64 || isnan(d))
				continue;
			snprintf(line, BAR_LINE_BYTES, "%.12g", d);
			n++;
		}
	return n;
}

// ns a row at the quickest round.
static double quickest(const struct made *made, size_t (*work)(const struct made *, char *), size_t *result)
{
	static char line[BAR_LINE_BYTES];
	double least = INFINITY;

	for (int i = 0; i < (int)rounds; i++) {
		uint64_t begun = machine_ns();

		*result = work(made, line);
		double ns = (double)(machine_ns() - begun) / made->n;

		least = ns < least ? ns : least;
	}
	return least;
}

int main(int argc, char **argv)
{
	const struct opt options[] = {
		{ "rows", &rows, 16, 1e6, "rows to write in a round" },
		{ "rounds", &rounds, 1, 1000, "of which the quickest counts" },
	};
	int rc = opt_parse(argc, argv, about, options, sizeof options / sizeof *options, NULL);
	struct made made = { 0 };
	size_t bytes, doubles;

	if (rc)
		return rc - 1;
	made.bar = machine_memory((size_t)rows * sizeof *made.bar);
	printed_rows(keep, full, &made);
	double row_ns = quickest(&made, write_rows, &bytes),
	       libc_ns = quickest(&made, print_doubles, &doubles);
	double row_bytes = (double)bytes / made.n, row_doubles = (double)doubles / made.n;

	printf("%u rows with prints, %.0f bytes and %.1f doubles each: %.0f ns a row; printf takes %.0f ns for the doubles\n",
	       made.n, row_bytes, row_doubles, row_ns, libc_ns);
	printf("bench=csv row_ns=%.0f bytes=%.0f doubles=%.1f libc_ns=%.0f ratio=%.2f\n", row_ns, row_bytes,
	       row_doubles, libc_ns, row_ns / libc_ns);
	machine_free(made.bar);
	return 0;
}
