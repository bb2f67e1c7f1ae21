/* SPDX-License-Identifier: BSD-3-Clause */
// strand.c: one channel's part of one instrument. strand->cur collects the current second; seconds that the
// allowance for late prints keeps open wait in a list sorted by second, each with the touch at its end.
#include "lcore/model/strand.h"

#include "lcore/model/chan_fact.h"
#include "lcore/model/engine.h"
#include "lcore/model/group.h"
#include "lcore/model/relay.h"
#include "lcore/model/tables.h"
#include "lcore/model/wake.h"

// The pass is to visit the instrument: its second has news.
static inline void strand_wake(struct engine *e, const struct strand *strand)
{
	if (!strand->cur.touched)
		wake_set(e, strand->instr, SPAN_1S);
}

void strand_news(struct engine *e, struct strand *strand)
{
	strand_wake(e, strand);
	strand->cur.touched |= FRAG_NEWS;
}

static uint32_t pool_take(struct engine *e)
{
	if (e->pool_free && ledger_holds(e->ledger, e->pool_free <= e->pool_bump)) {
		uint32_t index = e->pool_free;

		e->pool_free = e->pool[index - 1].next;
		return index;
	}
	return e->pool_bump < e->pool_max ? ++e->pool_bump : 0;
}

uint32_t strand_pool_take(struct engine *e)
{
	uint32_t index = pool_take(e);

	if (likely(index || e->none_due))
		return index;
	e->make_room(e);
	return pool_take(e);
}

void strand_pool_give(struct engine *e, uint32_t index)
{
	if (!ledger_holds(e->ledger, index && index <= e->pool_bump))
		return;
	e->pool[index - 1].next = e->pool_free;
	e->pool_free = index;
}

static struct strand_frag *pending_tail(struct engine *e, struct strand *strand)
{
	struct strand_frag *f = strand->pending ? &e->pool[strand->pending - 1] : NULL;

	while (f && f->next)
		f = &e->pool[f->next - 1];
	return f;
}

// Seconds of an instrument that has no print yet (or none since its trade day ended) are never sealed: forget
// those that are due.
static void prune(struct engine *e, struct strand *strand, uint32_t floor)
{
	while (strand->pending && e->pool[strand->pending - 1].end_sec <= floor) {
		uint32_t index = strand->pending;

		strand->pending = e->pool[index - 1].next;
		strand_pool_give(e, index);
	}
}

// The event is past the second that cur collects: what cur holds waits for its seal, with the book as it is
// now.
static void roll(struct engine *e, struct strand *strand, uint32_t sec)
{
	if (e->conf.relays) { // the owner keeps what waits
		relay_roll(e, strand, ns_of(sec));
		strand_begin(strand, sec);
		return;
	}
	const struct instr *in = &e->instr[strand->instr];
	uint32_t floor = instr_dormant(in) ? e->live_due_sec
					   : in->next_sec; // a late channel may bring the first print

	if (instr_dormant(in))
		prune(e, strand, floor);
	if (sec > floor) {
		uint32_t index = strand_pool_take(e);

		if (index) {
			struct strand_frag *f = &e->pool[index - 1], *tail = pending_tail(e, strand);

			*f = (struct strand_frag){ .frag = strand->cur,
						   .sample = strand->touch,
						   .end_sec = sec,
						   .halted = strand_halted(strand),
						   .clean_gen = strand->clean_gen };
			if (tail)
				tail->next = index;
			else
				strand->pending = index;
		} else {
			LEDGER_INC(e->ledger, fragments_no_room);
		}
	}
	strand_begin(strand, sec);
}

void strand_advance(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	uint32_t sec = sec_of(ts_ns),
		 floor = strand_floor(&e->instr[strand->instr], &e->chan[strand->channel]);

	wake_set(e, strand->instr, SPAN_1S);
	if (sec < floor)
		sec = floor;
	if (sec > strand->cur.sec)
		roll(e, strand, sec);
	strand->epoch_ns = ns_of(strand->cur.sec);
}

// Finds or makes the waiting fragment of a second before cur's.
static struct frag *pending_frag(struct engine *e, struct strand *strand, uint32_t sec)
{
	uint32_t *link = &strand->pending;
	struct strand_frag made = { .sample = touch_empty(),
				    .end_sec = strand->cur.sec,
				    .clean_gen = e->chan[strand->channel].born_gen };

	while (*link && e->pool[*link - 1].frag.sec < sec && e->pool[*link - 1].end_sec <= sec)
		link = &e->pool[*link - 1].next;
	struct strand_frag *at = *link ? &e->pool[*link - 1] : NULL;

	if (at && at->frag.sec == sec)
		return &at->frag;
	uint32_t index = strand_pool_take(
		e); // may seal others, not this instrument: what is due of it is sealed already

