/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Pixels.
enum { TOP = 18, BOTTOM = 358, VOLUME_TOP = 376, VOLUME_BOTTOM = 436, HEIGHT = 458, LABEL_PX = 15 };

#define DOLLARS(v)    ((double)(v) / 1e6)
#define BODY          0.72 // of a candle's width
#define LABEL_SHARE   0.12 // of the picture's width that a mark's label takes on a screen,
#define LABEL_SHARE_S 0.38 // and on a phone

static const char *const quality_class[CANDLES_QUALITIES] = { "gap", "stale", "halted" };
static const char *const quality_name[CANDLES_QUALITIES] = { "GAP", "STALE", "HALTED" };
static const char *const kind_class[] = { "entry", "exit", "break" };

// Where a candle is, in percent.
struct place {
	double from, to;
};

static struct place place_of(const struct report *r, uint64_t ts)
{
	uint64_t width_ns = r->candles.width_s * NS_PER_S;

	return (struct place){ 100 * axis_x(&r->axis, ts), 100 * axis_x(&r->axis, ts + width_ns) };
}

static const char *width_name(unsigned s, char out[PAGE_NUMBER_BYTES])
{
	const char *unit = s % 86400 == 0 ? "d" : s % 3600 == 0 ? "h" : s % 60 == 0 ? "m" : "s";
	unsigned of = s % 86400 == 0 ? 86400 : s % 3600 == 0 ? 3600 : s % 60 == 0 ? 60 : 1;

	snprintf(out, PAGE_NUMBER_BYTES, "%u%s", s / of, unit);
	return out;
}

// Rows in doubt that follow each other are one rectangle.
static void shade(struct page *p, const struct report *r, unsigned quality)
{
	const struct candles *c = &r->candles;
	char from[PAGE_NUMBER_BYTES], to[PAGE_NUMBER_BYTES];
	uint64_t width_ns = c->width_s * NS_PER_S;

	for (unsigned i = 0, last; i < c->n; i = last + 1) {
		last = i;
		if (!(c->candle[i].quality & 1u << quality))
			continue;
		while (last + 1 < c->n && c->candle[last + 1].quality & 1u << quality &&
		       c->candle[last + 1].ts == c->candle[last].ts + width_ns)
			last++;
		double x = place_of(r, c->candle[i].ts).from, end = place_of(r, c->candle[last].ts).to;

		page_put(p,
			 "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" y=\"%d\" height=\"%d\"><title>%s "
			 "%s to %s</title></rect>\n",
			 quality_class[quality], x, end - x, TOP, VOLUME_BOTTOM - TOP, quality_name[quality],
			 page_time(c->candle[i].ts, r->dated, from),
			 page_time(c->candle[last].ts + width_ns, r->dated, to));
	}
}

static void candle(struct page *p, const struct report *r, const struct candle *c, const struct axis_scale *s)
{
	struct place at = place_of(r, c->ts);
	double middle = (at.from + at.to) / 2, width = BODY * (at.to - at.from);
	double top = axis_y(s, DOLLARS(c->close > c->open ? c->close : c->open));
	double bottom = axis_y(s, DOLLARS(c->close > c->open ? c->open : c->close));
	char text[5][PAGE_NUMBER_BYTES], when[PAGE_NUMBER_BYTES];

	if (!c->traded)
		return;
	page_put(p, "<g class=\"candle%s\"><line x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%.1f\" y2=\"%.1f\"/>",
		 c->close < c->open ? " down" : "", middle, middle, axis_y(s, DOLLARS(c->high)),
		 axis_y(s, DOLLARS(c->low)));
	page_put(p, "<rect x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" height=\"%.1f\"/>", middle - width / 2,
		 width, top, bottom - top > 1 ? bottom - top : 1.0);
	page_put(p, "<title>%s open %s high %s low %s close %s volume %s</title></g>\n",
		 page_time(c->ts, r->dated, when), page_money(c->open, text[0]), page_money(c->high, text[1]),
		 page_money(c->low, text[2]), page_money(c->close, text[3]), page_count(c->volume, text[4]));
}

