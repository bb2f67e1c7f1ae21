/* SPDX-License-Identifier: BSD-3-Clause */
// seal.c: due seconds become rows. Each second of an instrument is merged once over its venues, joined into
// the venues' longer spans, enriched and given away; longer spans are composed, never counted again. Who is
// sealed when is pass.c's matter.
#include "lcore/model/seal.h"

#include <string.h>

#include "lcore/model/chan_fact.h"
#include "lcore/model/group.h"
#include "lcore/model/strand.h"
#include "lcore/model/print.h"
#include "lcore/model/row.h"
#include "lcore/model/session.h"
#include "lcore/model/venue.h"
#include "lcore/model/wake.h"

// Merges one second over the venues into f, and each venue's into its 5s part.
static void merge_second(struct engine *e, struct instr *in, uint32_t sec, struct frag *f,
			 struct touch *touch, struct venue_parts *venues)
{
	uint32_t flags = 0;
	bool any = false;

	*touch = touch_empty();
	for (int i = 0; i < in->n_strands; i++) {
		struct strand *strand = &e->strand[in->strand[i]];
		struct frag *part = &e->part[(size_t)in->strand[i] * (SPAN_COUNT - 1)];
		struct strand_sample sample;
		struct frag one,
			*into = any || !strand->counts || venues ? &one : f; // the first is taken as it is

		if (unlikely(venues))
			frag_clear(&one, sec);
		bool touched = strand_take(e, strand, sec, into, &sample);

		if (!strand->counts)
			continue;
		if (touched) {
			frag_join(part, into);
			if (any)
				frag_blend(f, &one);
			else if (into == &one)
				frag_copy(f, &one);
			any = true;
		}
		if (unlikely(venues))
			venues->part[venues->n++] = (struct venue_part){ strand, one, sample };
		touch_blend(touch, &sample.touch);
		flags |= sample.halted ? BAR_HALTED : 0;
		flags |= sample.suspect ? BAR_BOOK_SUSPECT : 0;
	}
	if (!any)
		frag_clear(f, sec);
	for (int k = 0; k < SPAN_COUNT; k++)
		in->part_flags[k] |= flags;
}

// Returns the venues' parts of a longer span, blended in *f where there are several, and joins each into the
// next longer one. They are open until span_done.
static inline const struct frag *merge_span(struct engine *e, struct instr *in, int span, struct frag *f,
					    struct venue_parts *venues)
{
	const struct frag *all = NULL;

	for (unsigned i = 0; venues && i < venues->n; i++) {
		const struct frag *part =
			&e->part[(size_t)strand_index(e->strand, venues->part[i].strand) * (SPAN_COUNT - 1) +
				 (size_t)(span - 1)];

		if (part->touched)
			frag_copy(&venues->part[i].frag, part);
		else
			frag_clear(&venues->part[i].frag, 0);
	}
	for (int i = 0; i < in->n_strands; i++) {
		struct frag *part = &e->part[(size_t)in->strand[i] * (SPAN_COUNT - 1) + (size_t)(span - 1)];

		if (!part->touched)
			continue;
		if (span < SPAN_COUNT - 1)
			frag_join(part + 1, part);
		if (!all) {
			all = part;
			continue;
		}
		if (all != f)
			frag_copy(f, all);
		all = f;
		frag_blend(f, part);
	}
	if (all)
		return all;
	frag_clear(f, 0);
	return f;
}

static inline void span_done(struct engine *e, const struct instr *in, int span)
{
	for (int i = 0; i < in->n_strands; i++)
		e->part[(size_t)in->strand[i] * (SPAN_COUNT - 1) + (size_t)(span - 1)].touched = 0;
}

// No row comes after a mark that has passed it, and no more is bought and sold than was traded.
static bool sound(const struct engine *e, const struct bar *row)
{
	return row->close_ts > e->watermark_ns && row->unsigned_volume <= row->volume;
}

