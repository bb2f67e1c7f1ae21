/* SPDX-License-Identifier: BSD-3-Clause */
// stamps.h: one row on its way from a packet to a verdict: when it was where, and whether a core was away
// meanwhile. The two ends write records of their own, which are laid side by side when all is over.
#ifndef WB_BENCH_STAMPS_H
#define WB_BENCH_STAMPS_H

#include "lcore/base/hist.h"

// Straight code of some microseconds: two stamps further apart than this, or a turn of a polling loop that
// took so long, mean that the core was away: with another thread (the kernel counts an involuntary switch),
// in an interrupt, or with the host.
#define STAMPS_AWAY_NS (20 * NS_PER_US)

// All times in ns of one clock; 0: did not happen.
struct stamp_out {
	uint64_t packet_ns;  // the packet is in memory
	uint64_t receive_ns; // how long it took to become events
	uint64_t row_ns;     // the row is made
	uint64_t pushed_ns;  // and is in the ring
	bool switched;       // the kernel took the core for another thread
};

struct stamp_in {
	uint64_t taken_ns;   // the row is in the consumer's hands
	uint64_t verdict_ns; // the gates have spoken
	bool away, switched; // while it waited in the ring
};

struct stamps {
	struct stamp_out *out; // w: producer
	struct stamp_in *in;   // w: consumer
	uint32_t n;
	// stamps_add_up
	struct hist whole, receive, seal, push, hop, verdict; // whole: packet to taken
	struct hist undisturbed;                              // of whole, those during which no core was away
	uint64_t slow, slow_away, slow_switched; // of the slowest thousandth: how many, during which a core
						 // was away, was switched
	double away_share;                       // of the time that those took beyond the median
};

// stamps_create takes room for n rows. Ends the program when there is no memory.
void stamps_create(struct stamps *s, uint32_t n);
void stamps_destroy(struct stamps *s);
// stamps_add_up makes the histograms of the rows that arrived.
void stamps_add_up(struct stamps *s);
// stamps_switches is how often the kernel has taken the core from the calling thread.
long stamps_switches(void);

#endif
