/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/exposure.h"

static int64_t magnitude(int64_t v) { return v < 0 ? -v : v; }

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Saturates: a sum beyond all limits is beyond all limits.
static int64_t times(int64_t qty, int64_t px)
{
	__int128 v = (__int128)qty * px;

	return v > INT64_MAX / 4 ? INT64_MAX / 4 : v < -(INT64_MAX / 4) ? -(INT64_MAX / 4) : (int64_t)v;
}

struct part {
	int64_t gross, net_long, net_short;
};

static struct part part_of(const struct exposure *e, int64_t buy, int64_t sell, int64_t px)
{
	int64_t up = e->position + e->open_buy + buy, down = e->position - e->open_sell - sell;

	return (struct part){ times(larger(magnitude(up), magnitude(down)), px), times(up, px),
			      times(down, px) };
}

static void value(struct account *a, struct exposure *e)
{
	struct part now = part_of(e, 0, 0, e->px);

	a->gross += now.gross - e->gross;
	a->net_long += now.net_long - e->net_long;
	a->net_short += now.net_short - e->net_short;
	e->gross = now.gross;
	e->net_long = now.net_long;
	e->net_short = now.net_short;
}

struct exposure_sums exposure_with(const struct account *a, const struct exposure *e, uint8_t side,
				   int64_t qty, int64_t px)
{
	struct part p = part_of(e, side == SIDE_BUY ? qty : 0, side == SIDE_BUY ? 0 : qty, larger(px, e->px));
	int64_t up = a->net_long - e->net_long + p.net_long, down = a->net_short - e->net_short + p.net_short;

	return (struct exposure_sums){ a->gross - e->gross + p.gross,
				       larger(magnitude(up), magnitude(down)) };
}

void exposure_leaves(struct account *a, struct exposure *e, uint8_t side, int64_t shares)
{
	if (side == SIDE_BUY)
		e->open_buy += shares;
	else
		e->open_sell += shares;
	value(a, e);
}

void exposure_position(struct account *a, struct exposure *e, int64_t qty)
{
	e->position = qty;
	value(a, e);
}

void exposure_price(struct account *a, struct exposure *e, int64_t px)
{
	if (px <= 0)
		return;
	e->px = px;
	value(a, e);
}

void exposure_sent(struct exposure *e, const struct exposure_recent *order)
{
	e->recent[e->next_recent] = *order;
	e->next_recent = (e->next_recent + 1) % EXPOSURE_RECENT;
}
