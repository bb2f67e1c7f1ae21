/* SPDX-License-Identifier: BSD-3-Clause */
// paper.h: the paper exchange: orders of ours as shadows beside real books, filled only where messages of the
// market show that they would have been (docs/orders.md). The real book never changes for us. PURE: a
// function of the requests, and of the events of the legs that they are for, in wire order. One owner, the
// lcore that keeps the books; caller owns the memory, all of it taken at boot.
//
// A leg is one channel's book of one instrument. The files call down only:
//
//   paper.c         memory, legs, and what an event is to a leg and to a channel
//   paper_request.c arrivals: new, cancel, replace
//   paper_rest.c    what resting orders see of an order-level book
//   paper_level.c   what they see of price levels and of quotes
//   paper_reach.c   what they get of shares that newly stand on the other side
//   paper_take.c    taking displayed shares, and what was taken already
//   paper_behind.c  which resting orders of the market came after ours
//   paper_report.c  fills and all other reports; breaks
//   paper_line.c    orders of a leg in price-time order
#ifndef WB_TRADE_PAPER_H
#define WB_TRADE_PAPER_H

#include "lcore/base/ledger.h"
#include "lcore/book/book.h"
#include "lcore/book/orders.h"
#include "lcore/trade/trade.h"

#define PAPER_CHANNELS    32
#define PAPER_LEG_ORDERS  64   // that may rest at a leg
#define PAPER_BEHIND_MAX  8192 // references remembered for an order
#define PAPER_REF_BUCKETS 64
#define PAPER_QTY_MAX     999999
#define PAPER_PRICE_MAX   INT64_C(199999990000)
#define PAPER_PRICE_STEP  100
#define PAPER_NO_PRICE    INT64_C(-1) // of a request whose price cannot be one

enum paper_feed { PAPER_ORDERS, PAPER_LEVELS, PAPER_QUOTES }; // L3, L2, L1
enum paper_hidden { PAPER_THROUGH, PAPER_AT, PAPER_NEVER };
enum paper_l2 { PAPER_WORST, PAPER_PROP };

enum paper_reason {
#define PAPER_REASON(NAME, text, help) PAPER_##NAME,
#include "lcore/trade/paper.def"
#undef PAPER_REASON
	PAPER_REASONS
};
extern const char *const paper_reason_text[PAPER_REASONS];

struct paper_conf {
	uint32_t legs;
	uint32_t orders; // live at once
	uint32_t refs;   // of the market's orders behind ours, at once
	uint32_t taken;  // levels of which we have taken shares, at once
	uint32_t prints; // fills remembered for breaks
	uint32_t waits;  // requests of a desk that have not arrived, at once
	enum paper_hidden hidden[VENUE_COUNT];
	enum paper_l2 l2[VENUE_COUNT];
};

#define PAPER_NONE UINT64_MAX // of ahead: no level has shown our price yet (quotes)

struct paper_order {
	uint64_t id, symbol;
	int64_t limit; // 0: market
	uint64_t ahead;
	uint64_t queue_ahead; // as of the latest arrival; PAPER_NONE: not known
	uint64_t traded;      // PAPER_PROP: shares traded at its price since its level's last update
	uint64_t seq;         // of its arrival in the leg: references with a greater one are behind
	uint64_t arrival_ns, close_ts, notional;
	uint64_t row_ns; // of its last report
	uint32_t total, filled, fills;
	uint32_t told; // leaves of its last report
	uint32_t n_behind;
	uint32_t next; // index + 1, in the line of its side or in the list of free ones
	uint8_t side, tif, state, source, gate;
	bool unknown; // its place in the queue: it gets no fills until it is replaced
	bool lost;    // there was no room for some reference behind it: what is in no set may be one
};

struct paper_leg {
	uint64_t symbol;
	const struct levels_arena *levels;
	const struct book *book;          // NULL: none yet
	const struct trade_request *rows; // that wait, in order
	uint32_t n_rows, at;
	uint32_t wait;    // index + 1: requests of a desk that wait, by arrival
	uint32_t line[2]; // by book_index: index + 1 of the first order
	uint32_t n_orders;
	uint32_t taken;                     // index + 1
	uint32_t bucket[PAPER_REF_BUCKETS]; // index + 1
	uint64_t seq;
	struct touch was; // before the quote in hand
	uint32_t instr;
	uint8_t venue, channel, feed; // enum venue; of the engine; enum paper_feed
	bool named;
	bool halted, op_halted; // by the listing market, by the venue
	bool still;             // by letters of the venue
	bool doubt;             // a message has named an order that its book does not know
	bool closed;
};

struct paper_channel {
	bool doubt; // joined in mid-session, or a hole since
	bool closed;
	bool midstream; // how the restart begins that empties its books
};

// A reference of the market that came after an order of ours at its price.
struct paper_ref {
	uint64_t ref;
	uint64_t seq;      // in the leg
	uint64_t from, to; // orders of ours of these numbers remember it
	uint32_t next;
};

// A request of a desk that has not arrived.
struct paper_wait {
	struct trade_request request;
	uint32_t next;
};

struct paper_taken {
	int64_t price;
	uint64_t qty;
	uint32_t next;
	uint8_t side;
};

