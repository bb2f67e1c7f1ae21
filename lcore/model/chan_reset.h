/* SPDX-License-Identifier: BSD-3-Clause */
// chan_reset.h: a new session of a channel, or its numbers begun anew.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_CHAN_RESET_H
#define WB_MODEL_CHAN_RESET_H

#include "lcore/model/engine.h"

// chan_reset applies an EV_RESET. The books are emptied only after the clock of the packet that brings it, by
// chan_reset_apply: at the channel's next clock, or before its next event of an instrument. So bars that have
// closed keep their closing touch.
void chan_reset(struct engine *e, const struct event *ev);
void chan_reset_apply(struct engine *e, struct chan *c, uint64_t ts_ns);
// chan_resume takes the first clock of a session that follows an end, before it has any effect: on another
// trade day, what the last session left unfinished has ended with it.
void chan_resume(struct engine *e, struct chan *c, uint64_t ts_ns);
// chan_emptied empties the books of a channel; they are good as of generation gen. No flow: the venue forgot,
// nobody traded.
void chan_emptied(struct engine *e, uint8_t channel, uint64_t ts_ns, uint32_t gen);

#endif
