/* SPDX-License-Identifier: BSD-3-Clause */
// paper_fuzz.c: arbitrary requests beside an arbitrary market, of orders, levels or quotes. Held after each
// step: no message fills a side by more shares than it has, nothing is taken twice, lines are in price-time
// order, what an unknown place hides stays unfilled; and when all orders have ended, all memory has come
// back.
#include "lcore/trade/paper_parts.h"
#include "tests/fuzz/fuzz_kit.h"

enum { ORDERS = 80, REFS = 24, TAKEN = 16, PRINTS = 8, MARKET = 64, LEVELS = 256 };

static struct {
	struct paper p;
	struct ledger ledger;
	struct levels_arena levels;
	struct book book;
	struct order market[MARKET]; // by reference
	uint64_t got[3];             // by side, of the event in hand: without what took
	uint64_t now;
	char mem[1 << 20] __attribute__((aligned(64))), arena[1 << 14] __attribute__((aligned(64)));
} * f;

static void report(void *ctx, const struct trade_report *r)
{
	(void)ctx;
	CHECK(r->filled <= r->total && r->kind < REPORT_KINDS && r->row_ns >= r->ts_ns);
	if (r->kind != REPORT_FILL)
		return;
	CHECK(r->qty && r->qty <= r->filled && r->price > 0 && r->leaves == r->total - r->filled);
	CHECK((r->leaves == 0) == (r->state == STATE_FILLED));
	CHECK(r->evidence == EVIDENCE_TAKE || (!r->queue_unknown && r->price == r->limit));
	if (r->evidence != EVIDENCE_TAKE)
		f->got[r->side] += r->qty;
}

static void check_leg(void)
{
	const struct paper_leg *leg = &f->p.leg[0];
	unsigned n = 0;

	for (uint8_t side = SIDE_BUY; side <= SIDE_SELL; side++)
		for (const struct paper_order *o = paper_first(&f->p, leg, side), *next; o; o = next, n++) {
			next = paper_order_at(&f->p, o->next);
			CHECK(o->side == side && paper_leaves(o) && o->limit > 0 && o->tif == TIF_DAY);
			CHECK(!next || paper_key(next) < paper_key(o) ||
			      (paper_key(next) == paper_key(o) && next->seq > o->seq));
			CHECK(o->n_behind <= PAPER_BEHIND_MAX);
		}
	CHECK(n == leg->n_orders && n <= PAPER_LEG_ORDERS);
	for (uint32_t i = leg->taken; i; i = f->p.taken[i - 1].next)
		CHECK(f->p.taken[i - 1].qty &&
		      f->p.taken[i - 1].qty <=
			      paper_size(leg, f->p.taken[i - 1].side, f->p.taken[i - 1].price));
}

static struct levels *side_of(uint8_t side) { return book_side(&f->book, side); }

static void rest(uint64_t ref, uint8_t side, int64_t price, uint32_t qty)
{
	f->market[ref] = (struct order){ .key = ref + 1, .price = price, .qty = qty, .side = side };
	levels_add(&f->levels, side_of(side), book_key(side, price), qty);
}

// The book takes the event, as the engine's does.
static void apply(const struct event *e)
{
	struct order *o = &f->market[e->ref % MARKET], was = *o;
	uint32_t qty = e->kind >= EV_DELETE || e->qty > o->qty ? o->qty : e->qty;

	if (e->kind == EV_ADD && e->qty && !o->key)
		rest(e->ref, e->side, e->price, e->qty);
	else if (e->kind == EV_LEVEL)
		levels_set(&f->levels, side_of(e->side), book_key(e->side, e->price), e->qty);
	else if (e->kind == EV_QUOTE)
		book_quote(&f->levels, &f->book, e->price, e->qty, e->price2, e->qty2);
	if (!event_names_order(e->kind) || !o->key)
		return;
	levels_take(&f->levels, side_of(o->side), book_key(o->side, o->price), qty);
	o->qty -= qty;
	if (!o->qty)
		o->key = 0;
	if (e->kind == EV_REPLACE && e->qty)
		rest(e->ref2, was.side, e->price, e->qty);
}

// The most that an event's message can have filled of a side.
static uint64_t budget(const struct event *e, const struct order *named)
{
	uint32_t qty = e->qty > e->qty2 ? e->qty : e->qty2;

	return named && e->kind != EV_REPLACE && named->qty < qty ? named->qty : qty;
}

static void put(struct event *e)
{
	bool names = event_names_order(e->kind);
	struct order named = f->market[e->ref % MARKET];

	if (e->kind == EV_ADD && named.key)
		return; // a reference rests once
	if (e->kind == EV_REPLACE && e->ref2 != e->ref && f->market[e->ref2].key)
		return;
	e->ts_ns = ++f->now;
	f->got[SIDE_BUY] = f->got[SIDE_SELL] = 0;
	paper_before(&f->p, 0, e, names && named.key ? &named : NULL);
	apply(e);
	paper_after(&f->p, 0, e);
	uint64_t most = budget(e, names && named.key ? &named : NULL);

	CHECK(f->got[SIDE_BUY] <= most && f->got[SIDE_SELL] <= most);
	check_leg();
}

