/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/order.h"

#define NONE UINT32_MAX

enum { NO, YES };

const char *const order_surprise_name[ORDER_SURPRISES] = {
#define SURPRISE(NAME, halts, text) #NAME,
#include "lcore/trade/order.def"
#undef SURPRISE
};
const char *const order_surprise_text[ORDER_SURPRISES] = {
#define SURPRISE(NAME, halts, text) text,
#include "lcore/trade/order.def"
#undef SURPRISE
};
const bool order_surprise_halts[ORDER_SURPRISES] = {
#define SURPRISE(NAME, halts, text) halts,
#include "lcore/trade/order.def"
#undef SURPRISE
};
const char *const order_engine_name[ENGINE_STATES] = { "flat", "armed",   "entering",
						       "open", "exiting", "cool-down" };

// A power of two for a load of a half at most.
static uint32_t slots(uint32_t n)
{
	uint32_t s = 4;

	while (s < 2 * n)
		s *= 2;
	return s;
}

size_t order_bytes(const struct order_conf *c)
{
	return line_bytes(c->orders * sizeof(struct own_order)) +
	       line_bytes(slots(c->orders) * sizeof(uint32_t)) +
	       line_bytes(c->instruments * sizeof(uint32_t)) +
	       line_bytes(c->seen_lines * sizeof(struct order_seen));
}

static void *carve(char **mem, size_t bytes)
{
	void *at = *mem;

	*mem += line_bytes(bytes);
	return at;
}

void order_init(struct order_table *t, const struct order_conf *c, void *mem)
{
	char *at = mem;

	*t = (struct order_table){ .max = c->orders,
				   .mask = slots(c->orders) - 1,
				   .seen_mask = c->seen_lines - 1,
				   .instruments = c->instruments,
				   .open = NONE,
				   .free_first = c->orders ? 0 : NONE,
				   .free_last = c->orders ? c->orders - 1 : NONE,
				   .n_free = c->orders,
				   .base = (uint64_t)c->boot << 37 };
	t->order = carve(&at, c->orders * sizeof *t->order);
	t->slot = carve(&at, slots(c->orders) * sizeof *t->slot);
	t->head = carve(&at, c->instruments * sizeof *t->head);
	t->seen = carve(&at, c->seen_lines * sizeof *t->seen);
	for (uint32_t i = 0; i < c->orders; i++)
		t->order[i].next = i + 1 < c->orders ? i + 1 : NONE;
	for (uint32_t i = 0; i < c->instruments; i++)
		t->head[i] = NONE;
	order_day(t, c->day);
}

void order_day(struct order_table *t, int32_t day)
{
	t->base = (t->base & ((UINT64_C(1) << 48) - 1)) | (uint64_t)((uint32_t)day % (ORDER_DAY_MAX + 1))
								  << 48;
}

uint64_t order_ids_left(const struct order_table *t) { return t->n_free ? ORDER_COUNT_MAX - t->count : 0; }

uint64_t order_id(struct order_table *t) { return t->base | ++t->count; }

static void base36(uint64_t v, char *out, int digits)
{
	while (digits--) {
		out[digits] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % 36];
		v /= 36;
	}
}

size_t order_id_text(const char *instance, uint64_t id, char out[ORDER_ID_BYTES])
{
	out[0] = instance[0];
	out[1] = instance[1];
	base36(id >> 48, out + 2, 3);
	base36(id >> 37 & 2047, out + 5, 2);
	base36(id & ((UINT64_C(1) << 37) - 1), out + 7, 7);
	out[14] = 0;
	return 14;
}

static uint32_t home(uint64_t id, uint32_t mask)
{
	return (uint32_t)(id * UINT64_C(0x9E3779B97F4A7C15) >> 32) & mask;
}

struct own_order *order_find(const struct order_table *t, uint64_t id)
{
	for (uint32_t i = home(id, t->mask); t->slot[i]; i = (i + 1) & t->mask)
		if (t->order[t->slot[i] - 1].id == id)
			return &t->order[t->slot[i] - 1];
	return NULL;
}

// Removes an id and moves up what its place had displaced, so that searches stay short.
static void unhash(struct order_table *t, uint64_t id)
{
	uint32_t hole = home(id, t->mask), i;

	while (t->slot[hole] && t->order[t->slot[hole] - 1].id != id)
		hole = (hole + 1) & t->mask;
	if (!t->slot[hole])
		return;
	for (i = (hole + 1) & t->mask; t->slot[i]; i = (i + 1) & t->mask) {
		uint32_t want = home(t->order[t->slot[i] - 1].id, t->mask);

		if (((i - want) & t->mask) < ((i - hole) & t->mask))
			continue;
		t->slot[hole] = t->slot[i];
		hole = i;
	}
	t->slot[hole] = 0;
}

