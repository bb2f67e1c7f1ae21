/* SPDX-License-Identifier: BSD-3-Clause */
// print.c: what one print means. Eligibility by the feed's own flags (docs/bars.md), aggressor by resting
// side, quote rule or tick test, sweeps; late prints enter what is open and amend what is sealed (amend.c).
#include "lcore/model/print.h"

#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/relay.h"
#include "lcore/model/revise.h"
#include "lcore/model/session.h"
#include "lcore/model/wake.h"

// A price that no venue can print keeps hostile input away from the arithmetic (ITCH: at most 200,000
// dollars).
#define PRICE_MAX (INT64_C(10000000) * PX_ONE)

static enum frag_use use_of(struct engine *e, const struct print_in *in)
{
	bool odd = in->flags & EVF_ODD_LOT;

	if (e->conf.odd_lots == ENGINE_ODD_FULL)
		odd = false;
	else if (e->conf.odd_lots == ENGINE_ODD_VOLUME)
		odd = odd || in->qty < 100;
	if (odd || (in->flags & EVF_VOLUME_ONLY))
		return FRAG_VOLUME_ONLY;
	if ((in->flags & EVF_EXT_HOURS) && session_of(e, in->ts_ns) == SESSION_RTH)
		return FRAG_VOLUME_ONLY;
	return in->flags & EVF_HL_ONLY ? FRAG_HL_ONLY : FRAG_FULL;
}

// Quote rule against the touch held before the nanosecond's first print, then the venue's tick test; zero
// ticks carry.
static void infer_side(struct engine *e, struct strand *strand, const struct print_in *in,
		       struct frag_print *p)
{
	int64_t bid = strand->print_bid, ask = strand->print_ask;

	if (bid != BOOK_NO_BID && ask != BOOK_NO_ASK && 2 * in->price != bid + ask)
		p->side = 2 * in->price > bid + ask ? SIDE_BUY : SIDE_SELL;
	else if (strand->last_px != PX_NULL && in->price != strand->last_px)
		p->side = in->price > strand->last_px ? SIDE_BUY : SIDE_SELL;
	else
		p->side = strand->tick_side;
	p->sign = p->side == SIDE_NONE ? FRAG_UNSIGNED : FRAG_INFERRED;
	(void)e;
}

// The session is that of the print already.
static void tick(struct engine *e, struct strand *strand, const struct print_in *in)
{
	if (strand->tick_session != e->session_key) {
		strand->tick_session = e->session_key;
		strand->tick_side = SIDE_NONE;
		strand->last_px = PX_NULL;
	}
	if (in->ts_ns != strand->print_ts) {
		strand->print_ts = in->ts_ns;
		strand->print_bid = strand->touch.bid;
		strand->print_ask = strand->touch.ask;
	}
}

static void tick_done(struct strand *strand, const struct print_in *in)
{
	if (strand->last_px != PX_NULL && in->price != strand->last_px)
		strand->tick_side = in->price > strand->last_px ? SIDE_BUY : SIDE_SELL;
	strand->last_px = in->price;
}

static void sweep_emit(struct engine *e, struct strand *strand, uint16_t levels_before,
		       uint64_t shares_before)
{
	struct sweep s = { .symbol = e->instr[strand->instr].symbol,
			   .instr = strand->instr,
			   .side = strand->sweep_side,
			   .venue = strand->venue,
			   .levels = strand->sweep_levels,
			   .from_ns = strand->sweep_from_ns,
			   .to_ns = strand->sweep_to_ns,
			   .shares = strand->sweep_shares,
			   .notional = strand->sweep_notional,
			   .first_price = strand->sweep_first,
			   .last_price = strand->sweep_last,
			   .shares_before = shares_before,
			   .levels_before = levels_before,
			   .test = e->instr[strand->instr].flags & BAR_TEST };

	e->sink.sweep(e->sink.ctx, &s);
}

