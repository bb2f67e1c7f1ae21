/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/order_log.h"

#include <stdlib.h>
#include <string.h>

#include "lcore/base/crc32c.h"
#include "lcore/trade/stop_log.h"

_Static_assert(sizeof(struct order_log_head) == 64 && sizeof(struct order_log_record) == 192,
	       "a record is three cache lines");

static uint32_t sum_of(const struct order_log_record *r)
{
	return crc32c(r, offsetof(struct order_log_record, crc));
}

static uint32_t head_sum(const struct order_log_head *h)
{
	return crc32c(h, offsetof(struct order_log_head, crc));
}

size_t order_log_bytes(uint32_t slots, uint32_t stops)
{
	return sizeof(struct order_log_head) + (size_t)slots * sizeof(struct order_log_record) +
	       stop_log_bytes(stops);
}

void *order_log_stops(void *mem, uint32_t slots) { return (char *)mem + order_log_bytes(slots, 0); }

void order_log_format(void *mem, uint32_t slots, uint32_t stops, const char *instance)
{
	struct order_log_head *h = mem;

	memset(mem, 0, order_log_bytes(slots, stops));
	h->magic = ORDER_LOG_MAGIC;
	h->record_bytes = sizeof(struct order_log_record);
	h->slots = slots;
	h->stops = stops;
	memcpy(h->instance, instance, 2);
	h->crc = head_sum(h);
}

bool order_log_whole(const struct order_log_record *r) { return r->seq && r->crc == sum_of(r); }

static bool blank(const struct order_log_record *r)
{
	const uint8_t *at = (const uint8_t *)r;

	for (size_t i = 0; i < sizeof *r; i++)
		if (at[i])
			return false;
	return true;
}

// Between records that were stepped over, too, what is torn is no record.
static void count_damage(struct order_log_view *v)
{
	bool tail = true;

	for (uint32_t i = 0; i < v->slots; i++) {
		const struct order_log_record *r = &v->record[(v->next + i) % v->slots];

		if (order_log_whole(r) || blank(r)) {
			tail = false;
			continue;
		}
		v->torn += tail;
		v->damaged += !tail;
	}
}

const char *order_log_look(const void *mem, size_t bytes, struct order_log_view *v)
{
	const struct order_log_head *h = mem;

	memset(v, 0, sizeof *v);
	if (bytes < sizeof *h || h->magic != ORDER_LOG_MAGIC)
		return "not a journal of orders";
	if (h->crc != head_sum(h) || h->record_bytes != sizeof(struct order_log_record) || !h->slots ||
	    bytes != order_log_bytes(h->slots, h->stops))
		return "a journal of orders whose head or size is damaged";
	v->record = (const struct order_log_record *)(h + 1);
	v->slots = h->slots;
	v->stops = h->stops;
	memcpy(v->instance, h->instance, 2);
	for (uint32_t i = 0; i < v->slots; i++) {
		if (!order_log_whole(&v->record[i]))
			continue;
		v->records++;
		if (v->record[i].seq > v->seq) {
			v->seq = v->record[i].seq;
			v->next = (i + 1) % v->slots;
		}
	}
	count_damage(v);
	return NULL;
}

static const struct order_log_record
	*base; // of the two orders below: at the start, or in a program that ends

static int by_seq(const void *a, const void *b)
{
	const struct order_log_record *x = &base[*(const uint32_t *)a], *y = &base[*(const uint32_t *)b];

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int by_id(const void *a, const void *b)
{
	const struct order_log_record *x = &base[*(const uint32_t *)a], *y = &base[*(const uint32_t *)b];

	return x->id != y->id ? (x->id < y->id ? -1 : 1) : by_seq(a, b);
}

static uint32_t sorted(const struct order_log_view *v, uint32_t *out,
		       int (*order)(const void *, const void *))
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->slots; i++)
		if (order_log_whole(&v->record[i]))
			out[n++] = i;
	base = v->record;
	if (n)
		qsort(out, n, sizeof *out, order);
	return n;
}