// What has become of a leg while nobody looked: as in struct paper_leg.
struct paper_state {
	bool halted, op_halted, still, closed, doubt;
};

// What an arriving order finds.
struct paper_sight {
	int64_t bid, ask; // displayed; 0: none
	bool named;       // a message has named the symbol
	bool suspect, still;
};

// Who looks at new orders and replaces before they arrive. look returns 0, or why (enum risk_reason) one is
// denied; o: the order that is replaced; it may make a market order a limit. NULL: nobody.
struct paper_guard {
	uint8_t (*look)(void *ctx, uint32_t leg, const struct paper_sight *sight, struct trade_request *r,
			const struct paper_order *o);
	void *ctx;
};

// w, r: the lcore that keeps the books.
struct paper {
	struct paper_conf conf;
	struct ledger *ledger;
	void (*report)(void *ctx, const struct trade_report *report);
	void *ctx;
	struct paper_guard guard; // boot
	struct paper_channel channel[PAPER_CHANNELS];
	struct paper_leg *leg;
	struct paper_order *order;
	struct paper_ref *ref;
	struct paper_taken *taken;
	struct paper_wait *wait;
	struct trade_report *print; // ring: fills whose print may still be broken
	uint64_t *match;            // beside it
	uint8_t *print_channel;
	uint32_t n_legs;
	uint32_t order_free, order_bump, ref_free, ref_bump, taken_free,
		taken_bump; // lists; never used from bump on
	uint32_t wait_free, wait_bump, n_waits;
	uint64_t n_prints, n_reports;
};

// paper_bytes returns the memory that paper_init wants. Boot only.
size_t paper_bytes(const struct paper_conf *conf);
// paper_init prepares p; mem is zeroed, paper_bytes long, 64-byte aligned. Boot only.
void paper_init(struct paper *p, const struct paper_conf *conf, struct ledger *ledger,
		void (*report)(void *ctx, const struct trade_report *report), void *ctx, void *mem);
// paper_leg_add makes a leg for requests that wait, sorted by arrival (then id); they outlive p. Returns its
// number; UINT32_MAX: no room. Boot only.
uint32_t paper_leg_add(struct paper *p, enum venue venue, uint64_t symbol, const struct trade_request *rows,
		       uint32_t n_rows);
// paper_named says that a message at ts_ns of the leg's channel has named its symbol. Once.
void paper_named(struct paper *p, uint32_t leg, uint8_t channel, enum paper_feed feed, uint32_t instr,
		 uint64_t ts_ns);
// paper_book gives the leg its book, which outlives p.
void paper_book(struct paper *p, uint32_t leg, const struct levels_arena *levels, const struct book *book);
// paper_leg_state says what a leg has missed that was made in mid-session, or that had no business for a
// while. Assumes that it has no order, and none that waits.
void paper_leg_state(struct paper *p, uint32_t leg, const struct paper_state *now);
// paper_ask takes a request of a desk. It stands before the first message of its leg that is later than its
// arrival; arrival 0: it stands here and now, at now_ns. False: no room, and it has been rejected.
bool paper_ask(struct paper *p, uint32_t leg, const struct trade_request *request, uint64_t now_ns);
// paper_time lets arrive what a desk has asked and arrives before ts_ns, in all legs of a channel: no message
// of it of before is to come.
void paper_time(struct paper *p, uint8_t channel, uint64_t ts_ns);
// paper_refuse rejects a request whose symbol no leg has named.
void paper_refuse(struct paper *p, const struct trade_request *request, uint64_t now_ns);
// paper_before looks at an event of the leg before its book takes it. named: the resting order that it names;
// NULL: none, or not known. paper_after looks when the book has taken it, and returns false when the leg has
// no more business: no order, none that waits, and no shares taken of a level that is still there.
void paper_before(struct paper *p, uint32_t leg, const struct event *ev, const struct order *named);
bool paper_after(struct paper *p, uint32_t leg, const struct event *ev);
// paper_cancel_all cancels all orders of ours (reason U), as of now_ns of each channel. Returns how many.
uint32_t paper_cancel_all(struct paper *p, const uint64_t now_ns[PAPER_CHANNELS]);
// paper_other takes an event about the leg that is not for its book.
void paper_other(struct paper *p, uint32_t leg, const struct event *ev);
// paper_channel_event takes EV_JOIN, EV_RESET and EV_SYSTEM, for all legs of the event's channel.
void paper_channel_event(struct paper *p, const struct event *ev);
// paper_hole says that messages of the channel were lost before its message at ts_ns.
void paper_hole(struct paper *p, uint8_t channel, uint64_t ts_ns);
// paper_emptied says that the books of the channel are emptied at ts_ns by a restart. Before they are.
void paper_emptied(struct paper *p, uint8_t channel, uint64_t ts_ns);
// paper_break takes an EV_BREAK.
void paper_break(struct paper *p, const struct event *ev);
// paper_end ends the data of a leg: newest_ns is the newest exchange time of its channel. What arrives later
// is not reached.
void paper_end(struct paper *p, uint32_t leg, uint64_t newest_ns);

#endif