// Gates read rows with news: the last one of a call closes their bundle.
static inline void give(struct engine *e, struct bar *row, int n)
{
	for (int i = 0; i < n; i++) {
		row[i].n_due = (uint8_t)n;
		row[i].last_due = i == n - 1;
		ledger_holds(e->ledger, sound(e, &row[i]));
		e->sink.bar(e->sink.ctx, &row[i]);
	}
}

// Idle rows belong to no bundle.
static void give_idle(struct engine *e, struct bar *row)
{
	row->n_due = 0;
	row->last_due = false;
	e->sink.bar(e->sink.ctx, row);
}

void seal_owed(struct engine *e, uint32_t instr)
{
	struct instr *in = &e->instr[instr];
	struct bar row;

	while (in->owed) {
		row_owed(e, instr, __builtin_ctz(in->owed), &row);
		give_idle(e, &row);
	}
}

// Makes the row of a span that ends at to_sec, and returns how many with news are in *row then: an idle one
// is given away at once.
static inline int put_row(struct engine *e, uint32_t instr, int span, uint32_t to_sec, const struct frag *f,
			  const struct touch *touch, struct venue_parts *venues, struct bar *row)
{
	if (!row_make(e, instr, span, to_sec, f, touch, row))
		return 0;
	if (unlikely(venues) && (!(row->flags & BAR_IDLE) || e->conf.fill))
		venue_rows(e, row, venues);
	if (likely(!(row->flags & BAR_IDLE)))
		return 1;
	give_idle(e, row);
	return 0;
}

// The number at which the rows that end at end_sec came due, or now for what never comes due.
static uint64_t row_number(const struct engine *e, const struct instr *in, uint32_t end_sec)
{
	uint64_t n = duelog_number(&e->duelog[in->group], end_sec);

	if (unlikely(e->draining))
		return e->fact_n;
	return n > in->n_from ? n : in->n_from;
}

// Longer spans that get a row when they end: all that have begun in a session of which they have none yet,
// and the 5 s span where a second has news; that passes it on to the next longer one.
static void open_spans(struct engine *e, uint32_t instr, uint32_t sec, bool news)
{
	const struct anchor *a = &e->anchor[(size_t)instr * SPAN_COUNT];

	if (news)
		wake_set(e, instr, SPAN_5S);
	if (likely(session_of(e, ns_of(sec)) == SESSION_NONE || a[SPAN_1S].ind.session == e->session_key))
		return;
	for (int k = 1; k < SPAN_COUNT; k++)
		wake_set(e, instr, k);
}

// all: seal every span that holds the second, finished or not.
static void seal_second(struct engine *e, uint32_t instr, uint32_t sec, bool all)
{
	struct instr *in = &e->instr[instr];
	struct bar row[SPAN_COUNT];
	struct venue_parts parts, *venues = e->sink.venue_bar ? &parts : NULL;
	struct touch touch;
	struct frag f;
	int n = 0;

	parts.n = 0;
	e->row_n = row_number(e, in, sec + 1);
	merge_second(e, in, sec, &f, &touch, venues);
	open_spans(e, instr, sec, f.touched);
	n += put_row(e, instr, SPAN_1S, sec + 1, &f, &touch, venues, row);
	for (int k = 1; k < SPAN_COUNT; k++) {
		uint32_t len = bar_span_s[k];

		if ((sec + 1) % len && !all)
			break;
		const struct frag *news = merge_span(e, in, k, &f, venues);

		wake_clear(e, instr, k);
		if (news->touched && k < SPAN_COUNT - 1)
			wake_set(e, instr, k + 1);
		n += put_row(e, instr, k, sec / len * len + len, news, &touch, venues, &row[n]);
		span_done(e, in, k);
	}
	in->next_sec = sec + 1;
	give(e, row, n);
}

static bool idle(const struct engine *e, const struct instr *in)
{
	if (in->late)
		return false;
	for (int i = 0; i < in->n_strands; i++)
		if (e->strand[in->strand[i]].pending || e->strand[in->strand[i]].cur.touched)
			return false;
	return true;
}

