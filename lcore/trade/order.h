/* SPDX-License-Identifier: BSD-3-Clause */
// order.h: our orders and what is known of them. An entry is the whole chain of an order and its replaces. A
// timeout, a cut connection or a failed send makes it UNKNOWN, never rejected: it may be alive, and counts in
// full until a report says more. A cancel or replace in flight is a flag beside the state, because fills go
// on. Ended orders stay to be found until their places are needed, oldest first. Times are ns, all of one
// clock. Pure; one owner; caller owns the memory.
#ifndef WB_TRADE_ORDER_H
#define WB_TRADE_ORDER_H

#include "lcore/trade/risk.h"

enum order_surprise {
#define SURPRISE(NAME, halts, text) ORDER_##NAME,
#include "lcore/trade/order.def"
#undef SURPRISE
	ORDER_SURPRISES
};

extern const char *const order_surprise_name[ORDER_SURPRISES], *const order_surprise_text[ORDER_SURPRISES];
extern const bool order_surprise_halts[ORDER_SURPRISES];

enum order_flight { ORDER_CANCELLING = 1, ORDER_REPLACING = 2 };

// Ids: a New York date, how many starts there were before, and a count within this start. With the instance
// they are 14 characters of base 36 (2 + 3 + 2 + 7), as venues accept them. A replay is boot 0, so its ids
// are the same in every run.
#define ORDER_ID_BYTES  15                    // with the NUL
#define ORDER_COUNT_MAX UINT64_C(78364164095) // 36^7 - 1
#define ORDER_BOOT_MAX  1295                  // 36^2 - 1
#define ORDER_DAY_MAX   46655                 // 36^3 - 1

struct own_order {
	uint64_t id; // 0: this place was never used
	uint64_t symbol, close_ts, position_id;
	uint64_t decided_ns, sent_ns, ack_ns;
	uint64_t flight_ns; // when the cancel or replace in flight was sent last
	uint64_t ends_ns;   // of an entry with a time to live; 0: none
	uint64_t notional;  // of all fills
	int64_t price;
	int64_t asked_price; // of the replace in flight
	int64_t mid_twice;   // bid and ask when it was decided, added; 0: not both were there
	uint32_t instr, total, filled;
	uint32_t asked_total;
	uint32_t reserved;               // shares that it counts with in the exposure
	uint32_t next, prev;             // of all open ones, or of the free places
	uint32_t instr_next, instr_prev; // of the open ones of its instrument
	uint16_t retry;
	uint8_t state, side, venue, tif, source, gate;
	uint8_t who;     // enum risk_who
	uint8_t flight;  // enum order_flight
	uint8_t cancels; // sent since the last answer
	uint8_t reprices;
	char reason; // of its end, OUCH's letter
};

// Executions and breaks that were applied, by a hash of them: the oldest of a line is forgotten first.
#define ORDER_SEEN 7
struct order_seen {
	struct {
		uint64_t id, fill; // fill: number << 1 | it is a break
	} at[ORDER_SEEN];
	uint64_t n; // that were put here so far
};

struct order_conf {
	uint32_t instruments;
	uint32_t orders;     // open ones, and ended ones that can be found
	uint32_t seen_lines; // ORDER_SEEN executions each, that a duplicate is recognized of; a power of two
	int32_t day;         // New York date, days since 1970
	uint16_t boot;
};

struct order_table {
	struct own_order *order; // [max]
	uint32_t *slot;          // hash of ids to places + 1
	uint32_t *head;          // [instruments] first open order
	struct order_seen *seen; // [seen_mask + 1]
	uint32_t max, mask, seen_mask, instruments;
	uint32_t open, n_open;          // first open order
	uint32_t free_first, free_last; // places that were never used or have ended
	uint32_t n_free;
	uint64_t seen_forgotten;
	uint64_t base, count; // of ids
	uint64_t surprises[ORDER_SURPRISES];
};

// What a report or a timeout did to an order.
struct order_change {
	struct own_order *order; // NULL: of a stranger
	enum order_surprise surprise;
	uint8_t before;   // enum trade_state
	bool fill;        // shares were executed, and are to be booked
	int64_t released; // shares that count no longer in the exposure; less than 0: more count
};

struct order_timeouts {
	uint64_t ack_ns, cancel_ns;
	uint8_t cancels; // sent again before it is an alarm
};

