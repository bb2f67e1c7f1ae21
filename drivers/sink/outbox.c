/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED (UINT16_C(1) << 15)

_Static_assert(OUTBOX_KEYS <= 15, "a bit for each, and LISTED");
_Static_assert(sizeof(struct outbox_memory) <= SINK_MEMORY, "it is laid out there");

static void end(struct outbox *o, enum sink_count how)
{
	o->count[SINK_WAITING]--; // first: of who is killed here nothing is said to be lost
	sink_store(&o->count[how], o->count[how] + 1);
}

static void end_key(struct outbox *o, enum sink_count how)
{
	end(o, how);
	o->memory->marks--;
}

// Everything up to it has a note, is on disk, or settled.
static void has_left(struct outbox *o, const struct sink_entry *e)
{
	uint64_t *left = &o->memory->left[e->stream];

	if (e->n > *left)
		sink_store(left, e->n);
}

// Before it is sent. An id is none until it is whole.
static void note(struct outbox *o, struct outbox_sent *s)
{
	struct outbox_note *at;

	if (s->note) {
		at = &o->memory->note[s->note - 1];
		at->id.seq = s->entry.id.seq;
		sink_store(&at->id.ms, s->entry.id.ms);
		return;
	}
	while (o->memory->note[o->next_note].n) // there are as many as may be under way
		o->next_note = (o->next_note + 1) % OUTBOX_NOTES;
	at = &o->memory->note[o->next_note];
	s->note = (uint8_t)(o->next_note + 1);
	at->id = s->entry.id;
	at->stream = s->entry.stream;
	sink_store(&at->n, s->entry.n);
	has_left(o, &s->entry);
}

static void forget(struct outbox *o, const struct outbox_sent *s)
{
	if (s->note)
		sink_store(&o->memory->note[s->note - 1].n, 0);
}

static struct outbox_sent *push(struct outbox_fifo *f) { return &f->slot[(f->head + f->n++) % OUTBOX_SLOTS]; }

static struct outbox_sent *pop(struct outbox_fifo *f)
{
	struct outbox_sent *s = &f->slot[f->head];

	f->head = (f->head + 1) % OUTBOX_SLOTS;
	f->n--;
	return s;
}

static void ring_push(struct outbox *o, struct outbox_ring *r, const struct sink_entry *e)
{
	o->in_ring[e->stream] += !e->place;
	r->slot[(r->head + r->n++) % r->cap] = *e;
}

static struct sink_entry *ring_pop(struct outbox *o, struct outbox_ring *r)
{
	struct sink_entry *e = &r->slot[r->head];

	o->in_ring[e->stream] -= !e->place;
	r->head = (r->head + 1) % r->cap;
	r->n--;
	return e;
}

// What an earlier process was about to hand on: under its id where it had one.
static bool recall(void *ctx, const struct sink_entry *e)
{
	struct outbox *o = ctx;
	struct sink_entry kept = *e;

	if (entry_is_of(e, o->conf.boot))
		has_left(o, e);
	kept.instr = INSTR_NONE; // that process' own
	if (o->all.n + o->again.n == o->all.cap)
		return false;
	if (e->id.ms && o->again.n < OUTBOX_WINDOW) {
		struct outbox_sent *s = push(&o->again);

		s->is_key = false;
		s->note = 0;
		s->instr = INSTR_NONE;
		s->entry = kept;
		if (entry_id_above(e->id, o->last[e->stream]))
			o->last[e->stream] = e->id;
		return true;
	}
	ring_push(o, &o->all, &kept);
	return true;
}

// What is noted and not above left was sent, or may have been. Keys that waited are not lost: they are marked
// anew, by who opens it.
static void begin_again(struct outbox *o, uint64_t left)
{
	struct outbox_memory *m = o->memory;
	uint64_t marks = m->marks < left ? m->marks : left;

	o->count[SINK_LEFT] -= marks;
	o->count[SINK_CONFLATED] += marks;
	m->marks = 0;
	for (int i = 0; i < OUTBOX_NOTES; i++) {
		struct outbox_note *at = &m->note[i];

		if (at->n && (at->stream >= SINK_STREAMS || at->n > m->left[at->stream]))
			sink_store(&at->n, 0);
	}
	o->begun_again = true;
}

// Notes whose entries have not come again: they cannot any more.
static void end_again(struct outbox *o)
{
	for (unsigned i = 0; i < OUTBOX_NOTES; i++)
		if (!(o->found[i / 64] >> i % 64 & 1))
			o->memory->note[i].n = 0;
	o->begun_again = false;
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
	o->memory = conf->memory ? (struct outbox_memory *)(void *)conf->memory->word : &o->own;
	uint64_t left = count[SINK_LEFT];
	int rc = spool_open(&o->spool, conf->dir, conf->name, count, err, err_len, recall, o);

	if (rc)
		outbox_close(o);
	else
		begin_again(o, count[SINK_LEFT] - left);
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
			has_left(o, ring_pop(o, &o->newest));
			end(o, SINK_DROPPED);
		}
		ring_push(o, &o->newest, e);
		return;
	}
	if (o->all.n == o->all.cap) {
		spool_dead(&o->spool, e);
		end(o, SINK_DEAD);
		has_left(o, e);
		return;
	}
	spool_add(&o->spool, &kept);
	if (kept.place)
		has_left(o, &kept);
	ring_push(o, &o->all, &kept);
}

