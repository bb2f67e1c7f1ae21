/* SPDX-License-Identifier: BSD-3-Clause */
// Events made from bytes, eight bytes each, into an engine with small tables; whatever they say, rows hold
// together, come in order of time and once, the ledger balances, and any cut of the events gives the same
// rows, with or without those of idle intervals. How many there are is bounded by the events, not by time.
#include "lcore/model/engine_check.h"
#include "tests/fuzz/fuzz_kit.h"

enum { EVENTS = 512, INSTRUMENTS = 8 };
#define START_NS UINT64_C(1773151200000000000) // 2026-03-10 10:00 New York

struct result {
	uint64_t last_close[INSTRUMENTS][SPAN_COUNT];
	uint64_t rows, idle, hash, volume, mark_ns;
	struct ledger ledger;
};

// One record's words. Sums, so that the order in which instruments are sealed does not matter.
static void add(struct result *r, const void *data, size_t n)
{
	const char *p = data;
	uint64_t hash = n, word;

	for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
		memcpy(&word, p, sizeof word);
		hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
		hash ^= hash >> 29;
	}
	r->hash += hash;
}

static void take_bar(void *ctx, const struct bar *b)
{
	struct result *r = ctx;

	CHECK(b->instr < INSTRUMENTS && !engine_check_row(b));
	if (b->flags & BAR_IDLE) {
		r->idle++;
		return;
	}
	CHECK(b->open_ts >= r->last_close[b->instr][b->span]); // never twice, never back
	CHECK(b->close_ts > r->mark_ns);
	r->last_close[b->instr][b->span] = b->close_ts;
	r->rows++;
	r->volume += b->span == SPAN_1S ? b->volume : 0;
	add(r, b, COL_COUNT * sizeof(uint64_t));
}

static void take_sweep(void *ctx, const struct sweep *s)
{
	add(ctx, (uint64_t[]){ s->from_ns, s->instr, s->shares, s->levels }, 4 * sizeof(uint64_t));
}

static void take_revision(void *ctx, const struct revision *v)
{
	CHECK(v->number > 0 && v->span < SPAN_COUNT && v->instr < INSTRUMENTS);
	CHECK(!v->whole || v->cause == REVISION_CORRECTION || v->before.trades != v->after.trades);
	add(ctx, (uint64_t[]){ v->open_ts, v->key, v->instr, v->span, v->number, v->cause, v->whole },
	    7 * sizeof(uint64_t));
	add(ctx, &v->before, sizeof v->before);
	add(ctx, &v->after, sizeof v->after);
}

static void take_mark(void *ctx, uint64_t ns) { ((struct result *)ctx)->mark_ns = ns; }

// Small numbers, so that references, prices and seconds meet.
static void make(struct event *e, const uint8_t *p, uint64_t *now_ns, uint64_t pos)
{
	static const uint8_t kinds[] = {
		// the corpus counts in this order
		EV_ADD,          EV_EXEC,      EV_EXEC_PX, EV_CANCEL, EV_DELETE, EV_REPLACE, EV_LEVEL,
		EV_QUOTE,        EV_TRADE,     EV_CROSS,   EV_BREAK,  EV_STATUS, EV_SYSTEM,  EV_DIRECTORY,
		EV_ADMIN,        EV_CLOCK,     EV_JOIN,    EV_GAP,    EV_RESET,  EV_END,     EV_CORRECT,
		EV_SYMBOL_CLEAR, EV_IMBALANCE, EV_SHORT,   EV_OPEN,   EV_HELD,
	};
	static const uint32_t steps[] = { 0, 0, 1, 100, 1000000, 50000000, 999999999, 2000000000 };

	*now_ns += steps[p[0] & 7] * (uint64_t)(p[0] >> 7 ? 7 : 1) * (p[0] >> 4 == 5 ? 3600 : 1);
	*e = (struct event){ .kind = kinds[p[1] % sizeof kinds],
			     .channel = p[0] >> 3 & 1,
			     .pos = pos,
			     .instr = p[2] & 7,
			     .qty = p[3] == 255 ? UINT32_MAX : p[3] * 10u,
			     .qty2 = p[7],
			     .price = p[4] == 255 ? INT64_MAX / 4 : p[4] * INT64_C(10000),
			     .ref = p[5] & 63,
			     .flags = (uint16_t)((p[6] | (p[7] & 7) << 8) & ~EVF_MIDSTREAM) };
	e->ref2 = e->kind == EV_QUOTE ? e->price + 20000 : p[5] >> 1;
	e->side = e->kind == EV_STATUS                         ? p[7] & 3
		  : (e->kind == EV_ADD || e->kind == EV_LEVEL) ? 1 + (p[7] & 1)
							       : p[7] % 3;
	e->ts_ns = START_NS + *now_ns - (p[6] >> 7 ? p[5] * NS_PER_MS * 40 : 0);
	if (e->kind > EV_INSTR_LAST && e->kind != EV_IMBALANCE && e->kind != EV_SHORT && e->kind != EV_OPEN &&
	    e->kind != EV_HELD)
		e->instr = INSTR_NONE;
	if (e->kind == EV_JOIN) // joined once, in run()
		e->kind = EV_CLOCK;
	if (e->kind == EV_REPLACE)
		e->ref2 = p[4] & 63;
}

