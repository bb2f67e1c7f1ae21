/* SPDX-License-Identifier: BSD-3-Clause */
// read.h: values of the command line. Each function returns false, and leaves nothing to rely on in *out,
// when the text is no such value. Any thread.
#ifndef WB_MARKETGEN_READ_H
#define WB_MARKETGEN_READ_H

#include "lcore/base/num.h"

// read_count reads a whole number, optionally with k, M or G.
bool read_count(const char *text, uint64_t min, uint64_t max, uint64_t *out);
// read_share reads a number of 0 to 1, up to the character end or the text's; *after is there.
bool read_share(const char *text, char end, double *out, const char **after);
// read_part reads a number of 0 to 1, nothing else.
bool read_part(const char *text, double *out);
// read_clock reads HH:MM or HH:MM:SS as ns since midnight.
bool read_clock(const char *text, uint64_t *out);
// read_time reads a time such as 250us or 6h30m, ns, up to a comma or the end, a day at most: numbers with
// their units, greater units first. *after is where it ends.
bool read_time(const char *text, uint64_t *out, const char **after);
// read_duration reads such a time, more than 0 and nothing else.
bool read_duration(const char *text, uint64_t *out);

#endif
