/* SPDX-License-Identifier: BSD-3-Clause */
// desk_parts.h: what the files of the desk share, lower ones first: desk_send.c, desk_price.c, desk_report.c,
// desk.c.
#ifndef WB_TRADE_DESK_PARTS_H
#define WB_TRADE_DESK_PARTS_H

#include "lcore/trade/desk.h"

// An order that is wanted.
struct desk_want {
	uint64_t close_ts, ends_ns, decided_tsc, position_id;
	int64_t price;
	uint32_t instr, qty;
	enum risk_who who;
	uint16_t retry;
	uint8_t side, tif, venue, source, gate;
};

// desk_ticks returns the ticks of an instrument.
static inline const struct risk_ticks *desk_ticks(const struct desk *d, uint32_t instr)
{
	return &d->conf.ticks[d->instr[instr].ticks];
}

// desk_input fills what an order of the instrument is checked against.
struct risk_input desk_input(const struct desk *d, uint32_t instr);
// desk_submit checks, reserves and sends. Returns RISK_PASS, or why not.
enum risk_reason desk_submit(struct desk *d, const struct desk_want *w);
// desk_cancel asks for the end of an order; it is not asked twice while an answer may come. desk_replace asks
// for another total and price.
void desk_cancel(struct desk *d, struct own_order *o, bool again);
void desk_replace(struct desk *d, struct own_order *o, uint32_t total, int64_t price);
// desk_ask asks what has become of an order.
void desk_ask(struct desk *d, const struct own_order *o);
// desk_say makes an event of an order.
void desk_say(struct desk *d, const struct own_order *o, enum report_kind kind, enum risk_reason why);
// desk_counts brings the numbers of open and unknown orders up to date. before: the state, TRADE_STATES for
// none.
void desk_counts(struct desk *d, const struct own_order *o, uint8_t before);
// desk_raise makes the mode at least mode, by itself.
void desk_raise(struct desk *d, enum latch_mode mode, enum latch_cause cause, const char *reason);

// desk_price_of returns the price of an order, and *tif where that decides it; the smallest one where no
// quote says more, which no check lets pass.
int64_t desk_price_of(const struct desk *d, uint32_t instr, enum risk_who who, uint8_t side,
		      enum desk_price how, int32_t ticks, uint8_t *tif);
// desk_limit_of returns the limit that a stop asks for as one that may leave: to the tick, not worse than
// asked for, and within the collar; 0: as far as the collar lets it.
int64_t desk_limit_of(const struct desk *d, uint32_t instr, uint8_t side, int64_t limit);
// desk_shares returns how many shares the amount of a gate is at a price.
uint32_t desk_shares(const struct desk_gate *g, int64_t price, int64_t range);
// desk_slice returns the most shares that one order at a price may have; at least 1.
uint32_t desk_slice(const struct desk *d, int64_t price);
// desk_exit_now sends what is held of the side that e closes, and is not on its way out, in slices.
void desk_exit_now(struct desk *d, uint32_t instr, const struct desk_want *like, enum desk_price how,
		   int32_t ticks);

// desk_known applies what is known by now_ns, and makes that the desk's time.
void desk_known(struct desk *d, uint64_t now_ns);
// desk_move books a fill or break of a position; desk_losses looks whether the day's loss has reached its
// limit.
void desk_move(struct desk *d, const struct trade_report *r);
void desk_losses(struct desk *d);
// desk_book applies one report at once.
void desk_book(struct desk *d, const struct trade_report *r);

#endif
