/* SPDX-License-Identifier: BSD-3-Clause */
// fee.h: what fills cost: a rate a share by venue and liquidity byte, a minimum an order, and what a
// regulator takes of sells by a dated table. No number is built in: what is not configured is zero, and
// counted where something else of the venue is configured. Amounts are 1e-6 dollar, positive when paid,
// negative when received. Pure; one owner; caller owns the memory.
#ifndef WB_TRADE_FEE_H
#define WB_TRADE_FEE_H

#include "lcore/trade/trade.h"

#define FEE_LIQUIDITIES 128 // bytes, as venues print them
#define FEE_SELLS_MAX   16

// What is taken of sells from a New York date on, until the next row begins.
struct fee_sell {
	int32_t from_day;      // days since 1970
	int64_t per_share;     // 1e-6 dollar
	int64_t per_share_max; // of one fill; 0: no maximum
	int64_t per_million;   // 1e-6 dollar for each million dollars of notional
};

// As configured. Zeroed: no fees.
struct fee_schedule {
	int32_t rate[VENUE_COUNT][FEE_LIQUIDITIES]; // 1e-6 dollar a share; a rebate is negative
	bool known[VENUE_COUNT][FEE_LIQUIDITIES];
	int64_t order_min[VENUE_COUNT];      // of all fills of an order; 0: none
	struct fee_sell sell[FEE_SELLS_MAX]; // in order of from_day
	uint32_t n_sells;
};

// What an order of a venue with a minimum has paid by its rates so far.
struct fee_order {
	uint64_t id; // 0: free
	int64_t by_rate;
	uint64_t shares; // executed, less broken
};

struct fees {
	const struct fee_schedule *schedule; // NULL: none configured
	struct fee_order *order;
	uint32_t mask, n_orders;
	uint64_t day_from_ns, day_to_ns; // of the date looked up last
	const struct fee_sell *day_sell;
	uint64_t unpriced;       // fills whose liquidity byte has no rate, while its venue has rates
	uint64_t orders_no_room; // fills whose order's minimum could not be kept
};

// fee_bytes returns the memory for the minimums of that many orders. Boot only.
size_t fee_bytes(const struct fee_schedule *schedule, uint32_t orders);
// fee_init prepares f. Assumes mem is zeroed and fee_bytes long; schedule outlives f. Boot only.
void fee_init(struct fees *f, const struct fee_schedule *schedule, uint32_t orders, void *mem);
// fee_fill returns what a fill adds to what its order pays. Assumes a FILL. Its owner only.
int64_t fee_fill(struct fees *f, const struct trade_report *fill);
// fee_break returns what the break of a fill adds, mostly less than nothing. Assumes a BREAK that repeats
// liquidity, side, price and quantity of its fill, whose time was filled_ns. Its owner only.
int64_t fee_break(struct fees *f, const struct trade_report *broken, uint64_t filled_ns);

#endif
