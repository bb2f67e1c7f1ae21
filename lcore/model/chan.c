/* SPDX-License-Identifier: BSD-3-Clause */
// chan.c: clocks. A channel's own clock makes seconds due; a consolidated bar is due when all live channels of its
// instrument are past it. Only what the events say moves anything here.
#include "lcore/model/engine_parts.h"

#define NEVER UINT64_MAX

// MoldUDP64 1.00: a heartbeat about once a second. One vouches for no more than that, so that a line that is played
// slower than it was recorded does not run ahead of its own messages; and for a little less than what passed here, by
// which the way of a heartbeat may have been longer than that of the message before it.
enum { BEAT_NS = NS_PER_S, BEAT_SLACK_NS = 100 * NS_PER_MS };

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

void chan_join(struct engine *e, const struct event *ev, uint64_t rx_ns)
{
	struct chan *c = &e->chan[ev->channel];
	const void *feed = c->feed;

	*c = (struct chan){ .state = CHAN_LIVE, .venue = (uint8_t)ev->ref2, .feed = feed, .leg_of = c->leg_of, .spoke_rx_ns = rx_ns };
	c->lateness_ns = e->conf.lateness_ns[c->venue];
	c->next_due_ns = 0;
	venue_prints(e, ev->channel);
	if (ev->flags & EVF_MIDSTREAM) {
		c->suspect_gen = 1; // in doubt from the first second on
		c->join_ns = NEVER; // set by the first clock
	}
	e->silence_check_ns = 0;
	chan_groups(e);
}

void chan_groups(struct engine *e)
{
	for (uint32_t g = 0; g < e->n_groups; g++) {
		struct group *grp = &e->group[g];
		uint32_t due = UINT32_MAX, silent = UINT32_MAX;

		for (int i = 0; i < ENGINE_CHANNELS; i++) {
			const struct chan *c = &e->chan[i];

			if (!(grp->mask >> i & 1))
				continue;
			if (c->state == CHAN_LIVE && c->due_sec < due)
				due = c->due_sec;
			if (c->state == CHAN_SILENT && c->due_sec < silent)
				silent = c->due_sec;
		}
		// Nobody left to say what time it is: what is due stays as it was, unless a timer moves it.
		if (due == UINT32_MAX)
			due = silent;
		if (due != UINT32_MAX && due > grp->due_sec)
			grp->due_sec = due;
	}
}

void chan_group(struct engine *e, struct instr *in)
{
	uint32_t g = 0;

	while (g < e->n_groups && e->group[g].mask != in->mask)
		g++;
	if (g == e->n_groups) {
		if (g == ENGINE_GROUPS)
			g--; // as rare as it is harmless: bars wait for another group's channels
		else
			e->group[e->n_groups++] = (struct group){ .mask = in->mask };
		chan_groups(e);
	}
	if (in->next_sec && !in->finished) {
		e->group[in->group].n--;
		e->group[g].n++;
	}
	in->group = (uint16_t)g;
	if (in->next_sec < chan_due(e, in))
		seal_sweep(e);
}

static void set_due(struct engine *e, struct chan *c, uint32_t due_sec)
{
	c->due_sec = due_sec;
	c->due_ns = ns_of(due_sec);
	chan_groups(e);
	seal_sweep(e);
	seal_first(e);
}

static bool hole_open(const struct chan *c) { return c->n_gaps && c->gap[c->n_gaps - 1].to_ns == NEVER; }

static void relay_due(struct engine *e, struct chan *c, uint64_t rx_ns, bool must)
{
	if (c->clock_ns >= c->next_due_ns) {
		uint32_t due = sec_of(c->clock_ns - (c->clock_ns < c->lateness_ns ? c->clock_ns : c->lateness_ns));

		must = must || due > c->due_sec;
		c->due_sec = due > c->due_sec ? due : c->due_sec;
		c->due_ns = ns_of(c->due_sec);
		c->next_due_ns = ns_of(due + 1) + c->lateness_ns;
	}
	relay_clock(e, c, rx_ns, must);
}

