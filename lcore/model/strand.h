/* SPDX-License-Identifier: BSD-3-Clause */
// strand.h: one channel's part of one instrument: the touch of its book, and the fragments of its seconds. A
// strand collects one second; those before wait for their seal. The lcore that has the channel, and the owner
// for its mirror of another lcore's. The functions are for the engine's files.
#ifndef WB_MODEL_STRAND_H
#define WB_MODEL_STRAND_H

#include <assert.h>
#include <stddef.h>

#include "lcore/book/book.h"
#include "lcore/model/chan.h"
#include "lcore/model/frag.h"
#include "lcore/model/instr.h"

// A fragment that waits for its seal (prints may still come), with the touch at its end. Or, on instr.late, a
// late print.
struct strand_frag {
	struct frag frag;
	struct touch sample; // book before the first event at or past end_sec
	uint32_t end_sec;    // the sample holds for the ends of seconds frag.sec .. end_sec - 1
	uint32_t next;       // index + 1 in the pool
	uint32_t late_due;   // not 0: a late print, applied when the instrument is sealed up to here
	uint32_t print;      // its place in the ring (low bits)
	bool halted;         // halted or paused at the time of sample
	uint32_t clean_gen;  // generation as of which the book was good at the time of sample
};

// One channel's part of one instrument. w, r: the engine's lcore; others get a book by LCORE_OP_BOOK.
struct strand {
	// first cache line: what every event reads
	struct touch touch; // of completed updates
	uint64_t epoch_ns;  // the second that cur collects; UINT64_MAX: none just now
	uint32_t order_gen; // one more at each symbol clear: orders of an older generation are gone
	uint32_t clean_gen; // the book is good as of this generation (chan.suspect_gen)
	uint32_t instr;
	uint32_t pending; // index + 1: oldest fragment that waits
	uint8_t channel, venue;
	uint8_t status;     // enum ev_status of the listing market
	bool op_halted : 1; // the venue's own operational halt
	bool counts : 1;    // belongs to a channel that prints
	bool dirty : 1;     // relaying: has something to relay; is in engine.dirty
	bool test : 1;      // the venue's directory calls it a test issue
	bool ours : 1;      // orders of ours rest or wait beside its book (struct engine_legs)
	bool aside : 1;     // ours, or relaying: its events need more than its book
	uint8_t tick_side;
	struct book book __attribute__((aligned(CACHE_LINE))); // second cache line: what orders change
	// For orders of ours that come later: what letters of the venue have said (event_letter), if it has
	// any, and whether a message has named an order that the book does not know.
	bool lettered : 1, still : 1, closed : 1, doubt : 1;
	uint32_t tick_session;
	uint32_t born_sec;
	// aggressor
	uint64_t print_ts;            // event time of the last print
	int64_t print_bid, print_ask; // the touch before the first print of that time
	int64_t last_px;
	// sweep of the market: the chain of prints so far
	uint64_t sweep_from_ns, sweep_to_ns, sweep_shares;
	int64_t sweep_notional, sweep_first, sweep_last;
	uint16_t sweep_levels;
	uint8_t sweep_side;
	bool sweep_done;                                      // it qualified, and has been handed on
	struct frag cur __attribute__((aligned(CACHE_LINE))); // first in it: what quotes and orders add
} __attribute__((aligned(CACHE_LINE)));

// The look-ahead of engine_apply prefetches two lines of a strand. One byte too many in the first cost 9 % of
// the time of books.
static_assert(offsetof(struct strand, book) == CACHE_LINE && offsetof(struct strand, cur) == 4 * CACHE_LINE,
	      "a strand's first lines have grown: engine_apply prefetches too little of it");

// strand_begin makes the strand collect a second, with nothing in it yet.
static inline void strand_begin(struct strand *strand, uint32_t sec)
{
	strand->epoch_ns = ns_of(sec);
	frag_clear(&strand->cur, sec);
}

// strand_advance makes the strand collect the second of an event at ts_ns. What it collected before waits for
// its seal, with the touch as it is now.
void strand_advance(struct engine *e, struct strand *strand, uint64_t ts_ns);
// strand_frag_for returns the open fragment for an event at ts_ns: cur, or one that waits. NULL: the second
// is due already (*late), or the pool is empty. Flow that is late goes into cur: its callers do that.
struct frag *strand_frag_for(struct engine *e, struct strand *strand, uint64_t ts_ns, bool *late);
// strand_take moves the strand's fragment of second sec into *into, and the touch and state at its end into
// *sample. Assumes all seconds before have been taken. False: nothing had been added, and *into is unchanged.
// Owner.
struct strand_sample {
	struct touch touch;
	bool halted, suspect;
};
bool strand_take(struct engine *e, struct strand *strand, uint32_t sec, struct frag *into,
		 struct strand_sample *sample);
// strand_touch publishes a new touch and adds its order flow imbalance.
void strand_touch(struct engine *e, struct strand *strand, uint64_t ts_ns, const struct touch *now);
// Readers see it when engine_apply has applied all its
// events, or strand_quotes is called: a row of their table is cold, and asked for meanwhile.
void strand_quotes(struct engine *e);
// strand_news makes the second that is collected one with news. strand_good makes the book good as of
// generation gen of its channel's doubt: where that begins or ends the doubt in this book, it is news.
void strand_news(struct engine *e, struct strand *strand);
void strand_good(struct engine *e, struct strand *strand, uint32_t gen);
// strand_empty empties the book; it is good as of generation gen.
void strand_empty(struct engine *e, struct strand *strand, uint64_t ts_ns, uint32_t gen);

// strand_pool_take returns the index + 1 of a free waiting fragment; 0: none. To free one it may seal what is
// due (make_room): assumes no instrument is half changed. strand_pool_give gives one back.
uint32_t strand_pool_take(struct engine *e);
void strand_pool_give(struct engine *e, uint32_t index);

// strand_index returns a strand's place in the engine's array of all.
static inline uint32_t strand_index(const struct strand *all, const struct strand *strand)
{
	return (uint32_t)(strand - all);
}

// strand_halted returns true if the instrument does not trade here, by its listing market or by the venue
// itself. Periods of quotation only, or of accepting orders only, end a halt and are no trading yet.
static inline bool strand_halted(const struct strand *strand)
{
	return strand->op_halted || strand->status != STATUS_TRADING;
}

// strand_letter takes a venue's own letter of a status.
static inline void strand_letter(struct strand *strand, uint8_t letter)
{
	unsigned says = event_letter(letter);

	strand->lettered |= letter != 0;
	if (says & (LETTER_STOPS | LETTER_STARTS))
		strand->still = says & LETTER_STOPS;
	strand->closed |= (says & LETTER_CLOSES) != 0;
}

// strand_floor returns the first second that the strand of this instrument and channel may still add to.
static inline uint32_t strand_floor(const struct instr *in, const struct chan *c)
{
	return in->next_sec > c->due_sec ? in->next_sec : c->due_sec;
}

#endif
