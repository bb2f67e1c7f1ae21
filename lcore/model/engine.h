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
//   strand_new.c   a channel's first word of an instrument
//   pass.c         who is sealed when: the budgeted pass, leaps, the end
//   seal.c         due seconds to rows: merge, enrich, six spans
//   venue.c        each venue's own rows (--venue-bars)
//   row.c          the columns of one row
//   print.c        a print: eligibility, aggressor, sweeps, late prints
//   revise.c       records of sealed rows that would be others now
//   strand.c       one channel's part of one instrument: touch, fragments not sealed yet
//   group.c        what is due for instruments that wait for the same channels
//   chan_fact.c    what is kept of a channel's quality, in its fact log (factlog.h)
//   fact.c         status, auctions and short sale states, for the tables
//   relay.c        what a relaying engine sends to the owner
//   session.c      which session a time belongs to
#ifndef WB_MODEL_ENGINE_H
#define WB_MODEL_ENGINE_H

#include <stddef.h>

#include "lcore/base/calendar.h"
#include "lcore/base/event.h"
#include "lcore/base/ledger.h"
#include "lcore/base/symtab.h"
#include "lcore/model/bar.h"
#include "lcore/model/chan.h"
#include "lcore/book/book.h"
#include "lcore/model/factlog.h"
#include "lcore/model/frag.h"
#include "lcore/model/group.h"
#include "lcore/model/anchor.h"
#include "lcore/model/instr.h"
#include "lcore/book/orders.h"
#include "lcore/model/tape.h"
#include "lcore/model/record.h"
#include "lcore/model/relay.h"
#include "lcore/model/strand.h"
#include "lcore/model/tables.h"

#define ENGINE_CHANNELS 32
#define ENGINE_GROUPS   256
#define ENGINE_AHEAD    8 // instruments that the pass finds before it visits them

// Orders of ours beside the books (docs/orders.md). Called for channels whose books this engine keeps, in
// wire order, on its lcore.
struct engine_legs {
	void *ctx;
	// made: an event at ts_ns has made a strand, or a relaying lcore says so of its own (chan.relayed:
	// nothing below is called for it). Returns true for before and after to be called for its
	// events: before its book takes one, with the resting order that the event names (NULL: none, or not
	// known); and after. after returns false when they are to be called no more.
	bool (*made)(void *ctx, const struct strand *strand, uint64_t ts_ns);
	void (*before)(void *ctx, const struct strand *strand, const struct event *ev,
		       const struct order *named);
	bool (*after)(void *ctx, const struct strand *strand, const struct event *ev);
	// other: an event of a whole channel, or about an instrument and not for its book.
	void (*other)(void *ctx, const struct event *ev);
	// emptied: a restart empties the books of a channel now, at ts_ns.
	void (*emptied)(void *ctx, uint8_t channel, uint64_t ts_ns);
	// due: the clock of a channel has passed due_ns and its lateness, so all its messages of before have
	// come. Before anything is made of that.
	void (*due)(void *ctx, uint8_t channel, uint64_t due_ns);
};

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
	const struct engine_legs *legs; // NULL: no orders of ours
};

// So many touches wait at most to be written for readers.
#define ENGINE_QUOTES 32

// The timing of a feed. A channel takes its feed's, or the first of its venue if its feed has none.
#define ENGINE_PACES  16
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
	bool sweep_grow; // hand a sweep on with each print that it grows by
	uint32_t watch_max;
	bool relays; // with engine_sink.relay
	bool fill;   // hand on idle rows, too
	// Which of a venue's several feeds prints: returns 1 for the one that does, -1 for one that does not,
	// 0 for no opinion (then the first heard prints). NULL: no opinion on any. Called once per channel.
	int (*prints_rank)(const void *ctx, enum venue venue, const void *feed);
	const void *prints_ctx;
};