static void ask(const uint8_t *b)
{
	static const uint8_t tif[] = { TIF_DAY, TIF_DAY, TIF_IOC, TIF_UNCHANGED };
	struct trade_request r = { .id = b[1] % 100u,
				   .action = b[0] % 4,
				   .side = b[2] % 3,
				   .tif = tif[b[2] >> 6],
				   .qty = b[3],
				   .price = b[4] ? INT64_C(9990000) + (b[4] % 32) * INT64_C(5000) : 0,
				   .arrival_ns = ++f->now };

	// Ids are used once while they live, as everywhere.
	if (r.action == TRADE_NEW && paper_line_find(&f->p, &f->p.leg[0], r.id))
		r.action = TRADE_REPLACE;
	paper_request(&f->p, &f->p.leg[0], &r);
	check_leg();
}

static struct event event_of(enum paper_feed feed, const uint8_t *b)
{
	static const uint8_t kinds[3][8] = {
		{ EV_ADD, EV_EXEC, EV_CANCEL, EV_DELETE, EV_REPLACE, EV_TRADE, EV_ADD, EV_EXEC_PX },
		{ EV_LEVEL, EV_LEVEL, EV_TRADE, EV_CROSS, EV_LEVEL, EV_TRADE, EV_LEVEL, EV_STATUS },
		{ EV_QUOTE, EV_TRADE, EV_QUOTE, EV_TRADE, EV_CROSS, EV_QUOTE, EV_TRADE, EV_STATUS },
	};
	struct event e = { .kind = kinds[feed][b[0] % 8],
			   .ref = b[1] % MARKET,
			   .ref2 = b[2] % MARKET,
			   .qty = b[3],
			   .side = (uint8_t)(1 + (b[2] >> 7)),
			   .price = INT64_C(9990000) + (b[4] % 32) * INT64_C(5000) };

	e.detail = e.kind == EV_REPLACE && b[2] & 64;
	if (e.detail)
		e.ref2 = e.ref;
	if (e.kind == EV_QUOTE) {
		e.price2 = e.price + (int64_t)(b[2] % 8 - 2) * 5000;
		e.qty2 = b[1];
	}
	e.flags = b[3] > 250 ? EVF_NONPRINT : 0;
	return e;
}

static void rare(const uint8_t *b)
{
	struct event e = { .kind = EV_SYSTEM, .side = 'Q', .ts_ns = ++f->now, .ref2 = b[2] % MARKET };

	switch (b[1] % 8) {
	case 0: paper_hole(&f->p, 0, e.ts_ns); break;
	case 1:
		e.kind = EV_RESET;
		paper_channel_event(&f->p, &e);
		paper_emptied(&f->p, 0, e.ts_ns);
		memset(f->market, 0, sizeof f->market);
		book_clear(&f->levels, &f->book);
		break;
	case 2:
		e.kind = EV_BREAK;
		paper_break(&f->p, &e);
		break;
	case 3:
		e.kind = EV_STATUS;
		e.side = b[2] % 4;
		put(&e);
		break;
	default: paper_channel_event(&f->p, &e); break;
	}
	check_leg();
}

static void end(void)
{
	struct event close = { .kind = EV_SYSTEM, .side = 'M', .ts_ns = ++f->now };
	unsigned orders = 0, refs = 0;

	paper_channel_event(&f->p, &close);
	CHECK(f->p.leg[0].n_orders == 0);
	paper_behind_clear(&f->p, &f->p.leg[0]);
	for (uint32_t i = f->p.order_free; i; i = f->p.order[i - 1].next)
		orders++;
	for (uint32_t i = f->p.ref_free; i; i = f->p.ref[i - 1].next)
		refs++;
	CHECK(orders == f->p.order_bump && refs == f->p.ref_bump);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct paper_conf conf = {
		.legs = 1, .orders = ORDERS, .refs = REFS, .taken = TAKEN, .prints = PRINTS
	};
	enum paper_feed feed = size ? (enum paper_feed)(data[0] % 3) : PAPER_ORDERS;

	if (!f)
		f = aligned_alloc(64, (sizeof *f + 63) / 64 * 64);
	CHECK(f != NULL);
	memset(f, 0, sizeof *f);
	for (int v = 0; v < VENUE_COUNT && size; v++) {
		conf.hidden[v] = (enum paper_hidden)(data[0] / 3 % 3);
		conf.l2[v] = (enum paper_l2)(data[0] / 9 % 2);
	}
	CHECK(paper_bytes(&conf) <= sizeof f->mem && levels_bytes(2, LEVELS) <= sizeof f->arena);
	levels_init(&f->levels, 2, LEVELS, f->arena);
	book_open(&f->book, 0);
	paper_init(&f->p, &conf, &f->ledger, report, NULL, f->mem);
	paper_leg_add(&f->p, VENUE_NASDAQ, 1, NULL, 0);
	paper_named(&f->p, 0, 0, feed, 0, 0);
	paper_book(&f->p, 0, &f->levels, &f->book);
	for (size_t i = 1; i + 6 <= size; i += 6) {
		struct event e = event_of(feed, data + i + 1);

		if (data[i] % 4 == 0)
			ask(data + i + 1);
		else if (data[i] == 255)
			rare(data + i + 1);
		else
			put(&e);
	}
	end();
	return 0;
}
