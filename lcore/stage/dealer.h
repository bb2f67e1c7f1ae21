/* SPDX-License-Identifier: BSD-3-Clause */
// dealer.h: the desk (lcore/trade/desk.h) on the signal lcore: rows, fires and reports from links in,
// requests to the keepers of the books out. In a replay what came since the last mark is played in the order
// of closes and symbols when the mark comes, since the order in which rows are sealed depends on the budget;
// live it is played as it comes. Owner: the signal lcore.
#ifndef WB_STAGE_DEALER_H
#define WB_STAGE_DEALER_H

#include "lcore/stage/carry.h"
#include "lcore/stage/dealer_conf.h"
#include "lcore/trade/hang.h"

enum { DEALER_ENDED = 32 };

// What the rows in hand are of. PAST and MISSED: a live start takes its packet journal, and nothing leaves
// (dealer_past.c).
enum dealer_hears {
	DEALER_PRESENT,
	DEALER_PAST,   // an earlier start has acted on it
	DEALER_MISSED, // nobody has
};

struct dealer_item;

// Beside the desk's own: what it is told of an instrument.
struct dealer_instr {
	uint64_t symbol;
	int64_t last_close; // of the last 1m row with prints; 0: none
	int64_t range;      // Wilder's mean of 14 true ranges; 0: fewer than that
	int64_t range_sum;
	int64_t adopted;  // by operators so far
	uint64_t execs;   // fills and breaks that were booked
	uint64_t booked;  // the journal's last word on its position
	int64_t untold;   // shares of an earlier start that the keeper of the book has not heard of
	int64_t bid, ask; // the last two sides of the past, and the close they are of
	uint64_t quote_ns;
	uint64_t missed_ns[2]; // of the last exit of long and short that nobody has acted on
	uint32_t facts;
	uint8_t missed[2]; // its gate + 1; 0: none
	uint8_t n_ranges;
	bool known, restricted, traded;
	bool unseen;                 // introduced without a row
	uint8_t keeper[VENUE_COUNT]; // lcore of its book + 1; 0: nobody keeps it so far
};

struct dealer {
	struct lcore *lcore;
	struct dealer_conf conf;
	enum dealer_hears hears;
	struct desk desk;
	struct dealer_instr *instr; // [instruments]
	struct dealer_item *item;   // a heap: what waits for the mark
	uint32_t n_items;
	uint64_t items_lost; // there was no room
	int64_t offset_ns;   // live: exchange time minus host time, as far as rows show it
	uint64_t mark_ns;    // of the last mark
	uint32_t n_unseen;
	bool flatten;              // positions of an earlier start go, too, as they are introduced
	uint64_t sweep_tsc;        // a sweep's fire is in hand, which was handed on then; 0: none
	uint16_t owner;            // lcore of the bars
	const struct lcore *guard; // live: the telemetry lcore that watches; NULL: there is none
	struct hang guard_hang;
	// The journal of orders, and what earlier starts have left in it: their instruments are not met yet.
	struct order_log log;
	struct order_log_order *left; // [orders] out
	uint32_t n_left, n_held;
	struct order_log_record *held; // [instruments]
	uint64_t second_tsc;           // of what is done once a second
	// The pass of views in hand, and what of it is to come. ended: orders that have ended with us, and
	// are open there.
	uint64_t pass;
	uint32_t keepers_left, n_ended, n_traded;
	uint64_t ended[DEALER_ENDED];
	uint32_t *traded; // [instruments] with executions, or adopted
};

