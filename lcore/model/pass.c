/* SPDX-License-Identifier: BSD-3-Clause */
// pass.c: who is sealed when: the budgeted pass, the first of the watch list, and all, in steps, when much
// is due at once or the data ends. Moves emission and marks, never content.
#include "lcore/model/pass.h"

#include "lcore/model/chan_fact.h"
#include "lcore/model/group.h"
#include "lcore/model/seal.h"
#include "lcore/model/strand.h"
#include "lcore/model/tables.h"
#include "lcore/model/wake.h"

enum { STEP_SEC = 10 };

// The second up to which everybody's rows are due: 0 when nobody has any to come.
static uint32_t due_of_all(const struct engine *e)
{
	uint32_t due = UINT32_MAX;

	if (e->opening) // it may have prints of seconds that others have passed
		return 0;
	for (uint32_t g = 0; g < e->n_groups; g++)
		if (e->group[g].n && e->group[g].due_sec < due)
			due = e->group[g].due_sec;
	// An instrument's first print may come on any of these.
	for (int i = 0; i < ENGINE_CHANNELS && due != UINT32_MAX; i++)
		if (e->chan[i].state == CHAN_LIVE && e->chan[i].prints && e->chan[i].due_sec < due)
			due = e->chan[i].due_sec;
	return due == UINT32_MAX ? 0 : due;
}

static void round_begin(struct engine *e)
{
	e->pass_active = true;
	e->pass_again = false;
	e->pass_at = e->pass_watch_at = e->pass_kept_at = 0;
	e->pass_to_ns = ns_of(e->passed_sec);
	e->round_bits = 0;
	e->ahead_from = e->ahead_to = 0;
	e->round_spans = e->wake_spans | UINT32_C(1) << SPAN_1S;
	e->round_all = e->wake_all || e->conf.fill;
	e->wake_spans = 0;
	e->wake_all = false;
}

// The first second of which an instrument may still have a row.
static uint32_t at(const struct instr *in)
{
	return in->next_sec > in->rows_from ? in->next_sec : in->rows_from;
}

static bool due(const struct engine *e, uint32_t instr)
{
	const struct instr *in = &e->instr[instr];

	return in->next_sec < group_due(e->group, in);
}

// Has something to say when it is sealed: the others have only idle seconds, and lag until they are asked.
static bool awake(const struct engine *e, uint32_t instr)
{
	for (int k = 0; k < SPAN_COUNT; k++)
		if (wake_is(e, instr, k))
			return true;
	return e->wake_all || e->conf.fill || e->instr[instr].watched;
}

// Seals an instrument up to to_sec, and lets it sleep if nothing of it is open then.
static void seal_to(struct engine *e, uint32_t instr, uint32_t to_sec)
{
	seal_instr(e, instr, to_sec);
	seal_sleep(e, instr);
}

void pass_catch_up(struct engine *e, uint32_t instr)
{
	if (due(e, instr))
		seal_instr(e, instr, group_due(e->group, &e->instr[instr]));
}

void pass_behind(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	pass_catch_up(e, strand->instr);
	if (ts_ns - strand->epoch_ns >= NS_PER_S || strand->epoch_ns < e->chan[strand->channel].seal_ns)
		strand_advance(e, strand, ts_ns);
}

void engine_refresh(struct engine *e, uint32_t instr)
{
	pass_catch_up(e, instr);
	seal_owed(e, instr);
}

void engine_idle(struct engine *e, uint32_t n)
{
	for (; n && !e->pass_active && !e->conf.relays; n--) {
		if (e->idle_at >= e->n_instr) {
			e->idle_at = 0;
			return;
		}
		engine_refresh(e, e->idle_at++);
	}
}

// Seal the first eight watched instruments at once, before the rest of the burst: their reader waits. Eight,
// because no budget bounds this loop; the pass seals the other watched ones first.
enum { FIRST_MAX = 8 };

void pass_first(struct engine *e)
{
	for (uint32_t i = 0; i < e->n_watch && i < FIRST_MAX; i++) {
		if (due(e, e->watch[i]))
			seal_to(e, e->watch[i], group_due(e->group, &e->instr[e->watch[i]]));
	}
}

