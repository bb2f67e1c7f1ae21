/* SPDX-License-Identifier: BSD-3-Clause */
// engine.h: events in, sealed bars out: all state of one ingest lcore after the receiver. PURE and
// deterministic: a function of the array of events, however it is cut into calls. Time is in the events;
// nothing here reads a clock. One owner, the ingest lcore, calls everything; docs/bars-model.md explains the
// rules.
//
// The files in the order of their calls: each calls only those below it (tests/lint/circles.py).
//
//   relay_owner.c  what the owner makes of other ingest lcores' records
//   engine.c       memory, and the way through an array of events
//   control.c      what concerns a whole channel
//   amend.c        breaks and corrections: revise sealed rows, amend open ones
//   update.c       what one event does to one strand
//   chan.c         a channel's clock: it makes seconds due
//   chan_quiet.c   channels that are silent or have ended, and the timer that seals without them
//   chan_reset.c   a new session: its books begin anew
//   strand_new.c      a channel's first word of an instrument
//   pass.c         who is sealed when: the budgeted pass, leaps, the end
//   seal.c         due seconds to rows: merge, enrich, six spans
//   venue.c        each venue's own rows (--venue-bars)
//   row.c          the columns of one row
//   print.c        a print: eligibility, aggressor, sweeps, late prints
//   revise.c       records of sealed rows that would be others now
//   strand.c          one channel's part of one instrument: touch, fragments not sealed yet
//   group.c        what is due for instruments that wait for the same channels
//   chan_fact.c    what is kept of a channel's quality, in its fact log (factlog.h)
//   fact.c         status, auctions and short sale states, for the tables
//   relay.c        what a relaying engine sends to the owner
//   session.c      which session a time belongs to
#ifndef WB_MODEL_ENGINE_H
#define WB_MODEL_ENGINE_H

#include <assert.h>
#include <stddef.h>

#include "lcore/base/calendar.h"
#include "lcore/base/event.h"
#include "lcore/base/ledger.h"
#include "lcore/base/step.h"
#include "lcore/base/symtab.h"
#include "lcore/model/bar.h"
#include "lcore/book/book.h"
#include "lcore/model/factlog.h"
#include "lcore/model/frag.h"
#include "lcore/model/ind.h"
#include "lcore/book/orders.h"
#include "lcore/model/tape.h"
#include "lcore/model/record.h"
#include "lcore/model/relay.h"
#include "lcore/model/tables.h"

#define ENGINE_CHANNELS          32
#define ENGINE_STRANDS_PER_INSTR 4
#define ENGINE_GROUPS            256

// What leaves the engine. mark: every row with close_ts up to there has been handed on.
struct engine_sink {
	void *ctx;
	void (*bar)(void *ctx, const struct bar *bar);
	void (*sweep)(void *ctx, const struct sweep *sweep);
	void (*revision)(void *ctx, const struct revision *revision);
	void (*mark)(void *ctx, uint64_t close_ts);
	// Set: this engine seals nothing; it relays its channels to the owner's engine (relay.h) and calls
	// nothing else.
	void (*relay)(void *ctx, const struct relay *record);
	// Set: before each row comes one for each venue that counts in it, without indicators.
	void (*venue_bar)(void *ctx, const struct bar *bar);
};

// The timing of a feed. A channel takes its feed's, or the first of its venue if its feed has none.
#define ENGINE_PACES 16
struct engine_pace {
	const void *feed; // identity only; NULL: none in particular
	enum venue venue;
	uint64_t lateness_ns;  // allowance for late prints
	uint64_t heartbeat_ns; // nominal interval of heartbeats
};

enum engine_odd_lots { ENGINE_ODD_VENUE, ENGINE_ODD_FULL, ENGINE_ODD_VOLUME };

struct engine_conf {
	uint32_t instruments;
	uint32_t orders, levels, prints;
	uint32_t n_paces;
	struct engine_pace pace[ENGINE_PACES];
	enum engine_odd_lots odd_lots;
	uint64_t silence_ns;
	uint64_t grace_ns; // live: timers (engine_timer)
	uint64_t sweep_gap_ns;
	uint32_t sweep_levels;
	uint64_t sweep_shares;
	uint32_t watch_max;
	bool relays; // with engine_sink.relay
	// Which of a venue's several feeds prints: returns 1 for the one that does, -1 for one that does not,
	// 0 for no opinion (then the first heard prints). NULL: no opinion on any. Called once per channel.
	int (*prints_rank)(const void *ctx, enum venue venue, const void *feed);
	const void *prints_ctx;
};

