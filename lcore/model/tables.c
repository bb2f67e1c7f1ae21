/* SPDX-License-Identifier: BSD-3-Clause */
#include "lcore/model/tables.h"

#include <string.h>

#include "lcore/base/fnv.h"

static uint64_t layout(struct tables *t, uint32_t instruments, uint32_t quotes, uint32_t watch_max,
		       uint32_t history)
{
	uint64_t at = line_bytes(sizeof *t);

	t->symbols_at = at, at += line_bytes((size_t)instruments * 8);
	t->watch_slot_at = at, at += line_bytes((size_t)instruments * 4);
	t->watch_at = at, at += line_bytes((size_t)watch_max * sizeof(struct tables_watch));
	t->latest_at = at, at += (uint64_t)instruments * SPAN_COUNT * sizeof(struct tables_row);
	t->quotes_at = at, at += (uint64_t)quotes * sizeof(struct tables_quote);
	t->facts_at = at, at += (uint64_t)instruments * VENUE_COUNT * sizeof(struct tables_fact);
	t->history_at = at, at += (uint64_t)watch_max * SPAN_COUNT * history * sizeof(struct tables_row);
	return at;
}

size_t tables_bytes(uint32_t instruments, uint32_t quotes, uint32_t watch_max, uint32_t history)
{
	struct tables t;

	return layout(&t, instruments, quotes, watch_max, history);
}

static struct tables_quote *quote_row(const struct tables *t, uint32_t slot)
{
	return (struct tables_quote *)((char *)t + t->quotes_at) + slot;
}

struct tables *tables_init(void *mem, uint32_t instruments, uint32_t quotes, uint32_t watch_max,
			   uint32_t history)
{
	struct tables *t = mem;

	*t = (struct tables){ .instruments = instruments,
			      .quotes = quotes,
			      .watch_max = watch_max,
			      .history = history,
			      .row_bytes = sizeof(struct tables_row) };
	t->layout = tables_layout();
	t->bytes = layout(t, instruments, quotes, watch_max, history);
	for (uint32_t i = 0; i < watch_max; i++)
		tables_watch_at(t, i)->instr = INSTR_NONE;
	for (uint32_t i = 0; i < quotes; i++)
		quote_row(t, i)->instr = INSTR_NONE;
	__atomic_store_n(&t->magic, TABLES_MAGIC, __ATOMIC_RELEASE);
	return t;
}

const char *tables_columns(void)
{
#define COL(name, type, help) #name " " #type ";"
	return
#include "lcore/model/columns.def"
		;
#undef COL
}

static const char flags[] =
#define FLAG(name, help) #name ";"
#include "lcore/model/flags.def"
#undef FLAG
	;

uint64_t tables_layout_of(const char *columns)
{
	const uint64_t sizes[] = { sizeof(struct tables),
				   sizeof(struct bar),
				   sizeof(struct tables_row),
				   sizeof(struct tables_quote),
				   sizeof(struct tables_fact),
				   sizeof(struct tables_watch),
				   sizeof(struct touch),
				   SPAN_COUNT,
				   VENUE_COUNT };
	uint64_t hash = fnv_bytes(FNV_BASIS, columns, strlen(columns));

	hash = fnv_bytes(hash, flags, sizeof flags);
	return fnv_bytes(hash, sizes, sizeof sizes);
}

uint64_t tables_layout(void) { return tables_layout_of(tables_columns()); }

bool tables_valid(const struct tables *t)
{
	return __atomic_load_n(&t->magic, __ATOMIC_ACQUIRE) == TABLES_MAGIC &&
	       t->row_bytes == sizeof(struct tables_row) && t->layout == tables_layout();
}

void tables_name(struct tables *t, uint32_t instr, uint64_t symbol)
{
	((uint64_t *)((char *)t + t->symbols_at))[instr] = symbol;
	if (instr >= t->n_instr)
		__atomic_store_n(&t->n_instr, instr + 1, __ATOMIC_RELEASE);
}

