/* SPDX-License-Identifier: BSD-3-Clause */
// venue_iex.h: the simulated IEX: price levels and trades of the same market, sent as DEEP 1.0. A message reaches the
// feed some time after its event (median 0.3 ms, p99 3.1 ms), in order for each symbol but not across symbols. Part of
// one struct sim, at s->now_ns.
#ifndef WB_MARKETGEN_VENUE_IEX_H
#define WB_MARKETGEN_VENUE_IEX_H

#include "app/marketgen/sim.h"

// venue_iex_act does one thing to one instrument: a level update, a trade with its level updates.
void venue_iex_act(struct sim *s, uint32_t instr);
// venue_iex_begin sends the start of day: system events, directory of the listed, status spins of all symbols.
void venue_iex_begin(struct sim *s);
// venue_iex_system sends a system event; the feed's clock, not one symbol's.
void venue_iex_system(struct sim *s, char event);
// venue_iex_state sends a trading status: T trading, P paused.
void venue_iex_state(struct sim *s, uint32_t instr, char state, const char *reason);
// venue_iex_open holds the opening auction of an IEX-listed instrument: cross print, security event, official price.
void venue_iex_open(struct sim *s, uint32_t instr);
// venue_iex_break breaks an earlier trade.
void venue_iex_break(struct sim *s, const struct agenda_entry *entry);
// venue_iex_leave sends a message that has reached the feed, and writes its print to the truth.
void venue_iex_leave(struct sim *s, const struct agenda_entry *entry);

#endif