static void hash(struct order_table *t, uint64_t id, uint32_t place)
{
	uint32_t i = home(id, t->mask);

	while (t->slot[i])
		i = (i + 1) & t->mask;
	t->slot[i] = place + 1;
}

static void list(struct order_table *t, uint32_t place)
{
	struct own_order *o = &t->order[place];

	o->prev = o->instr_prev = NONE;
	o->next = t->open;
	o->instr_next = t->head[o->instr];
	if (o->next != NONE)
		t->order[o->next].prev = place;
	if (o->instr_next != NONE)
		t->order[o->instr_next].instr_prev = place;
	t->open = t->head[o->instr] = place;
	t->n_open++;
}

static void unlist(struct order_table *t, uint32_t place)
{
	struct own_order *o = &t->order[place];

	if (o->prev == NONE)
		t->open = o->next;
	else
		t->order[o->prev].next = o->next;
	if (o->next != NONE)
		t->order[o->next].prev = o->prev;
	if (o->instr_prev == NONE)
		t->head[o->instr] = o->instr_next;
	else
		t->order[o->instr_prev].instr_next = o->instr_next;
	if (o->instr_next != NONE)
		t->order[o->instr_next].instr_prev = o->instr_prev;
	t->n_open--;
	o->next = NONE; // to the end of the free places: it can be found for as long as possible
	if (t->free_last == NONE)
		t->free_first = place;
	else
		t->order[t->free_last].next = place;
	t->free_last = place;
	t->n_free++;
}

static struct own_order *take(struct order_table *t, const struct trade_request *rq, uint64_t id,
			      enum risk_who who, uint64_t now_ns)
{
	uint32_t place = t->free_first;
	struct own_order *o = &t->order[place];

	t->free_first = o->next;
	if (t->free_first == NONE)
		t->free_last = NONE;
	t->n_free--;
	if (o->id)
		unhash(t, o->id);
	*o = (struct own_order){ .id = id,
				 .symbol = rq->symbol,
				 .close_ts = rq->close_ts,
				 .decided_ns = now_ns,
				 .price = rq->price,
				 .instr = rq->instr,
				 .total = rq->qty,
				 .reserved = rq->qty,
				 .state = STATE_NEW,
				 .side = rq->side,
				 .venue = rq->venue,
				 .tif = rq->tif,
				 .source = rq->source,
				 .gate = rq->gate,
				 .who = (uint8_t)who };
	hash(t, o->id, place);
	list(t, place);
	return o;
}

struct own_order *order_open(struct order_table *t, const struct trade_request *rq, enum risk_who who,
			     uint64_t now_ns)
{
	return take(t, rq, order_id(t), who, now_ns);
}

struct own_order *order_recall(struct order_table *t, const struct trade_request *rq, uint32_t filled,
			       uint64_t now_ns)
{
	struct own_order *o = take(t, rq, rq->id, RISK_ENTRY, now_ns);

	o->state = STATE_UNKNOWN;
	o->filled = filled;
	order_reserve(o);
	return o;
}

void order_sent(struct own_order *o, uint64_t now_ns)
{
	o->sent_ns = now_ns;
	if (o->state == STATE_NEW)
		o->state = STATE_SENT;
}

void order_cancelling(struct own_order *o, uint64_t now_ns)
{
	o->flight |= ORDER_CANCELLING;
	o->flight_ns = now_ns;
	o->cancels += o->cancels < UINT8_MAX;
}

// Either total may be what is alive until the answer: the larger one counts.
static uint32_t wanted(const struct own_order *o)
{
	uint32_t total = o->flight & ORDER_REPLACING && o->asked_total > o->total ? o->asked_total : o->total;

	return order_is_open(o) && total > o->filled ? total - o->filled : 0;
}

int64_t order_reserve(struct own_order *o)
{
	uint32_t was = o->reserved;

	o->reserved = wanted(o);
	return (int64_t)was - o->reserved;
}

int64_t order_replacing(struct own_order *o, uint32_t total, int64_t price, uint64_t now_ns)
{
	o->flight |= ORDER_REPLACING;
	o->flight_ns = now_ns;
	o->asked_total = total;
	o->asked_price = price;
	o->reprices += o->reprices < UINT8_MAX;
	return order_reserve(o);
}

int64_t order_end(struct order_table *t, struct own_order *o, enum trade_state state, char reason)
{
	o->state = (uint8_t)state;
	o->flight = 0;
	o->reason = reason;
	unlist(t, (uint32_t)(o - t->order));
	return order_reserve(o);
}
