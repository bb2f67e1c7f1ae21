/* SPDX-License-Identifier: BSD-3-Clause */
#include "drivers/sink/lanes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lcore/base/crc32c.h"
#include "lcore/base/symtab.h"

#define NONE UINT32_MAX

_Static_assert(sizeof(struct lanes_memory) <= SINK_MEMORY, "it is laid out there");
_Static_assert(SINK_NEW_BAR == 0, "the streams after that of rows have a kind each");

enum rule { NEWEST, ALL };

static enum rule rule_of(uint32_t lane) { return sink_keeps(lane_stream(lane)) ? ALL : NEWEST; }

static void end(struct lanes *l, enum sink_count how)
{
	l->count[SINK_WAITING]--; // first: of who is killed here nothing is said to be lost
	sink_store(&l->count[how], l->count[how] + 1);
}

static void raise(uint64_t *to, uint64_t n)
{
	if (n > *to)
		sink_store(to, n);
}

// Rows are never on disk.
static bool on_disk(const struct lane_slot *s) { return rule_of(s->lane) == ALL && s->entry.place; }

// Lanes that have something to send, in the order in which they came to have it.
static void list_lane(struct lanes *l, struct lane *lane)
{
	uint32_t index = lanes_index(l, lane);
	struct lane_list *list = &l->ready[rule_of(index)];

	if (lane->listed || lane->out || !lane->n)
		return;
	lane->listed = true;
	lane->next = NONE;
	if (list->tail == NONE)
		list->head = index;
	else
		l->lane[list->tail].next = index;
	list->tail = index;
}

static struct lane *unlist_lane(struct lanes *l, enum rule rule)
{
	struct lane_list *list = &l->ready[rule];
	struct lane *lane;

	do {
		if (list->head == NONE)
			return NULL;
		lane = &l->lane[list->head];
		list->head = lane->next;
		if (list->head == NONE)
			list->tail = NONE;
		lane->listed = false;
	} while (!lane->n); // all that it had was dropped
	return lane;
}

static struct lane_slot *slot_new(struct lanes *l, enum rule rule)
{
	uint32_t i = l->free[rule];

	if (i != NONE)
		l->free[rule] = l->slot[i].next;
	else
		i = l->made[rule]++ + (rule == ALL ? l->conf.newest : 0);
	l->used[rule]++;
	l->slot[i].older = l->slot[i].newer = NONE;
	return &l->slot[i];
}

// What is not to be dropped any more, or is gone, has no age.
static void age_out(struct lanes *l, struct lane_slot *s)
{
	uint32_t i = (uint32_t)(s - l->slot);

	if (s->older != NONE)
		l->slot[s->older].newer = s->newer;
	else if (l->oldest == i)
		l->oldest = s->newer;
	if (s->newer != NONE)
		l->slot[s->newer].older = s->older;
	else if (l->newest == i)
		l->newest = s->older;
	s->older = s->newer = NONE;
}

static void age_in(struct lanes *l, struct lane_slot *s)
{
	uint32_t i = (uint32_t)(s - l->slot);

	s->older = l->newest;
	if (l->newest != NONE)
		l->slot[l->newest].newer = i;
	else
		l->oldest = i;
	l->newest = i;
}

static void push(struct lanes *l, struct lane_slot *s, uint32_t lane)
{
	struct lane *to = &l->lane[lane];
	uint32_t i = (uint32_t)(s - l->slot);

	s->lane = lane;
	s->next = NONE;
	if (to->n++)
		l->slot[to->tail].next = i;
	else
		to->head = i;
	to->tail = i;
	list_lane(l, to);
}

// Its place is free.
static void release(struct lanes *l, struct lane_slot *s)
{
	enum rule rule = rule_of(s->lane);

	age_out(l, s);
	s->next = l->free[rule];
	l->free[rule] = (uint32_t)(s - l->slot);
	l->used[rule]--;
}

// The lane's oldest is gone.
static void pop(struct lanes *l, struct lane *lane)
{
	struct lane_slot *s = &l->slot[lane->head];

	lane->head = s->next;
	lane->n--;
	release(l, s);
}

