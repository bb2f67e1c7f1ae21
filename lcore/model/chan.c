/* SPDX-License-Identifier: BSD-3-Clause */
// chan.c: clocks. A channel's own clock makes seconds due; a consolidated bar is due when all live channels
// of its instrument are past it. Only what the events say moves anything here.
#include "lcore/model/chan.h"

#include "lcore/model/chan_fact.h"
#include "lcore/model/chan_reset.h"
#include "lcore/model/engine.h"
#include "lcore/model/group.h"
#include "lcore/model/pass.h"
#include "lcore/model/relay.h"

static void set_pace(const struct engine_conf *conf, struct chan *c)
{
	const struct engine_pace *found = NULL;

	for (uint32_t i = 0; i < conf->n_paces; i++) {
		const struct engine_pace *p = &conf->pace[i];

		if (p->venue == c->venue && (!found || (p->feed == c->feed && found->feed != c->feed)))
			found = p;
	}
	c->lateness_ns = found ? found->lateness_ns : 0;
	c->heartbeat_ns = found ? found->heartbeat_ns : 0;
}

static void venue_prints(struct engine *e, uint8_t channel)
{
	struct chan *c = &e->chan[channel];
	const struct engine_conf *conf = &e->conf;
	int rank = conf->prints_rank ? conf->prints_rank(conf->prints_ctx, c->venue, c->feed) : 0;

	c->prints = rank >= 0;
	if (rank != 0)
		return;
	// The first feed heard of a venue prints; further channels of the same feed do too.
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		if (i != channel && e->chan[i].state != CHAN_FREE && e->chan[i].venue == c->venue &&
		    e->chan[i].prints && e->chan[i].feed != c->feed)
			c->prints = false;
}

// opened ends the wait for a channel that was opening: what others have made due meanwhile is.
static void opened(struct engine *e, uint8_t channel)
{
	if (!(e->opening >> channel & 1))
		return;
	e->opening &= ~(UINT32_C(1) << channel);
	group_update(e);
	pass_begin(e);
}

void chan_opening(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	struct chan *c = &e->chan[ev->channel];

	if (ev->ref) { // taken back
		opened(e, ev->channel);
		return;
	}
	if (c->state != CHAN_FREE)
		return;
	c->spoke_rx_ns = rx_ns;
	e->opening |= UINT32_C(1) << ev->channel;
	e->silence_check_ns = 0;
}

void chan_join(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	struct chan *c = &e->chan[ev->channel];
	const struct chan was = *c;

	*c = (struct chan){ .state = CHAN_LIVE,
			    .venue = (uint8_t)ev->ref2,
			    .feed = was.feed,
			    .strand_of = was.strand_of,
			    .spoke_rx_ns = rx_ns,
			    .suspect_gen = was.suspect_gen,
			    .log = was.log };
	set_pace(&e->conf, c);
	venue_prints(e, ev->channel);
	c->midstream = ev->flags & EVF_MIDSTREAM;
	if (c->midstream) {
		chan_lost(e, c); // in doubt from the first second on
		c->join_due = true;
	}
	e->silence_check_ns = 0;
	opened(e, ev->channel);
}

static void set_due(struct engine *e, struct chan *c, uint32_t due_sec)
{
	ledger_holds(e->ledger, c->due_ns == ns_of(c->due_sec) && due_sec > c->due_sec);
	chan_set_due(c, due_sec);
	group_update(e);
	pass_begin(e);
	pass_first(e);
}

static uint32_t due_at(const struct chan *c, uint64_t ts_ns)
{
	return sec_of(ts_ns - (ts_ns < c->lateness_ns ? ts_ns : c->lateness_ns));
}

static void relay_due(struct engine *e, struct chan *c, uint64_t rx_ns, bool must)
{
	if (c->clock_ns >= c->next_due_ns) {
		uint32_t due = due_at(c, c->clock_ns);

		must = must || due > c->due_sec;
		chan_set_due(c, due > c->due_sec ? due : c->due_sec);
		c->next_due_ns = ns_of(due + 1) + c->lateness_ns;
	}
	relay_clock(e, c, rx_ns, must);
}

