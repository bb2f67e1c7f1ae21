/* SPDX-License-Identifier: BSD-3-Clause */
// Fires, stops, quotes, kills, restarts and whatever a venue may answer, made from bytes, four a step, into a
// desk. After each step: the position is the sum of fills less breaks, what is reserved is what is open,
// nothing but cancels has left after a kill, no entry was sent beyond a limit, ids are unique over restarts,
// and every denied order has a reason.
//
// An input of "LONG" and four bytes more seeds a run of 10^5 steps; WIREBAR_DESK_STEPS makes it longer:
//   WIREBAR_DESK_STEPS=10000000 build/tests/fuzz/desk_fuzz tests/fuzz/corpus/desk/long
#include "lcore/base/calendar.h"
#include "lcore/trade/desk_parts.h"
#include "tests/fuzz/fuzz_kit.h"

enum { INSTRS = 4, LIVE = 32, FILLS = 64, ORDERS = 24, STEPS = 2048, LONG_STEPS = 100000 };
#define START_NS UINT64_C(1773151200000000000) // 2026-03-10 10:00 New York

// What the venue has: an order, and the fills that can be broken or said again.
struct venue_order {
	struct trade_request rq;
	uint32_t filled;
	uint64_t fills;
	uint16_t start; // of ours that sent it
	bool live, accepted;
};

struct world {
	struct desk d;
	struct risk_limits limits;
	struct desk_gate gates[4];
	struct desk_conf conf;
	struct venue_order order[LIVE];
	struct trade_report fill[FILLS];
	bool broken[FILLS];
	unsigned n_orders, n_fills, fills_before; // before: this start
	int64_t qty[INSTRS];                      // fills less breaks, and what was adopted
	uint64_t now, last_id, denied, n;
	uint32_t word, room;
	uint16_t boot;
};

static struct world w;
static void *mem;
static size_t mem_bytes;

static bool send(void *ctx, const struct trade_request *rq)
{
	const struct exposure *e = &w.d.instr[rq->instr].exposure;
	struct venue_order *o = &w.order[w.n_orders % LIVE];

	(void)ctx;
	CHECK(rq->action == TRADE_CANCEL || (w.word < LATCH_HALT && w.d.own_mode < LATCH_HALT));
	if (!w.room)
		return false;
	w.room--;
	if (rq->action == TRADE_CANCEL)
		return true;
	CHECK(rq->price > 0 && rq->price <= RISK_TOP_PRICE && rq->qty > 0);
	if (rq->source == SOURCE_GATE && order_find(&w.d.orders, rq->id)->who == RISK_ENTRY) {
		if (rq->side == SIDE_BUY)
			CHECK(e->position + e->open_buy <= w.limits.position_max);
		else
			CHECK(e->open_sell - e->position <= w.limits.short_max);
		CHECK(w.d.account.gross <= w.limits.gross_max &&
		      w.d.account.n_open <= w.limits.open_orders_max);
		CHECK(!w.d.instr[rq->instr].facts && !e->n_unknown);
	}
	if (rq->action == TRADE_NEW) {
		CHECK(rq->qty <= w.limits.qty_max);
		*o = (struct venue_order){ .rq = *rq, .start = w.boot, .live = true };
		w.n_orders++;
	}
	return true;
}

static uint32_t room(void *ctx, const struct trade_request *rq) { return (void)ctx, (void)rq, w.room; }

// Between the checks and the last look at the flag, somebody may kill.
static void journal(void *ctx, const struct trade_request *rq)
{
	(void)ctx;
	if (rq->action == TRADE_NEW && w.now % 61 == 0)
		w.word = LATCH_KILL;
}

static void event(void *ctx, const struct trade_report *r)
{
	uint64_t count = r->id & ((UINT64_C(1) << 48) - 1); // start and count

	(void)ctx;
	CHECK(r->kind >= REPORT_SENT && r->instr < INSTRS);
	CHECK(r->kind != REPORT_DENIED ||
	      (r->why > RISK_PASS && r->why < RISK_REASONS && r->state == STATE_DENIED));
	w.denied += r->kind == REPORT_DENIED;
	if (r->kind != REPORT_SENT && r->kind != REPORT_DENIED)
		return;
	CHECK(count > w.last_id); // never an id again
	w.last_id = count;
}

