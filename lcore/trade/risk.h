/* SPDX-License-Identifier: BSD-3-Clause */
// risk.h: whether an order may leave: one ordered list of checks (risk.def) over plain arguments. Fails
// closed: a limit that is absent refuses, a fact that is not known is bad. Integers only; limits are
// inclusive: what equals a limit passes. Nothing is remembered here; what is counted and reserved is in
// exposure.h. Pure; any thread.
#ifndef WB_TRADE_RISK_H
#define WB_TRADE_RISK_H

#include "lcore/trade/exposure.h"
#include "lcore/trade/latch.h"

enum risk_reason {
	RISK_PASS,
#define RISK(NAME, entry, exit, cancel, oper, reduce, text) RISK_##NAME,
#include "lcore/trade/risk.def"
	RISK_REASONS
};

// Whose order it is.
enum risk_who { RISK_ENTRY, RISK_EXIT, RISK_CANCEL, RISK_OPERATOR, RISK_REDUCE, RISK_WHOS };

#define RISK_ABSENT    INT64_MIN
#define RISK_UNLIMITED INT64_MAX
#define RISK_TOP_PRICE INT64_C(199999990000) // OUCH 5.0, section 2.2
#define RISK_TOP_QTY   999999                // of an order, and of a chain of replaces
#define RISK_TICKS     4

// Prices 1e-6 dollar, times ns; each as RISK_LIMIT says. Absent limits are RISK_ABSENT, not 0:
// risk_limits_clear.
struct risk_limits {
#define RISK_LIMIT(name, unit, help) int64_t name;
#include "lcore/trade/risk.def"
};

// From a price on, a tick. In order of prices, the first from 0.
struct risk_ticks {
	uint32_t n;
	struct {
		int64_t from, tick;
	} row[RISK_TICKS];
};

// Which of them an instrument has (17 CFR 242.612 as amended in 2024): .0001 below a dollar; from there on
// .01, or .005 where the spread is narrow.
enum risk_tick_table { RISK_TICKS_CENT, RISK_TICKS_HALF_CENT, RISK_TICK_TABLES };

extern const struct risk_ticks risk_ticks_of[RISK_TICK_TABLES];

// What is bad about an instrument, its data and its venue now.
enum risk_fact {
	RISK_FACT_RESTRICTED = 1 << 0,
	RISK_FACT_NO_LINE = 1 << 1,
	RISK_FACT_TEST = 1 << 2,
	RISK_FACT_STALE = 1 << 3,
	RISK_FACT_GAP = 1 << 4,
	RISK_FACT_SUSPECT = 1 << 5,
	RISK_FACT_HALTED = 1 << 6,
	RISK_FACT_SKEW = 1 << 7,
	RISK_FACT_VENUE_DOWN = 1 << 8,
	RISK_FACT_UNVERIFIED = 1 << 9,
	RISK_FACT_SESSION = 1 << 10, // outside the session that entries are for
	RISK_FACT_CLOSED = 1 << 11,  // outside the venue's hours
};

// The consolidated quote, and the last one of the session that had two sides. 0: none.
struct risk_quote {
	int64_t bid, ask;
	uint64_t ts_ns;
	int64_t last_bid, last_ask;
};

struct risk_order {
	enum risk_who who;
	uint8_t side, tif;
	uint16_t retry;    // of a stop: tells a retry from a duplicate
	uint32_t qty;      // that would be open
	uint32_t replaces; // leaves of the order that it replaces; 0: a new order
	int64_t price;     // always a limit: a market order is one at the collar
};

struct risk_input {
	const struct risk_limits *limits; // NULL: none are configured
	const struct risk_ticks *ticks;
	const struct exposure *at; // NULL: the instrument is not known
	const struct account *account;
	struct risk_quote quote;
	uint64_t now_ns;
	uint64_t ids_left;
	uint32_t link_room;
	uint32_t facts; // enum risk_fact
	enum latch_mode mode;
};

extern const char *const risk_name[RISK_REASONS], *const risk_text[RISK_REASONS];

// risk_checked returns whether an order of who is checked for a reason.
bool risk_checked(enum risk_reason reason, enum risk_who who);
// risk_check returns why the order may not leave, or RISK_PASS. masked: bits of reasons that are passed over;
// 0, except in tests that prove a check by its absence.
enum risk_reason risk_check(const struct risk_input *in, const struct risk_order *order, uint64_t masked);
// risk_collar returns the worst price that an order of who and side may have, rounded into the collar by its
// tick; 0: there is no quote to measure at. blind: the quote is an old one.
int64_t risk_collar(const struct risk_input *in, enum risk_who who, uint8_t side, bool *blind);
// risk_tick returns the tick at a price.
int64_t risk_tick(const struct risk_ticks *ticks, int64_t price);
// risk_rate returns which bucket an order of who takes from.
enum exposure_rate risk_rate(enum risk_who who);
// risk_take takes the tokens of an order that has passed, and remembers it for the duplicates of it.
void risk_take(const struct risk_limits *limits, struct account *account, struct exposure *at,
	       const struct risk_order *order, uint64_t now_ns);
// risk_denied counts a denial by a limit of what is no exit: a loop of refused orders ends. risk_rejected
// counts a venue's reject. risk_lost returns whether the day's loss has reached its limit.
void risk_denied(const struct risk_limits *limits, struct account *account, enum risk_who who,
		 enum risk_reason why);
void risk_rejected(const struct risk_limits *limits, struct account *account);
bool risk_lost(const struct risk_limits *limits, const struct account *account);
// risk_limits_clear makes all limits absent.
void risk_limits_clear(struct risk_limits *limits);
// risk_limits_absent returns the name of the first limit that is absent, or NULL.
const char *risk_limits_absent(const struct risk_limits *limits);

#endif
