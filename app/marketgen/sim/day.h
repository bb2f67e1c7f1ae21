/* SPDX-License-Identifier: BSD-3-Clause */
// day.h: what the calendar of a trading day brings to all venues: start of day, open and close with their
// crosses, halts. Part of one struct sim.
#ifndef WB_MARKETGEN_DAY_H
#define WB_MARKETGEN_DAY_H

#include "app/marketgen/sim/sim.h"

// day_begin sends the start of day and puts the rest of the day on the agenda.
void day_begin(struct sim *s);
// day_event does the entries of the agenda that are of no one venue, at s->now_ns.
void day_event(struct sim *s, const struct agenda_entry *entry);

#endif
