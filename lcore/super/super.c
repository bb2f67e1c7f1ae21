/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/super/super_parts.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { CODE_FAILED = 1, CODE_USAGE = 2, CODE_LOST = 3, CODE_NO_PROGRAM = 127 };

void super_init(struct super *s, const struct super_conf *conf, const char *const *name, unsigned n,
		uint64_t now_ns)
{
	memset(s, 0, sizeof *s);
	s->conf = *conf;
	s->n = n < SUPER_PARTS ? n : (unsigned)SUPER_PARTS;
	for (unsigned i = 0; i < s->n; i++) {
		struct super_part *p = &s->part[i];

		snprintf(p->name, sizeof p->name, "%s", name[i]);
		p->left = conf->restarts;
		p->due_ns = now_ns;
		p->code = -1;
	}
}

// A part waits for the one before it: until that is ready, or the stagger is over. The first one of a chain
// may itself wait until all have attached to it, so nobody waits for it longer.
static bool turn(const struct super *s, unsigned i, uint64_t now_ns)
{
	const struct super_part *before = i ? &s->part[i - 1] : NULL;

	if (now_ns < s->part[i].due_ns)
		return false;
	return !before || before->phase > SUPER_STARTING ||
	       (before->phase == SUPER_STARTING && now_ns - before->started_ns >= s->conf.stagger_ns) ||
	       (before->phase == SUPER_DUE && before->due_ns > now_ns); // a crashed neighbour delays nobody
}

static void start(struct super *s, unsigned i, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	p->phase = SUPER_STARTING;
	p->verdict = SUPER_OK;
	p->beat = (struct beat){ 0 };
	p->slow = (struct lately){ 0 };
	p->code = -1;
	p->why[0] = '\0';
	p->started_ns = p->heard_ns = p->frames_ns = now_ns;
	p->limit_ns = now_ns + s->conf.start_ns;
	super_act(s, SUPER_START, i);
}

static bool all_over(const struct super *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->part[i].phase != SUPER_DONE && s->part[i].phase != SUPER_FAILED)
			return false;
	return true;
}

void super_tick(struct super *s, uint64_t now_ns)
{
	if (s->over)
		return;
	if (s->looked_ns && now_ns - s->looked_ns > SUPER_SLEPT_NS)
		super_slept(s, now_ns - s->looked_ns, now_ns);
	s->looked_ns = now_ns;
	if (s->goal == SUPER_RUN && all_over(s))
		super_end_all(s, SUPER_STOP, now_ns);
	if (s->goal != SUPER_RUN) {
		super_ending(s, now_ns);
		return;
	}
	for (unsigned i = 0; i < s->n; i++) {
		if (s->part[i].phase == SUPER_DUE && turn(s, i, now_ns))
			start(s, i, now_ns);
		else
			super_look(s, i, now_ns);
	}
}

static void take_values(struct super_part *p, const struct beat *b, uint64_t now_ns)
{
	if (b->counts) {
		if (b->frames != p->beat.frames)
			p->frames_ns = now_ns;
		p->beat.lag_ns = b->lag_ns;
		p->beat.frames = b->frames;
		p->beat.slow = b->slow;
	}
	if (*b->status)
		memcpy(p->beat.status, b->status, sizeof p->beat.status);
	if (*b->cpus)
		memcpy(p->beat.cpus, b->cpus, sizeof p->beat.cpus);
	memcpy(p->beat.stuck, b->stuck, sizeof p->beat.stuck);
}

void super_beat(struct super *s, unsigned i, const struct beat *b, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	if (!super_alive(p))
		return;
	take_values(p, b, now_ns);
	if (b->watchdog || b->ready)
		p->heard_ns = now_ns;
	if (b->extend_ns && (p->phase == SUPER_STARTING || p->phase == SUPER_ENDING))
		p->limit_ns = now_ns + b->extend_ns;
	if (b->ready && p->phase == SUPER_STARTING) {
		p->phase = SUPER_RUNNING;
		p->ready_ns = p->frames_ns = now_ns;
		super_say(s, SUPER_NOTE, i, "ready after %.1f s", (double)(now_ns - p->started_ns) / 1e9);
	}
	if (b->stopping && (p->phase == SUPER_RUNNING || p->phase == SUPER_STARTING)) {
		p->phase = SUPER_ENDING;
		p->limit_ns = now_ns + s->conf.start_ns;
	}
}

static void fail(struct super *s, unsigned i, const char *more)
{
	struct super_part *p = &s->part[i];

	p->phase = SUPER_FAILED;
	if (i)
		super_say(s, SUPER_ALERT, i, "failed: %s%s; `wirebarctl restart %s` tries anew", p->why, more,
			  p->name);
	else // all end
		super_say(s, SUPER_ALERT, i, "failed: %s%s", p->why, more);
}

static void crashed(struct super *s, unsigned i, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	if (s->conf.chained && i && s->part[0].phase == SUPER_DONE) {
		fail(s, i, ", and what it lived on is gone");
		return;
	}
	if (!p->left) {
		fail(s, i, ", too often");
		return;
	}
	p->left--;
	p->restarts++;
	p->phase = SUPER_DUE;
	p->due_ns = now_ns + s->conf.pause_ns;
	super_say(s, SUPER_ALERT, i, "dead: %s; starts again in %.1f s (%u restarts left)", p->why,
		  (double)s->conf.pause_ns / 1e9, p->left);
	if (s->conf.chained && !i) {
		s->again_ns = p->due_ns;
		super_end_all(s, SUPER_AGAIN, now_ns);
	}
}

