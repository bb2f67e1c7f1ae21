/* SPDX-License-Identifier: BSD-3-Clause */
// ingest_parts.h: the state of an ingest lcore, for the files of ingest: the loop (ingest.c), what is set up
// before launch (_boot), where output goes (_sink), how late it is (_lag), times of capture hardware (_time),
// what others read (_shared).
#ifndef WB_STAGE_INGEST_PARTS_H
#define WB_STAGE_INGEST_PARTS_H

#include "drivers/journal/tap.h"
#include "drivers/receiver/receiver.h"
#include "lcore/model/engine.h"
#include "lcore/stage/echo.h"
#include "lcore/stage/ingest_conf.h"
#include "lcore/stage/relays.h"
#include "lcore/stage/wants.h"
#include "lcore/trade/hang.h"
#include "lcore/trade/paper.h"

struct rte_mbuf;

enum { BURST_MAX = 256, EVENTS_MAX = 512, MARKS_MAX = 64 };

// A position of ours at a leg, and what was told of its touch last.
struct ingest_held {
	int64_t qty;    // signed, with what was adopted
	int64_t net;    // of our fills there, signed
	uint64_t execs; // fills, and their breaks
	int64_t bid, ask, last;
	bool suspect;
};

// The paper exchange of the books that an ingest lcore keeps.
struct ingest_paper {
	struct paper paper;
	struct plant_paper *plant;
	struct engine_legs legs;
	uint32_t *leg_of;         // [strands] leg + 1; 0: none
	struct ingest_held *held; // [legs]
	uint64_t *busy;           // [instruments / 64 + 1] a bit for each with orders or a position of ours
	uint64_t near[512];       // of the script, by a hash of the symbol
	bool guarded;             // somebody watches stops
	struct ingest_script *script; // NULL: its orders pass no checks
	struct hang desk_hang;        // live: of the signal lcore
	uint64_t newest_ns[ENGINE_CHANNELS];
	uint64_t message_ns[ENGINE_CHANNELS]; // of messages only
	uint32_t holes;                       // bit per channel: the first message after a hole has not come
};

// A start with what the journal holds: the lcore's ports wait aside, and what they bring is kept until it has
// its turn.
struct ingest_behind {
	struct tap backlog;
	typeof(((struct lcore *)0)->queue) queue;
	uint8_t n_queues;
	uint64_t taken_bytes; // of the backlog: the burst in hand
	uint64_t till_ns; // live, owner: goes on when the others have handed in all before; 0: not there yet
	uint64_t waits_ns, waited_ns; // monotonic: waits for servers since (0: it does not); did before
	uint64_t waited_for;          // wants_mark of then
	bool waits[LCORE_LINKS];      // of the links out, when live
	bool begun;                   // the journal has been taken
	bool keeps;                   // frames are to be kept in the journal
};

// Where a burst comes from: whom to tell that it has been taken.
enum ingest_from { INGEST_FROM_PORT, INGEST_FROM_BACKLOG, INGEST_FROM_RECOVERY };

// w, r: the ingest lcore; boot before launch.
struct ingest {
	struct lcore *lcore;
	struct lcore_shared *shared; // the lcore's
	struct receiver receiver;
	struct engine engine;
	struct symtab symtab;
	struct event event[EVENTS_MAX];
	struct rte_mbuf *mbuf[BURST_MAX];
	struct frame_in frame[BURST_MAX];
	uint64_t rx_ns[BURST_MAX];
	uint32_t known_channels;
	uint64_t igmp_handed; // LEDGER_frames_igmp up to which frames were given to their port
	unsigned next_queue;
	// Replay with orders: marks that wait for the answers to those before them, and whether the data had
	// ended.
	struct {
		uint64_t close_ts;
		bool last;
	} mark[MARKS_MAX];
	unsigned mark_at, n_marks;
	bool drained; // the data has ended, and the last rows are out
	struct ingest_conf_groups groups;
	struct relays relays; // owner: what others relay
	struct link *relay;   // to the owner; NULL on the owner itself
	bool relay_lost;      // a record was refused
	struct echo echo;     // replay with orders: what it waits for
	struct {              // replay with orders, relaying: what it may do before it asks again
		bool on, asking;
		bool spent; // something was applied since that may have asked
		uint64_t asked, horizon_ns, limit_ns;
	} turn;
	bool ordered;       // one of both
	struct wants wants; // holes that recovery is to fill
	// the burst in hand: frames, how many are done, and the events of the next ones with how many are
	// applied
	unsigned n_frames, n_done, n_used, n_events, n_applied;
	bool aside;                   // something below is to be done with each burst: ingest_aside
	bool hardware_time;           // live: frames may carry times of capture hardware
	struct tap *journal;          // frames are kept; NULL: not now
	struct ingest_behind *behind; // NULL: live
	struct ingest_behind *began;  // w: boot. behind, as it was at the start
	bool past;                    // the desk has not been told that it is live
	enum ingest_from from;        // of the burst in hand
	bool flushed;                 // the events are of a hole declared at flush_rx_ns
	uint64_t flush_rx_ns;
	uint64_t told_ns;     // relaying: progress as last sent
	uint64_t stop_frames; // the data ends after so many; 0: with the ports
	uint64_t burst_tsc;
	bool waited; // the burst in hand, for others
	const struct port *port;
	uint64_t last_rx_ns;
	// live clock: exchange time minus host time, for clock_anchor = first_packet
	bool anchored;
	int64_t anchor_ns;
	uint64_t last_frame_tsc;
	struct ingest_paper *paper; // NULL: no orders of ours
	struct link_elem elem;      // scratch for one push
};

