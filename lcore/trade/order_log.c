/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/order_log.h"

#include <stdlib.h>
#include <string.h>

#include "lcore/base/crc32c.h"

_Static_assert(sizeof(struct order_log_head) == 64 && sizeof(struct order_log_record) == 128,
	       "a record is two cache lines");

static uint32_t sum_of(const struct order_log_record *r)
{
	return crc32c(r, offsetof(struct order_log_record, crc));
}

static uint32_t head_sum(const struct order_log_head *h)
{
	return crc32c(h, offsetof(struct order_log_head, crc));
}

size_t order_log_bytes(uint32_t slots)
{
	return sizeof(struct order_log_head) + (size_t)slots * sizeof(struct order_log_record);
}

void order_log_format(void *mem, uint32_t slots, const char *instance)
{
	struct order_log_head *h = mem;

	memset(mem, 0, order_log_bytes(slots));
	h->magic = ORDER_LOG_MAGIC;
	h->record_bytes = sizeof(struct order_log_record);
	h->slots = slots;
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
	    bytes != order_log_bytes(h->slots))
		return "a journal of orders whose head or size is damaged";
	v->record = (const struct order_log_record *)(h + 1);
	v->slots = h->slots;
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
				       .arrival_ns = r->arrival_ns,
				       .close_ts = r->close_ts,
				       .price = r->price,
				       .qty = r->qty,
				       .instr = r->instr,
				       .action = r->action,
				       .venue = r->venue,
				       .side = r->side,
				       .tif = r->tif,
				       .source = r->source,
				       .gate = r->gate,
				       .lcore = r->lcore,
				       .decided_tsc = r->decided_tsc };
}

uint32_t order_log_left(const struct order_log_view *v, uint32_t *scratch, struct trade_request *out)
{
	uint32_t n = sorted(v, scratch, by_id), left = 0;

	for (uint32_t i = 0; i < n;) {
		uint64_t id = v->record[scratch[i]].id;
		bool asked = false, ended = false;

		for (; i < n && v->record[scratch[i]].id == id; i++) {
			const struct order_log_record *r = &v->record[scratch[i]];

			ended |= r->what == ORDER_LOG_ENDED;
			if (r->what == ORDER_LOG_REQUEST && r->action == TRADE_NEW) {
				out[left] = request_of(r);
				asked = true;
			} else if (r->what == ORDER_LOG_REQUEST && r->action == TRADE_REPLACE && asked) {
				// Either total may be what is out: the larger one counts.
				out[left].qty = r->qty > out[left].qty ? r->qty : out[left].qty;
				out[left].price = r->price ? r->price : out[left].price;
			}
		}
		left += asked && !ended;
	}
	return left;
}

void order_log_begin(struct order_log *j, void *mem, const struct order_log_view *v,
		     bool (*open)(void *ctx, uint64_t id), void *ctx)
{
	*j = (struct order_log){ .record = (struct order_log_record *)((struct order_log_head *)mem + 1),
				 .slots = v->slots,
				 .next = v->next,
				 .seq = v->seq,
				 .open = open,
				 .ctx = ctx };
}

// Whether a slot must stay. Replaces stay, too, as long as there is room beside them.
static bool needed(const struct order_log *j, const struct order_log_record *r, uint32_t passed)
{
	if (!r->seq || r->what != ORDER_LOG_REQUEST)
		return false;
	if (r->action != TRADE_NEW && (r->action != TRADE_REPLACE || passed > j->slots / 2))
		return false;
	return j->open(j->ctx, r->id);
}

// The check sum is written with the rest, last: what is torn by a kill is no record.
static void put(struct order_log *j, struct order_log_record *r)
{
	uint32_t passed = 0;

	while (passed < j->slots && needed(j, &j->record[j->next], passed)) {
		j->next = (j->next + 1) % j->slots;
		passed++;
	}
	r->seq = j->seq + 1;
	r->crc = sum_of(r);
	j->record[j->next] = *r;
	j->next = (j->next + 1) % j->slots;
	__atomic_store_n(&j->seq, r->seq, __ATOMIC_RELEASE);
}

void order_log_request(struct order_log *j, const struct trade_request *rq, uint64_t now_ns)
{
	struct order_log_record r = { .at_ns = now_ns,
				      .what = ORDER_LOG_REQUEST,
				      .id = rq->id,
				      .symbol = rq->symbol,
				      .arrival_ns = rq->arrival_ns,
				      .close_ts = rq->close_ts,
				      .price = rq->price,
				      .decided_tsc = rq->decided_tsc,
				      .qty = rq->qty,
				      .instr = rq->instr,
				      .lcore = rq->lcore,
				      .action = rq->action,
				      .venue = rq->venue,
				      .side = rq->side,
				      .tif = rq->tif,
				      .source = rq->source,
				      .gate = rq->gate };

	put(j, &r);
}

void order_log_ended(struct order_log *j, uint64_t id, uint8_t state, uint32_t filled, uint64_t now_ns)
{
	struct order_log_record r = {
		.at_ns = now_ns, .what = ORDER_LOG_ENDED, .id = id, .state = state, .filled = filled
	};

	put(j, &r);
}