static void start(void)
{
	struct desk_sink sink = { .send = send, .room = room, .journal = journal, .event = event };
	size_t bytes;

	w.fills_before = w.n_fills;
	w.conf.orders.boot = w.boot++ % (ORDER_BOOT_MAX + 1);
	w.conf.limits = &w.limits;
	w.conf.ticks = risk_ticks_of;
	w.conf.gates = w.gates;
	w.conf.mode = &w.word;
	bytes = desk_bytes(&w.conf);
	if (bytes > mem_bytes) { // worlds differ in size
		CHECK(mem_bytes || !calendar_load());
		free(mem);
		mem_bytes = (bytes + 63) & ~(size_t)63;
		CHECK((mem = aligned_alloc(64, mem_bytes)));
	}
	memset(mem, 0, bytes);
	desk_init(&w.d, &w.conf, &sink, mem);
	for (uint32_t i = 0; i < INSTRS; i++) {
		desk_instrument(&w.d, i, 1000 + i, 0, 0);
		if (w.qty[i])
			desk_adopt(&w.d, i, w.qty[i], 10 * PX_ONE, w.now);
	}
}

static void make_world(uint8_t how)
{
	memset(&w, 0, sizeof w);
	w.now = START_NS;
	w.room = 100;
#define RISK_LIMIT(name, unit, help) w.limits.name = RISK_UNLIMITED;
#include "lcore/trade/risk.def"
	w.limits.qty_max = 150;
	w.limits.position_max = 400;
	w.limits.short_max = how & 1 ? 300 : 0;
	w.limits.gross_max = 9000 * PX_ONE;
	w.limits.open_orders_max = 10;
	w.limits.collar_bps = 300;
	w.limits.quote_age = 3 * NS_PER_S;
	w.limits.duplicate_window = how & 2 ? 100 * NS_PER_MS : 0;
	w.limits.symbol_rate = 20;
	w.limits.loss_day = 2000 * PX_ONE;
	w.limits.rejects_max = w.limits.denials_max = 50;
	for (int i = 0; i < 4; i++)
		w.gates[i] = (struct desk_gate){ .price = (enum desk_price)i,
						 .amount = 40 + 60 * i,
						 .ttl_ns = i & 1 ? 5 * NS_PER_S : 0,
						 .cool_ns = i * NS_PER_S / 2,
						 .reprice_ticks = i & 1,
						 .reprice_max = 200 };
	w.conf = (struct desk_conf){ .orders = { INSTRS, ORDERS, 64, 20522, 0 },
				     .fills = how & 4 ? 8 : 256,
				     .reports = 16,
				     .n_gates = 4,
				     .timeouts = { NS_PER_S, NS_PER_S, 3 },
				     .retries_per_s = 2,
				     .live = how & 8 };
	start();
}

// What the venue says is known at once: latencies are 0, and time is let pass by nothing.
static void say(const struct venue_order *o, enum report_kind kind, uint32_t qty, uint32_t leaves,
		uint64_t fill_id)
{
	struct trade_report r = { .id = o->rq.id,
				  .symbol = o->rq.symbol,
				  .ts_ns = w.now,
				  .n = ++w.n,
				  .fill_id = fill_id,
				  .price = o->rq.price,
				  .limit = o->rq.price,
				  .instr = o->rq.instr,
				  .qty = qty,
				  .leaves = leaves,
				  .kind = (uint8_t)kind,
				  .side = o->rq.side,
				  .source = o->rq.source,
				  .liquidity = 'A' };

	desk_report(&w.d, &r);
	if (kind == REPORT_FILL) {
		w.qty[r.instr] += r.side == SIDE_BUY ? qty : -(int64_t)qty;
		w.broken[w.n_fills % FILLS] = false;
		w.fill[w.n_fills++ % FILLS] = r;
	}
	desk_time(&w.d, w.now);
}