// A sweep is handed on when it qualifies; shares that follow in the same chain still add to the bar's sweep
// volume, and to what gates may ask of it.
static void sweep_print(struct engine *e, struct strand *strand, struct frag *f, const struct frag_print *p)
{
	int64_t sign = p->side == SIDE_BUY ? 1 : -1, notional = p->price * (int64_t)p->qty;
	uint16_t levels = strand->sweep_levels;
	bool chained = strand->sweep_side == p->side && p->ts_ns >= strand->sweep_to_ns &&
		       p->ts_ns - strand->sweep_to_ns <= e->conf.sweep_gap_ns &&
		       sign * p->price >= sign * strand->sweep_last;

	if (!chained) {
		strand->sweep_side = p->side;
		strand->sweep_from_ns = p->ts_ns;
		strand->sweep_first = p->price;
		strand->sweep_levels = 1;
		strand->sweep_shares = 0;
		strand->sweep_notional = 0;
		strand->sweep_done = false;
	} else if (p->price != strand->sweep_last && strand->sweep_levels < UINT16_MAX) {
		strand->sweep_levels++;
	}
	strand->sweep_to_ns = p->ts_ns;
	strand->sweep_last = p->price;
	strand->sweep_shares += p->qty;
	strand->sweep_notional += notional;
	if (strand->sweep_done) {
		f->sweep_volume += sign * (int64_t)p->qty;
		f->sweep_notional += sign * notional;
		if (e->conf.sweep_grow)
			sweep_emit(e, strand, levels, strand->sweep_shares - p->qty);
	} else if (strand->sweep_levels >= e->conf.sweep_levels &&
		   strand->sweep_shares >= e->conf.sweep_shares) {
		strand->sweep_done = true;
		f->sweeps++;
		f->sweep_volume += sign * (int64_t)strand->sweep_shares;
		f->sweep_notional += sign * strand->sweep_notional;
		LEDGER_INC(e->ledger, sweeps);
		sweep_emit(e, strand, 0, 0);
	}
}

// Spans that are sealed get a revision; the print enters the shortest that is open, and with it all longer
// ones.
static void late_apply(struct engine *e, struct print *r, const struct frag *f)
{
	const struct instr *in = &e->instr[r->instr];

	r->waiting = false;
	for (int span = 0; span < SPAN_COUNT; span++) {
		uint32_t len = bar_span_s[span], end = sec_of(r->p.ts_ns) / len * len + len;

		if (end > in->next_sec) {
			struct frag *part =
				&e->part[(size_t)r->strand * (SPAN_COUNT - 1) + (size_t)(span - 1)];

			frag_join(part, f);
			wake_set(e, r->instr, span);
			return;
		}
		revise_span(e, r, span, REVISION_LATE, r->p.qty);
	}
}

// The instrument's first print, of its life or of its day: from the second of sec on it has rows. Older
// prints may follow, as long as their second is open; nothing fills the time between. Flow counts from the
// first print's second on, whatever was due.
static void print_first(struct engine *e, struct instr *in, uint32_t sec)
{
	uint32_t floor = group_floor(e->group, in, e->passed_sec), sealed_sec = in->next_sec;

	in->finished = false;
	in->next_sec = floor > sealed_sec ? floor : sealed_sec;
	if (!in->next_sec) // second 0 is none
		in->next_sec = 1;
	in->rows_from = sec > in->next_sec ? sec : in->next_sec;
	in->n_from = e->fact_n;
	e->group[in->group].n++;
	wake_set(e, (uint32_t)(in - e->instr), SPAN_1S);
}

static void print_late(struct engine *e, struct strand *strand, struct print *r)
{
	struct instr *in = &e->instr[strand->instr];
	uint32_t open = strand_floor(&e->instr[strand->instr], &e->chan[strand->channel]),
		 least = instr_dormant(in) ? group_floor(e->group, in, e->passed_sec) : e->passed_sec;
	uint32_t floor = open > least ? open : least;
	struct frag f;

	LEDGER_INC(e->ledger, late_prints);
	LEDGER_ADD(e->ledger, late_volume, r->p.qty);
	if (instr_dormant(in)) // the first print is a late one: rows start at what is still open
		print_first(e, in, floor);
	else if (floor < in->rows_from) // it is older than what was the first print so far
		in->rows_from = floor;
	frag_clear(&f, sec_of(r->p.ts_ns));
	frag_print(&f, &r->p);
	if (in->next_sec >= floor) {
		late_apply(e, r, &f);
		return;
	}
	// Sealed for this channel, but the bar still waits for other channels: apply it after the bar's seal.
	uint32_t index = strand_pool_take(e),
		 *link = &in->late; // in this order: it may seal, and give places of the pool back

	if (!index) {
		LEDGER_INC(e->ledger, fragments_no_room);
		return;
	}
	while (*link)
		link = &e->pool[*link - 1].next;
	r->waiting = true;
	e->pool[index - 1] =
		(struct strand_frag){ .frag = f, .late_due = floor, .print = (uint32_t)(r - e->tape.ring) };
	*link = index;
	wake_set(e, strand->instr, SPAN_1S);
}

