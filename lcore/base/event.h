/* SPDX-License-Identifier: BSD-3-Clause */
// event.h: one decoded market-data fact, venue-neutral and of fixed size: the contract between the feeds,
// which write events, and the model, which applies them in order. Everything that the model needs to know of
// a packet travels as an event, control facts (clock, gap, reset) included, so that the model is a function
// of one array.
#ifndef WB_BASE_EVENT_H
#define WB_BASE_EVENT_H

#include "lcore/base/num.h"
#include "lcore/base/venue.h"

// In this order, so that one compare says what a kind is about (event_about_instr and those after it).
// Numbers leave no process.
enum ev_kind {
	EV_NONE = 0,
	// order-level book (ref = order reference)
	EV_ADD,     // ref, side, qty, price
	EV_EXEC,    // ref, qty; ref2 = match id. Price is the resting order's
	EV_EXEC_PX, // ref, qty, price; ref2 = match id; EVF_NONPRINT when it changes the book only
	EV_CANCEL,  // ref, qty cancelled (partial)
	EV_DELETE,  // ref
	EV_REPLACE, // ref = old, ref2 = new, qty, price: inherits side and instrument
	// level-based book
	EV_LEVEL, // side, price, qty = new aggregate size (0 removes); EVF_PARTIAL while the update is not
		  // complete
	EV_QUOTE, // price, qty = bid; price2, qty2 = ask; an empty side has size 0
	// prints that do not name a book order
	EV_TRADE, // price, qty, ref2 = trade or match id; side = aggressor if the feed says it, else
		  // SIDE_NONE
	EV_CROSS, // as EV_TRADE; a single-price auction
	// status
	EV_STATUS, // side = enum ev_status; instr; ref = 1: the market's own operational halt, beside the
		   // listing one; ref2 = the venue's reason, up to four characters, the first in the highest
		   // byte of 32 bits; 0: none
	EV_SYMBOL_CLEAR, // the instrument's orders on this channel are gone (venue restart, end of its day)
	EV_INSTR_LAST = EV_SYMBOL_CLEAR,
	// other messages
	EV_BREAK,     // ref2 = trade or match id of the broken print
	EV_CORRECT,   // ref2 = id of an earlier EV_CROSS, qty = its volume from now on (price unchanged); 0
		      // takes it back
	EV_SYSTEM,    // side = the venue's event code (O S Q/R M E C)
	EV_DIRECTORY, // instr announced; qty = round lot; EVF_TEST
	EV_ADMIN,     // known message without effect on books or bars
	EV_IMBALANCE, // auction: price = reference, price2 = indicative match (0: none), qty = paired, qty2 =
		      // imbalance, side = its side, ref = the venue's code of the auction
	EV_SHORT,     // short sale price test: qty = 1 in effect, 0 not; ref = the venue's code
	// control, made by the receiver
	EV_CONTROL_FIRST,
	EV_CLOCK = EV_CONTROL_FIRST, // ts_ns = the channel's transport clock (packet send time); 0: it was
				     // heard, and its packets carry none; then qty: as many of the same came
				     // in the frames behind its own
	EV_JOIN,  // a channel is first heard: ref = first sequence number, ref2 = enum venue; EVF_MIDSTREAM
		  // unless it is 1
	EV_GAP,   // ref = messages lost before this point
	EV_RESET, // new session or sequence restart: the channel's books are cleared
	EV_END,   // end of session
	EV_OPEN,  // a channel is heard, but not settled yet which number it begins with (feed.hold);
		  // its EV_JOIN follows. ref2 = enum venue. Nothing becomes due until then. ref = 1: none
		  // follows, another channel carries what this one held
	EV_HELD,  // the channel's packets from here on were held; the next one was received at ref.
		  // 0: no longer held
	EV_KINDS
};

// event_about_instr returns whether a kind is about one instrument's book, event_names_order whether ref is
// an order that rests in it, event_is_print whether it is an execution, trade or cross, event_is_control
// whether the receiver made it.
static inline bool event_about_instr(uint8_t kind)
{
	return (uint8_t)(kind - EV_ADD) <= EV_INSTR_LAST - EV_ADD;
}

static inline bool event_names_order(uint8_t kind)
{
	return (uint8_t)(kind - EV_EXEC) <= EV_REPLACE - EV_EXEC;
}