void chan_clock(struct engine *e, struct chan *c, uint64_t ts_ns, uint64_t rx_ns)
{
	bool back = c->state == CHAN_SILENT, hole = hole_open(c);

	c->spoke_rx_ns = rx_ns;
	// What else changes below is in the flags of rows, of those that are due already, too: others make rows due
	// beside a silent or ended channel, and so does a timer.
	if (unlikely(back || hole || c->join_ns == NEVER || c->due_sec > c->clock_due_sec))
		seal_due(e);
	if (unlikely(back)) {
		c->state = CHAN_LIVE;
		chan_groups(e);
		seal_sweep(e);
	}
	// A hole ends where the channel is heard again.
	bool must = false;

	if (hole) {
		c->gap[c->n_gaps - 1].to_ns = ts_ns > c->clock_ns ? ts_ns : c->clock_ns;
		must = true;
	}
	if (c->join_ns == NEVER && ts_ns > c->clock_ns) {
		c->join_ns = ts_ns;
		must = true;
	}
	if (ts_ns > c->clock_ns)
		c->clock_ns = ts_ns;
	c->even = c->state == CHAN_LIVE && c->join_ns != NEVER && !e->conf.relays;
	if (unlikely(e->conf.relays))
		relay_due(e, c, rx_ns, must);
	if (ts_ns < c->next_due_ns)
		return;
	uint32_t due = sec_of(ts_ns - (ts_ns < c->lateness_ns ? ts_ns : c->lateness_ns));

	if (unlikely(back)) {
		c->stale_from_sec = c->clock_due_sec;
		c->stale_to_sec = due;
	}
	c->clock_due_sec = due;
	c->next_due_ns = ns_of(due + 1) + c->lateness_ns;
	if (due > c->due_sec)
		set_due(e, c, due);
}

void chan_lost(struct chan *c)
{
	c->even = false;
	c->suspect_gen++;
	c->suspect_sec[c->suspect_gen % ENGINE_GAPS] = sec_of(c->clock_ns);
}

static void vouch(struct engine *e, struct chan *c, uint64_t rx_ns)
{
	uint64_t passed_ns = rx_ns > c->spoke_rx_ns ? rx_ns - c->spoke_rx_ns : 0;

	if (c->clock_ns != c->idle_clock_ns)
		c->idle_ns = c->clock_ns; // a message has spoken since
	// What a heartbeat shows to be lost may be as young as it is itself, on the shortest of ways.
	if (hole_open(c) && c->clock_ns) {
		seal_due(e);
		c->gap[c->n_gaps - 1].to_ns = c->idle_ns + passed_ns + BEAT_SLACK_NS;
	}
	c->idle_ns += passed_ns > BEAT_NS && c->state != CHAN_SILENT ? BEAT_NS : passed_ns;
	// Before its first message a channel has no clock that could go on.
	chan_clock(e, c, c->clock_ns ? c->idle_ns - (c->idle_ns < BEAT_SLACK_NS ? c->idle_ns : BEAT_SLACK_NS) : 0, rx_ns);
	c->idle_clock_ns = c->clock_ns;
}

void chan_heard(struct engine *e, struct chan *c, const struct event *ev, uint64_t rx_ns)
{
	if ((ev->flags & EVF_HEARTBEAT) && !c->beats) {
		c->beats = true;
		c->sync_rx_ns = 0; // relaying: the owner must know
	}
	if (ev->ts_ns)
		chan_clock(e, c, ev->ts_ns, rx_ns);
	else
		vouch(e, c, rx_ns);
}

void chan_gap(struct chan *c)
{
	struct engine_span *g;

	chan_lost(c);
	// What was lost lies between the clock before the hole and the next clock, and may be as late as the allowance.
	uint64_t from = c->clock_ns > c->lateness_ns ? c->clock_ns - c->lateness_ns : 0;

	if (hole_open(c))
		return; // the hole goes on
	// The shortest bar is a second: holes without a whole one between them are as good as one.
	if (c->n_gaps && sec_of(from) < sec_of(c->gap[c->n_gaps - 1].to_ns) + 2) {
		c->gap[c->n_gaps - 1].to_ns = NEVER;
		return;
	}
	if (c->n_gaps == ENGINE_GAPS) {
		// Remembered gaps are only needed until their bars are sealed: drop the oldest half.
		for (int i = 0; i < ENGINE_GAPS / 2; i++)
			c->gap[i] = c->gap[i + ENGINE_GAPS / 2];
		c->n_gaps = ENGINE_GAPS / 2;
	}
	g = &c->gap[c->n_gaps++];
	g->from_ns = from;
	g->to_ns = NEVER;
}

