/* SPDX-License-Identifier: BSD-3-Clause */
// leg.c: one channel's part of one instrument. leg->cur collects the current second; seconds that the
// allowance for late prints keeps open wait in a list sorted by second, each with the touch at its end.
#include "lcore/model/leg.h"

#include "lcore/model/chan_fact.h"
#include "lcore/model/group.h"
#include "lcore/model/relay.h"
#include "lcore/model/tables.h"

static uint32_t pool_take(struct engine *e)
{
	if (e->pool_free) {
		uint32_t index = e->pool_free;

		e->pool_free = e->pool[index - 1].next;
		return index;
	}
	return e->pool_bump < e->pool_max ? ++e->pool_bump : 0;
}

uint32_t leg_pool_take(struct engine *e)
{
	uint32_t index = pool_take(e);

	if (likely(index || e->none_due))
		return index;
	e->make_room(e);
	return pool_take(e);
}

void leg_pool_give(struct engine *e, uint32_t index)
{
	e->pool[index - 1].next = e->pool_free;
	e->pool_free = index;
}

static struct leg_frag *pending_tail(struct engine *e, struct leg *leg)
{
	struct leg_frag *f = leg->pending ? &e->pool[leg->pending - 1] : NULL;

	while (f && f->next)
		f = &e->pool[f->next - 1];
	return f;
}

// Seconds of an instrument that has no print yet (or none since its trade day ended) are never sealed: forget
// those that are due.
static void prune(struct engine *e, struct leg *leg, uint32_t floor)
{
	while (leg->pending && e->pool[leg->pending - 1].end_sec <= floor) {
		uint32_t index = leg->pending;

		leg->pending = e->pool[index - 1].next;
		leg_pool_give(e, index);
	}
}

// The event is past the second that cur collects: what cur holds waits for its seal, with the book as it is
// now.
static void roll(struct engine *e, struct leg *leg, uint32_t sec)
{
	if (e->conf.relays) { // the owner keeps what waits
		relay_roll(e, leg, ns_of(sec));
		leg_begin(leg, sec);
		return;
	}
	const struct instr *in = &e->instr[leg->instr];
	uint32_t floor = dormant(in) ? e->live_due_sec : in->next_sec; // a late channel may bring the first print

	if (dormant(in))
		prune(e, leg, floor);
	if (sec > floor) {
		uint32_t index = leg_pool_take(e);

		if (index) {
			struct leg_frag *f = &e->pool[index - 1], *tail = pending_tail(e, leg);

			*f = (struct leg_frag){ .frag = leg->cur, .sample = leg->touch, .end_sec = sec,
						.halted = leg_halted(leg), .clean_gen = leg->clean_gen };
			if (tail)
				tail->next = index;
			else
				leg->pending = index;
		} else {
			LEDGER_INC(e->ledger, fragments_no_room);
		}
	}
	leg_begin(leg, sec);
}

void leg_advance(struct engine *e, struct leg *leg, uint64_t ts_ns)
{
	uint32_t sec = sec_of(ts_ns), floor = leg_floor(e, leg);

	if (sec < floor)
		sec = floor;
	if (sec > leg->cur.sec)
		roll(e, leg, sec);
}

// Finds or makes the waiting fragment of a second before cur's.
static struct frag *pending_frag(struct engine *e, struct leg *leg, uint32_t sec)
{
	uint32_t *link = &leg->pending;
	struct leg_frag made = { .sample = touch_empty(), .end_sec = leg->cur.sec,
				 .clean_gen = e->chan[leg->channel].born_gen };

	while (*link && e->pool[*link - 1].frag.sec < sec && e->pool[*link - 1].end_sec <= sec)
		link = &e->pool[*link - 1].next;
	struct leg_frag *at = *link ? &e->pool[*link - 1] : NULL;

	if (at && at->frag.sec == sec)
		return &at->frag;
	uint32_t index = leg_pool_take(e); // may seal others, not this instrument: what is due of it is sealed already

	if (!index)
		return NULL;
	if (at && at->frag.sec < sec) { // inside a span of one sample: split it
		made = *at;
		at->end_sec = sec;
		link = &at->next;
	} else if (at) {
		made.end_sec = at->frag.sec;
	}
	struct leg_frag *f = &e->pool[index - 1];

	made.next = *link;
	*f = made;
	frag_clear(&f->frag, sec);
	*link = index;
	return &f->frag;
}

struct frag *leg_frag_for(struct engine *e, struct leg *leg, uint64_t ts_ns, bool *late)
{
	*late = false;
	if (likely(ts_ns - leg->epoch_ns < NS_PER_S))
		return &leg->cur;
	uint32_t sec = sec_of(ts_ns);

	if (sec < leg_floor(e, leg)) {
		*late = true;
		return NULL;
	}
	if (sec == leg->cur.sec)
		return &leg->cur;
	return e->conf.relays ? relay_older(e, leg, sec) : pending_frag(e, leg, sec);
}

// Gives the fragment if it is of that second; what is older belongs to no row (it came before the first
// print).
static bool take_frag(struct frag *f, uint32_t sec, struct frag *into)
{
	bool given = f->touched && f->sec == sec;

	if (given)
		*into = *f;
	if (f->touched)
		frag_clear(f, sec + 1);
	f->sec = sec + 1;
	return given;
}

bool leg_take(struct engine *e, struct leg *leg, uint32_t sec, struct frag *into, struct leg_sample *sample)
{
	const struct chan *c = &e->chan[leg->channel];

	*sample = (struct leg_sample){ .touch = touch_empty() };
	if (unlikely(leg->pending))
		prune(e, leg, sec);
	if (unlikely(leg->pending)) {
		uint32_t index = leg->pending;
		struct leg_frag *f = &e->pool[index - 1];

		if (f->frag.sec > sec)
			return false;
		*sample = (struct leg_sample){ f->sample, f->halted, chan_suspect(c, f->clean_gen, sec, e->row_n) };
		bool given = take_frag(&f->frag, sec, into);

		if (f->end_sec == sec + 1) {
			leg->pending = f->next;
			leg_pool_give(e, index);
		}
		return given;
	}
	if (leg->cur.sec > sec)
		return false;
	*sample = (struct leg_sample){ leg->touch, leg_halted(leg), chan_suspect(c, leg->clean_gen, sec, e->row_n) };
	leg->epoch_ns = ns_of(sec + 1);
	return take_frag(&leg->cur, sec, into);
}

void leg_touch(struct engine *e, struct leg *leg, uint64_t ts_ns, const struct touch *now)
{
	bool late;
	struct frag *f = leg_frag_for(e, leg, ts_ns, &late);

	if (!f)
		f = &leg->cur; // flow of a sealed second counts in the first one still open
	f->ofi += touch_ofi(&leg->touch, now);
	f->touched = 1;
	leg->touch = *now;
	if (e->tables)
		tables_quote(e->tables, leg_index(e, leg), leg->instr, leg->venue, leg->channel, now, ts_ns);
}

void leg_touched(struct engine *e, struct leg *leg, uint64_t ts_ns)
{
	struct touch now = book_touch(&e->levels, &leg->book);

	if (!touch_equal(&now, &leg->touch))
		leg_touch(e, leg, ts_ns, &now);
}

void leg_empty(struct engine *e, struct leg *leg, uint64_t ts_ns, uint32_t gen)
{
	book_clear(&e->levels, &leg->book);
	leg->clean_gen = gen;
	leg->touch = touch_empty();
	if (e->tables)
		tables_quote(e->tables, leg_index(e, leg), leg->instr, leg->venue, leg->channel, &leg->touch, ts_ns);
}
