/* SPDX-License-Identifier: BSD-3-Clause */
// super_look.c: whether a part that is there is well: stuck, slow or starved.
#include "lcore/super/super_parts.h"

#include <stdio.h>
#include <string.h>

static double seconds(uint64_t ns) { return (double)ns / 1e9; }

static uint64_t later(uint64_t at_ns, uint64_t by_ns, uint64_t now_ns)
{
	return at_ns + by_ns < now_ns ? at_ns + by_ns : now_ns;
}

void super_slept(struct super *s, uint64_t for_ns, uint64_t now_ns)
{
	super_say(s, SUPER_ALERT, 0, "nobody looked for %.1f s: that time is not counted", seconds(for_ns));
	for (unsigned i = 0; i < s->n; i++) {
		struct super_part *p = &s->part[i];

		p->heard_ns = later(p->heard_ns, for_ns, now_ns);
		p->frames_ns = later(p->frames_ns, for_ns, now_ns);
		p->limit_ns += for_ns;
	}
	s->asked_ns = later(s->asked_ns, for_ns, now_ns);
}

static void stuck(struct super *s, unsigned i, const char *what, uint64_t for_ns)
{
	struct super_part *p = &s->part[i];
	char lcore[BEAT_NAME_BYTES];

	memcpy(lcore, p->beat.stuck, sizeof lcore);
	snprintf(p->why, sizeof p->why, "%s %.1f s%s%s%s", what, seconds(for_ns), *lcore ? " (lcore " : "",
		 lcore, *lcore ? " makes no progress)" : "");
	super_say(s, SUPER_ALERT, i, "stuck: %s: killed", p->why);
	super_force(s, i);
}

static void judge(struct super *s, unsigned i, uint64_t now_ns)
{
	static const char *const word[] = { "ok", "slow", "starved" };
	struct super_part *p = &s->part[i];
	uint64_t slow = lately_grown(&p->slow, p->beat.slow, now_ns, s->conf.slow_ns);
	enum super_verdict was = p->verdict;

	p->verdict = slow                                          ? SUPER_SLOW
		     : now_ns - p->frames_ns >= s->conf.starved_ns ? SUPER_STARVED
								   : SUPER_OK;
	if (p->verdict == was)
		return;
	if (p->verdict == SUPER_SLOW)
		snprintf(p->why, sizeof p->why, "%llu slow polls", (unsigned long long)slow);
	else if (p->verdict == SUPER_STARVED)
		snprintf(p->why, sizeof p->why, "nothing came for %.1f s", seconds(now_ns - p->frames_ns));
	else
		p->why[0] = '\0';
	super_say(s, p->verdict == SUPER_OK ? SUPER_NOTE : SUPER_ALERT, i, "%s%s%s", word[p->verdict],
		  *p->why ? ": " : " again", p->why);
}

void super_look(struct super *s, unsigned i, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	if (p->phase == SUPER_STARTING && now_ns >= p->limit_ns) {
		stuck(s, i, "not ready within", p->limit_ns - p->started_ns);
	} else if (p->phase == SUPER_ENDING && now_ns >= p->limit_ns) {
		stuck(s, i, "its end takes longer than", s->conf.start_ns);
	} else if (p->phase == SUPER_ASKED && now_ns >= p->limit_ns) {
		super_say(s, SUPER_ALERT, i, "does not end within %.1f s: killed",
			  seconds(s->conf.window_ns));
		super_force(s, i);
	} else if (p->phase == SUPER_RUNNING && now_ns - p->heard_ns >= s->conf.stuck_ns) {
		stuck(s, i, "no heartbeat for", now_ns - p->heard_ns);
	} else if (p->phase == SUPER_RUNNING) {
		judge(s, i, now_ns);
		if (p->left < s->conf.restarts && now_ns - p->ready_ns >= s->conf.refill_ns) {
			p->left = s->conf.restarts;
			super_say(s, SUPER_NOTE, i, "well for %.0f s: all %u restarts are allowed again",
				  seconds(s->conf.refill_ns), p->left);
		}
	}
}
