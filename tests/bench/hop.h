/* SPDX-License-Identifier: BSD-3-Clause */
// hop.h: the least that crossing from one lcore to another costs now: words of eight bytes through an empty
// rte_ring, one way and there and back. Measured in the same run as whatever crosses lcores, since the host
// moves cores nearer and further. One sending lcore (main), one answering lcore.
#ifndef WB_BENCH_HOP_H
#define WB_BENCH_HOP_H

#include "lcore/base/hist.h"

struct rte_ring;

struct hop {
	struct rte_ring *there, *back;
	struct hist way;  // w: answering lcore: one way, ns
	struct hist trip; // w: sending lcore: there and back, ns
	volatile bool stop;
};

// hop_create makes the rings. Returns 0 or -errno. Boot only.
int hop_create(struct hop *hop);
// hop_answer takes what is there and answers what wants an answer. Answering lcore, in its loop.
void hop_answer(struct hop *hop);
// hop_send sends n words one way, each when the one before has certainly arrived.
void hop_send(struct hop *hop, unsigned n);
// hop_round does n round trips.
void hop_round(struct hop *hop, unsigned n);

#endif
