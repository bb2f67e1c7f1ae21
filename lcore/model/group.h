/* SPDX-License-Identifier: BSD-3-Clause */
// group.h: what is due. Instruments that wait for the same channels are one group; all live ones of these
// have passed its due_sec. Nothing here seals: whoever makes rows due starts the pass (pass.h). Owner. Not
// for inclusion outside the engine's files.
#ifndef WB_MODEL_GROUP_H
#define WB_MODEL_GROUP_H

#include "lcore/model/engine.h"

// group_update recomputes what is due for every group, after a channel's due_sec or state has changed. While
// a channel is opening nothing becomes due. The caller starts the pass.
void group_update(struct engine *e);
// group_put puts an instrument into the group of its mask of channels. What is due there is due for it now:
// if that is anything, the caller starts the pass.
void group_put(struct engine *e, struct instr *in);

// group_leave takes an instrument out of the count of its group: it has no rows to come. Assumes it is
// counted.
void group_leave(struct engine *e, const struct instr *in);

// group_due returns the second up to which an instrument is to be sealed now; 0: it has no rows to come.
static inline uint32_t group_due(const struct engine *e, const struct instr *in)
{
	return in->next_sec && !in->finished ? e->group[in->group].due_sec : 0;
}

// dormant returns true if the instrument has no rows to come until it prints.
static inline bool dormant(const struct instr *in) { return !in->next_sec || in->finished; }

// birth_floor returns the first second that an instrument without rows may begin with: its group or a mark
// has passed everything before it.
static inline uint32_t birth_floor(const struct engine *e, const struct instr *in)
{
	uint32_t due = e->group[in->group].due_sec;

	return due > e->passed_sec ? due : e->passed_sec;
}

#endif
