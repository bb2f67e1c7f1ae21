/* SPDX-License-Identifier: BSD-3-Clause */
// paper_take.c: taking displayed shares. The real book does not change for us, so what of a level was taken
// is remembered until the level has gone: nobody takes the same shares twice.
#include "lcore/trade/paper_parts.h"

static uint32_t *find(const struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price)
{
	uint32_t *link = &leg->taken;

	while (*link && (p->taken[*link - 1].price != price || p->taken[*link - 1].side != side))
		link = &p->taken[*link - 1].next;
	return link;
}

static void give(struct paper *p, uint32_t *link)
{
	uint32_t index = *link;

	*link = p->taken[index - 1].next;
	p->taken[index - 1].next = p->taken_free;
	p->taken_free = index;
}

uint64_t paper_take_taken(const struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price)
{
	uint32_t index = *find(p, leg, side, price);

	return index ? p->taken[index - 1].qty : 0;
}

bool paper_take_add(struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price, uint64_t qty)
{
	uint32_t *link = find(p, leg, side, price), index = *link;

	if (index) {
		p->taken[index - 1].qty += qty;
		return true;
	}
	index = p->taken_free;
	if (index)
		p->taken_free = p->taken[index - 1].next;
	else if (p->taken_bump < p->conf.taken)
		index = ++p->taken_bump;
	if (!index) {
		LEDGER_INC(p->ledger, paper_no_room);
		return false;
	}
	p->taken[index - 1] = (struct paper_taken){ .price = price, .qty = qty, .side = side };
	*link = index;
	return true;
}

static void cap(struct paper *p, uint32_t *link, uint64_t size)
{
	if (!size)
		give(p, link);
	else if (p->taken[*link - 1].qty > size)
		p->taken[*link - 1].qty = size;
}

void paper_take_cap(struct paper *p, struct paper_leg *leg, uint8_t side, int64_t price, uint64_t size)
{
	uint32_t *link = find(p, leg, side, price);

	if (*link)
		cap(p, link, size);
}

void paper_take_caps(struct paper *p, struct paper_leg *leg)
{
	for (uint32_t *link = &leg->taken; *link;) {
		uint32_t index = *link;
		const struct paper_taken *t = &p->taken[index - 1];

		cap(p, link, paper_size(leg, t->side, t->price));
		if (*link == index)
			link = &p->taken[index - 1].next;
	}
}

void paper_take_clear(struct paper *p, struct paper_leg *leg)
{
	while (leg->taken)
		give(p, &leg->taken);
}

// The next price that an arriving order meets, worse than key: displayed, or of an order of ours.
struct step {
	int64_t key;
	uint64_t size;            // displayed
	struct paper_order *mine; // the oldest there; NULL: none
};

static struct step next(const struct paper *p, const struct paper_leg *leg, uint8_t side, int64_t key)
{
	struct level level = { LEVELS_NO_PRICE, 0 };
	struct paper_order *mine = paper_first(p, leg, side);

	if (leg->book)
		level = levels_after(leg->levels, &leg->book->side[book_index(side)], key);
	while (mine && paper_key(mine) >= key)
		mine = paper_order_at(p, mine->next);
	if (mine && paper_key(mine) > level.price)
		return (struct step){ paper_key(mine), 0, mine };
	if (mine && paper_key(mine) < level.price)
		mine = NULL;
	return (struct step){ level.price, level.qty, mine };
}

// Of the shares at a price those that nobody of us has taken; before an order of ours only those that stand
// before it.
static uint64_t available(const struct paper *p, struct paper_leg *leg, uint8_t side, const struct step *s)
{
	uint64_t size = s->size, taken = paper_take_taken(p, leg, side, book_key(side, s->key));

	if (s->mine && (s->mine->unknown || s->mine->ahead == PAPER_NONE))
		return 0;
	if (s->mine && s->mine->ahead < size)
		size = s->mine->ahead;
	return size > taken ? size - taken : 0;
}

uint32_t paper_take(struct paper *p, struct paper_leg *leg, struct paper_order *o, uint64_t ts_ns, bool *self)
{
	const struct paper_evidence by = { .ts_ns = ts_ns, .kind = EVIDENCE_TAKE };
	uint8_t side = paper_opposite(o->side);
	uint32_t got = 0;
	int64_t key = INT64_MAX;

	*self = false;
	while (paper_leaves(o)) {
		struct step s = next(p, leg, side, key);

		if ((!s.size && !s.mine) ||
		    (o->limit && book_key(o->side, book_key(side, s.key)) > paper_key(o)))
			break;
		int64_t price = book_key(side, s.key);
		uint64_t have = available(p, leg, side, &s);
		uint32_t qty = have < paper_leaves(o) ? (uint32_t)have : paper_leaves(o);

		if (qty && paper_take_add(p, leg, side, price, qty)) {
			paper_report_fill(p, leg, o, price, qty, &by);
			got += qty;
		}
		if (s.mine && paper_leaves(o)) {
			*self = true;
			break;
		}
		key = s.key;
	}
	return got;
}