// Before its first print of a day an instrument has no rows, so nothing fills a night, nor the years up to a
// clock gone wrong: at the end of its trade day it rests, until it prints again. True when it does.
static bool rest(struct engine *e, uint32_t instr)
{
	struct instr *in = &e->instr[instr];

	if (likely(in->next_sec % bar_span_s[SPAN_5M]) ||
	    session_of(e, ns_of(in->next_sec)) != SESSION_NONE || !idle(e, in))
		return false;
	seal_owed(e, instr);
	row_rest(e, instr,
		 in->next_sec < sec_of(e->session_from_ns) ? in->next_sec : sec_of(e->session_from_ns));
	in->finished = true;
	group_leave(e, in);
	return true;
}

// The second up to which a quiet instrument has nothing to be made of: no longer span with news ends before,
// and no session begins.
static uint32_t quiet_until(struct engine *e, uint32_t instr, uint32_t due_sec)
{
	const struct instr *in = &e->instr[instr];
	uint32_t to = due_sec, at = in->next_sec;
	bool none = session_of(e, ns_of(at)) == SESSION_NONE;
	uint32_t edge = sec_of(e->session_to_ns);

	if (e->conf.fill || in->watched ||
	    (!none && e->anchor[(size_t)instr * SPAN_COUNT].ind.session != e->session_key))
		return at;
	to = edge < to ? edge : to;
	for (int k = none ? SPAN_5M : 1; k < SPAN_COUNT; k++) {
		uint32_t end = at / bar_span_s[k] * bar_span_s[k] + bar_span_s[k];

		if (none)
			to = end < to ? end : to;
		else if (wake_is(e, instr, k))
			to = end - 1 < to ? end - 1 : to;
	}
	return to;
}

// What the state of the channels' books and markets gives to a second without news.
static uint32_t state_flags(const struct engine *e, const struct instr *in, uint32_t sec)
{
	uint32_t flags = 0;

	for (int i = 0; i < in->n_strands; i++) {
		const struct strand *strand = &e->strand[in->strand[i]];

		if (!strand->counts || strand->cur.sec > sec) // it has begun since
			continue;
		flags |= strand_halted(strand) ? BAR_HALTED : 0;
		flags |= chan_suspect(&e->chan[strand->channel], strand->clean_gen, sec, e->row_n)
				 ? BAR_BOOK_SUSPECT
				 : 0;
	}
	return flags;
}

// Skips the idle seconds before to_sec. Of each span, the row of the newest interval that has ended meanwhile
// is owed.
static void skip(struct engine *e, uint32_t instr, uint32_t to_sec)
{
	struct instr *in = &e->instr[instr];
	uint32_t from = in->next_sec;

	in->next_sec = to_sec;
	e->row_n = row_number(e, in, to_sec);
	const uint32_t now = state_flags(e, in, to_sec - 1);

	for (int k = 0; k < SPAN_COUNT; k++) {
		uint32_t len = bar_span_s[k], end = to_sec / len * len,
			 flags = from + len > end ? in->part_flags[k] : 0;

		if (end > from) {
			in->part_flags[k] = 0;
			e->row_n = row_number(e, in, end);
			flags |= end == to_sec ? now : state_flags(e, in, end - 1);
			if (e->tables && end > in->rows_from &&
			    session_of(e, ns_of(end - len)) != SESSION_NONE)
				row_owe(e, instr, k, end, flags);
		}
		if (end < to_sec)
			in->part_flags[k] |= now;
	}
	for (int i = 0; i < in->n_strands; i++) {
		struct strand *strand = &e->strand[in->strand[i]];

		if (strand->cur.sec >= to_sec)
			continue;
		strand->cur.sec = to_sec;
		strand->epoch_ns = ns_of(to_sec);
	}
}

