/* SPDX-License-Identifier: BSD-3-Clause */
// desk.h: the stage of orders as a machine: fires, stops, reports, quotes, commands and time in, requests and
// events out. It ties together what may leave (risk.h), what is open (order.h), what is held (position.h) and
// what that could become (exposure.h). Nothing is queued: what may not leave now is refused and counted.
// send_request in desk_send.c is the only function that sends; it reads the mode last.
//
// A report is known at its time + the venue's response latency, so the desk holds it until then: what it
// decides is a function of the data, not of how fast lcores are. Times are exchange time in ns since 1970 in
// a replay, and of one clock that does not go back live. Pure; one owner; caller owns the memory.
#ifndef WB_TRADE_DESK_H
#define WB_TRADE_DESK_H

#include "lcore/trade/earned.h"
#include "lcore/trade/order.h"
#include "lcore/trade/position.h"
#include "lcore/trade/stop.h"

enum desk_count {
#define DESK_COUNT(name, text) DESK_##name,
#include "lcore/trade/desk.def"
#undef DESK_COUNT
	DESK_COUNTS
};

extern const char *const desk_count_name[DESK_COUNTS], *const desk_count_text[DESK_COUNTS];

enum desk_size { SIZE_SHARES, SIZE_NOTIONAL, SIZE_RISK };
enum desk_price {
	PRICE_TOUCH,   // at the touch of its own side, and ticks towards the other one
	PRICE_MID,     // the middle, rounded away from the other side
	PRICE_THROUGH, // at the other side, and ticks through it
	PRICE_MARKET,  // an IOC at the collar
};

// How the fires of a gate become orders.
struct desk_gate {
	enum desk_size size;
	enum desk_price price;
	int64_t amount;  // shares; 1e-6 dollar of notional; 1e-6 dollar that may be lost
	int64_t risk_by; // SIZE_RISK: thousandths of the range, at which that would be lost
	int32_t ticks;
	uint8_t tif, venue;
	uint64_t ttl_ns;        // of an entry that rests; 0: the day
	uint64_t cool_ns;       // after its position or entry has ended
	uint32_t reprice_ticks; // an entry at the touch or the middle follows when that is so far away; 0:
				// never
	uint8_t reprice_max;
};

struct desk_latency {
	uint64_t entry_ns, cancel_ns, response_ns;
};

struct desk_conf {
	struct order_conf orders; // instruments included
	uint32_t fills;           // of open positions
	uint32_t reports;         // held until they are known
	const struct risk_limits *limits;
	const struct risk_ticks *ticks; // tables that instruments choose from; the first is for all others
	const struct desk_gate *gates;
	uint32_t n_gates;
	const struct fee_schedule *fees;
	struct desk_latency latency[VENUE_COUNT];
	struct order_timeouts timeouts;
	uint32_t retries_per_s; // of an exit
	uint8_t exit_venue;     // of stops and operators
	bool live;              // requests arrive when they are seen, reports are known at once
	bool loss_halts;        // the day's loss halts; otherwise only exits go on
	const uint32_t *mode;   // enum latch_mode, set by others; NULL: killed
};

// Where what happens goes. ctx is the caller's. None of these may call the desk.
struct desk_sink {
	void *ctx;
	// Hands a request to the owner of its book or session. False: no room.
	bool (*send)(void *ctx, const struct trade_request *rq);
	uint32_t (*room)(void *ctx, const struct trade_request *rq); // requests that there is room for
	void (*journal)(void *ctx, const struct trade_request *rq);  // before it is sent. NULL: none
	void (*ended)(void *ctx, const struct own_order *o); // an order that was journalled is out no more.
							     // NULL: none
	// A fill, a break or an adoption has moved a position: before anybody is told of it. NULL: none
	void (*booked)(void *ctx, const struct trade_report *r);
	void (*event)(void *ctx, const struct trade_report *r); // REPORT_SENT and later kinds. NULL: none
	void (*position)(void *ctx, uint32_t instr, const struct position *p); // changed. NULL: none
	void (*trip)(void *ctx, const struct position_trip *trip); // a round trip ended. NULL: none
	// The mode must become at least this, on disk, too. The desk obeys at once.
	void (*raise)(void *ctx, enum latch_mode mode, enum latch_cause cause,
		      const char *reason); // NULL: none
};

// An exit that goes on until its side is flat.
struct desk_exit {
	bool wanted;
	uint8_t who, source, gate, price;
	uint8_t side; // of the exit
	uint16_t retry;
	uint32_t in_second;
	int32_t ticks;
	uint64_t second, close_ts;
	uint64_t decided_tsc; // of a fire whose orders are not sent yet; 0: none
};

struct desk_instr {
	struct exposure exposure;
	struct risk_quote quote;
	struct desk_exit exit;
	uint64_t symbol;
	uint64_t cool_ns[2];  // of long and short: no entry before
	uint64_t close_ts[2]; // of the last entry
	uint32_t facts;       // enum risk_fact
	uint16_t lcore;
	uint8_t gate;  // of the last entry
	uint8_t ticks; // which table
};

struct desk_held {
	uint64_t known_ns;
	struct trade_report report;
};