static void volumes(struct page *p, const struct report *r)
{
	const struct candles *c = &r->candles;
	uint64_t most = 1;

	for (unsigned i = 0; i < c->n; i++)
		most = c->candle[i].volume > most ? c->candle[i].volume : most;
	struct axis_scale s = axis_scale_of(0, (double)most * 1.05, 0, 1, VOLUME_TOP, VOLUME_BOTTOM);

	s.step *= 2; // the panel is low
	draw_lines(p, &s);
	page_raw(p, "<g class=\"volume\">\n");
	for (unsigned i = 0; i < c->n; i++) {
		struct place at = place_of(r, c->candle[i].ts);
		double y = axis_y(&s, (double)c->candle[i].volume);

		if (c->candle[i].volume)
			page_put(p, "<rect x=\"%.3f%%\" width=\"%.3f%%\" y=\"%.1f\" height=\"%.1f\"/>",
				 at.from + (1 - BODY) / 2 * (at.to - at.from), BODY * (at.to - at.from), y,
				 VOLUME_BOTTOM - y);
	}
	page_put(p, "</g>\n<text class=\"name\" x=\"0\" y=\"%d\">Volume, shares</text>\n", VOLUME_TOP - 4);
}

// A mark has its label where the last label leaves room: on a phone, on a screen,
// or nowhere. The tooltip says all of it.
static void mark(struct page *p, const struct mark *m, double x, double y, double free_x[2], bool dated)
{
	static const char *const shape[] = { "M0-1l6-11h-12z", "M0 1l6 11h-12z", "M-4-4l8 8m0-8l-8 8" };
	char qty[PAGE_NUMBER_BYTES], price[PAGE_NUMBER_BYTES], when[PAGE_NUMBER_BYTES];
	bool bought = m->side > 0;

	page_count(m->qty, qty);
	page_money((int64_t)llround(m->notional / (double)m->qty / 100) * 100, price);
	page_put(p, "<svg class=\"mark %s %s\" x=\"%.3f%%\" y=\"%.1f\"><path d=\"%s\"/>",
		 bought ? "buy" : "sell", kind_class[m->kind], 100 * x, y,
		 shape[m->kind == MARK_BREAK ? 2 : bought]);
	page_put(p, "<title>%s: %s %s @ %s at %s, %llu fill%s</title>", kind_class[m->kind],
		 bought ? "buy" : "sell", qty, price, page_time(m->first_ns, dated, when),
		 (unsigned long long)m->fills, m->fills == 1 ? "" : "s");
	if (x >= free_x[1]) {
		bool fine = x < free_x[0];

		page_put(p, "<text class=\"%s%s\" y=\"%d\">%s @ %s</text>",
			 x < LABEL_SHARE / 2       ? "start"
			 : x > 1 - LABEL_SHARE / 2 ? "end"
						   : "",
			 fine ? " fine" : "", bought ? 12 + LABEL_PX : -LABEL_PX, qty, price);
		free_x[1] = x + LABEL_SHARE;
		if (!fine)
			free_x[0] = x + LABEL_SHARE_S;
	}
	page_raw(p, "</svg>\n");
}

static void marks(struct page *p, const struct report *r, const struct axis_scale *s)
{
	const struct candles *c = &r->candles;
	double free_x[2] = { 0 }; // of labels on a phone, and of all

	page_raw(p, "<g class=\"marks\">\n");
	for (unsigned i = 0; i < c->n_marks; i++) {
		const struct mark *m = &c->mark[i];
		struct place at = place_of(r, m->ts);

		mark(p, m, (at.from + at.to) / 200, axis_y(s, DOLLARS(m->notional / (double)m->qty)), free_x,
		     r->dated);
	}
	page_raw(p, "</g>\n");
}

