/* SPDX-License-Identifier: BSD-3-Clause */
// truth.h: what really happened, beside the captures: one CSV row per print and per revision of one, one per
// change of trading status, and a JSON summary of streams and lines. Single thread.
#ifndef WB_MARKETGEN_TRUTH_H
#define WB_MARKETGEN_TRUTH_H

#include "app/marketgen/args.h"
#include "app/marketgen/sim/exchange.h"

// struct truth_print is one row. kind: E C P Q T printable, N an execution that is not, B a break (shares,
// price and match are those of the broken print), K the correction of a cross (shares: its volume from now
// on).
struct truth_print {
	const struct exchange *exchange; // its newest message is this one
	const char *symbol;              // eight bytes, padded
	uint64_t utc_ns;                 // exchange event time
	uint64_t late_ns;                // how much older than what was sent before it
	uint64_t shares;
	uint64_t match;
	uint32_t price_e4;
	char kind;
	char aggressor;  // B, S, or - for crosses and revisions; known to the simulator even where the wire
			 // hides it
	char cross_type; // of Q, else 0
	uint8_t flags;   // IEX sale condition flags
	bool auction;    // a single-price auction though not Q
	char conditions[5]; // Pillar sale conditions, or empty
};

struct truth {
	struct output *prints, *status, *json; // of outputs.h
	uint64_t n_rows, n_breaks, n_corrections, n_crosses, n_late, n_halts;
};

// truth_open opens the files and writes the headers of the CSV. Returns false when one cannot be written,
// which is said.
bool truth_open(struct truth *t, const struct args *args);
// truth_row writes one print or revision.
void truth_row(struct truth *t, const struct truth_print *print);
// truth_status writes that an instrument's status changed at a venue now: P paused, H halted, T trading.
void truth_status(struct truth *t, const struct exchange *x, uint32_t instr, char status);
// truth_json writes the summary. Call after the streams are finished and before sim_fini. Returns 0 or
// -ENOMEM.
int truth_json(const struct sim *s);

#endif
