/* SPDX-License-Identifier: BSD-3-Clause */
// step.h: whether a leap of a clock is believed. PURE; one writer for each struct step.
//
// What one packet says about time is evidence, not truth: a damaged or far time that moves a clock makes
// everything due up to it. A clock may go on by a second on the word of one packet. A longer leap is believed
// when receive time moved as far since the clock was last heard, or when the channel's next in-order packet
// says the same (nights are real, and a lone channel has no others to ask). Else the clock stays, and the
// caller counts clock_steps.
#ifndef WB_BASE_STEP_H
#define WB_BASE_STEP_H

#include "lcore/base/num.h"

#define STEP_FREE_NS NS_PER_S

struct step {
	uint64_t asked_ns; // the leap that the next packet may confirm; 0: none
};

// step_free returns whether a clock at now_ns may go to ts_ns at once. now_ns 0: the clock has not begun;
// rx_moved_ns is then the receive time itself, since nothing happens after it is received. rx_moved_ns: how
// far receive time moved since the clock was last heard. Any thread.
static inline bool step_free(uint64_t now_ns, uint64_t ts_ns, uint64_t rx_moved_ns)
{
	return ts_ns <= now_ns || ts_ns - now_ns <= STEP_FREE_NS ||
	       ts_ns - now_ns - STEP_FREE_NS <= rx_moved_ns;
}

enum step_verdict {
	STEP_TAKEN,   // the clock goes to *ts_ns
	STEP_HELD,    // the clock stays: the next packet may confirm the leap
	STEP_REFUSED, // as STEP_TAKEN, and the leap that an earlier packet claimed is refused: count it
};

// step_judge judges, by the rule above, a clock at now_ns that is to go to *ts_ns. next_packet: this is
// another packet than the one that claimed the leap in s. On STEP_TAKEN and STEP_REFUSED *ts_ns is what the
// clock may be set to: less than was said if the packet confirms a leap and claims a further one. Owner's
// thread.
static inline enum step_verdict step_judge(struct step *s, uint64_t now_ns, uint64_t *ts_ns,
					   uint64_t rx_moved_ns, bool next_packet)
{
	uint64_t asked_ns = s->asked_ns, said_ns = *ts_ns;

	if (step_free(now_ns, said_ns, rx_moved_ns)) {
		if (asked_ns == 0 || (!next_packet && said_ns + STEP_FREE_NS < asked_ns))
			return STEP_TAKEN;
		s->asked_ns = 0;
		return said_ns + STEP_FREE_NS < asked_ns ? STEP_REFUSED : STEP_TAKEN;
	}
	if (asked_ns && next_packet && said_ns + STEP_FREE_NS >= asked_ns) { // it agrees
		bool further = said_ns > asked_ns + STEP_FREE_NS;

		s->asked_ns = further ? said_ns : 0;
		*ts_ns = further ? asked_ns : said_ns;
		return STEP_TAKEN;
	}
	if (asked_ns && !next_packet)
		return STEP_HELD;
	s->asked_ns = said_ns;
	return STEP_HELD;
}

#endif
