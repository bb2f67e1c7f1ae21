/* SPDX-License-Identifier: BSD-3-Clause */
// draw.c: the grid of a picture.
#include "app/wirebar/report/draw.h"

#include <math.h>

enum { TICKS = 12, TICKS_NARROW = 4, CUTS_SHOWN = 64, TEXT_BELOW = 15 };

#define LEFT_EDGE 0.02

void draw_lines(struct page *p, const struct axis_scale *s)
{
	char number[PAGE_NUMBER_BYTES];

	page_raw(p, "<g class=\"grid\">");
	for (double k = ceil(s->low / s->step); k * s->step <= s->high; k++) {
		double y = axis_y(s, k * s->step);

		page_put(p, "<line x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>", y, y);
		// Labels at the ends of the scale would meet those of the picture above or below.
		if (y < s->top + 4 || y > s->bottom - 2)
			continue;
		page_put(p, "<text x=\"100%%\" y=\"%.1f\" dx=\"6\" dy=\"4\">", y);
		if (s->step >= 1000)
			page_put(p, "%s%s", k < 0 ? "\xe2\x88\x92" : "",
				 page_count((uint64_t)llround(fabs(k * s->step)), number));
		else
			page_put(p, "%s%.*f", k < 0 ? "\xe2\x88\x92" : "", s->decimals, fabs(k * s->step));
		page_raw(p, "</text>");
	}
	page_raw(p, "</g>\n");
}

void draw_times(struct page *p, const struct axis *a, double top, double bottom)
{
	struct axis_tick tick[AXIS_TICKS_MAX];
	unsigned n = axis_ticks(a, TICKS, tick), each = (n + TICKS_NARROW - 1) / TICKS_NARROW;

	page_raw(p, "<g class=\"grid\">");
	for (unsigned i = 0; i < n; i++) {
		double x = 100 * tick[i].x;

		page_put(p, "<line x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%.0f\" y2=\"%.0f\"/>", x, x, top, bottom);
		page_put(p, "<text class=\"%s%s\" x=\"%.3f%%\" y=\"%.0f\">%s</text>",
			 tick[i].x < LEFT_EDGE ? "" : "mid", i % each ? " fine" : "", x, bottom + TEXT_BELOW,
			 tick[i].label);
	}
	for (unsigned i = 1; a->n <= CUTS_SHOWN && i < a->n; i++) {
		double x = 100 * axis_x(a, a->run[i].from_ns);

		page_put(p, "<line class=\"cut\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%.0f\" y2=\"%.0f\"/>", x, x,
			 top, bottom);
	}
	page_raw(p, "</g>\n");
}
