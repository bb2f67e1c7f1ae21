/* SPDX-License-Identifier: BSD-3-Clause */
// record.h: what leaves the engine besides rows (bar.h), by value: sweeps and revisions. Holds no pointers.
#ifndef WB_MODEL_RECORD_H
#define WB_MODEL_RECORD_H

#include "lcore/base/num.h"

// A run of prints through several price levels of one book, as of its last print so far. It is handed on when
// it qualifies and, if anybody wants that, with each print that it grows by.
struct sweep {
	uint64_t symbol;
	uint32_t instr;
	uint8_t side; // enum ev_side
	uint8_t venue;
	uint16_t levels; // distinct prices
	uint64_t from_ns, to_ns;
	uint64_t shares;
	int64_t notional; // 1e-6 dollar * shares
	int64_t first_price, last_price;
	uint64_t shares_before; // as handed on before; 0: it was not yet
	uint16_t levels_before;
	bool test; // of a test issue
};

enum revision_cause { REVISION_LATE, REVISION_BUST, REVISION_CORRECTION };

struct revision_state {
	int64_t open, high, low, close;
	uint64_t volume, trades;
	double vwap;
	int64_t delta;
};

// One sealed span that a late print or a break would have changed. Rows themselves are never rewritten.
struct revision {
	uint64_t symbol;
	uint64_t open_ts;
	uint64_t key; // trade or match id of the print
	uint32_t instr;
	uint32_t number; // 1 for the first of this bar
	uint32_t flags;  // LATE_SEEN, BUSTED, REVISED
	uint8_t span;
	uint8_t cause; // enum revision_cause
	bool whole;    // before and after are exact; false: prints are forgotten, both are empty
	struct revision_state before, after;
};

#endif