enum order_due { ORDER_DUE_UNKNOWN, ORDER_DUE_CANCEL_AGAIN, ORDER_DUE_ALARM };

// order_bytes returns the memory that order_init wants; order_init lays an empty table into it (zeroed,
// 64-byte aligned). Boot only.
size_t order_bytes(const struct order_conf *conf);
void order_init(struct order_table *t, const struct order_conf *conf, void *mem);
// order_day begins a New York date: ids are of it from now on, and count on. Its owner only.
void order_day(struct order_table *t, int32_t day);
// order_ids_left returns how many ids, and places, there are: 0 if either is used up. Any thread that may
// read t.
uint64_t order_ids_left(const struct order_table *t);
// order_id takes the next id. Assumes that order_ids_left is above 0. Its owner only.
uint64_t order_id(struct order_table *t);
// order_id_text writes the 14 characters of an id and returns their number. instance: 2 characters.
size_t order_id_text(const char *instance, uint64_t id, char out[ORDER_ID_BYTES]);
// order_open makes an order of a request that has passed: state NEW, all its shares reserved. Returns it.
// Assumes that order_ids_left is above 0. Its owner only.
struct own_order *order_open(struct order_table *t, const struct trade_request *rq, enum risk_who who,
			     uint64_t now_ns);
// order_recall makes an order that an earlier start has sent, and of which it has seen so many shares filled:
// state UNKNOWN, under its own id. As order_open.
struct own_order *order_recall(struct order_table *t, const struct trade_request *rq, uint32_t filled,
			       uint64_t now_ns);
// order_remember: a fill of an order, or the break of one, was booked before. Its owner only.
void order_remember(struct order_table *t, uint64_t id, uint64_t fill_id, bool broken);
// order_find returns the order of an id, also when it has ended lately, or NULL.
struct own_order *order_find(const struct order_table *t, uint64_t id);
// order_sent: the request has been handed over. order_cancelling, order_replacing: a cancel or replace has
// been; the latter returns what is released, less than 0 where the replace asks for more. Its owner only.
void order_sent(struct own_order *o, uint64_t now_ns);
void order_cancelling(struct own_order *o, uint64_t now_ns);
int64_t order_replacing(struct own_order *o, uint32_t total, int64_t price, uint64_t now_ns);
// order_apply takes what the venue says. Its owner only.
struct order_change order_apply(struct order_table *t, const struct trade_report *r);
// order_lost makes an open order UNKNOWN: a cut connection, a failed send. Its owner only.
struct order_change order_lost(struct own_order *o);
// order_overdue calls due for each order whose answer is overdue: not accepted (it is UNKNOWN now), a cancel
// to be sent again, and, after timeouts->cancels of them, an alarm. due may not open orders. Its owner only.
void order_overdue(struct order_table *t, const struct order_timeouts *timeouts, uint64_t now_ns,
		   void (*due)(void *ctx, struct own_order *o, enum order_due what), void *ctx);
// order_reserve makes what an order counts with what it may still execute. Returns the shares released, less
// than 0 when it is more than before. Its owner only.
int64_t order_reserve(struct own_order *o);
// order_end ends an order that never left, or that its venue is known not to have. Returns the shares
// released. Its owner only.
int64_t order_end(struct order_table *t, struct own_order *o, enum trade_state state, char reason);

static inline bool order_is_open(const struct own_order *o)
{
	return o->state <= STATE_PART || o->state == STATE_UNKNOWN;
}

static inline uint32_t order_leaves(const struct own_order *o)
{
	return order_is_open(o) && o->total > o->filled ? o->total - o->filled : 0;
}

// What goes on with a symbol and side: derived from orders and positions, never stored beside them.
enum order_engine {
	ENGINE_FLAT,
	ENGINE_ARMED,
	ENGINE_ENTERING,
	ENGINE_OPEN,
	ENGINE_EXITING,
	ENGINE_COOL_DOWN,
	ENGINE_STATES
};
extern const char *const order_engine_name[ENGINE_STATES];

// order_engine_of returns the state of an instrument's side (SIDE_BUY: long). armed: all gates but the one
// that triggers hold. cool_ns: no entry before. Any thread that may read t.
enum order_engine order_engine_of(const struct order_table *t, uint32_t instr, uint8_t side, int64_t position,
				  bool armed, uint64_t cool_ns, uint64_t now_ns);

#endif
