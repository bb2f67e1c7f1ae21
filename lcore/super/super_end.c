/* SPDX-License-Identifier: BSD-3-Clause */
// super_end.c: all parts end, for good or to start again.
#include "lcore/super/super_parts.h"

static void ask(struct super *s, unsigned i)
{
	struct super_part *p = &s->part[i];

	if (super_alive(p) && p->phase != SUPER_FORCED && p->phase != SUPER_ASKED) {
		p->phase = SUPER_ASKED;
		super_act(s, SUPER_ASK, i);
	}
	p->again = false;
}

void super_end_all(struct super *s, enum super_goal goal, uint64_t now_ns)
{
	if (s->goal == SUPER_STOP || (s->goal == goal && goal != SUPER_RUN))
		return;
	bool begun = s->goal != SUPER_RUN;

	s->goal = goal;
	if (begun)
		return; // a stop while all are ending to start again: they just do not
	s->asked_ns = now_ns;
	s->others_asked = false;
	for (unsigned i = 0; i < s->n; i++)
		if (s->part[i].phase == SUPER_DUE)
			s->part[i].phase = SUPER_ENDED;
	ask(s, 0);
}

// What is there after the window is killed from the last to the first, one at a time.
static void force(struct super *s)
{
	for (unsigned i = s->n; i-- > 0;) {
		if (!super_alive(&s->part[i]))
			continue;
		if (s->part[i].phase != SUPER_FORCED) {
			super_say(s, SUPER_ALERT, i, "does not end within %.1f s: killed",
				  (double)s->conf.window_ns / 1e9);
			super_force(s, i);
		}
		return;
	}
}

static void start_again(struct super *s, uint64_t now_ns)
{
	s->goal = SUPER_RUN;
	for (unsigned i = 0; i < s->n; i++) {
		struct super_part *p = &s->part[i];

		if (p->phase != SUPER_ENDED && p->phase != SUPER_DONE)
			continue;
		p->phase = SUPER_DUE;
		p->due_ns = s->again_ns > now_ns ? s->again_ns : now_ns;
	}
}

void super_ending(struct super *s, uint64_t now_ns)
{
	uint64_t since = now_ns - s->asked_ns;
	bool any = false;

	if (!s->others_asked && (!super_alive(&s->part[0]) || since >= s->conf.window_ns / 2)) {
		s->others_asked = true;
		for (unsigned i = 0; i < s->n; i++)
			ask(s, i);
	}
	if (since >= s->conf.window_ns)
		force(s);
	for (unsigned i = 0; i < s->n; i++)
		any |= super_alive(&s->part[i]);
	if (any)
		return;
	super_act(s, SUPER_CLEAN, 0);
	if (s->goal == SUPER_AGAIN)
		start_again(s, now_ns);
	else
		s->over = true;
}
