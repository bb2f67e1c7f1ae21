/* SPDX-License-Identifier: BSD-3-Clause */
// row.c: the columns of one row, from what its interval brought and from what is known of its channels.
#include "lcore/model/row.h"

#include <math.h>

#include "lcore/model/session.h"

void row_touch(struct bar *b, const struct touch *t)
{
	bool bid = t->bid != BOOK_NO_BID, ask = t->ask != BOOK_NO_ASK;
	double qb = (double)t->bid_size, qa = (double)t->ask_size;

	b->bid = bid ? t->bid : PX_NULL;
	b->ask = ask ? t->ask : PX_NULL;
	b->bid_size = bid ? t->bid_size : 0;
	b->ask_size = ask ? t->ask_size : 0;
	b->obi = bid || ask ? (qb - qa) / (qb + qa) : NAN;
	b->spread = bid && ask ? t->ask - t->bid : PX_NULL;
	b->microprice = bid && ask ? ((double)t->bid * qa + (double)t->ask * qb) / (qb + qa) / PX_ONE : NAN;
}

// What prints bring, of an interval without any.
static void no_prints(struct bar *b)
{
	b->open = b->high = b->low = b->close = b->open_to_close = PX_NULL;
#define SUM(type, name, adds) b->name = 0;
#include "lcore/model/sums.def"
	b->vwap = b->sign_exact = b->sign_inferred = NAN;
	b->unsigned_volume = 0;
	b->delta = 0;
	b->directional_pressure = 0;
}

void row_prints(struct bar *b, const struct frag *f)
{
	b->trades = f->trades;
#define FLOW(type, name) b->name = f->name;
#include "lcore/model/sums.def"
	b->dom_hit_rate = b->dom_executed + b->dom_cancelled
				  ? (double)b->dom_executed / (double)(b->dom_executed + b->dom_cancelled)
				  : NAN;
	if (!(f->touched & FRAG_PRINTED)) {
		no_prints(b);
		return;
	}
	b->open = f->open, b->high = f->high, b->low = f->low, b->close = f->close;
#define SUM(type, name, adds) b->name = f->name;
#include "lcore/model/sums.def"
	b->vwap = f->eligible ? (double)f->notional / (double)f->eligible / PX_ONE : NAN;
	b->unsigned_volume = b->volume - b->buy_volume - b->sell_volume;
	b->delta = (int64_t)b->buy_volume - (int64_t)b->sell_volume;
	b->directional_pressure = b->buy_volume + b->sell_volume
					  ? (double)b->delta / (double)(b->buy_volume + b->sell_volume)
					  : 0;
	b->open_to_close = f->open != PX_NULL && f->close != PX_NULL ? f->close - f->open : PX_NULL;
	b->sign_exact = b->volume ? (double)f->exact / (double)b->volume : NAN;
	b->sign_inferred = b->volume ? (double)f->inferred / (double)b->volume : NAN;
}

// The bits that channels give to an interval as a whole.
static uint32_t interval_flags(struct engine *e, const struct instr *in, uint64_t from_ns, uint64_t to_ns)
{
	uint32_t flags = 0;
	uint64_t clock = 0;

	for (int i = 0; i < in->n_strands; i++) {
		const struct strand *strand = &e->strand[in->strand[i]];
		struct chan *c = &e->chan[strand->channel];

		if (!strand->counts)
			continue;
		flags |= factlog_flags(&c->log, from_ns, to_ns, e->row_n);
		clock = c->clock_ns > clock ? c->clock_ns : clock;
	}
	if (e->draining && to_ns > clock)
		flags = (flags & ~(uint32_t)BAR_STALE) | BAR_PARTIAL_LAST;
	return flags;
}

static void count(struct engine *e, const struct bar *b)
{
	LEDGER_INC(e->ledger, bars_sealed);
	e->ledger->v[b->trades ? LEDGER_bars_printed : LEDGER_bars_fill]++;
	if (b->flags & (BAR_STALE | BAR_GAP | BAR_SEALED_BY_TIMER)) {
		e->ledger->v[LEDGER_bars_stale] += b->flags >> BAR_BIT_STALE & 1;
		e->ledger->v[LEDGER_bars_gap] += b->flags >> BAR_BIT_GAP & 1;
		e->ledger->v[LEDGER_bars_by_timer] += b->flags >> BAR_BIT_SEALED_BY_TIMER & 1;
	}
}

// Idle intervals since the anchor, up to the second of from_sec.
static uint32_t idle_since(const struct anchor *a, int span, uint32_t from_sec)
{
	uint32_t n = a->idle;

	if (a->end_sec && from_sec > a->end_sec)
		n += (from_sec - a->end_sec) / bar_span_s[span];
	return n;
}

