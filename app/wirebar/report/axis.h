/* SPDX-License-Identifier: BSD-3-Clause */
// axis.h: where times and amounts are in a picture. The time axis leaves out what no file has rows of
// (nights, weekends): it is made of runs, which it puts side by side. Pure but for axis_ticks, which wants
// calendar_load. One thread.
#ifndef WB_REPORT_AXIS_H
#define WB_REPORT_AXIS_H

#include "lcore/base/num.h"

enum { AXIS_RUNS_MAX = 1024, AXIS_TICKS_MAX = 16, AXIS_LABEL_BYTES = 24 };
#define AXIS_GAP_NS (UINT64_C(1800) * NS_PER_S) // shorter gaps stay as they are

struct axis_run {
	uint64_t from_ns, to_ns;
	uint64_t before_ns; // length of all runs before this one
};

struct axis {
	struct axis_run run[AXIS_RUNS_MAX];
	unsigned n;
	uint64_t length_ns;
};

struct axis_tick {
	double x;   // 0 to 1
	bool day;   // the label has the date: the first tick of it
	bool timed; // the label has the time of day
	char label[AXIS_LABEL_BYTES];
};

// axis_cover adds the time [from, to] to the axis, in any order; times nearer than AXIS_GAP_NS become one
// run, and the nearest two do when there is no room for another. Assumes *a zeroed before the first.
void axis_cover(struct axis *a, uint64_t from_ns, uint64_t to_ns);
// axis_settle ends the covering. Call it before the functions below.
void axis_settle(struct axis *a);
// axis_x returns the place of a time, from 0 at the left to 1 at the right; times that the axis leaves out
// are at the end of the run before.
double axis_x(const struct axis *a, uint64_t ts);
// axis_ticks fills at most max (up to AXIS_TICKS_MAX) ticks at whole New York times, with the date where it
// changes, or, from three dates on, where dates begin. Returns how many.
unsigned axis_ticks(const struct axis *a, unsigned max, struct axis_tick *tick);

// struct axis_scale is a vertical scale in pixels, downwards: high is at top.
struct axis_scale {
	double low, high;
	double top, bottom;
	double step; // between gridlines: 1, 2 or 5 of a power of ten
	int decimals;
};

// axis_scale_of makes a scale that holds low to high with a margin of share of it; min_step: no finer lines.
struct axis_scale axis_scale_of(double low, double high, double margin, double min_step, double top,
				double bottom);
double axis_y(const struct axis_scale *s, double value);

#endif
