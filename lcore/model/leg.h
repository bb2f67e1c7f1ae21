/* SPDX-License-Identifier: BSD-3-Clause */
// leg.h: one channel's part of one instrument: the touch of its book, and the fragments of its seconds. A leg
// collects one second; those before wait for their seal. The lcore that has the channel, and the owner for its
// mirror of another lcore's. Not for inclusion outside the engine's files.
#ifndef WB_MODEL_LEG_H
#define WB_MODEL_LEG_H

#include "lcore/model/engine.h"

// leg_begin makes the leg collect a second, with nothing in it yet.
static inline void leg_begin(struct leg *leg, uint32_t sec)
{
	leg->epoch_ns = ns_of(sec);
	frag_clear(&leg->cur, sec);
}

// leg_advance makes the leg collect the second of an event at ts_ns. What it collected before waits for its
// seal, with the touch as it is now.
void leg_advance(struct engine *e, struct leg *leg, uint64_t ts_ns);
// leg_frag_for returns the open fragment for an event at ts_ns: cur, or one that waits. NULL: the second is
// due already (*late), or the pool is empty. Flow that is late goes into cur: its callers do that.
struct frag *leg_frag_for(struct engine *e, struct leg *leg, uint64_t ts_ns, bool *late);
// leg_take moves the leg's fragment of second sec into *into, and the touch and state at its end into
// *sample. Assumes all seconds before have been taken. False: nothing had been added, and *into is unchanged.
// Owner.
struct leg_sample { struct touch touch; bool halted, suspect; };
bool leg_take(struct engine *e, struct leg *leg, uint32_t sec, struct frag *into, struct leg_sample *sample);
// leg_touch publishes a new touch and adds its order flow imbalance.
void leg_touch(struct engine *e, struct leg *leg, uint64_t ts_ns, const struct touch *now);
// leg_touched does so after a completed update if the touch has changed.
void leg_touched(struct engine *e, struct leg *leg, uint64_t ts_ns);
// leg_empty empties the book; it is good as of generation gen.
void leg_empty(struct engine *e, struct leg *leg, uint64_t ts_ns, uint32_t gen);

// leg_pool_take returns the index + 1 of a free waiting fragment; 0: none. To free one it may seal what is due
// (make_room): assumes no instrument is half changed. leg_pool_give gives one back.
uint32_t leg_pool_take(struct engine *e);
void leg_pool_give(struct engine *e, uint32_t index);

static inline uint32_t leg_index(const struct engine *e, const struct leg *leg) { return (uint32_t)(leg - e->leg); }

// leg_halted returns true if the instrument does not trade here, by its listing market or by the venue
// itself. Periods of quotation only, or of accepting orders only, end a halt and are no trading yet.
static inline bool leg_halted(const struct leg *leg)
{
	return leg->op_halted || leg->status != STATUS_TRADING;
}

// leg_floor returns the first second that the leg may still add to.
static inline uint32_t leg_floor(const struct engine *e, const struct leg *leg)
{
	const struct instr *in = &e->instr[leg->instr];
	uint32_t due = e->chan[leg->channel].due_sec;

	return in->next_sec > due ? in->next_sec : due;
}

#endif
