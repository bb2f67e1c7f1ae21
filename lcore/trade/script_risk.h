/* SPDX-License-Identifier: BSD-3-Clause */
// script_risk.h: the risk checks of orders that a script gives to the paper exchange (--paper-risk). What the
// desk does for gates, at the order's arrival: the exchange's own reports say what is open and held, at once.
// An order that only makes a position smaller is an exit, any other an entry. A market order becomes an IOC
// limit at the collar. Cancels are not looked at. Pure; one owner, the lcore that keeps the books.
#ifndef WB_TRADE_SCRIPT_RISK_H
#define WB_TRADE_SCRIPT_RISK_H

#include "lcore/trade/fee.h"
#include "lcore/trade/money.h"
#include "lcore/trade/paper.h"
#include "lcore/trade/risk.h"

struct script_risk_conf {
	struct risk_limits limits;
	const struct fee_schedule *fees; // NULL: none; outlives the struct
	uint32_t instruments;            // of the script, over all venues
	uint32_t orders;                 // of which fees remember what they paid
	bool extended;                   // entries outside regular hours, too
};

// One instrument: what is open and held, and what it is worth.
struct script_risk_instr {
	struct exposure exposure;
	struct risk_quote quote;
	money_wide cash;  // 1e-6 dollar, of all fills: no limit need be set, and a script may be long
	money_wide worth; // cash, and the position at the price it could be left at
	bool restricted;
	uint8_t ticks; // enum risk_tick_table
};

struct script_risk {
	struct script_risk_conf conf;
	struct account account;
	money_wide net; // of all instruments: account.day_net before it is cut to what it can hold
	struct script_risk_instr *instr;
	struct fees fees;
};

// script_risk_bytes returns the memory that script_risk_init wants. Boot only.
size_t script_risk_bytes(const struct script_risk_conf *conf);
// script_risk_init prepares s; mem is zeroed, script_risk_bytes long, 64-byte aligned. Boot only.
void script_risk_init(struct script_risk *s, const struct script_risk_conf *conf, void *mem);
// script_risk_look returns why a new order or a replace (of o) of an instrument may not arrive, or RISK_PASS,
// with what it reserves counted; it may change price and time in force of a market order.
enum risk_reason script_risk_look(struct script_risk *s, uint32_t instr, const struct paper_sight *sight,
				  struct trade_request *r, const struct paper_order *o);
// script_risk_told takes each report of the exchange about an order of an instrument.
void script_risk_told(struct script_risk *s, uint32_t instr, const struct trade_report *r);

#endif
