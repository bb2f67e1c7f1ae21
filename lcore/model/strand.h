/* SPDX-License-Identifier: BSD-3-Clause */
// strand.h: one channel's part of one instrument: the touch of its book, and the fragments of its seconds. A
// strand collects one second; those before wait for their seal. The lcore that has the channel, and the owner
// for its mirror of another lcore's. Not for inclusion outside the engine's files.
#ifndef WB_MODEL_STRAND_H
#define WB_MODEL_STRAND_H

#include "lcore/model/engine.h"

// strand_begin makes the strand collect a second, with nothing in it yet.
static inline void strand_begin(struct strand *strand, uint32_t sec)
{
	strand->epoch_ns = ns_of(sec);
	frag_clear(&strand->cur, sec);
}

// strand_advance makes the strand collect the second of an event at ts_ns. What it collected before waits for
// its seal, with the touch as it is now.
void strand_advance(struct engine *e, struct strand *strand, uint64_t ts_ns);
// strand_frag_for returns the open fragment for an event at ts_ns: cur, or one that waits. NULL: the second
// is due already (*late), or the pool is empty. Flow that is late goes into cur: its callers do that.
struct frag *strand_frag_for(struct engine *e, struct strand *strand, uint64_t ts_ns, bool *late);
// strand_take moves the strand's fragment of second sec into *into, and the touch and state at its end into
// *sample. Assumes all seconds before have been taken. False: nothing had been added, and *into is unchanged.
// Owner.
struct strand_sample {
	struct touch touch;
	bool halted, suspect;
};
bool strand_take(struct engine *e, struct strand *strand, uint32_t sec, struct frag *into,
		 struct strand_sample *sample);
// strand_touch publishes a new touch and adds its order flow imbalance.
void strand_touch(struct engine *e, struct strand *strand, uint64_t ts_ns, const struct touch *now);
// strand_touched does so after a completed update if the touch has changed.
void strand_touched(struct engine *e, struct strand *strand, uint64_t ts_ns);
// strand_empty empties the book; it is good as of generation gen.
void strand_empty(struct engine *e, struct strand *strand, uint64_t ts_ns, uint32_t gen);

// strand_pool_take returns the index + 1 of a free waiting fragment; 0: none. To free one it may seal what is
// due (make_room): assumes no instrument is half changed. strand_pool_give gives one back.
uint32_t strand_pool_take(struct engine *e);
void strand_pool_give(struct engine *e, uint32_t index);

static inline uint32_t strand_index(const struct engine *e, const struct strand *strand)
{
	return (uint32_t)(strand - e->strand);
}

// strand_halted returns true if the instrument does not trade here, by its listing market or by the venue
// itself. Periods of quotation only, or of accepting orders only, end a halt and are no trading yet.
static inline bool strand_halted(const struct strand *strand)
{
	return strand->op_halted || strand->status != STATUS_TRADING;
}

// strand_floor returns the first second that the strand may still add to.
static inline uint32_t strand_floor(const struct engine *e, const struct strand *strand)
{
	const struct instr *in = &e->instr[strand->instr];
	uint32_t due = e->chan[strand->channel].due_sec;

	return in->next_sec > due ? in->next_sec : due;
}

#endif