static inline bool event_is_print(uint8_t kind)
{
	const uint32_t prints = 1u << EV_EXEC | 1u << EV_EXEC_PX | 1u << EV_TRADE | 1u << EV_CROSS;

	return kind < 32 && prints >> kind & 1;
}

static inline bool event_is_control(uint8_t kind) { return kind >= EV_CONTROL_FIRST; }

enum ev_side { SIDE_NONE = 0, SIDE_BUY = 1, SIDE_SELL = 2 };
enum ev_status { STATUS_TRADING = 0, STATUS_HALTED = 1, STATUS_PAUSED = 2, STATUS_QUOTE_ONLY = 3 };

// What a venue's letter of a security status (event.detail) says of matching there; 0: nothing.
enum ev_letter { LETTER_STOPS = 1, LETTER_STARTS = 2, LETTER_CLOSES = 4 };

static inline unsigned event_letter(uint8_t letter)
{
	switch (letter) { // Pillar, message 34
	case '3':
	case '4':
	case '6':
	case 'P':
	case 'B': return LETTER_STOPS;
	case '5':
	case 'E':
	case 'O': return LETTER_STARTS;
	case 'L': return LETTER_STARTS | LETTER_CLOSES;
	case 'X': return LETTER_STOPS | LETTER_CLOSES;
	default: return 0;
	}
}

enum ev_flag {
	EVF_CLOCK =
		1 << 0, // ts_ns also advances the channel's clock (ITCH: the message timestamp is the clock)
	EVF_NONPRINT = 1 << 1,     // not printable: book only
	EVF_ODD_LOT = 1 << 2,      // sale condition: odd lot
	EVF_EXT_HOURS = 1 << 3,    // sale condition: extended hours
	EVF_AUCTION = 1 << 4,      // single-price cross
	EVF_TT_EXEMPT = 1 << 5,    // trade-through exempt
	EVF_PARTIAL = 1 << 6,      // atomic update not complete yet
	EVF_ISO = 1 << 7,          // intermarket sweep
	EVF_MIDSTREAM = 1 << 8,    // EV_JOIN: the stream did not start at its first message
	EVF_HL_ONLY = 1 << 9,      // updates high, low and volume, never open or close
	EVF_VOLUME_ONLY = 1 << 10, // volume only by the venue's rules
	EVF_UNSEQUENCED = 1 << 11, // EV_JOIN, or a message outside the numbered stream
	EVF_HEARTBEAT =
		1 << 12,      // EV_CLOCK: of a packet without messages, sent because there was nothing to say
	EVF_PACKET = 1 << 13, // the first event of a packet's messages
	EVF_TEST = 1 << 14,   // EV_DIRECTORY: a test issue; nobody trades it in earnest
};

// One cache line. Feeds fill every field (unused ones with zero).
struct event {
	uint64_t ts_ns; // exchange event time, UTC
	uint64_t pos;   // position in the channel: monotone, never goes back (also over sequence restarts)
	uint64_t ref;
	int64_t price; // 1e-6 dollar
	union {
		uint64_t ref2;
		int64_t price2; // EV_QUOTE: the ask; EV_IMBALANCE: the indicative match
	};
	uint32_t qty;
	uint32_t qty2;
	uint32_t instr;  // dense id, INSTR_NONE for channel-wide events
	uint16_t flags;  // enum ev_flag
	uint16_t frame;  // index of the frame within the burst, and of its receive time in rx_ns[]
	uint8_t kind;    // enum ev_kind
	uint8_t side;    // enum ev_side, or as the kind says
	uint8_t channel; // index of the channel within the receiver
	uint8_t detail;  // EV_REPLACE: 1 when the order keeps its position if its price stays. EV_ADD: 1 when
			 // a refresh says it. EV_STATUS, EV_SYMBOL_CLEAR, EV_ADMIN about an instrument: the
			 // venue's own letter of a security status, for feeds (Pillar) whose letters say more
	uint8_t pad[4];
};

#ifdef __cplusplus
static_assert(sizeof(struct event) == 64, "an event is one cache line");
#else
_Static_assert(sizeof(struct event) == 64, "an event is one cache line");
#endif

#endif
