/* SPDX-License-Identifier: BSD-3-Clause */
// candles.h: the bars of one symbol and span as candles, and fills as marks on them, in bounded memory. When
// the candles are full, they become wider: their widths are multiples of each other, so that a wide candle is
// exactly its narrow ones. Prices are 1e-6 dollar, times ns since 1970. Pure; one thread.
#ifndef WB_REPORT_CANDLES_H
#define WB_REPORT_CANDLES_H

#include "lcore/base/num.h"

enum { CANDLES_MAX = 480, CANDLES_MARKS_MAX = 4096 };
// Quality bits that are shaded, in candle.quality.
enum { CANDLES_GAP = 1, CANDLES_STALE = 2, CANDLES_HALTED = 4, CANDLES_QUALITIES = 3 };

struct candle {
	uint64_t ts; // start
	int64_t open, high, low, close;
	uint64_t volume;
	unsigned quality;
	bool traded; // open to close have values
};

enum candles_mark { MARK_ENTRY, MARK_EXIT, MARK_BREAK };

// All fills of one side and kind within one candle.
struct mark {
	uint64_t ts; // of the candle
	enum candles_mark kind;
	int side; // +1 bought, -1 sold
	uint64_t first_ns;
	uint64_t qty, fills;
	double notional; // 1e-6 dollar * shares
};

struct candles {
	struct candle candle[CANDLES_MAX];
	struct mark mark[CANDLES_MARKS_MAX];
	unsigned n, n_marks;
	unsigned width_s; // of a candle
	uint64_t rows, last_ts;
	uint64_t marks_left_out; // fills without a mark: there was no room
};

// candles_add adds the next row. Assumes width_s set to the span before the first. Returns false when it is
// not later than the row before: nothing is added then.
bool candles_add(struct candles *c, const struct candle *row);
// candles_fill adds a fill by the signed position after it: what closes becomes an exit, the rest an entry. A
// broken fill (broken; qty as it was filled) becomes a break. Call it after all rows were added.
void candles_fill(struct candles *c, uint64_t ts, int side, uint64_t qty, int64_t price, int64_t position,
		  bool broken);
// candles_start returns the start of the candle that ts falls in.
uint64_t candles_start(const struct candles *c, uint64_t ts);

#endif
