/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/fee.h"

#include "lcore/base/calendar.h"
#include "lcore/trade/money.h"

static const int64_t million_dollars = 1000000 * PX_ONE;

static bool has_minimum(const struct fee_schedule *s)
{
	for (int v = 0; s && v < VENUE_COUNT; v++)
		if (s->order_min[v])
			return true;
	return false;
}

// Slots for a load of a half at most.
static uint32_t slots(const struct fee_schedule *s, uint32_t orders)
{
	uint32_t n = 2;

	while (n < 2 * orders)
		n *= 2;
	return has_minimum(s) ? n : 0;
}

size_t fee_bytes(const struct fee_schedule *schedule, uint32_t orders)
{
	return slots(schedule, orders) * sizeof(struct fee_order);
}

void fee_init(struct fees *f, const struct fee_schedule *schedule, uint32_t orders, void *mem)
{
	uint32_t n = slots(schedule, orders);

	*f = (struct fees){ .schedule = schedule, .order = n ? mem : NULL, .mask = n ? n - 1 : 0 };
}

static struct fee_order *find(struct fees *f, uint64_t id)
{
	uint32_t at = (uint32_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & f->mask;

	while (f->order[at].id && f->order[at].id != id)
		at = (at + 1) & f->mask;
	if (!f->order[at].id) {
		if (f->n_orders >= f->mask / 2 + 1)
			return NULL;
		f->n_orders++;
		f->order[at].id = id;
	}
	return &f->order[at];
}

// The row of the date that ts_ns falls in. Fills come nearly in order of time: the date is looked up once a
// day.
static const struct fee_sell *sell_row(struct fees *f, uint64_t ts_ns)
{
	const struct fee_schedule *s = f->schedule;
	struct calendar_day day, next;

	if (ts_ns >= f->day_from_ns && ts_ns < f->day_to_ns)
		return f->day_sell;
	calendar_day_of(ts_ns, &day);
	calendar_day_by_date(day.day + 1, &next);
	f->day_from_ns = day.midnight_ns;
	f->day_to_ns = next.midnight_ns;
	f->day_sell = NULL;
	for (uint32_t i = 0; i < s->n_sells && s->sell[i].from_day <= day.day; i++)
		f->day_sell = &s->sell[i];
	return f->day_sell;
}

static int64_t regulator(struct fees *f, const struct trade_report *r, uint64_t filled_ns)
{
	const struct fee_sell *row;
	int64_t by_share;

	if (r->side != SIDE_SELL || !f->schedule->n_sells || !(row = sell_row(f, filled_ns)))
		return 0;
	by_share = row->per_share * r->qty;
	if (row->per_share_max && by_share > row->per_share_max)
		by_share = row->per_share_max;
	return by_share + money_round((money_wide)r->price * r->qty * row->per_million, million_dollars);
}

static int64_t by_rate(struct fees *f, const struct trade_report *r, int sign)
{
	const struct fee_schedule *s = f->schedule;
	unsigned liquidity = (unsigned char)r->liquidity;
	bool any = false;

	if (liquidity < FEE_LIQUIDITIES && s->known[r->venue][liquidity])
		return (int64_t)s->rate[r->venue][liquidity] * r->qty;
	for (unsigned i = 0; i < FEE_LIQUIDITIES; i++)
		any |= s->known[r->venue][i];
	f->unpriced += any && sign > 0;
	return 0;
}

// With a minimum, an order pays the greater of it and what its fills cost by their rates, from its first fill
// on.
static int64_t paid(const struct fee_order *o, int64_t minimum)
{
	return !o->shares ? 0 : o->by_rate > minimum ? o->by_rate : minimum;
}

static int64_t change(struct fees *f, const struct trade_report *r, int sign)
{
	int64_t rate = by_rate(f, r, sign), minimum = f->schedule->order_min[r->venue], before;
	struct fee_order *o;

	if (!minimum)
		return sign * rate;
	if (!(o = find(f, r->id))) {
		f->orders_no_room++;
		return sign * rate;
	}
	before = paid(o, minimum);
	o->by_rate += sign * rate;
	if (sign > 0)
		o->shares += r->qty;
	else
		o->shares -= r->qty < o->shares ? r->qty : o->shares;
	return paid(o, minimum) - before;
}

int64_t fee_fill(struct fees *f, const struct trade_report *fill)
{
	if (!f->schedule || fill->venue >= VENUE_COUNT)
		return 0;
	return change(f, fill, 1) + regulator(f, fill, fill->ts_ns);
}

int64_t fee_break(struct fees *f, const struct trade_report *broken, uint64_t filled_ns)
{
	if (!f->schedule || broken->venue >= VENUE_COUNT)
		return 0;
	return change(f, broken, -1) - regulator(f, broken, filled_ns);
}
