/* SPDX-License-Identifier: BSD-3-Clause */
// wake.h: which instruments have something to say: a bit per instrument for each span. Bit of the 1 s span:
// a second that is not sealed has news, or may have. Bits of longer spans: the open interval has news, or
// must have a row. The pass visits only those; whoever has no bit lags, and is caught up in one step before
// its next news, or when a reader asks (seal_instr). Owner. Not for inclusion outside the engine's files.
#ifndef WB_MODEL_WAKE_H
#define WB_MODEL_WAKE_H

#include "lcore/model/engine.h"

static inline void wake_set(struct engine *e, uint32_t instr, int span)
{
	e->wake[span][instr / 64] |= UINT64_C(1) << instr % 64;
}

static inline void wake_clear(struct engine *e, uint32_t instr, int span)
{
	e->wake[span][instr / 64] &= ~(UINT64_C(1) << instr % 64);
}

static inline bool wake_is(const struct engine *e, uint32_t instr, int span)
{
	return e->wake[span][instr / 64] >> instr % 64 & 1;
}

// wake_word returns the bits of instruments 64 * w to 64 * w + 63: those with a bit of one of the spans (a
// bit mask).
static inline uint64_t wake_word(const struct engine *e, uint32_t w, uint32_t spans)
{
	uint64_t bits = 0;

	for (int k = 0; k < SPAN_COUNT; k++)
		bits |= spans >> k & 1 ? e->wake[k][w] : 0;
	return bits;
}

#endif