uint32_t order_log_sorted(const struct order_log_view *v, uint32_t *out) { return sorted(v, out, by_seq); }

static struct trade_request request_of(const struct order_log_record *r)
{
	return (struct trade_request){ .id = r->id,
				       .symbol = r->symbol,
				       .arrival_ns = r->request.arrival_ns,
				       .close_ts = r->request.close_ts,
				       .price = r->price,
				       .qty = r->qty,
				       .instr = r->instr,
				       .action = r->kind,
				       .venue = r->venue,
				       .side = r->side,
				       .tif = r->tif,
				       .source = r->source,
				       .gate = r->gate,
				       .lcore = r->lcore,
				       .decided_tsc = r->request.decided_tsc };
}

// Takes one record of an order into what is known of it, in the order of their numbers.
static void take(struct order_log_order *o, const struct order_log_record *r, bool *asked, bool *ended)
{
	struct trade_request *rq = &o->request;

	*ended |= r->what == ORDER_LOG_ENDED;
	if (r->what == ORDER_LOG_BOOKED && r->filled > o->filled)
		o->filled = r->filled;
	if (r->what != ORDER_LOG_REQUEST)
		return;
	if (r->kind == TRADE_NEW) {
		*rq = request_of(r);
		*asked = true;
	} else if (r->kind == TRADE_REPLACE && *asked) {
		// Either total may be what is out: the larger one counts.
		rq->qty = r->qty > rq->qty ? r->qty : rq->qty;
		rq->price = r->price ? r->price : rq->price;
	}
}

uint32_t order_log_left(const struct order_log_view *v, uint32_t *scratch, struct order_log_order *out)
{
	uint32_t n = sorted(v, scratch, by_id), left = 0;

	for (uint32_t i = 0; i < n;) {
		uint64_t id = v->record[scratch[i]].id;
		bool asked = false, ended = false;

		out[left].filled = 0;
		for (; i < n && v->record[scratch[i]].id == id; i++)
			take(&out[left], &v->record[scratch[i]], &asked, &ended);
		left += asked && !ended && out[left].filled < out[left].request.qty;
	}
	return left;
}

static int by_symbol(const void *a, const void *b)
{
	const struct order_log_record *x = &base[*(const uint32_t *)a], *y = &base[*(const uint32_t *)b];

	return x->symbol != y->symbol ? (x->symbol < y->symbol ? -1 : 1) : by_seq(a, b);
}

uint32_t order_log_holds(const struct order_log_view *v, uint32_t *scratch, struct order_log_record *out,
			 const struct order_log_record **newest)
{
	uint32_t n = sorted(v, scratch, by_symbol), held = 0;

	*newest = NULL;
	for (uint32_t i = 0; i < n; i++) {
		const struct order_log_record *r = &v->record[scratch[i]];

		if (r->what != ORDER_LOG_BOOKED)
			continue;
		*newest = *newest && (*newest)->seq > r->seq ? *newest : r;
		if (held && out[held - 1].symbol == r->symbol)
			held--;
		out[held++] = *r;
	}
	n = held;
	held = 0;
	for (uint32_t i = 0; i < n; i++)
		if (out[i].booked.position.qty)
			out[held++] = out[i];
	return held;
}

void order_log_map(struct order_log_ring *ring, void *mem, const struct order_log_view *v)
{
	*ring = (struct order_log_ring){ .record = (struct order_log_record *)((struct order_log_head *)mem +
									       1),
					 .slots = v->slots,
					 .seq = v->seq };
}

void order_log_begin(struct order_log *j, struct order_log_ring *ring, const struct order_log_view *v,
		     bool (*open)(void *ctx, uint64_t id),
		     bool (*held)(void *ctx, const struct order_log_record *booked), void *ctx)
{
	*j = (struct order_log){
		.ring = ring, .next = v->next, .seq = v->seq, .open = open, .held = held, .ctx = ctx
	};
	for (uint32_t i = 0; i < v->slots; i++)
		if (v->record[i].what == ORDER_LOG_BOOKED && v->record[i].seq > j->booked_seq &&
		    order_log_whole(&v->record[i]))
			j->booked_seq = v->record[i].seq;
}

