/* SPDX-License-Identifier: BSD-3-Clause */
// truth.h: what really happened, beside the captures: one CSV row per print, and a JSON summary of streams and lines.
#ifndef WB_MARKETGEN_TRUTH_H
#define WB_MARKETGEN_TRUTH_H

#include "app/marketgen/args.h"
#include "app/marketgen/stream.h"

// struct truth_print is one row. kind: E C P Q T printable, N a non-printable C, B a break (shares, price and match
// are those of the broken print).
struct truth_print {
	const char *venue;
	const char *symbol; // eight bytes, padded
	uint64_t utc_ns;    // exchange event time
	uint64_t shares;
	uint64_t match;
	uint32_t price_e4;
	char kind;
	char aggressor; // B, S, or - for crosses and breaks; known to the simulator even where the wire hides it
	char cross_type; // of Q, else 0
	uint8_t flags;   // IEX sale condition flags
};

// truth_begin writes the CSV's header.
void truth_begin(struct outfile *csv);
// truth_row writes one print.
void truth_row(struct outfile *csv, const struct truth_print *print);

struct truth_summary {
	const struct args *args;
	const struct stream *streams[2];
	uint64_t midnight_ns;
	uint64_t n_rows;
	uint32_t resting_max;
};
// truth_json writes the summary to path. Call after the streams are finished and before they are closed. Returns 0 or
// -errno.
int truth_json(const char *path, const struct truth_summary *summary);

#endif