// The sequence lock: odd before the first store, even after the last (Boehm, "Can seqlocks get along with
// programming language memory models?", MSPC 2012, for the fences).
static void begin(uint32_t *seq)
{
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static void end(uint32_t *seq) { __atomic_store_n(seq, *seq + 1, __ATOMIC_RELEASE); }

// Returns the sequence number of what was copied; 0: nothing.
static uint32_t read_locked(const uint32_t *seq, void *to, const void *from, size_t n)
{
	for (int attempt = 0; attempt < 1000; attempt++) {
		uint32_t before = __atomic_load_n(seq, __ATOMIC_ACQUIRE);

		if (before & 1)
			continue;
		memcpy(to, from, n);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(seq, __ATOMIC_RELAXED) == before)
			return before;
	}
	return 0;
}

// In straight code: the loop that a struct's copy becomes costs as much again.
static inline void copy(struct bar *to, const struct bar *from)
{
	enum { STEP = 64, REST = sizeof *to % STEP };
	char *t = (char *)to;
	const char *f = (const char *)from;

#pragma GCC unroll 8
	for (size_t at = 0; at < sizeof *to - REST; at += STEP)
		memcpy(t + at, f + at, STEP);
	memcpy(t + sizeof *to - REST, f + sizeof *to - REST, REST);
}

static inline void put_row(struct tables_row *row, const struct bar *bar)
{
	begin(&row->seq);
	copy(&row->bar, bar);
	end(&row->seq);
}

// Copies the latest row into the history.
static void remember(struct tables *t, uint32_t slot, unsigned span)
{
	struct tables_watch *w = tables_watch_at(t, slot);
	uint32_t n = w->n[span];

	put_row(tables_history_row(t, slot, span, n), &tables_latest_row(t, w->instr, span)->bar);
	__atomic_store_n(&w->n[span], n + 1, __ATOMIC_RELEASE);
	w->behind &= ~(UINT32_C(1) << span);
}

void tables_put(struct tables *t, const struct bar *bar)
{
	uint32_t slot = *tables_watch_slot(t, bar->instr);

	if (slot) {
		struct tables_watch *w = tables_watch_at(t, slot - 1);

		if (w->behind >> bar->span & 1)
			remember(t, slot - 1, (unsigned)bar->span);
		w->behind |= UINT32_C(1) << bar->span;
	}
	put_row(tables_latest_row(t, bar->instr, (unsigned)bar->span), bar);
}

void tables_remember(struct tables *t, uint32_t instr)
{
	uint32_t slot = *tables_watch_slot(t, instr);

	for (unsigned span = 0; slot && span < SPAN_COUNT; span++)
		if (tables_watch_at(t, slot - 1)->behind >> span & 1)
			remember(t, slot - 1, span);
}

void tables_quote(struct tables *t, uint32_t slot, uint32_t instr, uint8_t venue, uint8_t channel,
		  const struct touch *touch, uint64_t ts_ns)
{
	struct tables_quote *q = quote_row(t, slot);

	begin(&q->seq);
	q->instr = instr;
	q->venue = venue;
	q->channel = channel;
	q->touch = *touch;
	q->ts_ns = ts_ns;
	end(&q->seq);
}

void tables_quote_status(struct tables *t, uint32_t slot, uint8_t status, bool suspect)
{
	struct tables_quote *q = quote_row(t, slot);

	begin(&q->seq);
	q->status = status;
	q->suspect = suspect;
	end(&q->seq);
}

static struct tables_fact *fact_row(const struct tables *t, uint32_t instr, unsigned venue)
{
	return (struct tables_fact *)((char *)t + t->facts_at) + (size_t)instr * VENUE_COUNT + venue;
}

