/* SPDX-License-Identifier: BSD-3-Clause */
// chan.h: a channel's clock: it makes seconds due and starts the pass over them. rx_ns is the receive time of
// the event's frame. The lcore that has the channel, and the owner for its mirror of another lcore's.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_CHAN_H
#define WB_MODEL_CHAN_H

#include "lcore/model/engine.h"

// chan_opening takes an EV_OPEN: nothing becomes due until its EV_JOIN follows, or another EV_OPEN takes it
// back.
void chan_opening(struct engine *e, const struct event *ev, uint64_t rx_ns);
// chan_join applies an EV_JOIN. Assumes engine_join_feed has set the feed. The channel is live; its prints
// count unless another feed of its venue prints.
void chan_join(struct engine *e, const struct event *ev, uint64_t rx_ns);
// chan_message applies the clock that a message carries. A leap is judged first (step.h).
void chan_message(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns);
// chan_heard applies an EV_CLOCK. A heartbeat without a time advances the clock by the receive time since the
// channel last spoke, by at most one interval of heartbeats.
void chan_heard(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns);

// chan_even returns true if a clock that makes nothing due may just move clock_ns.
static inline bool chan_even(const struct engine *e, const struct chan *c)
{
	return c->state == CHAN_LIVE && !c->join_due && !c->reset_due && !c->step.asked_ns &&
	       !c->held_rx_ns && !c->log.open && !e->conf.relays;
}

#endif
