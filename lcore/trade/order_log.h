/* SPDX-License-Identifier: BSD-3-Clause */
// order_log.h: what was asked of venues, written before it is sent, and what each fill has made of its
// position, written before it counts, so that a process that was killed knows afterwards which ids are out
// and what is held. A ring of records with a check sum each, in memory that somebody maps to a file; nothing
// here makes a system call. Behind the ring are the places of stops (stop_log.h). Times are the desk's. Pure;
// one owner; the file is of this machine.
//
// A record is never written over while its order is open, or while it is the last word on shares that are
// held, or on the day: the writer steps over it. So a journal with more slots than open orders and positions
// forgets none of them, however many come after. What is written over goes oldest first, but for these: so an
// end, or a position that is flat, outlives what it ends.
#ifndef WB_TRADE_ORDER_LOG_H
#define WB_TRADE_ORDER_LOG_H

#include "lcore/trade/position.h"

#define ORDER_LOG_MAGIC UINT64_C(0x324c4e524a425257) // "WRBJRNL2"

struct order_log_head {
	uint64_t magic;
	uint32_t record_bytes, slots;
	uint32_t stops;   // places of stops
	char instance[4]; // of its ids, with a NUL
	uint32_t crc;     // of all before it
	uint8_t pad[36];
};

enum order_log_what { ORDER_LOG_NONE, ORDER_LOG_REQUEST, ORDER_LOG_ENDED, ORDER_LOG_BOOKED };

// A fill, a break or an adoption, and what is held after it.
struct order_log_booked {
	struct position_kept position;
	struct position_sums sums;
	uint64_t fill_id;
};

struct order_log_record {
	uint64_t seq; // from 1
	uint64_t at_ns;
	uint64_t id, symbol; // id: 0 of what was adopted
	int64_t price;
	uint32_t qty, instr;
	uint32_t filled; // shares of the order so far. ENDED, BOOKED
	uint16_t lcore;
	uint8_t what; // enum order_log_what
	uint8_t kind; // REQUEST: enum trade_action; ENDED: enum trade_state; BOOKED: enum report_kind
	uint8_t venue, side, tif, source, gate; // as of struct trade_request
	uint8_t pad[3];
	union {
		struct {
			uint64_t arrival_ns, close_ts, decided_tsc;
		} request;
		struct order_log_booked booked;
	};
	uint32_t rest;
	uint32_t crc; // of all before it
};

// An order that may be out.
struct order_log_order {
	struct trade_request request;
	uint32_t filled; // as far as the journal still has its fills
};

// What a look at a journal has found.
struct order_log_view {
	const struct order_log_record *record;
	uint32_t slots, stops;
	uint32_t records; // whole ones
	uint32_t torn;    // after the newest one: it was being written when the process or the machine died
	uint32_t damaged; // elsewhere
	uint32_t next;    // slot after the newest one
	uint64_t seq;     // of the newest one
	char instance[3];
};

// The ring, where this process has it.
struct order_log_ring {
	struct order_log_record *record; // NULL: there is none any more, and nothing is written
	uint32_t slots;
	uint64_t seq; // w: owner. Of the newest record that was written: others may see that something was
};

// What its owner knows of it: where the ring is may change over a kill, this does not.
struct order_log {
	struct order_log_ring *ring;
	uint32_t next;
	uint64_t seq;        // of the newest one
	uint64_t booked_seq; // of the newest BOOKED record: it has the day's sums
	// Whether an order may still be out. Whether shares are held, and this record is the last word on
	// them.
	bool (*open)(void *ctx, uint64_t id);
	bool (*held)(void *ctx, const struct order_log_record *booked);
	// The slot of a record, for which one was found; of what is done once more after a kill, the slot of
	// then, since the ring has gone on. NULL: as found.
	uint32_t (*slot)(void *ctx, uint32_t found);
	void *ctx;
};

// order_log_bytes returns the size of a journal of so many slots, and places of stops. order_log_format makes
// an empty one of mem, zeroed. instance: two characters.
size_t order_log_bytes(uint32_t slots, uint32_t stops);
void order_log_format(void *mem, uint32_t slots, uint32_t stops, const char *instance);
// order_log_stops returns where the places of stops begin (stop_log.h).
void *order_log_stops(void *mem, uint32_t slots);
// order_log_look goes through a journal. Returns NULL, or why it is none.
const char *order_log_look(const void *mem, size_t bytes, struct order_log_view *out);
// order_log_whole returns whether the record of a slot is one.
bool order_log_whole(const struct order_log_record *r);
// order_log_sorted sorts slots by number of record into out, which has room for view->records. Returns how
// many.
uint32_t order_log_sorted(const struct order_log_view *view, uint32_t *out);
// order_log_left finds the orders that were asked for and have not ended, in the order of their ids, as they
// were asked last: total and price of their latest replace. What was filled in full has ended. out and
// scratch have room for view->records. Returns how many.
uint32_t order_log_left(const struct order_log_view *view, uint32_t *scratch, struct order_log_order *out);
// order_log_holds finds the last word on each symbol of which shares are held, in the order of their symbols,
// and in newest the last one of all, NULL if nothing was booked. out and scratch have room for view->records.
// Returns how many.
uint32_t order_log_holds(const struct order_log_view *view, uint32_t *scratch, struct order_log_record *out,
			 const struct order_log_record **newest);
// order_log_map makes a ring of a journal that was looked at, in mem. order_log_begin goes on with it.
// Assumes fewer open orders and positions than an eighth of its slots.
void order_log_map(struct order_log_ring *ring, void *mem, const struct order_log_view *view);
void order_log_begin(struct order_log *j, struct order_log_ring *ring, const struct order_log_view *view,
		     bool (*open)(void *ctx, uint64_t id),
		     bool (*held)(void *ctx, const struct order_log_record *booked), void *ctx);
// order_log_request writes a request, order_log_ended that an order has ended. order_log_book writes what
// a fill, a break or an adoption r has made; filled: of its order. All return the record's number. A record
// that the ring has, or had, is not written again: its request may have left. Its owner only.
uint64_t order_log_request(struct order_log *j, const struct trade_request *rq, uint64_t now_ns);
uint64_t order_log_ended(struct order_log *j, uint64_t id, uint8_t state, uint32_t filled, uint64_t now_ns);
uint64_t order_log_book(struct order_log *j, const struct trade_report *r, uint32_t filled,
			const struct position_book *after, uint64_t now_ns);
// order_log_again writes a record of another journal. Its owner only.
uint64_t order_log_again(struct order_log *j, const struct order_log_record *r);

#endif