// dealer_bytes returns what dealer_init wants; 0: orders are not enabled. Boot only.
size_t dealer_bytes(const struct lcore *lcore);
// dealer_init lays it into mem (zeroed, 64-byte aligned), dealer_log_go_on comes next. Boot only.
void dealer_init(struct dealer *o, struct lcore *lcore, void *mem);
// All below: the signal lcore.
void dealer_row(struct dealer *o, const struct bar *bar);
// dealer_fire takes what a gate decided, after the rows it was made from. sweep_tsc: when the sweep that made
// it fire was handed on; 0: it was a row.
void dealer_fire(struct dealer *o, const struct fire *fire, uint64_t sweep_tsc);
// dealer_keeper takes who keeps the book of an instrument at a venue: it comes before the first row. It
// introduces what an earlier start has left: exits and stops of that do not wait for a row.
void dealer_keeper(struct dealer *o, const struct trade_keeper *keeper);
void dealer_report(struct dealer *o, const struct trade_report *report);
void dealer_exit(struct dealer *o, const struct trade_exit *exit);
// dealer_live ends what is PAST, and then, with all, what is MISSED: what earlier starts have left goes on.
// live_ns: exchange time; 0: not known.
void dealer_live(struct dealer *o, bool all, uint64_t live_ns);
// dealer_mark says that all rows up to close_ts have come. last: because the data has ended, which says
// nothing of time.
void dealer_mark(struct dealer *o, uint64_t close_ts, bool last);
// dealer_poll lets time pass, live.
void dealer_poll(struct dealer *o);
// dealer_past.c: dealer_past returns what the rows will be of that come first. dealer_past_row and
// dealer_past_fire take them until it is live. dealer_meet introduces an instrument, of a row or of who keeps
// its book (NULL). dealer_go_on goes on with what earlier starts have left of it, once, and once it is live.
enum dealer_hears dealer_past(const struct lcore *lcore);
void dealer_past_row(struct dealer *o, const struct bar *bar);
void dealer_past_fire(struct dealer *o, const struct fire *fire, uint8_t gate);
void dealer_meet(struct dealer *o, uint32_t instr, uint64_t symbol, const struct bar *row);
void dealer_go_on(struct dealer *o, uint32_t instr);
// What a snapshot holds of a desk that is deaf (carry.h): dealer_area is its memory, dealer_thaw introduces
// what it names once it is there, dealer_hash goes on with a hash of it. dealer_thaw returns false if the
// desk is not deaf. Boot.
struct carry_area dealer_area(const struct dealer *o);
bool dealer_thaw(struct dealer *o);
uint64_t dealer_hash(const struct dealer *o, uint64_t hash);
// dealer_row.c: dealer_facts returns what is bad about the instrument of a row (enum risk_fact),
// dealer_facts_unseen of one that has none so far. dealer_range takes the true range of a 1m row.
uint32_t dealer_facts(const struct dealer *o, const struct dealer_instr *in, const struct bar *bar);
uint32_t dealer_facts_unseen(const struct dealer *o, const struct dealer_instr *in);
void dealer_range(struct dealer_instr *in, const struct bar *bar);
// dealer_watch.c: dealer_watch_init finds who watches the desk. dealer_watch looks whether it lives, live,
// about every millisecond.
void dealer_watch_init(struct dealer *o);
// dealer_traded notes that an instrument has been traded, or shares of it adopted.
void dealer_traded(struct dealer *o, uint32_t instr);
// dealer_view takes a part of a keeper's view and hands it on; when all have come it tells the desk's own.
void dealer_view(struct dealer *o, const struct trade_view *view);
// dealer_unverified returns what keeps entries from leaving: enum risk_fact, 0 where both views have been
// alike lately. Live.
uint32_t dealer_unverified(const struct dealer *o);
void dealer_watch(struct dealer *o, uint64_t now_tsc);
// dealer_log.c: dealer_log_bytes returns the memory of what earlier starts have left, dealer_log_init lays it
// into mem and has the desk's sink write the journal. dealer_log_go_on takes over what they have left: the
// desk, which knows nothing yet, gets the day. dealer_restore and dealer_recall give it what they have held,
// and left out, of an instrument that has been introduced; dealer_restore returns the shares. dealer_settle
// is an operator's word that nothing UNKNOWN of it is out; returns how many orders ended.
size_t dealer_log_bytes(const struct dealer_conf *conf);
void dealer_log_init(struct dealer *o, struct desk_sink *sink, void *mem);
void dealer_log_go_on(struct dealer *o);
bool dealer_left(const struct dealer *o, uint64_t symbol); // whether they have anything of it
int64_t dealer_restore(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns);
void dealer_recall(struct dealer *o, uint32_t instr, uint64_t symbol, uint64_t now_ns);
uint32_t dealer_settle(struct dealer *o, uint32_t instr, uint64_t now_ns);
// dealer_now returns the present of the desk, dealer_host_ns that of the host.
uint64_t dealer_host_ns(const struct dealer *o);
uint64_t dealer_now(const struct dealer *o);
// dealer_way.c: dealer_keeper_of returns the lcore that keeps the book of a request, TRADE_NO_LCORE: nobody;
// dealer_way the link to it, or to the owner, who refuses what nobody keeps; NULL: there is none.
// dealer_without_fill tells stops, and the keeper of the book that they watch, of shares that no fill of this
// start has brought; dealer_tell_keeper does the latter again where the link had no room.
uint16_t dealer_keeper_of(const struct dealer *o, const struct trade_request *rq);
struct link *dealer_way(const struct dealer *o, const struct trade_request *rq);
void dealer_tell_keeper(struct dealer *o, uint32_t instr);
void dealer_without_fill(struct dealer *o, uint32_t instr, int64_t qty);
// dealer_command.c: dealer_command does what an operator wants (enum lcore_op). Returns 0 or -errno with a
// text in reply.
int dealer_command(struct dealer *o, struct lcore_command *cmd);

#endif
