/* SPDX-License-Identifier: BSD-3-Clause */
// seal.h: due seconds of one instrument become rows. Owner.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_SEAL_H
#define WB_MODEL_SEAL_H

#include "lcore/model/engine.h"

// seal_instr seals the instrument's rows up to due_sec.
void seal_instr(struct engine *e, uint32_t instr, uint32_t due_sec);
// seal_last returns the last second that an instrument with rows has reached, by its channels' clocks and its
// prints.
uint32_t seal_last(const struct engine *e, uint32_t instr);
// seal_finish seals an instrument's unfinished intervals up to the clocks of its channels.
void seal_finish(struct engine *e, uint32_t instr);

#endif
