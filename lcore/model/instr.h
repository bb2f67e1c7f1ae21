/* SPDX-License-Identifier: BSD-3-Clause */
// instr.h: an instrument as its rows see it: the venues' strands, and how far it is sealed. The owner.
#ifndef WB_MODEL_INSTR_H
#define WB_MODEL_INSTR_H

#include "lcore/model/bar.h"

#define INSTR_STRANDS 4

// The consolidated instrument: its strands blended. w, r: the engine's lcore.
struct instr {
	uint64_t symbol;
	uint32_t next_sec;  // first second not sealed; 0: no print yet
	uint32_t rows_from; // second of the first print: intervals that end at or before it have no rows
	uint32_t mask;      // channels that its bars wait for
	uint32_t flags;     // enum bar_flag, those that all its rows have: TEST
	uint16_t group;
	uint8_t n_strands;
	bool watched;
	uint8_t owed;  // bit per span: an idle row that no reader has asked for yet (struct owed)
	bool finished; // its trade day or the data ended: not in group.n until it prints again
	uint32_t strand[INSTR_STRANDS]; // by venue rank, then channel
	uint32_t part_flags[SPAN_COUNT];
	uint32_t late;   // index + 1: late prints that wait for their seal
	uint64_t n_from; // fact number when it joined its group, for what was due there then
};

// The newest idle row of each span that readers would find had it been made when it came due: what it takes
// to make it when somebody asks. The rest is in the anchor, which stands until a newer row is made. Which
// spans: instr.owed. w, r: the engine's lcore.
struct owed {
	uint32_t end_sec[SPAN_COUNT];
	uint32_t flags[SPAN_COUNT]; // as of then
} __attribute__((aligned(CACHE_LINE)));

// instr_dormant returns true if the instrument has no rows to come until it prints.
static inline bool instr_dormant(const struct instr *in) { return !in->next_sec || in->finished; }

#endif
