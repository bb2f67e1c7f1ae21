/* SPDX-License-Identifier: BSD-3-Clause */
// chan_fact.c: what is kept of a channel's quality. Nothing here touches a row: rows ask the log (factlog.h)
// for what was known when they came due.
#include "lcore/model/chan_fact.h"

#include "lcore/model/relay.h"

// More facts than this make each answer of a log slow. Facts of the open 5 m interval cannot be trimmed:
// where many are left, the next time is when there are twice as many.
enum { FACTS_CROWD = 64 };
// Half of a due log: the other half is what may come due while everybody is caught up, a budget at a time.
enum { DUES_CROWD = DUELOG_MAX / 2 };

// No row that is still to come begins before this when everybody has been sealed up to sec.
static uint64_t floor_ns(const struct engine *e, uint32_t sec)
{
	return e->conf.relays ? UINT64_MAX : ns_of(sec / bar_span_s[SPAN_5M] * bar_span_s[SPAN_5M]);
}

bool chan_crowded(const struct engine *e)
{
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		if (e->chan[i].log.n > FACTS_CROWD + e->facts_crowd)
			return true;
	for (uint32_t g = 0; g < e->n_groups; g++)
		if (e->duelog[g].n > DUES_CROWD)
			return true;
	return false;
}

void chan_trim_begin(struct engine *e)
{
	e->trim_sec = e->passed_sec;
	for (uint32_t g = 0; g < e->n_groups; g++)
		e->duelog[g].trim_sec = e->group[g].due_sec;
}

void chan_trim(struct engine *e)
{
	for (uint32_t g = 0; g < e->n_groups; g++)
		duelog_trim(&e->duelog[g], e->duelog[g].trim_sec);
	e->facts_crowd = 0;
	for (int i = 0; i < ENGINE_CHANNELS; i++) {
		struct factlog *log = &e->chan[i].log;

		if (unlikely(log->n))
			factlog_trim(log, floor_ns(e, e->trim_sec));
		e->facts_crowd = 2 * log->n > e->facts_crowd ? 2 * log->n : e->facts_crowd;
	}
}

static __attribute__((noinline)) void make_room(struct engine *e, struct factlog *log)
{
	e->make_room(e);
	factlog_trim(log, floor_ns(e, e->passed_sec));
	if (factlog_full(log))
		LEDGER_ADD(e->ledger, facts_merged, factlog_merge(log));
}

// A relaying lcore sends each step; the owner takes the same step.
static void tell(struct engine *e, const struct chan *c, enum fact_step step, struct fact_entry f)
{
	f.gen = c->suspect_gen;
	if (unlikely(e->conf.relays))
		relay_step(e, c, step, &f);
}

void chan_note(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t from_ns, uint64_t to_ns)
{
	if (unlikely(factlog_full(&c->log)))
		make_room(e, &c->log);
	factlog_add(&c->log, kind, from_ns, to_ns, ++e->fact_n, c->suspect_gen);
	tell(e, c, FACT_STEP_NOTE,
	     (struct fact_entry){ .kind = (uint8_t)kind, .from_ns = from_ns, .to_ns = to_ns });
}

void chan_open(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t from_ns)
{
	if (!factlog_is_open(&c->log, kind)) {
		if (unlikely(factlog_full(&c->log)))
			make_room(e, &c->log);
		factlog_open(&c->log, kind, from_ns, ++e->fact_n);
		c->even = false;
	}
	tell(e, c, FACT_STEP_OPEN,
	     (struct fact_entry){ .kind = (uint8_t)kind, .from_ns = from_ns }); // again, if it was refused
}

void chan_close(struct engine *e, struct chan *c, enum fact_kind kind, uint64_t to_ns)
{
	if (!factlog_is_open(&c->log, kind))
		return;
	factlog_close(&c->log, kind, to_ns, ++e->fact_n);
	tell(e, c, FACT_STEP_CLOSE, (struct fact_entry){ .kind = (uint8_t)kind, .to_ns = to_ns });
}

void chan_told(struct engine *e, struct chan *c, enum fact_step step, const struct fact_entry *f)
{
	if (f->kind >= FACT_KINDS)
		return;
	c->suspect_gen = f->gen;
	if (step == FACT_STEP_NOTE)
		chan_note(e, c, (enum fact_kind)f->kind, f->from_ns, f->to_ns);
	else if (step == FACT_STEP_OPEN)
		chan_open(e, c, (enum fact_kind)f->kind, f->from_ns);
	else
		chan_close(e, c, (enum fact_kind)f->kind, f->to_ns);
}

void chan_lost(struct engine *e, struct chan *c)
{
	c->even = false;
	c->suspect_gen++;
	chan_note(e, c, FACT_DOUBT, c->clock_ns, c->clock_ns);
}

void chan_gap(struct engine *e, struct chan *c)
{
	chan_lost(e, c);
	// What was lost is between the clock before the hole and the next clock, and may be late by the
	// allowance. A hole that is open already stays so.
	chan_open(e, c, FACT_GAP, c->clock_ns > c->lateness_ns ? c->clock_ns - c->lateness_ns : 0);
}

void chan_step_over(struct engine *e, struct chan *c)
{
	if (c->step.asked_ns)
		LEDGER_INC(e->ledger, clock_steps);
	c->step.asked_ns = 0;
}