// The first one's failure for good leaves the others nothing to live on.
static void first_failed(struct super *s, unsigned i, uint64_t now_ns)
{
	if (!i && s->part[0].phase == SUPER_FAILED)
		super_end_all(s, SUPER_STOP, now_ns);
}

static void say_how(struct super_part *p, int signal, int code)
{
	// Asked before it could do it in order: that is an end, too.
	bool asked = p->phase == SUPER_ASKED && signal == SIGTERM;

	p->code = asked ? 0 : signal ? -1 : code;
	if (p->phase == SUPER_FORCED && *p->why)
		return; // why it was killed says more than that it was
	if (signal)
		snprintf(p->why, sizeof p->why, "signal %d", signal);
	else
		snprintf(p->why, sizeof p->why, "exit code %d", code);
}

// An operator wants it anew.
static void again(struct super *s, unsigned i, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	p->again = false;
	p->phase = SUPER_DUE;
	p->due_ns = now_ns;
	p->left = s->conf.restarts;
	p->restarts++;
}

void super_exited(struct super *s, unsigned i, int signal, int code, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];
	enum super_phase was = p->phase;

	if (!super_alive(p))
		return;
	say_how(p, signal, code);
	if (s->goal != SUPER_RUN) {
		p->phase = SUPER_ENDED;
		super_say(s, SUPER_NOTE, i, "has ended (%s)", p->why);
	} else if (p->again) {
		again(s, i, now_ns);
	} else if (!signal && (code == 0 || code == CODE_LOST)) {
		p->phase = SUPER_DONE;
		super_say(s, SUPER_NOTE, i, "done (%s)", p->why);
	} else if (!signal && (code == CODE_USAGE || code == CODE_NO_PROGRAM)) {
		fail(s, i, code == CODE_USAGE ? " (usage or configuration)" : " (no such program)");
		first_failed(s, i, now_ns);
	} else {
		if (was != SUPER_FORCED && signal)
			snprintf(p->why, sizeof p->why, "killed by signal %d", signal);
		crashed(s, i, now_ns);
		first_failed(s, i, now_ns);
	}
}

void super_unstarted(struct super *s, unsigned i, const char *why, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	snprintf(p->why, sizeof p->why, "not started: %s", why);
	if (s->goal != SUPER_RUN) {
		p->phase = SUPER_ENDED;
		return;
	}
	crashed(s, i, now_ns);
	first_failed(s, i, now_ns);
}

void super_stop(struct super *s, uint64_t now_ns)
{
	if (s->goal != SUPER_STOP) {
		s->stopped_ns = now_ns;
		super_end_all(s, SUPER_STOP, now_ns);
	} else if (now_ns - s->stopped_ns > SUPER_SAME_NS && now_ns - s->asked_ns < s->conf.window_ns) {
		s->asked_ns = now_ns > s->conf.window_ns ? now_ns - s->conf.window_ns : 0;
	}
}

bool super_restart(struct super *s, unsigned i, uint64_t now_ns)
{
	struct super_part *p = &s->part[i];

	if (s->goal == SUPER_STOP)
		return false;
	if (s->goal == SUPER_AGAIN)
		return true; // it is on its way
	if (!i && s->conf.chained) {
		p->left = s->conf.restarts;
		p->restarts++;
		s->again_ns = now_ns;
		super_end_all(s, SUPER_AGAIN, now_ns);
	} else if (super_alive(p)) {
		p->again = true;
		if (p->phase != SUPER_FORCED) {
			p->phase = SUPER_ASKED;
			p->limit_ns = now_ns + s->conf.window_ns;
			super_act(s, SUPER_ASK, i);
		}
	} else {
		again(s, i, now_ns);
	}
	return true;
}

bool super_ready(const struct super *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->part[i].phase < SUPER_RUNNING || s->part[i].phase == SUPER_FAILED)
			return false;
	return true;
}

bool super_fine(const struct super *s)
{
	for (unsigned i = 0; i < s->n; i++)
		if (s->part[i].phase == SUPER_FAILED)
			return false;
	return true;
}

const char *super_state(const struct super *s, unsigned i)
{
	static const char *const phase[SUPER_PHASES] = { "waiting", "starting", "",
							 "ending",  "stopping", "killed",
							 "done",    "failed",   "ended" };
	static const char *const verdict[] = { "ok", "slow", "starved" };
	const struct super_part *p = &s->part[i];

	if (p->phase == SUPER_FORCED && s->goal == SUPER_RUN)
		return "stuck";
	return p->phase == SUPER_RUNNING ? verdict[p->verdict] : phase[p->phase];
}

int super_code(const struct super *s)
{
	int worst = 0;

	for (unsigned i = 0; i < s->n; i++) {
		const struct super_part *p = &s->part[i];
		// While all ended, a part that was not there has no code: how it last ended was dealt with.
		bool gone = p->phase == SUPER_ENDED && p->code < 0 && p->why[0];

		if (p->code == CODE_USAGE || p->code == CODE_NO_PROGRAM)
			return CODE_USAGE;
		if (p->phase == SUPER_FAILED || p->code == CODE_FAILED || gone)
			worst = CODE_FAILED;
		else if (p->code == CODE_LOST && !worst)
			worst = CODE_LOST;
	}
	return worst;
}
