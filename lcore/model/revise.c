/* SPDX-License-Identifier: BSD-3-Clause */
// revise.c: the record of a sealed row that would be another one now.
#include "lcore/model/revise.h"

#include <math.h>

static void state_of(const struct print_sum *sum, struct revision_state *out)
{
	const struct frag *f = &sum->frag;

	*out = (struct revision_state){ f->open,
					f->high,
					f->low,
					f->close,
					f->volume,
					f->trades,
					f->eligible ? (double)f->notional / (double)f->eligible / PX_ONE
						    : NAN,
					(int64_t)f->buy_volume - (int64_t)f->sell_volume };
}

void revise_span(struct engine *e, struct print *r, int span, enum revision_cause cause, uint32_t qty)
{
	uint64_t len = bar_span_s[span] * NS_PER_S, from = r->p.ts_ns / len * len;
	bool late = cause == REVISION_LATE;
	uint32_t old_qty = r->p.qty;
	struct print_sum before, after;

	tape_sum(&e->tape, r->instr, from, from + len, span, UINT32_MAX, late ? r : NULL, &before);
	r->p.qty = qty;
	tape_sum(&e->tape, r->instr, from, from + len, span, UINT32_MAX, late || qty ? NULL : r, &after);
	r->p.qty = old_qty;
	struct revision v = { .symbol = e->instr[r->instr].symbol,
			      .open_ts = from,
			      .key = r->key,
			      .instr = r->instr,
			      .number = before.revisions + 1,
			      .span = (uint8_t)span,
			      .cause = (uint8_t)cause,
			      .whole = before.whole,
			      .flags = BAR_REVISED | (late                     ? BAR_LATE_SEEN
						      : cause == REVISION_BUST ? BAR_BUSTED
									       : 0) };

	state_of(&before, &v.before);
	state_of(&after, &v.after);
	LEDGER_INC(e->ledger, revisions);
	if (!v.whole)
		LEDGER_INC(e->ledger, revisions_incomplete);
	e->sink.revision(e->sink.ctx, &v);
	*(late ? &r->late_spans : &r->bust_spans) |= (uint8_t)(1 << span);
}
