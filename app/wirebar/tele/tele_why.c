/* SPDX-License-Identifier: BSD-3-Clause */
// tele_why.c: what gates see of an instrument: asked of the signal lcore, which fills a page between two
// polls.
#include <math.h>
#include <string.h>

#include "app/wirebar/control.h"
#include "app/wirebar/tele/tele.h"
#include "lcore/base/calendar.h"
#include "lcore/model/gate_eval.h"
#include "lcore/model/tables.h"

enum { TIMEOUT_MS = 1000 };

static const char *const verdict_text[] = { "does not hold", "holds", "undecided" };
static const char *const rule_text[] = { "no", "yes", "empty" };

static void add_double(struct tele_reply *r, const char *key, unsigned i, double v)
{
	char name[16], text[32] = "";

	snprintf(name, sizeof name, "%s%u", key, i);
	if (!isnan(v))
		snprintf(text, sizeof text, "%.10g", v);
	tele_text(r, name, text);
}

static void add_time(struct tele_reply *r, const char *key, uint64_t ns)
{
	char iso[CALENDAR_ISO_BYTES] = "";

	if (ns)
		calendar_iso(ns, iso);
	tele_text(r, key, iso);
}

static void add_rules(struct tele_reply *r, const struct conf_gate *g, const struct gate_why *w)
{
	for (unsigned k = 0; k < w->n_rules && k < g->n_rule; k++) {
		char key[16];

		snprintf(key, sizeof key, "rule%u", k);
		tele_text(r, key, g->rule[k]);
		if (!w->known)
			continue;
		add_double(r, "left", k, w->rule[k].left);
		add_double(r, "right", k, w->rule[k].right);
		snprintf(key, sizeof key, "holds%u", k);
		tele_text(r, key, rule_text[w->rule[k].verdict]);
	}
}

static bool add_gate(struct tele_reply *r, const struct conf_gate *g, const struct gate_why *w)
{
	struct tele_reply sub;
	char text[GATE_WHY_BYTES];

	if (!tele_begin(&sub))
		return false;
	tele_text(&sub, "stream", conf_enum_gate_stream[g->stream]);
	tele_text(&sub, "side", conf_enum_gate_side[g->side]);
	tele_text(&sub, "verdict",
		  !w->known || !w->listed ? verdict_text[GATE_NO] : verdict_text[w->verdict]);
	snprintf(text, sizeof text, "%.10g", w->share);
	tele_text(&sub, "share", text);
	snprintf(text, sizeof text, "%.10g", w->needs);
	tele_text(&sub, "needs", text);
	tele_text(&sub, "why_not", gate_why_text(w, text));
	tele_text(&sub, "would_stop", gate_why_outcome(w->known ? w->blocked : GATE_NEVER));
	add_time(&sub, "rose", w->rose_ns);
	add_time(&sub, "fired", w->fired_ns);
	add_time(&sub, "cooldown_until", w->until_ns);
	tele_number(&sub, "fires_of_day", w->fires);
	add_rules(&sub, g, w);
	return tele_end(r, g->name, &sub);
}

static struct lcore *signal_lcore(struct appliance *a)
{
	for (unsigned i = 0; i < a->n_lcore; i++)
		if (a->lcore[i].stage == stages[CONF_STAGE_SIGNAL])
			return &a->lcore[i];
	return NULL;
}

void tele_why(const struct tele_ask *ask, struct tele_reply *r)
{
	struct appliance *a = ask->a;
	struct lcore *l = signal_lcore(a);
	uint64_t from = 0, shown = 0;
	uint32_t instr;
	bool room = true;

	if ((ask->n > 1 && !tele_uint(r, "from", ask->arg[1], 0, GATE_MAX, &from)) ||
	    !tele_instr(ask, r, ask->arg[0], &instr))
		return;
	if (!l) {
		tele_error(r, "this configuration has no signal lcore");
		return;
	}
	tele_text(r, "symbol", ask->arg[0]);
	for (struct lcore_command c = { .op = LCORE_OP_WHY }; room;) {
		c.symbol = tables_symbol(a->plant.tables, instr);
		c.arg = (int64_t)(instr | (from + shown) << 32);
		if (ctl_command(l, &c, TIMEOUT_MS)) {
			tele_error(r, "%s", c.text);
			return;
		}
		if (!shown)
			add_time(r, "close_ts", c.why.close_ts);
		control_conf_lock();
		for (unsigned i = 0; i < c.why.n && room; i++, shown += room)
			room = c.why.why[i].gate < a->conf.n_gate &&
			       add_gate(r, &a->conf.gate[c.why.why[i].gate], &c.why.why[i]);
		control_conf_unlock();
		if (c.why.n < GATE_WHYS || from + shown >= c.why.gates)
			room = false;
		if (!room)
			tele_number(r, "more", c.why.gates > from + shown ? c.why.gates - from - shown : 0);
	}
}