// A fill that was said: again, or its break, which undoes it once.
static void old_fill(uint8_t which, bool undo)
{
	unsigned at = which % FILLS;
	struct trade_report r = w.fill[at];

	if (!r.qty)
		return;
	r.ts_ns = w.now;
	r.n = ++w.n;
	// After a restart, or long after it, a fill that is said again is new to the desk, and booked: the
	// test says again only what this start was told last.
	if (!undo && ((w.n_fills - 1) % FILLS != at || w.n_fills == w.fills_before))
		return;
	if (undo) {
		r.kind = REPORT_BREAK;
		if (w.broken[at])
			return;
		w.broken[at] = true;
		w.qty[r.instr] -= r.side == SIDE_BUY ? r.qty : -(int64_t)r.qty;
	}
	desk_report(&w.d, &r);
	desk_time(&w.d, w.now);
}

// Whatever a venue may say of any order that it has ever had, or of one that nobody knows.
static void answer(uint8_t which, uint8_t what, uint8_t much)
{
	static struct venue_order ghost;
	struct venue_order *o = &w.order[which % LIVE];
	bool odd = much % 64 == 0;
	uint32_t left;

	if (what == 15 && much % 64 == 1) {
		ghost.rq = (struct trade_request){ .id = 7,
						   .instr = much % INSTRS,
						   .symbol = 1000 + much % INSTRS,
						   .price = 10 * PX_ONE,
						   .side = 1 + (much & 1) };
		say(&ghost, REPORT_FILL, 1 + much, 0, ++ghost.fills);
		return;
	}
	// Mostly what is legal, of what is alive and known; now and then anything of any order that there
	// ever was.
	for (unsigned k = 0; k < LIVE && !odd && !(o->live && o->start == w.boot); k++)
		o = &w.order[(which + k) % LIVE];
	if (!o->rq.id || (!odd && (!o->live || (what % 12 == 9 && o->accepted))))
		return;
	o->accepted |= what % 12 < 6;
	left = o->rq.qty > o->filled ? o->rq.qty - o->filled : 0;
	switch (what % 12) {
	case 0:
	case 1:
	case 2: say(o, REPORT_ACCEPTED, 0, 0, 0); break;
	case 3:
	case 4:
	case 5: {
		uint32_t q = what == 3 ? left : 1 + much % (left ? left : 1);

		o->filled += q;
		o->live = o->filled < o->rq.qty;
		say(o, REPORT_FILL, q ? q : 1, 0, ++o->fills);
		break;
	}
	case 6:
	case 7:
		o->live = false;
		say(o, REPORT_CANCELLED, 0, 0, 0);
		break;
	case 8: say(o, REPORT_CANCELLED, 0, left / 2, 0); break;
	case 9:
		o->live = false;
		say(o, REPORT_REJECTED, 0, 0, 0);
		break;
	case 10:
		o->live = false;
		say(o, REPORT_EXPIRED, 0, 0, 0);
		break;
	default: say(o, REPORT_REPLACED, 0, left, 0); break;
	}
}

static void fire(uint8_t a, uint8_t b)
{
	struct desk_decision f = { .symbol = 1000 + a % INSTRS,
				   .close_ts = w.now,
				   .known_ns = w.now,
				   .submit_ns = w.now,
				   .bid = 10 * PX_ONE - b % 5 * 10000,
				   .ask = 10 * PX_ONE + b % 7 * 10000,
				   .instr = a % INSTRS,
				   .gate = b >> 4 & 3,
				   .exit = a >> 3 & 1,
				   .is_short = a >> 4 & 1 };

	f.bid = b % 29 == 0 ? 0 : f.bid;
	desk_fire(&w.d, &f);
}

static void stop(uint8_t a, uint8_t b)
{
	uint32_t i = a % INSTRS;
	const struct position *p = &w.d.positions.position[i];
	struct stop_fire f = { .position_id = b % 8 ? p->id : b,
			       .qty = 100,
			       .side = a & 16 ? SIDE_BUY : SIDE_SELL,
			       .retry = b & 15 };

	desk_stop(&w.d, i, &f, w.now);
}