enum chan_state { CHAN_FREE, CHAN_LIVE, CHAN_SILENT, CHAN_ENDED };

// A channel as the model sees it. w, r: the engine's lcore, which publishes prints, system and system_ns.
struct chan {
	uint8_t state; // enum chan_state
	uint8_t venue;
	bool prints;    // its prints count, and bars wait for its clock
	uint8_t system; // the venue's last system event, its own code
	uint64_t system_ns;
	bool beats;                         // has sent heartbeats: when they stop it is dead, not quiet
	const void *feed;                   // identity only
	uint64_t lateness_ns, heartbeat_ns; // of its feed
	uint32_t *strand_of;                // [instruments], index + 1
	bool even;            // live, nothing open or to relay: a clock before next_due_ns only moves it
	bool resumes;         // had ended, and its next session has said no time yet
	bool reset_due;       // an EV_RESET waits for the clock after it
	uint64_t clock_ns;    // exchange time that the channel has reached
	uint64_t next_due_ns; // when the clock gets here, one more second is due
	uint64_t spoke_rx_ns; // receive time of what was last heard
	uint64_t held_rx_ns;  // when the packet in hand was received, if it was held; 0: it was not
	struct step step;     // a leap that a message or heartbeat claims and nothing confirms yet
	uint64_t asked_rx_ns; // receive time of the packet that claims it
	uint64_t leap_rx_ns, leap_idle_ns; // heartbeats after a silence: where it began; 0: none
	uint64_t idle_ns;       // exchange time that heartbeats without a time have shown to have passed ...
	uint64_t idle_clock_ns; // ... as long as clock_ns is still what they made it
	uint64_t idle_from_ns, idle_from_rx_ns; // clock of the last message before, and its receive time
	uint64_t due_ns;                        // due_sec in ns
	uint32_t due_sec;                       // seconds before this one are due
	uint32_t clock_due_sec; // as due_sec, by the clock alone (a timer may have made more due)
	bool midstream;         // joined, or begun anew, after its first message
	bool join_due;          // midstream: knowledge starts at the next clock
	bool relayed;           // another lcore keeps its books and relays its facts
	uint32_t suspect_gen;   // generation of doubt in its books: one more after each loss
	uint32_t reset_gen;     // suspect_gen at the EV_RESET that waits: the emptied books are good as of it
	uint32_t born_gen;      // a book that begins now is good as of this generation
	uint64_t sync_rx_ns, sync_clock_ns; // relaying: the clock that the owner knows, when heard
	uint64_t told_rx_ns; // relaying: spoke_rx_ns when all was flushed since the channel was quiet
	struct factlog log;
};

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
	uint8_t status; // enum ev_status of the listing market
	bool op_halted; // the venue's own operational halt
	bool counts;    // belongs to a channel that prints
	bool dirty;     // relaying: has something to relay; is in engine.dirty
	bool test;      // the venue's directory calls it a test issue
	uint8_t tick_side;
	struct book book __attribute__((aligned(CACHE_LINE))); // second cache line: what orders change
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

// The consolidated instrument: its strands blended. w, r: the engine's lcore.
struct instr {
	uint64_t symbol;
	uint32_t next_sec;  // first second not sealed; 0: no print yet
	uint32_t rows_from; // second of the first print: intervals that end at or before it have no rows
	uint32_t mask;      // channels that its bars wait for
	uint32_t flags;     // enum bar_flag, those that all its rows have: TEST
	uint16_t group;
	uint8_t n_strands;
	bool watched;
	bool finished; // its trade day or the data ended: not in group.n until it prints again
	uint32_t strand[ENGINE_STRANDS_PER_INSTR]; // by venue rank, then channel
	uint32_t part_flags[SPAN_COUNT];
	uint32_t late;   // index + 1: late prints that wait for their seal
	uint64_t n_from; // fact number when it joined its group, for what was due there then
};

// Instruments that wait for the same channels. due_sec: all live ones of these have passed it.
struct group {
	uint32_t mask;
	uint32_t due_sec;
	uint32_t n; // instruments that have rows to come
};

