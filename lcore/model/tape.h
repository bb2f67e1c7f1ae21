/* SPDX-License-Identifier: BSD-3-Clause */
// tape.h: the last prints of all instruments, in arrival order: a trade break names one, a revision is
// computed from them. A ring with back chains through it (per instrument, per second, per hash of the trade's
// key). Old prints fall out; sums over an interval that has lost some are marked as not whole. One writer,
// the owner lcore.
#ifndef WB_MODEL_TAPE_H
#define WB_MODEL_TAPE_H

#include "lcore/model/frag.h"

// One cache line: a whole day's prints are remembered at this price each, and eight bytes of the table that
// finds them.
struct print {
	uint64_t key; // trade or match id
	struct frag_print p;
	uint32_t instr;
	uint32_t strand;
	uint32_t prev_instr; // distance back to the instrument's previous print; 0: none
	uint32_t prev_run;   // distance back to its newest print of another second, by arrival; 0: none
	uint32_t prev_key;   // distance back to the previous print of the same hash bucket; 0: none
	uint8_t late_spans;  // bit per span: sealed before this print came
	uint8_t bust_spans;  // bit per span: sealed before this print was broken
	bool broken : 1;
	bool waiting : 1; // late, not applied yet: its interval still waits for other channels
	uint8_t rank;     // venue
};

#ifdef __cplusplus
static_assert(sizeof(struct print) == CACHE_LINE, "a print is one cache line");
#else
_Static_assert(sizeof(struct print) == CACHE_LINE, "a print is one cache line");
#endif

// An instrument's newest print, and its newest of another second before that one's: numbers plus 1, 0 for
// none.
struct tape_head {
	uint64_t last, run;
	uint32_t sec; // of the last one
};

// w, r: the engine's lcore.
struct tape {
	struct print *ring;
	struct tape_head *head; // [instruments]
	uint64_t *bucket;       // [mask + 1] number of the last print of the bucket, plus 1
	uint64_t n;             // prints ever added
	uint32_t mask;
	uint32_t instruments;
};

// A walk along an instrument's chain reads at most this many prints (one for each second that does not
// matter).
#define TAPE_WALK_MAX 65536

// prints_bucket returns the index of the bucket of a key.
static inline uint32_t tape_bucket(const struct tape *t, uint64_t key)
{
	return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & t->mask;
}

// prints_forgot returns true if prints have fallen out of the ring.
static inline bool tape_forgot(const struct tape *t) { return t->n > t->mask; }
size_t tape_bytes(uint32_t max, uint32_t instruments);
// prints_init lays an empty ring into mem (zeroed, 64-byte aligned). max is rounded up to a power of two.
void tape_init(struct tape *t, uint32_t max, uint32_t instruments, void *mem);
// prints_add remembers a print and returns it.
struct print *tape_add(struct tape *t, uint64_t key, uint32_t instr, uint32_t strand, uint8_t rank,
		       const struct frag_print *p);
// prints_find returns the newest print of that key on that strand's channel (strand_channel maps strands), or
// NULL.
struct print *tape_find(const struct tape *t, uint64_t key, bool (*same)(const void *ctx, uint32_t strand),
			const void *ctx);

// What the prints of an interval add up to, over all venues.
struct print_sum {
	struct frag frag;   // OHLC by the rules of frag_join and frag_blend
	uint32_t revisions; // of this span, before the one being made
	bool whole;         // false: some of the interval's prints may have fallen out
};

// prints_sum adds up the instrument's prints with event time in [from_ns, to_ns), whole seconds, that are
// neither broken nor waiting, without skip (may be NULL). span: whose earlier revisions to count. strand:
// only that strand's, or UINT32_MAX for all.
void tape_sum(const struct tape *t, uint32_t instr, uint64_t from_ns, uint64_t to_ns, int span,
	      uint32_t strand, const struct print *skip, struct print_sum *out);

#endif
