/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/curve.h"

static void join(struct curve_point *a, const struct curve_point *b)
{
	if (b->low < a->low) {
		a->low = b->low;
		a->low_ts = b->low_ts;
	}
	if (b->high > a->high) {
		a->high = b->high;
		a->high_ts = b->high_ts;
	}
	if (b->fall > a->fall)
		a->fall = b->fall;
	a->ts = b->ts;
}

static void halve(struct curve *c)
{
	for (unsigned i = 0; i < CURVE_POINTS_MAX / 2; i++) {
		c->point[i] = c->point[2 * i];
		join(&c->point[i], &c->point[2 * i + 1]);
	}
	c->n = CURVE_POINTS_MAX / 2;
	c->rows_per_point *= 2;
	c->rows_in_last = c->rows_per_point;
}

static void draw(struct curve *c, uint64_t ts, int64_t net, int64_t fall)
{
	struct curve_point p = {
		.ts = ts, .low_ts = ts, .high_ts = ts, .low = net, .high = net, .fall = fall
	};

	if (!c->rows_per_point)
		c->rows_per_point = c->rows_in_last = 1;
	if (c->rows_in_last == c->rows_per_point && c->n == CURVE_POINTS_MAX)
		halve(c);
	if (!c->n || c->rows_in_last == c->rows_per_point) {
		c->point[c->n++] = p;
		c->rows_in_last = 1;
		return;
	}
	join(&c->point[c->n - 1], &p);
	c->rows_in_last++;
}

bool curve_add(struct curve *c, uint64_t ts, const struct curve_row *row)
{
	if (c->rows && ts <= c->last_ts)
		return false;
	if (!c->rows++)
		c->first_ts = c->high_ts = ts;
	c->last_ts = ts;
	c->last = *row;
	if (row->net >= c->high) {
		if (c->max_fall && !c->fall_end_ts && c->fall_high_ts == c->high_ts)
			c->fall_end_ts = ts;
		c->high = row->net;
		c->high_ts = ts;
	}
	if (c->high - row->net > c->max_fall) {
		c->max_fall = c->high - row->net;
		c->fall_high_ts = c->high_ts;
		c->fall_low_ts = ts;
		c->fall_end_ts = 0;
	}
	draw(c, ts, row->net, c->high - row->net);
	return true;
}

uint64_t curve_fall_ns(const struct curve *c)
{
	if (!c->max_fall)
		return 0;
	return (c->fall_end_ts ? c->fall_end_ts : c->last_ts) - c->fall_high_ts;
}
