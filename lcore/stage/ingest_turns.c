/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_turns.c: several ingest lcores in a replay with orders. Each keeps the books of its channels, and
// plays their venues; the owner of the bars alone asks the stage that decides, in the order in which
// everything was received. A relaying lcore goes on while nothing that is decided can arrive before its next
// event. Then it asks for its turn, with a token, and the owner gives it when all that was received before is
// applied and answered. (Where nothing can ask between two marks, a turn reaches up to the next mark's
// orders.)
//
// None waits for another without end: what was received first is an event of the owner's, or a record in a
// link to it, or an event of an lcore whose turn it is; and who answers waits for no ingest lcore.
#include <string.h>

#include "lcore/stage/ingest_parts.h"

static struct plant_turn *turn_of(const struct ingest *in, unsigned lcore)
{
	return &in->paper->plant->turn[lcore];
}

// A record of another lcore, in its place. Its numbers of instruments are not ours.
static void take(struct ingest *in, const struct link_elem *e, uint8_t channel_base)
{
	if (e->stream == LINK_RELAY) {
		relay_apply(&in->engine, &e->relay, channel_base);
		return;
	}
	memcpy(&in->elem, e, sizeof in->elem);
	if (e->stream == LINK_TOUCH)
		in->elem.touch.instr = symtab_intern(&in->symtab, e->touch.symbol);
	else
		in->elem.order.instr = symtab_intern(&in->symtab, e->order.symbol);
	ingest_push_desk(in, e->stream);
	if (e->stream == LINK_TOUCH)
		echo_asked(&in->echo, e->touch.ts_ns, ECHO_TOUCH);
}

unsigned ingest_turns_relays(struct ingest *in, uint64_t before_ns)
{
	unsigned applied = 0;
	struct relays_in *next;

	ingest_orders_seal(in);
	while (ingest_orders_settled(in) && (next = relays_next(&in->relays, before_ns)) != NULL) {
		const struct link_elem *e = &next->elem[next->at];

		if (!(e->stream == LINK_RELAY && e->relay.quiet) &&
		    !ingest_orders_judge(in, relays_bound(next)))
			break;
		next->at++;
		take(in, e, next->channel_base);
		ingest_orders_seal(in);
		applied++;
	}
	return applied;
}

void ingest_turns_give(struct ingest *in, uint64_t own_ns)
{
	uint64_t horizon_ns;
	struct relays_in *next = ingest_orders_settled(in) ? relays_asks(&in->relays, own_ns, &horizon_ns)
							   : NULL;

	if (!next || !ingest_orders_judge(in, next->progress_ns))
		return;
	struct plant_turn *turn = turn_of(in, next->link->from);
	uint64_t silence_ns = in->engine.silence_check_ns;

	if (horizon_ns > silence_ns) // which is judged by us
		horizon_ns = silence_ns > next->progress_ns ? silence_ns : next->progress_ns;
	turn->horizon_ns = horizon_ns;
	turn->limit_ns = in->paper->guarded || in->engine.conf.sweep_grow ? 0 : in->echo.limit_ns;
	__atomic_store_n(&turn->token, next->token, __ATOMIC_RELEASE);
	next->token = 0;
}

bool ingest_turns_end(struct ingest *in)
{
	struct relays *m = &in->relays;

	for (unsigned i = 0; i < m->n; i++) {
		struct relays_in *from = &m->in[i];

		for (const struct link_elem *e; (e = relays_head(from)) != NULL; from->at++)
			take(in, e, from->channel_base);
		if (from->token)
			__atomic_store_n(&turn_of(in, from->link->from)->token, from->token,
					 __ATOMIC_RELEASE);
		from->token = 0;
	}
	return relays_ended(m);
}

// The event may be applied now.
static bool passes(const struct ingest *in, const struct event *ev, uint64_t rx_ns)
{
	if (ev->ts_ns <= in->turn.limit_ns && ev->ts_ns && ev->kind != EV_END)
		return true;
	return !in->turn.spent && rx_ns <= in->turn.horizon_ns &&
	       !(ev->flags & EVF_CLOCK && ingest_orders_due(in, ev));
}

static bool asked(struct ingest *in, uint64_t rx_ns)
{
	const struct plant_turn *turn = turn_of(in, in->lcore->index);

	if (!in->turn.asking) {
		if (rx_ns != UINT64_MAX) // what is quiet by then is handed in first
			relay_progress(&in->engine, rx_ns);
		ingest_progress(in, rx_ns, ++in->turn.asked);
	}
	in->turn.asking = __atomic_load_n(&turn->token, __ATOMIC_ACQUIRE) != in->turn.asked;
	if (in->turn.asking)
		return false;
	while (ingest_orders_take(in)) // all that was decided before
		;
	in->turn.horizon_ns = turn->horizon_ns;
	in->turn.limit_ns = turn->limit_ns;
	in->turn.spent = false;
	return true;
}

unsigned ingest_turns_pass(struct ingest *in, struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	do {
		unsigned k = 0;

		while (k < n && passes(in, &ev[k], rx_ns[ev[k].frame])) {
			const struct event *now = &ev[k++];

			if (ingest_orders_due(in, now) || ingest_orders_asks(in, now)) {
				in->turn.spent = true;
				break;
			}
		}
		if (k)
			return k;
		// Its clock makes something due: the orders of that stand before the rest of it.
		if (!in->turn.spent && rx_ns[ev->frame] <= in->turn.horizon_ns) {
			ingest_orders_clock(in, ev, rx_ns);
			in->turn.spent = true;
		}
	} while (asked(in, rx_ns[ev->frame]));
	return 0;
}

bool ingest_turns_through(struct ingest *in) { return asked(in, UINT64_MAX); }
