/* SPDX-License-Identifier: BSD-3-Clause */
// ingest.c: receive, decode, keep books, seal bars, hand them on: one burst at a time, to completion. The
// work is done below (receiver, engine); here it meets ports, links, shared tables and the clock that lag is
// measured with.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "lcore/base/event.h"
#include "lcore/base/symtab.h"
#include "lcore/model/engine.h"
#include "lcore/stage/ingest_parts.h"

// Membership is the port's own matter: it gets the frames of the call that the receiver counted as IGMP.
static void hand_igmp(struct ingest *in)
{
	struct port *port = (struct port *)in->port;

	in->igmp_handed = in->shared->ledger.v[LEDGER_frames_igmp];
	for (unsigned i = in->n_done; i < in->n_done + in->n_used && port->ops->heard; i++)
		port->ops->heard(port, in->frame[i].data,
				 in->frame[i].bytes); // which looks before it listens
}

static void know_channels(struct ingest *in)
{
	for (; in->known_channels < in->receiver.n_channels; in->known_channels++) {
		engine_join_feed(&in->engine, (uint8_t)in->known_channels,
				 in->receiver.channel[in->known_channels].feed);
		wants_join(&in->wants, &in->receiver, (uint8_t)in->known_channels);
	}
}

static void apply(struct ingest *in, const struct event *ev, unsigned n_ev, const uint64_t *rx_ns)
{
	if (unlikely(!in->anchored))
		ingest_anchor(in, &ev[n_ev - 1], rx_ns);
	uint64_t begun_tsc = rte_rdtsc();

	if (unlikely(in->paper))
		ingest_paper_apply(in, ev, n_ev, rx_ns);
	else
		engine_apply(&in->engine, ev, n_ev, rx_ns);
	ingest_feed_lags(in, ev, n_ev, rx_ns, begun_tsc);
}

static unsigned apply_relays(struct ingest *in, uint64_t before_ns)
{
	return in->ordered ? ingest_turns_relays(in, before_ns)
			   : relays_apply(&in->relays, &in->engine, before_ns);
}

// How many of the events may be applied now, as far as orders of ours are concerned.
static unsigned pass(struct ingest *in, struct event *ev, unsigned n, const uint64_t *rx_ns)
{
	return in->turn.on ? ingest_turns_pass(in, ev, n, rx_ns) : ingest_orders_pass(in, ev, n, rx_ns);
}

// Applies the events in hand, among what other lcores relay. False when these must be waited for.
static bool apply_merged(struct ingest *in, const uint64_t *rx_ns)
{
	while (in->n_applied < in->n_events) {
		struct event *ev = in->event + in->n_applied;
		unsigned n = in->n_events - in->n_applied;

		if (unlikely(in->relays.n)) {
			unsigned k = 1;

			apply_relays(in, rx_ns[ev->frame]);
			if (!relays_ready(&in->relays, rx_ns[ev->frame])) {
				if (in->ordered)
					ingest_turns_give(in, rx_ns[ev->frame]);
				return false;
			}
			for (uint64_t limit = relays_limit_ns(&in->relays);
			     k < n && rx_ns[ev[k].frame] <= limit;)
				k++;
			n = k;
		}
		if (unlikely(in->ordered) && !(n = pass(in, ev, n, rx_ns)))
			return false;
		apply(in, ev, n, rx_ns);
		in->n_applied += n;
	}
	return true;
}

// Declares the holes whose time is up at now_ns (receive time) and applies what was held after them. False:
// it must wait for what others relay.
static bool flush(struct ingest *in, uint64_t now_ns)
{
	while (in->receiver.expiry_ns <= now_ns || now_ns == UINT64_MAX) {
		in->n_events = receiver_flush(&in->receiver, now_ns, in->event, EVENTS_MAX);
		if (!in->n_events)
			break;
		in->flushed = true;
		in->flush_rx_ns = in->receiver.expired_ns;
		if (!apply_merged(in, &in->flush_rx_ns))
			return false;
		in->flushed = false;
		in->n_events = in->n_applied = 0;
	}
	return true;
}

