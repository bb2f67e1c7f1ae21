/* SPDX-License-Identifier: BSD-3-Clause */
// paper_behind.c: which resting orders of the market came after ours. One set a leg: a reference that begins
// to rest at a price where an order of ours rests gets the leg's next number, and is behind all orders of
// ours that have a lower one. What is not in the set rests from before them.
#include "lcore/trade/paper_parts.h"

static uint32_t *bucket_of(struct paper_leg *leg, uint64_t ref)
{
	return &leg->bucket[(ref * UINT64_C(0x9E3779B97F4A7C15)) >> 32 & (PAPER_REF_BUCKETS - 1)];
}

// Returns the link to the reference, or to the end of its bucket.
static uint32_t *find(const struct paper *p, struct paper_leg *leg, uint64_t ref)
{
	uint32_t *link = bucket_of(leg, ref);

	while (*link && p->ref[*link - 1].ref != ref)
		link = &p->ref[*link - 1].next;
	return link;
}

static uint32_t take(struct paper *p)
{
	uint32_t index = p->ref_free;

	if (!index)
		return p->ref_bump < p->conf.refs ? ++p->ref_bump : 0;
	p->ref_free = p->ref[index - 1].next;
	return index;
}

static void give(struct paper *p, uint32_t *link)
{
	uint32_t index = *link;

	*link = p->ref[index - 1].next;
	p->ref[index - 1].next = p->ref_free;
	p->ref_free = index;
}

static struct paper_order *first_at(const struct paper *p, const struct paper_leg *leg, uint8_t side,
				    int64_t price)
{
	struct paper_order *o = paper_first(p, leg, side);

	while (o && paper_key(o) > book_key(side, price))
		o = paper_order_at(p, o->next);
	return o && o->limit == price ? o : NULL;
}

void paper_behind_join(struct paper *p, struct paper_leg *leg, uint64_t ref, uint8_t side, int64_t price)
{
	struct paper_order *o = first_at(p, leg, side, price);

	if (!o)
		return;
	uint32_t *link = find(p, leg, ref);

	if (!*link && (*link = take(p)))
		p->ref[*link - 1] = (struct paper_ref){ .ref = ref };
	struct paper_ref none = { 0 }, *r = *link ? &p->ref[*link - 1] : &none;

	*r = (struct paper_ref){ .ref = ref, .seq = ++leg->seq, .from = UINT64_MAX, .next = r->next };
	for (; o && o->limit == price; o = paper_order_at(p, o->next)) {
		o->lost = o->lost || !*link;
		if (!*link || o->n_behind == PAPER_BEHIND_MAX) {
			LEDGER_INC(p->ledger, paper_queue_approx);
			continue;
		}
		o->n_behind++;
		r->from = o->seq < r->from ? o->seq : r->from;
		r->to = o->seq > r->to ? o->seq : r->to;
	}
}

const struct paper_ref *paper_behind_find(const struct paper *p, struct paper_leg *leg, uint64_t ref)
{
	uint32_t index = *find(p, leg, ref);

	return index ? &p->ref[index - 1] : NULL;
}

void paper_behind_gone(struct paper *p, struct paper_leg *leg, uint64_t ref, uint8_t side, int64_t price)
{
	uint32_t *link = find(p, leg, ref);

	if (!*link)
		return;
	for (struct paper_order *o = first_at(p, leg, side, price); o && o->limit == price;
	     o = paper_order_at(p, o->next))
		o->n_behind -= paper_behind_kept(&p->ref[*link - 1], o);
	give(p, link);
}

void paper_behind_clear(struct paper *p, struct paper_leg *leg)
{
	for (unsigned i = 0; i < PAPER_REF_BUCKETS; i++)
		while (leg->bucket[i])
			give(p, &leg->bucket[i]);
	for (int side = 0; side < 2; side++)
		for (struct paper_order *o = paper_order_at(p, leg->line[side]); o;
		     o = paper_order_at(p, o->next))
			o->n_behind = 0;
}
