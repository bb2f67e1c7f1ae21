/* SPDX-License-Identifier: BSD-3-Clause */
// group.h: what is due. Instruments that wait for the same channels are one group; all live ones of these
// have passed its due_sec. Nothing here seals: whoever makes rows due starts the pass (pass.h). Owner. The
// functions are for the engine's files.
#ifndef WB_MODEL_GROUP_H
#define WB_MODEL_GROUP_H

#include "lcore/model/instr.h"

struct engine;

// Instruments that wait for the same channels. due_sec: all live ones of these have passed it.
// w, r: the engine's lcore.
struct group {
	uint32_t mask;
	uint32_t due_sec;
	uint32_t n;        // instruments that have rows to come
	uint32_t edge_sec; // end of the session that due_sec is in
};

// group_update recomputes what is due for every group, after a channel's due_sec or state has changed. While
// a channel is opening nothing becomes due. The caller starts the pass.
void group_update(struct engine *e);
// group_put puts an instrument into the group of its mask of channels. What is due there is due for it now:
// if that is anything, the caller starts the pass.
void group_put(struct engine *e, struct instr *in);

// group_leave takes an instrument out of the count of its group: it has no rows to come. Assumes it is
// counted.
void group_leave(struct engine *e, const struct instr *in);

// group_due returns the second up to which an instrument is to be sealed now; 0: it has no rows to come. all:
// the engine's groups.
static inline uint32_t group_due(const struct group *all, const struct instr *in)
{
	return instr_dormant(in) ? 0 : all[in->group].due_sec;
}

// group_floor returns the first second that an instrument without rows may begin with: its group, or a mark
// up to passed_sec, has passed everything before it.
static inline uint32_t group_floor(const struct group *all, const struct instr *in, uint32_t passed_sec)
{
	uint32_t due = all[in->group].due_sec;

	return due > passed_sec ? due : passed_sec;
}

#endif
