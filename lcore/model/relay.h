/* SPDX-License-Identifier: BSD-3-Clause */
// relay.h: how one ingest lcore's venues reach the lcore that owns the bars. The relaying engine keeps the books of its
// channels and tells, in order, what the owner's engine would have made of their events: control facts as they
// are, each print as judged, and each leg's flow and touch once a second. The owner mirrors the legs; rows come out as if it
// had applied the events itself.
//
//   when a leg rolls to another second    RELAY_ROLL   what the second before brought, and the book at its end
//   when a channel's seconds come due     RELAY_LEG    the same, for legs that have not rolled; then the EV_CLOCK
//   at the event                          RELAY_NEW, RELAY_PRINT, RELAY_EVENT (what concerns a whole channel)
//   with each step of the fact log        RELAY_FACT: the owner's log takes the same step
//   when books are emptied                RELAY_RESET
//   now and then                          RELAY_PROGRESS: nothing received before rx_ns will follow
//
// PURE. Records are written by the relaying lcore and applied by the owner, merged by rx_ns with its own events, so that the
// result does not depend on how fast either of them is.
#ifndef WB_MODEL_RELAY_H
#define WB_MODEL_RELAY_H

#include "lcore/base/event.h"
#include "lcore/model/book.h"
#include "lcore/model/factlog.h"
#include "lcore/model/frag.h"

struct engine;

enum relay_kind { RELAY_EVENT, RELAY_NEW, RELAY_PRINT, RELAY_ROLL, RELAY_LEG, RELAY_OLDER, RELAY_FACT, RELAY_RESET, RELAY_PROGRESS, RELAY_KINDS };

// What events other than prints add to a fragment.
struct relay_flow {
	uint32_t sec;
	uint32_t touched; // 0: nothing was added
	uint32_t flags;
	uint64_t dom_executed, dom_cancelled;
	int64_t ofi;
};

struct relay {
	uint8_t kind;	 // enum relay_kind
	uint8_t channel; // of the relaying lcore
	uint8_t status;	 // RELAY_ROLL, RELAY_LEG: as in struct leg
	bool op_halted;
	bool quiet;	 // told for want of packets (relay_quiet): no moment at which silence is judged
	uint32_t clean_gen; // RELAY_NEW, RELAY_ROLL, RELAY_LEG: as in struct leg; RELAY_RESET: of all
	uint64_t rx_ns;	 // receive time of the frame that caused it
	uint64_t symbol; // 0 for RELAY_EVENT (but facts about an instrument) and RELAY_PROGRESS
	uint64_t ts_ns;	 // RELAY_NEW, RELAY_ROLL, RELAY_RESET: event time; EV_CLOCK: receive time of what the channel said last
	union {
		struct { struct event event; const void *feed; };	// RELAY_EVENT; feed with EV_JOIN
		struct { struct frag_print print; uint64_t key; };	// RELAY_PRINT
		struct { struct relay_flow flow; struct touch touch; };	// RELAY_ROLL, RELAY_LEG, RELAY_OLDER
		struct { struct fact_entry fact; uint8_t step; };		// RELAY_FACT; enum fact_step
	};
};

// engine_relay applies one record of another lcore; its channel c is channel_base + c here. Owner lcore.
void engine_relay(struct engine *e, const struct relay *record, uint8_t channel_base);
// engine_relay_progress tells the owner that nothing received before rx_ns will follow. Relaying lcore, after a burst.
void engine_relay_progress(struct engine *e, uint64_t rx_ns);

// engine_relay_end tells all that is left, in place of engine_drain. Relaying lcore.
void engine_relay_end(struct engine *e);

// engine_relay_lost tells that records were refused: every channel gets a hole. Relaying lcore, once there is room again.
void engine_relay_lost(struct engine *e);

// For the relaying engine's other files.
struct chan;
struct leg;
struct frag_print;
void relay_event(struct engine *e, const struct event *ev);
// relay_fact tells what fact.h publishes, and a directory that makes an instrument a test issue, or no longer one.
void relay_fact(struct engine *e, const struct event *ev);
void relay_new(struct engine *e, const struct leg *leg, uint64_t ts_ns);
void relay_print(struct engine *e, const struct leg *leg, const struct frag_print *print, uint64_t key);
// relay_step tells a step of the channel's fact log (enum fact_step).
void relay_step(struct engine *e, const struct chan *c, unsigned step, const struct fact_entry *f);
// relay_reset tells that the channel's books are emptied at ts_ns, behind the clock.
void relay_reset(struct engine *e, const struct chan *c, uint64_t ts_ns);
// relay_roll tells what cur holds; the leg goes on to the second of ts_ns.
void relay_roll(struct engine *e, struct leg *leg, uint64_t ts_ns);
// relay_mark notes that the leg has something to tell.
void relay_mark(struct engine *e, struct leg *leg);
// relay_clock tells the channel's clock when the owner must know: seconds have come due, a hole ends, or it is time.
void relay_clock(struct engine *e, struct chan *c, uint64_t rx_ns, bool must);
// relay_quiet tells all of channels that have said nothing for half of the time after which the owner calls them silent:
// then their bars go on without them, with what they brought. Stamped with that time, whenever it is found out.
void relay_quiet(struct engine *e, uint64_t rx_ns);
// relay_older gives room for flow of a second before cur's; told by relay_older_done behind the event.
struct frag *relay_older(struct engine *e, struct leg *leg, uint32_t sec);
void relay_older_done(struct engine *e);

#endif