static void key_arrow(struct page *p, const char *class, const char *path, const char *text)
{
	page_put(p, "<span><svg class=\"mark %s\" viewBox=\"-7 -7 14 14\"><path d=\"%s\"/></svg>%s</span>",
		 class, path, text);
}

static void key(struct page *p, const struct report *r, unsigned seen)
{
	char width[PAGE_NUMBER_BYTES], n[PAGE_NUMBER_BYTES];

	page_raw(p, "<div class=\"key\">");
	key_arrow(p, "buy entry", "M0-6l6 11h-12z", "buy, entry");
	key_arrow(p, "buy exit", "M0-6l6 11h-12z", "buy, exit");
	key_arrow(p, "sell entry", "M0 6l6-11h-12z", "sell, entry");
	key_arrow(p, "sell exit", "M0 6l6-11h-12z", "sell, exit");
	for (unsigned i = 0; i < CANDLES_QUALITIES; i++)
		if (seen & 1u << i)
			page_put(p,
				 "<span><svg class=\"shade\" viewBox=\"0 0 14 14\">"
				 "<rect class=\"%s\" width=\"14\" "
				 "height=\"14\" style=\"fill-opacity:.5\"/></svg>%s</span>",
				 quality_class[i], quality_name[i]);
	page_raw(p, "</div>\n<p class=\"soft\">An arrow points at the price of the fills of one candle");
	if (r->candles.width_s)
		page_put(p, "; a candle is %s", width_name(r->candles.width_s, width));
	page_put(p, ". %s bars read, %s fills of this symbol.", page_count(r->candles.rows, width),
		 page_count(r->fills_drawn, n));
	if (r->candles.marks_left_out)
		page_put(p, " %s of them are left out: there are too many.",
			 page_count(r->candles.marks_left_out, n));
	page_raw(p, "</p>\n");
}

static struct axis_scale scale_of(const struct candles *c)
{
	int64_t low = INT64_MAX, high = INT64_MIN;

	for (unsigned i = 0; i < c->n; i++)
		if (c->candle[i].traded) {
			low = c->candle[i].low < low ? c->candle[i].low : low;
			high = c->candle[i].high > high ? c->candle[i].high : high;
		}
	for (unsigned i = 0; i < c->n_marks; i++) {
		int64_t price = (int64_t)(c->mark[i].notional / (double)c->mark[i].qty);

		low = price < low ? price : low;
		high = price > high ? price : high;
	}
	if (low > high)
		low = high = 0;
	return axis_scale_of(DOLLARS(low), DOLLARS(high), 0.1, 0.0001, TOP, BOTTOM);
}

void draw_candles(struct page *p, const struct report *r)
{
	const struct candles *c = &r->candles;
	struct axis_scale s = scale_of(c);
	unsigned seen = 0;

	for (unsigned i = 0; i < c->n; i++)
		seen |= c->candle[i].quality;
	page_raw(p, "<figure id=\"candles\">\n");
	page_put(
		p,
		"<svg width=\"100%%\" height=\"%d\" role=\"img\" aria-label=\"candles, volume and fills\">\n",
		HEIGHT);
	page_raw(p, "<g class=\"shade\">\n");
	for (unsigned i = 0; i < CANDLES_QUALITIES; i++)
		shade(p, r, i);
	page_raw(p, "</g>\n");
	draw_times(p, &r->axis, TOP, VOLUME_BOTTOM);
	draw_lines(p, &s);
	volumes(p, r);
	for (unsigned i = 0; i < c->n; i++)
		candle(p, r, &c->candle[i], &s);
	marks(p, r, &s);
	page_put(p, "<text class=\"name\" x=\"0\" y=\"%d\">Price, dollars</text>\n</svg>\n", TOP - 6);
	page_raw(p, "</figure>\n");
	key(p, r, seen);
}
