/* SPDX-License-Identifier: BSD-3-Clause */
// earned.h: what the entries of each gate have earned, by round trips that have ended. A round trip is of the
// gate whose fill opened it, whoever added to it or closed it. Amounts are 1e-6 dollar. Pure; one owner.
#ifndef WB_TRADE_EARNED_H
#define WB_TRADE_EARNED_H

#include "lcore/trade/position.h"

enum { EARNED_GATES = 32 };

// Zeroed: nothing has happened. A net of exactly 0 is neither win nor loss.
struct earned {
	uint64_t trips, wins, losses;
	int64_t realized, fees, net;
};

// By number of gate; the last one is of round trips that no gate opened.
struct earned_gates {
	struct earned gate[EARNED_GATES + 1];
};

// earned_trip counts a round trip that has ended. Its owner only.
static inline void earned_trip(struct earned_gates *g, const struct position_trip *t)
{
	unsigned gate = t->entry_gate, none = EARNED_GATES;
	struct earned *e = &g->gate[gate < none ? gate : none];

	e->trips++;
	e->wins += t->net > 0;
	e->losses += t->net < 0;
	e->realized += t->realized;
	e->fees += t->fees;
	e->net += t->net;
}

#endif
