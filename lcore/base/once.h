/* SPDX-License-Identifier: BSD-3-Clause */
// once.h: an option that is given twice would count as it was given last, and nobody would see what became of
// the first one: a script that adds options to those of another one takes a capture for a file it is not.
// Main thread.
#ifndef WB_BASE_ONCE_H
#define WB_BASE_ONCE_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// once_each reads a command line as getopt_long will from its beginning, and returns false, having said so on
// stderr, if an option with a value is given twice. often: val of those that add up, as characters. What is
// wrong otherwise is left to the caller's own reading. Assumes that there are 64 options at most.
static inline bool once_each(const char *program, int argc, char **argv, const char *shorts,
			     const struct option *longs, const char *often)
{
	uint64_t seen = 0;
	int index = -1, said = opterr, val;
	bool good = true;

	opterr = 0;
	optind = 0;
	for (; good && (val = getopt_long(argc, argv, shorts, longs, &index)) != -1; index = -1) {
		if (index < 0 || !longs[index].has_arg || (val > 0 && val < 128 && strchr(often, val)))
			continue;
		good = !(seen >> index & 1);
		seen |= UINT64_C(1) << index;
		if (!good)
			fprintf(stderr, "%s: --%s: found twice, allowed: once\n", program, longs[index].name);
	}
	opterr = said;
	optind = 0;
	return good;
}

#endif