struct desk {
	struct desk_conf conf;
	struct desk_sink sink;
	struct order_table orders;
	struct position_book positions;
	struct account account;
	struct earned_gates earned;
	struct desk_instr *instr;
	struct desk_held *held; // heap: the first to be known on top
	uint32_t n_held;
	uint32_t n_exits;         // instruments whose exit is wanted
	enum latch_mode own_mode; // what the desk has raised itself
	enum latch_mode last_mode;
	uint64_t now_ns;
	uint64_t day_end_ns;
	uint64_t masked; // reasons that tests pass over; 0
	uint64_t count[DESK_COUNTS];
	uint64_t denied[RISK_REASONS];
};

struct desk_decision {
	uint64_t symbol, close_ts;
	uint64_t known_ns;  // reports known by now are; close_ts + the least lateness
	uint64_t submit_ns; // when the order leaves: close_ts + the greatest lateness
	int64_t bid, ask;   // at the close; 0: none
	int64_t range;      // for SIZE_RISK; 0: none
	uint64_t decided_tsc;
	uint32_t instr;
	uint8_t gate;
	bool exit, is_short;
};

enum desk_command { DESK_RESUME, DESK_FLATTEN, DESK_CANCEL_ALL };

// desk_bytes returns the memory that desk_init wants; desk_init lays an empty desk into it (zeroed, 64-byte
// aligned). What conf points to outlives the desk. Boot only.
size_t desk_bytes(const struct desk_conf *conf);
void desk_init(struct desk *d, const struct desk_conf *conf, const struct desk_sink *sink, void *mem);
// All below: its owner only. Times never go back from call to call; an earlier one counts as the latest.
//
// desk_instrument introduces a symbol, or says what is bad about it now (enum risk_fact), and whose its book
// is.
void desk_instrument(struct desk *d, uint32_t instr, uint64_t symbol, uint16_t lcore, uint32_t facts);
// desk_tick_table says which of the configuration's tables of ticks an instrument has; without it the first.
void desk_tick_table(struct desk *d, uint32_t instr, uint8_t table);
// desk_quote takes the consolidated quote (0: a side is missing) of ts_ns. Marks positions, follows with
// entries.
void desk_quote(struct desk *d, uint32_t instr, int64_t bid, int64_t ask, uint64_t ts_ns, uint64_t now_ns);
// desk_fire makes an order of a gate's fire, or counts why not.
void desk_fire(struct desk *d, const struct desk_decision *f);
// desk_stop makes orders of a stop's fire. The exits of one poll go before its entries: call this one first.
void desk_stop(struct desk *d, uint32_t instr, const struct stop_fire *f, uint64_t now_ns);
// desk_report takes what a venue says.
void desk_report(struct desk *d, const struct trade_report *r);
// desk_time lets time pass: reports become known, answers overdue, entries old, exits tried again; and the
// mode is looked at. At least once a second, and after a kill at once.
void desk_time(struct desk *d, uint64_t now_ns);
// desk_do does what an operator wants, beside the mode, which is set by others. RESUME clears what the desk
// has latched: the day's loss, rejects in a row, a mismatch. A loss that is still beyond its limit latches
// again.
void desk_do(struct desk *d, enum desk_command command, uint64_t now_ns);
// desk_flatten does it for one instrument. Nothing is sent before the desk has a time: it is tried when it
// has.
void desk_flatten(struct desk *d, uint32_t instr, uint64_t now_ns);
// desk_adopt books shares that are held without a fill of ours: above 0 bought, below sold, at a price.
void desk_adopt(struct desk *d, uint32_t instr, int64_t qty, int64_t price, uint64_t now_ns);
// desk_go_on begins with what an earlier start has kept (position_go_on): the day and its loss, and n
// positions, which count against the account's limits before their instruments are introduced. desk_restore
// gives one of them its instrument, once that is introduced, and before anything else is said of it. Its
// quotes are of kept_ns at the latest: if that is of this day an exit may be measured at them, as at any old
// quote.
void desk_go_on(struct desk *d, const struct position_sums *s, const struct position_kept *p, uint32_t n);
void desk_restore(struct desk *d, uint32_t instr, const struct position_kept *p, uint64_t kept_ns,
		  uint64_t now_ns);
// desk_recall takes over an order that an earlier start has sent and whose end it did not see: UNKNOWN, at
// all that is not filled of it. What would make its position smaller is an exit, and goes on as such when the
// venue has told its end. Returns false when there is no place for it. Assumes that the instrument was
// introduced, and restored.
bool desk_recall(struct desk *d, uint32_t instr, const struct trade_request *rq, uint32_t filled,
		 uint64_t now_ns);
// desk_query asks venues about all orders that are UNKNOWN. Once a second is enough.
void desk_query(struct desk *d, uint64_t now_ns);
// desk_settle ends the instrument's orders that are UNKNOWN: an operator has looked. Returns how many. A fill
// of one that comes all the same is booked, and halts.
uint32_t desk_settle(struct desk *d, uint32_t instr, uint64_t now_ns);
// desk_restrict makes the mode at least mode: at once here, and lasting by sink.raise.
void desk_restrict(struct desk *d, enum latch_mode mode, enum latch_cause cause, const char *reason);
// desk_lost makes all open orders of a venue UNKNOWN: its connection was cut.
void desk_lost(struct desk *d, uint8_t venue, uint64_t now_ns);
// desk_mode returns what may leave: the worse of the word and of what the desk has raised.
enum latch_mode desk_mode(const struct desk *d);

#endif
