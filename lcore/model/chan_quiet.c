/* SPDX-License-Identifier: BSD-3-Clause */
// chan_quiet.c: channels that say nothing: silent ones, ended ones, and the timer that seals in their place.
#include "lcore/model/chan_quiet.h"

#include "lcore/model/chan.h"
#include "lcore/model/chan_fact.h"
#include "lcore/model/group.h"
#include "lcore/model/pass.h"

void chan_end(struct engine *e, uint8_t channel)
{
	struct chan *c = &e->chan[channel];

	if (c->state != CHAN_LIVE && c->state != CHAN_SILENT)
		return;
	chan_close(e, c, FACT_STALE, 0); // it is not silent: it has said that it ends
	c->state = CHAN_ENDED;
	c->even = false;
	group_update(e); // others may be further: its instruments go on with them
	pass_begin(e);
}

static void fall_silent(struct engine *e, struct chan *c)
{
	c->state = CHAN_SILENT;
	c->even = false;
	chan_open(e, c, FACT_STALE, ns_of(c->clock_due_sec));
}

void chan_silence(struct engine *e, uint64_t rx_ns, bool all)
{
	uint64_t next = UINT64_MAX;
	bool changed = false, speaks = all;

	for (int i = 0; i < ENGINE_CHANNELS && e->opening; i++) { // it never joined
		if (!(e->opening >> i & 1) || e->chan[i].spoke_rx_ns + e->conf.silence_ns >= rx_ns)
			continue;
		e->opening &= ~(UINT32_C(1) << i);
		changed = true;
	}
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		speaks = speaks || (e->chan[i].state == CHAN_LIVE &&
				    e->chan[i].spoke_rx_ns + e->conf.silence_ns >= rx_ns);
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		struct chan *c = &e->chan[i];

		if (c->state != CHAN_LIVE || (!speaks && !c->beats))
			continue;
		if (c->spoke_rx_ns + e->conf.silence_ns < rx_ns) {
			fall_silent(e, c);
			changed = true;
		} else if (c->spoke_rx_ns + e->conf.silence_ns < next) {
			next = c->spoke_rx_ns + e->conf.silence_ns;
		}
	}
	e->silence_check_ns = next == UINT64_MAX || e->opening ? rx_ns : next + 1;
	if (changed) {
		group_update(e);
		pass_begin(e);
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

		if (c->state == CHAN_FREE || !c->clock_ns || now_ns < back + NS_PER_S)
			continue;
		uint32_t due = sec_of(now_ns - back);

		if (due <= c->due_sec)
			continue;
		if (c->state != CHAN_ENDED) // else nothing is missing
			chan_note(e, c, FACT_BY_TIMER, c->due_ns, ns_of(due));
		moved = true;
		chan_set_due(c, due);
	}
	if (moved) {
		group_update(e);
		pass_begin(e);
	}
}
