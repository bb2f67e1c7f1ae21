/* SPDX-License-Identifier: BSD-3-Clause */
// market.h: what all venues of the simulated market share: instruments, how often each is active (a power
// law), and the fair price that each venue's orders follow. Single thread; market_init allocates, market_fini
// frees.
#ifndef WB_MARKETGEN_MARKET_H
#define WB_MARKETGEN_MARKET_H

#include "app/marketgen/rng.h"

#define MARKET_INSTRUMENTS_MAX 60000 // ITCH stock locates are u16

enum market_side { MARKET_BUY = 0, MARKET_SELL = 1 };

// struct market_instr is one instrument. Fair price, spread and steps are in ticks of tick_e4.
struct market_instr {
	double fair;
	double step;      // standard deviation of one move
	double half;      // half of the usual spread
	uint32_t tick_e4; // 100 (a cent), or 1 below a dollar
	uint16_t locate;  // ITCH stock locate, 1 ..
	bool halted;      // now
	char state;       // while halted: P paused, H halted
	bool halts;       // has its halt, now or later
	bool iex_listed;
	bool etf;
	char symbol[8]; // padded with spaces
};

struct market {
	struct market_instr *instrs; // by rank of activity, the busiest first
	uint32_t *by_locate;         // instrument of locate l at l - 1
	uint32_t *alias, *cut;       // Walker's alias table over the weights
	uint32_t n_instrs;
};

// market_init makes n_instrs instruments; messages, the size of the whole simulation, scales the price steps.
// Returns 0, -EINVAL (none, or more than MARKET_INSTRUMENTS_MAX) or -ENOMEM.
int market_init(struct market *market, uint32_t n_instrs, double messages, struct rng *rng);
void market_fini(struct market *market);
// market_pick draws an instrument, with probability by rank^-0.95.
uint32_t market_pick(const struct market *market, struct rng *rng);
// market_move walks the fair price of one instrument on by one step.
void market_move(struct market_instr *instr, struct rng *rng);
// market_price draws a limit price in ticks for a new order of this side. Deep: a resting order far from the
// touch (log-normal distance) as in the book before the open; else most are at or near the touch.
uint32_t market_price(const struct market_instr *instr, enum market_side side, bool deep, struct rng *rng);
// market_shares draws an order size: 55 % exactly 100, 20 % small round lots, 17 % odd lots, the rest larger.
uint32_t market_shares(struct rng *rng);

#endif