// ingest_script.c: orders of a script pass the checks of [risk], if they are to; ingest_script_told takes
// each report about them.
size_t ingest_script_bytes(const struct lcore *l);
void ingest_script_init(struct ingest *in, void *mem);
void ingest_script_told(struct ingest *in, const struct trade_report *r);
// ingest_paper_request takes a request of the desk.
void ingest_paper_request(struct ingest *in, const struct trade_request *request);
// ingest_orders.c: the way back from the stage that decides. ingest_orders_take takes what has come over it,
// and returns how much. ingest_orders_settled takes it, and returns true if nothing is asked any more.
// ingest_orders_pass returns how many of n events may be applied before the stage that decides has answered,
// 0: none now; it may apply the clock of the first alone. ingest_orders_seal seals all that is due.
// ingest_orders_judge judges silence at a receive time, before what came then is applied; false: what that
// made due is not answered yet.
unsigned ingest_orders_take(struct ingest *in);
bool ingest_orders_settled(struct ingest *in);
void ingest_orders_seal(struct ingest *in);
bool ingest_orders_judge(struct ingest *in, uint64_t rx_ns);
unsigned ingest_orders_pass(struct ingest *in, struct event *ev, unsigned n, const uint64_t *rx_ns);
// For ingest_turns.c. ingest_orders_clock applies the clock of an event alone, once. ingest_orders_due: the
// event's clock may make a second due. ingest_orders_asks: the event may ask by itself.
void ingest_orders_clock(struct ingest *in, struct event *ev, const uint64_t *rx_ns);
bool ingest_orders_due(const struct ingest *in, const struct event *ev);
bool ingest_orders_asks(const struct ingest *in, const struct event *ev);
// ingest_turns.c: several ingest lcores in a replay with orders. Owner: ingest_turns_relays is relays_apply,
// and waits for what each record asks; ingest_turns_give lets the lcore go on that is first, own_ns: the
// owner's own next event was not received before; ingest_turns_end lets all end, and returns true when they
// have. Others: ingest_turns_pass is ingest_orders_pass; ingest_turns_through returns true when all is
// answered.
unsigned ingest_turns_relays(struct ingest *in, uint64_t before_ns);
void ingest_turns_give(struct ingest *in, uint64_t own_ns);
bool ingest_turns_end(struct ingest *in);
unsigned ingest_turns_pass(struct ingest *in, struct event *ev, unsigned n, const uint64_t *rx_ns);
bool ingest_turns_through(struct ingest *in);
// ingest_guard.c: looks whether the stage that decides lives, live, about every millisecond. ingest_guard_end
// cancels what rests when a live run is stopped.
void ingest_guard(struct ingest *in, uint64_t now_tsc);
void ingest_guard_end(struct ingest *in);
// ingest_view tells the desk what is open and held at the venues of these books.
void ingest_view(struct ingest *in, const struct trade_request *request);
// ingest_boot.c
size_t ingest_bytes(const struct lcore *lcore);
int ingest_init(struct lcore *lcore, void *mem, char *err, size_t err_len);
// ingest_time.c: live, if configured: gives the n frames of the burst the receive times that capture hardware
// wrote into them. Captures have them already.
void ingest_hardware_times(struct ingest *in, unsigned n);
// ingest_journal.c: ingest_aside does what not every run does with the n frames of the burst: times of
// capture hardware, the packet journal. ingest_keep switches the journal; -ENOTSUP: there is none. Ingest
// lcore; boot.
void ingest_aside(struct ingest *in, unsigned n);
int ingest_keep(struct ingest *in, bool on);
// ingest_behind.c: a start with what the journal holds (lcore.catch_up). ingest_behind_bytes returns what it
// takes of the lcore's memory; ingest_behind_init puts the ports aside. ingest_behind_drain keeps what they
// have brought; between bursts. ingest_behind_take puts frames of the backlog in hand once the journal is
// done, and returns false when all is done: then the ports are polled again, or the run has been stopped.
// ingest_behind_done gives back what was taken. ingest_behind_waits says that nothing is to be taken now,
// since recovery servers are asked. Ingest lcore; boot.
size_t ingest_behind_bytes(const struct lcore *lcore);
int ingest_behind_init(struct ingest *in, void *mem);
void ingest_behind_drain(struct ingest *in);
bool ingest_behind_take(struct ingest *in);
bool ingest_behind_waits(struct ingest *in);
void ingest_behind_done(struct ingest *in);
void ingest_behind_fini(struct lcore *lcore);
// ingest_state.c: hashes what the lcore knows now, if run.state_hash says so, once for each enum. Returns
// true. Assumes that nothing is in hand and all that is due is sealed. Ingest lcore.
bool ingest_state(struct ingest *in, enum lcore_state_at at);
uint64_t ingest_hash(struct ingest *in);
// ingest_carry.c: what a snapshot holds of the lcore.
extern const struct stage_carry ingest_carry;
// ingest_take.c: describes the n frames in in->mbuf.
void ingest_take(struct ingest *in, unsigned n);
// ingest_lag.c, all on the ingest lcore. ingest_now_ns returns the present in exchange time at tsc, as far as
// the port knows it (enum port_clock); rx_ns: receive time of the frame in hand.
uint64_t ingest_now_ns(const struct ingest *in, uint64_t rx_ns, uint64_t tsc);
// ingest_lag records now_ns - then_ns; a time in the future is counted in lag_clamped, and as lag 0.
void ingest_lag(struct lcore_shared *s, enum lcore_hist which, uint64_t now_ns, uint64_t then_ns);
void ingest_anchor(struct ingest *in, const struct event *ev, const uint64_t *rx_ns);
// begun_tsc: when the n events began to be applied.
void ingest_feed_lags(struct ingest *in, const struct event *ev, unsigned n, const uint64_t *rx_ns,
		      uint64_t begun_tsc);
