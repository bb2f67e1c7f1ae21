/* SPDX-License-Identifier: BSD-3-Clause */
// echo.h: what an ingest lcore waits for in a replay, where fires become orders. A fire's order stands before
// the venue at its close + the greatest lateness + the entry latency, in exchange time. The ingest lcore has
// read past the close by the time a gate fires, so before an event that is later than that it lets the stage
// that decides answer: each mark and sweep asks, an echo for each comes back. Then the books that an order
// meets do not depend on how fast the lcores are. Live nothing waits.
//
// Owner: the ingest lcore.
#ifndef WB_STAGE_ECHO_H
#define WB_STAGE_ECHO_H

#include "lcore/stage/link.h"
#include "lcore/stage/stage.h"

struct echo {
	bool on;
	struct link *back[LCORE_LINKS]; // ways back from signal lcores
	unsigned n_back;
	uint64_t late_ns, way_ns; // the least lateness, the least latency
	uint64_t asked, answered;
	uint64_t soonest_ns; // that what the open questions bring about can arrive
	uint64_t mark_ns;    // of the newest mark
	uint64_t limit_ns;   // events up to here pass
};

enum echo_what { ECHO_MARK, ECHO_SWEEP, ECHO_TOUCH };

// The other side: one way back by which answers go. A full link takes an answer later, together with those
// after it: were one lost, who asked would wait for ever. Owner: the lcore that answers.
struct echo_way {
	struct lcore *lcore;
	struct link *link;
	uint64_t ts_ns; // of the newest answer
	uint32_t owed;  // answers that have found no room so far
};

// echo_tell answers n questions, the newest of exchange time ts_ns.
void echo_tell(struct echo_way *way, uint32_t n, uint64_t ts_ns);
// echo_catch_up sends what is owed, if there is room now. Once a poll.
void echo_catch_up(struct echo_way *way);
// echo_could says whether it would send something.
bool echo_could(const struct echo_way *way);

// echo_init finds the ways back. The order of a fire arrives late_ns + way_ns after its close or sweep at the
// soonest, that of a stop way_ns after its quote. Only the owner of the bars asks.
void echo_init(struct echo *echo, const struct lcore *lcore, uint64_t late_ns, uint64_t way_ns);
// echo_asked notes that a question of exchange time ts_ns went to the stage that decides.
void echo_asked(struct echo *echo, uint64_t ts_ns, enum echo_what what);
// echo_answered notes n answers.
void echo_answered(struct echo *echo, uint32_t n);

// echo_waits returns true while a question is open.
static inline bool echo_waits(const struct echo *echo) { return echo->answered != echo->asked; }

#endif
