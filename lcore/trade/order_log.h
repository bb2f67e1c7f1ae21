/* SPDX-License-Identifier: BSD-3-Clause */
// order_log.h: what was asked of venues, written before it is sent, so that a process that was killed knows
// afterwards which ids are out. A ring of records with a check sum each, in memory that somebody maps to a
// file; nothing here makes a system call. Times are the desk's. Pure; one owner; the file is of this machine.
//
// A record is never written over while its order is open: the writer steps over it. So a journal with more
// slots than open orders forgets none of them, however many orders come after.
#ifndef WB_TRADE_ORDER_LOG_H
#define WB_TRADE_ORDER_LOG_H

#include "lcore/trade/trade.h"

#define ORDER_LOG_MAGIC UINT64_C(0x314c4e524a425257) // "WRBJRNL1"

struct order_log_head {
	uint64_t magic;
	uint32_t record_bytes, slots;
	char instance[4]; // of its ids, with a NUL
	uint32_t crc;     // of all before it
	uint8_t pad[40];
};

enum order_log_what { ORDER_LOG_NONE, ORDER_LOG_REQUEST, ORDER_LOG_ENDED };

struct order_log_record {
	uint64_t seq; // from 1
	uint64_t at_ns;
	uint64_t id, symbol, arrival_ns, close_ts;
	int64_t price;
	uint64_t decided_tsc;
	uint32_t qty, instr;
	uint32_t what; // enum order_log_what
	uint16_t lcore;
	uint8_t action, venue, side, tif, source, gate; // as of struct trade_request
	uint8_t state;                                  // ENDED: enum trade_state
	uint8_t pad[7];
	uint32_t filled; // ENDED: shares
	uint8_t rest[28];
	uint32_t crc; // of all before it
};

// What a look at a journal has found.
struct order_log_view {
	const struct order_log_record *record;
	uint32_t slots;
	uint32_t records; // whole ones
	uint32_t torn;    // after the newest one: it was being written when the process or the machine died
	uint32_t damaged; // elsewhere
	uint32_t next;    // slot after the newest one
	uint64_t seq;     // of the newest one
	char instance[3];
};

struct order_log {
	struct order_log_record *record;
	uint32_t slots, next;
	uint64_t seq; // w: owner. Others may read it, to see that something was written
	// Whether an order may still be out.
	bool (*open)(void *ctx, uint64_t id);
	void *ctx;
};

// order_log_bytes returns the size of a journal of so many slots. order_log_format makes an empty one of mem,
// zeroed. instance: two characters.
size_t order_log_bytes(uint32_t slots);
void order_log_format(void *mem, uint32_t slots, const char *instance);
// order_log_look goes through a journal. Returns NULL, or why it is none.
const char *order_log_look(const void *mem, size_t bytes, struct order_log_view *out);
// order_log_whole returns whether the record of a slot is one.
bool order_log_whole(const struct order_log_record *r);
// order_log_sorted sorts slots by number of record into out, which has room for view->records. Returns how
// many.
uint32_t order_log_sorted(const struct order_log_view *view, uint32_t *out);
// order_log_left finds the orders that were asked for and have not ended, in the order of their ids, as they
// were asked last: total and price of their latest replace. out has room for view->records. Returns how many.
uint32_t order_log_left(const struct order_log_view *view, uint32_t *scratch, struct trade_request *out);
// order_log_begin goes on with a journal that was looked at. Assumes fewer open orders than an eighth of its
// slots.
void order_log_begin(struct order_log *j, void *mem, const struct order_log_view *view,
		     bool (*open)(void *ctx, uint64_t id), void *ctx);
// order_log_request writes a request, order_log_ended that an order has ended. Its owner only.
void order_log_request(struct order_log *j, const struct trade_request *rq, uint64_t now_ns);
void order_log_ended(struct order_log *j, uint64_t id, uint8_t state, uint32_t filled, uint64_t now_ns);

#endif