void pass_all(struct engine *e)
{
	for (uint32_t i = 0; i < e->n_instr; i++) // also those that lag
		if (due(e, i))
			seal_to(e, i, group_due(e->group, &e->instr[i]));
	e->none_due = true;
}

static void mark(struct engine *e, uint64_t ns)
{
	if (ns <= e->watermark_ns)
		return;
	e->watermark_ns = ns;
	e->sink.mark(e->sink.ctx, ns);
}

// The end of a step over the instruments that wait, from the second that the last of them has come to.
static uint32_t step_to(uint32_t low_sec) { return low_sec / STEP_SEC * STEP_SEC + STEP_SEC; }

// A night, a channel that comes back, a clock gone wrong: much is due at once. What takes rows holds them up
// to the mark, so the instruments go there together, a few seconds at a time.
static __attribute__((noinline)) void leap(struct engine *e)
{
	e->leap = false;
	for (;;) {
		uint32_t low = UINT32_MAX;

		for (uint32_t i = 0; i < e->n_instr; i++)
			if (due(e, i) && awake(e, i) && at(&e->instr[i]) < low)
				low = at(&e->instr[i]);
		if (low == UINT32_MAX)
			break;
		for (uint32_t i = 0, to = step_to(low); i < e->n_instr; i++)
			if (due(e, i) && awake(e, i))
				seal_to(e, i,
					to < group_due(e->group, &e->instr[i])
						? to
						: group_due(e->group, &e->instr[i]));
		mark(e, ns_of(step_to(low) < e->passed_sec ? step_to(low) : e->passed_sec));
	}
	e->none_due = true;
}

void pass_begin(struct engine *e)
{
	uint32_t due = due_of_all(e);

	e->passed_sec = due > e->passed_sec ? due : e->passed_sec;
	e->none_due = false;
	if (e->n_quotes) // readers do not see a row before the touches that it is of
		strand_quotes(e);
	if (unlikely(e->leap))
		leap(e);
	if (e->pass_active)
		e->pass_again = true;
	else
		round_begin(e);
}

// Where rows of several spans are due, their memory is in runs that the processor prefetches by itself, and
// doing it here only costs; but 1 s rows alone are strides of kilobytes. Always inlined: gcc drops calls of
// functions that only prefetch.
enum { AHEAD_ROW = 3 };

__attribute__((always_inline)) static inline void ahead_row(const struct engine *e, uint32_t instr)
{
	const struct instr *in = &e->instr[instr];

	if (!in->next_sec || (in->next_sec + 1) % bar_span_s[SPAN_5S] == 0)
		return;
	const struct strand *strand = &e->strand[in->strand[0]];
	const char *anchor = (const char *)&e->anchor[(size_t)instr * SPAN_COUNT];

	__builtin_prefetch(strand, 1);
	__builtin_prefetch(&strand->cur, 1);
	__builtin_prefetch(&e->part[(size_t)in->strand[0] * (SPAN_COUNT - 1)], 1);
	for (size_t i = 0; i < sizeof(struct anchor); i += CACHE_LINE)
		__builtin_prefetch(anchor + i, 1);
	if (e->tables)
		tables_prefetch_latest(e->tables, instr);
}

static void keep(struct engine *e, uint32_t at)
{
	if (!e->tables)
		return;
	if (at + 1 < e->n_watch)
		tables_prefetch_history(e->tables, e->watch[at + 1]);
	tables_remember(e->tables, e->watch[at]);
}

// Who lags still needs what was known when its seconds came due. So where much is known, everybody is caught
// up before it is forgotten, when nobody has rows to come.
static void all_done(struct engine *e)
{
	e->none_due = true;
	if (unlikely(!e->catching && chan_crowded(e))) {
		e->catching = true;
		e->catch_at = 0;
		chan_trim_begin(e);
	}
}

static void catch_next(struct engine *e)
{
	if (e->catch_at < e->n_instr) {
		pass_catch_up(e, e->catch_at++);
		return;
	}
	e->catching = false;
	chan_trim(e);
}

