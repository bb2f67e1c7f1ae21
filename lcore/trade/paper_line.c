/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/paper_parts.h"

struct paper_order *paper_line_take(struct paper *p)
{
	uint32_t index = p->order_free;

	if (index)
		p->order_free = p->order[index - 1].next;
	else if (p->order_bump < p->conf.orders)
		index = ++p->order_bump;
	else
		return NULL;
	p->order[index - 1] = (struct paper_order){ 0 };
	return &p->order[index - 1];
}

void paper_line_give(struct paper *p, struct paper_order *o)
{
	o->next = p->order_free;
	p->order_free = (uint32_t)(o - p->order) + 1;
}

void paper_line_join(struct paper *p, struct paper_leg *leg, struct paper_order *o)
{
	uint32_t *link = &leg->line[book_index(o->side)];

	while (*link && paper_key(&p->order[*link - 1]) >= paper_key(o))
		link = &p->order[*link - 1].next;
	o->next = *link;
	*link = (uint32_t)(o - p->order) + 1;
	leg->n_orders++;
}

void paper_line_leave(struct paper *p, struct paper_leg *leg, struct paper_order *o)
{
	uint32_t *link = &leg->line[book_index(o->side)];

	while (&p->order[*link - 1] != o)
		link = &p->order[*link - 1].next;
	*link = o->next;
	leg->n_orders--;
}

struct paper_order *paper_line_find(const struct paper *p, const struct paper_leg *leg, uint64_t id)
{
	for (int side = 0; side < 2; side++)
		for (struct paper_order *o = paper_order_at(p, leg->line[side]); o;
		     o = paper_order_at(p, o->next))
			if (o->id == id)
				return o;
	return NULL;
}

void paper_line_done(struct paper *p, struct paper_leg *leg, struct paper_order *o)
{
	if (paper_leaves(o))
		return;
	paper_line_leave(p, leg, o);
	paper_line_give(p, o);
}

void paper_line_forget(struct paper *p, struct paper_leg *leg)
{
	for (int side = 0; side < 2; side++)
		for (struct paper_order *o = paper_order_at(p, leg->line[side]); o;
		     o = paper_order_at(p, o->next)) {
			LEDGER_ADD(p->ledger, paper_queue_unknown, !o->unknown);
			o->unknown = true;
		}
}
