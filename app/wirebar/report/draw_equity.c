/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/draw.h"

// Pixels. The curve is drawn in a picture of its own that is as wide as this, and stretched.
enum { WIDE = 1000, NET_TOP = 18, NET_BOTTOM = 238, FALL_TOP = 262, FALL_BOTTOM = 342, HEIGHT = 364 };

#define DOLLARS(v) ((double)(v) / 1e6)

static void begin_path(struct page *p, const char *class)
{
	page_put(p,
		 "<svg class=\"stretch\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		 "preserveAspectRatio=\"none\"><path class=\"%s\" d=\"",
		 HEIGHT, WIDE, HEIGHT, class);
}

static void to(struct page *p, const struct axis *a, uint64_t ts, double y, bool first)
{
	page_put(p, "%s%.2f %.1f", first ? "M" : "L", WIDE * axis_x(a, ts), y);
}

static void net_path(struct page *p, const struct report *r, const struct axis_scale *s)
{
	const struct curve *c = &r->curve;

	begin_path(p, "net");
	for (unsigned i = 0; i < c->n; i++) {
		const struct curve_point *q = &c->point[i];
		bool low_first = q->low_ts <= q->high_ts;

		to(p, &r->axis, low_first ? q->low_ts : q->high_ts,
		   axis_y(s, DOLLARS(low_first ? q->low : q->high)), !i);
		if (q->low_ts != q->high_ts)
			to(p, &r->axis, low_first ? q->high_ts : q->low_ts,
			   axis_y(s, DOLLARS(low_first ? q->high : q->low)), false);
	}
	page_raw(p, "\"/></svg>\n");
}

static void fall_path(struct page *p, const struct report *r, const struct axis_scale *s)
{
	const struct curve *c = &r->curve;
	char money[PAGE_NUMBER_BYTES], when[PAGE_NUMBER_BYTES];

	begin_path(p, "fall");
	to(p, &r->axis, c->first_ts, axis_y(s, 0), true);
	for (unsigned i = 0; i < c->n; i++)
		to(p, &r->axis, c->point[i].ts, axis_y(s, -DOLLARS(c->point[i].fall)), false);
	to(p, &r->axis, c->last_ts, axis_y(s, 0), false);
	page_raw(p, "Z\"/></svg>\n");
	if (!c->max_fall)
		return;
	page_put(p,
		 "<circle class=\"dot\" cx=\"%.3f%%\" cy=\"%.1f\" r=\"4\">"
		 "<title>max drawdown %s at %s</title></circle>\n",
		 100 * axis_x(&r->axis, c->fall_low_ts), axis_y(s, -DOLLARS(c->max_fall)),
		 page_money(c->max_fall, money), page_time(c->fall_low_ts, r->dated, when));
}

void draw_equity(struct page *p, const struct report *r)
{
	const struct curve *c = &r->curve;
	int64_t low = 0, high = 0;

	for (unsigned i = 0; i < c->n; i++) {
		low = c->point[i].low < low ? c->point[i].low : low;
		high = c->point[i].high > high ? c->point[i].high : high;
	}
	struct axis_scale net = axis_scale_of(DOLLARS(low), DOLLARS(high), 0.06, 0.01, NET_TOP, NET_BOTTOM);
	struct axis_scale fall =
		axis_scale_of(-DOLLARS(c->max_fall) * 1.1 - 1e-6, 0, 0, 0.01, FALL_TOP, FALL_BOTTOM);

	if (!c->max_fall) // no line above zero, where nothing can be
		fall.high = 0;
	page_raw(p, "<figure id=\"equity\">\n");
	page_put(p,
		 "<svg width=\"100%%\" height=\"%d\" role=\"img\" "
		 "aria-label=\"net and drawdown over time\">\n",
		 HEIGHT);
	draw_times(p, &r->axis, NET_TOP, FALL_BOTTOM);
	draw_lines(p, &net);
	draw_lines(p, &fall);
	page_put(p, "<line class=\"zero\" x1=\"0\" x2=\"100%%\" y1=\"%.1f\" y2=\"%.1f\"/>\n", axis_y(&net, 0),
		 axis_y(&net, 0));
	net_path(p, r, &net);
	fall_path(p, r, &fall);
	page_put(p, "<text class=\"name\" x=\"0\" y=\"%d\">Net</text>", NET_TOP - 6);
	page_put(p, "<text class=\"name\" x=\"0\" y=\"%d\">Drawdown: below its high</text>\n", FALL_TOP - 6);
	page_raw(p, "</svg>\n</figure>\n");
}