// The oldest of all is the oldest of its lane, behind the parcel where there is one. Returns false if nothing
// may be dropped.
static bool drop_oldest(struct lanes *l)
{
	if (l->oldest == NONE)
		return false;
	struct lane_slot *s = &l->slot[l->oldest];
	struct lane *lane = &l->lane[s->lane];

	raise(&l->memory->lane[s->lane].left, s->n);

	if (lane->parcel) {
		uint32_t i = l->oldest;

		if (lane->tail == i)
			lane->tail = lane->last;
		l->slot[lane->last].next = s->next;
		lane->n--;
		release(l, s);
	} else {
		pop(l, lane);
	}
	end(l, SINK_DROPPED);
	return true;
}

uint32_t lanes_part_of(const char *symbol, size_t bytes) { return crc32c(symbol, bytes) % LANE_PARTS; }

static uint32_t lane_of(const struct sink_entry *e)
{
	const char *field[2 * ENTRY_FIELDS], *symbol = "";
	unsigned n = entry_fields(e, field);

	for (unsigned i = 0; i + 1 < n; i += 2)
		if (!strcmp(field[i], "symbol"))
			symbol = field[i + 1];
	return (SPAN_COUNT + e->stream - 1u) * LANE_PARTS + lanes_part_of(symbol, strlen(symbol));
}

// What an earlier process was about to hand on: with the time at which it did, where it had.
static bool recall(void *ctx, const struct sink_entry *e)
{
	struct lanes *l = ctx;

	if (l->used[ALL] == l->conf.all)
		return false;
	if (entry_is_of(e, l->conf.boot))
		raise(&l->memory->on_disk[e->stream], e->n);
	struct lane_slot *s = slot_new(l, ALL);

	s->n = e->n;
	s->entry = *e;
	s->entry.instr = INSTR_NONE; // that process' own
	push(l, s, lane_of(e));
	return true;
}

int lanes_open(struct lanes *l, const struct lanes_conf *conf, uint64_t *count, char *err, size_t err_len)
{
	*l = (struct lanes){ .conf = *conf, .count = count, .oldest = NONE, .newest = NONE };
	for (int i = 0; i < 2; i++) {
		l->free[i] = NONE;
		l->ready[i] = (struct lane_list){ NONE, NONE };
	}
	l->slot = calloc((size_t)conf->newest + conf->all, sizeof *l->slot);
	if (!l->slot) {
		snprintf(err, err_len, "no memory for what waits (%u and %u things)", conf->newest,
			 conf->all);
		return -ENOMEM;
	}
	l->memory = conf->memory ? (struct lanes_memory *)(void *)conf->memory->word : &l->own;
	for (int i = 0; i < LANES; i++)
		if (l->memory->lane[i].last > l->memory->lane[i].left) // never sent
			l->memory->lane[i].first = 0;
	int rc = spool_open(&l->spool, conf->dir, conf->name, count, err, err_len, recall, l);

	if (rc)
		lanes_close(l);
	return rc;
}

bool lanes_room(const struct lanes *l)
{
	return l->used[NEWEST] + LANES_BATCH <= l->conf.newest && l->used[ALL] + LANES_BATCH <= l->conf.all;
}

// Returns the slot of a thing that was handed in, or NULL: it was dropped, as nothing older can be.
static struct lane_slot *newest_slot(struct lanes *l)
{
	l->count[SINK_HANDED]++;
	l->count[SINK_WAITING]++;
	if (l->used[NEWEST] < l->conf.newest || drop_oldest(l)) {
		struct lane_slot *s = slot_new(l, NEWEST);

		age_in(l, s);
		return s;
	}
	end(l, SINK_DROPPED);
	return NULL;
}

static uint32_t lane_of_row(const struct bar *row)
{
	char symbol[SYMBOL_BYTES + 1];

	return (uint32_t)row->span * LANE_PARTS + lanes_part_of(symbol, symtab_text(row->symbol, symbol));
}

void lanes_row(struct lanes *l, const struct bar *row, uint64_t n)
{
	struct lane_slot *s = row->span < SPAN_COUNT ? newest_slot(l) : NULL;

	if (!s)
		return;
	s->n = n;
	s->row = *row;
	push(l, s, lane_of_row(row));
}

