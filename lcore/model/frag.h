/* SPDX-License-Identifier: BSD-3-Clause */
// frag.h: the fragment: one venue's contribution to one instrument's interval. Every print and every
// completed touch update goes into exactly one 1 s fragment; longer spans and consolidated bars are merges.
// Merging is associative: frag_join within a venue (wire order decides open and close), frag_blend between
// venues (event time, then venue rank by the order of blending, decide).
#ifndef WB_MODEL_FRAG_H
#define WB_MODEL_FRAG_H

#include <stddef.h>
#include <string.h>

#include "lcore/base/num.h"

// What was added to a fragment: FRAG_NEWS with anything, FRAG_PRINTED with its first print.
enum { FRAG_NEWS = 1, FRAG_PRINTED = 2 };

struct frag {
	uint32_t sec;   // interval start, seconds since the epoch
	uint32_t flags; // enum bar_flag, those that events other than prints bring (HALTED)
	uint32_t trades;
	uint32_t touched; // bits FRAG_: 0: nothing was added
#define FLOW(type, name) type name;
#include "lcore/model/sums.def"
	// What follows is only there with FRAG_PRINTED: a second of quotes alone, as most are, touches one
	// cache line.
	int64_t open, high, low, close; // PX_NULL: none
	uint64_t open_pos, close_pos;   // channel positions of the prints that made open and close
	uint64_t open_ts, close_ts;     // and their event times
#define SUM(type, name, adds)  type name;
#define PART(type, name, adds) type name;
#include "lcore/model/sums.def"
};

// What events other than prints have added to a fragment.
struct frag_flow {
	uint32_t sec;
	uint32_t touched; // 0: nothing was added
	uint32_t flags;
#define FLOW(type, name) type name;
#include "lcore/model/sums.def"
};

// A second, counted from the Unix epoch, and its first ns.
static inline uint32_t sec_of(uint64_t ns) { return (uint32_t)(ns / NS_PER_S); }
static inline uint64_t ns_of(uint32_t sec) { return (uint64_t)sec * NS_PER_S; }

// FRAG_OUTSIDE: outside the calendar's sessions; remembered for its break, never added to anything.
enum frag_use { FRAG_FULL, FRAG_HL_ONLY, FRAG_VOLUME_ONLY, FRAG_OUTSIDE };
enum frag_sign { FRAG_UNSIGNED, FRAG_EXACT, FRAG_INFERRED };

struct frag_print {
	uint64_t ts_ns, pos;
	int64_t price;
	uint32_t qty;
	uint8_t use;  // enum frag_use
	uint8_t side; // enum ev_side of the aggressor
	uint8_t sign; // enum frag_sign
	bool auction : 1, odd_lot : 1, trade_through : 1;
};

// frag_clear makes f the empty fragment of second sec.
static inline void frag_clear(struct frag *f, uint32_t sec)
{
	f->sec = sec;
	f->flags = f->trades = f->touched = 0;
#define FLOW(type, name) f->name = 0;
#include "lcore/model/sums.def"
}

// frag_prints makes what prints bring to f the nothing that it is, where it is not there yet.
void frag_prints(struct frag *f);
// frag_copy makes *to the same as *from.
static inline void frag_copy(struct frag *to, const struct frag *from)
{
	if (from->touched & FRAG_PRINTED)
		*to = *from;
	else
		memcpy(to, from, offsetof(struct frag, open));
}

// frag_print adds one print.
void frag_print(struct frag *f, const struct frag_print *print);
// frag_flags returns the bits of a row made from f: those kept, and those that follow from its present
// prints.
uint32_t frag_flags(const struct frag *f);
// frag_unprint takes away what one print added to the sums (a break within an open interval). Open, high, low
// and close stay. Assumes the print was added.
void frag_unprint(struct frag *f, const struct frag_print *print);
// frag_flow returns what events other than prints have added to f; frag_add_flow adds it to another
// fragment.
struct frag_flow frag_flow(const struct frag *f);
void frag_add_flow(struct frag *f, const struct frag_flow *flow);
// frag_join merges src into dst, both of one venue: open and close by channel position. A dst that is not
// touched counts as empty whatever it holds.
void frag_join(struct frag *dst, const struct frag *src);
// frag_blend merges src of a venue of higher rank number into dst: open and close by event time; at the same
// time the lower rank's print is the earlier one.
void frag_blend(struct frag *dst, const struct frag *src);

#endif