// Whether a slot must stay. Replaces stay, too, as long as there is room beside them.
static bool needed(const struct order_log *j, const struct order_log_record *r, uint32_t passed)
{
	if (!r->seq)
		return false;
	if (r->what == ORDER_LOG_BOOKED)
		return r->seq == j->booked_seq || j->held(j->ctx, r);
	if (r->what != ORDER_LOG_REQUEST)
		return false;
	if (r->kind != TRADE_NEW && (r->kind != TRADE_REPLACE || passed > j->ring->slots / 2))
		return false;
	return j->open(j->ctx, r->id);
}

static uint32_t find_slot(const struct order_log *j)
{
	const struct order_log_ring *ring = j->ring;
	uint32_t at = j->next, passed = 0;

	for (; ring->record && passed < ring->slots && needed(j, &ring->record[at], passed); passed++)
		at = (at + 1) % ring->slots;
	return at;
}

// The check sum is written with the rest, last: what is torn by a kill is no record.
static void write(struct order_log_ring *ring, uint32_t at, const struct order_log_record *r)
{
	struct order_log_record *to = &ring->record[at];

	if (unlikely(to->seq >= r->seq) && order_log_whole(to))
		return;
	*to = *r;
	__atomic_store_n(&ring->seq, r->seq, __ATOMIC_RELEASE);
}

static uint64_t put(struct order_log *j, struct order_log_record *r)
{
	uint32_t at = find_slot(j);

	at = j->slot ? j->slot(j->ctx, at) : at;
	r->seq = j->seq + 1;
	r->crc = sum_of(r);
	if (j->ring->record)
		write(j->ring, at, r);
	j->next = (at + 1) % j->ring->slots;
	j->seq = r->seq;
	if (r->what == ORDER_LOG_BOOKED)
		j->booked_seq = r->seq;
	return r->seq;
}

uint64_t order_log_request(struct order_log *j, const struct trade_request *rq, uint64_t now_ns)
{
	struct order_log_record r = { .at_ns = now_ns,
				      .what = ORDER_LOG_REQUEST,
				      .id = rq->id,
				      .symbol = rq->symbol,
				      .request = { rq->arrival_ns, rq->close_ts, rq->decided_tsc },
				      .price = rq->price,
				      .qty = rq->qty,
				      .instr = rq->instr,
				      .lcore = rq->lcore,
				      .kind = rq->action,
				      .venue = rq->venue,
				      .side = rq->side,
				      .tif = rq->tif,
				      .source = rq->source,
				      .gate = rq->gate };

	return put(j, &r);
}

uint64_t order_log_ended(struct order_log *j, uint64_t id, uint8_t state, uint32_t filled, uint64_t now_ns)
{
	struct order_log_record r = {
		.at_ns = now_ns, .what = ORDER_LOG_ENDED, .id = id, .kind = state, .filled = filled
	};

	return put(j, &r);
}

uint64_t order_log_book(struct order_log *j, const struct trade_report *of, uint32_t filled,
			const struct position_book *after, uint64_t now_ns)
{
	struct order_log_record r = { .at_ns = now_ns,
				      .what = ORDER_LOG_BOOKED,
				      .id = of->id,
				      .symbol = of->symbol,
				      .price = of->price,
				      .qty = of->qty,
				      .instr = of->instr,
				      .filled = filled,
				      .kind = of->kind,
				      .venue = of->venue,
				      .side = of->side,
				      .tif = of->tif,
				      .source = of->source,
				      .gate = of->gate };

	position_keep(after, of->instr, &r.booked.position, &r.booked.sums);
	r.booked.fill_id = of->fill_id;
	return put(j, &r);
}

uint64_t order_log_again(struct order_log *j, const struct order_log_record *r)
{
	struct order_log_record again = *r;

	return put(j, &again);
}