// Appends the facts that a clock at ts_ns makes known of the channel. Returns true if the owner must hear of
// it at once.
static bool clock_facts(struct engine *e, struct chan *c, uint64_t ts_ns, bool ends_hole)
{
	bool told = false;

	// A hole ends where the channel is heard again.
	if (unlikely(factlog_is_open(&c->log, FACT_GAP)) && ends_hole) {
		chan_close(e, c, FACT_GAP, ts_ns > c->clock_ns ? ts_ns : c->clock_ns);
		told = true;
	}
	if (unlikely(c->join_due && ts_ns > c->clock_ns)) {
		c->join_due = false;
		chan_note(e, c, FACT_JOIN, ts_ns, ts_ns);
		told = true;
	}
	return told;
}

// Orders of ours that have arrived by then are let arrive.
static void tell_legs(struct engine *e, const struct chan *c, uint32_t due_sec)
{
	if (e->sink.legs && !c->relayed)
		e->sink.legs->due(e->sink.legs->ctx, (uint8_t)(c - e->chan), ns_of(due_sec));
}

static void move_clock(struct engine *e, struct chan *c, uint64_t ts_ns, uint64_t rx_ns, bool ends_hole)
{
	uint32_t due = ts_ns >= c->next_due_ns ? due_at(c, ts_ns) : c->clock_due_sec;

	if (unlikely(due > c->due_sec))
		tell_legs(e, c, due);
	bool back = c->state == CHAN_SILENT, must = c->relayed ? false : clock_facts(e, c, ts_ns, ends_hole);

	if (unlikely(c->resumes && ts_ns > c->clock_ns))
		chan_resume(e, c, ts_ns);
	c->spoke_rx_ns = rx_ns;
	if (ts_ns > c->clock_ns)
		c->clock_ns = ts_ns;
	if (unlikely(back)) {
		c->state = CHAN_LIVE;
		chan_close(e, c, FACT_STALE, ns_of(due)); // what came due while it was silent
		group_update(e);
		pass_begin(e);
	}
	if (unlikely(e->conf.relays))
		relay_due(e, c, rx_ns, must);
	if (ts_ns < c->next_due_ns)
		return;
	c->clock_due_sec = due;
	c->next_due_ns = ns_of(due + 1) + c->lateness_ns;
	if (due > c->due_sec)
		set_due(e, c, due);
}

static inline void tick(struct engine *e, struct chan *c, uint64_t ts_ns, uint64_t rx_ns, bool ends_hole)
{
	move_clock(e, c, ts_ns, rx_ns, ends_hole);
	if (unlikely(c->reset_due))
		chan_reset_apply(e, c, c->clock_ns);
	c->even = chan_even(c, e->conf.relays);
}

static void chan_clock(struct engine *e, struct chan *c, uint64_t ts_ns, uint64_t rx_ns)
{
	tick(e, c, ts_ns, rx_ns, true);
}

// A claimed leap is refused: a packet contradicts it, or claims another one.
static void refuse(struct engine *e) { LEDGER_INC(e->ledger, clock_steps); }

// Judges the leap to *ts_ns of a clock at now_ns. False: it stays where it is.
static bool leaps(struct engine *e, struct chan *c, uint64_t now_ns, uint64_t *ts_ns, uint64_t moved_ns,
		  bool next_packet)
{
	uint64_t asked_ns = c->step.asked_ns;
	enum step_verdict v = step_judge(&c->step, now_ns, ts_ns, moved_ns, next_packet);

	if (v == STEP_REFUSED || (v == STEP_HELD && asked_ns && c->step.asked_ns != asked_ns))
		refuse(e);
	return v != STEP_HELD;
}

// A packet that was held is judged by when it came, not by when it was released.
static uint64_t received_ns(const struct chan *c, uint64_t rx_ns)
{
	return c->held_rx_ns ? c->held_rx_ns : rx_ns;
}

__attribute__((noinline)) void chan_message(struct engine *e, struct chan *c, const struct event *ev,
					    uint64_t rx_ns)
{
	uint64_t ts_ns = ev->ts_ns, moved_ns;

	rx_ns = received_ns(c, rx_ns);
	moved_ns = rx_ns;
	if (c->clock_ns)
		moved_ns = rx_ns > c->spoke_rx_ns ? rx_ns - c->spoke_rx_ns : 0;
	// Messages of one packet do not confirm each other. Another receive time is another packet, too.
	bool next_packet = ev->flags & EVF_PACKET || rx_ns != c->asked_rx_ns;

	if (likely(leaps(e, c, c->clock_ns, &ts_ns, moved_ns, next_packet))) {
		chan_clock(e, c, ts_ns, rx_ns);
		return;
	}
	if (next_packet)
		c->asked_rx_ns = rx_ns;
	c->spoke_rx_ns = rx_ns;
	c->even = false; // if it was silent, it is until its clock is believed
	if (unlikely(c->reset_due && ev->instr != INSTR_NONE)) // its orders are not of the books before
		chan_reset_apply(e, c, c->clock_ns);
}

