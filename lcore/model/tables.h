/* SPDX-License-Identifier: BSD-3-Clause */
// tables.h: what others may read while the owner writes: latest sealed rows of all instruments, the last rows of
// watched ones, and quotes. Lies in one shared block without pointers (offsets only), so that another process can read
// it at another address. One writer; readers copy under a sequence lock per row and try again when it moved.
#ifndef WB_MODEL_TABLES_H
#define WB_MODEL_TABLES_H

#include "lcore/model/bar.h"
#include "lcore/model/book.h"

#define TABLES_MAGIC UINT64_C(0x33454c4241544257) // "WBTABLE3"

struct tables_row {
	uint32_t seq;	// odd while it is written
	uint32_t pad;
	struct bar bar;
} __attribute__((aligned(CACHE_LINE)));

struct tables_quote {
	uint32_t seq;
	uint32_t instr;	// INSTR_NONE: free
	struct touch touch;
	uint64_t ts_ns;
	uint8_t venue, channel, status, suspect;
	uint8_t pad[4];
} __attribute__((aligned(CACHE_LINE)));

// What one venue says of one instrument beside its book: see fact.h. Times are 0 until something is said.
struct tables_fact {
	uint32_t seq;
	uint32_t reason;	// of a halt or pause: four characters, the first in the highest byte; 0: none
	uint64_t status_ns, short_ns, auction_ns;
	int64_t reference, indicative; // auction; 0: none
	uint32_t paired, imbalance;
	uint8_t auction_type, side, short_code;
	bool short_sale;	// the short sale price test is in effect
} __attribute__((aligned(CACHE_LINE)));

struct tables_watch {
	uint32_t instr;	// INSTR_NONE: free
	uint32_t n[SPAN_COUNT];	// rows ever written
	uint32_t behind;	// owner: a bit for each span whose latest row is not among them yet
};

struct tables {
	uint64_t magic;
	uint64_t bytes;
	uint32_t instruments, quotes, watch_max, history;
	uint32_t n_instr;		// w: owner, r: all
	uint32_t row_bytes;
	uint64_t layout;		// tables_layout() of whoever made them
	uint64_t symbols_at, latest_at, quotes_at, watch_at, history_at, watch_slot_at, facts_at; // offsets from the head
};

size_t tables_bytes(uint32_t instruments, uint32_t quotes, uint32_t watch_max, uint32_t history);
// tables_init writes the head into mem (zeroed, tables_bytes() long, 64-byte aligned).
struct tables *tables_init(void *mem, uint32_t instruments, uint32_t quotes, uint32_t watch_max, uint32_t history);
// tables_layout is a number for what a reader must know to read these tables: the columns and quality bits in their order, the
// sizes of all rows. Programs that agree in it read the same values. tables_layout_of is the same for another list of columns.
uint64_t tables_layout(void);
uint64_t tables_layout_of(const char *columns);
// tables_columns is this program's list, as "symbol SYM;span SPAN;...".
const char *tables_columns(void);
// tables_valid tells whether mem holds tables of this program's layout.
bool tables_valid(const struct tables *t);

// Where things lie; of use to tables.c and to what is below.
static inline struct tables_watch *tables_watch_at(const struct tables *t, uint32_t slot)
{
	return (struct tables_watch *)((char *)t + t->watch_at) + slot;
}

// The instrument's place on the watch list plus 1; 0: none.
static inline uint32_t *tables_watch_slot(const struct tables *t, uint32_t instr)
{
	return (uint32_t *)((char *)t + t->watch_slot_at) + instr;
}

static inline struct tables_row *tables_latest_row(const struct tables *t, uint32_t instr, unsigned span)
{
	return (struct tables_row *)((char *)t + t->latest_at) + (size_t)instr * SPAN_COUNT + span;
}

static inline struct tables_row *tables_history_row(const struct tables *t, uint32_t slot, unsigned span, uint32_t i)
{
	size_t at = ((size_t)slot * SPAN_COUNT + span) * t->history + i % t->history;

	return (struct tables_row *)((char *)t + t->history_at) + at;
}

// Always inlined, these three: gcc drops calls of functions that only prefetch.
__attribute__((always_inline)) static inline void tables_prefetch_row(const struct tables_row *row)
{
	for (size_t at = 0; at < sizeof *row; at += CACHE_LINE)
		__builtin_prefetch((const char *)row + at, 1);
}

// tables_prefetch_latest asks for the instrument's latest 1 s row.
__attribute__((always_inline)) static inline void tables_prefetch_latest(const struct tables *t, uint32_t instr)
{
	tables_prefetch_row(tables_latest_row(t, instr, SPAN_1S));
}

// tables_prefetch_history asks for the rows of its history that a watched instrument writes next: they come from memory, and a
// row's sequence number is read before it is written.
__attribute__((always_inline)) static inline void tables_prefetch_history(const struct tables *t, uint32_t instr)
{
	uint32_t slot = *tables_watch_slot(t, instr);

	for (unsigned span = 0; slot && span < SPAN_COUNT; span++)
		tables_prefetch_row(tables_history_row(t, slot - 1, span, tables_watch_at(t, slot - 1)->n[span]));
}

// Writers: owner lcore.
void tables_name(struct tables *t, uint32_t instr, uint64_t symbol);
// tables_put makes the row its instrument's latest one. A watched instrument's history gets it behind that: with
// tables_remember, or at the latest when the next one comes, so that nobody waits for memory while rows are handed on.
void tables_put(struct tables *t, const struct bar *bar);
void tables_remember(struct tables *t, uint32_t instr);
void tables_quote(struct tables *t, uint32_t slot, uint32_t instr, uint8_t venue, uint8_t channel, const struct touch *touch, uint64_t ts_ns);
void tables_quote_status(struct tables *t, uint32_t slot, uint8_t status, bool suspect);
void tables_fact(struct tables *t, uint32_t instr, unsigned venue, const struct tables_fact *fact);
// tables_watch gives instr a history. Returns 0 or -ENOSPC.
int tables_watch(struct tables *t, uint32_t instr);
void tables_unwatch(struct tables *t, uint32_t instr);

// Readers: any thread, any process. False when there is nothing (or the writer would not hold still).
uint32_t tables_find(const struct tables *t, uint64_t symbol);
uint64_t tables_symbol(const struct tables *t, uint32_t instr);
bool tables_latest(const struct tables *t, uint32_t instr, enum bar_span span, struct bar *out);
bool tables_read_fact(const struct tables *t, uint32_t instr, unsigned venue, struct tables_fact *out);
bool tables_read_quote(const struct tables *t, uint32_t slot, struct tables_quote *out);
// tables_history copies up to n of the instrument's last rows, newest first: the latest one, and of a watched instrument
// those before it. Returns how many.
uint32_t tables_history(const struct tables *t, uint32_t instr, enum bar_span span, struct bar *out, uint32_t n);

#endif