void lanes_entry(struct lanes *l, const struct sink_entry *e)
{
	struct lane_slot *s;

	if (!sink_keeps((enum sink_stream)e->stream)) {
		s = newest_slot(l);
		if (!s)
			return;
	} else {
		l->count[SINK_HANDED]++;
		l->count[SINK_WAITING]++;
		if (l->used[ALL] == l->conf.all) {
			spool_dead(&l->spool, e);
			end(l, SINK_DEAD);
			raise(&l->memory->on_disk[e->stream], e->n);
			return;
		}
		s = slot_new(l, ALL);
	}
	s->n = e->n;
	s->entry = *e;
	if (sink_keeps((enum sink_stream)e->stream)) {
		spool_add(&l->spool, &s->entry);
		if (s->entry.place)
			raise(&l->memory->on_disk[e->stream], e->n);
	}
	push(l, s, lane_of(e));
}

// From now on these things are one parcel, under one id.
static void make_parcel(struct lanes *l, struct lane *lane, uint32_t rows)
{
	uint32_t index = lanes_index(l, lane), i = lane->head;
	uint32_t n = index / LANE_PARTS < SPAN_COUNT ? rows : 1;

	lane->parcel = lane->n < n ? lane->n : n;
	lane->number = ++l->numbers;
	lane->refusals = lane->unread = 0;
	lane->first_ns = rule_of(index) == ALL ? l->slot[i].entry.id.ms * NS_PER_MS : 0;
	for (uint32_t k = 0; k < lane->parcel; k++, i = l->slot[i].next) {
		age_out(l, &l->slot[i]);
		lane->last = i;
	}
}

// Before it is sent.
static void note_parcel(struct lanes *l, const struct lane *lane)
{
	struct lane_memory *m = &l->memory->lane[lanes_index(l, lane)];

	if (on_disk(&l->slot[lane->head]))
		return;
	m->first_ns = 0;
	m->last = l->slot[lane->last].n;
	sink_store(&m->first, l->slot[lane->head].n);
	raise(&m->left, m->last);
}

// Returns whether it is to be taken once more; *was_last: as the last of the parcel that was sent.
static bool comes_again(const struct lanes *l, uint32_t lane, uint64_t n, bool *was_last)
{
	const struct lane_memory *m = &l->memory->lane[lane];

	*was_last = m->first && n == m->last;
	return n > m->left || (m->first && n >= m->first && n <= m->last);
}

// All of it is there again, and nothing before it.
static void parcel_again(struct lanes *l, struct lane *lane)
{
	const struct lane_memory *m = &l->memory->lane[lanes_index(l, lane)];

	if (!lane->n || lane->parcel || l->slot[lane->head].n != m->first)
		return;
	make_parcel(l, lane, lane->n);
	lane->first_ns = m->first_ns;
}

void lanes_row_again(struct lanes *l, const struct bar *row, uint64_t n)
{
	uint32_t lane = row->span < SPAN_COUNT ? lane_of_row(row) : 0;
	bool was_last;

	if (row->span >= SPAN_COUNT || !comes_again(l, lane, n, &was_last))
		return;
	lanes_row(l, row, n);
	if (was_last)
		parcel_again(l, &l->lane[lane]);
}

void lanes_entry_again(struct lanes *l, const struct sink_entry *e)
{
	uint32_t lane = lane_of(e);
	bool was_last;

	if (e->n <= l->memory->on_disk[e->stream] || !comes_again(l, lane, e->n, &was_last))
		return;
	lanes_entry(l, e);
	if (was_last)
		parcel_again(l, &l->lane[lane]);
}

void lanes_alone(const struct lanes *l, uint64_t first[SINK_STREAMS])
{
	for (uint32_t i = 0; i < LANES; i++) {
		const struct lane_slot *s = l->lane[i].n ? &l->slot[l->lane[i].head] : NULL;

		if (s && !on_disk(s) && s->n < first[lane_stream(i)])
			first[lane_stream(i)] = s->n;
	}
}

