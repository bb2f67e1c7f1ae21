/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED (UINT16_C(1) << 15)

_Static_assert(OUTBOX_KEYS <= 15, "a bit for each, and LISTED");

static void end(struct outbox *o, enum sink_count how)
{
	o->count[how]++;
	o->count[SINK_WAITING]--;
}

static struct outbox_sent *push(struct outbox_fifo *f) { return &f->slot[(f->head + f->n++) % OUTBOX_SLOTS]; }

static struct outbox_sent *pop(struct outbox_fifo *f)
{
	struct outbox_sent *s = &f->slot[f->head];

	f->head = (f->head + 1) % OUTBOX_SLOTS;
	f->n--;
	return s;
}

static void ring_push(struct outbox_ring *r, const struct sink_entry *e)
{
	r->slot[(r->head + r->n++) % r->cap] = *e;
}

static struct sink_entry *ring_pop(struct outbox_ring *r)
{
	struct sink_entry *e = &r->slot[r->head];

	r->head = (r->head + 1) % r->cap;
	r->n--;
	return e;
}

// What an earlier process was about to hand on: under its id where it had one.
static bool recall(void *ctx, const struct sink_entry *e)
{
	struct outbox *o = ctx;
	struct sink_entry kept = *e;

	kept.instr = INSTR_NONE; // that process' own
	if (o->all.n + o->again.n == o->all.cap)
		return false;
	if (e->id.ms && o->again.n < OUTBOX_WINDOW) {
		struct outbox_sent *s = push(&o->again);

		s->is_key = false;
		s->instr = INSTR_NONE;
		s->entry = kept;
		if (entry_id_above(e->id, o->last[e->stream]))
			o->last[e->stream] = e->id;
		return true;
	}
	ring_push(&o->all, &kept);
	return true;
}

int outbox_open(struct outbox *o, const struct outbox_conf *conf, uint64_t *count, char *err, size_t err_len)
{
	*o = (struct outbox){ .conf = *conf, .count = count };
	o->newest = (struct outbox_ring){ .cap = conf->newest };
	o->all = (struct outbox_ring){ .cap = conf->all };
	o->newest.slot = calloc(conf->newest, sizeof *o->newest.slot);
	o->all.slot = calloc(conf->all, sizeof *o->all.slot);
	o->marked = calloc(conf->instruments, sizeof *o->marked);
	o->list = calloc(conf->instruments, sizeof *o->list);
	if (!o->newest.slot || !o->all.slot || !o->marked || !o->list) {
		snprintf(err, err_len, "no memory for what waits (%u and %u entries)", conf->newest,
			 conf->all);
		outbox_close(o);
		return -ENOMEM;
	}
	int rc = spool_open(&o->spool, conf->dir, conf->name, count, err, err_len, recall, o);

	if (rc)
		outbox_close(o);
	return rc;
}

bool outbox_room(const struct outbox *o)
{
	return o->newest.n + OUTBOX_BATCH <= o->newest.cap && o->all.n + OUTBOX_BATCH <= o->all.cap;
}

void outbox_take(struct outbox *o, const struct sink_entry *e)
{
	struct sink_entry kept = *e;

	o->count[SINK_HANDED]++;
	o->count[SINK_WAITING]++;
	if (!sink_keeps((enum sink_stream)e->stream)) {
		if (o->newest.n == o->newest.cap) {
			ring_pop(&o->newest);
			end(o, SINK_DROPPED);
		}
		ring_push(&o->newest, e);
		return;
	}
	if (o->all.n == o->all.cap) {
		spool_dead(&o->spool, e);
		end(o, SINK_DEAD);
		return;
	}
	spool_add(&o->spool, &kept);
	ring_push(&o->all, &kept);
}

// Returns false if it was marked already.
static bool mark(struct outbox *o, uint32_t instr, unsigned key)
{
	uint16_t *m = &o->marked[instr];
	bool fresh = !(*m >> key & 1);

	*m = (uint16_t)(*m | 1u << key);
	if (!(*m & LISTED)) {
		*m |= LISTED;
		o->list[(o->list_head + o->list_n++) % o->conf.instruments] = instr;
	}
	return fresh;
}

void outbox_mark(struct outbox *o, uint32_t instr, enum outbox_key key)
{
	if (instr >= o->conf.instruments)
		return;
	o->count[SINK_HANDED]++;
	o->count[SINK_WAITING]++;
	if (!mark(o, instr, key))
		end(o, SINK_CONFLATED);
}

// The lowest key of an instrument that is marked goes into flight; NULL: none is.
static const struct outbox_sent *send_key(struct outbox *o, uint32_t instr)
{
	unsigned keys = instr < o->conf.instruments ? o->marked[instr] & ~(unsigned)LISTED : 0;

	if (!keys)
		return NULL;
	struct outbox_sent *s = push(&o->sent);

	s->is_key = true;
	s->there = false;
	s->key = (uint8_t)__builtin_ctz(keys);
	s->instr = instr;
	o->marked[instr] = (uint16_t)(o->marked[instr] & ~(1u << s->key));
	return s;
}

static const struct outbox_sent *send_entry(struct outbox *o, const struct sink_entry *e)
{
	struct outbox_sent *s = push(&o->sent);

	if (e != &s->entry)
		s->entry = *e;
	s->is_key = false;
	s->instr = e->instr;
	s->there = s->entry.id.ms && !entry_id_above(s->entry.id, o->top[e->stream]);
	if (!s->entry.id.ms) {
		s->entry.id = entry_next_id(o->last[e->stream], e->ts_ns);
		o->last[e->stream] = s->entry.id;
		spool_id(&o->spool, &s->entry);
	}
	return s;
}

