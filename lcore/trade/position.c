/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/position.h"

#include "lcore/trade/money.h"

#define NONE UINT32_MAX

static size_t positions_bytes(const struct position_conf *c)
{
	return line_bytes((size_t)c->instruments * sizeof(struct position));
}

static size_t fills_bytes(const struct position_conf *c)
{
	return line_bytes((size_t)c->fills * sizeof(struct position_fill));
}

size_t position_bytes(const struct position_conf *conf)
{
	return positions_bytes(conf) + fills_bytes(conf) + fee_bytes(conf->schedule, conf->orders);
}

void position_init(struct position_book *b, const struct position_conf *conf,
		   void (*trip)(void *ctx, const struct position_trip *trip), void *ctx, void *mem)
{
	char *fills = (char *)mem + positions_bytes(conf);

	*b = (struct position_book){ .position = mem,
				     .fill = (struct position_fill *)fills,
				     .instruments = conf->instruments,
				     .n_fills = conf->fills,
				     .free = conf->fills ? 0 : NONE,
				     .fifo = conf->fifo,
				     .trip = trip,
				     .ctx = ctx };
	fee_init(&b->fees, conf->schedule, conf->orders, fills + fills_bytes(conf));
	for (uint32_t i = 0; i < conf->fills; i++)
		b->fill[i].next = i + 1 < conf->fills ? i + 1 : NONE;
	for (uint32_t i = 0; i < conf->instruments; i++)
		b->position[i].first = b->position[i].last = NONE;
}

static int64_t magnitude(int64_t qty) { return qty < 0 ? -qty : qty; }

int64_t position_unrealized(const struct position *p, int64_t bid, int64_t ask)
{
	if (!p->qty)
		return 0;
	return p->qty > 0 ? p->qty * bid - p->cost : p->cost + p->qty * ask;
}

static void extremes(struct position *p, int64_t now)
{
	p->max_adverse = now < p->max_adverse ? now : p->max_adverse;
	p->max_favourable = now > p->max_favourable ? now : p->max_favourable;
}

// A position whose side was never quoted is worth what it cost.
static void value(struct position_book *b, struct position *p)
{
	int64_t px = p->qty > 0 ? p->bid : p->ask;
	int64_t now = px ? position_unrealized(p, p->bid, p->ask) : 0;

	p->stale |= p->qty && !px;
	b->unrealized += now - p->unrealized;
	p->unrealized = now;
	if (p->qty)
		extremes(p, p->realized + now);
}

void position_mark(struct position_book *b, uint32_t at, int64_t bid, int64_t ask, bool fresh)
{
	struct position *p = &b->position[at];

	p->bid = bid > 0 ? bid : p->bid;
	p->ask = ask > 0 ? ask : p->ask;
	p->stale = !fresh || (p->qty > 0 && bid <= 0) || (p->qty < 0 && ask <= 0);
	value(b, p);
}

static void keep(struct position_book *b, struct position *p, const struct position_fill *f)
{
	uint32_t at = b->free;

	if (at == NONE) {
		p->whole = false;
		b->fills_forgotten++;
		return;
	}
	b->free = b->fill[at].next;
	b->fill[at] = *f;
	b->fill[at].next = NONE;
	if (p->first == NONE)
		p->first = at;
	else
		b->fill[p->last].next = at;
	p->last = at;
}

static void forget(struct position_book *b, struct position *p)
{
	if (p->first == NONE)
		return;
	b->fill[p->last].next = b->free;
	b->free = p->first;
	p->first = p->last = NONE;
}

// The cost of the oldest shares that are still open. What is not kept takes its share of the average.
static int64_t oldest(struct position_book *b, struct position *p, uint32_t qty)
{
	uint8_t side = p->qty > 0 ? SIDE_BUY : SIDE_SELL;
	int64_t cost = 0, left = magnitude(p->qty);

	for (uint32_t i = p->first; i != NONE && qty; i = b->fill[i].next) {
		struct position_fill *f = &b->fill[i];
		uint32_t q = f->side != side ? 0 : f->rest < qty ? f->rest : qty;

		cost += q * f->price;
		f->rest -= q;
		qty -= q;
		left -= q;
	}
	return qty ? cost + money_share(p->cost - cost, qty, left) : cost;
}