// A thing that lies on disk has the time beside it, before it leaves.
static void note_first(struct lanes *l, struct lane *lane, uint64_t now_ns)
{
	struct lane_slot *s = &l->slot[lane->head];

	lane->first_ns = now_ns;
	if (!on_disk(s)) {
		sink_store(&l->memory->lane[s->lane].first_ns, now_ns);
		return;
	}
	s->entry.id = (struct entry_id){ now_ns / NS_PER_MS, lane->number };
	spool_id(&l->spool, &s->entry);
}

struct lane *lanes_next(struct lanes *l, uint64_t now_ns, uint32_t rows, bool *ask)
{
	enum rule first = l->newest_first ? NEWEST : ALL;
	struct lane *lane;

	if (l->out - l->overdue >= LANES_OUT ||
	    (!(lane = unlist_lane(l, first)) && !(lane = unlist_lane(l, (enum rule) !first))))
		return NULL;
	l->newest_first = false;
	if (!lane->parcel) {
		make_parcel(l, lane, rows);
		note_parcel(l, lane);
	}
	*ask = lane->first_ns && now_ns - lane->first_ns > l->conf.forgets_ns;
	if (!lane->first_ns)
		note_first(l, lane, now_ns);
	lane->asked = *ask;
	lane->out = true;
	lane->sent_ns = now_ns;
	l->out++;
	return lane;
}

// Counted first: who is killed behind that hands it on once more, under its id.
static void settle(struct lanes *l, struct lane *lane, enum sink_count how)
{
	for (; lane->parcel; lane->parcel--) {
		struct lane_slot *s = &l->slot[lane->head];

		end(l, how);
		if (how == SINK_DEAD)
			spool_dead(&l->spool, &s->entry);
		else if (rule_of(s->lane) == ALL)
			spool_settle(&l->spool, &s->entry);
		pop(l, lane);
	}
	sink_store(&l->memory->lane[lanes_index(l, lane)].first, 0);
}

static void refused(struct lanes *l, struct lane *lane)
{
	if (++lane->refusals > l->conf.refusals)
		settle(l, lane, rule_of(lanes_index(l, lane)) == ALL ? SINK_DEAD : SINK_DROPPED);
}

static void come_back(struct lanes *l, struct lane *lane)
{
	l->overdue -= lane->overdue;
	lane->out = lane->overdue = false;
	l->out--;
	list_lane(l, lane);
}

void lanes_answered(struct lanes *l, uint32_t lane, uint32_t number, enum lanes_answer answer)
{
	struct lane *at = lane < LANES ? &l->lane[lane] : NULL;

	if (!at || !at->parcel || at->number != number || !at->out ||
	    ((answer == LANES_ABSENT || answer == LANES_UNREAD) && !at->asked))
		return;
	switch (answer) {
	case LANES_ACKED: settle(l, at, SINK_ACKED); break;
	case LANES_ALREADY: settle(l, at, SINK_ALREADY); break;
	case LANES_ABSENT: at->first_ns = 0; break;
	case LANES_UNREAD: // who can never read sends again what may be there: a consumer knows it by its id
		if (++at->unread > l->conf.refusals)
			at->first_ns = at->unread = 0;
		break;
	case LANES_REFUSED: refused(l, at); break;
	case LANES_LATER: break;
	}
	l->newest_first = answer >= LANES_UNREAD && rule_of(lane) == ALL;
	come_back(l, at);
}

uint32_t lanes_late(struct lanes *l, uint64_t since_ns)
{
	uint32_t late = 0;

	for (uint32_t i = 0; l->out && i < LANES; i++)
		if (l->lane[i].out && l->lane[i].sent_ns < since_ns) {
			come_back(l, &l->lane[i]);
			late++;
		}
	return late;
}

uint32_t lanes_overdue(struct lanes *l, uint64_t since_ns)
{
	for (uint32_t i = 0; l->out > l->overdue && i < LANES; i++) {
		struct lane *lane = &l->lane[i];

		if (lane->out && !lane->overdue && lane->sent_ns < since_ns) {
			lane->overdue = true;
			l->overdue++;
		}
	}
	return l->overdue;
}

void lanes_lost(struct lanes *l) { lanes_late(l, UINT64_MAX); }

void lanes_close(struct lanes *l)
{
	spool_close(&l->spool);
	free(l->slot);
	*l = (struct lanes){ 0 };
}