// Goes on with what is in hand: what was flushed, then the burst. False when it is not done.
static bool burst(struct ingest *in)
{
	for (;;) {
		if (!apply_merged(in, in->flushed ? &in->flush_rx_ns : in->rx_ns + in->n_done))
			return false;
		in->flushed = false;
		in->n_done += in->n_used;
		in->n_used = in->n_events = in->n_applied = 0;
		if (in->n_done == in->n_frames)
			break;
		if (!flush(in, in->rx_ns[in->n_done]))
			return false;
		in->n_events = receiver_push(&in->receiver, in->frame + in->n_done, in->n_frames - in->n_done,
					     in->event, EVENTS_MAX, &in->n_used);
		if (unlikely(in->known_channels < in->receiver.n_channels))
			know_channels(in);
		if (unlikely(in->shared->ledger.v[LEDGER_frames_igmp] != in->igmp_handed))
			hand_igmp(in);
	}
	if (in->n_frames == 0)
		return true;
	if (likely(in->from == INGEST_FROM_PORT)) {
		ingest_wire_lags(in, in->n_frames);
		rte_pktmbuf_free_bulk(in->mbuf, in->n_frames);
	} else if (in->from == INGEST_FROM_BACKLOG) {
		ingest_behind_done(in);
	} else {
		wants_done(&in->wants, in->n_frames);
	}
	in->from = INGEST_FROM_PORT;
	in->n_frames = in->n_done = 0;
	in->waited = false;
	return true;
}

// Takes what recovery brings as a burst, then sends it what is missing now. Between bursts.
static __attribute__((noinline)) unsigned recover(struct ingest *in)
{
	// Until it is live, time is that of the frames.
	uint64_t now_ns = in->behind ? in->last_rx_ns : in->port->ops->now_ns(in->port);
	unsigned n = wants_take(&in->wants, &in->receiver, in->frame, BURST_MAX, now_ns);

	for (unsigned i = 0; i < n; i++)
		in->rx_ns[i] = now_ns;
	in->n_frames = n;
	in->from = n ? INGEST_FROM_RECOVERY : INGEST_FROM_PORT;
	if (burst(in) && flush(in, now_ns))
		wants_tell(&in->wants, &in->receiver, now_ns);
	return n;
}

// Tells the owner how far this lcore is, and that something was lost on the way to it.
static void tell_progress(struct ingest *in, uint64_t ns)
{
	if (unlikely(in->relay_lost)) {
		in->relay_lost = false;
		engine_relay_lost(&in->engine);
	}
	if (ns <= in->told_ns)
		return;
	in->told_ns = ns;
	relay_progress(&in->engine, ns);
}

// All that the data has made due is answered: by whoever plays a venue, too.
static bool through(struct ingest *in)
{
	if (in->turn.on)
		return ingest_turns_through(in);
	return ingest_orders_settled(in) && ingest_turns_end(in);
}

// What the last rows make fire is waited for, so that it does not depend on who is faster what is told of it.
static void finish(struct ingest *in)
{
	bool first = !in->drained, desk = in->paper && in->paper->plant->desk;

	// What the data has made due is told as such, not as their end, however late the last burst was cut.
	if (first && in->echo.on && !in->lcore->plant->abort) {
		ingest_orders_seal(in);
		if (!ingest_orders_settled(in))
			return;
	}
	in->drained = true;
	if (first && in->paper && !desk) // before the last mark, at which everything is written
		ingest_paper_end(in);
	if (first && in->relay)
		engine_relay_end(&in->engine);
	else if (first)
		engine_drain(&in->engine);
	if (in->ordered && !in->lcore->plant->abort && !through(in))
		return;
	if (desk) {
		ingest_guard_end(in);
		ingest_paper_end(in);
	}
	ingest_publish(in);
	lcore_push_end(in->lcore);
	in->shared->done = true;
}

static bool ports_ended(const struct lcore *l)
{
	for (int i = 0; i < l->n_queues; i++)
		if (!l->queue[i].port->ops->ended(l->queue[i].port))
			return false;
	return true;
}

// Of a start with the journal: what comes after it. False when there is nothing of that kind.
static __attribute__((noinline)) bool go_on(struct ingest *in)
{
	if (!ingest_behind_take(in))
		return false;
	if (in->n_frames && burst(in) && in->relay)
		tell_progress(in, in->last_rx_ns);
	return true;
}