// Sets *instr to the next instrument of the round's bits. False: there is none left. Who wakes meanwhile has
// been caught up, and is of the next round.
static inline bool find(struct engine *e, uint32_t *instr)
{
	while (!e->round_bits) {
		if (e->pass_at * 64 >= e->n_instr)
			return false;
		e->round_bits = e->round_all ? ~UINT64_C(0) : wake_word(e, e->pass_at, e->round_spans);
		e->pass_at++;
	}
	*instr = (e->pass_at - 1) * 64 + (uint32_t)__builtin_ctzll(e->round_bits);
	e->round_bits &= e->round_bits - 1;
	return *instr < e->n_instr;
}

// Sets *instr to the next instrument that this round visits, those after it being found and prefetched before
// their turn. False: there is none left.
static inline bool next(struct engine *e, uint32_t *instr)
{
	uint32_t found;

	while (e->ahead_to - e->ahead_from < ENGINE_AHEAD && find(e, &found)) {
		__builtin_prefetch(&e->instr[found]);
		e->ahead[e->ahead_to++ % ENGINE_AHEAD] = found;
	}
	if (e->ahead_to == e->ahead_from)
		return false;
	*instr = e->ahead[e->ahead_from++ % ENGINE_AHEAD];
	if (e->ahead_to - e->ahead_from >= AHEAD_ROW)
		ahead_row(e, e->ahead[(e->ahead_from + AHEAD_ROW - 1) % ENGINE_AHEAD]);
	return true;
}

unsigned engine_seal(struct engine *e, unsigned budget)
{
	unsigned n = 0;

	for (; e->pass_active && n < budget; n++) {
		uint32_t instr;

		if (e->pass_watch_at < e->n_watch) {
			instr = e->watch[e->pass_watch_at++];
		} else if (e->pass_kept_at < e->n_watch) { // their histories, when all their rows are out
			keep(e, e->pass_kept_at++);
			continue;
		} else if (!next(e, &instr)) {
			e->pass_active = false;
			mark(e, e->pass_to_ns);
			if (e->pass_again)
				round_begin(e);
			else
				all_done(e);
			continue;
		}
		if (!due(e, instr)) {
			if (instr_dormant(&e->instr[instr])) // until it prints
				wake_clear(e, instr, SPAN_1S);
			continue;
		}
		seal_to(e, instr, group_due(e->group, &e->instr[instr]));
	}
	for (; unlikely(e->catching) && !e->pass_active && n < budget; n++)
		catch_next(e);
	return n;
}

static void drain_to(struct engine *e, uint32_t instr, uint32_t to_sec)
{
	if (seal_last(e, instr) < to_sec) {
		seal_finish(e, instr);
		return;
	}
	e->draining = true;
	seal_instr(e, instr, to_sec);
	e->draining = false;
}

void engine_drain(struct engine *e)
{
	e->opening = 0;
	group_update(e);
	pass_begin(e); // what an opening channel held back may be much
	pass_all(e);
	for (int i = 0; i < ENGINE_CHANNELS; i++)
		chan_step_over(e, &e->chan[i]);
	// Whatever waited for a silent channel is due now; in steps, as above.
	for (;;) {
		uint32_t low = UINT32_MAX, to;

		for (uint32_t i = 0; i < e->n_instr; i++)
			if (e->instr[i].next_sec && !e->instr[i].finished && at(&e->instr[i]) < low)
				low = at(&e->instr[i]);
		if (low == UINT32_MAX)
			break;
		to = step_to(low);
		for (uint32_t i = 0; i < e->n_instr; i++)
			if (e->instr[i].next_sec && !e->instr[i].finished)
				drain_to(e, i, to);
		mark(e, ns_of(to));
	}
	for (uint32_t i = 0; i < e->n_watch; i++)
		keep(e, i);
	for (uint32_t g = 0; g < e->n_groups; g++) // else rows of some instrument have not been handed on
		ledger_holds(e->ledger, e->group[g].n == 0);
	e->watermark_ns = UINT64_MAX;
	e->pass_active = e->catching = false;
	e->sink.mark(e->sink.ctx, UINT64_MAX);
}