// w, r: the ingest lcore that it belongs to. What others may read is in the tables, or published
// (lcore_shared.h).
struct engine {
	struct engine_conf conf;
	struct engine_sink sink;
	struct symtab *symtab;
	struct ledger *ledger;
	struct tables *tables; // quotes and latest rows for readers; may be NULL
	void (*control)(struct engine *e, const struct event *ev,
			uint64_t rx_ns);     // of events without a strand
	void (*make_room)(struct engine *e); // seals all that is due, which frees room in the pool and in the
					     // logs. For files below those that seal; pass.c
	struct chan chan[ENGINE_CHANNELS];
	struct orders orders;
	struct levels_arena levels;
	struct tape tape;
	struct instr *instr;        // [instruments]
	struct strand *strand;      // [n_strands_max]
	struct frag *part;          // [n_strands_max][SPAN_COUNT - 1]: 5s .. 5m so far
	struct anchor *anchor;      // [instruments][SPAN_COUNT]
	struct owed *owed;          // [instruments]
	struct ind_left left;       // of ind_skip
	uint64_t *wake[SPAN_COUNT]; // [instruments / 64 + 1]: wake.h
	uint32_t *strand_of;        // [ENGINE_CHANNELS][instruments], index + 1
	struct strand_frag *pool;
	uint32_t pool_free, pool_max, pool_bump;
	uint32_t n_instr; // instruments seen so far
	uint32_t n_strands, n_strands_max;
	struct group group[ENGINE_GROUPS];
	uint32_t n_groups;
	struct duelog *duelog;    // [ENGINE_GROUPS] at which fact number seconds came due
	struct fact_entry *facts; // [ENGINE_CHANNELS][FACTLOG_MAX]
	uint32_t facts_crowd;     // chan_fact.c
	uint64_t fact_n;          // number of the newest fact of any channel, appended or closed
	uint64_t row_n;           // the row in hand has the facts known at this number
	struct calendar_day day;  // of the last session looked up
	uint64_t session_from_ns, session_to_ns;
	uint32_t session_key; // 0: outside sessions
	uint64_t silence_check_ns;
	// the pass that seals (pass.c)
	bool pass_active, pass_again;
	bool leap;            // much came due at once
	uint32_t opening;     // bit per channel: an EV_OPEN, and no EV_JOIN yet
	bool none_due;        // everything due is sealed, though the pass has not ended yet
	uint32_t wake_spans;  // bit per span of which intervals have come due since the round began
	bool wake_all;        // a session's edge has come due since
	uint32_t round_spans; // those of this round
	bool round_all;
	uint64_t round_bits; // of the word before pass_at, not found yet
	uint32_t ahead[ENGINE_AHEAD];
	uint32_t ahead_from, ahead_to; // of them, by number modulo: found and not visited yet
	uint32_t idle_at;              // next instrument of engine_idle
	bool catching;                 // everybody is being caught up, so that logs can be trimmed
	uint32_t catch_at;             // the next one
	uint32_t trim_sec;             // passed_sec when that began
	uint32_t passed_sec;           // rows closing up to here are due, or never come: marks' limit
	uint32_t live_due_sec;         // passed by all live channels that print: no rows begin before
	uint32_t pass_at, pass_watch_at,
		pass_kept_at;  // next word of all, of the watch list, of its histories
	uint64_t pass_to_ns;   // the watermark at its end
	uint64_t watermark_ns; // of the last mark
	uint32_t n_watch;
	uint32_t *watch; // [watch_max] instruments
	bool draining;
	// relaying
	uint64_t rx_ns; // receive time of the event in hand
	// touches that have changed and are not in the tables yet (strand_quotes)
	struct {
		uint64_t ts_ns;
		struct touch touch; // as of then
		uint32_t strand;
	} quote[ENGINE_QUOTES];
	uint32_t n_quotes;
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
// engine_seal continues the pass over instruments whose seconds are due, watched ones first, and catches up
// those that lag when logs are to be trimmed. Takes at most budget steps, each one visit or the history of
// one watched instrument. Returns how many; 0: nothing is left to do.
unsigned engine_seal(struct engine *e, unsigned budget);
// engine_silence takes channels that have been silent up to rx_now_ns (the clock of receive times) out of the
// set that bars wait for, also when no channel speaks any more. Live only: a replay has no time but its
// frames'. Owner lcore.
void engine_silence(struct engine *e, uint64_t rx_now_ns);
// engine_timer makes due, by timer, the seconds that silent channels keep waiting. Live only. now_ns: the
// live clock's exchange time.
void engine_timer(struct engine *e, uint64_t now_ns);
// engine_refresh makes the newest idle rows of an instrument that are due, for readers of the tables. Owner
// lcore.
void engine_refresh(struct engine *e, uint32_t instr);
// engine_idle does so for the next n instruments of all, in turn. Call it when there is nothing else to do:
// it decides when readers see idle rows, never what is in them. Owner lcore.
void engine_idle(struct engine *e, uint32_t n);
// engine_drain seals everything at the end of the data, unfinished spans as PARTIAL_LAST, and hands on the
// last mark.
void engine_drain(struct engine *e);
// engine_watch puts an instrument on the watch list or takes it off. Returns 0 or -ENOSPC. Owner lcore.
int engine_watch(struct engine *e, uint32_t instr, bool on);

#endif
