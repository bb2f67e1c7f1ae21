/* SPDX-License-Identifier: BSD-3-Clause */
// exposure.h: the worst that open orders could make of positions, by instrument and over all. Buys and sells
// do not net while they are open: the long side is the position and all open buys, the short side the
// position less all open sells. Orders whose state is unknown count in full. Quantities are shares, prices
// and amounts 1e-6 dollar. Pure; one owner.
#ifndef WB_TRADE_EXPOSURE_H
#define WB_TRADE_EXPOSURE_H

#include "lcore/trade/bucket.h"
#include "lcore/trade/trade.h"

#define EXPOSURE_RECENT 16 // orders of an instrument that a duplicate is looked for in

enum exposure_rate { RATE_ENTRY, RATE_EXIT, RATE_CANCEL, EXPOSURE_RATES };

// An order that was sent: what another one must not repeat within the window.
struct exposure_recent {
	uint64_t sent_ns; // 0: free
	int64_t price;
	uint32_t qty;
	uint16_t retry;
	uint8_t side, tif;
};

struct exposure {
	int64_t position;                   // signed
	int64_t open_buy, open_sell;        // leaves
	int64_t px;                         // that it is valued at: the last ask, or a higher limit of ours
	int64_t gross, net_long, net_short; // its part of the account's
	uint32_t n_open, n_unknown;
	struct bucket rate[EXPOSURE_RATES];
	struct exposure_recent recent[EXPOSURE_RECENT];
	uint32_t next_recent;
};

struct account {
	int64_t gross;               // of the worse side of each instrument
	int64_t net_long, net_short; // of all long sides, of all short sides: signed
	uint32_t n_open;
	uint32_t rejects, denials; // in a row
	int64_t day_net;           // realized and unrealized less fees, since the day's begin
	bool loss_latched, rejects_latched;
	struct bucket rate[EXPOSURE_RATES];
};

// The account's sums as they would be.
struct exposure_sums {
	int64_t gross, net; // net: the worse of both sides, unsigned
};

// exposure_with returns the account's sums if qty more were open on a side, valued at px at least. Any thread
// that may read both.
struct exposure_sums exposure_with(const struct account *a, const struct exposure *e, uint8_t side,
				   int64_t qty, int64_t px);
// exposure_leaves adds to the open shares of a side, or takes away. Its owner only.
void exposure_leaves(struct account *a, struct exposure *e, uint8_t side, int64_t shares);
// exposure_position sets the position. Its owner only.
void exposure_position(struct account *a, struct exposure *e, int64_t qty);
// exposure_price sets what the instrument is valued at; 0 changes nothing. Its owner only.
void exposure_price(struct account *a, struct exposure *e, int64_t px);
// exposure_sent remembers an order for the duplicates of it. Its owner only.
void exposure_sent(struct exposure *e, const struct exposure_recent *order);

#endif