static void open_position(struct position_book *b, struct position *p, const struct position_fill *f,
			  uint64_t symbol, uint64_t *id)
{
	*p = (struct position){ .id = *id ? *id : ++b->last_id,
				.symbol = symbol,
				.opened_ns = f->ts_ns,
				.unrealized = p->unrealized, // until value() looks again
				.bid = p->bid,
				.ask = p->ask,
				.whole = true,
				.gate = f->gate,
				.stale = p->stale,
				.first = NONE,
				.last = NONE };
	*id = 0;
}

bool position_open_trip(const struct position_book *b, uint32_t at, struct position_trip *t)
{
	const struct position *p = &b->position[at];

	if (!p->id)
		return false;
	*t = (struct position_trip){ .position_id = p->id,
				     .symbol = p->symbol,
				     .opened_ns = p->opened_ns,
				     .peak_qty = p->peak_qty,
				     .avg_open = money_round(p->open_notional, p->open_qty),
				     .avg_close = p->close_qty ? money_round(p->close_notional, p->close_qty)
							       : 0,
				     .realized = p->realized,
				     .fees = p->fees,
				     .net = p->realized - p->fees,
				     .max_adverse = p->max_adverse,
				     .max_favourable = p->max_favourable,
				     .instr = at,
				     .entry_gate = p->gate,
				     .entry_side = p->qty > 0 ? SIDE_BUY : SIDE_SELL };
	return true;
}

static void close_position(struct position_book *b, struct position *p, const struct position_fill *f)
{
	struct position_trip trip = {
		.position_id = p->id,
		.symbol = p->symbol,
		.opened_ns = p->opened_ns,
		.closed_ns = f->ts_ns,
		.peak_qty = p->peak_qty,
		.avg_open = money_round(p->open_notional, p->open_qty),
		.avg_close = money_round(p->close_notional, p->close_qty),
		.realized = p->realized,
		.fees = p->fees,
		.net = p->realized - p->fees,
		.instr = (uint32_t)(p - b->position),
		.entry_side = f->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY,
		.exit_source = f->source,
		.entry_gate = p->gate,
	};

	extremes(p, p->realized);
	trip.max_adverse = p->max_adverse;
	trip.max_favourable = p->max_favourable;
	forget(b, p);
	p->id = 0;
	p->cost = p->realized = p->fees = 0;
	if (b->trip)
		b->trip(b->ctx, &trip);
}

// One part of a fill, which adds to a position, or reduces it to nothing at most.
static void book_part(struct position_book *b, struct position *p, struct position_fill *f)
{
	int64_t signed_qty = f->side == SIDE_BUY ? f->qty : -(int64_t)f->qty, gain, portion;
	bool adds = !p->qty || (p->qty > 0) == (signed_qty > 0);

	p->fees += f->fee;
	f->rest = adds ? f->qty : 0;
	if (adds) {
		p->cost += f->qty * f->price;
		p->open_qty += f->qty;
		p->open_notional += (money_wide)f->qty * f->price;
		keep(b, p, f);
	} else {
		portion = f->qty == magnitude(p->qty) ? p->cost
			  : b->fifo                   ? oldest(b, p, f->qty)
						      : money_share(p->cost, f->qty, magnitude(p->qty));
		gain = f->side == SIDE_SELL ? f->qty * f->price - portion : portion - f->qty * f->price;
		p->cost -= portion;
		p->realized += gain;
		b->realized += gain;
		p->close_qty += f->qty;
		p->close_notional += (money_wide)f->qty * f->price;
		keep(b, p, f);
	}
	p->qty += signed_qty;
	if (magnitude(p->qty) > p->peak_qty)
		p->peak_qty = magnitude(p->qty);
	if (!p->qty)
		close_position(b, p, f);
}

