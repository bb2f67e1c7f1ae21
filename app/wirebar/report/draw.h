/* SPDX-License-Identifier: BSD-3-Clause */
// draw.h: figures as inline SVG. Horizontal places are percent, vertical ones pixels: see style.c. One
// thread.
#ifndef WB_REPORT_DRAW_H
#define WB_REPORT_DRAW_H

#include "app/wirebar/report/report.h"

// draw_lines draws the horizontal gridlines of a scale with their values.
void draw_lines(struct page *p, const struct axis_scale *s);
// draw_times draws the vertical gridlines from top to bottom, with times below.
void draw_times(struct page *p, const struct axis *a, double top, double bottom);
// draw_equity draws the equity curve with the drawdown below it.
void draw_equity(struct page *p, const struct report *r);
// draw_candles draws candles, volume, fills and what is in doubt.
void draw_candles(struct page *p, const struct report *r);

#endif
