/* SPDX-License-Identifier: BSD-3-Clause */
// group.c: what is due for the instruments that wait for the same channels: what all live ones of these have
// passed.
#include "lcore/model/group.h"

#include "lcore/model/engine.h"
#include "lcore/model/session.h"

// What came due at once is more than a pass should give before it marks.
enum { LEAP_SEC = 10 };

// Which spans' newest intervals have come due, and whether a session's first second has: for the pass.
static void note_due(struct engine *e, struct group *grp, uint32_t due)
{
	for (int k = 0; k < SPAN_COUNT; k++)
		if (due / bar_span_s[k] != grp->due_sec / bar_span_s[k])
			e->wake_spans |= UINT32_C(1) << k;
	if (due <= grp->edge_sec)
		return;
	session_of(e, ns_of(due - 1));
	grp->edge_sec = sec_of(e->session_to_ns);
	e->wake_all = true;
}

static void move_due(struct engine *e, struct group *grp, uint32_t due)
{
	struct duelog *log = &e->duelog[grp - e->group];

	if (unlikely(duelog_full(log, e->fact_n))) {
		e->make_room(e);
		duelog_trim(log, grp->due_sec);
	}
	if (grp->n && due - grp->due_sec > LEAP_SEC)
		e->leap = true;
	duelog_add(log, due, e->fact_n);
	note_due(e, grp, due);
	grp->due_sec = due;
	e->none_due = false;
}

static void live_due(struct engine *e)
{
	uint32_t due = UINT32_MAX;

	for (int i = 0; i < ENGINE_CHANNELS; i++)
		if (e->chan[i].state == CHAN_LIVE && e->chan[i].prints && e->chan[i].due_sec < due)
			due = e->chan[i].due_sec;
	if (due != UINT32_MAX && due > e->live_due_sec)
		e->live_due_sec = due;
}

void group_update(struct engine *e)
{
	if (unlikely(e->opening))
		return;
	live_due(e);
	for (uint32_t g = 0; g < e->n_groups; g++) {
		struct group *grp = &e->group[g];
		uint32_t due = UINT32_MAX, silent = UINT32_MAX, ended = UINT32_MAX;

		for (int i = 0; i < ENGINE_CHANNELS; i++) {
			const struct chan *c = &e->chan[i];

			if (!(grp->mask >> i & 1))
				continue;
			if (c->state == CHAN_LIVE && c->due_sec < due)
				due = c->due_sec;
			if (c->state == CHAN_SILENT && c->due_sec < silent)
				silent = c->due_sec;
			if (c->state == CHAN_ENDED && c->due_sec < ended)
				ended = c->due_sec;
		}
		// Nobody left to say what time it is: what is due stays as it was, unless a timer moves it.
		if (due == UINT32_MAX)
			due = silent;
		// All have ended, and the next session may begin in the same bar: its rows go on by the
		// clocks of others.
		if (due == UINT32_MAX && ended != UINT32_MAX)
			due = ended > e->live_due_sec ? ended : e->live_due_sec;
		if (due != UINT32_MAX && due > grp->due_sec)
			move_due(e, grp, due);
		for (int i = 0; i < ENGINE_CHANNELS; i++)
			if (grp->mask >> i & 1 && e->chan[i].seal_ns < ns_of(grp->due_sec))
				e->chan[i].seal_ns = ns_of(grp->due_sec);
	}
}

void group_leave(struct engine *e, const struct instr *in)
{
	struct group *grp = &e->group[in->group];

	if (ledger_holds(e->ledger, grp->n > 0))
		grp->n--;
}

// No room for another group. Its instruments lag behind a group that their channels do not know of: each of
// their events asks.
static uint32_t overflow(struct engine *e, const struct instr *in)
{
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		if (in->mask >> i & 1)
			e->chan[i].seal_ns = UINT64_MAX;
	return ENGINE_GROUPS - 1;
}

void group_put(struct engine *e, struct instr *in)
{
	uint32_t g = 0;

	while (g < e->n_groups && e->group[g].mask != in->mask)
		g++;
	if (g == e->n_groups) {
		if (g == ENGINE_GROUPS)
			g = overflow(e, in); // bars wait for another group's channels
		else
			e->group[e->n_groups++] = (struct group){ .mask = in->mask };
		group_update(e);
	}
	if (in->next_sec && !in->finished) {
		group_leave(e, in);
		e->group[g].n++;
	}
	in->group = (uint16_t)g;
	in->n_from = e->fact_n;
}