// All frames received before this have been handed out, when the ports have nothing more now.
static uint64_t idle_ns(const struct lcore *l)
{
	const struct ingest *in = l->state;
	uint64_t ns = UINT64_MAX;

	if (unlikely(in->behind)) // its journal's end is not the end of what it has
		return in->behind->till_ns;
	for (int i = 0; i < l->n_queues && !l->plant->stop; i++) {
		const struct port *port = l->queue[i].port;
		uint64_t now = port->ops->ended(port)           ? UINT64_MAX
			       : port->clock == PORT_CLOCK_FLAT ? 0
								: port->ops->now_ns(port);

		ns = now < ns ? now : ns;
	}
	return ns;
}

// run.stop_frames: how many of so many frames are still to be taken; 0: it ends here.
static unsigned left_of(struct ingest *in, unsigned want)
{
	uint64_t had = in->shared->ledger.v[LEDGER_frames_rx];
	uint64_t left = had < in->stop_frames ? in->stop_frames - had : 0;

	if (!left)
		in->lcore->plant->stop = true;
	return left < want ? (unsigned)left : want;
}

static unsigned receive(struct lcore *l)
{
	struct ingest *in = l->state;
	unsigned want = (unsigned)l->plant->conf->run.burst;
	unsigned work = 0;

	want = want < BURST_MAX ? want : BURST_MAX;
	if (unlikely(in->behind) && ingest_behind_waits(in))
		return 0;
	for (int i = 0; i < l->n_queues && !l->plant->stop; i++) {
		if (unlikely(in->stop_frames) && !(want = left_of(in, want)))
			break;
		in->port = l->queue[i].port;
		in->n_frames = port_rx(l->queue[i].port, l->queue[i].queue, in->mbuf, (uint16_t)want);
		if (!in->n_frames)
			continue;
		work += in->n_frames;
		in->burst_tsc = in->last_frame_tsc = rte_rdtsc();
		ingest_take(in, in->n_frames);
		if (!burst(in))
			break;
		if (in->relay)
			tell_progress(in, in->last_rx_ns);
	}
	return work;
}

// With other lcores beside this one: up to when both are to be in step, the ports having nothing more before
// idle_ns.
static unsigned in_step(struct ingest *in, uint64_t idle)
{
	unsigned work = 0;

	if (in->relay && idle != UINT64_MAX)
		tell_progress(in, idle);
	if (!in->relays.n)
		return 0;
	if (!in->relays.exact)
		return relays_apply(&in->relays, &in->engine, UINT64_MAX);
	uint64_t hole = in->receiver.expiry_ns;

	work = apply_relays(in, hole < idle ? hole : idle);
	if (in->ordered)
		ingest_turns_give(in, hole < idle ? hole : idle);
	if (hole <= idle && hole != UINT64_MAX && relays_ready(&in->relays, hole))
		flush(in, hole);
	return work;
}

// With a desk, others hand in reports after their data.
static bool others_through(struct ingest *in)
{
	return in->ordered ? in->drained || relays_through(&in->relays) : relays_ended(&in->relays);
}

// Readers of the tables see idle rows when this lcore has nothing else to do: so many instruments a poll,
// few, because a packet may come meanwhile.
enum { IDLE_INSTRUMENTS = 1 };

// A snapshot is of what is known when the data so far have been taken: nothing is declared or sealed because
// no more are there. Elements in links are taken by others before they see the end.
static __attribute__((noinline)) unsigned hold_still(struct ingest *in)
{
	struct lcore *l = in->lcore;

	if (in->n_frames || !(l->plant->stop || ports_ended(l)) || !others_through(in))
		return 0;
	ingest_publish(in);
	lcore_push_end(l);
	in->shared->done = true;
	return 0;
}

static unsigned poll(struct lcore *l)
{
	struct ingest *in = l->state;
	unsigned budget = (unsigned)l->plant->conf->bars.seal_budget;

	if (in->echo.n_back)
		ingest_orders_take(in);
	if (unlikely(in->n_frames || in->flushed)) {
		in->waited = in->n_frames > 0;
		if (!burst(in))
			return ingest_seal(in, budget);
	}
	uint64_t idle = in->relay || in->relays.n ? idle_ns(l) : 0; // before the ports are asked
	unsigned work = receive(l);

	if (!in->n_frames && (!work || !in->relays.exact))
		work += in_step(in, idle);
	if (unlikely(wants_busy(&in->wants, &in->receiver)) && !in->n_frames && !in->flushed)
		work += recover(in);
	work += ingest_seal(in, budget);
	if (!work) {
		if (unlikely(l->plant->snapshot))
			return hold_still(in);
		engine_idle(&in->engine, IDLE_INSTRUMENTS);
	}
	if (!work && !in->n_frames && (l->plant->stop || ports_ended(l)) && !(in->behind && go_on(in)) &&
	    (others_through(in) || l->plant->abort) && ingest_state(in, LCORE_STATE_END) &&
	    flush(in, UINT64_MAX))
		finish(in);
	return work;
}