// Books a fill: through zero, what closes and what opens are two parts, and the fee goes with the shares.
static void book(struct position_book *b, struct position *p, uint64_t symbol, struct position_fill f,
		 uint64_t *id)
{
	bool reduces = f.side == SIDE_BUY ? p->qty < 0 : p->qty > 0;
	struct position_fill rest = f;

	if (reduces && f.qty > magnitude(p->qty)) {
		f.qty = (uint32_t)magnitude(p->qty); // less than it was
		f.fee = money_share(rest.fee, f.qty, rest.qty);
		rest.qty -= f.qty;
		rest.fee -= f.fee;
	} else {
		rest.qty = 0;
	}
	if (!p->id)
		open_position(b, p, &f, symbol, id);
	book_part(b, p, &f);
	if (rest.qty) {
		open_position(b, p, &rest, symbol, id);
		book_part(b, p, &rest);
	}
}

// Replays the kept fills of p without the one that is broken. Returns how many of its shares were kept; 0
// also when some fill of p was not kept, since the replay would not lead to what is held then.
static uint32_t replay_without(struct position_book *b, struct position *p, const struct trade_report *r,
			       struct position_fill *broken)
{
	int64_t adverse = p->max_adverse, favourable = p->max_favourable;
	uint64_t id = p->id, first_id = id;
	uint32_t i, next, list = p->first;

	broken->qty = 0;
	for (i = p->first; i != NONE; i = b->fill[i].next)
		if (b->fill[i].order_id == r->id && b->fill[i].fill_id == r->fill_id)
			*broken = b->fill[i];
	if (!broken->qty || !p->whole || broken->qty > r->qty)
		return 0;
	b->realized -= p->realized;
	p->id = 0;
	p->qty = p->cost = p->realized = p->fees = 0;
	p->first = p->last = NONE;
	for (i = list; i != NONE; i = next) {
		struct position_fill f = b->fill[i];

		next = f.next;
		b->fill[i].next = b->free;
		b->free = i;
		if (f.order_id != r->id || f.fill_id != r->fill_id)
			book(b, p, p->symbol, f, &id);
	}
	if (p->id == first_id) {
		p->max_adverse = adverse;
		p->max_favourable = favourable;
	}
	return broken->qty;
}

static void break_fill(struct position_book *b, struct position *p, const struct trade_report *r,
		       struct position_effect *out)
{
	struct position_fill f,
		opposite = { .ts_ns = r->ts_ns,
			     .order_id = r->id,
			     .fill_id = 0, // no fill of that order has it: a second break finds nothing
			     .price = r->price,
			     .side = r->side == SIDE_BUY ? SIDE_SELL : SIDE_BUY,
			     .venue = r->venue,
			     .source = r->source,
			     .gate = UINT8_MAX,
			     .liquidity = r->liquidity };
	struct trade_report same = *r;
	uint32_t kept = replay_without(b, p, r, &f);
	uint64_t id = 0;

	out->forgotten = kept < r->qty;
	b->breaks_late += out->forgotten;
	if (kept)
		same.liquidity = f.liquidity;
	out->fee = fee_break(&b->fees, &same, kept ? f.ts_ns : r->ts_ns);
	if (out->forgotten) {
		opposite.qty = r->qty - kept;
		opposite.fee = kept ? out->fee + f.fee : out->fee;
		book(b, p, r->symbol, opposite, &id);
	} else if (p->id) { // what an order's minimum makes of its other fills
		p->fees += out->fee + f.fee;
	}
}

struct position_effect position_apply(struct position_book *b, uint32_t at, const struct trade_report *r)
{
	struct position *p = &b->position[at];
	int64_t realized = b->realized;
	struct position_effect out = { .qty = p->qty };
	uint64_t id = 0;

