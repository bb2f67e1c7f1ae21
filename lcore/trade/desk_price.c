/* SPDX-License-Identifier: BSD-3-Clause */
// desk_price.c: how many shares, at which price, in how many orders.
#include "lcore/trade/desk_parts.h"

#define SLICES 64 // of one exit at once; the rest goes when they have ended

static int64_t to_tick(const struct risk_ticks *ticks, int64_t px, bool up)
{
	int64_t tick = risk_tick(ticks, px);

	return (px + (up ? tick - 1 : 0)) / tick * tick;
}

static int64_t moved(const struct risk_ticks *ticks, int64_t px, int32_t n, uint8_t side)
{
	int64_t by = risk_tick(ticks, px) * n;

	return side == SIDE_BUY ? px + by : px - by;
}

int64_t desk_price_of(const struct desk *d, uint32_t instr, enum risk_who who, uint8_t side,
		      enum desk_price how, int32_t ticks, uint8_t *tif)
{
	const struct risk_quote *q = &d->instr[instr].quote;
	const struct risk_ticks *t = desk_ticks(d, instr);
	struct risk_input in = desk_input(d, instr);
	bool both = q->bid > 0 && q->ask > 0, blind;
	int64_t px = 0;

	if (how == PRICE_MARKET || (!both && who != RISK_ENTRY)) { // an exit does not wait for a quote
		px = risk_collar(&in, who, side, &blind);
		*tif = TIF_IOC;
	} else if (both && how == PRICE_TOUCH) {
		px = moved(t, side == SIDE_BUY ? q->bid : q->ask, ticks, side);
	} else if (both && how == PRICE_MID) {
		px = to_tick(t, (q->bid + q->ask) / 2, side == SIDE_SELL);
	} else if (both) {
		px = moved(t, side == SIDE_BUY ? q->ask : q->bid, ticks, side);
	}
	return px > 0 ? px : risk_tick(t, 0);
}

int64_t desk_limit_of(const struct desk *d, uint32_t instr, uint8_t side, int64_t limit)
{
	struct risk_input in = desk_input(d, instr);
	bool blind, sells = side == SIDE_SELL;
	int64_t px = limit > 0 ? to_tick(desk_ticks(d, instr), limit, sells) : 0,
		worst = risk_collar(&in, RISK_EXIT, side, &blind);

	if (px <= 0)
		return 0;
	return worst && (sells ? px < worst : px > worst) ? worst : px;
}

uint32_t desk_shares(const struct desk_gate *g, int64_t price, int64_t range)
{
	__int128 n = g->amount, by = 1;

	if (g->size == SIZE_NOTIONAL) {
		by = price;
	} else if (g->size == SIZE_RISK) { // amount / (range * risk_by / 1000)
		n *= 1000;
		by = (__int128)range * g->risk_by;
	}
	if (n <= 0 || by <= 0)
		return 0;
	return n / by > UINT32_MAX ? UINT32_MAX : (uint32_t)(n / by);
}

uint32_t desk_slice(const struct desk *d, int64_t price)
{
	const struct risk_limits *l = d->conf.limits;
	int64_t most = RISK_TOP_QTY;

	if (!l)
		return RISK_TOP_QTY;
	most = l->qty_max < most ? l->qty_max : most;
	if (l->notional_max != RISK_UNLIMITED && l->notional_max / price < most)
		most = l->notional_max / price;
	return most < 1 ? 1 : (uint32_t)most;
}

void desk_exit_now(struct desk *d, uint32_t instr, const struct desk_want *like, enum desk_price how,
		   int32_t ticks)
{
	struct exposure *e = &d->instr[instr].exposure;
	struct risk_input in = desk_input(d, instr);
	struct desk_want w = *like;
	int64_t left = w.side == SIDE_SELL ? e->position - e->open_sell : -e->position - e->open_buy;
	bool blind = false;

	if (left <= 0 || !d->now_ns) // without a time there is no day, no age and no rate
		return;
	if (!w.price)
		w.price = desk_price_of(d, instr, w.who, w.side, how, ticks, &w.tif);
	risk_collar(&in, w.who, w.side, &blind);
	d->count[DESK_alarms] += blind;
	for (uint16_t k = 0; k < SLICES && left > 0; k++) {
		uint32_t most = desk_slice(d, w.price);

		w.qty = left < most ? (uint32_t)left : most;
		w.retry = (uint16_t)(like->retry * SLICES + k); // slices are alike, and no duplicates
		enum risk_reason why = desk_submit(d, &w);

		d->count[DESK_alarms] += why == RISK_NO_REFERENCE;
		if (why)
			return;
		left -= w.qty;
	}
}
