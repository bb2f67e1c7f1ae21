/* SPDX-License-Identifier: BSD-3-Clause */
// trade.h: what an order of ours asks of a venue, and what the venue answers: records by value, which links
// carry. Times are exchange time in ns since 1970, prices 1e-6 dollar. Holds no pointers.
//
// "Order" alone is an order of ours. Those that rest in a book are struct order (lcore/book/orders.h) and are
// called resting orders of the market here.
#ifndef WB_TRADE_TRADE_H
#define WB_TRADE_TRADE_H

#include "lcore/base/event.h"

#define TRADE_QTY_KEPT (UINT32_MAX - 1) // of a replace: the total stays; 0 is a total

// TRADE_AGAIN: a second NEW of an id. TRADE_ADOPTED asks a venue for nothing: it tells the keeper of the book
// that qty shares of side are held, so that it tells the touch.
// TRADE_VIEW asks the keeper for its view of all that is open and held: id is the pass, instr which keeper it
// is, of qty. TRADE_QUERY: what has become of the order? The venue tells that it is alive, or that there is
// none.
enum trade_action {
	TRADE_NEW,
	TRADE_CANCEL,
	TRADE_REPLACE,
	TRADE_AGAIN,
	TRADE_ADOPTED,
	TRADE_QUERY,
	TRADE_VIEW,
	TRADE_ACTIONS
};
enum trade_tif { TIF_DAY, TIF_IOC, TIF_UNCHANGED };
enum trade_source { SOURCE_SCRIPT, SOURCE_GATE, SOURCE_STOP, SOURCE_OPERATOR, TRADE_SOURCES };

// States of an order. A cancel or replace in flight is a flag beside the state, because fills go on.
enum trade_state {
	STATE_NEW,    // risk passed, id given; not at the venue, or not answered yet
	STATE_SENT,   // handed to the venue's driver
	STATE_LIVE,   // accepted, nothing executed
	STATE_PART,   // executed in part
	STATE_FILLED, // the states from here to DENIED are final
	STATE_CANCELLED,
	STATE_REJECTED,
	STATE_EXPIRED,
	STATE_DENIED,  // by our own risk: never sent
	STATE_UNKNOWN, // a timeout, a cut connection, a failed send: may be alive
	TRADE_STATES
};

// The words of files and displays.
extern const char *const trade_action_name[TRADE_ACTIONS], *const trade_source_name[TRADE_SOURCES],
								   *const trade_state_name[TRADE_STATES];

// What the stage that decides sends to the owner of the book.
struct trade_request {
	uint64_t id; // of the order; unique over restarts
	uint64_t symbol;
	uint64_t arrival_ns; // stands before the venue from here on; 0: at the newest time applied
	uint64_t close_ts;   // of the fire; 0: none
	int64_t price;       // 0: market (NEW), unchanged (REPLACE)
	uint32_t qty; // NEW: shares. CANCEL: intended total, 0: all. REPLACE: new total, or TRADE_QTY_KEPT
	uint32_t instr;
	uint8_t action, venue, side, tif; // enum trade_action, enum venue, enum ev_side, enum trade_tif
	uint8_t source;                   // enum trade_source
	uint8_t gate;                     // index of the gate that fired; UINT8_MAX: none
	uint16_t lcore;                   // of the book's keeper; TRADE_NO_LCORE: nobody keeps it
	uint64_t decided_tsc;
};

enum report_kind {
	REPORT_NEW, // the data ended before it reached the venue
	REPORT_ACCEPTED,
	REPORT_FILL,
	REPORT_CANCELLED, // leaves fell to what the report says; reason
	REPORT_REPLACED,
	REPORT_REJECTED,
	REPORT_EXPIRED,
	REPORT_BREAK, // of an earlier fill: qty, price, fill_id as that one's
	// what our own desk says of an order, for files and displays; venues never do
	REPORT_SENT,
	REPORT_DENIED, // why: enum risk_reason
	REPORT_CANCEL_SENT,
	REPORT_REPLACE_SENT,
	REPORT_REPLACE_DENIED, // the order lives on as it was; why: enum risk_reason
	REPORT_UNKNOWN,        // no answer, or a contradiction
	REPORT_KINDS
};

extern const char *const trade_report_name[REPORT_KINDS]; // as files and streams call them

// The evidence of a fill: what in the market's own messages shows it.
enum trade_evidence {
	EVIDENCE_NONE,
	EVIDENCE_A, // an execution behind us at our price
	EVIDENCE_B, // an execution at a worse price on our side
	EVIDENCE_C, // an order or level of the other side that reaches us
	EVIDENCE_D, // a print without a displayed order, through our price
	EVIDENCE_TAKE,
	EVIDENCE_BREAK,
	EVIDENCES
};

