/* SPDX-License-Identifier: BSD-3-Clause */
// dealer_way.c: who keeps a book, and the link by which it is asked.
#include <rte_cycles.h>

#include "lcore/stage/dealer.h"

uint16_t dealer_keeper_of(const struct dealer *o, const struct trade_request *rq)
{
	uint8_t keeper = o->instr[rq->instr].keeper[rq->venue];

	// Live it may have been told over a full link: the owner knows whether it is its own.
	return keeper ? keeper - 1 : o->lcore->plant->replay ? TRADE_NO_LCORE : o->owner;
}

// What nobody keeps is refused by the owner.
struct link *dealer_way(const struct dealer *o, const struct trade_request *rq)
{
	const struct lcore *l = o->lcore;
	uint16_t lcore = dealer_keeper_of(o, rq);

	lcore = lcore == TRADE_NO_LCORE ? o->owner : lcore;
	for (int i = 0; i < l->n_out; i++)
		if (l->out[i]->back && l->out[i]->to == lcore)
			return l->out[i];
	return NULL;
}

// For the keeper of the book that the stop watches, which has seen no fill of what was adopted or restored.
// Without room in the link it is sent with the next row.
void dealer_tell_keeper(struct dealer *o, uint32_t instr)
{
	struct link_elem elem = { .stream = LINK_REQUEST, .pushed_tsc = rte_rdtsc() };
	int64_t qty = o->instr[instr].untold;

	elem.request = (struct trade_request){ .symbol = o->desk.instr[instr].symbol,
					       .action = TRADE_ADOPTED,
					       .qty = (uint32_t)(qty < 0 ? -qty : qty),
					       .side = qty < 0 ? SIDE_SELL : SIDE_BUY,
					       .venue = o->conf.desk.exit_venue,
					       .instr = instr };
	struct link *way = dealer_way(o, &elem.request);

	elem.request.lcore = dealer_keeper_of(o, &elem.request);
	if (!way || !lcore_room(o->lcore, way))
		return;
	link_push(way, &elem);
	o->instr[instr].untold = 0;
}

// Stops hear of the position before its touch.
void dealer_without_fill(struct dealer *o, uint32_t instr, int64_t qty)
{
	o->instr[instr].adopted += qty;
	o->instr[instr].execs--; // the desk has said that it has changed
	o->instr[instr].untold += qty;
	dealer_tell_keeper(o, instr);
}
