/* SPDX-License-Identifier: BSD-3-Clause */
// strand_new.h: strands come into being, and what a directory says of them.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_STRAND_NEW_H
#define WB_MODEL_STRAND_NEW_H

#include "lcore/model/engine.h"

// strand_make makes the channel's strand of the instrument, once what is due of the instrument is sealed;
// NULL: no room, counted. strand_get returns the strand, making it if it is new.
struct strand *strand_make(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns);
static inline struct strand *strand_get(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns)
{
	uint32_t slot = e->chan[channel].strand_of[instr];

	return likely(slot) ? &e->strand[slot - 1] : strand_make(e, channel, instr, ts_ns);
}
// strand_test applies an EV_DIRECTORY: is the instrument a test issue at this venue? One venue's word is
// enough.
void strand_test(struct engine *e, struct strand *strand, const struct event *ev);

#endif
