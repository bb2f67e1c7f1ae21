/* SPDX-License-Identifier: BSD-3-Clause */
// tables.h: what others may read while the owner writes: the latest sealed rows of all instruments, the last
// rows of watched ones, quotes and facts. One shared block without pointers (offsets only), so another
// process can read it at another address. One writer; a reader copies a row under its sequence lock and tries
// again if it changed. docs/shared-memory.md describes it for readers.
#ifndef WB_MODEL_TABLES_H
#define WB_MODEL_TABLES_H

#include "lcore/model/bar.h"
#include "lcore/book/book.h"

#define TABLES_MAGIC UINT64_C(0x33454c4241544257) // "WBTABLE3"

// w: owner, r: all, under seq. So are quotes and facts.
struct tables_row {
	uint32_t seq; // odd while it is written
	uint32_t pad;
	struct bar bar;
} __attribute__((aligned(CACHE_LINE)));

struct tables_quote {
	uint32_t seq;
	uint32_t instr; // INSTR_NONE: free
	struct touch touch;
	uint64_t ts_ns;
	uint8_t venue, channel, status, suspect;
	uint8_t pad[4];
} __attribute__((aligned(CACHE_LINE)));

// What one venue says of one instrument apart from its book (fact.h). Times are 0 until it says something.
struct tables_fact {
	uint32_t seq;
	uint32_t reason; // of a halt or pause: four characters, the first in the highest byte; 0: none
	uint64_t status_ns, short_ns, auction_ns;
	int64_t reference, indicative; // auction; 0: none
	uint32_t paired, imbalance;
	uint8_t auction_type, side, short_code;
	bool short_sale; // the short sale price test is in effect
} __attribute__((aligned(CACHE_LINE)));

struct tables_watch {
	uint32_t instr;         // INSTR_NONE: free
	uint32_t n[SPAN_COUNT]; // rows ever written to the history; w: owner, r: all
	uint32_t behind;        // owner only: a bit for each span whose latest row is not in the history yet
};

// The head. w: boot but for n_instr, r: all.
struct tables {
	uint64_t magic;
	uint64_t bytes;
	uint32_t instruments, quotes, watch_max, history;
	uint32_t n_instr; // w: owner, r: all
	uint32_t row_bytes;
	uint64_t layout; // tables_layout() of the program that made them
	// Offsets in bytes from the head.
	uint64_t symbols_at, latest_at, quotes_at, watch_at, history_at, watch_slot_at, facts_at;
};

// tables_bytes returns the size of the block. history: rows for each watched instrument and span.
size_t tables_bytes(uint32_t instruments, uint32_t quotes, uint32_t watch_max, uint32_t history);
// tables_init writes the head into mem and returns it. Assumes mem is zeroed, tables_bytes() long and 64-byte
// aligned. Boot only.
struct tables *tables_init(void *mem, uint32_t instruments, uint32_t quotes, uint32_t watch_max,
			   uint32_t history);
// tables_layout returns a hash of what a reader must know to read the tables: columns and quality bits in
// their order, sizes of all row types. Programs that agree in it read the same values. tables_layout_of
// returns it for another list of columns.
uint64_t tables_layout(void);
uint64_t tables_layout_of(const char *columns);
// tables_columns returns this program's list of columns, as "symbol SYM;span SPAN;...".
const char *tables_columns(void);
// tables_valid returns true if *t is a complete head of this program's layout. Any process.
bool tables_valid(const struct tables *t);

// Addresses of the parts, for tables.c and for the prefetches below.
static inline struct tables_watch *tables_watch_at(const struct tables *t, uint32_t slot)
{
	return (struct tables_watch *)((char *)t + t->watch_at) + slot;
}

// tables_watch_slot points to the instrument's place on the watch list plus 1; 0: not watched.
static inline uint32_t *tables_watch_slot(const struct tables *t, uint32_t instr)
{
	return (uint32_t *)((char *)t + t->watch_slot_at) + instr;
}

static inline struct tables_row *tables_latest_row(const struct tables *t, uint32_t instr, unsigned span)
{
	return (struct tables_row *)((char *)t + t->latest_at) + (size_t)instr * SPAN_COUNT + span;
}

static inline struct tables_row *tables_history_row(const struct tables *t, uint32_t slot, unsigned span,
						    uint32_t i)
{
	size_t at = ((size_t)slot * SPAN_COUNT + span) * t->history + i % t->history;

	return (struct tables_row *)((char *)t + t->history_at) + at;
}

