/* SPDX-License-Identifier: BSD-3-Clause */
// flight.h: the flight recorder of an lcore. A poll that takes longer than a threshold is kept with the steps
// before and after it, and with what each did, so that the next question ("what was it doing?") has an answer
// when it is asked hours later. Pure: stamps and counters are arguments. A fixed ring without pointers, in
// the lcore's shared part.
//
// A step is what took time: a poll that did work, or anything over the threshold. Polls without work are
// counted by the next step.
//
// w: the lcore (threshold_tsc: control). r: all, by flight_read.
#ifndef WB_BASE_FLIGHT_H
#define WB_BASE_FLIGHT_H

#include "lcore/base/num.h"

enum { FLIGHT_BEFORE = 4, FLIGHT_AFTER = 3, FLIGHT_STEPS = FLIGHT_BEFORE + 1 + FLIGHT_AFTER };
enum { FLIGHT_RECORDS = 12, FLIGHT_RING = FLIGHT_BEFORE + 2 };

enum flight_did {
#define FLIGHT(name, help) FLIGHT_##name,
#include "lcore/base/flight.def"
	FLIGHT_DID
};

enum flight_kind {
	FLIGHT_POLL,
	FLIGHT_TICK, // the slower work and commands, about every millisecond
	FLIGHT_AWAY, // between two polls: the lcore did not have its cpu
	FLIGHT_KINDS
};

struct flight_step {
	uint64_t from_tsc, to_tsc;
	uint32_t work; // as the poll returned it
	uint8_t kind;  // enum flight_kind
	bool slow;
	uint64_t did[FLIGHT_DID];
};

struct flight_record {
	uint32_t seq;         // odd: being written
	uint32_t n_steps, at; // at: the step for which it was begun
	uint64_t number;      // of the slow step, 1 on; 0: none yet
	uint64_t longest_tsc; // of its slow steps
	struct flight_step step[FLIGHT_STEPS];
};

struct flight {
	uint64_t threshold_tsc; // w: control. UINT64_MAX: nothing is kept
	uint64_t slow;          // steps over it
	uint64_t steps;
	uint32_t next, open, worst;           // open, worst: the record + 1; 0: none
	struct flight_step ring[FLIGHT_RING]; // the last steps; did: totals at their end
	struct flight_record record[FLIGHT_RECORDS];
};

extern const char *const flight_did_name[FLIGHT_DID], *const flight_did_help[FLIGHT_DID];
extern const char *const flight_kind_name[FLIGHT_KINDS];

// flight_reset forgets all steps and records; the threshold stays. The lcore; boot.
void flight_reset(struct flight *f);
// flight_over returns whether so long is over the threshold. The lcore.
static inline bool flight_over(const struct flight *f, uint64_t tsc)
{
	return tsc > __atomic_load_n(&f->threshold_tsc, __ATOMIC_RELAXED);
}
// flight_take takes a step. total: what the lcore has done since its start, at the end of the step. The
// lcore.
void flight_take(struct flight *f, enum flight_kind kind, uint64_t from_tsc, uint64_t to_tsc, uint32_t work,
		 const uint64_t total[FLIGHT_DID]);
// flight_read copies record i of FLIGHT_RECORDS; did is what each step did itself. Returns false where there
// is none, or it changes all the time. Records are in no order: number says which came first. The longest one
// is kept however many come after it. Any thread, any process.
bool flight_read(const struct flight *f, unsigned i, struct flight_record *out);

#endif