static void step(const uint8_t *p)
{
	static const uint64_t waits[] = { 1, NS_PER_US, NS_PER_MS, 100 * NS_PER_MS, NS_PER_S, 3 * NS_PER_S };

	switch (p[0] & 15) {
	case 0:
	case 1:
	case 2: fire(p[1], p[2]); break;
	case 3: stop(p[1], p[2]); break;
	case 4:
	case 5:
	case 6:
	case 7:
	case 8: answer(p[1], p[2] & 15, p[3]); break;
	case 9: old_fill(p[1], p[2] & 1); break;
	case 10:
		w.now += waits[p[1] % 6] * (p[2] > 250 ? 30000 : 1);
		w.room = p[3] % 16 ? 100 : p[3] / 16;
		desk_time(&w.d, w.now);
		break;
	case 11:
		desk_quote(&w.d, p[1] % INSTRS, p[2] % 29 ? 10 * PX_ONE - (p[2] % 12 - 6) * 10000 : 0,
			   10 * PX_ONE + (p[3] % 12 - 5) * 10000, w.now, w.now);
		break;
	case 12:
		desk_instrument(&w.d, p[1] % INSTRS, 1000 + p[1] % INSTRS, 0,
				p[2] % 16 ? 0 : UINT32_C(1) << p[3] % 12);
		break;
	case 13:
		w.word = p[1] < 16 ? p[1] % LATCH_MODES : LATCH_RUN;
		if (w.word == LATCH_RUN)
			desk_do(&w.d, DESK_RESUME, w.now);
		desk_time(&w.d, w.now);
		break;
	case 14: desk_do(&w.d, p[1] < 8 ? (enum desk_command)(p[1] % 3) : DESK_RESUME, w.now); break;
	default:
		if (p[1] < 2)
			start(); // its orders rest at the venue, and nobody here knows them
		else if (p[1] < 8)
			desk_lost(&w.d, VENUE_NASDAQ, w.now);
		else if (p[1] < 12) {
			w.qty[p[2] % INSTRS] += p[3] - 128; // also away again
			desk_adopt(&w.d, p[2] % INSTRS, p[3] - 128, 10 * PX_ONE, w.now);
		}
	}
}

static void check(void)
{
	int64_t gross = 0, buy[INSTRS] = { 0 }, sell[INSTRS] = { 0 };
	uint32_t unknown[INSTRS] = { 0 }, n = 0;
	uint64_t denied = 0;

	for (uint32_t i = w.d.orders.open; i != UINT32_MAX; i = w.d.orders.order[i].next, n++) {
		const struct own_order *o = &w.d.orders.order[i];

		CHECK(order_is_open(o) && o->reserved >= order_leaves(o));
		*(o->side == SIDE_BUY ? &buy[o->instr] : &sell[o->instr]) += o->reserved;
		unknown[o->instr] += o->state == STATE_UNKNOWN;
	}
	CHECK(n == w.d.orders.n_open && n == w.d.account.n_open && n + w.d.orders.n_free == ORDERS);
	for (uint32_t i = 0; i < INSTRS; i++) {
		const struct exposure *e = &w.d.instr[i].exposure;

		CHECK(w.d.positions.position[i].qty == w.qty[i] && e->position == w.qty[i]);
		CHECK(e->open_buy == buy[i] && e->open_sell == sell[i] && e->n_unknown == unknown[i]);
		gross += e->gross;
	}
	CHECK(gross == w.d.account.gross);
	for (int i = 0; i < RISK_REASONS; i++)
		denied += w.d.denied[i];
	CHECK(denied == w.d.count[DESK_denied] && !w.d.denied[RISK_PASS]);
	CHECK(!w.d.n_held || w.conf.reports);
}

static uint8_t next_byte(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (uint8_t)(*state >> 32);
}

static void run_long(uint32_t seed)
{
	const char *option = getenv("WIREBAR_DESK_STEPS");
	uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1,
		 n = option ? strtoull(option, NULL, 10) : LONG_STEPS;
	uint8_t p[4];

	for (uint64_t i = 0; i < n; i++) {
		if (i % 50000 == 0)
			make_world((uint8_t)(i / 50000 + seed));
		for (int k = 0; k < 4; k++)
			p[k] = next_byte(&state);
		step(p);
		check();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t seed;

	if (size == 8 && !memcmp(data, "LONG", 4)) {
		memcpy(&seed, data + 4, 4);
		run_long(seed);
		return 0;
	}
	make_world(size ? data[0] : 0);
	for (size_t i = 1; i + 4 <= size && i < 4 * STEPS; i += 4) {
		step(data + i);
		check();
	}
	return 0;
}
