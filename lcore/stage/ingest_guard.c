/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_guard.c: what the keeper of the books does live for orders of ours beside answering them.
#include <stdio.h>

#include "lcore/stage/ingest_parts.h"

// Who does not poll cannot cancel either: what rests is cancelled here, and nothing is entered until an
// operator has looked.
static void look_at_desk(struct ingest *in, const struct lcore *desk, uint64_t now_ns)
{
	struct ingest_paper *p = in->paper;
	const struct lcore_shared *s = desk->shared;
	char reason[120];

	if (!*(volatile const bool *)&s->launched || *(volatile const bool *)&s->done)
		return;
	if (!hang_look(&p->desk_hang, __atomic_load_n(&s->polls, __ATOMIC_RELAXED), now_ns,
		       in->lcore->plant->conf->orders.heartbeat_ns))
		return;
	uint32_t n = paper_cancel_all(&p->paper, p->message_ns);

	LEDGER_ADD(&in->shared->ledger, orders_cancelled_alone, n);
	snprintf(reason, sizeof reason, "lcore %s has not polled for %.1f s: %u open orders cancelled",
		 desk->name, (double)p->desk_hang.silent_ns / 1e9, n);
	lcore_raise(in->lcore, LATCH_REDUCE, LATCH_HEARTBEAT, reason);
}

void ingest_guard(struct ingest *in, uint64_t now_tsc)
{
	const struct plant *plant = in->lcore->plant;

	if (in->paper->plant->desk && in->echo.n_back)
		look_at_desk(in, plant->lcore[in->echo.back[0]->from], clock_ns(&plant->clock, now_tsc));
}

// Who stops the run does not want its orders to rest on without it. At the last moment, so that none comes
// later.
void ingest_guard_end(struct ingest *in)
{
	struct ingest_paper *p = in->paper;
	const struct plant *plant = in->lcore->plant;

	if (plant->replay || !plant->stop || plant->abort)
		return;
	LEDGER_ADD(&in->shared->ledger, orders_cancelled_end, paper_cancel_all(&p->paper, p->message_ns));
}

// The view that is being told: rows go by eights.
static void put(struct ingest *in, const struct trade_row *row)
{
	struct trade_view *v = &in->elem.view;

	v->row[v->n++] = *row;
	if (v->n < TRADE_ROWS && v->at + v->n < v->n_rows)
		return;
	ingest_push_desk(in, LINK_VIEW);
	v->at += v->n;
	v->n = 0;
}

static uint32_t count(const struct ingest_paper *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->paper.n_legs; i++)
		n += p->paper.leg[i].n_orders + (p->held[i].execs != 0);
	return n;
}

static void put_orders(struct ingest *in, const struct paper_leg *leg)
{
	for (int side = 0; side < 2; side++)
		for (uint32_t at = leg->line[side]; at; at = in->paper->paper.order[at - 1].next) {
			const struct paper_order *o = &in->paper->paper.order[at - 1];

			put(in, &(struct trade_row){ .kind = TRADE_ROW_ORDER,
						     .key = o->id,
						     .symbol = o->symbol,
						     .qty = o->filled,
						     .n = o->total - o->filled,
						     .state = o->state,
						     .venue = leg->venue });
		}
}

// All of it at one moment, behind all reports of before: what is compared with it has heard these.
void ingest_view(struct ingest *in, const struct trade_request *rq)
{
	struct ingest_paper *p = in->paper;

	in->elem.view = (struct trade_view){ .pass = rq->id,
					     .n_rows = count(p),
					     .theirs = 1,
					     .keeper = (uint8_t)rq->instr,
					     .keepers = (uint8_t)rq->qty };
	if (!in->elem.view.n_rows)
		ingest_push_desk(in, LINK_VIEW);
	for (uint32_t i = 0; i < p->paper.n_legs; i++) {
		const struct paper_leg *leg = &p->paper.leg[i];

		put_orders(in, leg);
		if (p->held[i].execs)
			put(in, &(struct trade_row){ .kind = TRADE_ROW_POSITION,
						     .key = leg->symbol,
						     .symbol = leg->symbol,
						     .qty = p->held[i].net,
						     .n = p->held[i].execs,
						     .venue = leg->venue });
	}
}