// These three are always inlined: gcc drops calls of functions that only prefetch.
__attribute__((always_inline)) static inline void tables_prefetch_row(const struct tables_row *row)
{
	for (size_t at = 0; at < sizeof *row; at += CACHE_LINE)
		__builtin_prefetch((const char *)row + at, 1);
}

// tables_prefetch_latest prefetches the instrument's latest 1 s row.
__attribute__((always_inline)) static inline void tables_prefetch_latest(const struct tables *t,
									 uint32_t instr)
{
	tables_prefetch_row(tables_latest_row(t, instr, SPAN_1S));
}

// tables_prefetch_history prefetches the history rows that a watched instrument writes next: they come from
// memory, and a row's sequence number is read before it is written.
__attribute__((always_inline)) static inline void tables_prefetch_history(const struct tables *t,
									  uint32_t instr)
{
	uint32_t slot = *tables_watch_slot(t, instr);

	for (unsigned span = 0; slot && span < SPAN_COUNT; span++)
		tables_prefetch_row(
			tables_history_row(t, slot - 1, span, tables_watch_at(t, slot - 1)->n[span]));
}

// Writers: the owner lcore only. None of them waits.
//
// tables_name gives an instrument its symbol, once.
void tables_name(struct tables *t, uint32_t instr, uint64_t symbol);
// tables_put makes the row its instrument's latest row of that span. For a watched instrument the row is
// copied into the history later: by tables_remember, or by the next tables_put of that span. This keeps the
// history's cache misses off the path that hands rows on.
void tables_put(struct tables *t, const struct bar *bar);
// tables_remember copies the latest rows that are not in a watched instrument's history yet.
void tables_remember(struct tables *t, uint32_t instr);
// tables_quote writes the touch of one strand (slot: the strand's index). ts_ns: exchange event time.
void tables_quote(struct tables *t, uint32_t slot, uint32_t instr, uint8_t venue, uint8_t channel,
		  const struct touch *touch, uint64_t ts_ns);
// tables_quote_ahead prefetches what tables_quote writes.
static inline void tables_quote_ahead(const struct tables *t, uint32_t slot)
{
	__builtin_prefetch((const struct tables_quote *)((const char *)t + t->quotes_at) + slot, 1);
}
// tables_quote_status writes a strand's status (enum ev_status) and whether its book is in doubt.
void tables_quote_status(struct tables *t, uint32_t slot, uint8_t status, bool suspect);
// tables_fact replaces what one venue says of an instrument; fact->seq is ignored.
void tables_fact(struct tables *t, uint32_t instr, unsigned venue, const struct tables_fact *fact);
// tables_watch gives an instrument a history. Returns 0, also when it has one, or -ENOSPC.
int tables_watch(struct tables *t, uint32_t instr);
// tables_unwatch takes the history away; its rows are lost.
void tables_unwatch(struct tables *t, uint32_t instr);

// Readers: any thread, any process. False: nothing was written yet, or the row changed during 1,000 attempts.
//
// tables_find returns the id of a symbol (symtab_key), or INSTR_NONE. Searches all instruments.
uint32_t tables_find(const struct tables *t, uint64_t symbol);
// tables_symbol returns the symbol of an id below instruments; 0: none yet.
uint64_t tables_symbol(const struct tables *t, uint32_t instr);
// tables_latest copies the latest row of a span.
bool tables_latest(const struct tables *t, uint32_t instr, enum bar_span span, struct bar *out);
// tables_newer does the same if it is another row than that of *seen (0: none), which it then becomes; it
// looks at one word to find that it is not.
bool tables_newer(const struct tables *t, uint32_t instr, enum bar_span span, uint32_t *seen,
		  struct bar *out);
// tables_read_fact copies what a venue (enum venue) says of an instrument.
bool tables_read_fact(const struct tables *t, uint32_t instr, unsigned venue, struct tables_fact *out);
// tables_read_quote copies the quote in a slot, 0 to quotes - 1. Slots of one instrument are not next to each
// other.
bool tables_read_quote(const struct tables *t, uint32_t slot, struct tables_quote *out);
// tables_history copies up to n of the instrument's last rows, newest first: the latest row and, for a
// watched instrument, those before it. Returns how many.
uint32_t tables_history(const struct tables *t, uint32_t instr, enum bar_span span, struct bar *out,
			uint32_t n);

#endif
