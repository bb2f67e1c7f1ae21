/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_orders.c: requests come back from the stage that decides, and in a replay they are waited for.
#include "lcore/model/chan_quiet.h"
#include "lcore/stage/ingest_parts.h"

enum { TAKE = 32, ALL = 1 << 20 };

static void take_one(struct ingest *in, const struct link_elem *elem)
{
	if (elem->stream == LINK_ECHO)
		echo_answered(&in->echo, elem->note);
	else if (elem->stream == LINK_REQUEST && in->paper)
		ingest_paper_request(in, &elem->request);
}

unsigned ingest_orders_take(struct ingest *in)
{
	unsigned work = 0;

	for (unsigned i = 0; i < in->echo.n_back; i++) {
		unsigned n = TAKE;
		const struct link_elem *elem = link_peek(in->echo.back[i], &n);

		if (!elem)
			continue;
		for (unsigned k = 0; k < n; k++)
			take_one(in, &elem[k]);
		link_taken(in->echo.back[i], n);
		work += n;
	}
	if (in->n_marks && !echo_waits(&in->echo)) {
		unsigned at = in->mark_at;

		in->mark_at = (at + 1) % MARKS_MAX;
		in->n_marks--;
		ingest_mark(in, in->mark[at].close_ts, in->mark[at].last);
		work++;
	}
	return work;
}

bool ingest_orders_settled(struct ingest *in)
{
	while (ingest_orders_take(in))
		;
	return !echo_waits(&in->echo) && !in->n_marks;
}

// The clock that a message carries may make a close due whose orders stand before this message: it is applied
// without the rest, once.
void ingest_orders_clock(struct ingest *in, struct event *ev, const uint64_t *rx_ns)
{
	struct event clock = *ev;

	if (!(ev->flags & EVF_CLOCK))
		return;
	clock.kind = EV_ADMIN;
	clock.instr =
		INSTR_NONE; // says nothing of an instrument yet: requests of before it may not all be here
	clock.detail = 0;
	clock.flags &= EVF_CLOCK | EVF_PACKET;
	engine_apply(&in->engine, &clock, 1, rx_ns);
	ev->flags &= (uint16_t)~EVF_CLOCK;
}

void ingest_orders_seal(struct ingest *in)
{
	while (!in->engine.none_due && ingest_seal(in, ALL))
		;
}

// What a silence makes due is due before the event that shows it, as the position of a mark must not depend
// on whose event that is.
bool ingest_orders_judge(struct ingest *in, uint64_t rx_ns)
{
	if (likely(rx_ns <= in->engine.silence_check_ns))
		return true;
	if (!ingest_orders_settled(in))
		return false;
	chan_silence(&in->engine, rx_ns, false);
	ingest_orders_seal(in);
	return ingest_orders_settled(in);
}

// Its clock makes a second due: rows and mark go out before the event, wherever a burst was cut. What a clock
// without a time makes due shows when it is applied, and what goes on without a channel that has ended, too.
bool ingest_orders_due(const struct ingest *in, const struct event *ev)
{
	return ((ev->kind == EV_CLOCK || ev->flags & EVF_CLOCK) &&
		ev->ts_ns >= in->engine.chan[ev->channel].next_due_ns) ||
	       (ev->kind == EV_CLOCK && !ev->ts_ns) || ev->kind == EV_END;
}

// The first event in hand makes something due, or is later than an order may arrive. Returns 1 when it may be
// applied. A mark is not to find a question open: what comes after its position waits for it.
static __attribute__((noinline)) unsigned settle(struct ingest *in, struct event *ev, const uint64_t *rx_ns)
{
	if (ingest_orders_due(in, ev) && !ingest_orders_settled(in))
		return 0;
	if (ev->kind == EV_CLOCK)
		return 1;
	ingest_orders_clock(in, ev, rx_ns);
	ingest_orders_seal(in);
	return ingest_orders_settled(in) || (!in->n_marks && ev->ts_ns <= in->echo.limit_ns) ? 1 : 0;
}

// An event that may ask by itself, which may hold up the very next one: of an instrument with orders or a
// position of ours, and a print where gates look at sweeps.
bool ingest_orders_asks(const struct ingest *in, const struct event *ev)
{
	const struct ingest_paper *p = in->paper;

	if (in->engine.conf.sweep_grow && event_is_print(ev->kind))
		return true;
	return p->guarded && ev->instr != INSTR_NONE && p->busy[ev->instr / 64] >> (ev->instr & 63) & 1;
}

unsigned ingest_orders_pass(struct ingest *in, struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	unsigned k = 0;

	ingest_orders_seal(in);
	if (unlikely(in->n_marks) && !ingest_orders_settled(in))
		return 0;
	if (!ingest_orders_judge(in, rx_ns[ev->frame]))
		return 0;
	while (k < n && (ev[k].ts_ns <= in->echo.limit_ns || ev[k].kind == EV_CLOCK) &&
	       rx_ns[ev[k].frame] <= in->engine.silence_check_ns && !ingest_orders_due(in, &ev[k])) {
		if (ingest_orders_asks(in, &ev[k++]))
			break;
	}
	return k ? k : settle(in, ev, rx_ns);
}
