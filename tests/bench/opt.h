/* SPDX-License-Identifier: BSD-3-Clause */
// opt.h: options of labs and benchmarks, which are numbers all. libc only.
#ifndef WB_BENCH_OPT_H
#define WB_BENCH_OPT_H

struct opt {
	const char *name; // without --
	double *value;    // holds the default
	double low, high;
	const char *help; // with the unit
};

// opt_parse reads "--name NUMBER" into the options, "--plot FILE" into *plot (NULL: the program has no plot)
// and answers
// --help with about. Prints what is wrong. Returns 0, or the exit code + 1: the program ends with it.
int opt_parse(int argc, char **argv, const char *about, const struct opt *options, unsigned n,
	      const char **plot);

#endif