// What a venue answers, and what the files of orders and fills are made from.
struct trade_report {
	uint64_t id;
	uint64_t symbol;
	uint64_t ts_ns;       // exchange time of what it tells
	uint64_t row_ns;      // the same, or that of an earlier report of the order if that is later
	uint64_t n;           // of all reports of this venue's owner, in their order
	uint64_t fill_id;     // FILL, BREAK: counts the order's fills from 1
	uint64_t match;       // FILL: the venue's number of the print that is the evidence; 0: none
	uint64_t queue_ahead; // shares ahead at the latest arrival; UINT64_MAX: not known, or taken at once
	uint64_t arrival_ns;
	uint64_t close_ts;
	uint64_t notional; // of all fills so far: 1e-6 dollar * shares
	int64_t price;     // FILL: of this fill
	int64_t mid_twice; // FILL, by the desk: bid and ask at its decision, added; 0: not known
	int64_t limit;     // the order's; 0: market
	uint32_t instr;
	uint32_t qty; // FILL, BREAK: of this fill
	uint32_t total, filled, leaves;
	uint32_t leaves_before;                // of the report before, by the same venue; 0: none
	uint8_t kind, state, venue, side, tif; // enum report_kind, enum trade_state, ...
	uint8_t source, gate;
	char liquidity; // FILL: A added, R removed
	uint8_t evidence;
	char reason; // OUCH's letter (I, Q, T, U, E, ...); 0: none
	uint8_t why; // REJECTED, CANCELLED: enum paper_reason (paper.def), where OUCH has no letter; DENIED:
		     // enum risk_reason (risk.def)
	bool queue_unknown;
};

#define TRADE_NO_LCORE UINT16_MAX

// Who keeps the book of an instrument at a venue, and plays that venue for orders of ours.
struct trade_keeper {
	uint64_t symbol;
	uint64_t ts_ns; // of the message that introduced it there
	uint32_t instr;
	uint16_t lcore;
	uint8_t venue;
};

// A row of a view: an order that is open, or what is held of a symbol.
enum trade_row_kind { TRADE_ROW_ORDER, TRADE_ROW_POSITION };
struct trade_row {
	uint64_t key; // of an order: its id; of a position: its symbol
	uint64_t symbol;
	int64_t qty;     // of an order: shares executed; of a position: signed
	uint64_t n;      // of an order: open shares; of a position: executions, and their breaks
	int64_t adopted; // of a position of ours: shares that operators have adopted so far
	uint32_t instr;
	uint8_t kind, state, venue; // enum trade_row_kind, enum trade_state, enum venue
	uint8_t pad;
};

// A part of what somebody believes to be open and held: the desk, or a keeper of books for its venues. In
// passes, so that what is not whole shows.
enum { TRADE_ROWS = 8, TRADE_KEEPERS = 4 };
struct trade_view {
	uint64_t pass;
	uint32_t n_rows, at; // of the whole view; which of them is the first here
	uint32_t n;          // here
	uint8_t theirs;      // of a keeper; 0: the desk's
	uint8_t keeper, keepers;
	uint8_t pad;
	struct trade_row row[TRADE_ROWS];
};

// What the desk holds, for who watches stops.
struct trade_holding {
	uint64_t symbol;
	uint64_t position_id; // 0: flat
	uint64_t known_ns;    // of the fill that made it so
	int64_t qty;          // signed
	int64_t range;        // average true range of 1m rows; 0: not known
	uint32_t instr;
	uint8_t venue; // whose book its stops watch
	bool ended;    // an exit has come to nothing, or has ended
};

// A change of the touch of a book beside which we hold a position.
struct trade_touch {
	uint64_t symbol;
	uint64_t ts_ns;
	int64_t bid, ask, last; // 0: none
	uint32_t instr;
	uint8_t venue;
	bool suspect; // a book in doubt, or a halted instrument
};

// A stop's decision to leave: what stop_fire says, of which instrument.
struct trade_exit {
	uint64_t symbol;
	uint64_t position_id;
	uint64_t ts_ns; // of the quote, or of the retry
	int64_t qty;
	int64_t trigger, watched;
	int64_t limit; // 0: within the collar
	uint64_t decided_tsc;
	uint32_t instr;
	uint16_t retry;
	uint8_t side, path;
	bool alarm;
};

#endif
