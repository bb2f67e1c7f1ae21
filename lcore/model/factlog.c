/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/factlog.h"

#include <string.h>

#include "lcore/model/bar.h"

static const uint32_t flag_of[FACT_KINDS] = {
	[FACT_GAP] = BAR_GAP,
	[FACT_JOIN] = BAR_PARTIAL_FIRST,
	[FACT_STALE] = BAR_STALE,
	[FACT_BY_TIMER] = BAR_SEALED_BY_TIMER,
};

static void forget_answers(struct factlog *log) { memset(log->last, 0, sizeof log->last); }

void factlog_init(struct factlog *log, uint32_t max, void *mem)
{
	*log = (struct factlog){ .at = mem, .max = max };
}

void factlog_add(struct factlog *log, enum fact_kind kind, uint64_t from_ns, uint64_t to_ns, uint64_t n,
		 uint32_t gen)
{
	log->at[log->n++] = (struct fact_entry){ from_ns, to_ns, n, n, gen, (uint8_t)kind };
	log->doubts += kind == FACT_DOUBT;
}

void factlog_open(struct factlog *log, enum fact_kind kind, uint64_t from_ns, uint64_t n)
{
	factlog_add(log, kind, from_ns, FACT_OPEN, n, 0);
	log->at[log->n - 1].n_to = FACT_OPEN;
	log->open |= (uint8_t)(1 << kind);
}

void factlog_close(struct factlog *log, enum fact_kind kind, uint64_t to_ns, uint64_t n)
{
	if (!factlog_is_open(log, kind))
		return;
	uint32_t i = log->n - 1;

	while (log->at[i].kind != kind || log->at[i].n_to != FACT_OPEN)
		i--;
	log->at[i].to_ns = to_ns > log->at[i].from_ns ? to_ns : log->at[i].from_ns;
	log->at[i].n_to = n;
	log->open &= (uint8_t) ~(1 << kind);
}

// Returns true if an interval that begins at or after the floor, and ends after it, may still need the fact.
static bool needed(const struct fact_entry *f, uint64_t floor_ns)
{
	if (f->n_to == FACT_OPEN)
		return true;
	switch (f->kind) {
	case FACT_DOUBT: return f->from_ns >= floor_ns; // else it is before all of them: gen says so
	case FACT_GAP: return f->to_ns >= floor_ns;
	default: return f->to_ns > floor_ns;
	}
}

uint32_t factlog_trim(struct factlog *log, uint64_t floor_ns)
{
	uint32_t kept = 0, n = log->n;

	for (uint32_t i = 0; i < n; i++) {
		const struct fact_entry *f = &log->at[i];

		if (needed(f, floor_ns)) {
			log->at[kept++] = *f;
		} else if (f->kind == FACT_DOUBT) {
			log->gen = f->gen;
			log->doubts--;
		}
	}
	log->n = kept;
	return n - kept;
}

static void widen(struct fact_entry *f, const struct fact_entry *by)
{
	f->from_ns = by->from_ns < f->from_ns ? by->from_ns : f->from_ns;
	f->to_ns = by->to_ns > f->to_ns ? by->to_ns : f->to_ns;
	f->n_to = by->n_to > f->n_to ? by->n_to : f->n_to;
	f->gen = by->gen;
}

uint32_t factlog_merge(struct factlog *log)
{
	struct fact_entry *waits[FACT_KINDS] = { 0 }; // the older of a pair
	uint32_t kept = 0, n = log->n;

	for (uint32_t i = 0; i < n; i++) {
		const struct fact_entry *f = &log->at[i];

		if (i >= n / 2 && kept < i) { // the newer half stays as it is
			log->at[kept++] = *f;
		} else if (waits[f->kind] && f->n_to != FACT_OPEN) {
			widen(waits[f->kind], f);
			log->doubts -= f->kind == FACT_DOUBT;
			waits[f->kind] = NULL;
		} else {
			log->at[kept] = *f;
			waits[f->kind] = f->n_to == FACT_OPEN ? NULL : &log->at[kept];
			kept++;
		}
	}
	log->n = kept;
	forget_answers(log);
	return n - kept;
}

static bool says(const struct fact_entry *f, uint64_t from_ns, uint64_t to_ns, uint64_t n)
{
	uint64_t end_ns = n < f->n_to ? FACT_OPEN : f->to_ns;

	if (f->n_from > n)
		return false;
	switch (f->kind) {
	case FACT_GAP: return f->from_ns < to_ns && end_ns >= from_ns;
	case FACT_JOIN: return f->from_ns < to_ns && end_ns > from_ns;
	case FACT_STALE:
	case FACT_BY_TIMER: return f->from_ns < to_ns && to_ns <= end_ns;
	default: return false;
	}
}

uint32_t factlog_ask(struct factlog *log, uint64_t from_ns, uint64_t to_ns, uint64_t n)
{
	// All instruments query the same few intervals in turn, one for each span: each has a place in this
	// cache.
	struct factlog_answer *a = &log->last[(to_ns - from_ns) / NS_PER_S % 17];

	if (a->from_ns == from_ns && a->to_ns == to_ns && a->n == n)
		return a->flags;
	*a = (struct factlog_answer){ from_ns, to_ns, n, 0 };
	for (uint32_t i = 0; i < log->n; i++)
		if (says(&log->at[i], from_ns, to_ns, n))
			a->flags |= flag_of[log->at[i].kind];
	return a->flags;
}

uint32_t factlog_gen(const struct factlog *log, uint64_t end_ns, uint64_t n)
{
	for (uint32_t i = log->doubts ? log->n : 0; i-- > 0;) {
		const struct fact_entry *f = &log->at[i];

		if (f->kind == FACT_DOUBT && f->n_from <= n && f->from_ns < end_ns)
			return f->gen;
	}
	return log->gen;
}

void duelog_trim(struct duelog *log, uint32_t sec)
{
	uint32_t gone = 0;

	while (gone + 1 < log->n && log->at[gone].sec <= sec)
		gone++;
	log->n -= gone;
	memmove(log->at, log->at + gone, log->n * sizeof *log->at);
}

void duelog_add(struct duelog *log, uint32_t sec, uint64_t n)
{
	if (!log->n || log->at[log->n - 1].n != n)
		log->at[log->n++].n = n;
	log->at[log->n - 1].sec = sec;
}