void ingest_wire_lags(struct ingest *in, unsigned n);
// ingest_seal is engine_seal, and records what a row of it takes.
unsigned ingest_seal(struct ingest *in, unsigned budget);
// ingest_shared.c: what others read of the lcore. ingest_publish copies the states of channels, which change
// with packets: at each tick and at the end. ingest_publish_watch copies the watch list, when it has changed.
// Ingest lcore; boot.
void ingest_publish(struct ingest *in);
void ingest_publish_watch(struct ingest *in);
// ingest_push.c: ingest_push hands in->elem to all links, ingest_push_desk to the desk alone, ingest_report a
// report to the desk, ingest_keeper who keeps a strand's book. ingest_progress says to the owner that nothing
// received before rx_ns will follow; token: and asks to go on (0: does not).
void ingest_push(struct ingest *in, uint32_t stream);
void ingest_push_desk(struct ingest *in, uint32_t stream);
void ingest_keeper(struct ingest *in, const struct strand *strand, uint64_t ts_ns);
void ingest_progress(struct ingest *in, uint64_t rx_ns, uint64_t token);
void ingest_report(struct ingest *in, const struct trade_report *report);
// ingest_newer tells the desk that nobody has acted on what comes, as the journal has been taken; ingest_live
// that it is live, when all that keep books are, and when there is room.
void ingest_newer(struct ingest *in);
void ingest_live(struct ingest *in);
// ingest_touch tells of a leg's touch, where that has changed.
void ingest_touch(struct ingest *in, struct ingest_held *held, const struct strand *strand, uint64_t ts_ns);
// ingest_sink.c: where the engine's output goes. ingest_mark sends a mark; last: the data has
// ended.
void ingest_mark(struct ingest *in, uint64_t close_ts, bool last);
void ingest_sink(struct ingest *in, struct engine_sink *out);
// ingest_paper.c: orders of ours. ingest_paper_bytes returns 0 when there are none. ingest_paper_apply is
// engine_apply with them; ingest_paper_end ends the data. Ingest lcore; boot.
size_t ingest_paper_bytes(const struct lcore *lcore);
void ingest_paper_init(struct ingest *in, void *mem);
void ingest_paper_apply(struct ingest *in, const struct event *ev, unsigned n, const uint64_t *rx_ns);
void ingest_paper_end(struct ingest *in);

#endif
