/* SPDX-License-Identifier: BSD-3-Clause */
// chan.h: a channel's clock: it makes seconds due and starts the pass over them. rx_ns is the receive time of
// the event's frame. The lcore that has the channel, and the owner for its mirror of another lcore's.
// The functions are for the engine's files.
#ifndef WB_MODEL_CHAN_H
#define WB_MODEL_CHAN_H

#include "lcore/base/event.h"
#include "lcore/base/step.h"
#include "lcore/model/factlog.h"
#include "lcore/model/frag.h"

struct engine;

enum chan_state { CHAN_FREE, CHAN_LIVE, CHAN_SILENT, CHAN_ENDED };

// A channel as the model sees it. w, r: the engine's lcore, which publishes prints, system and system_ns.
struct chan {
	uint8_t state; // enum chan_state
	uint8_t venue;
	bool prints;    // its prints count, and bars wait for its clock
	uint8_t system; // the venue's last system event, its own code
	uint64_t system_ns;
	bool beats;                         // has sent heartbeats: when they stop it is dead, not quiet
	const void *feed;                   // identity only
	uint64_t lateness_ns, heartbeat_ns; // of its feed
	uint32_t *strand_of;                // [instruments], index + 1
	bool even;            // live, nothing open or to relay: a clock before next_due_ns only moves it
	bool resumes;         // had ended, and its next session has said no time yet
	bool reset_due;       // an EV_RESET waits for the clock after it
	uint64_t clock_ns;    // exchange time that the channel has reached
	uint64_t next_due_ns; // when the clock gets here, one more second is due
	uint64_t spoke_rx_ns; // receive time of what was last heard
	uint64_t held_rx_ns;  // when the packet in hand was received, if it was held; 0: it was not
	struct step step;     // a leap that a message or heartbeat claims and nothing confirms yet
	uint64_t asked_rx_ns; // receive time of the packet that claims it
	uint64_t leap_rx_ns, leap_idle_ns; // heartbeats after a silence: where it began; 0: none
	uint64_t idle_ns;       // exchange time that heartbeats without a time have shown to have passed ...
	uint64_t idle_clock_ns; // ... as long as clock_ns is still what they made it
	uint64_t idle_from_ns, idle_from_rx_ns; // clock of the last message before, and its receive time
	uint64_t due_ns;                        // due_sec in ns
	uint64_t seal_ns;       // no instrument of the channel is sealed further: at least due_ns
	uint32_t due_sec;       // seconds before this one are due
	uint32_t clock_due_sec; // as due_sec, by the clock alone (a timer may have made more due)
	bool midstream;         // joined, or begun anew, after its first message
	bool join_due;          // midstream: knowledge starts at the next clock
	bool relayed;           // another lcore keeps its books and relays its facts
	uint32_t suspect_gen;   // generation of doubt in its books: one more after each loss
	uint32_t reset_gen;     // suspect_gen at the EV_RESET that waits: the emptied books are good as of it
	uint32_t born_gen;      // a book that begins now is good as of this generation
	uint64_t sync_rx_ns, sync_clock_ns; // relaying: the clock that the owner knows, when heard
	uint64_t told_rx_ns; // relaying: spoke_rx_ns when all was flushed since the channel was quiet
	struct factlog log;
};

// chan_set_due makes the seconds before due_sec due, as far as the channel is concerned.
static inline void chan_set_due(struct chan *c, uint32_t due_sec)
{
	c->due_sec = due_sec;
	c->due_ns = ns_of(due_sec);
	c->seal_ns = c->due_ns > c->seal_ns ? c->due_ns : c->seal_ns;
}

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

// chan_even returns true if a clock that makes nothing due may just move clock_ns. relays: its engine does.
static inline bool chan_even(const struct chan *c, bool relays)
{
	return c->state == CHAN_LIVE && !c->join_due && !c->reset_due && !c->step.asked_ns &&
	       !c->held_rx_ns && !c->log.open && !relays;
}

// A heartbeat without a time advances the clock by the receive time since the channel last spoke, but by at
// most one interval of heartbeats: else a line replayed slower than it was recorded would run ahead of its
// own messages. The clock then stays this much behind that, because a heartbeat may travel longer than the
// message before it did.
#define CHAN_BEAT_SLACK_NS (100 * NS_PER_MS)

// chan_beat applies a heartbeat without a time, like chan_heard, if all that it does is to move the clock: as
// most do. False: nothing is done.
static inline bool chan_beat(struct chan *c, uint64_t rx_ns, uint64_t silence_ns)
{
	uint64_t passed_ns = rx_ns > c->spoke_rx_ns ? rx_ns - c->spoke_rx_ns : 0;
	uint64_t idle_ns = c->idle_ns + passed_ns;
	uint64_t ts_ns = idle_ns - (idle_ns < CHAN_BEAT_SLACK_NS ? idle_ns : CHAN_BEAT_SLACK_NS);

	if (!c->even || !c->beats || c->resumes)
		return false;
	if (!c->clock_ns) { // before its first message a channel has no clock that could go on
		c->spoke_rx_ns = c->next_due_ns ? rx_ns : c->spoke_rx_ns;
		return c->next_due_ns != 0;
	}
	if (c->clock_ns != c->idle_clock_ns || c->leap_rx_ns || ts_ns >= c->next_due_ns ||
	    passed_ns > c->heartbeat_ns || passed_ns > silence_ns)
		return false;
	c->spoke_rx_ns = rx_ns;
	c->idle_ns = idle_ns;
	c->clock_ns = ts_ns > c->clock_ns ? ts_ns : c->clock_ns;
	c->idle_clock_ns = c->clock_ns;
	return true;
}

// chan_beats applies n heartbeats received at rx_ns[n], as chan_beat one after the other would, if each only
// moves the clock, by how much does not depend on the others, and none is received after at_most_ns. False:
// nothing is done.
static inline bool chan_beats(struct chan *c, const uint64_t *rx_ns, unsigned n, uint64_t silence_ns,
			      uint64_t at_most_ns)
{
	uint64_t at_ns = c->spoke_rx_ns;

	for (unsigned i = 0; i < n; at_ns = rx_ns[i++])
		if (rx_ns[i] < at_ns)
			return false;
	// What all of them claim may be claimed by one, so that it is what they claim one by one.
	return at_ns <= at_most_ns && chan_beat(c, at_ns, silence_ns);
}

#endif
