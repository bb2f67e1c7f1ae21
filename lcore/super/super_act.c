/* SPDX-License-Identifier: BSD-3-Clause */
// super_act.c: what is to be done, in the order in which it was decided.
#include "lcore/super/super_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct super_action *add(struct super *s, enum super_act act, unsigned part)
{
	static struct super_action
		nowhere; // the caller has not taken what was there: it is lost to the log only
	struct super_action *a = s->n_actions < SUPER_ACTIONS ? &s->action[s->n_actions++] : &nowhere;

	*a = (struct super_action){ .act = act, .part = part };
	return a;
}

void super_act(struct super *s, enum super_act act, unsigned part) { add(s, act, part); }

void super_say(struct super *s, enum super_act act, unsigned part, const char *format, ...)
{
	struct super_action *a;
	va_list ap;

	// Words leave room for deeds.
	if (s->n_actions >= SUPER_ACTIONS / 2)
		return;
	a = add(s, act, part);
	va_start(ap, format);
	vsnprintf(a->text, sizeof a->text, format, ap);
	va_end(ap);
}

void super_force(struct super *s, unsigned i)
{
	s->part[i].phase = SUPER_FORCED;
	super_act(s, SUPER_KILL, i);
}

bool super_next(struct super *s, struct super_action *out)
{
	if (!s->n_actions)
		return false;
	*out = s->action[0];
	memmove(s->action, s->action + 1, --s->n_actions * sizeof *s->action);
	return true;
}
