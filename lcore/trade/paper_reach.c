/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/trade/paper_parts.h"

// Real shares stand before the order: what reaches it locks or crosses the real book, which shows that the
// venue is not matching.
static bool preceded(const struct paper_leg *leg, const struct paper_order *o)
{
	return o->ahead || paper_best(leg, o->side) > paper_key(o);
}

void paper_reach(struct paper *p, struct paper_leg *leg, uint64_t ts_ns, const struct paper_new *n)
{
	const struct paper_evidence by = { .ts_ns = ts_ns, .kind = EVIDENCE_C };
	uint8_t side = paper_opposite(n->side);
	int64_t key = book_key(side, n->price), old_key = book_key(side, n->old_price);
	struct paper_order *o = paper_first(p, leg, side), *next;
	uint64_t used = 0;

	if (!paper_open(p, leg))
		return;
	for (; o && paper_key(o) >= key; o = next) {
		uint64_t whole = n->had && paper_key(o) >= old_key ? n->growth : n->whole;

		next = paper_order_at(p, o->next);
		if (o->unknown || whole <= used)
			continue;
		if (preceded(leg, o)) {
			LEDGER_INC(p->ledger, paper_queue_breaks);
			continue;
		}
		uint64_t left = whole - used;
		uint32_t qty = left < paper_leaves(o) ? (uint32_t)left : paper_leaves(o);

		if (!paper_take_add(p, leg, n->side, n->price, qty))
			continue;
		used += qty;
		paper_report_fill(p, leg, o, o->limit, qty, &by);
		paper_line_done(p, leg, o);
	}
}