static uint64_t less_slack(uint64_t ns) { return ns - (ns < CHAN_BEAT_SLACK_NS ? ns : CHAN_BEAT_SLACK_NS); }

// The first heartbeat after a silence says how long that was by its receive time alone: the next one must
// agree. The channel was silent up to the first.
static void vouch_leap(struct engine *e, struct chan *c, uint64_t rx_ns)
{
	if (!c->leap_rx_ns) {
		c->leap_rx_ns = c->spoke_rx_ns;
		c->leap_idle_ns = c->idle_ns;
	}
	uint64_t claimed_ns = c->step.asked_ns;
	uint64_t said_ns = rx_ns > c->leap_rx_ns ? c->leap_idle_ns + (rx_ns - c->leap_rx_ns)
						 : c->leap_idle_ns;

	c->spoke_rx_ns = rx_ns;
	if (!leaps(e, c, c->idle_ns, &said_ns, 0, true)) {
		c->even = false; // the next one, or a message, is to be judged by what this one claims
		return;
	}
	c->leap_rx_ns = 0;
	c->idle_ns = said_ns > c->idle_ns ? said_ns : c->idle_ns;
	if (!c->relayed)
		chan_close(e, c, FACT_GAP, c->idle_ns + CHAN_BEAT_SLACK_NS);
	if (claimed_ns && claimed_ns < c->idle_ns)
		chan_clock(e, c, less_slack(claimed_ns), rx_ns);
	chan_clock(e, c, less_slack(c->idle_ns), rx_ns);
	c->idle_clock_ns = c->clock_ns;
}

static void vouch(struct engine *e, struct chan *c, uint64_t rx_ns)
{
	uint64_t passed_ns = rx_ns > c->spoke_rx_ns ? rx_ns - c->spoke_rx_ns : 0;

	if (!c->clock_ns) { // before its first message a channel has no clock that could go on
		chan_clock(e, c, 0, rx_ns);
		return;
	}
	if (c->clock_ns != c->idle_clock_ns) { // a message has spoken since
		c->idle_ns = c->idle_from_ns = c->clock_ns;
		c->idle_from_rx_ns = c->spoke_rx_ns;
		c->idle_clock_ns = c->clock_ns;
		c->leap_rx_ns = 0;
	}
	// By what was received, not by who is called silent: a relaying lcore does not judge that.
	if (unlikely(!c->relayed && (passed_ns > e->conf.silence_ns || c->leap_rx_ns))) {
		vouch_leap(e, c, rx_ns);
		return;
	}
	// What a heartbeat shows to be lost may be as young as it is itself, on the shortest of ways: all
	// that passed since the last message counts here, not only what heartbeats may vouch for. But a
	// receive time that is alone in being so late (step.h) says nothing of that: the hole ends with the
	// next packet.
	bool ends_hole = passed_ns <= c->heartbeat_ns + STEP_FREE_NS;

	if (!c->relayed && ends_hole) {
		uint64_t since_ns = rx_ns > c->idle_from_rx_ns ? rx_ns - c->idle_from_rx_ns : 0;
		uint64_t to_ns = c->idle_from_ns + since_ns;

		chan_close(e, c, FACT_GAP,
			   (to_ns > c->idle_ns + passed_ns ? to_ns : c->idle_ns + passed_ns) +
				   CHAN_BEAT_SLACK_NS);
	}
	c->idle_ns += passed_ns > c->heartbeat_ns ? c->heartbeat_ns : passed_ns;
	tick(e, c, less_slack(c->idle_ns), rx_ns, ends_hole);
	c->idle_clock_ns = c->clock_ns;
}

void chan_heard(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns)
{
	rx_ns = received_ns(c, rx_ns);
	if ((ev->flags & EVF_HEARTBEAT) && !c->beats) {
		c->beats = true;
		c->sync_rx_ns = 0; // relaying: the owner must know
	}
	if (ev->ts_ns)
		chan_clock(e, c, ev->ts_ns, rx_ns);
	else
		vouch(e, c, rx_ns);
}
