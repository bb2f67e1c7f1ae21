/* SPDX-License-Identifier: BSD-3-Clause */
// seal.h: due seconds of one instrument become rows. Owner.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_SEAL_H
#define WB_MODEL_SEAL_H

#include "lcore/model/engine.h"

// seal_instr seals the instrument's rows up to due_sec.
void seal_instr(struct engine *e, uint32_t instr, uint32_t due_sec);
// seal_owed makes the instrument's idle rows that are owed to readers.
void seal_owed(struct engine *e, uint32_t instr);
// seal_last returns the last second that an instrument with rows has reached, by its channels' clocks and its
// prints.
uint32_t seal_last(const struct engine *e, uint32_t instr);
// seal_finish seals an instrument's unfinished intervals up to the clocks of its channels.
void seal_finish(struct engine *e, uint32_t instr);

// seal_sleep lets an instrument sleep if nothing of it is open or waits: the pass does not visit it until it
// has news, which wakes it (strand_news). seal_sleeps returns true if it may. Owner.
void seal_sleep(struct engine *e, uint32_t instr);
bool seal_sleeps(const struct engine *e, uint32_t instr);

#endif
