/* SPDX-License-Identifier: BSD-3-Clause */
#include "app/wirebar/report/candles.h"

// In seconds: each is a multiple of the one before. A width that is not in the list goes to the next that it
// divides.
static const unsigned widths[] = { 1, 5, 15, 30, 60, 300, 900, 1800, 3600, 14400, 86400, 604800 };

enum { N_WIDTHS = sizeof widths / sizeof *widths };

// New York is five hours behind UTC in winter, four in summer: days from here on never cut a session.
#define GRID_NS (UINT64_C(5) * 3600 * NS_PER_S)

uint64_t candles_start(const struct candles *c, uint64_t ts)
{
	uint64_t width_ns = c->width_s * NS_PER_S;

	return ts < GRID_NS ? ts / width_ns * width_ns : (ts - GRID_NS) / width_ns * width_ns + GRID_NS;
}

static void join(struct candle *a, const struct candle *b)
{
	if (b->traded && a->traded) {
		a->high = b->high > a->high ? b->high : a->high;
		a->low = b->low < a->low ? b->low : a->low;
		a->close = b->close;
	} else if (b->traded) {
		a->open = b->open;
		a->high = b->high;
		a->low = b->low;
		a->close = b->close;
		a->traded = true;
	}
	a->volume += b->volume;
	a->quality |= b->quality;
}

// Adds to the last candle or makes a new one. Returns false when there is no room.
static bool place(struct candles *c, const struct candle *row)
{
	uint64_t start = candles_start(c, row->ts);

	if (c->n && c->candle[c->n - 1].ts == start) {
		join(&c->candle[c->n - 1], row);
		return true;
	}
	if (c->n == CANDLES_MAX)
		return false;
	c->candle[c->n] = *row;
	c->candle[c->n++].ts = start;
	return true;
}

static void widen(struct candles *c)
{
	unsigned n = c->n, i = 0;

	while (i < N_WIDTHS - 1 && (widths[i] <= c->width_s || widths[i] % c->width_s))
		i++;
	c->width_s = widths[i] > c->width_s ? widths[i] : c->width_s * 2;
	c->n = 0;
	for (unsigned k = 0; k < n; k++) {
		struct candle row = c->candle[k];

		place(c, &row);
	}
}

bool candles_add(struct candles *c, const struct candle *row)
{
	if (c->rows && row->ts <= c->last_ts)
		return false;
	c->rows++;
	c->last_ts = row->ts;
	if (!row->traded && !row->quality && !row->volume)
		return true;
	while (!place(c, row))
		widen(c);
	return true;
}

static void put(struct candles *c, const struct mark *m)
{
	// Fills come by time: those of one candle are among the last few marks.
	for (unsigned i = c->n_marks; i-- > 0 && c->mark[i].ts >= m->ts;) {
		struct mark *old = &c->mark[i];

		if (old->ts == m->ts && old->kind == m->kind && old->side == m->side) {
			old->qty += m->qty;
			old->fills += m->fills;
			old->notional += m->notional;
			return;
		}
	}
	if (c->n_marks < CANDLES_MARKS_MAX)
		c->mark[c->n_marks++] = *m;
	else
		c->marks_left_out += m->fills;
}

void candles_fill(struct candles *c, uint64_t ts, int side, uint64_t qty, int64_t price, int64_t position,
		  bool broken)
{
	struct mark m = { .ts = candles_start(c, ts), .kind = MARK_BREAK, .side = side, .first_ns = ts };
	int64_t before = position - side * (int64_t)qty;
	uint64_t against = before * side < 0 ? (uint64_t)(before < 0 ? -before : before) : 0;
	uint64_t closes = broken ? qty : against < qty ? against : qty;

	m.fills = 1;
	if (closes) {
		m.kind = broken ? MARK_BREAK : MARK_EXIT;
		m.qty = closes;
		m.notional = (double)closes * (double)price;
		put(c, &m);
	}
	if (qty > closes) {
		m.kind = MARK_ENTRY;
		m.qty = qty - closes;
		m.notional = (double)m.qty * (double)price;
		put(c, &m);
	}
}