static void take_noted(struct outbox *o, const struct sink_entry *e, unsigned at)
{
	const struct entry_id id = o->memory->note[at].id;
	struct outbox_sent *s = push(id.ms ? &o->again : &o->refused);

	o->found[at / 64] |= UINT64_C(1) << at % 64;
	*s = (struct outbox_sent){ .note = (uint8_t)(at + 1), .instr = e->instr, .entry = *e };
	s->entry.id = id.ms ? id : (struct entry_id){ 0, 0 };
	if (id.ms && entry_id_above(id, o->last[e->stream]))
		o->last[e->stream] = id;
	o->count[SINK_HANDED]++;
	o->count[SINK_WAITING]++;
}

void outbox_again(struct outbox *o, const struct sink_entry *e)
{
	if (e->n > o->memory->left[e->stream]) {
		outbox_take(o, e);
		return;
	}
	for (unsigned i = 0; i < OUTBOX_NOTES; i++)
		if (o->memory->note[i].n == e->n && o->memory->note[i].stream == e->stream) {
			take_noted(o, e, i);
			return;
		}
}

static void lower(uint64_t *first, uint64_t n) { *first = n < *first ? n : *first; }

void outbox_alone(const struct outbox *o, uint64_t first[SINK_STREAMS])
{
	const struct outbox_fifo *all[] = { &o->sent, &o->again, &o->refused };

	for (unsigned i = 0; i < SINK_STREAMS; i++)
		if (o->in_ring[i])
			lower(&first[i], o->memory->left[i] + 1);
	for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
		for (uint32_t k = 0; k < all[i]->n; k++) {
			const struct outbox_sent *s = &all[i]->slot[(all[i]->head + k) % OUTBOX_SLOTS];

			if (!s->is_key && !s->entry.place)
				lower(&first[s->entry.stream], s->entry.n);
		}
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
	sink_store(&o->memory->marks, o->memory->marks + 1); // never fewer than are counted
	o->count[SINK_HANDED]++;
	o->count[SINK_WAITING]++;
	if (!mark(o, instr, key))
		end_key(o, SINK_CONFLATED);
}

// Returns which keys are marked and to go before the entry.
static unsigned keys_before(const struct outbox *o, const struct sink_entry *e)
{
	unsigned keys = e->instr < o->conf.instruments ? o->marked[e->instr] & ~(unsigned)LISTED : 0;

	return e->keys ? keys & e->keys : keys;
}

// The lowest of these keys, all marked, goes into flight; NULL: there is none.
static const struct outbox_sent *send_key(struct outbox *o, uint32_t instr, unsigned keys)
{
	if (!keys)
		return NULL;
	struct outbox_sent *s = push(&o->sent);

	s->is_key = true;
	s->there = false;
	s->note = 0;
	s->key = (uint8_t)__builtin_ctz(keys);
	s->instr = instr;
	o->marked[instr] = (uint16_t)(o->marked[instr] & ~(1u << s->key));
	return s;
}

// note_of: it has had one, plus 1.
static const struct outbox_sent *send_entry(struct outbox *o, const struct sink_entry *e, uint8_t note_of)
{
	struct outbox_sent *s = push(&o->sent);

	if (e != &s->entry)
		s->entry = *e;
	s->is_key = false;
	s->note = note_of;
	s->instr = e->instr;
	s->there = s->entry.id.ms && !entry_id_above(s->entry.id, o->top[e->stream]);
	if (!s->entry.id.ms) {
		s->entry.id = entry_next_id(o->last[e->stream], e->ts_ns);
		o->last[e->stream] = s->entry.id;
		if (s->entry.place)
			spool_id(&o->spool, &s->entry);
		else
			note(o, s);
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

	if (o->begun_again)
		end_again(o);
	if (e && keys_before(o, e))
		return total < OUTBOX_SLOTS ? send_key(o, e->instr, keys_before(o, e)) : NULL;
	if (fifo) {
		s = pop(fifo);
		return send_entry(o, &s->entry, s->note);
	}
	if (!fresh)
		return NULL;
	if (ring)
		return send_entry(o, ring_pop(o, ring), 0);
	while (o->list_n && !s) {
		uint32_t instr = o->list[o->list_head];

		if ((s = send_key(o, instr, o->marked[instr] & ~(unsigned)LISTED)) != NULL)
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
		end_key(o, SINK_CONFLATED);
}

// Counted first: who is killed behind that asks for it once more.
static void settle(struct outbox *o, const struct outbox_sent *s, enum sink_count how)
{
	end(o, how);
	if (how == SINK_DEAD)
		spool_dead(&o->spool, &s->entry);
	else
		spool_settle(&o->spool, &s->entry);
	forget(o, s);
}

static void put_back(struct outbox *o, const struct outbox_sent *s, bool against)
{
	struct sink_entry e = s->entry;

	e.refusals = (uint8_t)(e.refusals + (against && e.refusals < UINT8_MAX));
	if (e.refusals > o->conf.refusals) {
		settle(o, s, sink_keeps((enum sink_stream)e.stream) ? SINK_DEAD : SINK_DROPPED);
		return;
	}
	e.id = (struct entry_id){ 0, 0 };
	if (s->note)
		sink_store(&o->memory->note[s->note - 1].id.ms, 0);
	spool_id(&o->spool, &e);
	struct outbox_sent *to = push(&o->refused);

	to->is_key = false;
	to->note = s->note;
	to->instr = e.instr;
	to->entry = e;
}

// A key that is refused again and again is not to hold up the entries behind it for ever.
static void key_answered(struct outbox *o, const struct outbox_sent *s, enum outbox_answer answer)
{
	bool taken = answer == OUTBOX_ACKED || answer == OUTBOX_ALREADY;

	o->keys_refused = taken ? 0 : o->keys_refused + (answer == OUTBOX_REFUSED);
	if (taken)
		end_key(o, SINK_ACKED);
	else if (o->keys_refused > o->conf.refusals)
		end_key(o, SINK_DROPPED);
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
		settle(o, s, how);
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
