/* SPDX-License-Identifier: BSD-3-Clause */
// equity.h: what all positions together have earned, minute by minute, from fills and quotes in order of
// time. A quote at a minute's end belongs to that minute, a fill at its end to the next one. Rows begin with
// the minute of the first fill; minutes outside of all sessions have one only if a fill is in them. Times are
// exchange time in ns since 1970, amounts 1e-6 dollar. Pure; one owner; wants calendar_load.
#ifndef WB_TRADE_EQUITY_H
#define WB_TRADE_EQUITY_H

#include "lcore/base/calendar.h"
#include "lcore/trade/position.h"

// A row of equity.csv.
struct equity_row {
	uint64_t ts_ns; // the minute's end
	struct position_equity sums;
};

struct equity {
	struct position_book *book;
	struct calendar_day day;
	uint64_t day_end_ns;
	uint64_t end_ns; // of the minute that is open; 0: no fill yet, or the end
	bool filled;     // a fill is in it
};

// equity_init begins without fills, over a book that is the caller's.
void equity_init(struct equity *e, struct position_book *book);
// equity_due returns whether a minute has ended before what comes at ts_ns, a fill or a quote, and fills row
// with the next one that has. To be called until it returns false; then the fill or quote may be booked.
// Assumes times that do not go back, and of one time quotes before fills.
bool equity_due(struct equity *e, uint64_t ts_ns, bool fill, struct equity_row *row);
// equity_last returns the row of the minute that is open at the end of the data, once.
bool equity_last(struct equity *e, struct equity_row *row);

#endif
