/* SPDX-License-Identifier: BSD-3-Clause */
// pass.h: who is sealed when. Moves when rows and marks leave, never what they say. Owner.
// Not for inclusion outside the engine's files.
#ifndef WB_MODEL_PASS_H
#define WB_MODEL_PASS_H

#include "lcore/model/engine.h"

// pass_begin begins the pass, or makes it go round once more. Invariant: rows are due only while a pass is
// active; whoever makes rows due calls this.
void pass_begin(struct engine *e);
// pass_catch_up seals an instrument up to what is due.
void pass_catch_up(struct engine *e, uint32_t instr);
// pass_before prepares an instrument for news at ts_ns: what is due of it is sealed, and the strand collects
// the second of then. Due is decided at a position of the stream, so this comes before the first change that
// a row would show. What no row shows, an order behind the touch, needs none of it.
void pass_behind(struct engine *e, struct strand *strand, uint64_t ts_ns);
static inline void pass_before(struct engine *e, struct strand *strand, uint64_t ts_ns)
{
	if (unlikely(e->pass_active || ts_ns - strand->epoch_ns >= NS_PER_S ||
		     strand->epoch_ns < e->chan[strand->channel].seal_ns))
		pass_behind(e, strand, ts_ns);
}
// pass_first seals at once those of the first eight instruments of the watch list that are due, before the
// rest of the burst: their readers wait.
void pass_first(struct engine *e);
// pass_all seals everything that is due. Called (as make_room of struct engine) when room that seals free has
// run out, so that whether it suffices does not depend on how far the pass has got. Cold.
void pass_all(struct engine *e);

#endif