	if (!index)
		return NULL;
	if (at && at->frag.sec < sec) { // inside a span of one sample: split it
		made = *at;
		at->end_sec = sec;
		link = &at->next;
	} else if (at) {
		made.end_sec = at->frag.sec;
	}
	struct strand_frag *f = &e->pool[index - 1];

	made.next = *link;
	*f = made;
	frag_clear(&f->frag, sec);
	*link = index;
	return &f->frag;
}

struct frag *strand_frag_for(struct engine *e, struct strand *strand, uint64_t ts_ns, bool *late)
{
	*late = false;
	if (likely(ts_ns - strand->epoch_ns < NS_PER_S)) {
		strand_wake(e, strand);
		return &strand->cur;
	}
	uint32_t sec = sec_of(ts_ns);

	wake_set(e, strand->instr, SPAN_1S);
	if (sec < strand_floor(&e->instr[strand->instr], &e->chan[strand->channel])) {
		*late = true;
		return NULL;
	}
	if (sec == strand->cur.sec)
		return &strand->cur;
	return e->conf.relays ? relay_older(e, strand, sec) : pending_frag(e, strand, sec);
}

// Gives the fragment if it is of that second; what is older belongs to no row (it came before the first
// print).
static bool take_frag(struct frag *f, uint32_t sec, struct frag *into)
{
	bool given = f->touched && f->sec == sec;

	if (given)
		frag_copy(into, f);
	if (f->touched)
		frag_clear(f, sec + 1);
	f->sec = sec + 1;
	return given;
}

bool strand_take(struct engine *e, struct strand *strand, uint32_t sec, struct frag *into,
		 struct strand_sample *sample)
{
	const struct chan *c = &e->chan[strand->channel];

	*sample = (struct strand_sample){ .touch = touch_empty() };
	if (unlikely(strand->pending))
		prune(e, strand, sec);
	if (unlikely(strand->pending)) {
		uint32_t index = strand->pending;
		struct strand_frag *f = &e->pool[index - 1];

		if (f->frag.sec > sec)
			return false;
		*sample = (struct strand_sample){ f->sample, f->halted,
						  chan_suspect(c, f->clean_gen, sec, e->row_n) };
		bool given = take_frag(&f->frag, sec, into);

		if (f->end_sec == sec + 1) {
			strand->pending = f->next;
			strand_pool_give(e, index);
		}
		return given;
	}
	if (strand->cur.sec > sec)
		return false;
	*sample = (struct strand_sample){ strand->touch, strand_halted(strand),
					  chan_suspect(c, strand->clean_gen, sec, e->row_n) };
	strand->epoch_ns = ns_of(sec + 1);
	return take_frag(&strand->cur, sec, into);
}

void strand_quotes(struct engine *e)
{
	for (uint32_t i = 0; i < e->n_quotes; i++) {
		const struct strand *strand = &e->strand[e->quote[i].strand];

		tables_quote(e->tables, e->quote[i].strand, strand->instr, strand->venue, strand->channel,
			     &e->quote[i].touch, e->quote[i].ts_ns);
	}
	e->n_quotes = 0;
}

static inline void quote_later(struct engine *e, const struct strand *strand, uint64_t ts_ns)
{
	uint32_t slot = strand_index(e->strand, strand);

	tables_quote_ahead(e->tables, slot);
	if (unlikely(e->n_quotes == ENGINE_QUOTES))
		strand_quotes(e);
	e->quote[e->n_quotes].strand = slot;
	e->quote[e->n_quotes].touch = strand->touch;
	e->quote[e->n_quotes++].ts_ns = ts_ns;
}

void strand_touch(struct engine *e, struct strand *strand, uint64_t ts_ns, const struct touch *now)
{
	bool late;
	struct frag *f = strand_frag_for(e, strand, ts_ns, &late);

	if (!f)
		f = &strand->cur; // flow of a sealed second counts in the first one still open
	f->ofi += touch_ofi(&strand->touch, now);
	f->touched |= FRAG_NEWS;
	strand->touch = *now;
	if (e->tables)
		quote_later(e, strand, ts_ns);
}

void strand_good(struct engine *e, struct strand *strand, uint32_t gen)
{
	uint32_t now = e->chan[strand->channel].suspect_gen;

	if ((strand->clean_gen == now) != (gen == now))
		strand_news(e, strand);
	strand->clean_gen = gen;
}

void strand_empty(struct engine *e, struct strand *strand, uint64_t ts_ns, uint32_t gen)
{
	const struct touch none = touch_empty();

	if (!touch_equal(&strand->touch, &none))
		strand_news(e, strand);
	book_clear(&e->levels, &strand->book);
	strand_good(e, strand, gen);
	strand->touch = none;
	if (!e->tables)
		return;
	strand_quotes(e); // older ones
	tables_quote(e->tables, strand_index(e->strand, strand), strand->instr, strand->venue,
		     strand->channel, &strand->touch, ts_ns);
}
