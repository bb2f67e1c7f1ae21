/* SPDX-License-Identifier: BSD-3-Clause */
// sim.h: the state of one simulation, which all its parts share, and its main loop. Times inside are ns since New York
// midnight of the trade date. Single thread; sim_init takes memory and opens files, sim_fini gives both back.
#ifndef WB_MARKETGEN_SIM_H
#define WB_MARKETGEN_SIM_H

#include "app/marketgen/agenda.h"
#include "app/marketgen/ladder.h"
#include "app/marketgen/profile.h"
#include "app/marketgen/resting.h"
#include "app/marketgen/truth.h"

struct sim {
	const struct args *args;
	struct rng rng;
	struct market market;
	struct resting resting;	 // Nasdaq's book
	struct ladder *ladders;	 // IEX's, by instrument
	uint64_t *iex_sent_ns;	 // by instrument: its newest message left the venue then
	struct agenda agenda;
	struct profile profile;
	struct stream itch, iex;
	struct outfile trades;
	uint64_t midnight_ns;	 // UTC
	uint64_t now_ns, end_ns;
	uint64_t n_emitted;	 // messages, all venues; those of IEX when made, not when they leave
	uint64_t n_rows;
	uint64_t next_ref, next_match, next_trade_id;
	uint64_t said_ns;	 // of the last progress report, monotonic clock
	char failed[OUTFILE_PATH_BYTES];
};

// sim_init prepares a simulation and opens its files. Returns 0 or -errno; s->failed names the file, or is empty.
int sim_init(struct sim *s, const struct args *args);
// sim_run simulates from start to end. Returns 0, or -ENOMEM.
int sim_run(struct sim *s);
// sim_fini closes and frees everything; safe after a failed sim_init. Returns 0 or -errno of the first failed write,
// its file in s->failed.
int sim_fini(struct sim *s);
// sim_later puts an entry on the agenda unless it lies past the end.
void sim_later(struct sim *s, const struct agenda_entry *entry);

// sim_regular tells whether it is between 09:30 and 16:00.
static inline bool sim_regular(const struct sim *s)
{
	return s->now_ns >= PROFILE_OPEN_NS && s->now_ns < PROFILE_CLOSE_NS;
}

// sim_breaks draws whether a print will be broken, and when: 0.3 to 400 s later, about a minute as the median.
static inline bool sim_breaks(struct sim *s, uint64_t *ns)
{
	double delay_s;

	if (s->args->breaks <= 0 || !rng_chance(&s->rng, s->args->breaks))
		return false;
	delay_s = rng_lognormal(&s->rng, 60, 1.4);
	delay_s = delay_s < 0.3 ? 0.3 : delay_s > 400 ? 400 : delay_s;
	*ns = s->now_ns + (uint64_t)(delay_s * 1e9);
	return true;
}

#endif
