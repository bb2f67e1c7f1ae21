/* SPDX-License-Identifier: BSD-3-Clause */
// plot.h: sober plots as plain SVG text, for the labs and the benchmarks: panels one below the other, lines
// and stacked bars, linear or logarithmic axes, a legend at the right. Everything is kept until plot_close,
// which finds the ranges and writes the file; a program that measures does its plotting afterwards. One
// thread. libc only.
#ifndef WB_BENCH_PLOT_H
#define WB_BENCH_PLOT_H

#include <stdbool.h>
#include <stddef.h>

struct plot;

struct plot_axis {
	const char *label; // with its unit, as in "lag, ms"
	bool log;
	double from, to; // both 0: found from the data
};

enum plot_style { PLOT_SOLID, PLOT_DASHED, PLOT_POINTS };

// plot_open starts a plot; the texts of all calls are copied. NULL when there is no memory.
struct plot *plot_open(const char *title, const char *subtitle);
// plot_panel starts the next panel, at most 4. All that follows belongs to it.
void plot_panel(struct plot *plot, const struct plot_axis *x, const struct plot_axis *y);
// plot_line adds n points as one line; colour counts through the palette. Points that are not finite, and
// those not above 0 on a logarithmic axis, are left out. At most 12 lines a panel.
void plot_line(struct plot *plot, const char *name, unsigned colour, enum plot_style style, const double *x,
	       const double *y, size_t n);
// plot_level draws a thin line across the panel at y, with a text on it.
void plot_level(struct plot *plot, double y, const char *text);
// plot_note writes a short text beside a dot at a point.
void plot_note(struct plot *plot, double x, double y, const char *text);
// plot_stack adds a row to a panel of stacked bars (n parts, named by the first row), read along the x axis.
void plot_stack(struct plot *plot, const char *row, const char *const *names, const double *parts,
		unsigned n);
// plot_close writes the file and frees the plot. Returns 0 or -errno.
int plot_close(struct plot *plot, const char *path);

#endif
