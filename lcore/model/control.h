/* SPDX-License-Identifier: BSD-3-Clause */
// control.h: events that concern a whole channel.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_CONTROL_H
#define WB_MODEL_CONTROL_H

#include "lcore/model/engine.h"

// control_apply applies an event that concerns a whole channel; it ignores others. rx_ns is the receive time
// of the event's frame; with a relayed EV_CLOCK that of the channel's last word.
void control_apply(struct engine *e, const struct event *ev, uint64_t rx_ns);

#endif