// w, r: the ingest lcore that it belongs to. What others may read is in the tables, or published
// (lcore_shared.h).
struct engine {
	struct engine_conf conf;
	struct engine_sink sink;
	struct symtab *symtab;
	struct ledger *ledger;
	struct tables *tables;               // quotes and latest rows for readers; may be NULL
	void (*make_room)(struct engine *e); // seals all that is due, which frees room in the pool and in the
					     // logs. For files below those that seal; pass.c
	struct chan chan[ENGINE_CHANNELS];
	struct orders orders;
	struct levels_arena levels;
	struct tape tape;
	struct instr *instr;   // [instruments]
	struct strand *strand; // [n_strands_max]
	struct frag *part;     // [n_strands_max][SPAN_COUNT - 1]: 5s .. 5m so far
	struct ind *ind;       // [instruments][SPAN_COUNT]
	uint32_t *strand_of;   // [ENGINE_CHANNELS][instruments], index + 1
	struct strand_frag *pool;
	uint32_t pool_free, pool_max, pool_bump;
	uint32_t n_instr; // instruments seen so far
	uint32_t n_strands, n_strands_max;
	struct group group[ENGINE_GROUPS];
	uint32_t n_groups;
	struct duelog *duelog;    // [ENGINE_GROUPS] at which fact number seconds came due
	struct fact_entry *facts; // [ENGINE_CHANNELS][FACTLOG_MAX]
	uint64_t fact_n;          // number of the newest fact of any channel, appended or closed
	uint64_t row_n;           // the row in hand has the facts known at this number
	struct calendar_day day;  // of the last session looked up
	uint64_t session_from_ns, session_to_ns;
	uint32_t session_key; // 0: outside sessions
	uint64_t silence_check_ns;
	// the pass that seals (pass.c)
	bool pass_active, pass_again;
	bool leap;             // much came due at once
	uint32_t opening;      // bit per channel: an EV_OPEN, and no EV_JOIN yet
	bool none_due;         // everything due is sealed, though the pass has not ended yet
	uint32_t passed_sec;   // rows closing up to here are due, or never come: marks' limit
	uint32_t live_due_sec; // passed by all live channels that print: no rows begin before
	uint32_t pass_at, pass_watch_at, pass_kept_at; // next of all, of the watch list, of its histories
	uint64_t pass_to_ns;                           // the watermark at its end
	uint64_t watermark_ns;                         // of the last mark
	uint32_t n_watch;
	uint32_t *watch; // [watch_max] instruments
	bool draining;
	// relaying
	uint64_t rx_ns;  // receive time of the event in hand
	bool quiet;      // records are relayed because no packets come
	uint32_t *dirty; // [n_strands_max] strands that have something to relay
	uint32_t n_dirty;
	uint32_t older_strand; // index + 1: older holds its flow
	struct frag older;
};

// engine_bytes returns the bytes that engine_init needs besides struct engine.
size_t engine_bytes(const struct engine_conf *conf);
// engine_init makes *e empty. mem: engine_bytes() zeroed bytes, 64-byte aligned. Boot only.
void engine_init(struct engine *e, const struct engine_conf *conf, struct symtab *symtab,
		 struct ledger *ledger, struct tables *tables, const struct engine_sink *sink, void *mem);
// engine_join_feed sets which feed a channel carries. Call it before the channel's EV_JOIN is applied.
void engine_join_feed(struct engine *e, uint8_t channel, const void *feed);
// engine_apply applies n events in order. rx_ns[event.frame] is the receive time of the event's frame. Owner
// lcore.
void engine_apply(struct engine *e, const struct event *ev, unsigned n, const uint64_t *rx_ns);
// engine_seal continues the pass over instruments whose seconds are due, for at most budget of them, watched
// ones first. Returns how many it sealed or wrote the history of (each counts as one); 0: nothing is left to
// do.
unsigned engine_seal(struct engine *e, unsigned budget);
// engine_silence takes channels that have been silent up to rx_now_ns (the clock of receive times) out of the
// set that bars wait for, also when no channel speaks any more. Live only: a replay has no time but its
// frames'. Owner lcore.
void engine_silence(struct engine *e, uint64_t rx_now_ns);
// engine_timer makes due, by timer, the seconds that silent channels keep waiting. Live only. now_ns: the
// live clock's exchange time.
void engine_timer(struct engine *e, uint64_t now_ns);
// engine_drain seals everything at the end of the data, unfinished spans as PARTIAL_LAST, and hands on the
// last mark.
void engine_drain(struct engine *e);
// engine_watch puts an instrument on the watch list or takes it off. Returns 0 or -ENOSPC. Owner lcore.
int engine_watch(struct engine *e, uint32_t instr, bool on);

#endif