void tables_fact(struct tables *t, uint32_t instr, unsigned venue, const struct tables_fact *fact)
{
	struct tables_fact *f = fact_row(t, instr, venue);

	begin(&f->seq);
	memcpy((char *)f + sizeof f->seq, (const char *)fact + sizeof f->seq, sizeof *f - sizeof f->seq);
	end(&f->seq);
}

bool tables_read_fact(const struct tables *t, uint32_t instr, unsigned venue, struct tables_fact *out)
{
	const struct tables_fact *f = fact_row(t, instr, venue);

	return instr < t->instruments && venue < VENUE_COUNT && read_locked(&f->seq, out, f, sizeof *out) &&
	       out->seq;
}

int tables_watch(struct tables *t, uint32_t instr)
{
	if (*tables_watch_slot(t, instr))
		return 0;
	for (uint32_t i = 0; i < t->watch_max; i++)
		if (tables_watch_at(t, i)->instr == INSTR_NONE) {
			*tables_watch_at(t, i) = (struct tables_watch){ .instr = instr };
			__atomic_store_n(tables_watch_slot(t, instr), i + 1, __ATOMIC_RELEASE);
			return 0;
		}
	return -28; // ENOSPC
}

void tables_unwatch(struct tables *t, uint32_t instr)
{
	uint32_t slot = *tables_watch_slot(t, instr);

	if (!slot)
		return;
	__atomic_store_n(tables_watch_slot(t, instr), 0, __ATOMIC_RELEASE);
	tables_watch_at(t, slot - 1)->instr = INSTR_NONE;
}

uint32_t tables_find(const struct tables *t, uint64_t symbol)
{
	const uint64_t *symbols = (const uint64_t *)((const char *)t + t->symbols_at);
	uint32_t n = __atomic_load_n(&t->n_instr, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++)
		if (symbols[i] == symbol)
			return i;
	return INSTR_NONE;
}

uint64_t tables_symbol(const struct tables *t, uint32_t instr)
{
	return ((const uint64_t *)((const char *)t + t->symbols_at))[instr];
}

bool tables_latest(const struct tables *t, uint32_t instr, enum bar_span span, struct bar *out)
{
	const struct tables_row *row = tables_latest_row(t, instr, span);

	return read_locked(&row->seq, out, &row->bar, sizeof *out);
}

bool tables_newer(const struct tables *t, uint32_t instr, enum bar_span span, uint32_t *seen, struct bar *out)
{
	const struct tables_row *row = tables_latest_row(t, instr, span);

	if (__atomic_load_n(&row->seq, __ATOMIC_RELAXED) == *seen)
		return false;
	uint32_t seq = read_locked(&row->seq, out, &row->bar, sizeof *out);

	if (!seq || seq == *seen)
		return false;
	*seen = seq;
	return true;
}

bool tables_read_quote(const struct tables *t, uint32_t slot, struct tables_quote *out)
{
	const struct tables_quote *q = quote_row(t, slot);

	return read_locked(&q->seq, out, q, sizeof *out) && out->instr != INSTR_NONE;
}

uint32_t tables_history(const struct tables *t, uint32_t instr, enum bar_span span, struct bar *out,
			uint32_t n)
{
	uint32_t slot = __atomic_load_n(tables_watch_slot(t, instr), __ATOMIC_ACQUIRE), got;

	if (!n || !tables_latest(t, instr, span, out))
		return 0;
	got = 1;
	if (!slot)
		return got;
	n = n < t->history ? n : t->history;
	uint32_t have = __atomic_load_n(&tables_watch_at(t, slot - 1)->n[span], __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; got < n && i < have && i <= n; i++) {
		const struct tables_row *row = tables_history_row(t, slot - 1, span, have - 1 - i);

		if (!read_locked(&row->seq, &out[got], &row->bar, sizeof *out) || out[got].instr != instr)
			break;
		got += out[got].close_ts < out[got - 1].close_ts; // the latest one may be among them already
	}
	return got;
}