// What all rows have, before their prints, touch and indicators.
static void begin(const struct engine *e, uint32_t instr, int span, uint32_t to_sec, struct bar *b)
{
	b->symbol = e->instr[instr].symbol;
	b->instr = instr;
	b->venue = b->pad = 0;
	b->span = (uint64_t)span;
	b->open_ts = ns_of(to_sec - bar_span_s[span]);
	b->close_ts = ns_of(to_sec);
}

static void make(struct engine *e, struct anchor *a, uint32_t to_sec, const struct frag *f,
		 const struct touch *touch, struct bar *b)
{
	uint32_t idle = idle_since(a, (int)b->span, to_sec - bar_span_s[b->span]);

	if (idle) {
		ind_skip(&a->ind, idle, a->obi, &e->left);
		LEDGER_ADD(e->ledger, bars_idle, idle);
	}
	b->flags |= frag_flags(f) | (f->trades ? 0 : BAR_FILL);
	row_prints(b, f);
	row_touch(b, touch);
	if (f->touched & FRAG_PRINTED)
		ind_seal(&a->ind, b, e->session_key, f->notional, f->eligible,
			 (double)f->sweep_notional / PX_ONE);
	else
		ind_seal(&a->ind, b, e->session_key, 0, 0, 0);
	a->touch = *touch;
	a->obi = b->obi;
	a->end_sec = to_sec;
	a->idle = 0;
	count(e, b);
}

// flags: all that it has.
static void make_idle(struct engine *e, uint32_t instr, int span, uint32_t to_sec, uint32_t flags,
		      struct bar *b)
{
	static const struct frag nothing;
	const struct anchor *a = &e->anchor[(size_t)instr * SPAN_COUNT + (size_t)span];
	struct ind ind = a->ind;

	begin(e, instr, span, to_sec, b);
	b->flags = flags;
	ind_skip(&ind, idle_since(a, span, to_sec), a->obi, &e->left);
	row_prints(b, &nothing);
	row_touch(b, &a->touch);
	ind_idle(&ind, b);
}

void row_owe(struct engine *e, uint32_t instr, int span, uint32_t to_sec, uint32_t flags)
{
	struct instr *in = &e->instr[instr];
	struct owed *o = &e->owed[instr];

	o->end_sec[span] = to_sec;
	o->flags[span] = flags | in->flags | BAR_FILL | BAR_IDLE |
			 interval_flags(e, in, ns_of(to_sec - bar_span_s[span]), ns_of(to_sec));
	in->owed |= (uint8_t)(1 << span);
}

void row_owed(struct engine *e, uint32_t instr, int span, struct bar *b)
{
	const struct owed *o = &e->owed[instr];

	make_idle(e, instr, span, o->end_sec[span], o->flags[span], b);
	e->instr[instr].owed &= (uint8_t) ~(1 << span);
}

// An idle row of row_make. True: somebody wants it at once; a history has no holes.
static bool idle(struct engine *e, uint32_t instr, int span, uint32_t to_sec, uint32_t flags, struct bar *b)
{
	bool now = e->conf.fill || e->instr[instr].watched;

	if (now || e->tables)
		row_owe(e, instr, span, to_sec, flags);
	if (now)
		row_owed(e, instr, span, b);
	return now;
}

bool row_make(struct engine *e, uint32_t instr, int span, uint32_t to_sec, const struct frag *f,
	      const struct touch *touch, struct bar *b)
{
	struct instr *in = &e->instr[instr];
	struct anchor *a = &e->anchor[(size_t)instr * SPAN_COUNT + (size_t)span];
	uint32_t flags = in->part_flags[span];

	in->part_flags[span] = 0;
	if (to_sec <= in->rows_from)
		return false;
	// Outside the sessions its prints were turned away; quotes and halts make no row either.
	if (session_of(e, ns_of(to_sec - bar_span_s[span])) == SESSION_NONE)
		return false;
	if (!f->touched && a->ind.session == e->session_key)
		return idle(e, instr, span, to_sec, flags, b);
	in->owed &= (uint8_t) ~(1 << span);
	begin(e, instr, span, to_sec, b);
	b->flags = flags | in->flags | interval_flags(e, in, b->open_ts, b->close_ts);
	make(e, a, to_sec, f, touch, b);
	return true;
}

void row_rest(struct engine *e, uint32_t instr, uint32_t to_sec)
{
	for (int k = 0; k < SPAN_COUNT; k++) {
		struct anchor *a = &e->anchor[(size_t)instr * SPAN_COUNT + (size_t)k];
		uint32_t len = bar_span_s[k], end = (to_sec + len - 1) / len * len;

		a->idle = idle_since(a, k, end);
		a->end_sec = 0;
	}
}
