/* SPDX-License-Identifier: BSD-3-Clause */
// venue_itch.h: the simulated Nasdaq: what happens in its order book, sent as ITCH 5.0. The book is never crossed;
// executions hit the best price in time priority. Part of one struct sim, at s->now_ns.
#ifndef WB_MARKETGEN_VENUE_ITCH_H
#define WB_MARKETGEN_VENUE_ITCH_H

#include "app/marketgen/sim.h"

// venue_itch_act does one thing to one instrument: an order, a cancel, an execution ...
void venue_itch_act(struct sim *s, uint32_t instr);
// venue_itch_cross holds a cross (O open, C close, H after a halt): executions of resting orders that are not
// printable, then the bulk print. Some are empty, as many are on a real day.
void venue_itch_cross(struct sim *s, uint32_t instr, char cross_type);
// venue_itch_break breaks an earlier print.
void venue_itch_break(struct sim *s, const struct agenda_entry *entry);
// venue_itch_begin sends the start of day: system event, directory, trading action, Reg SHO, some participants.
void venue_itch_begin(struct sim *s);
// venue_itch_system sends a system event.
void venue_itch_system(struct sim *s, char event);
// venue_itch_state sends a stock trading action: P paused, Q quotation only, T trading.
void venue_itch_state(struct sim *s, uint32_t instr, char state, const char *reason);

#endif