void chan_end(struct engine *e, uint8_t channel)
{
	struct chan *c = &e->chan[channel];
	uint32_t bit = UINT32_C(1) << channel;

	if (c->state != CHAN_LIVE && c->state != CHAN_SILENT)
		return;
	c->state = CHAN_ENDED;
	c->even = false;
	chan_groups(e);
	// Instruments that no live channel carries any more have had their last second.
	for (uint32_t i = 0; i < e->n_instr; i++) {
		struct instr *in = &e->instr[i];
		bool live = false;

		if (!in->next_sec || in->finished || !(in->mask & bit))
			continue;
		for (int k = 0; k < ENGINE_CHANNELS; k++)
			live = live || ((in->mask >> k & 1) && e->chan[k].state != CHAN_ENDED);
		if (!live)
			seal_finish(e, i);
	}
	seal_sweep(e);
}

void chan_silence(struct engine *e, uint64_t rx_ns, bool all)
{
	uint64_t next = NEVER;
	bool changed = false, speaks = all;

	for (int i = 0; i < ENGINE_CHANNELS; i++)
		speaks = speaks || (e->chan[i].state == CHAN_LIVE && e->chan[i].spoke_rx_ns + e->conf.silence_ns >= rx_ns);
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		struct chan *c = &e->chan[i];

		if (c->state != CHAN_LIVE || (!speaks && !c->beats))
			continue;
		if (c->spoke_rx_ns + e->conf.silence_ns < rx_ns) {
			if (!changed)
				seal_due(e);
			c->state = CHAN_SILENT;
			c->even = false;
			changed = true;
		} else if (c->spoke_rx_ns + e->conf.silence_ns < next) {
			next = c->spoke_rx_ns + e->conf.silence_ns;
		}
	}
	e->silence_check_ns = next == NEVER ? rx_ns : next + 1;
	if (changed) {
		chan_groups(e);
		seal_sweep(e);
	}
}

void engine_silence(struct engine *e, uint64_t rx_now_ns)
{
	if (rx_now_ns > e->silence_check_ns && !e->conf.relays) // the owner judges
		chan_silence(e, rx_now_ns, true);
}

void engine_timer(struct engine *e, uint64_t now_ns)
{
	bool moved = false;

	if (e->conf.relays) // the owner seals
		return;
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		struct chan *c = &e->chan[i];
		uint64_t back = c->lateness_ns + e->conf.grace_ns;

		if ((c->state != CHAN_LIVE && c->state != CHAN_SILENT) || !c->clock_ns || now_ns < back + NS_PER_S)
			continue;
		uint32_t due = sec_of(now_ns - back);

		if (due <= c->due_sec)
			continue;
		if (!moved)
			seal_due(e); // what is due without the timer
		moved = true;
		c->due_sec = due;
		c->due_ns = ns_of(due);
	}
	if (moved) {
		chan_groups(e);
		seal_sweep(e);
	}
}

uint32_t chan_flags(const struct chan *c, uint64_t from_ns, uint64_t to_ns)
{
	uint32_t flags = 0;

	for (int i = 0; i < c->n_gaps; i++)
		if (c->gap[i].from_ns < to_ns && c->gap[i].to_ns >= from_ns)
			flags |= BAR_GAP;
	if (c->join_ns > from_ns && c->join_ns < to_ns)
		flags |= BAR_PARTIAL_FIRST;
	uint32_t end = sec_of(to_ns);

	if ((c->state == CHAN_SILENT && c->clock_due_sec < end) || (c->stale_from_sec < end && end <= c->stale_to_sec))
		flags |= BAR_STALE;
	if (c->clock_due_sec < end && c->due_sec >= end)
		flags |= BAR_SEALED_BY_TIMER;
	return flags;
}