	if (r->kind == REPORT_FILL && r->qty) {
		struct position_fill f = { .ts_ns = r->ts_ns,
					   .order_id = r->id,
					   .fill_id = r->fill_id,
					   .price = r->price,
					   .fee = fee_fill(&b->fees, r),
					   .qty = r->qty,
					   .side = r->side,
					   .venue = r->venue,
					   .source = r->source,
					   .gate = r->source == SOURCE_GATE ? r->gate : UINT8_MAX,
					   .liquidity = r->liquidity };

		out.fee = f.fee;
		book(b, p, r->symbol, f, &id);
	} else if (r->kind == REPORT_BREAK && r->qty) {
		break_fill(b, p, r, &out);
	} else {
		return out;
	}
	b->paid += out.fee;
	value(b, p);
	out.qty = p->qty;
	out.realized = b->realized - realized;
	return out;
}

struct position_effect position_correct(struct position_book *b, uint32_t at, const struct trade_report *was,
					const struct trade_report *is)
{
	struct trade_report undo = *was;
	struct position_effect first, second;

	undo.kind = REPORT_BREAK;
	undo.ts_ns = is->ts_ns;
	first = position_apply(b, at, &undo);
	second = position_apply(b, at, is);
	second.realized += first.realized;
	second.fee += first.fee;
	second.forgotten = first.forgotten;
	return second;
}

void position_keep(const struct position_book *b, uint32_t at, struct position_kept *k,
		   struct position_sums *s)
{
	const struct position *p = &b->position[at];

	*k = (struct position_kept){ .symbol = p->symbol,
				     .id = p->id,
				     .opened_ns = p->opened_ns,
				     .qty = p->qty,
				     .cost = p->cost,
				     .realized = p->realized,
				     .fees = p->fees,
				     .bid = p->bid,
				     .ask = p->ask };
	*s = (struct position_sums){ .realized = b->realized,
				     .paid = b->paid,
				     .day_base = b->day_base,
				     .last_id = b->last_id,
				     .day = b->day };
}

static int64_t kept_unrealized(const struct position_kept *k)
{
	const struct position p = { .qty = k->qty, .cost = k->cost };

	return (k->qty > 0 ? k->bid : k->ask) ? position_unrealized(&p, k->bid, k->ask) : 0;
}

void position_go_on(struct position_book *b, const struct position_sums *s, const struct position_kept *p,
		    uint32_t n)
{
	b->realized = s->realized;
	b->paid = s->paid;
	b->day = (int32_t)s->day;
	b->day_base = s->day_base;
	b->last_id = s->last_id;
	for (uint32_t i = 0; i < n; i++)
		b->unrealized += kept_unrealized(&p[i]);
}

void position_restore(struct position_book *b, uint32_t at, const struct position_kept *k)
{
	struct position *p = &b->position[at];

	*p = (struct position){ .id = k->id,
				.symbol = k->symbol,
				.opened_ns = k->opened_ns,
				.qty = k->qty,
				.cost = k->cost,
				.realized = k->realized,
				.fees = k->fees,
				.unrealized =
					kept_unrealized(k), // which the sum has had since position_go_on
				.bid = k->bid,
				.ask = k->ask,
				.peak_qty = magnitude(k->qty),
				.open_qty = magnitude(k->qty),
				.open_notional = k->cost,
				.gate = UINT8_MAX, // their numbers are of the configuration of before
				.first = NONE,
				.last = NONE,
				.stale = true };
	value(b, p);
}

void position_roll(struct position_book *b, int32_t day)
{
	if (day == b->day)
		return;
	b->day = day;
	b->day_base = b->realized + b->unrealized - b->paid;
}

int64_t position_day_net(const struct position_book *b)
{
	return b->realized + b->unrealized - b->paid - b->day_base;
}

struct position_equity position_equity_of(const struct position_book *b)
{
	struct position_equity e = { .realized = b->realized, .unrealized = b->unrealized, .fees = b->paid };

	for (uint32_t i = 0; i < b->instruments; i++) {
		const struct position *p = &b->position[i];

		e.exposure += p->qty > 0 ? p->cost + p->unrealized : p->cost - p->unrealized;
		e.n_stale += p->qty && p->stale;
	}
	e.gross = e.realized + e.unrealized;
	e.net = e.gross - e.fees;
	return e;
}