static void run(const struct event *ev, const uint64_t *rx_ns, unsigned n, unsigned cut, unsigned budget,
		bool fill, struct result *r)
{
	static uint8_t tab_mem[4096] __attribute__((aligned(64)));
	static void *mem;
	static struct engine e;
	struct symtab symbols;
	struct engine_conf conf = { .instruments = INSTRUMENTS,
				    .orders = 24,
				    .levels = 256,
				    .prints = 1024,
				    .watch_max = 1,
				    .n_paces = 2,
				    .pace = { { NULL, VENUE_NASDAQ, 0, NS_PER_S },
					      { NULL, VENUE_IEX, 1200 * NS_PER_MS, NS_PER_S } },
				    .silence_ns = 3 * NS_PER_S,
				    .sweep_gap_ns = 5 * NS_PER_MS,
				    .sweep_levels = 3,
				    .fill = fill };
	struct engine_sink sink = { r, take_bar, take_sweep, take_revision, take_mark };
	size_t bytes = (engine_bytes(&conf) + 63) & ~(size_t)63;

	if (!mem)
		CHECK((mem = aligned_alloc(64, bytes)) && !calendar_load());
	memset(mem, 0, bytes);
	fuzz_symtab(&symbols, tab_mem);
	for (int i = 0; i < INSTRUMENTS; i++)
		symtab_intern(&symbols, symtab_key((char[]){ (char)('A' + i) }, 1));
	memset(r, 0, sizeof *r);
	engine_init(&e, &conf, &symbols, &r->ledger, NULL, &sink, mem);
	for (uint8_t c = 0; c < 2; c++) {
		struct event join = { .kind = EV_JOIN,
				      .channel = c,
				      .instr = INSTR_NONE,
				      .ref = 1,
				      .ref2 = c,
				      .ts_ns = START_NS };
		uint64_t rx = START_NS;

		engine_apply(&e, &join, 1, &rx);
	}
	for (unsigned i = 0; i < n; i += cut) {
		engine_apply(&e, ev + i, n - i < cut ? n - i : cut, rx_ns);
		CHECK(!engine_check(&e));
		if (!engine_seal(&e, budget))
			engine_idle(&e, 3);
		CHECK(!engine_check(&e));
	}
	engine_drain(&e);
	CHECK(!engine_check(&e) && !r->ledger.v[LEDGER_invariants_broken]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct event ev[EVENTS];
	static uint64_t rx_ns[EVENTS];
	static struct result a, b;
	struct ledger_identity identities[LEDGER_IDENTITIES];
	unsigned n = (unsigned)(size / 8 < EVENTS ? size / 8 : EVENTS);
	uint64_t now_ns = 0;

	for (unsigned i = 0; i < n; i++) {
		make(&ev[i], data + i * 8, &now_ns, i + 1);
		rx_ns[i] = START_NS + now_ns;
		ev[i].frame = (uint16_t)i;
	}
	run(ev, rx_ns, n, 1, 1000, false, &a);
	CHECK(ledger_check(&a.ledger, identities));
	// An event makes news of one second, in all spans; then there are the edges of a day's sessions.
	CHECK(a.rows <= (n + 4 * INSTRUMENTS) * 4 * SPAN_COUNT);
	for (unsigned budget = 0; budget < 3; budget++) {
		if (budget == 2 && now_ns > 1800 * NS_PER_S) // each idle second of it would be made
			break;
		run(ev, rx_ns, n, budget ? 29 : EVENTS, budget, budget == 2, &b);
		CHECK(a.rows == b.rows && a.hash == b.hash && a.volume == b.volume);
		CHECK(!memcmp(&a.ledger, &b.ledger, sizeof a.ledger));
	}
	return 0;
}