void seal_instr(struct engine *e, uint32_t instr, uint32_t due_sec)
{
	struct instr *in = &e->instr[instr];

	if (unlikely(in->next_sec < in->rows_from)) { // what came before belongs to no row
		in->next_sec = in->rows_from < due_sec ? in->rows_from : due_sec;
		if (in->late)
			print_late_due(e, instr, in->next_sec);
	}
	while (in->next_sec < due_sec && !rest(e, instr)) {
		uint32_t to = in->next_sec;

		if (due_sec - to > 1 && idle(e, in)) // a single second is as soon looked at as skipped
			to = quiet_until(e, instr, due_sec);

		if (unlikely(in->late))
			print_late_due(e, instr, in->next_sec);
		if (to > in->next_sec)
			skip(e, instr, to);
		else
			seal_second(e, instr, in->next_sec, false);
	}
	if (unlikely(in->late))
		print_late_due(e, instr, in->next_sec);
}

bool seal_sleeps(const struct engine *e, uint32_t instr) { return idle(e, &e->instr[instr]); }

void seal_sleep(struct engine *e, uint32_t instr)
{
	if (idle(e, &e->instr[instr]))
		wake_clear(e, instr, SPAN_1S);
}

// Spans that have begun and not ended, of an instrument that is sealed further than its channels have come.
static void seal_begun(struct engine *e, uint32_t instr)
{
	struct instr *in = &e->instr[instr];
	struct touch touch = touch_empty();
	struct bar row[SPAN_COUNT];
	struct frag f;
	int n = 0;

	e->row_n = e->fact_n;
	for (int i = 0; i < in->n_strands; i++)
		if (e->strand[in->strand[i]].counts)
			touch_blend(&touch, &e->strand[in->strand[i]].touch);
	for (int k = 1; k < SPAN_COUNT; k++) {
		uint32_t len = bar_span_s[k];

		if (in->next_sec % len == 0)
			continue;
		const struct frag *news = merge_span(e, in, k, &f, NULL);

		wake_clear(e, instr, k);
		n += put_row(e, instr, k, in->next_sec / len * len + len, news, &touch, NULL, &row[n]);
		span_done(e, in, k);
	}
	give(e, row, n);
}

uint32_t seal_last(const struct engine *e, uint32_t instr)
{
	const struct instr *in = &e->instr[instr];
	uint32_t last = in->rows_from;

	for (int i = 0; i < in->n_strands; i++) {
		const struct strand *strand = &e->strand[in->strand[i]];
		uint32_t clock = sec_of(e->chan[strand->channel].clock_ns);

		if (!strand->counts)
			continue;
		last = clock > last ? clock : last;
		if (strand->cur.touched && strand->cur.trades && strand->cur.sec > last)
			last = strand->cur.sec;
		for (uint32_t p = strand->pending; p; p = e->pool[p - 1].next)
			if (e->pool[p - 1].frag.trades && e->pool[p - 1].frag.sec > last)
				last = e->pool[p - 1].frag.sec;
	}
	return last;
}

void seal_finish(struct engine *e, uint32_t instr)
{
	struct instr *in = &e->instr[instr];
	uint32_t last = seal_last(e, instr), len = bar_span_s[SPAN_5M];

	if (in->next_sec < group_due(e->group, in)) // as what it is, not as what was left over
		seal_instr(e, instr, group_due(e->group, in));
	e->draining = true;
	if (!in->finished)
		seal_instr(e, instr, last);
	if (in->finished)
		last = in->next_sec;
	else if (in->next_sec <= last)
		seal_second(e, instr, in->next_sec, true);
	else
		seal_begun(e, instr);
	e->draining = false;
	seal_owed(e, instr);
	if (!in->finished)
		row_rest(e, instr, in->next_sec);
	// A channel that speaks again starts the instrument anew, after what has been sealed.
	in->next_sec = (in->next_sec > last ? in->next_sec - 1 : last) / len * len + len;
	for (int i = 0; i < in->n_strands; i++) // their seconds are before next_sec now
		e->strand[in->strand[i]].epoch_ns = UINT64_MAX;
	if (!in->finished)
		group_leave(e, in);
	in->finished = true;
}