// Live only: declares holes though no frame comes that would say the time, seals by timer what waits for
// silent channels, and ends the run when no frame comes any more (run.stop_idle).
static void tick(struct lcore *l, uint64_t now_tsc)
{
	struct ingest *in = l->state;
	struct plant *p = l->plant;

	ingest_publish(in);
	for (int i = 0; i < l->n_queues; i++)
		if (l->queue[i].queue == 0 && l->queue[i].port->ops->tick)
			l->queue[i].port->ops->tick(l->queue[i].port);
	if (unlikely(in->behind)) {
		ingest_behind_drain(in);
		return;
	}
	if (unlikely(in->past))
		ingest_live(in);
	if (in->paper && !p->replay)
		ingest_guard(in, now_tsc);
	if (p->replay || !in->anchored)
		return;
	flush(in, in->port->ops->now_ns(in->port));
	engine_silence(&in->engine, in->port->ops->now_ns(in->port));
	engine_timer(&in->engine, in->port->ops->now_ns(in->port) + (uint64_t)in->anchor_ns);
	if (p->conf->run.stop_idle_ns &&
	    clock_ns(&p->clock, now_tsc - in->last_frame_tsc) > p->conf->run.stop_idle_ns)
		p->stop = true;
}

_Static_assert((int)LCORE_BOOKS == INSTR_STRANDS, "a command has room for all books of an instrument");

static void book_of(const struct engine *e, const struct strand *strand, struct lcore_book *out, uint32_t n)
{
	*out = (struct lcore_book){ .venue = strand->venue,
				    .channel = strand->channel,
				    .status = strand->status,
				    .suspect = strand->clean_gen != e->chan[strand->channel].suspect_gen };
	out->n_bid = book_depth(&e->levels, &strand->book, SIDE_BUY, out->bid, n);
	out->n_ask = book_depth(&e->levels, &strand->book, SIDE_SELL, out->ask, n);
}

static int command(struct lcore *l, struct lcore_command *c)
{
	struct ingest *in = l->state;
	uint32_t id = symtab_find(&in->symtab, c->symbol);

	if (c->op == LCORE_OP_WATCH) {
		if (id == INSTR_NONE)
			id = symtab_intern(&in->symtab, c->symbol);
		int rc = id == INSTR_NONE ? -ENOSPC : engine_watch(&in->engine, id, c->arg != 0);

		ingest_publish_watch(in);
		if (rc)
			snprintf(c->text, sizeof c->text, "no room on the watch list (bars.watch_max)");
		return rc;
	}
	if (c->op == LCORE_OP_CAPTURE)
		return ingest_keep(in, c->arg != 0);
	if (c->op == LCORE_OP_GROW) {
		in->engine.conf.sweep_grow = true;
		return 0;
	}
	if (c->op == LCORE_OP_ROWS) {
		if (id != INSTR_NONE && id < in->engine.n_instr)
			engine_refresh(&in->engine, id);
		return 0;
	}
	if (c->op == LCORE_OP_BOOK) {
		if (id == INSTR_NONE || id >= in->engine.n_instr) {
			snprintf(c->text, sizeof c->text, "no such instrument so far");
			return -ENOENT;
		}
		const struct instr *ins = &in->engine.instr[id];
		uint32_t n = c->arg < 1 ? 1 : c->arg > 16 ? 16 : (uint32_t)c->arg;

		for (int i = 0; i < ins->n_strands; i++) // books of other lcores' channels are asked of these
			if (in->engine.strand[ins->strand[i]].channel < in->receiver.n_channels)
				book_of(&in->engine, &in->engine.strand[ins->strand[i]],
					&c->book[c->n_book++], n);
		return 0;
	}
	snprintf(c->text, sizeof c->text, "not a command for an ingest lcore");
	return -ENOTSUP;
}

const struct stage stage_ingest = { "ingest", ingest_bytes,       ingest_init, poll,         tick,
				    command,  ingest_behind_fini, NULL,        &ingest_carry };
