/* SPDX-License-Identifier: BSD-3-Clause */
// args.h: marketgen's command line.
#ifndef WB_MARKETGEN_ARGS_H
#define WB_MARKETGEN_ARGS_H

#include "app/marketgen/sim/profile.h"
#include "app/marketgen/wire/stream.h"

struct args {
	char prefix[PATH_MAX - 64]; // of all files that are written; room for what is appended
	const char *truth;          // trades file, or NULL: PREFIX.trades.csv
	const char *raw;            // ITCH file without packets, or NULL
	uint64_t seed;
	uint64_t messages;
	uint64_t start_ns; // since New York midnight
	uint64_t duration_ns;
	enum profile_shape shape;
	uint32_t instruments;
	int32_t day; // days since the Unix epoch
	uint32_t n_lines;
	uint32_t restarts; // of each venue's numbering, within a session
	uint32_t sessions; // of each venue in the day, 1 ..
	uint16_t vlan;
	uint32_t venues;     // exchange_mask
	double prints;       // share of trades among actions after the open; 0: the venue's mix
	double breaks;       // probability per print
	double corrections;  // probability per cross, where the feed has corrections
	double late;         // probability per print, where the feed tells its own event time
	uint64_t late_by_ns; // at most
	double halts;        // share of the instruments
	struct faults_plan faults[STREAM_LINES_MAX];
	bool nano, gzip, progress;
};

enum args_result { ARGS_RUN, ARGS_HELP, ARGS_WRONG };

// args_parse reads the command line. ARGS_HELP: the help has been printed; ARGS_WRONG: what is wrong has been
// said on stderr.
enum args_result args_parse(struct args *args, int argc, char **argv);

#endif