// The entry that is next of all; *from: the FIFO or ring it is in.
static const struct sink_entry *next_entry(const struct outbox *o, struct outbox_fifo **fifo,
					   struct outbox_ring **ring)
{
	struct outbox *w = (struct outbox *)(uintptr_t)o;

	*fifo = o->again.n ? &w->again : o->refused.n ? &w->refused : NULL;
	*ring = *fifo ? NULL : o->all.n ? &w->all : o->newest.n ? &w->newest : NULL;
	return *fifo ? &(*fifo)->slot[(*fifo)->head].entry : *ring ? &(*ring)->slot[(*ring)->head] : NULL;
}

const struct outbox_sent *outbox_next(struct outbox *o)
{
	struct outbox_fifo *fifo;
	struct outbox_ring *ring;
	const struct sink_entry *e = next_entry(o, &fifo, &ring);
	uint32_t total = o->sent.n + o->again.n + o->refused.n;
	bool fresh = total < OUTBOX_WINDOW;
	const struct outbox_sent *s = NULL;

	if (e && e->instr < o->conf.instruments && o->marked[e->instr] & ~(unsigned)LISTED)
		return total < OUTBOX_SLOTS ? send_key(o, e->instr) : NULL;
	if (fifo)
		return send_entry(o, &pop(fifo)->entry);
	if (!fresh)
		return NULL;
	if (ring)
		return send_entry(o, ring_pop(ring));
	while (o->list_n && !s) {
		uint32_t instr = o->list[o->list_head];

		if ((s = send_key(o, instr)) != NULL)
			break;
		o->marked[instr] = 0;
		o->list_head = (o->list_head + 1) % o->conf.instruments;
		o->list_n--;
	}
	return s;
}

bool outbox_waits(const struct outbox *o) { return o->count[SINK_WAITING] > o->sent.n; }

const struct outbox_sent *outbox_oldest(const struct outbox *o)
{
	return o->sent.n ? &o->sent.slot[o->sent.head] : NULL;
}

// It is still to be sent, and a newer mark says the same.
static void mark_again(struct outbox *o, const struct outbox_sent *s)
{
	if (!mark(o, s->instr, s->key))
		end(o, SINK_CONFLATED);
}

static void settle(struct outbox *o, const struct sink_entry *e, enum sink_count how)
{
	if (how == SINK_DEAD)
		spool_dead(&o->spool, e);
	else
		spool_settle(&o->spool, e);
	end(o, how);
}

static void put_back(struct outbox *o, const struct outbox_sent *s, bool against)
{
	struct sink_entry e = s->entry;

	e.refusals = (uint8_t)(e.refusals + (against && e.refusals < UINT8_MAX));
	if (e.refusals > o->conf.refusals) {
		settle(o, &e, sink_keeps((enum sink_stream)e.stream) ? SINK_DEAD : SINK_DROPPED);
		return;
	}
	e.id = (struct entry_id){ 0, 0 };
	spool_id(&o->spool, &e);
	struct outbox_sent *to = push(&o->refused);

	to->is_key = false;
	to->instr = e.instr;
	to->entry = e;
}

// A key that is refused again and again is not to hold up the entries behind it for ever.
static void key_answered(struct outbox *o, const struct outbox_sent *s, enum outbox_answer answer)
{
	bool taken = answer == OUTBOX_ACKED || answer == OUTBOX_ALREADY;

	o->keys_refused = taken ? 0 : o->keys_refused + (answer == OUTBOX_REFUSED);
	if (taken)
		end(o, SINK_ACKED);
	else if (o->keys_refused > o->conf.refusals)
		end(o, SINK_DROPPED);
	else
		mark_again(o, s);
}

void outbox_answered(struct outbox *o, enum outbox_answer answer)
{
	const struct outbox_sent *s = pop(&o->sent);
	bool taken = answer == OUTBOX_ACKED || answer == OUTBOX_ALREADY;
	enum sink_count how = answer == OUTBOX_ACKED ? SINK_ACKED : SINK_ALREADY;

	if (s->is_key)
		key_answered(o, s, answer);
	else if (taken)
		settle(o, &s->entry, how);
	else
		put_back(o, s, answer == OUTBOX_REFUSED);
}

// Before what is to be sent again already, which was sent after it or not at all.
void outbox_lost(struct outbox *o)
{
	struct outbox_fifo later = o->again;

	o->again.head = o->again.n = 0;
	memset(o->top, 0, sizeof o->top);
	while (o->sent.n) {
		const struct outbox_sent *s = pop(&o->sent);

		if (s->is_key)
			mark_again(o, s);
		else
			*push(&o->again) = *s;
	}
	while (later.n)
		*push(&o->again) = *pop(&later);
}

void outbox_floor(struct outbox *o, enum sink_stream stream, struct entry_id id)
{
	o->top[stream] = id;
	if (entry_id_above(id, o->last[stream]))
		o->last[stream] = id;
}

void outbox_close(struct outbox *o)
{
	spool_close(&o->spool);
	free(o->newest.slot);
	free(o->all.slot);
	free(o->marked);
	free(o->list);
	*o = (struct outbox){ 0 };
}
