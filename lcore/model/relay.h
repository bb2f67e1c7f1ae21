/* SPDX-License-Identifier: BSD-3-Clause */
// relay.h: how the channels of another ingest lcore reach the lcore that owns the bars. The relaying engine
// keeps the books of its channels and sends records in order: control facts unchanged, each print as judged,
// each strand's flow and touch once a second. The owner mirrors the strands; its rows are those it would have
// made of the events themselves.
//
// clang-format off
//   when a strand rolls to another second    RELAY_ROLL     flow of the second before, touch at its end
//   when a channel's seconds come due        RELAY_STRAND   the same of strands that have not; then EV_CLOCK
//   at the event                             RELAY_NEW, RELAY_PRINT, RELAY_EVENT (of a whole channel)
//   with each step of the fact log           RELAY_FACT     the owner's log takes the same step
//   when books are emptied                   RELAY_RESET
//   now and then                             RELAY_PROGRESS nothing received before rx_ns will follow
// clang-format on
//
// PURE. The relaying lcore writes records; the owner applies them, merged by rx_ns with its own events, so
// the result does not depend on which of the two is faster.
#ifndef WB_MODEL_RELAY_H
#define WB_MODEL_RELAY_H

#include "lcore/base/event.h"
#include "lcore/book/book.h"
#include "lcore/model/factlog.h"
#include "lcore/model/frag.h"

struct engine;

enum relay_kind {
	RELAY_EVENT,
	RELAY_NEW,
	RELAY_PRINT,
	RELAY_ROLL,
	RELAY_STRAND,
	RELAY_OLDER,
	RELAY_FACT,
	RELAY_RESET,
	RELAY_PROGRESS,
	RELAY_KINDS
};

struct relay {
	uint8_t kind;    // enum relay_kind
	uint8_t channel; // of the relaying lcore
	uint8_t status;  // RELAY_ROLL, RELAY_STRAND: as in struct strand
	bool op_halted;
	bool quiet;         // sent because no packets came (relay_quiet): does not trigger judging silence
	uint32_t clean_gen; // RELAY_NEW, RELAY_ROLL, RELAY_STRAND: as in struct strand; RELAY_RESET: of all
	uint64_t rx_ns;     // receive time of the frame that caused it
	uint64_t symbol;    // 0 for RELAY_PROGRESS, and for RELAY_EVENT unless it is about an instrument
	uint64_t ts_ns;     // NEW, ROLL, RESET: event time; EV_CLOCK: receive time of the channel's last word
	union {
		struct {
			struct event event;
			const void *feed;
		}; // RELAY_EVENT; feed with EV_JOIN
		struct {
			struct frag_print print;
			uint64_t key;
		}; // RELAY_PRINT
		struct {
			struct frag_flow flow;
			struct touch touch;
		}; // RELAY_ROLL, RELAY_STRAND, RELAY_OLDER
		struct {
			struct fact_entry fact;
			uint8_t step;
		}; // RELAY_FACT; enum fact_step
	};
};

// relay_apply applies one record of another lcore; its channel c is channel_base + c here. Owner lcore.
void relay_apply(struct engine *e, const struct relay *record, uint8_t channel_base);
// relay_progress sends RELAY_PROGRESS: nothing received before rx_ns will follow. Relaying lcore,
// after a burst.
void relay_progress(struct engine *e, uint64_t rx_ns);

// engine_relay_end sends everything left, in place of engine_drain. Relaying lcore.
void engine_relay_end(struct engine *e);

// engine_relay_lost reports that records were refused: every channel gets a hole. Relaying lcore, once there
// is room again.
void engine_relay_lost(struct engine *e);

// For the relaying engine's other files; relaying lcore.
struct chan;
struct strand;
struct frag_print;
// relay_event sends an event that concerns a whole channel.
void relay_event(struct engine *e, const struct event *ev);
// relay_fact sends what fact.h publishes, and a directory that makes an instrument a test issue, or no longer
// one.
void relay_fact(struct engine *e, const struct event *ev);
// relay_new sends that a strand was made at event time ts_ns.
void relay_new(struct engine *e, const struct strand *strand, uint64_t ts_ns);
// relay_print sends a print as judged.
void relay_print(struct engine *e, const struct strand *strand, const struct frag_print *print, uint64_t key);
// relay_step sends a step of the channel's fact log (enum fact_step).
void relay_step(struct engine *e, const struct chan *c, unsigned step, const struct fact_entry *f);
// relay_reset sends that the channel's books are emptied at ts_ns, after the clock.
void relay_reset(struct engine *e, const struct chan *c, uint64_t ts_ns);
// relay_roll sends what cur has collected; the strand goes on to the second of ts_ns.
void relay_roll(struct engine *e, struct strand *strand, uint64_t ts_ns);
// relay_dirty notes that the strand has something to relay.
void relay_dirty(struct engine *e, struct strand *strand);
// relay_clock sends the channel's clock when the owner needs it: if must (seconds came due, a hole ended),
// and at least every 100 ms of receive time.
void relay_clock(struct engine *e, struct chan *c, uint64_t rx_ns, bool must);
// relay_rest flushes what the channel's strands have collected, and its clock.
void relay_rest(struct engine *e, struct chan *c);
// relay_quiet flushes everything pending of a channel that has been quiet for silence_ns / 2, so that the
// owner has its data before it declares the channel silent and seals without it. Records carry that half-way
// time, not the time of the call.
void relay_quiet(struct engine *e, uint64_t rx_ns);
// relay_older returns room for flow of a second before cur's; relay_older_done sends it after the event.
struct frag *relay_older(struct engine *e, struct strand *strand, uint32_t sec);
void relay_older_done(struct engine *e);

#endif