void print_late_due(struct engine *e, uint32_t instr, uint32_t sec)
{
	uint32_t *link = &e->instr[instr].late;

	while (*link) {
		uint32_t index = *link;
		struct strand_frag *f = &e->pool[index - 1];

		if (f->late_due > sec) {
			link = &f->next;
			continue;
		}
		*link = f->next;
		late_apply(e, &e->tape.ring[f->print], &f->frag);
		strand_pool_give(e, index);
	}
}

// Neither row nor sum: only its break must find it.
static __attribute__((noinline)) void take_outside(struct engine *e, struct strand *strand,
						   const struct frag_print *p, uint64_t key)
{
	LEDGER_INC(e->ledger, prints_outside_sessions);
	tape_add(&e->tape, key, strand->instr, strand_index(e->strand, strand), strand->venue, p);
}

// Nothing of the strand is touched: no aggressor, no sweep, no tick that a print of a session would be
// compared with.
static __attribute__((noinline)) void print_outside(struct engine *e, struct strand *strand,
						    const struct print_in *in)
{
	struct frag_print p = {
		.ts_ns = in->ts_ns, .pos = in->pos, .price = in->price, .qty = in->qty, .use = FRAG_OUTSIDE
	};

	if (e->conf.relays)
		relay_print(e, strand, &p, in->key);
	else
		print_take(e, strand, &p, in->key);
}

void print_take(struct engine *e, struct strand *strand, const struct frag_print *p, uint64_t key)
{
	struct instr *in = &e->instr[strand->instr];
	bool late;

	if (!strand->counts) {
		LEDGER_INC(e->ledger, prints_other_feed);
		return;
	}
	if (unlikely(p->use == FRAG_OUTSIDE)) {
		take_outside(e, strand, p, key);
		return;
	}
	struct frag *f = strand_frag_for(e, strand, p->ts_ns, &late);

	if (!f && !late) {
		LEDGER_INC(e->ledger, prints_no_room);
		return;
	}
	// An instrument without rows to come has delayed neither its group nor a mark.
	if (f &&
	    unlikely(f->sec < (instr_dormant(in) ? group_floor(e->group, in, e->passed_sec) : e->passed_sec)))
		late = true;
	e->ledger->v[p->use == FRAG_FULL      ? LEDGER_prints_full
		     : p->use == FRAG_HL_ONLY ? LEDGER_prints_hl_only
					      : LEDGER_prints_volume_only]++;
	struct print *r =
		tape_add(&e->tape, key, strand->instr, strand_index(e->strand, strand), strand->venue, p);

	if (late) {
		print_late(e, strand, r);
		return;
	}
	if (unlikely(instr_dormant(in)))
		print_first(e, in, f->sec);
	else if (f->sec < in->rows_from)
		in->rows_from = f->sec;
	frag_print(f, p);
	if (p->side != SIDE_NONE)
		sweep_print(e, strand, f, p);
}

void print_apply(struct engine *e, struct strand *strand, const struct print_in *in)
{
	struct frag_print p = { .ts_ns = in->ts_ns,
				.pos = in->pos,
				.price = in->price,
				.qty = in->qty,
				.side = in->side,
				.auction = in->flags & EVF_AUCTION,
				.odd_lot = in->flags & EVF_ODD_LOT };

	if (in->qty == 0 || in->price <= 0 || in->price > PRICE_MAX) {
		LEDGER_INC(e->ledger, prints_zero);
		return;
	}
	if (unlikely(session_of(e, in->ts_ns) == SESSION_NONE)) {
		print_outside(e, strand, in);
		return;
	}
	tick(e, strand, in);
	if (p.auction)
		p.side = SIDE_NONE;
	else if (p.side != SIDE_NONE)
		p.sign = FRAG_EXACT;
	else
		infer_side(e, strand, in, &p);
	p.use = (uint8_t)use_of(e, in);
	p.trade_through = !p.auction && !(in->flags & EVF_TT_EXEMPT) &&
			  ((strand->print_ask != BOOK_NO_ASK && in->price > strand->print_ask) ||
			   (strand->print_bid != BOOK_NO_BID && in->price < strand->print_bid));
	tick_done(strand, in);
	if (e->conf.relays)
		relay_print(e, strand, &p, in->key);
	else
		print_take(e, strand, &p, in->key);
}
