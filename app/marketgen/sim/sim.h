/* SPDX-License-Identifier: BSD-3-Clause */
// sim.h: the state of one simulation, which all its parts share, and its main loop. Times inside are ns since
// New York midnight of the trade date. Single thread; sim_init takes memory and opens files, sim_fini gives
// both back.
#ifndef WB_MARKETGEN_SIM_H
#define WB_MARKETGEN_SIM_H

#include "app/marketgen/sim/exchange.h"
#include "app/marketgen/sim/profile.h"
#include "app/marketgen/sim/truth.h"

struct sim {
	const struct args *args;
	struct rng rng;
	struct market market;
	struct exchange exchanges[EXCHANGES_MAX]; // those of --venues, in the table's order
	uint32_t n_exchanges;
	double share_sum; // of their ops->share
	struct agenda agenda;
	struct profile profile;
	struct truth truth;
	uint64_t midnight_ns; // UTC
	uint64_t now_ns, end_ns;
	uint64_t n_emitted; // messages, all venues; when made, not when they leave
	uint64_t n_on_top;  // of them, those that the profile does not spread
	uint64_t said_ns;   // of the last progress report, monotonic clock
};

// sim_init prepares a simulation and opens its files (outputs.h). Returns 0, -EIO when that failed and was
// said, or -errno.
int sim_init(struct sim *s, const struct args *args);
// sim_run simulates from start to end. Returns 0, -EIO as soon as an output has failed, -EINTR when
// outputs_stop is set, or -ENOMEM.
int sim_run(struct sim *s);
// sim_fini frees everything; safe after a failed sim_init. Returns 0, or -ENOMEM when what happened could not
// all be noted.
int sim_fini(struct sim *s);
// sim_later puts an entry on the agenda unless it is past the end, or has no place in the day: nothing is
// halted, resumed, crossed, corrected or restarted from 20:00 on.
void sim_later(struct sim *s, const struct agenda_entry *entry);
// sim_revises draws whether a print will be revised, with probability share, and when: 0.3 to 400 s later,
// about a minute as the median.
bool sim_revises(struct sim *s, double share, uint64_t *ns);
// sim_late draws how much older a print is than its report, in ns; 0 for most. Never from before the start.
uint64_t sim_late(struct sim *s);
// sim_print writes a row to the truth; the message that it is of has just been sent.
void sim_print(struct sim *s, const struct truth_print *row);

// sim_utc returns the simulated time.
static inline uint64_t sim_utc(const struct sim *s) { return s->midnight_ns + s->now_ns; }

// sim_regular returns true if a time is between 09:30 and 16:00.
static inline bool sim_regular(uint64_t ns) { return ns >= PROFILE_OPEN_NS && ns < PROFILE_CLOSE_NS; }

#endif
