/* SPDX-License-Identifier: BSD-3-Clause */
// relays.h: merges what other ingest lcores relay, by receive time, into the owner's own events. Part of the
// ingest stage; only the owner lcore calls it.
//
// Reports of orders of ours, and touches beside which we hold a position, come the same way in their places,
// and go on over the owner's links.
//
// In a replay the order is exact: the owner waits until every relaying lcore has sent everything that came
// before the event in hand, so the result does not depend on which core is faster. Live it takes what is
// there.
#ifndef WB_STAGE_RELAYS_H
#define WB_STAGE_RELAYS_H

#include "lcore/stage/stage.h"

enum { RELAYS_MAX = 3, RELAYS_BURST = 32 };

struct relays {
	struct lcore *lcore;
	unsigned n;
	bool exact; // replay
	struct relays_in {
		struct link *link;
		uint8_t channel_base;
		bool ended;
		unsigned at, n;       // of elem
		uint64_t progress_ns; // nothing received before it will follow
		uint64_t token;       // it asks to go on from there (ingest_turns.c); 0: it does not
		struct link_elem elem[RELAYS_BURST];
	} in[RELAYS_MAX];
};

// relays_init finds the links from other ingest lcores. channels is how many each lcore may have. Returns 0
// or -E2BIG. Boot only.
int relays_init(struct relays *m, struct lcore *lcore, unsigned channels);
// relays_apply applies what was received before before_ns, and returns how many records that were. When it
// returns, all such records are applied unless relays_ready says otherwise.
unsigned relays_apply(struct relays *m, struct engine *e, uint64_t before_ns);
// relays_next returns the lcore whose record is the next one, received before before_ns, or NULL: it is
// elem[at], and the caller counts at on. relays_head returns the record of an lcore that is its next one, or
// NULL: there is none now. relays_bound returns before when what it hands in next was not received.
struct relays_in *relays_next(struct relays *m, uint64_t before_ns);
const struct link_elem *relays_head(struct relays_in *in);
uint64_t relays_bound(const struct relays_in *in);
// relays_asks returns the lcore that asks to go on and is first of all, own_ns: before when the owner's own
// next event was not received; NULL: none is. *horizon_ns: up to when (inclusive) it stays first.
struct relays_in *relays_asks(struct relays *m, uint64_t own_ns, uint64_t *horizon_ns);
// relays_through returns true if every lcore has handed in all its data; reports may follow.
bool relays_through(struct relays *m);
// relays_ready returns true if every relaying lcore has sent all that it received before ns.
bool relays_ready(const struct relays *m, uint64_t ns);
// relays_limit_ns returns the receive time up to which (inclusive) own events come before everything that is
// not applied yet.
uint64_t relays_limit_ns(const struct relays *m);
// relays_ended returns true if nothing more will come.
bool relays_ended(const struct relays *m);

#endif
