/* SPDX-License-Identifier: BSD-3-Clause */
// amend.c: breaks and corrections of prints. Sealed rows are never rewritten: each sealed span that would
// have changed gets a REVISION record; accumulators that are still open are corrected.
#include "lcore/model/amend.h"

#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/revise.h"
#include "lcore/model/seal.h"

struct same_channel {
	const struct engine *e;
	uint8_t channel;
};

static bool same_channel(const void *ctx, uint32_t strand)
{
	const struct same_channel *s = ctx;

	return s->e->strand[strand].channel == s->channel;
}

// The OHLC of an open fragment without its broken prints.
static void rebuild_ohlc(struct engine *e, const struct print *r, struct frag *f, uint64_t from_ns,
			 uint64_t to_ns)
{
	struct print_sum sum;

	tape_sum(&e->tape, r->instr, from_ns, to_ns, 0, r->strand, NULL, &sum);
	if (!sum.whole) { // open, high, low and close stay as they were, and may be the broken print's
		LEDGER_INC(e->ledger, breaks_forgotten);
		return;
	}
	f->open = sum.frag.open, f->open_pos = sum.frag.open_pos, f->open_ts = sum.frag.open_ts;
	f->close = sum.frag.close, f->close_pos = sum.frag.close_pos, f->close_ts = sum.frag.close_ts;
	f->high = sum.frag.high, f->low = sum.frag.low;
}

// Returns the fragment that holds a print of an open interval: its second's if that is open, else the
// shortest open span's. It also holds all other prints of [*from_ns, *to_ns). NULL: all spans of the print
// are sealed.
static struct frag *holder(struct engine *e, const struct print *r, uint64_t *from_ns, uint64_t *to_ns)
{
	struct instr *in = &e->instr[r->instr];
	struct strand *strand = &e->strand[r->strand];
	uint32_t sec = sec_of(r->p.ts_ns);

	*from_ns = ns_of(sec);
	*to_ns = ns_of(sec + 1);
	if (sec >= in->next_sec) {
		bool late;
		struct frag *f = sec >= strand_floor(&e->instr[strand->instr], &e->chan[strand->channel])
					 ? strand_frag_for(e, strand, r->p.ts_ns, &late)
					 : NULL;

		for (uint32_t i = strand->pending; !f && i; i = e->pool[i - 1].next)
			if (e->pool[i - 1].frag.sec == sec)
				f = &e->pool[i - 1].frag;
		return f || strand->cur.sec != sec ? f : &strand->cur;
	}
	for (int span = 1; span < SPAN_COUNT; span++) {
		uint32_t len = bar_span_s[span], from = sec / len * len;

		if (from + len <= in->next_sec)
			continue;
		// The part ends where the next shorter span was last joined in: newer prints are in that
		// span's part.
		*from_ns = ns_of(from);
		*to_ns = ns_of(in->next_sec / bar_span_s[span - 1] * bar_span_s[span - 1]);
		return &e->part[(size_t)r->strand * (SPAN_COUNT - 1) + (size_t)(span - 1)];
	}
	return NULL;
}

// A late print that still waits has changed nothing yet: it is only forgotten.
static void late_forget(struct engine *e, const struct print *r)
{
	uint32_t *link = &e->instr[r->instr].late;

	while (*link && &e->tape.ring[e->pool[*link - 1].print] != r)
		link = &e->pool[*link - 1].next;
	if (!*link)
		return;
	uint32_t index = *link;

	*link = e->pool[index - 1].next;
	strand_pool_give(e, index);
}

// A break of a print that is not remembered. Of a second feed of a venue no print ever is.
static void unknown(struct engine *e, const struct chan *c)
{
	if (!c->prints)
		return;
	if (tape_forgot(&e->tape))
		LEDGER_INC(e->ledger, breaks_forgotten);
	else
		e->ledger->v[c->midstream ? LEDGER_breaks_before_join : LEDGER_breaks_unknown]++;
}

// Finds the print that a break or correction names, with everything due sealed. NULL, counted, when there is
// none; NULL, too, when it is broken already.
static struct print *named(struct engine *e, const struct event *ev)
{
	struct same_channel same = { e, ev->channel };
	struct print *r = tape_find(&e->tape, ev->ref2, same_channel, &same);

	LEDGER_INC(e->ledger, breaks);
	if (!r)
		unknown(e, &e->chan[ev->channel]);
	if (!r || r->broken)
		return NULL;
	if (unlikely(r->p.use == FRAG_OUTSIDE)) { // it had counted in nothing
		LEDGER_INC(e->ledger, breaks_outside_sessions);
		r->broken = ev->kind == EV_BREAK || ev->qty == 0;
		return NULL;
	}
	const struct instr *in = &e->instr[r->instr];

	if (in->next_sec < group_due(e->group, in))
		seal_instr(e, r->instr, group_due(e->group, in));
	return r;
}

static void revise_sealed(struct engine *e, struct print *r, enum revision_cause cause, uint32_t qty)
{
	for (int span = 0; span < SPAN_COUNT; span++) {
		uint32_t len = bar_span_s[span], end = sec_of(r->p.ts_ns) / len * len + len;

		if (end <= e->instr[r->instr].next_sec)
			revise_span(e, r, span, cause, qty);
	}
}

void amend_break(struct engine *e, const struct event *ev)
{
	struct print *r = named(e, ev);
	uint64_t from, to;

	if (!r)
		return;
	if (r->waiting) {
		r->broken = true;
		late_forget(e, r);
		return;
	}
	revise_sealed(e, r, REVISION_BUST, 0);
	r->broken = true;
	struct frag *f = holder(e, r, &from, &to);

	if (!f)
		return;
	frag_unprint(f, &r->p);
	rebuild_ohlc(e, r, f, from, to);
}

void amend_correct(struct engine *e, const struct event *ev)
{
	struct print *r;
	uint64_t from, to;

	if (ev->qty == 0) { // taken back whole
		amend_break(e, ev);
		return;
	}
	r = named(e, ev);
	if (!r || r->waiting)
		return;
	revise_sealed(e, r, REVISION_CORRECTION, ev->qty);
	struct frag *f = holder(e, r, &from, &to);

	if (f)
		frag_unprint(f, &r->p);
	r->p.qty = ev->qty;
	if (f)
		frag_print(f, &r->p);
}
