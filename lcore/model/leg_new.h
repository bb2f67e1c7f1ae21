/* SPDX-License-Identifier: BSD-3-Clause */
// leg_new.h: legs come into being, and what a directory says of them.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_LEG_NEW_H
#define WB_MODEL_LEG_NEW_H

#include "lcore/model/engine.h"

// leg_make makes the channel's leg of the instrument, once what is due of the instrument is sealed; NULL: no
// room, counted. leg_get returns the leg, making it if it is new.
struct leg *leg_make(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns);
static inline struct leg *leg_get(struct engine *e, uint8_t channel, uint32_t instr, uint64_t ts_ns)
{
	uint32_t slot = e->chan[channel].leg_of[instr];

	return likely(slot) ? &e->leg[slot - 1] : leg_make(e, channel, instr, ts_ns);
}
// leg_test applies an EV_DIRECTORY: is the instrument a test issue at this venue? One venue's word is enough.
void leg_test(struct engine *e, struct leg *leg, const struct event *ev);

#endif
